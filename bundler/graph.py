"""The dependency graph: what must travel with a function, and why.

Nodes are members of the bundle to be; edges say which member brought which, with file, line and evidence.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clustrix_bundle.bundler.notebook import Notebook
    from clustrix_bundle.bundler.slicing.slicer import Decision

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


class Stored(Protocol):
    """What holds the bytes that were analysed."""

    @property
    def content(self) -> bytes:
        """A copy of them."""


class StoredNode(Node):
    """A member whose content stays where it was analysed until it is packed."""

    __slots__ = ("_stored",)
    _stored: Stored

    @classmethod
    def of(cls, member: str, kind: str, path: Path, stored: Stored, *, module: str | None, executable: bool) -> Node:
        """A file of this kind."""
        node = cls.__new__(cls)
        values = (stored, member, kind, path, None, module, executable)
        for field_name, value in zip(_STORED_FIELDS, values, strict=True):
            object.__setattr__(node, field_name, value)
        return node

    @property
    def content(self) -> bytes:
        """As `Node.content`."""
        return self._stored.content


_STORED_FIELDS = ("_stored", "member", "kind", "path", "link_target", "module", "executable")


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


class Bounds(Protocol):
    """What keeps files of the project out of a bundle, whoever asks for them."""

    def reason(self, path: str) -> str | None:
        """Why a file on disk would not ship (excluded, secret, ignored, too large, the cluster's own); None where nothing is against it."""


@dataclass(frozen=True, slots=True)
class CallArguments:
    """Arguments of one call.

    Attributes:
        stream: A values stream of ``(args, kwargs)`` (``docs/values.md``).
        requirements: Distributions, as ``name==version``, that reading it needs.
    """

    stream: bytes
    requirements: tuple[str, ...] = ()


@dataclass(slots=True)
class DependencyGraph:
    """Everything that must travel with an entry point.

    Attributes:
        root: Project root on disk.
        cwd: Member folder in which the function runs, such as ``project`` or ``project/sub``.
        sys_path: Member folders put on ``sys.path``, in order.
        work_dir_names: First parts of paths of the work dir that the code can mean; None for all names.
        decisions: For an entry file that is sliced: what of it travels and what not, with reasons.
        notebook: The notebook that the entry file was made from, None where it is a file of its own.
        bounds: What keeps files out, for `why_not`.
        calls: Arguments of calls that it was analysed for, in order; they do not travel in the bundle.
        captured: Functions and classes of this process that travel by definition, by values file and position in its memo: what
            comes home of them is named so.
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
    decisions: tuple[Decision, ...] = ()
    notebook: Notebook | None = field(default=None, repr=False, compare=False)
    bounds: Bounds | None = field(default=None, repr=False, compare=False)
    calls: tuple[CallArguments, ...] = field(default=(), repr=False, compare=False)
    captured: Mapping[tuple[str, int], Any] = field(default_factory=dict, repr=False, compare=False)

    def modules(self) -> list[Node]:
        """Members that are Python modules, the entry's file among them, by member."""
        return [node for _, node in sorted(self.nodes.items()) if node.kind in {"entry", "module"}]

    def data_files(self) -> list[Node]:
        """Members that are data, by member."""
        return [node for _, node in sorted(self.nodes.items()) if node.kind == "data"]

    def member_of(self, path: str | os.PathLike[str]) -> str | None:
        """The member that a file is: of a member's own name, of a path on disk, or of one relative to the project root; None if it is none."""
        text = os.fspath(path)
        if text in self.nodes:
            return text
        on_disk = os.path.normpath(os.path.join(self.root, text))
        for member, node in self.nodes.items():
            if node.path is not None and str(node.path) == on_disk:
                return member
        return None

    def why(self, path: str | os.PathLike[str]) -> list[Edge]:
        """The chain of edges that brings a file, from the entry point on; empty for the entry's own file.

        Raises:
            KeyError: the file does not ship; `why_not` says why.
        """
        member = self.member_of(path)
        if member is None:
            raise KeyError(os.fspath(path))
        from clustrix_bundle.bundler.why import find_reasons  # noqa: PLC0415 - for those who ask

        return find_reasons(self.edges, self.entry.member).chain(member)

    def why_not(self, path: str | os.PathLike[str]) -> str:
        """What keeps a file out, in words; empty if it ships."""
        if self.member_of(path) is not None:
            return ""
        text = os.fspath(path)
        relative = text.removeprefix("project/") if text.startswith("project/") else text
        on_disk = os.path.normpath(os.path.join(self.root, relative))
        if not os.path.lexists(on_disk):
            return "there is no such file"
        if on_disk == os.path.normpath(self.root):
            return "it is the project root: parts of it ship"
        if not on_disk.startswith(f"{self.root}{os.sep}"):
            return "it lies outside the project root"
        shown = os.path.relpath(on_disk, self.root).replace(os.sep, "/")
        if any(member.startswith(f"project/{shown}/") for member in self.nodes):
            return "it is a folder: parts of it ship"
        for one in self.excluded:
            if shown == one.path or shown.startswith(one.path.rstrip("/") + "/"):
                return one.reason
        reason = self.bounds.reason(on_disk) if self.bounds is not None else None
        return (
            f"nothing that ships names it, and it would stay anyway: {reason}"
            if reason
            else "nothing that ships names it (unreached)"
        )
