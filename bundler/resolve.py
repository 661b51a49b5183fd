"""Resolution: what a dotted module name means to the user's interpreter, found on disk alone.

The rules are those of `importlib.machinery.PathFinder` and `FileFinder`: folders in order, in each a package before an extension
module before a source file, and a folder without ``__init__`` only where no folder has anything better (PEP 420). Nothing is imported.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.dir_entry import leads_to_folder
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.roots import SERVED_BY_RUNTIME

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.store import SearchPath
    from clustrix_bundle.bundler.interpreter import Interpreter
    from clustrix_bundle.bundler.roots import SourceRoot

LOCAL = "local"
STDLIB = "stdlib"
THIRD_PARTY = "third-party"
RUNTIME = "runtime"
MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Portion:
    """A folder in which submodules of a package are sought, and whose it is (`LOCAL` or `THIRD_PARTY`)."""

    folder: str
    kind: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """Where a dotted name leads.

    Attributes:
        name: The dotted name.
        kind: ``local``, ``stdlib``, ``third-party``, ``runtime`` or ``missing``.
        path: Its file; None for a namespace package and for what has no file of interest.
        is_package: Whether it can have submodules.
        portions: Where they are sought.
    """

    name: str
    kind: str
    path: str | None = None
    is_package: bool = False
    portions: tuple[Portion, ...] = ()

    @property
    def is_source(self) -> bool:
        """Whether its file is Python source (not an extension module, not byte code alone)."""
        return self.path is not None and self.path.endswith(".py")


@dataclass(frozen=True, slots=True)
class _Place:
    """One entry of the search path; ``package`` where it holds just that package (an editable install's mapping)."""

    folder: str
    kind: str
    package: str = ""


class Folders:
    """Listings of folders, each read once: names of files and names of folders (links followed)."""

    def __init__(self) -> None:
        self._listings: dict[str, tuple[frozenset[str], frozenset[str]]] = {}

    def listing(self, folder: str) -> tuple[frozenset[str], frozenset[str]]:
        """Files' and folders' names in it; both empty where it cannot be read."""
        known = self._listings.get(folder)
        if known is None:
            files: list[str] = []
            folders: list[str] = []
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        (folders if leads_to_folder(entry) else files).append(entry.name)
            except OSError:
                pass
            known = self._listings[folder] = (frozenset(files), frozenset(folders))
        return known


class Resolver:
    """Answers for one search path, which is fixed when it is made.

    Attributes:
        roots: Source roots, in the order in which they are searched.
        extended: Folders that packages put on their ``__path__`` after their own, by dotted name.
    """

    def __init__(
        self,
        roots: Sequence[SourceRoot],
        interpreter: Interpreter,
        folders: Folders | None = None,
        extended: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.roots = tuple(roots)
        self.extended = extended or {}
        self.interpreter = interpreter
        self._folders = folders or Folders()
        self._suffixes = (*interpreter.extension_suffixes, ".py", ".pyc")
        self._before = [_Place(str(root.path), LOCAL, root.package) for root in self.roots if not root.after_packages]
        self._after = [_Place(folder, THIRD_PARTY) for folder in interpreter.site_folders]
        self._after += [_Place(str(root.path), LOCAL, root.package) for root in self.roots if root.after_packages]
        self._known: dict[str, Resolved] = {}

    def resolve(self, name: str) -> Resolved:
        """What ``import name`` would find; each name is looked up once."""
        known = self._known.get(name)
        if known is None:
            parent, _, tail = name.rpartition(".")
            known = self._known[name] = self._submodule(parent, tail, name) if parent else self._top_level(name)
        return known

    def search_path(self, limiting: Sequence[str]) -> SearchPath:
        """The same for who resolves elsewhere by the same rules."""
        from clustrix_bundle.bundler.facts.store import SearchPath  # noqa: PLC0415 - the store is at hand then

        before, after = (
            [(one.folder, one.kind == LOCAL, one.package) for one in places] for places in (self._before, self._after)
        )
        return SearchPath(
            before,
            after,
            self._suffixes,
            sorted(self.interpreter.unshadowed),
            sorted(self.interpreter.stdlib_names),
            sorted(SERVED_BY_RUNTIME),
            limiting,
        )

    def submodules(self, package: Resolved) -> list[Resolved]:
        """Direct submodules and subpackages of a package, sorted by name."""
        names: set[str] = set()
        for portion in package.portions:
            files, folders = self._folders.listing(portion.folder)
            names.update(name for name in folders if name.isidentifier() and name != "__pycache__")
            for file in files:
                stem = file.split(".", 1)[0]
                if is_module_name(stem) and stem != "__init__" and file[len(stem) :] in self._suffixes:
                    names.add(stem)
        found = [self.resolve(f"{package.name}.{name}") for name in sorted(names)]
        return [module for module in found if module.kind != MISSING]

    def stub_of(self, name: str) -> str | None:
        """The ``.pyi`` file that stands where the module itself is missing."""
        parent, _, tail = name.rpartition(".")
        folders = (
            [portion.folder for portion in self.resolve(parent).portions] if parent else [place.folder for place in self._before]
        )
        for folder in folders:
            files, inner = self._folders.listing(folder)
            if tail + ".pyi" in files:
                return os.path.join(folder, tail + ".pyi")
            if tail in inner and "__init__.pyi" in self._folders.listing(os.path.join(folder, tail))[0]:
                return os.path.join(folder, tail, "__init__.pyi")
        return None

    def _top_level(self, name: str) -> Resolved:
        if name in self.interpreter.unshadowed or name == "__main__":  # the script itself, always there
            return Resolved(name, STDLIB)
        portions: list[Portion] = []
        found = self._search(name, name, self._before, portions)
        if found is not None:
            return found
        if name in SERVED_BY_RUNTIME and not portions:
            return Resolved(name, RUNTIME)
        if name in self.interpreter.stdlib_names:
            return Resolved(name, STDLIB)
        found = self._search(name, name, self._after, portions)
        if found is not None:
            return found
        return self._namespace(name, portions)

    def _submodule(self, parent_name: str, tail: str, name: str) -> Resolved:
        parent = self.resolve(parent_name)
        if parent.kind in {STDLIB, RUNTIME}:
            return Resolved(name, parent.kind)
        portions: list[Portion] = []
        places = [_Place(portion.folder, portion.kind) for portion in parent.portions]
        found = self._search(name, tail, places, portions)
        if found is None and parent.kind != MISSING:
            mapped = [place for place in (*self._before, *self._after) if place.package == name]
            found = self._search(name, tail, mapped, portions)
        return found or self._namespace(name, portions)

    def _namespace(self, name: str, portions: list[Portion]) -> Resolved:
        if not portions:
            return Resolved(name, MISSING)
        kind = LOCAL if any(portion.kind == LOCAL for portion in portions) else THIRD_PARTY
        return Resolved(name, kind, None, is_package=True, portions=tuple(portions))

    def _search(self, name: str, tail: str, places: Sequence[_Place], portions: list[Portion]) -> Resolved | None:
        """The first regular module or package; folders that may become a namespace package are added to ``portions``."""
        for place in places:
            if place.package:
                found = self._mapped(name, place) if place.package == name else None
                if found is not None:
                    return found
                continue
            files, folders = self._folders.listing(place.folder)
            if tail in folders:
                folder = os.path.join(place.folder, tail)
                initial = self._first("__init__", self._folders.listing(folder)[0])
                if initial is not None:
                    return self._package(name, os.path.join(folder, initial), Portion(folder, place.kind))
            file = self._first(tail, files)
            if file is not None:
                return Resolved(name, place.kind, os.path.join(place.folder, file))
            if tail in folders:
                portions.append(Portion(os.path.join(place.folder, tail), place.kind))
        return None

    def _first(self, stem: str, files: frozenset[str]) -> str | None:
        return next((stem + suffix for suffix in self._suffixes if stem + suffix in files), None)

    def _mapped(self, name: str, place: _Place) -> Resolved | None:
        initial = self._first("__init__", self._folders.listing(place.folder)[0])
        if initial is not None:
            return self._package(name, os.path.join(place.folder, initial), Portion(place.folder, place.kind))
        if os.path.isfile(place.folder + ".py"):
            return Resolved(name, place.kind, place.folder + ".py")
        return None

    def _package(self, name: str, path: str, own: Portion) -> Resolved:
        """A regular package; one whose ``__init__.py`` extends its ``__path__`` by `pkgutil` goes on in later folders."""
        portions = [own]
        if "." not in name and own.kind == LOCAL and path.endswith(".py") and _extends_path(path):
            for place in (*self._before, *self._after):
                folder = os.path.join(place.folder, name)
                if not place.package and name in self._folders.listing(place.folder)[1] and folder != own.folder:
                    portions.append(Portion(folder, place.kind))
        portions += [Portion(folder, LOCAL) for folder in self.extended.get(name, ())]
        return Resolved(name, own.kind, path, is_package=True, portions=tuple(portions))


def is_module_name(name: str) -> bool:
    """Whether a module may be imported by a name, if not by a statement: ``0001_initial``, ``two-parts``."""
    return name.isidentifier() or (name[:1].isalnum() and name.replace("_", "a").replace("-", "a").isalnum())


def _extends_path(path: str) -> bool:
    """Whether an ``__init__.py`` declares an old-style namespace package: a few lines that say so near their start."""
    try:
        with open(path, "rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    return b"extend_path(" in head or b"declare_namespace(" in head
