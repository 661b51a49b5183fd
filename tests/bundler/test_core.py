"""The compiled core is what its stub says (mypy's stubtest compares names, parameters and docstrings' module with the built one)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clustrix_bundle import bundler

pytest.importorskip("clustrix_bundle.bundler._core", reason="the compiled core is not built")
pytest.importorskip("mypy.stubtest", reason="mypy is not installed")


def test_stub_agrees_with_the_built_core(tmp_path):
    # mypy looks for stubs on disk: the stub alone, where an installed package would have it
    package = tmp_path / "clustrix_bundle" / "bundler"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package.parent / "__init__.py").touch()
    (package / "_core.pyi").symlink_to(Path(bundler.__file__).with_name("_core.pyi"))
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = True\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "clustrix_bundle.bundler._core", "--mypy-config-file", "mypy.ini"],
        env={**os.environ, "MYPYPATH": str(tmp_path), "PYTHONSAFEPATH": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
