"""The entry: finding the file behind an entry point, and making sure that the function is there, by its facts alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.importing import BeyondTopLevel, absolute_module
from clustrix_bundle.bundler.errors import TargetError
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.resolve import LOCAL, MISSING, RUNTIME, STDLIB, THIRD_PARTY, Resolved, Resolver
from clustrix_bundle.bundler.roots import choose_project_root, find_project_root, find_source_roots
from clustrix_bundle.bundler.target import (
    Definition,
    Target,
    find_definition,
    may_bind_anything,
    module_of_file,
    names_of,
    nested_definition,
    star_imports,
)

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.context import AnalysisContext
    from clustrix_bundle.bundler.analysis.project import Project
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.facts.model import ModuleFacts, Scope


@dataclass(frozen=True, slots=True)
class EntryFile:
    """The file that holds the entry function.

    Attributes:
        name: Dotted name, ``__main__`` for a script or notebook.
        path: The file.
        folder: The folder that must be first on ``sys.path`` (of the script, or of the file's top-level package).
        root: The project root.
    """

    name: str
    path: Path
    folder: Path
    root: Path

    @property
    def kind(self) -> str:
        """``main`` or ``module``, as in `clustrix_bundle.bundler.graph.EntryPoint`."""
        return "main" if self.name == "__main__" else "module"


def find_entry_file(target: Target, context: AnalysisContext) -> EntryFile:
    """The file that a target means.

    Raises:
        TargetError: there is no such module, or it has no source here to ship.
    """
    if target.path is not None:
        module = module_of_file(target.path)
        return entry_file(module.name, target.path, module.folder, context)
    roots = find_source_roots(
        script_folder=None,
        cwd=context.cwd,
        project_root=context.root or find_project_root(context.cwd, context.home),
        python_path=context.python_path,
        site_folders=context.interpreter.site_folders,
    )
    resolver = Resolver(roots, context.interpreter)
    resolved = resolver.resolve(target.module)
    if resolved.kind != LOCAL or not resolved.is_source:
        raise TargetError(_no_source(target, resolved, resolver), target.text)
    path = Path(resolved.path or "")
    folder = path.parents[target.module.count(".") + (1 if resolved.is_package else 0)]
    return entry_file(target.module, path, folder, context)


def entry_file(name: str, path: Path, folder: Path, context: AnalysisContext) -> EntryFile:
    """The entry file at a path, with the project root that it belongs to.

    Raises:
        TargetError: it lies outside the root that the user chose.
    """
    root = context.root
    if root is None:
        marked = find_project_root(path.parent, context.home)
        root = choose_project_root(marked or folder, context.cwd, context.home)
    elif not path.is_relative_to(root):
        raise TargetError(f"{path} lies outside the project root {root}; choose another with --root", str(path))
    return EntryFile(name, path, folder, root)


def _no_source(target: Target, resolved: Resolved, resolver: Resolver) -> str:
    name = target.module
    wrap = f"write a function of your own that calls {name}.{target.qualname}, and ship that"
    if resolved.kind == STDLIB:
        return f"{name} belongs to the standard library, which every Python has: {wrap}"
    if resolved.kind == THIRD_PARTY:
        return (
            f"{name} is an installed package ({resolved.path or resolved.portions[0].folder}), not code of this project: {wrap}"
        )
    if resolved.kind == RUNTIME:
        return f"{name} is served by the runtime: {wrap}"
    if resolved.kind == LOCAL and resolved.path is None:
        return f"{name} is a folder without __init__.py: name a module in it, as in {name}.module:{target.qualname}"
    if resolved.kind == LOCAL:
        return f"{name} is a compiled module ({resolved.path}) and has no source to analyse: {wrap}"
    parent = name.rpartition(".")[0]
    while parent and resolver.resolve(parent).kind == MISSING:
        parent = parent.rpartition(".")[0]
    found = resolver.submodules(resolver.resolve(parent)) if parent else []
    names = [module.name for module in found] or [
        entry.removesuffix(".py")
        for root in resolver.roots
        if not root.package and not root.after_packages
        for entry in _entries(root.path)
        if entry.endswith(".py") or os.path.isfile(root.path / entry / "__init__.py")
    ]
    import difflib  # noqa: PLC0415 - for a name that is not there only

    near = difflib.get_close_matches(name, sorted(set(names)))
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    stub = resolver.stub_of(name)
    if stub is not None:
        hint = f"there is only a stub, {stub}, which holds no code. "
    where = ", ".join(str(root.path) for root in resolver.roots if not root.package)
    return f"there is no module {name!r}: {hint}Looked in {where}; put its folder on PYTHONPATH or name the file, as in path/mod.py:func"


def _entries(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


@dataclass(frozen=True, slots=True)
class Place:
    """Where the entry function is defined: its line, and its scope in the entry module (-1 where it comes from elsewhere)."""

    line: int
    scope: int = -1


class EntryCheck:
    """Looks an attribute path up in a module's facts, as far as facts can tell."""

    def __init__(self, project: Project, target: str) -> None:
        self.project = project
        self.target = target

    def find(self, module: LoadedModule, qualname: str) -> Place:
        """Where the function is.

        Raises:
            TargetError: it is surely not there, or is surely no function: names the file and what is like it.
        """
        first, *rest = qualname.split(".")
        definition, owner = self._lookup(module, first, set())
        if definition is None:
            if owner is None:
                raise TargetError(self._not_there(module, first, 0), self.target)
            return Place(0)
        if not rest:
            if definition.kind == "constant":
                where = f"{owner.path}:{definition.line}" if owner else str(module.path)
                raise TargetError(f"{first} in {where} is a constant, not a function", self.target)
            inside = owner is module
            return Place(definition.line if inside else 0, definition.scope if inside and definition.kind == "function" else -1)
        if definition.kind == "function":
            raise TargetError(
                f"{first} in {module.path}:{definition.line} is a function: what is inside it has no name outside", self.target
            )
        if definition.kind != "class" or owner is None:
            return Place(definition.line if owner is module else 0)
        return self._find_in_class(module, owner, definition, rest)

    def _find_in_class(self, module: LoadedModule, owner: LoadedModule, definition: Definition, rest: list[str]) -> Place:
        for depth, name in enumerate(rest):
            inner = find_definition(owner.facts, name, definition.scope)
            if inner is None:
                scope = owner.facts.scopes[definition.scope]
                if self._may_inherit(owner, scope, name, set()):
                    return Place(scope.line if owner is module else 0)
                raise TargetError(self._not_there(owner, name, definition.scope), self.target)
            if inner.kind != "class":
                last = depth == len(rest) - 1
                return Place(inner.line if owner is module else 0, inner.scope if owner is module and last else -1)
            definition = inner
        return Place(definition.line if owner is module else 0)

    def _may_inherit(self, owner: LoadedModule, scope: Scope, name: str, seen: set[int]) -> bool:
        """Whether a base class, metaclass or decorator may give the class an attribute that its body lacks."""
        if scope.decorators or scope.keywords:
            return True
        for base in scope.bases:
            if base[0] != "name":
                return True
            definition = find_definition(owner.facts, base[1])
            if definition is None or definition.kind != "class":
                return bool(base[1] != "object")
            if definition.scope in seen or find_definition(owner.facts, name, definition.scope) is not None:
                return True
            if self._may_inherit(owner, owner.facts.scopes[definition.scope], name, seen | {definition.scope}):
                return True
        return False

    def _lookup(self, module: LoadedModule, name: str, seen: set[str]) -> tuple[Definition | None, LoadedModule | None]:
        """The definition of a module's name, through re-exports, and the module that holds it.

        No definition with a module means that facts cannot tell; without one, that the name is surely not there.
        """
        definition = find_definition(module.facts, name)
        if module.name in seen:
            return None, module
        seen.add(module.name)
        if definition is None:
            return self._lookup_star(module, name, seen)
        if definition.kind == "import":
            origin = self._origin(module, definition)
            if origin is not None and definition.name and not self._is_module(origin, definition.name):
                return self._lookup(origin, definition.name, seen)
            return definition, None
        return definition, module

    def _origin(self, module: LoadedModule, definition: Definition) -> LoadedModule | None:
        for item in module.facts.imports:
            if item.line == definition.line and item.name == (definition.name or None):
                name = absolute_module(item, module.package)
                return None if isinstance(name, BeyondTopLevel) else self.project.load(name)
        return None

    def _is_module(self, package: LoadedModule, name: str) -> bool:
        return self.project.locate(f"{package.name}.{name}") is not None

    def _lookup_star(self, module: LoadedModule, name: str, seen: set[str]) -> tuple[Definition | None, LoadedModule | None]:
        unknown = may_bind_anything(module.facts) or any(name in statement.binds for statement in module.facts.statements)
        for origin, level in star_imports(module.facts):
            items = [item for item in module.facts.imports if item.name == "*" and (item.module, item.level) == (origin, level)]
            absolute = absolute_module(items[0], module.package)
            loaded = None if isinstance(absolute, BeyondTopLevel) else self.project.load(absolute)
            if loaded is None:
                unknown = True
                continue
            definition, owner = self._lookup(loaded, name, seen)
            if definition is not None or owner is not None:
                return definition, owner
        return None, module if unknown else None

    def _not_there(self, module: LoadedModule, name: str, parent: int) -> str:
        facts: ModuleFacts = module.facts
        nested = nested_definition(facts, name)
        if nested is not None and parent == 0:
            outer = facts.scopes[nested.parent].name
            return (
                f"{name} in {module.path}:{nested.line} is defined inside {outer}(), so no name reaches it from outside: "
                "move it to the top level, or ship the live function with bundle(func)"
            )
        known = names_of(facts, parent)
        import difflib  # noqa: PLC0415 - for a name that is not there only

        near = difflib.get_close_matches(name, known) or known[:8]
        inside = f"class {facts.scopes[parent].name} in " if parent else ""
        hint = f"; there is {', '.join(near)}" if near else "; it defines no functions"
        return f"{inside}{module.path} has no function {name!r}{hint}"
