"""Source files, each read once: the same bytes serve for facts, digest and archive, whatever an editor does meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.errors import SourceError

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import ModuleFacts


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The bytes of a file and what they say; ``error`` in place of ``facts`` where they are no Python."""

    path: str
    content: bytes
    facts: ModuleFacts | None
    error: SourceError | None = None


class Sources:
    """Source files by path."""

    def __init__(self) -> None:
        self._files: dict[str, SourceFile] = {}

    def read(self, path: str) -> SourceFile:
        """The file at ``path`` as it was when it was first asked for; one that cannot be read has an error and no bytes."""
        known = self._files.get(path)
        if known is None:
            known = self._files[path] = _read(path)
        return known

    def add(self, path: str, content: bytes) -> SourceFile:
        """Source that is made rather than read (a notebook's cells): it stands for the file from now on."""
        known = self._files[path] = _parse(path, content)
        return known


def _read(path: str) -> SourceFile:
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        return SourceFile(path, b"", None, SourceError(f"cannot be read: {error.strerror}", path))
    return _parse(path, content)


def _parse(path: str, content: bytes) -> SourceFile:
    from clustrix_bundle.bundler.facts.extract import extract_facts  # noqa: PLC0415 - the parser is loaded when first needed

    try:
        return SourceFile(path, content, extract_facts(content, path))
    except SourceError as error:
        return SourceFile(path, content, None, error)
