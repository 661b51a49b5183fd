"""One analysis: from an entry file, over the walk and the rules, to the assembled graph."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.assemble import Assembly
from clustrix_bundle.bundler.analysis.data import DataFiles, LatePolicy
from clustrix_bundle.bundler.analysis.entry import EntryCheck, EntryFile, Place
from clustrix_bundle.bundler.analysis.filesystem_calls import find_filesystem_calls, work_dir_names
from clustrix_bundle.bundler.analysis.found import Found
from clustrix_bundle.bundler.analysis.project import Project
from clustrix_bundle.bundler.analysis.search import Search
from clustrix_bundle.bundler.analysis.sources import Sources
from clustrix_bundle.bundler.analysis.variables import read_variables
from clustrix_bundle.bundler.analysis.verdicts import judge
from clustrix_bundle.bundler.analysis.wishes import Wishes
from clustrix_bundle.bundler.analysis.world import FileFinding, LoadedModule
from clustrix_bundle.bundler.dated_annotations import annotation_limits, imported_annotation_limits
from clustrix_bundle.bundler.dated_uses import BUILTIN_SINCE, DATED_OUTSIDE, dated_uses, may_be_dated
from clustrix_bundle.bundler.facts.extract import extract_facts
from clustrix_bundle.bundler.graph import DependencyGraph, EntryPoint, Note, PythonRange
from clustrix_bundle.bundler.layout import Layout
from clustrix_bundle.bundler.lazy_dataclass import replace
from clustrix_bundle.bundler.python_range import (
    DATED_TAILS,
    Limit,
    attribute_uses,
    combine,
    library_limits,
    may_be_limited,
    syntax_limits,
)
from clustrix_bundle.bundler.resolve import Folders, Resolver
from clustrix_bundle.bundler.roots import find_source_roots, widen_project_root

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.context import AnalysisContext
    from clustrix_bundle.bundler.facts.model import ModuleFacts
    from clustrix_bundle.bundler.graph import Requirement
    from clustrix_bundle.bundler.slicing.slicer import Decision
    from clustrix_bundle.bundler.target import Target


class RootTooNarrowError(Exception):
    """The code opens files around the project root: the analysis starts again from a root that holds them."""

    def __init__(self, root: Path) -> None:
        super().__init__(str(root))
        self.root = root


class Analysis:
    """One analysis, from the entry file on."""

    def __init__(self, context: AnalysisContext, target: Target, entry: EntryFile) -> None:
        self.context = context
        self.target = target
        self.entry = entry
        self.sources = Sources()
        self.folders = Folders()
        self.decisions: tuple[Decision, ...] = ()
        self._keep_names = False
        self._policy = LatePolicy(entry.root)
        self.wishes = Wishes(entry.root, context.settings.include, context.settings.exclude)

    def run(self) -> DependencyGraph:
        """Walks until the folders that the code puts on ``sys.path`` are all known, then assembles the graph.

        Raises:
            RootTooNarrowError: nobody chose the project root, and the code opens files around it.
        """
        first: list[Path] = []
        last: list[Path] = []
        extended: dict[str, list[str]] = {}
        while True:
            search = self._search(first, last, extended)
            known = {(path, "") for path in (*first, *last)}
            known |= {(Path(folder), package) for package, folders in extended.items() for folder in folders}
            new = [root for root in search.run(self.context.observed) if (root.path, root.package) not in known]
            if not new and (self._keep_names or not search.entry_is_imported()):
                self._check_root(search)
                if self.context.observed is not None and self.context.observed.only:
                    from clustrix_bundle.bundler.analysis.observed import drop_untouched  # noqa: PLC0415 - where it was observed

                    drop_untouched(search.found, self.context.observed, str(self.entry.path))
                return self._assemble(search)
            self._keep_names = self._keep_names or not new
            for root in new:
                if root.package:
                    extended.setdefault(root.package, []).append(str(root.path))
                else:
                    (first if root.first else last).append(root.path)

    def _check_root(self, search: Search) -> None:
        settings = self.context.settings
        if self.context.root is not None or settings.include or settings.exclude:  # these are written for this root
            return
        wider = widen_project_root(self.entry.root, search.data.around, self.context.home)
        if wider is not None:
            raise RootTooNarrowError(wider)

    def _search(self, first: list[Path], last: list[Path], extended: dict[str, list[str]]) -> Search:
        roots = find_source_roots(
            script_folder=self.entry.folder,
            cwd=self.context.cwd,
            project_root=self.entry.root,
            python_path=self.context.python_path,
            site_folders=self.context.interpreter.site_folders,
            first=first,
            last=last,
        )
        project = Project(
            root=self.entry.root,
            cwd=self.context.cwd,
            settings=self.context.settings,
            resolver=Resolver(roots, self.context.interpreter, self.folders, extended),
            sources=self.sources,
            entry=(self.entry.name, self.target.qualname),
        )
        module = self._load_entry()
        place = self._find_place(project, module)
        found = Found()
        module, content = self._slice(project, module, found)
        layout = Layout(self.entry.root, roots, self.context.cwd, self.context.home)
        data = DataFiles(found, layout, self.wishes, self.context, self._policy)
        return Search(
            project,
            module,
            place,
            content=content,
            found=found,
            data=data,
            folders=self.folders,
            captured=self._captured_modules(),
            captured_paths=self._captured_paths(project),
        )

    def _find_place(self, project: Project, module: LoadedModule) -> Place:
        return EntryCheck(project, self.target.text).find(module, self.target.qualname)

    def _captured_modules(self) -> list[str]:
        """Modules that captured values name."""
        return []

    def _captured_paths(self, project: Project) -> list[FileFinding]:  # noqa: ARG002 - where there are values
        """Files that captured values name."""
        return []

    def _slice(self, project: Project, module: LoadedModule, found: Found) -> tuple[LoadedModule, bytes]:
        """The entry module with the statements that ship, and its source without the others (rule 6); a module ships whole."""
        if self.entry.kind != "main":
            return module, module.source
        from clustrix_bundle.bundler.slicing.slicer import (  # noqa: PLC0415 - for scripts and notebooks only
            slice_module,
            slice_names,
        )

        if self._keep_names:  # a module that ships imports this file by its name: what it binds must be there
            sliced = slice_names(
                module, [self.target.qualname.partition(".")[0]], project, wanted=module_names(module), has_file=self._has_file
            )
        else:
            sliced = slice_module(module, self.target.qualname, project, has_file=self._has_file)
        self.decisions = sliced.decisions
        found.warnings.update(dict.fromkeys(sliced.notes))
        return replace(module, kept_statements=sliced.kept), sliced.source

    def _has_file(self, path: str) -> bool:
        """Whether a path that the script names is there, from any folder that it may mean."""
        return any((folder / path).exists() for folder in (self.context.cwd, self.entry.path.parent, self.entry.root))

    def _load_entry(self) -> LoadedModule:
        path = str(self.entry.path)
        source = self.sources.read(path)
        if source.error is not None:
            raise source.error
        assert source.facts is not None
        name = self.entry.name
        if name == "__main__":
            return LoadedModule(name, self.entry.path, "", is_package=False, source=source.content, facts=source.facts)
        is_package = self.entry.path.name == "__init__.py"
        package = name if is_package else name.rpartition(".")[0]
        return LoadedModule(name, self.entry.path, package, is_package, source.content, source.facts)

    def _assemble(self, search: Search) -> DependencyGraph:
        found = search.found
        place = search.place
        roots = search.project.resolver.roots
        entry_path = str(self.entry.path)
        folders = [str(root.path) for root in roots if not root.package]
        sure = judge(found, search.entry, self.context.interpreter, folders, (str(self.context.cwd), *self.context.python_path))
        requirements = self._requirements(found, sure)
        read = read_variables(found.modules, self.context.variables, self.sources, search.walk.liveness_of)
        found.warnings.update(dict.fromkeys(read))
        assembly = Assembly(search.data.layout, found)
        entry = EntryPoint(self.entry.kind, "", self.entry.name, self.target.qualname, place.line)
        graph = assembly.graph(entry, self.entry.root, entry_path)
        graph.entry = replace(entry, member=assembly.member_of(entry_path))
        graph.requirements = requirements
        order = [str(root.path) for root in roots if not root.package]
        graph.sys_path = assembly.sys_path(found.import_folders, order)
        graph.cwd = assembly.cwd(str(self.context.cwd))
        calls = find_filesystem_calls(search.project, found.modules, search.walk.liveness_of)
        graph.filesystem_calls = [replace(one.call, member=assembly.member_of(one.call.member)) for one in calls]
        graph.work_dir_names = work_dir_names(calls, found.relative_names)
        graph.decisions = self.decisions
        graph.bounds = search.data
        graph.python = self._python_range(search, set(sure), assembly)
        return graph

    def _requirements(self, found: Found, sure: Collection[str]) -> list[Requirement]:
        """The distributions that the code imports; notes what does not ship, or comes from elsewhere than an index."""
        if not found.packages:
            return []
        from clustrix_bundle.bundler.distributions import Distributions  # noqa: PLC0415 - where packages are used
        from clustrix_bundle.bundler.requirements import find_requirements  # noqa: PLC0415

        requirements = find_requirements(
            [(use.resolved, use.sure and use.importer in sure) for use in found.packages],
            Distributions(self.context.interpreter.site_folders),
        )
        for name, path in requirements.unowned:
            found.warnings[
                Note(f"{name} is imported from {path}, which belongs to no installed distribution: it does not ship")
            ] = None
        for requirement in requirements.found:
            if requirement.source:
                words = f"{requirement.name} {requirement.version} was installed from a {requirement.source} source, not from an index"
                found.warnings[Note(words)] = None
        return list(requirements.found)

    def _python_range(self, search: Search, sure: set[str], assembly: Assembly) -> PythonRange:
        limits: list[Limit] = []
        featured, dated = self.sources.having("features"), self.sources.outside(DATED_TAILS)
        newer, maybe_newer = frozenset(self.sources.mentioning_any(BUILTIN_SINCE)), self.sources.outside(DATED_OUTSIDE)
        called = search.surely_called()
        for module in search.found.modules:
            path = module.file
            is_entry = path == str(self.entry.path)
            if path not in sure:
                continue
            if is_entry or path in featured:
                limits += syntax_limits(self._shipped_facts(module, search), assembly.relative(path))
            runs = called.get(module.name, frozenset())
            looked_at = is_entry or bool(runs)
            uses_library = looked_at or (path in dated and may_be_limited(module.facts))
            uses_newer = looked_at or path in newer or (path in maybe_newer and may_be_dated(module.facts))
            if not (uses_library or uses_newer):
                continue
            shown = assembly.relative(path)
            liveness = search.walk.liveness_of(module)
            if runs:
                liveness = liveness.with_called(runs)
            if uses_library:
                for name, attribute, line in attribute_uses(module.facts, liveness):
                    limits += library_limits(name, attribute, shown, line)
            if uses_newer:
                limits += dated_uses(module.facts, liveness, shown)
            if is_entry and module.facts.annotated != frozenset():
                limits += annotation_limits(search.found.files[path].content or module.source, shown)
        for use in search.found.standard:
            if use.sure and use.importer in sure:
                limits += library_limits(use.module, use.attribute, assembly.relative(use.importer), use.line)
        annotated = sure & self.sources.having("annotated")
        imported = sorted((module for module in search.found.modules if module.file in annotated), key=lambda module: module.file)
        shown_as = ((module, assembly.relative(module.file)) for module in imported)
        limits += imported_annotation_limits(shown_as, self.sources.holding, combine(limits).minimum[1])
        return combine(limits)

    def _shipped_facts(self, module: LoadedModule, search: Search) -> ModuleFacts:
        """The facts of what ships of a module: of its slice, where only a part does."""
        content = search.found.files[str(module.path)].content
        if module.kept_statements is None or content is None:
            return module.facts
        return extract_facts(content, str(module.path))


def module_names(module: LoadedModule) -> list[str]:
    """The names that a module's own statements bind, in source order."""
    return list(dict.fromkeys(name for statement in module.facts.statements for name in statement.binds if name != "*"))
