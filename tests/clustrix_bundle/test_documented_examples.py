"""What README and docs show does what they say: every block of Python, TOML or commands runs here, or is named with the test that runs it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clustrix_bundle import load_profile

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
MODULE = "def func(n=1, mode='slow'):\n    return [n, mode]\n"
PACKAGE = {
    "pyproject.toml": "",
    "pkg/__init__.py": "",
    "pkg/mod.py": f"from pkg import helper\n{MODULE}",
    "pkg/helper.py": "X = 1\n",
}

# What surrounds a page's Python: files in the folder that it runs in, and lines before it.
WORLDS: dict[str, tuple[dict[str, str], str]] = {
    "README.md": ({}, "data = [1, 2, 3]\ndef my_analysis(values):\n    return sum(values)\n"),
    "docs/analysis.md": (PACKAGE, ""),
    "docs/calling.md": ({}, ""),
    "docs/cli.md": (PACKAGE, ""),
    "docs/configuration.md": ({}, ""),
    "docs/environments.md": ({}, ""),
    "docs/filesystem.md": ({"a.csv": "123"}, ""),
    "docs/jobs.md": ({"survey.py": "def mean(name):\n    open('seen.txt', 'w').write(name)\n    return len(name)\n"}, ""),
}
# What comes of it, as lines after it.
CHECKS = {
    "README.md": "assert result == 6",
    "docs/analysis.md": "assert {node.member for node in graph.modules()} >= {'project/pkg/mod.py', 'project/pkg/helper.py'}",
    "docs/cli.md": "assert made.run(3, mode='fast') == [3, 'fast']",
    "docs/filesystem.md": "assert total == 3",
    "docs/jobs.md": "import os\nassert total == 9 and os.listdir(f'results/{job.id}/0') == ['seen.txt']",
}
ELSEWHERE = {
    ("README.md", "console", "$ make demo"): "the build",
    ("README.md", "console", "$ clustrix-bundle build floodrisk"): "test_the_front_pages_commands_do_what_it_says",
    ("README.md", "toml", "# clustrix.toml"): "engines/test_quick_start.py",
    ("README.md", "console", "$ clustrix-bundle doctor"): "engines/test_quick_start.py",
    ("README.md", "python", "from clustrix_bundle import cluster, cluster_glob"): "engines/test_quick_start.py",
    ("README.md", "console", "$ id="): "engines/test_quick_start.py",
    ("docs/configuration.md", "toml", "default ="): "test_a_profile_in_a_page_is_one",
    ("docs/environments.md", "toml", "default ="): "test_a_profile_in_a_page_is_one",
    ("docs/cli.md", "toml", "[tool.clustrix-bundle]"): "test_settings_in_a_page_are_some",
}


def blocks(page: str, language: str) -> list[str]:
    """The page's blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)


def _is_elsewhere(page: str, language: str, block: str) -> bool:
    return any(one[:2] == (page, language) and block.startswith(one[2]) for one in ELSEWHERE)


def test_no_block_is_left_out() -> None:
    for page in PAGES:
        for language in ("python", "toml", "console"):
            for block in blocks(page, language):
                runs_here = language == "python" and page in WORLDS
                assert runs_here or _is_elsewhere(page, language, block), f"{page}: {block}"
    for (page, language, start), _ in ELSEWHERE.items():
        assert any(block.startswith(start) for block in blocks(page, language)), f"{page}: no {language} {start}"


@pytest.mark.parametrize("page", WORLDS)
def test_python_runs(page: str, tmp_path: Path) -> None:
    files, before = WORLDS[page]
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    examples = [block for block in blocks(page, "python") if not _is_elsewhere(page, "python", block)]
    assert len(examples) == 1
    (tmp_path / "example.py").write_text(f"{before}{examples[0]}\n{CHECKS.get(page, '')}\n")
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONSAFEPATH"}
    environment |= {"CLUSTRIX_CONFIG_DIR": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, "example.py"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("page", "count"), [("docs/configuration.md", 1), ("docs/environments.md", 1)])
def test_a_profile_in_a_page_is_one(page: str, count: int, tmp_path: Path) -> None:
    found = blocks(page, "toml")
    assert len(found) == count
    (tmp_path / "clustrix.toml").write_text(found[0])
    config = load_profile(folder=str(tmp_path), environ={"CLUSTRIX_DEFAULT_CORES": "8", "CLUSTRIX_CONFIG_DIR": "/nowhere"})
    assert (config.cluster_type, config.cluster_host, config.default_cores) == ("slurm", "login.example.org", 8)


def test_settings_in_a_page_are_some(tmp_path: Path) -> None:
    from clustrix_bundle.bundler.settings import read_settings

    (example,) = blocks("docs/cli.md", "toml")
    (tmp_path / "pyproject.toml").write_text(example)
    assert read_settings(tmp_path).max_file_size == 200_000_000


def test_the_front_pages_commands_do_what_it_says(sshd_kinds: Callable[..., Any], tmp_path: Path) -> None:
    """With ``cluster`` a real host, whose user has nothing there."""
    server = sshd_kinds(USER="clxreader")
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples/flood_risk", project)
    config = server.ssh_config(tmp_path, host="cluster")
    for name in ("ssh", "scp"):
        (tmp_path / name).write_text(f'#!/bin/sh\nexec /usr/bin/{name} -F {config} "$@"\n')
        (tmp_path / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{Path(sys.executable).parent}:/usr/bin:/bin"}
    lines = blocks("README.md", "console")[0].splitlines()
    commands = "\n".join(line.removeprefix("$ ") for line in lines if line.startswith("$ "))
    done = subprocess.run(["sh", "-ec", commands], cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shown = re.escape(lines[-1]).replace("…", ".*")
    assert re.fullmatch(shown, done.stdout.splitlines()[-1])
