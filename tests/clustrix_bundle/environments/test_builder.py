"""The program that builds on the cluster: claims, late builders, every Python that it has to read on; and cleaning up after it."""

from __future__ import annotations

import glob
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clustrix_bundle.environments.build import Building
from clustrix_bundle.environments.builder.claim import (
    read_claim,
    release_claim,
    take_claim,
)
from clustrix_bundle.environments.builder.command import publish
from clustrix_bundle.environments.builder.examine import MARK, identity
from clustrix_bundle.environments.builder.redaction import redact
from clustrix_bundle.environments.errors import EnvironmentBuildError
from clustrix_bundle.environments.recipe import Recipe, chosen_tool
from clustrix_bundle.environments.tool import builder_tool, examine_text

PYTHONS = sorted({sys.executable, *glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python"))})
ELSEWHERE = ["other-host", "boot", "namespace", "1", "2"]


def answer_of(python: str, *words: str) -> Any:
    done = subprocess.run([python, *words], capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"})
    (line,) = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    return json.loads(line.removeprefix(MARK))


@pytest.fixture
def tool(tmp_path: Path) -> str:
    path = tmp_path / "tool.pyz"
    path.write_bytes(builder_tool().source)
    return str(path)


@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: path.split(os.sep)[-3])
def test_both_programs_run_on_every_python(python: str, tool: str, tmp_path: Path) -> None:
    assert answer_of(python, tool, "follow", str(tmp_path), "-", "0", "0")["state"] == "nobody"
    question = {"work_dir": str(tmp_path), "tools": ["sh", "no-such-tool"], "modules": ["json", "nowhere"], "bytes": 100}
    found = answer_of(python, "-c", examine_text(), json.dumps(question))
    assert found["identity"]["version"][0] == 3
    assert (found["missing_modules"], found["tools"]["no-such-tool"]) == (["nowhere"], None)
    assert found["room"]["writable"]
    assert "pip" in found["distributions"]


def test_of_two_only_one_has_the_claim_and_that_of_a_dead_builder_is_free(tmp_path: Path) -> None:
    folder = str(tmp_path)
    assert take_claim(folder, "a")
    assert not take_claim(folder, "b")
    assert take_claim(folder, "a")  # its answer was lost
    release_claim(folder, "b")
    assert read_claim(folder).attempt == "a"
    release_claim(folder, "a")
    assert read_claim(folder) is None
    here = [*read_identity(), "4194304", "1"]  # no process has that id
    (tmp_path / "claim").write_text("\n".join(["dead", *here]))
    assert take_claim(folder, "c")
    (tmp_path / "claim").write_text("\n".join(["far", *ELSEWHERE]))
    assert not take_claim(folder, "d")  # of another machine nobody can tell,
    assert not take_claim(folder, "d", over="c")
    assert take_claim(folder, "d", over="far")  # until it is given up
    assert sorted(os.listdir(folder)) == ["claim"]


def read_identity() -> list[str]:
    from clustrix_bundle.runtime.owner import identity as process

    return process()[:3]


def test_a_builder_of_another_machine_without_a_heartbeat_is_given_up_and_comes_too_late(site: Any, tool: str) -> None:
    recipe = Recipe("pip", (), (), (), {}, identity())
    prelude = site.environment().prelude("", base=True)
    state = site.work / f".clustrix-{os.geteuid()}"
    folder = state / "environments" / recipe.key
    for path in (state, folder.parent, folder):
        path.mkdir(mode=0o700)
    (folder / "claim").write_text("\n".join(["far", *ELSEWHERE]))
    (folder / "far").mkdir()
    building = Building(site.place, prelude, str(state), os.path.relpath(tool, state), lambda _text: None)
    assert building.run(recipe, recipe.request([]), stale_s=0)["wheels"] == 0
    while read_claim(str(folder)) is not None:  # it tidies up
        pass
    winner = os.readlink(folder / "built")
    assert not (folder / "far").exists()
    (folder / "far").mkdir()
    publish(str(folder), "far", recipe.text, {})
    assert os.readlink(folder / "built") == winner


def test_a_builder_that_dies_each_time_is_not_begun_for_ever(site: Any, tmp_path: Path) -> None:
    state = {"state": "nobody", "attempt": "a", "beat": 0, "log": "", "offset": 0, "failure": None, "notes": None}
    program = tmp_path / "dies.py"  # as if each were killed at once
    program.write_text(
        f"import json, sys\nopen({str(tmp_path / 'asked')!r}, 'a').write(sys.argv[1] + ' ')\nprint({MARK!r} + json.dumps({state!r}))\n"
    )
    recipe = Recipe("pip", (), (), (), {}, identity())
    building = Building(site.place, site.environment().prelude("", base=True), str(tmp_path), "dies.py", lambda _text: None)
    with pytest.raises(EnvironmentBuildError, match="the builder was killed 4 times"):
        building.run(recipe, recipe.request([]))
    assert (tmp_path / "asked").read_text().split() == ["begin", "follow"] * 4


def test_cleaning_takes_old_environments_and_none_that_a_live_job_uses(site: Any) -> None:
    state = site.work / f".clustrix-{os.geteuid()}"
    for name in ("used", "on-node", "old", "needed-lately", "being-built"):
        (state / "environments" / name / "attempt").mkdir(parents=True)
    for name in ("used", "on-node", "old", "needed-lately"):
        (state / "environments" / name / "environment.json").write_text("{}")
    (state / "environments" / "being-built" / "beat").write_text("7")
    job = state / "jobs" / "0123456789abcdef"
    job.mkdir(parents=True)
    spec = {"runtime": "r", "bundle": "b", "tasks": 1, "files": ["environments/used"]}
    (job / "spec.json").write_text(json.dumps(spec))
    (job / "environment").write_text("environments/on-node")
    for path in state.rglob("*"):
        if "needed-lately/environment.json" not in str(path) and not path.name == "beat":
            os.utime(path, (1, 1))
    swept = site.place.call("cleaning.sweep", older_s=86400, dry=False)
    assert [os.path.basename(path) for path, _ in swept["removed"]] == ["old"]
    assert swept["live"] == [job.name]
    assert sorted(path.name for path in (state / "environments").iterdir()) == ["being-built", "needed-lately", "on-node", "used"]


def test_links_of_environments_are_none_of_the_work_dirs(site: Any) -> None:
    folder = site.work / f".clustrix-{os.geteuid()}" / "environments"
    folder.mkdir(parents=True)
    (folder / "python").symlink_to(sys.executable)
    (site.work / "out").symlink_to("/usr")
    assert site.place.call("probe.probe")["links_out"] == [["out", os.path.realpath("/usr")]]


def test_the_builder_is_the_same_file_each_time() -> None:
    first = builder_tool().source
    builder_tool.cache_clear()
    assert builder_tool().source == first


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Looking in indexes: https://me:canary@a.org/simple, http://canary@b/x", "Looking in indexes: https://****@a.org/simple, http://****@b/x"),
        ("https://me:p@canary@a.org/simple/", "https://****@a.org/simple/"),
        ("Looking in indexes: https://a.org/simple?token=canary, http://b?canary", "Looking in indexes: https://a.org/simple?****, http://b?****"),
        ("--extra-index-url 'https://a.org/s?x=1&k=canary#f'", "--extra-index-url 'https://a.org/s?****'"),
        ("with url: /simple?token=canary/numpy/ (Caused by X)", "with url: /simple?**** (Caused by X)"),
        ("error: fetching `https://u@a.org/s?t=canary/x/` (is it there?)", "error: fetching `https://****@a.org/s?****` (is it there?)"),
        ("is it https://a.org/simple? a/b?c stays", "is it https://a.org/simple? a/b?c stays"),
        ("git+https://a.org/x.git@0123#egg=x", "git+https://a.org/x.git@0123#egg=x"),
    ],
)  # fmt: skip
def test_urls_are_shown_without_credentials(said: str, shown: str) -> None:
    assert redact(said) == shown


def test_uv_is_chosen_where_it_is_there_and_can() -> None:
    assert chosen_tool("auto", has_uv=True, version=(3, 11, 2)) == "uv"
    assert chosen_tool("auto", has_uv=True, version=(3, 6, 8)) == "pip"
    assert chosen_tool("auto", has_uv=False, version=(3, 11, 2)) == "pip"
    assert chosen_tool("pip", has_uv=True, version=(3, 11, 2)) == "pip"
