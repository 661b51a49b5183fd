"""The command ``clustrix-bundle``, also as ``python -m clustrix_bundle``."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys

_ALLOCATIONS = 5_000_000


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code (docs/cli.md)."""
    given = sys.argv[1:] if arguments is None else arguments
    if (
        arguments is None
    ):  # a command ends soon, and what it makes is hardly ever garbage: half the time went into looking for some
        gc.set_threshold(_ALLOCATIONS)
    try:
        if arguments is None and sys.getfilesystemencoding() != "utf-8":
            _start_again_in_utf8(given)
        from clustrix_bundle.cli.app import run_command  # noqa: PLC0415 - loading is interrupted quietly too

        code = run_command(given)
    except KeyboardInterrupt:
        code = 130
    if arguments is None:
        _leave(code)
    return code


def _leave(code: int) -> None:
    """End the process as `sys.exit` does, but for taking everything in its memory apart.

    Where something of that order fails (a stream that cannot be flushed), Python is left to end as it does.
    """
    gc.freeze()  # nor is there any to look for at the end
    threading = sys.modules.get("threading")
    with contextlib.suppress(Exception):
        if threading is not None:
            threading._shutdown()  # noqa: SLF001 - waits for the threads that Python itself would wait for
        atexit._run_exitfuncs()  # noqa: SLF001
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _start_again_in_utf8(arguments: list[str]) -> None:
    """File names are UTF-8 in a bundle, whatever the locale makes of them here: Python's UTF-8 mode (PEP 540) reads them so.

    It is chosen by an option rather than the environment, which the user's own interpreter would inherit.
    """
    sys.stdout.flush()
    command = [sys.executable, "-X", "utf8", "-P", "-m", "clustrix_bundle", *arguments]
    os.execv(sys.executable, command)  # noqa: S606 - this very program


if __name__ == "__main__":
    sys.exit(main())
