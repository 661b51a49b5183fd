"""The project as the rules see it: the `World` of one program (the entry, or a script that it starts)."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.importing import BeyondTopLevel, absolute_module
from clustrix_bundle.bundler.analysis.world import LoadedModule, LocalModule, StoredModule
from clustrix_bundle.bundler.resolve import LOCAL, Resolved, Resolver, is_module_name

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.sources import Sources
    from clustrix_bundle.bundler.facts.model import ModuleFacts
    from clustrix_bundle.bundler.settings import Settings


class Project:
    """Local modules of one program; implements `clustrix_bundle.bundler.analysis.world.World`.

    Attributes:
        entry: Module and qualified name of the entry function; empty strings for a script that is started as a program.
        resolver: What names mean here.
    """

    def __init__(
        self, *, root: Path, cwd: Path, settings: Settings, resolver: Resolver, sources: Sources, entry: tuple[str, str]
    ) -> None:
        self.root = root
        self.cwd = cwd
        self.settings = settings
        self.entry = entry
        self.resolver = resolver
        self.source_roots: Sequence[Path] = tuple(source.path for source in resolver.roots if not source.package)
        self.sources = sources
        self._loaded: dict[str, LoadedModule | None] = {}
        self._reached: dict[str, LoadedModule] = {}
        self._reached_at: dict[str, list[tuple[int, str, LoadedModule]]] = {}
        self._shipped: dict[str, None] = {}
        self._made_names: frozenset[str] = frozenset()

    def locate(self, name: str) -> LocalModule | None:
        if not name or not all(map(is_module_name, name.split("."))):
            return None
        return _local(self.resolver.resolve(name))

    def load(self, name: str) -> LoadedModule | None:
        if name in self._loaded:
            return self._loaded[name]
        module: LoadedModule | None = None
        if name and all(map(is_module_name, name.split("."))):
            resolved = self.resolver.resolve(name)
            if resolved.kind == LOCAL and resolved.is_source:
                module = self._read(resolved)
        self._loaded[name] = module
        return module

    def _read(self, resolved: Resolved) -> LoadedModule | None:
        assert resolved.path is not None
        source = self.sources.read(resolved.path)
        if source.facts is None:
            return None
        package = resolved.name if resolved.is_package else resolved.name.rpartition(".")[0]
        return StoredModule.of(resolved.name, package, is_package=resolved.is_package, file=source)

    def take(self, name: str, path: str, *, is_package: bool) -> LoadedModule:
        """The local module of this name, of which it is known that it is Python."""
        known = self._loaded.get(name)
        if known is None:
            package = name if is_package else name.rpartition(".")[0]
            known = self._loaded[name] = StoredModule.of(name, package, is_package=is_package, file=self.sources.read(path))
        return known

    def adopt(self, module: LoadedModule) -> None:
        """Takes a module that no name leads to (``__main__``), or one whose slice replaces it."""
        self._loaded[module.name] = module

    def may_mention(self, module: LoadedModule, wanted: Callable[[str], bool]) -> bool:
        return module.file in self.sources.mentioning(wanted)

    def callee_names(self, first: int) -> tuple[list[str], int]:
        return self.sources.store.callee_names(first)

    def callees_named(self, names: Sequence[str], first: int) -> list[str]:
        return self.sources.store.callees_named(names, first)

    def using(self, callees: Sequence[str]) -> Sequence[str]:
        return self.sources.store.using(callees)

    def may_hold(self, module: LoadedModule, text: bytes) -> bool:
        return module.file in self.sources.holding(text)

    def may_name_file(self, module: LoadedModule, folders: tuple[str, ...]) -> bool:
        return module.file in self.sources.naming(folders)

    def may_run_own(self, module: LoadedModule) -> bool:
        return not isinstance(module, StoredModule) or module.file in self.sources.running(self._made_names)

    def direct_imports(self, module: LoadedModule) -> Iterable[str]:
        known = self.sources.store.direct_imports(module.file, module.package) if isinstance(module, StoredModule) else None
        if known is not None:
            return known
        direct = (one for one in module.facts.imports if one.scope == 0 and not one.under)
        return [
            "" if isinstance(name, BeyondTopLevel) else name for name in (absolute_module(one, module.package) for one in direct)
        ]

    def mentioning(self, name: str) -> Iterable[LoadedModule]:
        return self._at(self.sources.mentioning_any([name]))

    def reading(self, name: str) -> Iterable[LoadedModule]:
        """As `World.reading`."""
        return self._at(self.sources.reading(name))

    def calling(self, name: str) -> Iterable[LoadedModule]:
        return self._at(self.sources.calling(name))

    def _at(self, paths: Iterable[str]) -> list[LoadedModule]:
        """The reached modules of these files, in the order in which they were reached."""
        found = [one for path in paths for one in self._reached_at.get(path, ())]
        found.sort()
        return [module for _, _, module in found]

    def submodules(self, name: str) -> Iterable[LocalModule]:
        package = self.resolver.resolve(name)
        found = (_local(module) for module in self.resolver.submodules(package))
        return [module for module in found if module is not None]

    def reached(self) -> Collection[LoadedModule]:
        return self._reached.values()

    def reach(self, module: LoadedModule) -> None:
        """Notes that a module ships."""
        if module.name not in self._reached:
            self._reached_at.setdefault(module.file, []).append((len(self._reached), module.name, module))
            self._reached[module.name] = module
            if not isinstance(module, StoredModule):
                self._made_names |= _own_names(module.facts)

    def shipped_files(self) -> Iterable[Path]:
        return [Path(path) for path in sorted(self._shipped)]

    def ship(self, path: str) -> None:
        """Notes that a data file ships."""
        self._shipped[path] = None


def _local(resolved: Resolved) -> LocalModule | None:
    if resolved.kind != LOCAL:
        return None
    path = None if resolved.path is None else Path(resolved.path)
    folders = tuple(Path(portion.folder) for portion in resolved.portions if portion.kind == LOCAL)
    return LocalModule(resolved.name, path, resolved.is_package, folders)


def _own_names(facts: ModuleFacts) -> frozenset[str]:
    """Names of what a module defines or assigns, and those that imports give another name."""
    imported = {item.asname or item.name or item.module.partition(".")[0] for item in facts.imports}
    renamed = {item.asname for item in facts.imports if item.asname and item.name}
    return facts.defines | (facts.bound - imported) | renamed


def import_folder(name: str, path: str, *, is_package: bool) -> str:
    """The folder on ``sys.path`` from which the file is imported by this dotted name."""
    folder = os.path.dirname(path)
    for _ in range(name.count(".") + (1 if is_package else 0)):
        folder = os.path.dirname(folder)
    return folder
