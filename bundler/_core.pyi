"""The compiled core: facts of Python source, read by ruff's parser (``bundler/core``).

Where it is not built, importing it fails and `clustrix_bundle.bundler.facts.extract` reads with libcst instead: the same
facts, byte for byte (``docs/facts.md``), more than a hundred times slower.
"""

from collections.abc import Sequence
from typing import Any, Self, final

__all__ = ["FactsStore", "extract_facts", "extract_many", "tuples"]

def extract_facts(source: bytes) -> bytes:
    """The facts of one source file, as `ModuleFacts.to_json` writes them.

    The bytes are decoded as PEP 263 says. The global interpreter lock is released, and the file is read on a thread with a
    stack that holds any nesting which is not refused.

    Raises:
        SyntaxError: it is no Python; ``msg`` and ``lineno`` (0 for the whole file) say what and where, in the parser's words.
    """

def extract_many(sources: Sequence[bytes]) -> list[bytes | SyntaxError]:
    """The same for many files at once, on as many threads as there are processors.

    An item of the result is the facts of the source in its place, or the error that `extract_facts` would raise.
    """

def tuples(json: bytes) -> tuple[Any, ...]:
    """Rows in canonical JSON as tuples all the way down, equal strings made once."""

@final
class FactsStore:
    """Source files by their paths, each read once; `clustrix_bundle.bundler.facts.store.FactsStore` says what its methods mean.

    What is requested is read and parsed on threads of the store's own, the global interpreter lock not held. Bytes and outlines
    stay here; facts are read from the bytes anew when somebody asks for them, which takes less than to keep them.
    """

    def __new__(cls) -> Self: ...
    def request(self, paths: Sequence[str]) -> None: ...
    def add(self, path: str, content: bytes) -> None: ...
    def content(self, path: str) -> bytes: ...
    def outline(self, path: str) -> dict[str, tuple[Any, ...]]:
        """The names ``bound``, ``defines``, ``outside`` and ``runs`` and the texts ``paths`` (as `ModuleFacts` has them), and rows of ``directives``, ``features`` and ``imports``.

        Raises:
            OSError: the file cannot be read.
            SyntaxError: it is no Python; as `extract_facts`.
        """

    def facts(self, path: str) -> dict[str, bytes]:
        """Rows of every family of facts, as JSON."""

    def words(self, first: int) -> list[str]: ...
    def mentioning(self, names: Sequence[str]) -> list[str]: ...
    def containing(self, text: bytes) -> list[str]: ...
