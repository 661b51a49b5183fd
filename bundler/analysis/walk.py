"""The walk: from the entry module over import statements and what the rules find, until nothing new comes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.found import Found, FoundEdge, FoundFile, MissingImport, PackageUse, StandardUse
from clustrix_bundle.bundler.analysis.importing import BeyondTopLevel, absolute_module, exported_names, render_import
from clustrix_bundle.bundler.analysis.liveness import Liveness
from clustrix_bundle.bundler.analysis.project import Project, import_folder
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field
from clustrix_bundle.bundler.python_range import can_limit
from clustrix_bundle.bundler.resolve import LOCAL, MISSING, STDLIB, THIRD_PARTY, Resolved
from clustrix_bundle.bundler.target import may_bind_anything

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.wishes import Wishes
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.facts.model import Import


@dataclass(slots=True)
class Program:
    """One process' worth of modules: the entry's, or that of a script which the code starts.

    Attributes:
        started: The file is run as a program: its main guard holds, and nothing in it is sure to run.
        entry_scope: Scope of the entry function in the entry module, -1 where there is none.
        folder: Folder of the script that is started, which Python itself puts on its ``sys.path``.
        queue: Modules whose imports are to be followed; those that only a name leads to are loaded when it is their turn, so
            that the store reads what comes after them meanwhile.
    """

    project: Project
    started: bool = False
    entry_scope: int = -1
    folder: str = ""
    queue: deque[LoadedModule | Resolved] = field(default_factory=deque)
    liveness: dict[str, Liveness] = field(default_factory=dict)


class Walk:
    """Follows the import statements of one program's modules; several walks may add to the same `Found`."""

    def __init__(self, program: Program, found: Found, wishes: Wishes) -> None:
        self.program = program
        self.project = program.project
        self.found = found
        self.wishes = wishes
        self._shipped: set[str] = set()
        self._bound: dict[tuple[str, str], bool] = {}
        self._parents_told: set[tuple[str, str, bool]] = set()
        self._to_check: list[tuple[Resolved, str, str, int, str, bool]] = []

    def liveness_of(self, module: LoadedModule) -> Liveness:
        """Which of its facts count."""
        known = self.program.liveness.get(module.name)
        if known is None:
            is_entry = module.name == self.project.entry[0]
            known = self.program.liveness[module.name] = Liveness(
                module.facts,
                guard_runs=self.program.started and module.name == "__main__",
                kept=module.kept_statements,
                entry_scope=self.program.entry_scope if is_entry else -1,
            )
        return known

    def start(self, module: LoadedModule, content: bytes, edge: FoundEdge) -> None:
        """Reaches the module in which the program begins, with its parent packages."""
        self.project.adopt(module)
        self._is_new(module.name)
        self.found.edges.setdefault(edge)
        self._note_import_folder(
            "main" if module.name == "__main__" else module.name, str(module.path), is_package=module.is_package
        )
        path = str(module.path)
        self.found.files.setdefault(path, FoundFile(path, "module", content, module.name, anchored=True))
        self.program.queue.append(module)
        if module.name != "__main__":
            self.reach_parents(module.name, str(module.path), 0, "import", f"package of {module.name}", sure=True)
        self.follow()

    def follow(self) -> None:
        """Follows the import statements of all reached modules, then looks whether the names they take are there."""
        while (module := self._next()) is not None:
            liveness = self.liveness_of(module)
            ignored = {directive.line for directive in module.facts.directives if directive.verb == "ignore"}
            for item in module.facts.imports:
                if item.line not in ignored and liveness.alive(item):
                    self._follow_import(module, item, sure=liveness.sure(item))
        checks, self._to_check = self._to_check, []
        for resolved, name, importer, line, detail, sure in checks:
            self._check_bound(resolved, name, importer, line, detail, sure=sure)

    def _next(self) -> LoadedModule | None:
        """The module whose imports are to be followed next; None when no more wait."""
        queue = self.program.queue
        while queue:
            module = self._loaded(queue.popleft())
            if module is not None:
                return module
        return None

    def _loaded(self, due: LoadedModule | Resolved) -> LoadedModule | None:
        """The next module; one that is no Python is noted."""
        module = self.project.load(due.name) if isinstance(due, Resolved) else due
        if module is None:
            path = str(due.path)
            error = self.project.sources.read(path).error
            if error is not None:
                self.found.broken[path] = error
            return None
        self.project.reach(module)
        self.found.modules.append(module)
        return module

    def _follow_import(self, module: LoadedModule, item: Import, *, sure: bool) -> None:
        name = absolute_module(item, module.package)
        detail = render_import(item)
        importer = str(module.path)
        if isinstance(name, BeyondTopLevel):
            dots = "." * item.level + item.module
            self.found.missing[MissingImport(importer, dots, item.line, detail, sure, name.reason)] = None
            return
        resolved = self.reach(name, importer, item.line, "import", detail, sure=sure)
        if item.name is None:
            return
        if resolved.kind == STDLIB and item.name != "*":
            self._note_standard(importer, name, item.name, item.line, sure=sure)
        elif item.name == "*":
            self._follow_star(resolved, importer, item.line, detail, sure=sure)
        elif resolved.is_package:
            self._follow_member(resolved, item.name, importer, item.line, detail, sure=sure)
        elif resolved.kind == LOCAL and resolved.is_source:
            self._to_check.append((resolved, item.name, importer, item.line, detail, sure))

    def _follow_member(self, package: Resolved, name: str, importer: str, line: int, detail: str, *, sure: bool) -> None:
        """``from package import name``: a submodule where there is one."""
        submodule = self.project.resolver.resolve(f"{package.name}.{name}")
        if submodule.kind != MISSING:
            bound = sure and package.kind == LOCAL and self.binds(package, name)
            self.reach(submodule.name, importer, line, "import", detail, sure=sure and not bound)
        elif package.kind == LOCAL:
            self._to_check.append((package, name, importer, line, detail, sure))

    def _follow_star(self, resolved: Resolved, importer: str, line: int, detail: str, *, sure: bool) -> None:
        module = self.project.load(resolved.name) if resolved.kind == LOCAL and resolved.is_package else None
        if module is None:
            return
        names, is_open = exported_names(module.facts)
        for submodule in self.project.resolver.submodules(resolved):
            tail = submodule.name.rpartition(".")[2]
            if tail in names:
                self.reach(submodule.name, importer, line, "import", detail, sure=sure and not self.binds(resolved, tail))
            elif is_open:
                self.reach(submodule.name, importer, line, "prefix", f"{detail}, whose __all__ is computed")

    def binds(self, resolved: Resolved, name: str) -> bool:
        """Whether a local module's own statements bind the name for sure (a namespace package binds nothing)."""
        module = self.project.load(resolved.name)
        return module is not None and name in module.facts.bound

    def _check_bound(self, resolved: Resolved, name: str, importer: str, line: int, detail: str, *, sure: bool) -> None:
        """Notes a ``from m import n`` for which the local module shows no such name."""
        if self.may_have(resolved, name):
            return
        where = (
            f"{resolved.path} defines no {name!r}"
            if resolved.path
            else f"the namespace package {resolved.name} has no module {name!r}"
        )
        self.found.missing[MissingImport(importer, f"{resolved.name}.{name}", line, detail, sure, where)] = None

    def may_have(self, resolved: Resolved, name: str) -> bool:
        """Whether a local module may have the attribute: bound in it, by a star import, or in a way that facts do not show."""
        key = (resolved.name, name)
        known = self._bound.get(key)
        if known is None:
            known = self._bound[key] = self._may_have(resolved, name)
        return known

    def _may_have(self, resolved: Resolved, name: str) -> bool:
        if name.startswith("__") and name.endswith("__"):
            return True
        seen: set[str] = set()
        pending = [resolved]
        while pending:
            origin = pending.pop()
            if origin.kind != LOCAL:
                return True
            if origin.name in seen or origin.path is None:
                continue
            seen.add(origin.name)
            module = self.project.load(origin.name)
            if module is None or name in module.facts.bound:
                return True
            stars = [
                absolute_module(item, module.package) for item in module.facts.imports if item.name == "*" and item.scope == 0
            ]
            if any(isinstance(star, BeyondTopLevel) for star in stars) or may_bind_anything(module.facts):
                return True
            pending += [self.project.resolver.resolve(star) for star in stars if not isinstance(star, BeyondTopLevel)]
        return False

    def reach(self, name: str, importer: str, line: int, evidence: str, detail: str, *, sure: bool = False) -> Resolved:
        """Everything that ``import name`` loads: the packages on the way, then the module; says what the name resolves to."""
        resolved = self.project.resolver.resolve(name)
        if resolved.kind == LOCAL:
            self.reach_parents(name, importer, line, evidence, detail, sure=sure)
            self._ship(resolved, FoundEdge(importer, resolved.path or "", line, evidence, detail, sure))
        elif resolved.kind == STDLIB:
            self._note_standard(importer, name, "", line, sure=sure)
        elif resolved.kind == THIRD_PARTY:
            self.reach_parents(name, importer, line, evidence, detail, sure=sure)
            self.found.packages[PackageUse(importer, resolved, line, sure)] = None
        elif resolved.kind == MISSING:
            self._miss(name, importer, line, evidence, detail, sure=sure)
        return resolved

    def _miss(self, name: str, importer: str, line: int, evidence: str, detail: str, *, sure: bool) -> None:
        parent = name.rpartition(".")[0]
        reason = ""
        if parent:
            above = self.reach(parent, importer, line, evidence, detail, sure=sure)
            if above.kind == MISSING:
                return
            if above.kind == THIRD_PARTY:
                return  # its own business: packages make submodules at run time
            module = self.project.load(parent)
            if module is not None and (may_bind_anything(module.facts) or _extends_path(module)):
                sure = False
            reason = (
                f"{above.path or parent} is not a package" if not above.is_package else f"the package {parent} has no such module"
            )
        stub = self.project.resolver.stub_of(name)
        if stub is not None:
            reason = f"there is only a stub, {stub}, which holds no code"
        self.found.missing[MissingImport(importer, name, line, detail, sure, reason)] = None

    def _note_standard(self, importer: str, module: str, attribute: str, line: int, *, sure: bool) -> None:
        """Keeps what can say something of the versions of Python."""
        if can_limit(f"{module}.{attribute}" if attribute else module):
            self.found.standard[StandardUse(importer, module, attribute, line, sure)] = None

    def reach_parents(self, name: str, importer: str, line: int, evidence: str, detail: str, *, sure: bool) -> None:
        """The packages that a dotted name passes through; the first line of a module that does so is told."""
        parent = name.rpartition(".")[0]
        if not parent or not self._is_first(importer, parent, sure=sure):
            return
        self.reach_parents(parent, importer, line, evidence, detail, sure=sure)
        resolved = self.project.resolver.resolve(parent)
        if resolved.kind == LOCAL:
            self._ship(resolved, FoundEdge(importer, resolved.path or "", line, evidence, detail, sure))

    def _is_first(self, importer: str, package: str, *, sure: bool) -> bool:
        """Whether nothing has been told of this package on the way from this importer; from now on something has."""
        told = (importer, package, sure)
        is_first = told not in self._parents_told
        self._parents_told.add(told)
        return is_first

    def _is_new(self, name: str) -> bool:
        """Whether a name has not shipped yet; from now on it has."""
        is_new = name not in self._shipped
        self._shipped.add(name)
        return is_new

    def _ship(self, resolved: Resolved, edge: FoundEdge) -> None:
        """Ships what a local name leads to: a source file, a compiled module, or the folders of a namespace package."""
        if resolved.path is not None:
            self.found.edges.setdefault(edge)
        if not self._is_new(resolved.name):
            return
        if resolved.path is None:
            for portion in resolved.portions:
                if portion.kind == LOCAL:
                    self.found.files.setdefault(portion.folder, FoundFile(portion.folder, "dir", anchored=True))
                    self._note_import_folder(resolved.name, f"{portion.folder}/", is_package=True)
            return
        pattern = self.wishes.excludes(resolved.path)
        if pattern is not None:
            self.found.excluded[resolved.path] = f"excluded by {pattern}"
            return
        self._note_import_folder(resolved.name, resolved.path, is_package=resolved.is_package)
        if not resolved.is_source:
            self.found.files[resolved.path] = FoundFile(resolved.path, "module", None, resolved.name, anchored=True)
            return
        source = self.project.sources.expect(resolved.path)
        self.found.files.setdefault(
            resolved.path, FoundFile(resolved.path, "module", None, resolved.name, anchored=True, source=source)
        )
        self.program.queue.append(resolved)

    def _note_import_folder(self, name: str, path: str, *, is_package: bool) -> None:
        if any(name.startswith(f"{package}.") for package in self.project.resolver.extended):
            return  # its package says where it is
        folder = import_folder(name, path, is_package=is_package)
        if not self.program.started or folder != self.program.folder:
            self.found.import_folders.setdefault(folder)


def _extends_path(module: LoadedModule) -> bool:
    return b"__path__" in module.source
