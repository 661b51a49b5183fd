"""The walk with the compiled core: it follows the import statements of module after module, and leaves the unusual ones to `Walk`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.found import FoundEdge, FoundFile, PackageUse, StandardUse
from clustrix_bundle.bundler.analysis.walk import Walk
from clustrix_bundle.bundler.analysis.world import LoadedModule
from clustrix_bundle.bundler.python_range import dated_names

if TYPE_CHECKING:
    from clustrix_bundle.bundler._core import ImportWalk
    from clustrix_bundle.bundler.analysis.found import Found
    from clustrix_bundle.bundler.analysis.walk import Program
    from clustrix_bundle.bundler.analysis.wishes import Wishes


class CoreWalk(Walk):
    """The same walk, in the same order. What ships and what has been told is known to the core, which both ask."""

    def __init__(self, program: Program, found: Found, wishes: Wishes, core: ImportWalk) -> None:
        super().__init__(program, found, wishes)
        self._core = core
        self._excludes = wishes.excludes if wishes.exclude else None

    def _next(self) -> LoadedModule | None:
        queue = self.program.queue
        while True:
            if queue and isinstance(queue[0], LoadedModule):
                module = self._loaded(queue.popleft())
            else:
                names = [due.name for due in queue]
                queue.clear()
                declined = self._follow(names)
                if declined is None:
                    return None
                module = self._loaded(self.project.resolver.resolve(declined))
            if module is not None:
                return module

    def _follow(self, names: list[str]) -> str | None:
        """Lets the core go on and adds what it found; the module that it leaves to the walk here."""
        batch = self._core.follow(names, self._excludes)
        modules, edges, files, standard, packages, missing, checks, folders, excluded, declined = batch
        found, resolve = self.found, self.project.resolver.resolve
        found.edges.update(dict.fromkeys(map(FoundEdge._make, edges)))
        found.standard.update(dict.fromkeys(map(StandardUse._make, standard)))
        for importer, name, _, line, sure in packages:
            found.packages[PackageUse(importer, resolve(name), line, sure)] = None
        for name, importer, line, detail, sure in missing:
            self._miss(name, importer, line, "import", detail, sure=sure)
        for folder in folders:
            if not self.program.started or folder != self.program.folder:
                found.import_folders.setdefault(folder)
        for path, pattern in excluded:
            found.excluded[path] = f"excluded by {pattern}"
        self._take_files(files)
        for name, path, is_package in modules:
            module = self.project.take(name, path, is_package=is_package)
            self.project.reach(module)
            found.modules.append(module)
        self._to_check += [
            (resolve(origin), name, importer, line, detail, sure) for origin, name, importer, line, detail, sure in checks
        ]
        return declined

    def _take_files(self, files: list[tuple[str, str, bool, bool]]) -> None:
        known = self.found.files
        for name, path, is_folder, is_source in files:
            if is_folder:
                known.setdefault(path, FoundFile(path, "dir", anchored=True))
            elif not is_source:
                known[path] = FoundFile(path, "module", None, name, anchored=True)
            elif path not in known:
                known[path] = FoundFile(path, "module", None, name, anchored=True, source=self.project.sources.read(path))

    def _is_first(self, importer: str, package: str, *, sure: bool) -> bool:
        try:
            return self._core.tell(importer, package, sure)
        except UnicodeEncodeError:  # no name that the core meets
            return super()._is_first(importer, package, sure=sure)

    def _is_new(self, name: str) -> bool:
        try:
            return self._core.ship(name)
        except UnicodeEncodeError:
            return super()._is_new(name)


def open_walk(program: Program, found: Found, wishes: Wishes) -> Walk:
    """The walk of a program, with the core where it is at hand."""
    project = program.project
    core = project.sources.store.import_walk(project.resolver.search_path(dated_names()))
    return Walk(program, found, wishes) if core is None else CoreWalk(program, found, wishes, core)
