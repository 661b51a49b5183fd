"""Running a bundle here: the runtime in a clean process of the target interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from typing import IO

from clustrix_bundle.ask_interpreter import find_executable

_PACKAGE_FOLDERS = frozenset({"site-packages", "dist-packages"})


def start_runtime(
    runtime: str,
    arguments: Iterable[str],
    *,
    python: str | None = None,
    stdout: int | IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``runtime.pyz`` in the current folder, which is the function's work dir; standard error is ours.

    Args:
        runtime: The file.
        arguments: What follows it on the command line.
        python: Executable or environment; the target interpreter by default.
        stdout: As `subprocess.Popen` has it; ours by default.

    Raises:
        SettingsError: There is no such interpreter.
        OSError: It cannot be started.
    """
    executable = find_executable(python, os.environ, None) or sys.executable
    return subprocess.Popen([executable, runtime, *arguments], env=clean_environment(os.environ), stdout=stdout)  # noqa: S603 - our own program, no shell


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would let the process see the project: PYTHONPATH keeps folders of installed packages only."""
    clean = {name: value for name, value in environ.items() if name not in ("PYTHONPATH", "PYTHONSTARTUP", "PYTHONINSPECT")}
    kept = [entry for entry in environ.get("PYTHONPATH", "").split(os.pathsep) if _PACKAGE_FOLDERS & set(entry.split(os.sep))]
    if kept:
        clean["PYTHONPATH"] = os.pathsep.join(kept)
    return clean


def wait_out(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process through interrupts, which a terminal sends to it too; its exit code, 128 + n for death by signal n."""
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            continue
        return code if code >= 0 else 128 - code
