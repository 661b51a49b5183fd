"""The command ``clustrix-bundle``, also as ``python -m clustrix_bundle``."""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code (docs/cli.md)."""
    from clustrix_bundle.cli.app import run_command  # noqa: PLC0415 - this module is imported by nothing else

    return run_command(sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())
