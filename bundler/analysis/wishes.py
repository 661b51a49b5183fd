"""The user's own word on what ships: ``include`` and ``exclude`` globs of the settings and ``# clustrix:`` comments."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.errors import SettingsError
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    import pathspec

_WILD = compile_lazily(r"[*?\[]")


def is_exact(pattern: str) -> bool:
    """Whether a glob names one path."""
    return _WILD.search(pattern) is None


class Wishes:
    """Globs relative to the project root."""

    def __init__(self, root: Path, include: Sequence[str], exclude: Sequence[str]) -> None:
        self.root = root
        self.include = tuple(include)
        self.exclude = tuple(exclude)

    @cached_property
    def _exclusions(self) -> list[tuple[str, pathspec.GitIgnoreSpec]]:
        import pathspec as library  # noqa: PLC0415 - needed where something is excluded only

        try:
            return [(pattern, library.GitIgnoreSpec.from_lines([pattern])) for pattern in self.exclude]
        except ValueError as error:
            raise SettingsError(f"exclude: {error}") from error

    def excludes(self, path: str) -> str | None:
        """The ``exclude`` glob that keeps a file below the root back, read as a line of ``.gitignore``; None if none does."""
        if not self.exclude or not path.startswith(f"{self.root}{os.sep}"):
            return None
        relative = os.path.relpath(path, self.root).replace(os.sep, "/")
        return next((pattern for pattern, spec in self._exclusions if spec.match_file(relative)), None)

    def included(self) -> Iterator[tuple[str, str]]:
        """Pattern and path of everything that ``include`` names.

        Raises:
            SettingsError: a glob matches nothing.
        """
        for pattern in self.include:
            paths = list(matches(self.root, pattern))
            if not paths:
                raise SettingsError(f"include {pattern!r} matches nothing below {self.root}")
            for path in paths:
                yield pattern, path


def matches(folder: Path, pattern: str) -> list[str]:
    """Existing paths that a glob names, seen from ``folder``, sorted; ``**`` goes through folders."""
    if is_exact(pattern):
        path = os.path.normpath(os.path.join(folder, pattern))
        return [path] if os.path.lexists(path) else []
    if os.path.isabs(pattern):
        return []
    try:
        return sorted({os.path.normpath(path) for path in folder.glob(pattern)})
    except ValueError as error:
        raise SettingsError(f"include {pattern!r}: {error}") from error


def directive_matches(argument: str, folders: Iterable[Path]) -> list[str]:
    """What the globs of ``# clustrix: include`` name, seen from each of ``folders``; the first in which a glob matches counts."""
    found: list[str] = []
    for pattern in argument.replace(",", " ").split():
        for folder in folders:
            paths = matches(folder, pattern)
            if paths:
                found += paths
                break
    return found
