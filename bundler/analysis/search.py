"""The search: the walk over import statements and the rules over facts, in turn, until neither brings anything new."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.core_walk import open_walk
from clustrix_bundle.bundler.analysis.found import Found, FoundEdge
from clustrix_bundle.bundler.analysis.project import Project
from clustrix_bundle.bundler.analysis.search_path import search_path_lines
from clustrix_bundle.bundler.analysis.walk import Program, Walk
from clustrix_bundle.bundler.analysis.wishes import directive_matches
from clustrix_bundle.bundler.analysis.world import FileFinding, LoadedModule, ModuleFinding, OpenEnd, RootFinding, Rules
from clustrix_bundle.bundler.errors import AnalysisError
from clustrix_bundle.bundler.graph import Note
from clustrix_bundle.bundler.resolve import LOCAL, Folders, Resolved, Resolver
from clustrix_bundle.bundler.roots import SourceRoot

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.data import DataFiles
    from clustrix_bundle.bundler.analysis.entry import Place
    from clustrix_bundle.bundler.analysis.observed import Observed


class Search:
    """Everything that one program, and the scripts that it starts, can load and open.

    Attributes:
        place: Where the entry function is defined.
        content: What ships of the entry file.
    """

    def __init__(
        self,
        project: Project,
        entry: LoadedModule,
        place: Place,
        *,
        content: bytes,
        found: Found,
        data: DataFiles,
        folders: Folders,
        captured: Iterable[str] = (),
        captured_paths: Iterable[FileFinding] = (),
    ) -> None:
        self.project = project
        self.entry = entry
        self.place = place
        self.content = content
        self.found = found
        self.data = data
        self._folders = folders
        self._captured = captured
        self._captured_paths = captured_paths
        self.walk = open_walk(Program(project, entry_scope=place.scope), found, data.wishes)
        self._walks: list[tuple[Walk, Rules]] = []
        self._scripts: set[str] = set()
        self._directives_done: set[str] = set()
        self._asked_for_roots: set[str] = set()

    def run(self, observed: Observed | None = None) -> list[RootFinding]:
        """Searches until nothing new comes; the folders that reached code puts on ``sys.path``, which call for a new search."""
        self.walk.start(self.entry, self.content, FoundEdge("", str(self.entry.path), 0, "import", "entry point", sure=True))
        for name in self._captured:
            self.walk.reach(name, str(self.entry.path), 0, "import", f"a captured value is of {name}")
        self.walk.follow()
        rules = rules_of(self.project)
        self._walks.append((self.walk, rules))
        roots = self._new_roots(self.walk, rules)
        if roots:
            return roots
        self._include_wishes()
        for finding in self._captured_paths:
            for path in self.data.add(finding, str(self.entry.path)):
                self.project.ship(path)
        while self._step():
            pass
        if observed is not None:
            from clustrix_bundle.bundler.analysis.observed import take_observed  # noqa: PLC0415 - where it was observed

            take_observed(self, observed, rules)
            while self._step():
                pass
        return self._new_roots(self.walk, rules)

    def entry_is_imported(self) -> bool:
        """Whether reached code imports the entry file, which runs as ``__main__``, by its name as well."""
        return self.entry.name == "__main__" and any(
            module.path == self.entry.path and module.name != "__main__" for module in self.project.reached()
        )

    def surely_called(self) -> dict[str, frozenset[int]]:
        """By module name, the functions of the entry's program that surely run when the entry function is called, once the search is done."""
        found: dict[str, set[int]] = {}
        for name, scope in self._walks[0][1].surely_called():
            found.setdefault(name, set()).add(scope)
        return {name: frozenset(scopes - {0}) for name, scopes in found.items()}

    def _new_roots(self, walk: Walk, rules: Rules) -> list[RootFinding]:
        resolver = walk.project.resolver
        known = {(root.path, "") for root in resolver.roots}
        known |= {(Path(folder), package) for package, folders in resolver.extended.items() for folder in folders}
        found: dict[tuple[Path, str], RootFinding] = {}
        for module in list(walk.project.reached()):
            if module.name in self._asked_for_roots:
                continue
            self._asked_for_roots.add(module.name)
            if not _may_name_roots(walk.project, module):
                continue
            lines = search_path_lines(module.facts)
            named = rules.roots(module) if lines or _extends_search(walk.project, module) else []
            if not lines <= {finding.line for finding in named}:
                self.found.open_search_path = True
            if any(finding.idle for finding in named):
                self._asked_for_roots.discard(module.name)  # what is reached later may run it
            for finding in named:
                if finding.idle:
                    continue
                place = (finding.path, finding.package)
                if place not in known and finding.path.is_dir() and self._may_be_root(str(finding.path)):
                    found.setdefault(place, finding)
        return list(found.values())

    def _may_be_root(self, path: str) -> bool:
        interpreter = self.project.resolver.interpreter
        return not any(
            path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
            for folder in (*interpreter.site_folders, *interpreter.stdlib_folders)
        )

    def _step(self) -> bool:
        """One round over all programs; False where none has anything new to say."""
        more = False
        for walk, rules in list(self._walks):
            walk.follow()
            more = self._follow_directives(walk) or more
            for module, finding in rules.settle():
                more = True
                self._take(walk, module, finding)
            walk.follow()
        return more

    def _take(self, walk: Walk, module: LoadedModule, finding: ModuleFinding | FileFinding | RootFinding | OpenEnd) -> None:
        if any(directive.verb == "ignore" and directive.line == finding.line for directive in module.facts.directives):
            return
        importer = str(module.path)
        if isinstance(finding, ModuleFinding):
            self._take_module(walk, importer, finding)
        elif isinstance(finding, FileFinding):
            if finding.script and finding.path.suffix == ".py" and finding.path.is_file():
                self._start_script(importer, finding)
            for path in self.data.add(finding, importer):
                walk.project.ship(path)
        elif isinstance(finding, OpenEnd):
            self._note_open_end(module, finding)

    def _take_module(self, walk: Walk, importer: str, finding: ModuleFinding) -> None:
        resolved = walk.project.resolver.resolve(finding.name)
        if resolved.kind != LOCAL:
            return
        walk.reach(finding.name, importer, finding.line, finding.evidence, finding.detail)
        if finding.whole and resolved.is_package:
            self._take_whole(walk, resolved, importer, finding)

    def _take_whole(
        self, walk: Walk, package: Resolved, importer: str, finding: ModuleFinding, around: tuple[str, ...] = ()
    ) -> None:
        """A package with all its modules and data, its tests left out (they never come by possible evidence).

        ``around`` are folders whose data has been taken already, all the way down.
        """
        folders = [portion.folder for portion in package.portions if portion.kind == LOCAL]
        for folder in folders:
            if not folder.startswith(around):
                for path in self.data.add_package_data(folder, importer, finding):
                    walk.project.ship(path)
        around += tuple(folder + os.sep for folder in folders)
        for submodule in walk.project.resolver.submodules(package):
            if submodule.kind != LOCAL or _is_test(submodule.name.rpartition(".")[2]):
                continue
            walk.reach(submodule.name, importer, finding.line, finding.evidence, finding.detail)
            if submodule.is_package:
                self._take_whole(walk, submodule, importer, finding, around)

    def _note_open_end(self, module: LoadedModule, finding: OpenEnd) -> None:
        dynamic = self.project.settings.dynamic
        settled = any(
            directive.verb in {"include", "ignore"} and directive.line == finding.line for directive in module.facts.directives
        )
        if settled:
            return
        message = f"{finding.detail}: which module this imports cannot be read from the source"
        remedy = "name it with --include, or write `# clustrix: include plugins/*.py` or `# clustrix: ignore` on that line"
        if dynamic == "error":
            raise AnalysisError(f"{message}; {remedy}", str(module.path), finding.line)
        self.found.warnings[Note(f"{message}; {remedy}", str(module.path), finding.line)] = None

    def _follow_directives(self, walk: Walk) -> bool:
        """``# clustrix: include GLOB`` in reached modules: relative to the project root, else to the module's folder."""
        more = False
        having = walk.project.sources.having("directives")
        for module in [one for one in walk.project.reached() if one.file in having]:
            if module.file in self._directives_done:
                continue
            self._directives_done.add(module.file)
            for directive in module.facts.directives:
                if directive.verb != "include":
                    continue
                detail = f"# clustrix: include {directive.argument}"
                paths = directive_matches(directive.argument, (self.project.root, module.path.parent))
                if not paths:
                    self.found.warnings[Note(f"{detail} matches nothing", str(module.path), directive.line)] = None
                self._include(walk, paths, str(module.path), directive.line, detail, exact=not _wild(directive.argument))
                more = True
        return more

    def _include_wishes(self) -> None:
        for pattern, path in self.data.wishes.included():
            self._include(self.walk, [path], "", 0, f"include {pattern}", exact=not _wild(pattern))

    def _include(self, walk: Walk, paths: Iterable[str], importer: str, line: int, detail: str, *, exact: bool) -> None:
        for path in paths:
            name = self.module_name(walk.project, path)
            if name is not None:
                walk.reach(name, importer, line, "included", detail)
            else:
                for shipped in self.data.include(path, importer, line, detail, exact=exact):
                    walk.project.ship(shipped)
                    inner = self.module_name(walk.project, shipped)
                    if inner is not None:
                        walk.reach(inner, importer, line, "included", detail)

    @staticmethod
    def module_name(project: Project, path: str) -> str | None:
        """The dotted name that a Python file is imported by under the source roots; None if it is imported by none."""
        if not path.endswith(".py"):
            return None
        for root in project.source_roots:
            if not path.startswith(f"{root}{os.sep}"):
                continue
            parts = os.path.relpath(path, root)[:-3].split(os.sep)
            if parts[-1] == "__init__":
                parts.pop()
            if parts and all(part.isidentifier() for part in parts):
                resolved = project.resolver.resolve(".".join(parts))
                if resolved.kind == LOCAL and resolved.path == path:
                    return resolved.name
        return None

    def _start_script(self, importer: str, finding: FileFinding) -> None:
        """A script that the code starts: its own program, its own folder first on ``sys.path``."""
        path = str(finding.path)
        if path in self._scripts or self.data.layout.base_of(path) is None:
            return
        self._scripts.add(path)
        source = self.project.sources.read(path)
        if source.facts is None:
            return
        module = LoadedModule("__main__", finding.path, "", is_package=False, source=source.content, facts=source.facts)
        folder = Path(os.path.realpath(path)).parent
        first = [SourceRoot(folder, "folder of the script")]
        project = self._script_project(first)
        project.adopt(module)
        project.reach(module)
        if _may_name_roots(project, module):
            for root in rules_of(project).roots(module):
                if not root.package and not root.idle and root.path.is_dir() and self._may_be_root(str(root.path)):
                    first.insert(0 if root.first else len(first), SourceRoot(root.path, "put on sys.path by the script"))
            project = self._script_project(first)
        walk = open_walk(Program(project, started=True, folder=str(folder)), self.found, self.data.wishes)
        edge = FoundEdge(importer, path, finding.line, "data", finding.detail)
        walk.start(module, source.content, edge)
        self._walks.append((walk, rules_of(project)))

    def _script_project(self, first: list[SourceRoot]) -> Project:
        """The project as a script sees it, with folders of its own before the source roots."""
        old = self.project
        roots = {(root.path, root.package): root for root in reversed([*first, *old.resolver.roots])}
        return Project(
            root=old.root,
            cwd=old.cwd,
            settings=old.settings,
            resolver=Resolver(list(roots.values())[::-1], old.resolver.interpreter, self._folders, old.resolver.extended),
            sources=old.sources,
            entry=("", ""),
        )


def _may_name_roots(project: Project, module: LoadedModule) -> bool:
    """Whether a module can put a folder on ``sys.path`` or its own ``__path__``: most say at a glance that they cannot."""
    if module.file in project.sources.having("hooks") and module.facts.hooks:
        return True
    return _extends_search(project, module)


def _extends_search(project: Project, module: LoadedModule) -> bool:
    """Whether it may do so by other means than ``sys``: for programs that it starts, or as a package."""
    return project.may_hold(module, b"PYTHONPATH") or (module.is_package and project.may_hold(module, b"__path__"))


def _wild(pattern: str) -> bool:
    return any(character in pattern for character in "*?[")


def _is_test(name: str) -> bool:
    return name in {"test", "tests", "testing", "conftest"} or name.startswith("test_")


def rules_of(project: Project) -> Rules:
    """The rules, over one program."""
    from clustrix_bundle.bundler.evidence.gather import Evidence  # noqa: PLC0415 - rules know the walk's values, not the walk

    return Evidence(project)
