"""The analysis of a live callable: what its name leads to, what its values lean on, and the values themselves."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.analysis.analysis import Analysis, module_names
from clustrix_bundle.bundler.analysis.entry import EntryFile, Place, entry_file
from clustrix_bundle.bundler.analysis.project import Project
from clustrix_bundle.bundler.analysis.search import rules_of
from clustrix_bundle.bundler.analysis.world import FileFinding, LoadedModule
from clustrix_bundle.bundler.capture.definition_state import is_own_class
from clustrix_bundle.bundler.capture.errors import CaptureError, SourceGoneError
from clustrix_bundle.bundler.capture.guarded import guarded_names
from clustrix_bundle.bundler.capture.live import (
    ARGUMENTS_MEMBER,
    ENTRY_MEMBER,
    GLOBALS_FOLDER,
    Arguments,
    LiveCall,
    capture_main,
    file_of,
    statements_of_definitions,
    take_apart,
)
from clustrix_bundle.bundler.capture.module_state import (
    changed_attributes,
    changed_definitions,
    home_of,
    leaves,
    objects_set_by,
    told,
    travelling,
)
from clustrix_bundle.bundler.capture.pickled_names import pickled_modules
from clustrix_bundle.bundler.capture.session import MainSource, find_main_source
from clustrix_bundle.bundler.capture.set_names import find_set_names
from clustrix_bundle.bundler.capture.staleness import is_stale
from clustrix_bundle.bundler.capture.value_pins import pin_here
from clustrix_bundle.bundler.facts.extract import extract_facts
from clustrix_bundle.bundler.folding.held_values import held_values
from clustrix_bundle.bundler.folding.value import Instance
from clustrix_bundle.bundler.graph import CallArguments, CapturedValue, DependencyGraph, EntryPoint, Node, Note
from clustrix_bundle.bundler.slicing.package_line import with_package
from clustrix_bundle.bundler.target import Target, module_of_file

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.context import AnalysisContext
    from clustrix_bundle.bundler.analysis.found import Found
    from clustrix_bundle.bundler.analysis.search import Search
    from clustrix_bundle.bundler.analysis.world import Rules
    from clustrix_bundle.bundler.capture.main_state import MainState
    from clustrix_bundle.bundler.capture.needs import Needs

LARGE_VALUE = 10 * 2**20
"""Bytes of a captured value from which the user is told."""

_LEFT = (
    "this program has changed {} in the module, which does not travel: there it is what importing the module gives; "
    "if the function depends on it, set it inside the function"
)
_FOLDER = (
    "a captured value or argument names the folder {0}, and what ships of it are {1:,} files of {2:,} bytes: if the function reads a few of "
    "them, hand over their paths, or exclude the others (the setting `exclude`)"
)
_STALE = (
    "`{}` was edited after this program loaded it, and ships as the file has it now: run the program again, or reload the module"
)


def analyze_live(
    context: AnalysisContext,
    func: Callable[..., Any],
    args: tuple[Any, ...] | None,
    kwargs: Mapping[str, Any] | None,
    calls: Sequence[Arguments] = (),
) -> DependencyGraph:
    """The graph of a live callable; see `DependencyAnalyzer.analyze_function`."""
    source, gone = _main_source(context.cwd)
    defined: frozenset[str] = frozenset()
    guarded: frozenset[str] = frozenset()
    if source is not None:
        statements = extract_facts(source.content, str(source.path)).statements
        guarded = guarded_names(statements, vars(sys.modules["__main__"]))
        defined = frozenset(name for item in statements if item.kind in ("def", "class") for name in item.binds) - guarded
    root: Path | None = None
    more: Needs | None = None
    while True:
        roots = _spellings(root) if root is not None else ()
        take = partial(take_apart, func, args, kwargs, defined, guarded=guarded, roots=roots, calls=calls)
        call = take(by_name=more is None or not more.main_names)
        if more is not None:
            call.needs.add(more)
        if call.uses_main and gone is not None:
            raise gone
        path = file_of(call.module) if call.kind == "module" else None
        if path is not None and not _is_installed(path, context):
            analysis = _module_analysis(context, call, path, func, source)
        else:
            if call.kind == "module":  # a function of an installed package
                call = take(by_name=False)
            if source is None or not call.uses_main:
                analysis = _main_analysis(context, call, MainSource("script", context.cwd / "__live__.py", b""), func, source)
            else:
                analysis = _main_analysis(context, call, source, func, source)
        if analysis.entry.root == root:
            graph = analysis.run()
            if analysis.more_needs is None or more is not None:
                return graph
            more = analysis.more_needs  # what the program has set in its modules leans on more of it
        root = analysis.entry.root  # known now: paths below it travel as such


def _spellings(root: Path) -> tuple[str, ...]:
    """The project root, and the path to it that the running script's own path takes (through links)."""
    found = [str(root)]
    file = getattr(sys.modules["__main__"], "__file__", None)
    if isinstance(file, str):
        path = os.path.abspath(file)
        real = os.path.realpath(path)
        below = real.removeprefix(f"{root}/")
        if real not in (below, path) and path.endswith(f"/{below}"):
            found.append(path.removesuffix(f"/{below}"))
    return tuple(found)


def _main_source(cwd: Path) -> tuple[MainSource | None, SourceGoneError | None]:
    try:
        return find_main_source(cwd), None
    except SourceGoneError as error:
        return None, error


def _is_installed(path: Path, context: AnalysisContext) -> bool:
    folders = (*context.interpreter.site_folders, *context.interpreter.stdlib_folders)
    return any(path.is_relative_to(os.path.realpath(folder)) for folder in folders)


def _module_analysis(
    context: AnalysisContext, call: LiveCall, path: Path, func: Callable[..., Any], main: MainSource | None
) -> LiveAnalysis:
    folder = path.parents[call.module.count(".") + (1 if path.name == "__init__.py" else 0)]
    target = Target(f"{call.module}:{call.qualname}", call.module, path, call.qualname)
    return LiveAnalysis(context, target, entry_file(call.module, path, folder, context), call, func=func, main=main)


def _main_analysis(
    context: AnalysisContext, call: LiveCall, source: MainSource, func: Callable[..., Any], main: MainSource | None
) -> LiveAnalysis:
    folder = module_of_file(source.path).folder if source.package else source.path.parent
    target = Target(f"{source.path}:{call.qualname}", "__main__", source.path, call.qualname)
    analysis = LiveAnalysis(
        context,
        target,
        entry_file("__main__", source.path, folder, context),
        call,
        func=func,
        main=main,
    )
    analysis.sources.add(str(source.path), source.content)
    analysis.package = source.package
    return analysis


class LiveAnalysis(Analysis):
    """An analysis whose entry is an object of the running program."""

    def __init__(
        self,
        context: AnalysisContext,
        target: Target,
        entry: EntryFile,
        call: LiveCall,
        *,
        func: Callable[..., Any],
        main: MainSource | None,
    ) -> None:
        super().__init__(context, target, entry)
        self.func = func
        self.more_needs: Needs | None = None
        self.main_source = main
        self.call = call
        self.package = ""
        self.state: MainState | None = None

    def _find_place(self, project: Project, module: LoadedModule) -> Place:
        if self.call.kind == "value":
            return Place(0)
        return super()._find_place(project, module)

    def _load_entry(self) -> LoadedModule:
        return replace(super()._load_entry(), package=self.package) if self.package else super()._load_entry()

    def _slice(self, project: Project, module: LoadedModule, found: Found) -> tuple[LoadedModule, bytes]:
        if self.entry.kind != "main" or not self.call.uses_main:
            return module, module.source
        if self._keep_names:
            self.call.needs.main_names.update(set(module_names(module)) & self.call.needs.main_defined)
        member = f"project/{self.entry.path.relative_to(self.entry.root).as_posix()}"
        self.state = capture_main(self.call, module, project, str(self.entry.path), member)
        self.decisions = self.state.slice.decisions
        found.warnings.update(dict.fromkeys((*self.state.slice.notes, *self.state.notes)))
        kept = self.state.slice.kept | statements_of_definitions(self.call, module)
        values = ((item.name, item.value) for item in self.state.values if item.how == "value")
        held = held_values(values, _spellings(self.entry.root), lambda kind: _instance_of(kind, module, project))
        source = with_package(self.state.source, self.package) if self.package else self.state.source
        return replace(module, kept_statements=kept, held=held or None), source

    def _captured_modules(self) -> list[str]:
        return sorted(name for name in self.call.needs.modules if name != "__main__" and not name.startswith("clustrix_bundle."))

    def _captured_paths(self, project: Project) -> list[FileFinding]:
        """Files and folders that values name by their full path; a folder ships whole, unless it holds the entry file itself."""
        found = []
        for relative in sorted(self.call.needs.paths):
            path = self.entry.root / relative
            whole = not self.entry.path.is_relative_to(path) and not self.context.cwd.is_relative_to(path)
            found.append(FileFinding(path, 0, f"a captured value names {relative or '.'}", whole=whole, anchored=True))
        named = [name for name in sorted(self.call.needs.names) if not os.path.isabs(name) and "\0" not in name]
        here = {name: self.context.cwd / name for name in named if os.path.isfile(self.context.cwd / name)}
        rules = self._rules_of_program(project) if here else None
        for name, path in here.items():
            if rules is None or not rules.is_the_clusters(path):
                found.append(FileFinding(path, 0, f"a captured value names {name}"))
        return found

    def _rules_of_program(self, project: Project) -> Rules | None:
        """What is to be read from the running script, what does not ship of it too; None where it asks no cluster for anything."""
        main = self.main_source
        if main is None or b"luster" not in main.content:
            return None
        whole = Project(
            root=project.root,
            cwd=project.cwd,
            settings=project.settings,
            resolver=project.resolver,
            sources=project.sources,
            entry=("", ""),
        )
        path = str(main.path)
        file = self.sources.read(path) if main.path == self.entry.path else self.sources.add(path, main.content)
        facts = file.facts
        if facts is None:
            return None
        module = LoadedModule("__main__", main.path, main.package, is_package=False, source=main.content, facts=facts)
        whole.adopt(module)
        whole.reach(module)
        return rules_of(whole)

    def _assemble(self, search: Search) -> DependencyGraph:
        graph = super()._assemble(search)
        pins = {module: f"{item.name}=={item.version}" for item in graph.requirements for module in item.modules}
        fills = self._module_states(graph, search)
        if fills:
            self._take_with_states(graph, fills)
        if self.call.kind == "value":
            label = self.call.qualname
            graph.entry = EntryPoint("value", ENTRY_MEMBER, "", label)
            self._add(
                graph, pins, CapturedValue(label, ENTRY_MEMBER, "callable", len(self.call.entry), "definition"), self.call.entry
            )
        if self.call.arguments:
            content = self.call.arguments
            self._add(graph, pins, CapturedValue("arguments", ARGUMENTS_MEMBER, "tuple", len(content), "argument"), content)
        graph.calls = tuple(CallArguments(content, _pins_of(content, pins)) for content in self.call.calls)
        if self.state is not None and self.state.values:
            self._add_globals(graph, pins, self.state)
        graph.captured = self.call.captured
        self._note_stale(graph, search)
        self._note_large_folders(graph)
        return graph

    def _note_large_folders(self, graph: DependencyGraph) -> None:
        """Say which folders that values name bring much: a value says nothing of what the function reads there."""
        for relative in sorted(self.call.needs.paths):
            folder = self.entry.root / relative
            below = [
                node.path
                for node in graph.nodes.values()
                if node.kind == "data" and node.path and node.path.is_relative_to(folder)
            ]
            size = sum(path.stat().st_size for path in below if path.is_file()) if folder.is_dir() else 0
            if size > LARGE_VALUE:
                graph.warnings.append(Note(_FOLDER.format(relative or ".", len(below), size)))

    def _note_stale(self, graph: DependencyGraph, search: Search) -> None:
        """Say which functions differ from what ships of them: their file was edited after it was loaded."""
        main = vars(sys.modules["__main__"])
        names = self.state.as_code if self.state is not None else ()
        functions = {id(item): item for item in (self.func, *(main[name] for name in names if name in main))}
        for shipped in search.found.modules:
            for item in functions.values():
                stale = is_stale(item, shipped.source, str(shipped.path))
                if stale is not None:
                    where = os.path.relpath(shipped.path, graph.root)
                    graph.warnings.append(Note(_STALE.format(stale.__qualname__), where, stale.__code__.co_firstlineno))

    def _module_states(self, graph: DependencyGraph, search: Search) -> list[tuple[Any, dict[str, Any]]]:
        """What the program has changed in the project's modules that ship."""
        main = vars(sys.modules["__main__"])
        names = find_set_names(self.main_source.content if self.main_source else b"", main)
        states: list[tuple[Any, dict[str, Any]]] = []
        loaded = []
        for shipped in sorted(search.found.modules, key=lambda item: item.name):
            module = sys.modules.get(shipped.name)
            if shipped.name == "__main__" or module is None or file_of(shipped.name) != Path(os.path.realpath(shipped.path)):
                continue
            changes = changed_attributes(module, shipped.source, str(shipped.path), names, self.call.needs)
            fills, left = changed_definitions(module, shipped.source, str(shipped.path), names, self.call.needs)
            states += ([(module, changes.attributes)] if changes.attributes else []) + fills
            if changes.left or left:
                message = _LEFT.format(", ".join((*changes.left, *left)))
                graph.warnings.append(Note(message, os.path.relpath(shipped.path, graph.root)))
            loaded.append(module)
        fills, left = travelling(objects_set_by(names, loaded), self.call.needs)
        if left:
            graph.warnings.append(Note(_LEFT.format(", ".join(left)), os.path.relpath(self.entry.path, graph.root)))
        return states + fills

    def _take_with_states(self, graph: DependencyGraph, states: list[tuple[Any, dict[str, Any]]]) -> None:
        """Make the entry a value: reading it sets what the program has set in its modules."""
        if self.call.kind == "module":
            for member, node in list(graph.nodes.items()):
                if node.kind == "entry":
                    graph.nodes[member] = replace(node, kind="module")
        needs = self.call.needs.fresh()
        self.call.kind = "value"
        self.call.dump(needs, states)
        if not (needs.main_names <= self.call.needs.main_names and needs.modules <= self.call.needs.modules):
            self.more_needs = needs
        names: dict[str, list[str]] = {}
        for target, state in states:
            names.setdefault(home_of(target), []).extend(told(target, name) for name, _, _ in leaves(target, state))
        for home, found in names.items():
            graph.warnings.append(Note(f"{home} ships with what the program has set in it: {', '.join(sorted(found))}"))

    def _add_globals(self, graph: DependencyGraph, pins: Mapping[str, str], state: MainState) -> None:
        member = f"{GLOBALS_FOLDER}/globals.pkl"
        for item in state.values:
            row = CapturedValue(item.name, member, _type_name(item.value), len(item.content), item.how)
            self._add(graph, pins, row, item.content, state.stream)
        for item in state.early:
            row = CapturedValue(
                item.name, f"{GLOBALS_FOLDER}/{item.name}.pkl", _type_name(item.value), len(item.content), item.how
            )
            self._add(graph, pins, row, item.content)

    def _add(
        self, graph: DependencyGraph, pins: Mapping[str, str], row: CapturedValue, content: bytes, stored: bytes | None = None
    ) -> None:
        """A values file and its row; ``stored`` is the file where it holds more than this value."""
        limit = self.context.settings.max_file_size
        if row.size > limit:
            raise CaptureError(
                f"{row.name} ({row.type}) is captured by value and takes {row.size:,} bytes, more than max-file-size ({limit:,}); "
                "write it to a file that the function opens, pass what it is made from, or raise max-file-size",
                row.name,
                row.type,
            )
        if row.size > LARGE_VALUE:
            graph.warnings.append(Note(f"{row.name} ({row.type}) travels by value and takes {row.size:,} bytes"))
        graph.values.append(replace(row, requirements=_pins_of(content, pins)))
        graph.nodes[row.member] = Node(row.member, "value", content=content if stored is None else stored)


def _instance_of(kind: type, main: LoadedModule, project: Project) -> Instance | None:
    """What instances of a class of the project's own fold to."""
    loaded = main if kind.__module__ == "__main__" else project.load(kind.__module__) if is_own_class(kind) else None
    if loaded is None:
        return None
    scope = 0
    for part in kind.__qualname__.split("."):
        inside = (n for n, one in enumerate(loaded.facts.scopes) if (one.parent, one.kind, one.name) == (scope, "class", part))
        scope = next(inside, 0)
        if not scope:
            return None
    return Instance(kind.__module__, scope)


def _pins_of(content: bytes, pins: Mapping[str, str]) -> tuple[str, ...]:
    names = {name.partition(".")[0] for name in pickled_modules([content])}
    return tuple(sorted({pin_here(pins[name]) for name in names if name in pins}))


def _type_name(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
