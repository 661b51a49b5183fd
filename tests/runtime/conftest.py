"""What the runtime's tests share: one interpreter of each Python version that this machine has."""

import glob
import os
import re
import shutil
import sys

import pytest


def find_interpreters() -> dict[str, str]:
    """Executables by version ("3.6"): pyenv's, those on PATH, and the one that runs the tests."""
    found = {}
    for path in sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python"))):
        match = re.search(r"/(3\.\d+)\.\d+/bin/python$", path)
        if match:
            found[match[1]] = path
    for minor in range(6, 16):
        path = shutil.which(f"python3.{minor}")
        if path and f"3.{minor}" not in found and "/shims/" not in path:
            found[f"3.{minor}"] = path
    found[f"3.{sys.version_info.minor}"] = sys.executable
    return {version: path for version, path in found.items() if int(version[2:]) >= 6}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "interpreter" in metafunc.fixturenames:
        found = find_interpreters()
        metafunc.parametrize("interpreter", list(found.values()), ids=list(found))
