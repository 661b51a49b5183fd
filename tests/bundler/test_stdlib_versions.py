"""The tables agree with every interpreter that is at hand."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from clustrix_bundle.bundler.stdlib_versions import MODULE_SINCE, MODULE_UNTIL, NAME_SINCE, NAME_UNTIL

PLATFORM_ONLY = {"nis", "ossaudiodev", "spwd", "crypt"}
"""Modules that builds may lack."""

QUESTION = """
import importlib, importlib.util, json, sys, warnings
warnings.simplefilter("ignore")
modules, names = json.load(sys.stdin)
def has(module, name=None):
    try:
        found = importlib.import_module(module)
        return name is None or hasattr(found, name)
    except Exception:
        return False
print(json.dumps([sys.version_info[1], [has(m) for m in modules], [has(m, n) for m, n in names]]))
"""


def interpreters() -> list[Path]:
    folders = [*Path("~/.pyenv/versions").expanduser().glob("3.*/bin"), *map(Path, os.environ.get("PATH", "").split(os.pathsep))]
    found = {}
    for folder in folders:
        for path in sorted(folder.glob("python3.[0-9]*")):
            minor = path.name.removeprefix("python3.")
            if minor.isdigit() and int(minor) >= 6 and os.access(path, os.X_OK) and "shims" not in path.parts:
                found.setdefault(int(minor), path)
    return [path for _, path in sorted(found.items())]


@pytest.mark.parametrize("python", interpreters(), ids=lambda path: path.name)
def test_every_entry_is_there_from_its_first_version_to_its_last(python):
    modules = sorted({*MODULE_SINCE, *MODULE_UNTIL} - PLATFORM_ONLY)
    names = sorted({*NAME_SINCE, *NAME_UNTIL})
    done = subprocess.run(
        [python, "-I", "-c", QUESTION], input=json.dumps([modules, names]), capture_output=True, text=True, check=True
    )
    minor, have_modules, have_names = json.loads(done.stdout)
    for module, have in zip(modules, have_modules, strict=True):
        assert have == (MODULE_SINCE.get(module, 0) <= minor < MODULE_UNTIL.get(module, 99)), module
    for (module, name), have in zip(names, have_names, strict=True):
        expected = NAME_SINCE.get((module, name), 0) <= minor < NAME_UNTIL.get((module, name), 99)
        assert have == expected or (not have and not MODULE_SINCE.get(module, 0) <= minor), f"{module}.{name}"
