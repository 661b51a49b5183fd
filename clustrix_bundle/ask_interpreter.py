"""Finding the target interpreter and asking it, once, what it finds where."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from clustrix_bundle.bundler.errors import SettingsError
from clustrix_bundle.bundler.interpreter import Interpreter, this_interpreter

ASK_TIMEOUT_S = 60

QUESTION = r"""
import sys
sys.path[:] = [p for p in sys.path if p]
loaded = sorted(name for name in sys.modules if "." not in name)
import json, os, site, sysconfig
try:
    from importlib.machinery import EXTENSION_SUFFIXES as suffixes
except ImportError:
    suffixes = []
folders = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
folders += [os.path.join(f, "lib-dynload") for f in folders]
zipped = "python%d%d.zip" % sys.version_info[:2]
stdlib = [p for p in sys.path if p in folders or os.path.basename(p) == zipped]
names = getattr(sys, "stdlib_module_names", None)
if names is None:
    names = set(sys.builtin_module_names)
    for folder in stdlib:
        if os.path.isdir(folder):
            for entry in os.listdir(folder):
                name = entry.split(".")[0]
                if name.isidentifier() and (entry.endswith((".py", ".so", ".pyd")) or "." not in entry):
                    names.add(name)
    names -= set(["__pycache__", "idle_test"])
try:
    import _imp
    frozen = [n for n in _imp._frozen_module_names() if "." not in n]
except (ImportError, AttributeError):
    frozen = []
known = set(getattr(site, "getsitepackages", list)())
if getattr(site, "ENABLE_USER_SITE", False):
    known.add(site.getusersitepackages())
places = [p for p in sys.path if p in known or os.path.basename(p) in ("site-packages", "dist-packages")]
print("\n" + json.dumps({
    "executable": sys.executable,
    "version": list(sys.version_info[:3]),
    "stdlib_names": sorted(names),
    "unshadowed": sorted(set(n for n in loaded if n in names) | set(sys.builtin_module_names) | set(frozen)),
    "stdlib_folders": stdlib,
    "site_folders": [p for p in places if os.path.isdir(p)],
    "extension_suffixes": list(suffixes),
}))
"""
"""Runs on Python 3.6 and later with the standard library alone; its last line of output is the answer."""


def find_executable(python: str | None, environ: Mapping[str, str], project: Path | None) -> str | None:
    """The interpreter whose packages count: as asked for, else VIRTUAL_ENV, CONDA_PREFIX, the project's ``.venv``; None for ours.

    Raises:
        SettingsError: ``python`` was asked for and does not exist.
    """
    if python:
        import shutil  # noqa: PLC0415 - needed for this option only

        found = shutil.which(python)
        if found is None and os.path.isdir(python):
            found = _in_environment(python)
        if found is None:
            raise SettingsError(
                f"--python {python}: there is no such interpreter; give the path of an executable or an environment"
            )
        return found
    folders = [environ.get("VIRTUAL_ENV", ""), environ.get("CONDA_PREFIX", "")]
    if project is not None:
        folders.append(str(project / ".venv"))
    return next((found for folder in folders if folder and (found := _in_environment(folder))), None)


def _in_environment(folder: str) -> str | None:
    for name in ("python", "python3"):
        path = os.path.join(folder, "bin", name)
        if os.access(path, os.X_OK):
            return path
    return None


def ask_interpreter(executable: str | None) -> Interpreter:
    """Asks another Python for its version, standard library and packages' folders; for None, or our own, nothing is started.

    Raises:
        SettingsError: it cannot be run or is no Python of version 3.6 or later.
    """
    if executable is None or _same_environment(executable):
        return this_interpreter()
    import subprocess  # noqa: PLC0415 - most builds are for the Python that runs them
    import tempfile  # noqa: PLC0415

    try:
        with (
            tempfile.TemporaryDirectory() as empty
        ):  # so that no file of the user's is imported in place of a module that we need
            done = subprocess.run(  # noqa: S603 - the user's own choice of interpreter, no shell
                [executable, "-E", "-c", QUESTION],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                cwd=empty,
                timeout=ASK_TIMEOUT_S,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SettingsError(f"the interpreter {executable} cannot be run: {error}") from error
    lines = done.stdout.splitlines()
    try:
        answer = json.loads(lines[-1]) if lines else None
    except ValueError:
        answer = None
    if done.returncode or not isinstance(answer, dict):
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise SettingsError(f"{executable} does not answer as a Python does: {said[-1] if said else 'no output'}")
    interpreter = Interpreter.from_json(answer)
    if interpreter.version < (3, 6):
        raise SettingsError(f"{executable} is Python {'.'.join(map(str, interpreter.version))}; bundles need 3.6 or later")
    return interpreter


def _same_environment(executable: str) -> bool:
    """Whether it is the Python that runs us: links count as other places, since a virtual environment's Python is a link."""
    return os.path.abspath(executable) == os.path.abspath(sys.executable) or (
        os.path.dirname(os.path.abspath(executable)) == os.path.dirname(os.path.abspath(sys.executable))
        and os.path.realpath(executable) == os.path.realpath(sys.executable)
    )
