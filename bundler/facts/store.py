"""The store: source files, each read once, and what the analysis asks of all of them (docs/facts.md, "The store").

`CoreStore` reads ahead on threads of the compiled core and keeps bytes and outlines outside of Python; `PythonStore`, beside this file, is
the same by libcst, one file after the other.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from clustrix_bundle.bundler.facts.extract import core, extract_facts, extractor_name
from clustrix_bundle.bundler.facts.model import ModuleFacts

if TYPE_CHECKING:
    from clustrix_bundle.bundler._core import FactsStore as CompiledStore
    from clustrix_bundle.bundler._core import ImportWalk


class SearchPath(NamedTuple):
    """Where modules are sought (`clustrix_bundle.bundler.resolve.Resolver` says how), and what of the standard library matters.

    Attributes:
        before, after: Folder, whether it is the user's own, and the package it is mapped to (or empty), before and after the
            standard library.
        suffixes: Endings of files that hold modules, in the order in which they are tried.
        unshadowed: Names that no file can take.
        standard: Top-level names of the standard library.
        served: Packages that the runtime stands in for.
        limiting: Dotted names of the standard library whose use is to be told of.
    """

    before: Sequence[tuple[str, bool, str]]
    after: Sequence[tuple[str, bool, str]]
    suffixes: Sequence[str]
    unshadowed: Sequence[str]
    standard: Sequence[str]
    served: Sequence[str]
    limiting: Sequence[str]


WATCHED = (b"PYTHONPATH", b"__path__", b"DJANGO_SETTINGS_MODULE", b"luster")
"""Texts that rules look for in every program (`clustrix_bundle.bundler.analysis.world.World.may_hold`): each file is searched for them while it is read."""


class FactsStore(Protocol):
    """Source files by their paths; each is read once, when it is first asked for."""

    def request(self, paths: Sequence[str]) -> None:
        """Says that these files will be asked for: they may be read from now on."""

    def add(self, path: str, content: bytes) -> None:
        """Content that is made rather than read: it stands for the file from now on."""

    def content(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            OSError: it cannot be read.
        """

    def facts(self, path: str) -> ModuleFacts:
        """What a file says; fields that nobody asked for yet may not have been made.

        Raises:
            OSError: it cannot be read.
            SourceError: it is no Python.
        """

    def words(self, first: int = 0) -> list[str]:
        """The names that stand in the files read so far, each once, new ones last; from this number on."""

    def mentioning(self, names: Sequence[str]) -> list[str]:
        """Files read so far in which one of the names may stand as a name, as an attribute or in an import.

        A few too many (who wants to know for sure looks at their facts), never one too few.
        """

    def calling(self, names: Sequence[str]) -> list[str]:
        """Files read so far in which something whose last name is one of these may be called, or which import it under another name."""

    def reading(self, names: Sequence[str]) -> list[str]:
        """Files read so far in which one of these names may be read as a value (not only to call it), or which import it under another name."""

    def callees(self, first: int = 0) -> list[str]:
        """The looks of all calls in the files read so far, each once, new ones last; from this number on.

        ``CALLEE COUNT[FLAGS] [FUNCTION]`` as docs/facts.md says, or a bare name for calls of whatever look whose callee ends with it.
        """

    def callee_names(self, first: int) -> tuple[list[str], int]:
        """The last names in `callees` from this number on, each once, and how many `callees` there are."""

    def callees_named(self, names: Sequence[str], first: int) -> list[str]:
        """Those of `callees` from this number on whose last name is one of these: all of a large program are not wanted at once."""

    def using(self, callees: Sequence[str]) -> list[str]:
        """Files read so far that may hold a call of one of these looks (of `callees`)."""

    def containing(self, texts: Sequence[bytes]) -> list[str]:
        """Files read so far whose bytes hold one of these texts; dear, but for those of `WATCHED`."""

    def having(self, family: str) -> list[str]:
        """Files read so far whose facts have ``directives``, ``features``, ``hooks`` or ``annotated``: a few too many, never one too few."""

    def outside(self, names: Sequence[str]) -> list[str]:
        """Files read so far that have one of these names in `ModuleFacts.outside`; a few too many, as with the next two."""

    def running(self, names: Sequence[str]) -> list[str]:
        """Files read so far whose `ModuleFacts.runs` has one of these names, or one that a file defines, assigns, or imports something under."""

    def naming(self, folders: Sequence[str]) -> list[str]:
        """Files read so far one of whose texts may be the relative path of what stands in one of these folders, or in the file's own."""

    def direct_imports(self, path: str, package: str) -> list[str] | None:
        """The modules that a file's own statements import under no condition, absolute as seen from its package; None where that is not known."""

    def import_walk(self, search: SearchPath) -> ImportWalk | None:
        """What follows import statements without Python's help; None where there is no such thing."""


class CoreStore:
    """The store of the compiled core."""

    def __init__(self, compiled: CompiledStore) -> None:
        self._compiled = compiled
        self.request = compiled.request
        self.add = compiled.add
        self.content = compiled.content
        self.mentioning = compiled.mentioning
        self.containing = compiled.containing
        self.having = compiled.having
        self.calling = compiled.calling
        self.reading = compiled.reading
        self.using = compiled.using
        self.outside = compiled.outside
        self.running = compiled.running
        self.naming = compiled.naming
        self.direct_imports = compiled.direct_imports
        self.callee_names = compiled.callee_names
        self.callees_named = compiled.callees_named

    def import_walk(self, search: SearchPath) -> ImportWalk | None:
        """As `FactsStore.import_walk`; paths that are not UTF-8 and Windows' are left to Python."""
        from clustrix_bundle.bundler._core import ImportWalk  # noqa: PLC0415 - beside the store

        if os.sep != "/":
            return None
        try:
            return ImportWalk(self._compiled, *search)
        except UnicodeEncodeError:
            return None

    def facts(self, path: str) -> ModuleFacts:
        """As `FactsStore.facts`."""
        try:
            rows = self._compiled.module(path)
        except SyntaxError:
            return extract_facts(self.content(path), path)  # the error in Python's words, or facts where Python knows better
        return ModuleFacts.stored(rows)

    def words(self, first: int = 0) -> list[str]:
        """As `FactsStore.words`."""
        return self._compiled.words(first)

    def callees(self, first: int = 0) -> list[str]:
        """As `FactsStore.callees`."""
        return self._compiled.callees(first)


def open_store() -> FactsStore:
    """The compiled core's store where the core is used, else `PythonStore`."""
    compiled = core()
    if compiled is not None and extractor_name() == "core":
        return CoreStore(compiled.FactsStore(WATCHED))
    from clustrix_bundle.bundler.facts.python_store import PythonStore  # noqa: PLC0415 - instead of the core's

    return PythonStore()
