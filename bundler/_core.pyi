"""The compiled core: facts of Python source, read by ruff's parser (``bundler/core``).

Where it is not built, importing it fails and `clustrix_bundle.bundler.facts.extract` reads with libcst instead: the same
facts, byte for byte (``docs/facts.md``), more than a hundred times slower.
"""

from collections.abc import Callable, Sequence
from typing import Any, Self, final

__all__ = ["FactsStore", "ImportWalk", "ModuleRows", "extract_facts", "extract_many", "tuples"]

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
    stay here, and scopes, bindings and calls, packed (of the first 300 MB of sources or so; of other files they are read from the bytes
    anew when somebody asks for them, as statements and texts are of all).

    Args:
        watched: Texts, 64 at most, that are looked for while a file is read: `containing` knows of these at once.
    """

    def __new__(cls, watched: Sequence[bytes] = ...) -> Self: ...
    def request(self, paths: Sequence[str]) -> None: ...
    def add(self, path: str, content: bytes) -> None: ...
    def content(self, path: str) -> bytes: ...
    def module(self, path: str) -> ModuleRows:
        """The facts of a file.

        Raises:
            OSError: the file cannot be read.
            SyntaxError: it is no Python; as `extract_facts`.
        """

    def words(self, first: int) -> list[str]: ...
    def mentioning(self, names: Sequence[str]) -> list[str]: ...
    def containing(self, texts: Sequence[bytes]) -> list[str]: ...
    def calling(self, names: Sequence[str]) -> list[str]: ...
    def reading(self, names: Sequence[str]) -> list[str]: ...
    def callees(self, first: int) -> list[str]: ...
    def callee_names(self, first: int) -> tuple[list[str], int]: ...
    def callees_named(self, names: Sequence[str], first: int) -> list[str]: ...
    def using(self, callees: Sequence[str]) -> list[str]: ...
    def having(self, family: str) -> list[str]: ...
    def outside(self, names: Sequence[str]) -> list[str]: ...
    def running(self, names: Sequence[str]) -> list[str]: ...
    def naming(self, folders: Sequence[str]) -> list[str]: ...
    def direct_imports(self, path: str, package: str) -> list[str]: ...

@final
class ModuleRows:
    """The facts of a file in the store: `clustrix_bundle.bundler.facts.model.StoredRows`.

    What other files said in the same words is the same object.
    """

    def outline(self, field: str) -> tuple[Any, ...]: ...
    def rows(self, field: str) -> tuple[Any, ...]: ...
    def find(self, by: Sequence[str], key: str | int | tuple[int, ...]) -> list[list[tuple[int, tuple[Any, ...]]]]: ...
    def row(self, family: str, number: int) -> tuple[Any, ...] | None: ...
    def keys(self, by: str) -> list[str]: ...

@final
class ImportWalk:
    """The walk over import statements where nothing is unusual (`clustrix_bundle.bundler.analysis.core_walk`)."""

    def __new__(
        cls,
        store: FactsStore,
        before: Sequence[tuple[str, bool, str]],
        after: Sequence[tuple[str, bool, str]],
        suffixes: Sequence[str],
        unshadowed: Sequence[str],
        standard: Sequence[str],
        served: Sequence[str],
        limiting: Sequence[str],
    ) -> Self:
        """The arguments are those of `clustrix_bundle.bundler.facts.store.SearchPath`."""

    def ship(self, name: str) -> bool:
        """Notes that a dotted name ships; False if it did before."""

    def tell(self, importer: str, package: str, sure: bool) -> bool:
        """Notes that a file tells of a package on the way to what it imports; False if it did before."""

    def follow(
        self, names: Sequence[str], excludes: Callable[[str], str | None] | None = None
    ) -> tuple[
        list[tuple[str, str, bool]],  # modules that were followed: name, path, whether it is a package
        list[tuple[str, str, int, str, str, bool]],  # edges, as `FoundEdge`
        list[tuple[str, str, bool, bool]],  # what ships: name, path, whether it is a folder, whether it is source
        list[tuple[str, str, str, int, bool]],  # uses of the standard library, as `StandardUse`
        list[tuple[str, str, str, int, bool]],  # uses of packages: importer, module, an empty text, line, sure
        list[tuple[str, str, int, str, bool]],  # top-level modules that are nowhere: name, importer, line, detail, sure
        list[tuple[str, str, str, int, str, bool]],  # names to look up: module, name, importer, line, detail, sure
        list[str],  # folders from which modules are imported
        list[tuple[str, str]],  # what is excluded: path and pattern
        str | None,  # the module that is declined
    ]:
        """Follows what waits, then modules of these names, until nothing is left or a module is declined; what was found on the way."""
