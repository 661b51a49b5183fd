"""Settings of a build: ``[tool.clustrix-bundle]`` in pyproject.toml, options of the command line over it."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_MAX_FILE_SIZE = 50 * 2**20


@dataclass(frozen=True, slots=True)
class Settings:
    """What bounds an analysis.

    Attributes:
        include: Globs relative to the project root that ship besides what is found.
        exclude: Globs relative to the project root that never ship.
        dynamic: What to do about imports that stay open: ``widen``, ``warn`` or ``error``.
        max_file_size: Bytes; a larger file is an error.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    dynamic: str = "widen"
    max_file_size: int = DEFAULT_MAX_FILE_SIZE
