"""What the walk finds, told by paths on disk: the assembly turns it into members, nodes and edges.

What comes by the hundred thousand is a named tuple: three times as fast to make and to look up as a frozen dataclass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.sources import SourceFile
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.errors import SourceError
    from clustrix_bundle.bundler.graph import Note
    from clustrix_bundle.bundler.resolve import Resolved


class FoundEdge(NamedTuple):
    """Why a file ships; ``importer`` is empty for the user's own wish, ``sure`` says that the import surely happens."""

    importer: str
    imported: str
    line: int
    evidence: str
    detail: str
    sure: bool = False


class MissingImport(NamedTuple):
    """An import that leads nowhere: who wants it, by which words, and why there is nothing."""

    importer: str
    name: str
    line: int
    detail: str
    sure: bool
    reason: str


class PackageUse(NamedTuple):
    """An import that leads to an installed package."""

    importer: str
    resolved: Resolved
    line: int
    sure: bool


class StandardUse(NamedTuple):
    """A module of the standard library, or (with ``attribute``) a name of one, that code uses."""

    importer: str
    module: str
    attribute: str
    line: int
    sure: bool


@dataclass(slots=True)
class FoundFile:
    """A file or folder that ships, by its path as the code finds it.

    Attributes:
        kind: module, data or dir.
        content: What ships of a module, None for data, folders and where ``source`` holds it.
        source: The file as it was analysed.
        module: Dotted name, None for what is not imported.
        anchored: Found from ``__file__``, a package or an import.
    """

    path: str
    kind: str
    content: bytes | None = None
    module: str | None = None
    anchored: bool = False
    source: SourceFile | None = None


@dataclass(slots=True)
class Found:
    """Everything that a walk found.

    Attributes:
        modules: Reached modules in the order in which they were reached, of the entry's own program first.
        import_folders: Folders that must be on ``sys.path``; a script that is started has its own there already.
        excluded: Why a file stays that would have shipped, by path.
        relative_names: First parts of paths seen from the current folder.
        open_search_path: Whether reached code changes where modules are found in a way that does not fold.
        broken: Source files that are no Python, by path: who wants them decides whether that is fatal.
    """

    files: dict[str, FoundFile] = field(default_factory=dict)
    edges: dict[FoundEdge, None] = field(default_factory=dict)
    modules: list[LoadedModule] = field(default_factory=list)
    missing: dict[MissingImport, None] = field(default_factory=dict)
    packages: dict[PackageUse, None] = field(default_factory=dict)
    standard: dict[StandardUse, None] = field(default_factory=dict)
    import_folders: dict[str, None] = field(default_factory=dict)
    broken: dict[str, SourceError] = field(default_factory=dict)
    warnings: dict[Note, None] = field(default_factory=dict)
    unresolved: dict[Note, None] = field(default_factory=dict)
    excluded: dict[str, str] = field(default_factory=dict)
    relative_names: dict[str, None] = field(default_factory=dict)
    open_search_path: bool = False
