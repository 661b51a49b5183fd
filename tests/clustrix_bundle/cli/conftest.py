"""A project and the command line as a user has them: real files, real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = {
    "pyproject.toml": "[project]\nname = 'thermo'\n",
    "thermo/__init__.py": "",
    "thermo/model.py": "from thermo import units\n\n\ndef run(celsius=0.0):\n    return units.kelvin(celsius)\n\n\ndef fail():\n    raise ValueError('too hot')\n",
    "thermo/units.py": "OFFSET = 273.15\n\n\ndef kelvin(celsius):\n    return celsius + OFFSET\n",
    "thermo/unused.py": "import nowhere\n",
}


@dataclass
class Answer:
    """What a command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        lines = self.out.splitlines()
        assert len(lines) == 1, self.out
        return json.loads(lines[0])


@dataclass
class CommandLine:
    """The command, run in a folder."""

    cwd: Path
    env: dict

    def __call__(self, *arguments, cwd=None, env=(), **options):
        done = subprocess.run(
            [sys.executable, "-m", "clustrix_bundle", *map(str, arguments)],
            cwd=cwd or self.cwd,
            env={**self.env, **dict(env)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=100,
            **options,
        )
        return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def write():
    def write(folder, files):
        for name, content in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return write


@pytest.fixture
def project(tmp_path, write):
    write(tmp_path / "work", PROJECT)
    return tmp_path / "work"


@pytest.fixture
def command(project, tmp_path):
    (tmp_path / "home").mkdir()
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "PYTHONSAFEPATH": "1", "TMPDIR": str(tmp_path)}
    return CommandLine(project, env)


@pytest.fixture
def bundle(command):
    return command("build", "thermo.model:run", "-o", "out/", "--json").json["path"]
