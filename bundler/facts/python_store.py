"""The store by the libcst extractor: files are read when they are asked for, one after the other."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.facts.decode import decode_source
from clustrix_bundle.bundler.facts.extract import extract_facts
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clustrix_bundle.bundler.facts.model import ModuleFacts
    from clustrix_bundle.bundler.facts.store import SearchPath

_NAME = compile_lazily(r"[^\W\d]\w*")


class PythonStore:
    """What `clustrix_bundle.bundler.facts.store.FactsStore` says."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes | OSError] = {}
        self._words: dict[str, None] = {}
        self._mentioned: dict[str, frozenset[str]] = {}

    def request(self, paths: Sequence[str]) -> None:
        """As `FactsStore.request`: there is nothing to be gained here."""

    def add(self, path: str, content: bytes) -> None:
        """As `FactsStore.add`."""
        self._contents[path] = content
        self._take_words(path, content)

    def content(self, path: str) -> bytes:
        """As `FactsStore.content`."""
        known = self._contents.get(path)
        if known is None:
            try:
                with open(path, "rb") as file:
                    known = file.read()
                self._take_words(path, known)
            except OSError as error:
                known = error
            self._contents[path] = known
        if isinstance(known, OSError):
            raise known
        return known

    def facts(self, path: str) -> ModuleFacts:
        """As `FactsStore.facts`."""
        return extract_facts(self.content(path), path)

    def words(self, first: int = 0) -> list[str]:
        """As `FactsStore.words`."""
        return list(self._words)[first:]

    def mentioning(self, names: Sequence[str]) -> list[str]:
        """As `FactsStore.mentioning`."""
        wanted = frozenset(names)
        return [path for path, words in self._mentioned.items() if not words.isdisjoint(wanted)]

    def calling(self, names: Sequence[str]) -> list[str]:
        """As `FactsStore.calling`."""
        return self.mentioning(names)

    def reading(self, names: Sequence[str]) -> list[str]:
        """As `FactsStore.reading`."""
        return self.mentioning(names)

    def callees(self, first: int = 0) -> list[str]:
        """As `FactsStore.callees`: all names."""
        return self.words(first)

    def callee_names(self, first: int) -> tuple[list[str], int]:
        """As `FactsStore.callee_names`."""
        return self.words(first), len(self._words)

    def callees_named(self, names: Sequence[str], first: int) -> list[str]:
        """As `FactsStore.callees_named`."""
        wanted = frozenset(names)
        return [name for name in self.words(first) if name in wanted]

    def using(self, callees: Sequence[str]) -> list[str]:
        """As `FactsStore.using`."""
        return self.mentioning(callees)

    def containing(self, texts: Sequence[bytes]) -> list[str]:
        """As `FactsStore.containing`."""
        read = ((path, content) for path, content in self._contents.items() if isinstance(content, bytes))
        return [path for path, content in read if any(text in content for text in texts)]

    def having(self, family: str) -> list[str]:  # noqa: ARG002 - whoever wants to know for sure looks at the facts
        """As `FactsStore.having`: all, as with the next three."""
        return [path for path, content in self._contents.items() if isinstance(content, bytes)]

    def outside(self, names: Sequence[str]) -> list[str]:  # noqa: ARG002
        """As `FactsStore.outside`."""
        return self.having("")

    def running(self, names: Sequence[str]) -> list[str]:  # noqa: ARG002
        """As `FactsStore.running`."""
        return self.having("")

    def naming(self, folders: Sequence[str]) -> list[str]:  # noqa: ARG002
        """As `FactsStore.naming`."""
        return self.having("")

    def direct_imports(self, path: str, package: str) -> None:
        """As `FactsStore.direct_imports`: the facts tell."""

    def import_walk(self, search: SearchPath) -> None:
        """As `FactsStore.import_walk`."""

    def _take_words(self, path: str, content: bytes) -> None:
        """Every name in the text, those in comments and literals too."""
        try:
            text = decode_source(content, path)
        except SourceError:
            text = ""  # no facts either
        self._mentioned[path] = words = frozenset(unicodedata.normalize("NFKC", name) for name in _NAME.findall(text))
        self._words.update(dict.fromkeys(sorted(words)))
