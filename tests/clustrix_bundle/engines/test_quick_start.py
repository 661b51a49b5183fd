"""The front page's way from the laptop to SLURM, as it is written there, on a real one behind a real SSH server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).parents[3] / "README.md"
MODEL = """\
def load(path):
    return [float(line) for line in open(path)]


class Model:
    def fit(self, values):
        return sum(values) / len(values)
"""


def _blocks(language: str) -> list[str]:
    section = README.read_text().split("## From the laptop to SLURM")[1].split("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```", section, re.DOTALL | re.MULTILINE)


@pytest.fixture
def laptop(slurm: Any, sshd_kinds: Callable[..., Any], tmp_path: Path) -> Callable[..., str]:
    """Runs commands in a project whose cluster is the page's, but for its name, its folder, and how much memory its nodes have."""
    login = sshd_kinds(SETENV=slurm.session_variables)
    work = Path(login.work, tmp_path.name)
    (work / "runs").mkdir(parents=True)
    for number, values in enumerate(("1\n2\n", "3\n5\n"), 1):
        (work / f"runs/{number}.csv").write_text(values)
    (profile,) = _blocks("toml")
    (program,) = _blocks("python")
    (tmp_path / "clustrix.toml").write_text(
        profile.replace("hpc.example.org", "testhost").replace("/scratch/me/project", str(work)) + "job_poll_interval = 0.5\n"
    )
    (tmp_path / "fits.py").write_text(program.replace("16GB", "500MB"))
    (tmp_path / "mymodel.py").write_text(MODEL)
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONSAFEPATH"}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "CLUSTRIX_SSH_CONFIG": login.ssh_config(tmp_path),
        "CLUSTRIX_PYTHON_EXECUTABLE": sys.executable,
        "CLUSTRIX_CONFIG_DIR": str(tmp_path / "none"),
    }

    def run(*words: str) -> str:
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_it_leads_there(laptop: Callable[..., str]) -> None:
    doctor, others = _blocks("console")
    commands = [block.replace("$ ", "", 1).replace("\n$ ", "\n") for block in (doctor, others)]
    assert "sbatch" in laptop("sh", "-ec", commands[0])
    assert laptop(sys.executable, "fits.py") == "[1.5, 4.0]\n"
    lines = laptop("sh", "-ec", commands[1]).splitlines()
    assert "1.5" in lines, "the result of attach"
    assert lines[-1].startswith("0 entries, ")
