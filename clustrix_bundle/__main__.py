"""The command ``clustrix-bundle``, also as ``python -m clustrix_bundle``."""

from __future__ import annotations

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

        return run_command(given)
    except KeyboardInterrupt:
        return 130
    finally:
        if arguments is None:
            gc.freeze()  # nor is there any to look for at the end, where the whole memory goes


def _start_again_in_utf8(arguments: list[str]) -> None:
    """File names are UTF-8 in a bundle, whatever the locale makes of them here: Python's UTF-8 mode (PEP 540) reads them so.

    It is chosen by an option rather than the environment, which the user's own interpreter would inherit.
    """
    sys.stdout.flush()
    command = [sys.executable, "-X", "utf8", "-P", "-m", "clustrix_bundle", *arguments]
    os.execv(sys.executable, command)  # noqa: S606 - this very program


if __name__ == "__main__":
    sys.exit(main())
