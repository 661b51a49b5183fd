"""Source files, each read once: the same bytes serve for facts, digest and archive, whatever an editor does meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import ModuleFacts
    from clustrix_bundle.bundler.facts.store import FactsStore


class SourceFile:
    """The bytes of a file and what they say; ``error`` in place of ``facts`` where they are no Python."""

    __slots__ = ("_read", "_store", "path")

    def __init__(self, path: str, store: FactsStore) -> None:
        self.path = path
        self._store = store
        self._read: ModuleFacts | SourceError | None = None

    @property
    def facts(self) -> ModuleFacts | None:
        """What they say; the first look waits until the file is read."""
        read = self._read or self._look()
        return None if isinstance(read, SourceError) else read

    @property
    def error(self) -> SourceError | None:
        """Why they say nothing."""
        read = self._read or self._look()
        return read if isinstance(read, SourceError) else None

    def _look(self) -> ModuleFacts | SourceError:
        try:
            self._read = self._store.facts(self.path)
        except SourceError as error:
            self._read = error
        except OSError as error:
            words = error.strerror or str(error).partition(" (os error ")[0]  # the core's have no number of their own
            self._read = SourceError(f"cannot be read: {words}; make it readable", self.path)
        return self._read

    @property
    def content(self) -> bytes:
        """The bytes: the store holds them, nobody else should. Empty where the file cannot be read."""
        try:
            return self._store.content(self.path)
        except OSError:
            return b""


@dataclass(slots=True)
class _Mentioning:
    """What is known of one question: for how many files, which of so many names are wanted, and who may mention one."""

    files: int = -1
    seen: int = 0
    wanted: list[str] = field(default_factory=list)
    paths: frozenset[str] = frozenset()


class Sources:
    """Source files by path."""

    def __init__(self) -> None:
        self._files: dict[str, SourceFile] = {}
        self._mentioning: dict[Callable[[str], bool], _Mentioning] = {}
        self._holding: dict[bytes, tuple[int, frozenset[str]]] = {}
        self._having: dict[str, tuple[int, frozenset[str]]] = {}
        self._naming: dict[tuple[str, ...], tuple[int, frozenset[str]]] = {}
        self._running: tuple[int, frozenset[str], frozenset[str]] = (-1, frozenset(), frozenset())

    @cached_property
    def store(self) -> FactsStore:
        """What holds the files."""
        from clustrix_bundle.bundler.facts.store import open_store  # noqa: PLC0415 - the parser is loaded when first needed

        return open_store()

    def expect(self, path: str) -> SourceFile:
        """The file at ``path``, which the store reads from now on while others are looked at."""
        known = self._files.get(path)
        if known is None:
            known = self._files[path] = SourceFile(path, self.store)
            self.store.request([path])
        return known

    def read(self, path: str) -> SourceFile:
        """The file at ``path`` as it was when it was first asked for; one that cannot be read has an error and no bytes."""
        known = self._files.get(path)
        if known is None:
            known = self._files[path] = SourceFile(path, self.store)
        return known

    def add(self, path: str, content: bytes) -> SourceFile:
        """Source that is made rather than read (a notebook's cells): it stands for the file from now on."""
        self.store.add(path, content)
        known = self._files[path] = SourceFile(path, self.store)
        return known

    def mentioning(self, wanted: Callable[[str], bool]) -> frozenset[str]:
        """Files read so far in which a name for which ``wanted`` is true may stand (`FactsStore.mentioning`)."""
        known = self._mentioning.setdefault(wanted, _Mentioning())
        if known.files != len(self._files):
            words = self.store.words(known.seen)
            known.wanted += filter(wanted, words)
            known.seen += len(words)
            known.files = len(self._files)
            known.paths = frozenset(self.store.mentioning(known.wanted))
        return known.paths

    def mentioning_any(self, names: Iterable[str]) -> Sequence[str]:
        """Files read so far in which one of these names may stand."""
        return self.store.mentioning(list(names))

    def calling(self, name: str) -> Sequence[str]:
        """Files read so far in which something of that name may be called (`FactsStore.calling`)."""
        return self.store.calling([name])

    def reading(self, name: str) -> Sequence[str]:
        """Files read so far in which that name may be read as a value (`FactsStore.reading`)."""
        return self.store.reading([name])

    def holding(self, text: bytes) -> frozenset[str]:
        """Files read so far whose bytes hold ``text``."""
        files, paths = self._holding.get(text, (-1, frozenset[str]()))
        if files != len(self._files):
            paths = frozenset(self.store.containing([text]))
            self._holding[text] = len(self._files), paths
        return paths

    def holding_any(self, texts: Iterable[bytes]) -> frozenset[str]:
        """Files read so far whose bytes hold one of the texts."""
        return frozenset(self.store.containing(list(texts)))

    def having(self, family: str) -> frozenset[str]:
        """Files read so far whose facts may have ``directives``, ``features``, ``hooks`` or ``annotated`` (`FactsStore.having`)."""
        files, paths = self._having.get(family, (-1, frozenset[str]()))
        if files != len(self._files):
            paths = frozenset(self.store.having(family))
            self._having[family] = len(self._files), paths
        return paths

    def outside(self, names: Iterable[str]) -> frozenset[str]:
        """Files read so far that may have one of the names outside of function bodies (`FactsStore.outside`)."""
        return frozenset(self.store.outside(list(names)))

    def naming(self, folders: tuple[str, ...]) -> frozenset[str]:
        """Files read so far that may name what stands in these folders, or in their own (`FactsStore.naming`)."""
        files, paths = self._naming.get(folders, (-1, frozenset[str]()))
        if files != len(self._files):
            paths = frozenset(self.store.naming(folders))
            self._naming[folders] = len(self._files), paths
        return paths

    def running(self, names: frozenset[str]) -> frozenset[str]:
        """Files read so far whose own statements may call one of these names, or one that some file has (`FactsStore.running`)."""
        files, known, paths = self._running
        if files != len(self._files) or known != names:
            paths = frozenset(self.store.running(sorted(names)))
            self._running = len(self._files), names, paths
        return paths
