"""Running a bundle here: the runtime in a clean process of the target interpreter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from typing import IO

from clustrix_bundle.ask_interpreter import find_executable

_SENT_BY_A_PROCESS = 0  # sigaction(2): SI_USER is 0, SI_QUEUE and SI_TKILL are below, what the kernel sends is above
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


def wait_out(process: subprocess.Popen[bytes], *, ends_us: bool = False) -> int:
    """Wait for a process, passing on what somebody sends us; its exit code, 128 + n for death by signal n. For the main thread.

    A terminal's Ctrl-C reaches the process by itself, so only signals that were sent to us alone are passed on.
    What came acts on us too, once the process has ended, where ``ends_us``; else the process' own end says what became of it.
    """
    waited = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, waited)
    last: int | None = None
    try:
        while process.poll() is None:
            came = signal.sigwaitinfo(waited)
            if came.si_signo == signal.SIGCHLD:
                continue
            last = came.si_signo
            if came.si_code <= _SENT_BY_A_PROCESS:
                process.send_signal(last)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if ends_us and last is not None:
        signal.raise_signal(last)
    return exit_code(process)


def exit_code(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a process that has ended, as a shell has it."""
    code = process.wait()
    return code if code >= 0 else 128 - code
