"""What the runtime's tests share: one interpreter of each Python version that this machine has, and a site to run bundles on."""

from __future__ import annotations

import glob
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from clustrix_bundle.bundler.runtime_file import render_runtime, runtime_folder, runtime_modules


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


class Site:
    """A machine that has a Python and ``runtime.pyz``: an empty work dir, a home, a folder for temporary files."""

    def __init__(self, folder: Path, pyz: Path) -> None:
        self.folder, self.pyz = folder, pyz
        self.python = sys.executable
        self.work = folder / "work"
        self.tmp = folder / "tmp"
        for path in (self.work, self.tmp, folder / "home"):
            path.mkdir(parents=True)
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder / "home"),
            "TMPDIR": str(self.tmp),
            "PYTHONWARNINGS": "error",
        }

    def command(self, *words: object) -> list[str]:
        return [self.python, str(self.pyz), *map(str, words)]

    def start(self, *words: object, **options: object) -> subprocess.Popen[bytes]:
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": self.work, "env": self.environment} | options
        return subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, **options)

    def call(self, *words: object, **options: object) -> Done:
        with self.start(*words, **options) as process:
            stdout, stderr = process.communicate(timeout=120)
        return Done(process.returncode, stdout, stderr)

    def run(self, bundle: object, *words: object, **options: object) -> Done:
        return self.call("run", bundle, "--json", *words, **options)

    def leftovers(self) -> list[str]:
        """Whatever stands in the temporary folder besides whole copies of bundles and compiled code."""
        found = []
        for parent, folders, files in os.walk(self.tmp):
            folders[:] = [name for name in folders if name not in ("copies", "code", "seals")]
            found += [os.path.relpath(os.path.join(parent, name), self.tmp) for name in files]
            found += [
                os.path.relpath(os.path.join(parent, name), self.tmp)
                for name in folders
                if not os.listdir(os.path.join(parent, name))
            ]
        return sorted(name for name in found if name.count("/") > 1 or "clustrix" not in name)

    def copies(self) -> list[str]:
        return sorted(os.path.basename(path) for path in glob.glob(str(self.tmp / "clustrix-*" / "copies" / "*")))


class Done:
    """What a command gave; ``reply`` is the one line of JSON that its standard output must be."""

    def __init__(self, code: int, stdout: bytes, stderr: bytes) -> None:
        self.code, self.stdout, self.stderr = code, stdout, stderr

    @property
    def reply(self) -> dict:
        assert self.stdout.endswith(b"\n") and self.stdout.count(b"\n") == 1, (self.stdout[-2000:], self.stderr[-2000:])
        return json.loads(self.stdout, parse_constant=_only_nan)

    @property
    def result(self) -> object:
        assert self.code == 0, (self.code, self.stdout[-2000:], self.stderr[-2000:])
        assert self.reply["ok"] is True
        return self.reply["result"]

    @property
    def error(self) -> dict:
        assert self.reply["ok"] is False
        return self.reply["error"]


def _only_nan(name: str) -> float:
    assert name == "NaN", f"{name} is no JSON"
    return float("nan")


@pytest.fixture(scope="session")
def runtime_pyz(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("runtime") / "runtime.pyz"
    path.write_bytes(render_runtime(runtime_modules(runtime_folder())))
    return path


@pytest.fixture
def site(tmp_path, runtime_pyz) -> Site:
    return Site(tmp_path / "site", runtime_pyz)


@pytest.fixture(scope="session")
def writer():
    """The module `bundle_writer` beside this file."""
    spec = importlib.util.spec_from_file_location("bundle_writer", Path(__file__).with_name("bundle_writer.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bundle_of(tmp_path, writer):
    """A function that writes a good bundle and gives its path: keywords of `bundle_writer.bundle`, or source of ``m.f``."""

    def make(source: str | None = None, **options: object) -> Path:
        files = dict(options.pop("files", {}))
        if source is not None:
            files["project/m.py"] = source
        path = tmp_path / f"b{len(list(tmp_path.glob('b*')))}.tar.zst"
        path.write_bytes(writer.bundle(files=files, **options))
        return path

    return make
