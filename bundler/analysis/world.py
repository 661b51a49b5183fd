"""What rules over facts may ask of the analysis, and what they answer.

The walk (`clustrix_bundle.bundler.analysis`) implements `World`; the rules (`clustrix_bundle.bundler.evidence`) take one and a
loaded module and yield findings. Nothing here touches a network or starts a program.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from clustrix_bundle.bundler.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.sources import SourceFile
    from clustrix_bundle.bundler.facts.model import ModuleFacts
    from clustrix_bundle.bundler.folding.value import Alternatives
    from clustrix_bundle.bundler.settings import Settings


@dataclass(frozen=True, slots=True)
class LoadedModule:
    """A local module whose facts are at hand.

    Attributes:
        name: Dotted name it is imported by; ``__main__`` for the entry file that runs as such.
        path: Its file (``__init__.py`` for a package).
        package: Its ``__package__``.
        is_package: Whether it is an ``__init__.py``.
        source: The bytes that the facts were read from.
        facts: What they say.
        kept_statements: Indices of the module-level statements that ship (a slice), None for all.
        held: What globals that travel by value hold, as alternatives; None where none do.
    """

    name: str
    path: Path
    package: str
    is_package: bool
    source: bytes
    facts: ModuleFacts
    kept_statements: frozenset[int] | None = None
    held: Mapping[str, Alternatives] | None = None

    @property
    def file(self) -> str:
        """``path`` as text."""
        return str(self.path)


class StoredModule(LoadedModule):
    """A module whose source and facts stay in the store until somebody looks at them."""

    __slots__ = ("_file", "_path")
    _file: SourceFile
    _path: Path | None

    @classmethod
    def of(cls, name: str, package: str, *, is_package: bool, file: SourceFile) -> LoadedModule:
        """The module that a source file holds, which must have facts."""
        module = cls.__new__(cls)
        for field, value in zip(_STORED_FIELDS, (file, None, name, package, is_package, None, None), strict=True):
            object.__setattr__(module, field, value)
        return module

    @property
    def file(self) -> str:
        """As `LoadedModule.file`."""
        return self._file.path

    @property
    def path(self) -> Path:
        """As `LoadedModule.path`."""
        path = self._path
        if path is None:
            path = Path(self._file.path)
            object.__setattr__(self, "_path", path)
        return path

    @property
    def source(self) -> bytes:
        """As `LoadedModule.source`."""
        return self._file.content

    @property
    def facts(self) -> ModuleFacts:
        """As `LoadedModule.facts`."""
        facts = self._file.facts
        assert facts is not None
        return facts


_STORED_FIELDS = ("_file", "_path", "name", "package", "is_package", "kept_statements", "held")


@dataclass(frozen=True, slots=True)
class LocalModule:
    """Where a local dotted name lives: a file, or the folders of a namespace package (``path`` None)."""

    name: str
    path: Path | None
    is_package: bool
    folders: tuple[Path, ...] = ()


class World(Protocol):
    """The project as rules see it. Paths are absolute; nothing outside the source roots and the project root is local."""

    root: Path
    cwd: Path
    source_roots: Sequence[Path]
    settings: Settings
    entry: tuple[str, str]
    """Module (as in `LoadedModule.name`) and qualified name of the entry function; the name is empty where there is none."""

    def locate(self, name: str) -> LocalModule | None:
        """Where the dotted name is found under the source roots; None if it is not local. Does not ship anything."""

    def load(self, name: str) -> LoadedModule | None:
        """The facts of a local module (read at most once); None for what is not local or does not parse. Does not ship anything."""

    def may_mention(self, module: LoadedModule, wanted: Callable[[str], bool]) -> bool:
        """Whether a wanted name may stand in a module as a name, an attribute or in an import; False spares a look at its facts.

        ``wanted`` is asked once for each name of the program: give the same function every time.
        """

    def callee_names(self, first: int) -> tuple[list[str], int]:
        """The last names in the looks of all calls of the files read so far, from this number on, and how many looks there are (`FactsStore.callees`)."""

    def callees_named(self, names: Sequence[str], first: int) -> list[str]:
        """The looks from this number on that have one of these last names."""

    def using(self, callees: Sequence[str]) -> Sequence[str]:
        """Files (as in `LoadedModule.file`) read so far that hold a call of one of these looks."""

    def may_hold(self, module: LoadedModule, text: bytes) -> bool:
        """Whether these bytes stand in the source of a module; dearer to ask of its `LoadedModule.source`, which is copied each time."""

    def may_name_file(self, module: LoadedModule, folders: tuple[str, ...]) -> bool:
        """Whether a text of a module may be the relative path of what stands in one of these folders, or in the module's own; False spares a look at its `ModuleFacts.paths`."""

    def may_run_own(self, module: LoadedModule) -> bool:
        """Whether a module's own statements may call, under no condition, what reached modules define, assign, or import under another name."""

    def direct_imports(self, module: LoadedModule) -> Iterable[str]:
        """Dotted names of what a module's own statements import under no condition; empty for one that climbs out of its top package."""

    def mentioning(self, name: str) -> Iterable[LoadedModule]:
        """The reached modules in which a name may stand as `may_mention` says, in the order in which they were reached."""

    def calling(self, name: str) -> Iterable[LoadedModule]:
        """Those in which something may be called whose last name it is, or which import it under another name, in the same order."""

    def reading(self, name: str) -> Iterable[LoadedModule]:
        """Those in which a name may be read as a value, not only to call it, or which import it under another name, in the same order."""

    def submodules(self, name: str) -> Iterable[LocalModule]:
        """Direct submodules and subpackages of a local package, sorted by name."""

    def reached(self) -> Collection[LoadedModule]:
        """The modules that ship so far, in the order in which they were reached."""

    def shipped_files(self) -> Iterable[Path]:
        """The data files that ship so far, absolute, sorted: small text files among them may name modules."""


@dataclass(frozen=True, slots=True)
class ModuleFinding:
    """A local module that the code can import (``whole``: the package with all its modules and data).

    ``evidence`` is one of the graph's evidence words; ``line`` and ``detail`` say where and by which words.
    """

    name: str
    line: int
    evidence: str
    detail: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class FileFinding:
    """A file or folder that the code can open.

    Attributes:
        path: Absolute; need not exist.
        exact: Named in full by a literal (then it ships even if ignored), not matched by a pattern or brought by a folder.
        whole: For a folder: ship everything in it (bounded by the ignore rules), else the folder itself.
        written: The code creates or writes it: its folder ships as an empty folder, its content does not.
        anchored: Found from ``__file__`` or a package, not from the working directory.
        script: The code runs it as a program: if it is Python, its imports are followed too, with its own folder first.
        required: Opened without condition or try, directly in code that surely runs.
        pattern: The glob that matched it, relative; empty for an exact name.
    """

    path: Path
    line: int
    detail: str
    exact: bool = True
    whole: bool = False
    written: bool = False
    anchored: bool = False
    script: bool = False
    required: bool = False
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class RootFinding:
    """A folder that the code puts on ``sys.path``, or on the ``__path__`` of a package of its own.

    ``idle``: it does so where nothing runs it as far as is known, or for its tests.
    """

    path: Path
    line: int
    detail: str
    first: bool
    package: str = ""
    idle: bool = False


@dataclass(frozen=True, slots=True)
class OpenEnd:
    """A dynamic import whose name does not fold: rules (b) to (e) of dynamic imports apply to this module from here on.

    ``outside``: an argument of the entry function or the environment decides it, so that no string in the project settles it;
    ``scope``: the scope that it stands in.
    """

    line: int
    detail: str
    outside: bool = False
    scope: int = 0


Finding: TypeAlias = ModuleFinding | FileFinding | RootFinding | OpenEnd


class Rules(Protocol):
    """How the walk asks the rules; `clustrix_bundle.bundler.evidence.gather.Evidence(world)` is the one implementation."""

    def roots(self, module: LoadedModule) -> list[RootFinding]:
        """Folders that the module puts on ``sys.path``: asked once when a module is reached, before its imports are resolved."""

    def settle(self) -> list[tuple[LoadedModule, Finding]]:
        """What the modules reached so far can import and open besides their import statements, and who says so.

        Called when every import statement of the reached modules has been followed, again and again until it answers with an
        empty list: each finding comes once. Parameters fold from call sites in reached modules and strings in reached code name
        modules, so more may come when more is reached. `OpenEnd` findings are for notes (and for ``dynamic = "warn"`` and
        ``"error"``): the modules that they bring by rules (b) to (e) are findings of their own. Files that belong to the cluster
        are left out already. `RootFinding` is not among them.
        """

    def surely_called(self) -> set[tuple[str, int]]:
        """Functions (module name, scope) that surely run when the entry function is called, module bodies among them, once all is settled."""

    def is_the_clusters(self, path: Path) -> bool:
        """Whether a data file that a run touched lies in a folder that a cluster_* call of a reached module names."""
