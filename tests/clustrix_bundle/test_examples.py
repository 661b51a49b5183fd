"""The programs in examples/ run as they stand: here, and, those that are for a cluster, on a real SSH host."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
CELLS = """\
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in json.load(open(sys.argv[1]))["cells"]:
    if cell["cell_type"] == "code":
        shell.run_cell("".join(cell["source"]), store_history=True).raise_error()
"""


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Path]:
    """A copy of an example."""

    def copy(name: str) -> Path:
        shutil.copytree(EXAMPLES / name, tmp_path / name)
        return tmp_path / name

    return copy


def _run(folder: Path, *words: str, **variables: str) -> list[str]:
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONSAFEPATH"}
    environment |= {"CLUSTRIX_CONFIG_DIR": str(folder / "none"), "XDG_CACHE_HOME": str(folder / "cache"), **variables}
    done = subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_rain_is_the_samples_here_and_the_archives_there(program: Callable[..., Path], sshd: Any, tmp_path: Path) -> None:
    folder = program("rain")
    here = json.loads(_run(folder, "rain.py")[-1])
    assert (here["months"], here["wettest"]["month"]) == (6, "2023/03.csv")
    work = Path(sshd.work, f"rain-{tmp_path.name}")
    shutil.copytree(folder / "archive", work / "archive")
    (work / "archive/2022/01.csv").write_text("day,mm\n1,0.5\n9,99.0\n")
    (work / "archive/2022/02.csv").write_text("")
    source = (folder / "rain.py").read_text()
    for given, real in (("login.example.org", "testhost"), ("/scratch/rain", str(work)), ('"slurm"', '"ssh"')):
        assert given in source
        source = source.replace(given, real)
    (folder / "rain.py").write_text(source)
    there = json.loads(_run(folder, "rain.py", "production", CLUSTRIX_SSH_CONFIG=sshd.ssh_config(tmp_path))[-1])
    assert there["wettest"] == {"month": "2022/01.csv", "day": 9, "mm": 99.0, "total": 99.5}


def test_the_sweep_finds_where_the_prey_multiply_most(program: Callable[..., Path]) -> None:
    (line,) = _run(program("sweep"), "sweep.py", "--grid", "2")
    assert [json.loads(line)[name] for name in ("birth", "hunger")] == [1.2, 0.05]


def test_the_notebooks_cells_run_in_their_order(program: Callable[..., Path]) -> None:
    folder = program("notebook")
    (folder / "cells.py").write_text(CELLS)
    told = _run(folder, "-P", "cells.py", "half_lives.ipynb", IPYTHONDIR=str(folder / "ipython"))
    assert told[-2:] == ["best half-life: 4.0 h", "now 3.8 h is off by 0.07, 4.2 h by 14.44"]


def test_the_package_finds_its_dependency_in_an_environment_of_its_own(program: Callable[..., Path]) -> None:
    folder = program("median")
    told = _run(folder, "levels.py", PIP_NO_INDEX="1")  # made of what is installed here, whatever can be reached
    assert told[-2] == "[3.1, 3.2, 3.4, 3.3, 3.3, 3.3]"
    assert told[-1].startswith(f"sortedcontainers came from {folder}/.clustrix-{os.geteuid()}/environments/")
