"""A file that has the name of a standard module is named, where it breaks what we need of Python."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("name", "user"), [("random", "def pick(x):\n    return x[0]\n"), ("tempfile", "raise ImportError('mine')\n")]
)
def test_only_a_file_that_stands_for_a_standard_module_is_blamed(tmp_path: Path, name: str, user: str) -> None:
    (tmp_path / f"{name}.py").write_text(user)
    (tmp_path / "script.py").write_text("from clustrix_bundle import bundle\n")
    command = [sys.executable, str(tmp_path / "script.py")]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": ""}, check=False, cwd=tmp_path)
    last = done.stderr.strip().splitlines()[-1]
    if name == "random":
        assert last.startswith(f"ImportError: {tmp_path / 'random.py'} stands in the place of Python's own module 'random'")
        assert "rename the file" in last
    else:
        assert last == "ImportError: mine"
