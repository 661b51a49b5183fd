"""What the rules share: the reached modules, their calls with what they call, and which code surely runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.evidence.call_shapes import shape_of
from clustrix_bundle.bundler.evidence.callees import Callees, CallRule
from clustrix_bundle.bundler.evidence.disk import Disk
from clustrix_bundle.bundler.evidence.held_openers import HeldOpeners
from clustrix_bundle.bundler.folding.expressions import last_name
from clustrix_bundle.bundler.folding.value import Class, Function, Instance
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule, World
    from clustrix_bundle.bundler.facts.model import Call, Text
    from clustrix_bundle.bundler.folding.fold import Folder


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a finding comes from: its module, line and words."""

    module: LoadedModule
    line: int
    detail: str


_COMPOUND = frozenset({"if", "try", "for", "while", "with", "match"})


@dataclass(slots=True)
class Reading:
    """The program as far as it has been reached.

    Attributes:
        world: The project.
        folder: Folds expressions of its modules.
        disk: Listings.
        work_folders: Folders that reached code makes its working directory, absolute.
        held: Openers that are values.
    """

    world: World
    folder: Folder
    disk: Disk = field(default_factory=Disk)
    work_folders: list[str] = field(default_factory=list)
    held: HeldOpeners = field(default_factory=HeldOpeners)
    _callees: Callees | None = None

    def may_call(self, module: LoadedModule, rule: CallRule) -> bool:
        """Whether `calls` of the same rule can give anything; told without a look at the module's facts."""
        if self._callees is None:
            self._callees = Callees(self.folder)
        return self._callees.may_call(module, rule)

    def calls(self, module: LoadedModule, rule: CallRule) -> Iterator[Call]:
        """Calls of a module that travel and look as the rule wants, or whose callee stands for one that it wants (``from m import f as g``, ``g = m.f``)."""
        if not self.may_call(module, rule):
            return
        wanted, plausible = rule.wanted, rule.plausible
        ignored = ignored_lines(module)
        aliases = {item.asname for item in module.facts.imports if item.asname and item.name and wanted(item.name)}
        for value in filter(wanted, module.facts.keys("value")):
            for _, binding in module.facts.bindings_by("value", value):
                if binding.target[0] in ("name", "attr"):
                    aliases.add(last_name(binding.target))
        names = self.folder.names(module.name) if plausible is not None else None
        callees = [name for name in module.facts.keys("callee") if name in aliases or wanted(name)]
        for _, call in sorted((one for name in callees for one in module.facts.calls_by("callee", name)), key=_number):
            if last_name(call.func) not in aliases and plausible is not None and not plausible(shape_of(call, names)):
                continue
            if call.line not in ignored and self.travels(module, call):
                yield call

    def texts(self, module: LoadedModule) -> Iterator[Text]:
        """String literals of a module that travel, docstrings left out."""
        dropped = self._dropped_lines(module)
        for text in module.facts.texts:
            if not text.doc and not any(first <= text.line <= last for first, last in dropped):
                yield text

    def travels(self, module: LoadedModule, call: Call) -> bool:
        """Whether a call belongs to what runs on the other side."""
        names = self.folder.names(module.name)
        return names is None or names.travels(call.statement, call.under, call.scope)

    def _dropped_lines(self, module: LoadedModule) -> list[tuple[int, int]]:
        """Line ranges of statements that do not travel."""
        names = self.folder.names(module.name)
        return [
            (statement.first_line, statement.end_line)
            for index, statement in enumerate(module.facts.statements)
            if names is not None and statement.kind not in _COMPOUND and not names.travels(index, statement.under)
        ]

    def sure_scopes(self) -> set[tuple[str, int]]:
        """Functions and module bodies that surely run when the entry function is called: (module, scope).

        The entry module's body and the entry function, and what these call under no condition and no try, in turn.
        """
        module_name, qualname = self.world.entry
        entry = self.world.load(module_name) if module_name else None
        if entry is None:
            return set()
        sure: set[tuple[str, int]] = set()
        pending = [(entry.name, 0)]
        pending += [(entry.name, index) for index in range(len(entry.facts.scopes)) if qualified_name(entry, index) == qualname]
        while pending:
            current = pending.pop()
            module = self.world.load(current[0])
            if current in sure or module is None:
                continue
            sure.add(current)
            if current[1] or self.world.may_run_own(module):
                for call in module.facts.calls:
                    if call.scope == current[1] and not call.under and self.travels(module, call):
                        pending += self._called(call, module)
            if current[1] == 0:
                pending += [(name, 0) for name in self.world.direct_imports(module)]
        return sure

    def _called(self, call: Call, module: LoadedModule) -> list[tuple[str, int]]:
        values = self.folder.callee_of(call, module)
        if len(values) != 1:
            return []
        value = values[0]
        if isinstance(value, Function):
            return [(value.module, value.scope)]
        if isinstance(value, (Class, Instance)):
            names = self.folder.names(value.module)
            wanted = "__init__" if isinstance(value, Class) else "__call__"
            return [(value.module, index) for index in names.children_named(value.scope, wanted)] if names is not None else []
        return []


def _number(one: tuple[int, Call]) -> int:
    return one[0]


def ignored_lines(module: LoadedModule) -> set[int]:
    """Lines with a ``# clustrix: ignore`` comment."""
    return {directive.line for directive in module.facts.directives if directive.verb == "ignore"}


def qualified_name(module: LoadedModule, scope: int) -> str:
    """``Class.method`` of a scope."""
    parts: list[str] = []
    while scope > 0:
        parts.append(module.facts.scopes[scope].name)
        scope = module.facts.scopes[scope].parent
    return ".".join(reversed(parts))
