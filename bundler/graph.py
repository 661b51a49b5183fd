"""The dependency graph: what must travel with a function, and why.

Nodes are members of the bundle to be; edges say which member brought which, with file, line and evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

EVIDENCE = ("import", "folded", "literal", "prefix", "sibling", "widened", "data", "included", "observed")
"""Every kind of evidence, strongest first; the first two are certain, the others possible."""


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """The function to run.

    Attributes:
        kind: ``module`` (imported by name), ``main`` (the file runs as ``__main__``) or ``value`` (a pickled callable in ``values/``).
        member: The member that holds it (empty for a value that needs none).
        module: Dotted name it is imported by; ``__main__`` for kind ``main``; empty for a value.
        qualname: Attribute path inside the module, or a label for a value.
        line: Line of its definition, 0 where unknown.
    """

    kind: str
    member: str
    module: str
    qualname: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """One member of the bundle to be.

    Attributes:
        member: Path in the archive (``project/…``, ``extra/<n>-<name>/…``, ``values/…``); surrogate escapes where a name is not UTF-8.
        kind: entry, module, data, dir, link or value.
        path: The file on disk; None where the content is generated.
        content: The bytes that were analysed (modules are read once) or generated; None for data, which is read while it is packed.
        link_target: For a link: where it points, relative to its own folder, ``/``-separated.
        module: Dotted module name, None for anything that is not imported.
        executable: Whether the owner may execute it.
    """

    member: str
    kind: str
    path: Path | None = None
    content: bytes | None = None
    link_target: str | None = None
    module: str | None = None
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """Why a member ships: ``importer`` names it in ``line``.

    Attributes:
        importer: Member that names it; empty for the user's own wish (entry, ``--include``).
        imported: Member that ships for it.
        line: Line in the importer, 0 where there is none.
        evidence: One of `EVIDENCE`.
        detail: The words in the source that say so, such as ``import a.b`` or ``open("data/x.csv")``.
    """

    importer: str
    imported: str
    line: int
    evidence: str
    detail: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """A third-party distribution that the shipped code imports.

    Attributes:
        name: Distribution name as its metadata has it.
        version: Exact version, as installed in the target interpreter.
        modules: Top-level import names that brought it, sorted.
        extras: Extras of it that the environment fulfils and that matter, sorted.
        optional: Whether only conditional imports name it.
        source: Empty for an index; else ``editable``, ``vcs``, ``wheel`` or ``local`` (from ``direct_url.json``).
        url: Where a VCS or local install came from; never holds credentials.
    """

    name: str
    version: str
    modules: tuple[str, ...]
    extras: tuple[str, ...] = ()
    optional: bool = False
    source: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class FilesystemCall:
    """A ``cluster_*`` call in shipped code: function name, its path argument (None where it does not fold), and where."""

    function: str
    path: str | None
    pattern: str | None
    member: str
    line: int
    source: str


@dataclass(frozen=True, slots=True)
class Note:
    """A warning or an unresolved name, with its place; ``path`` is relative to the project root."""

    message: str
    path: str = ""
    line: int = 0

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}: " if self.line else (f"{self.path}: " if self.path else "")
        return where + self.message


@dataclass(frozen=True, slots=True)
class Excluded:
    """A project file that a shipped folder or pattern would have brought, and why it stays."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class CapturedValue:
    """State that travels by value (rule 7): where it is used, what it is, how big, and how it is restored."""

    name: str
    member: str
    type: str
    size: int
    how: str
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PythonRange:
    """Versions that can run the bundle: at least ``minimum``, and below ``below`` where there is a limit; why, in words."""

    minimum: tuple[int, int]
    below: tuple[int, int] | None = None
    reasons: tuple[Note, ...] = ()


@dataclass(slots=True)
class DependencyGraph:
    """Everything that must travel with an entry point.

    Attributes:
        root: Project root on disk.
        cwd: Member folder in which the function runs, such as ``project`` or ``project/sub``.
        sys_path: Member folders put on ``sys.path``, in order.
        work_dir_names: First parts of paths of the work dir that the code can mean; None for all names.
    """

    entry: EntryPoint
    root: Path
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)
    filesystem_calls: list[FilesystemCall] = field(default_factory=list)
    values: list[CapturedValue] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    unresolved: list[Note] = field(default_factory=list)
    excluded: list[Excluded] = field(default_factory=list)
    sys_path: tuple[str, ...] = ("project",)
    cwd: str = "project"
    python: PythonRange = PythonRange((3, 6))
    work_dir_names: tuple[str, ...] | None = ()
