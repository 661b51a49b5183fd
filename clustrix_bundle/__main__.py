"""The command ``clustrix-bundle``, also as ``python -m clustrix_bundle``."""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code (docs/cli.md)."""
    try:
        from clustrix_bundle.cli.app import run_command  # noqa: PLC0415 - loading is interrupted quietly too

        return run_command(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
