"""The slice of an entry file that can't be imported: which of its module-level statements travel, and why.

A def/use graph of the module-level statements is followed from the entry point. A *demand* is a name and a position in the
source: a function's body asks for what a name holds in the end, a statement that runs at once for what it holds there. A
demand keeps every binding that may reach it (back to one that surely rebinds the name), and every statement between that may change the object. Effects on other modules
are kept as far as the slice can see these modules. What submits is never kept.
"""

from __future__ import annotations

import builtins
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.errors import AnalysisError, TargetError
from clustrix_bundle.bundler.graph import Note
from clustrix_bundle.bundler.slicing import known_calls
from clustrix_bundle.bundler.slicing.blanking import without
from clustrix_bundle.bundler.slicing.closure import Closure, closure_of
from clustrix_bundle.bundler.slicing.effects import Effects
from clustrix_bundle.bundler.slicing.names import ModuleNames, bound_name, children, root_name
from clustrix_bundle.bundler.slicing.things import Modules, NoModules, Things

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.facts.model import Expr, Import, Statement

_BUILTINS = frozenset(dir(builtins)) | {
    "__name__",
    "__file__",
    "__spec__",
    "__builtins__",
    "__package__",
    "__loader__",
    "__annotations__",
    "__dict__",
}
_GLOBALS: Expr = ("call", ("name", "globals"), (), ())
_LOOPS = frozenset({"for", "while"})
_REBINDS = frozenset({"import", "def", "class", "assign", "aug", "with", "type", "del"})


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a module-level statement travels, and why."""

    statement: int
    line: int
    kept: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Slice:
    """What travels of an entry file.

    Attributes:
        source: The file with blank lines where dropped statements stood.
        kept: Indices of the kept module-level statements.
        decisions: One for every statement, in source order.
        notes: What the user should know.
    """

    source: bytes
    kept: frozenset[int]
    decisions: tuple[Decision, ...]
    notes: tuple[Note, ...]


def slice_module(
    loaded: LoadedModule,
    entry_qualname: str,
    modules: Modules | None = None,
    *,
    by_value: frozenset[str] = frozenset(),
    display_path: str = "",
) -> Slice:
    """The part of an entry file that an entry point needs.

    Args:
        loaded: The file, with facts of all its statements.
        entry_qualname: ``func`` or ``Class.method``.
        modules: Finds and loads local modules (a `World` does); without it none is local.
        by_value: Module-level names whose values travel by themselves: nothing is kept for them.
        display_path: Path for messages; the file's own where empty.

    Raises:
        TargetError: the file binds no such name.
        AnalysisError: a kept name depends on a statement that is never kept.
    """
    return slice_names(loaded, [entry_qualname.partition(".")[0]], modules, by_value=by_value or None, display_path=display_path)


def slice_names(
    loaded: LoadedModule,
    names: Iterable[str],
    modules: Modules | None = None,
    *,
    wanted: Iterable[str] = (),
    by_value: frozenset[str] | None = None,
    display_path: str = "",
) -> Slice:
    """The part of an entry file that several module-level names need; see `slice_module`.

    ``wanted`` are names that are kept too, each only if it depends on nothing that never travels.
    With ``by_value``, even empty, it is the slice of a running program: what has changed travels by value, so statements that
    never travel are no obstacle for having changed something.
    """
    slicer = _Slicer(loaded, modules or NoModules(), by_value or frozenset(), display_path or str(loaded.path))
    slicer.live = by_value is not None
    slicer.run(list(names), list(wanted))
    return slicer.result()


class _BlockedError(Exception):
    """A demand leads to a statement that is never kept."""

    def __init__(self, name: str, statement: int, user: str) -> None:
        super().__init__(name, statement, user)
        self.name = name
        self.statement = statement
        self.user = user


class _Slicer:
    def __init__(self, loaded: LoadedModule, modules: Modules, by_value: frozenset[str], path: str) -> None:
        self._loaded = loaded
        self._path = path
        self._by_value = by_value
        self.live = False
        self._things = Things(loaded, modules)
        names = self._things.names(loaded.name)
        assert names is not None
        self._names: ModuleNames = names
        self._statements = loaded.facts.statements
        self._effects = Effects(self._things)
        self._effects_of: dict[str, Effects] = {}
        self._end = len(self._statements)
        self._children = _children(self._statements)
        self._last = _last_descendants(self._statements)
        self._never = self._find_never()
        self._binders = self._find_binders()
        self._links = self._find_links()
        self._imports = _imports_by_statement(loaded.facts.imports)
        self._kept: dict[int, str] = {}
        self._demands: dict[str, dict[int, str]] = {}
        self._refused: dict[int, str] = {}
        self._notes: dict[tuple[int, str], Note] = {}
        self._closure: Closure | None = None
        self._optional = False
        self._by_name = False

    # -- the fixpoint

    def run(self, names: list[str], wanted: list[str]) -> None:
        for name in names:
            if name not in self._binders and "*" not in self._names.binders:
                raise TargetError(f"{self._path} binds no name `{name}` at module level", name)
        for number, items in self._imports.items():
            if any(item.module == "__future__" for item in items):
                self._keep(number, "switches the language")
        try:
            for name in names:
                self._need(name, self._end, "the entry point")
        except _BlockedError as blocked:
            raise self._error(blocked) from None
        for name in wanted:
            self._want(name)
        changed = True
        while changed:
            changed = False
            for number in range(self._end):
                if number not in self._kept and number not in self._refused and self._consider(number):
                    changed = True

    def _consider(self, number: int) -> bool:
        """Keeps a statement that changes what the slice sees, if there is reason to; True if it is kept."""
        reason, needed = self._reason(number)
        if not reason:
            return False
        if number in self._never:
            if needed and not self.live and self._effects.of_statement(number).submits and self._acts_on(number, needed):
                raise self._error(_BlockedError(needed, number, "the function"))
            return False
        blocked = self._try(lambda: self._keep(number, reason))
        if blocked is None:
            return True
        if needed:
            raise self._error(blocked)
        line = self._statements[blocked.statement].line
        self._refused[number] = f"{reason}, but needs `{blocked.name}` of line {line}, which never travels"
        self._note(number, f"not kept: {self._refused[number]}")
        return False

    def _want(self, name: str) -> None:
        """Keeps what binds a name, if that can be."""
        if name in self._binders:
            self._try(lambda: self._need(name, self._end, "another module"))

    def _try(self, keep: Callable[[], None]) -> _BlockedError | None:
        """Keeps more if that can be; nothing changes, and the obstacle comes back, if not."""
        demands = {name: dict(where) for name, where in self._demands.items()}
        state = (dict(self._kept), demands, dict(self._notes), self._closure, self._by_name)
        self._optional = True
        try:
            keep()
        except _BlockedError as blocked:
            self._kept, self._demands, self._notes, self._closure, self._by_name = state
            return blocked
        finally:
            self._optional = False
        return None

    def _acts_on(self, number: int, name: str) -> bool:
        """Whether a statement itself assigns to a part of an object or calls a method on it; being given it does not count."""
        calls, bindings, _ = self._names.immediate[number]
        owners = [item.target for item in bindings if item.target[0] in ("attr", "index")]
        owners += [call.func[1] for call in calls if call.func[0] == "attr" and known_calls.method_changes(call.func[2])]
        return any(root_name(owner) == name for owner in owners)

    def _need(self, name: str, position: int, user: str) -> None:
        """A name is read at a position: keeps the bindings that may reach it."""
        where = self._demands.setdefault(name, {})
        if position in where or name in self._by_value:
            return
        where[position] = user
        if name == "__doc__" and self._statements and self._is_docstring(0):
            self._keep(0, "`__doc__` is read")
        guarded = -1
        found = False
        for number in reversed(self._binders.get(name, [])):
            if number >= position:
                continue
            if number in self._never:
                if "main guard" in self._never[number]:
                    guarded = number if guarded < 0 else guarded
                    continue
                self._block(name, number, user, position)
                found = True
            else:
                self._keep(number, f"binds `{name}` for {user}" if user != "the entry point" else "the entry point")
                found = True
            if self._rebinds(number, name):
                break
        found = self._need_star(name, position, found=found) or found
        if guarded >= 0 and not found and name not in _BUILTINS:
            self._block(name, guarded, user, position)
        elif guarded >= 0:
            self._note(guarded, f"`{name}` is set anew under the main guard; the function gets the value from above it")

    def _need_star(self, name: str, position: int, *, found: bool) -> bool:
        """Star imports that may bring a name that no statement surely binds after them."""
        kept = False
        if any(self._rebinds(number, name) for number in self._binders.get(name, []) if number < position):
            last = max(number for number in self._binders[name] if number < position and self._rebinds(number, name))
        else:
            last = -1
        for number in self._names.binders.get("*", []):
            if last < number < position and number not in self._never:
                for item in self._imports[number]:
                    if item.name == "*" and self._may_bring(item, name):
                        self._keep(number, f"may bind `{name}`")
                        kept = True
        return kept and (found or name not in _BUILTINS)

    def _may_bring(self, item: Import, name: str) -> bool:
        source = self._things.absolute(self._loaded.name, item)
        if source.partition(".")[0] in known_calls.OUR_PACKAGES and not self._things.is_local_module(source):
            return name not in self._names.binders and name not in _BUILTINS
        if not self._things.is_local_module(source):
            return not name.startswith("__") and (name not in _BUILTINS or name not in self._names.binders)
        target = self._things.names(source)
        if target is None or name in target.binders:
            return True
        stars = target.imports.get((0, "*"), ())
        return any(self._may_bring_from(source, star, name, {source}) for star in stars) or self._things.is_local_module(
            f"{source}.{name}"
        )

    def _may_bring_from(self, module: str, item: Import, name: str, seen: set[str]) -> bool:
        source = self._things.absolute(module, item)
        if source in seen or not self._things.is_local_module(source):
            return source not in seen
        target = self._things.names(source)
        if target is None or name in target.binders:
            return True
        return any(self._may_bring_from(source, star, name, seen | {source}) for star in target.imports.get((0, "*"), ()))

    def _keep(self, number: int, reason: str) -> None:
        if number in self._kept:
            return
        statement = self._statements[number]
        if number in self._never:
            raise _BlockedError(statement.binds[0] if statement.binds else "?", number, reason)
        self._kept[number] = reason
        self._closure = None if self._imports.get(number) else self._closure
        if statement.parent >= 0:
            self._keep(statement.parent, f"holds line {statement.line}")
        position = self._position(number)
        label = self._label(number)
        for name in statement.uses:
            self._need(name, position, label)
        for name in statement.deletes:
            self._need(name, number, label)
        for name in statement.deferred:
            self._need(name, self._end, label)
        self._keep_control(number)
        self._look_up_names(number)
        client = self._client_of(number)
        if client:
            self._note(number, f"{client} stands for the client's own here; on the other side it is another")

    def _keep_control(self, number: int) -> None:
        """Inner statements that decide whether the kept ones are executed."""
        statement = self._statements[number]
        children_here = self._children.get(number, [])
        if statement.kind == "try" and any(self._statements[child].branch == "handler" for child in children_here):
            for child in children_here:
                if self._statements[child].branch == "body":
                    for inner in range(child, self._last[child] + 1):
                        if inner not in self._never and not self._is_output(inner):
                            self._keep(inner, f"may raise what line {statement.line} catches")
        for inner in range(number + 1, self._last[number] + 1):
            item = self._statements[inner]
            steers = item.kind in ("raise", "assert") and item.parent == number
            steers = steers or (item.kind == "other" and statement.kind in _LOOPS and self._loop_of(inner) == number)
            if steers and inner not in self._never:
                self._keep(inner, f"steers what line {statement.line} does")

    # -- reasons to keep what no name asks for

    def _reason(self, number: int) -> tuple[str, str]:
        """Why a statement that nothing reads must be kept all the same, and the demanded name that it changes (or empty)."""
        deeds = self._effects.of_statement(number)
        for kind, changed in sorted(deeds.changes):
            if kind == "name":
                for name in self._affected(changed):
                    if self._is_demanded(name, number, through=name != changed):
                        return f"changes `{changed}`" + (f", which is part of `{name}`" if name != changed else ""), name
            elif kind == "module" and changed in self.closure.local:
                return f"changes the module `{changed}`", ""
        for name in sorted(deeds.binds | deeds.keys):
            if name == "*":
                if self._is_open():
                    return "binds names that can't be read from the source", ""
            elif self._is_demanded(name, number, through=False):
                return f"binds `{name}`", name
        if not deeds.client:
            for setting in sorted(deeds.settings):
                if self._is_seen(setting):
                    return f"sets `{setting.rstrip('=')}`", ""
        statement = self._statements[number]
        if statement.kind == "import":
            return self._reason_of_import(number), ""
        if statement.kind == "class" and self._asks_subclasses() and self._derives_from_kept(number):
            return "is found by __subclasses__()", ""
        if self._by_name and statement.kind in ("def", "class") and number not in self._never:
            return "may be looked up by name in globals()", ""
        return "", ""

    def _reason_of_import(self, number: int) -> str:
        """An import for the sake of what the module does when it is imported."""
        for item in self._imports[number]:
            if "type-checking" in item.under or item.scope != 0 or item.module == "__future__":
                continue
            source = self._things.absolute(self._loaded.name, item)
            unused = not self._is_used(bound_name(item))
            if not self._things.is_local_module(source):
                if unused and self._installed_for_effect(source, item):
                    return f"is imported for what `{source}` does when it is imported"
            elif (item.name is None or item.name != "*" or unused) and self._acts_on_import(item, unused=unused):
                return f"`{source}` acts on what is kept when it is imported"
        return ""

    def _installed_for_effect(self, source: str, item: Import) -> bool:
        root = source.partition(".")[0]
        if known_calls.is_standard(root) or root in known_calls.OUR_PACKAGES or item.asname is not None or item.name == "*":
            return False
        return root in self.closure.foreign if item.name is not None else self.closure.installs

    def _acts_on_import(self, item: Import, *, unused: bool) -> bool:
        below = closure_of(self._things, self._loaded.name, [item])
        new = below.local - self.closure.local
        if unused and any(
            closure_of(self._things, name, names.facts.imports).local & self.closure.local
            for name in new
            if (names := self._things.names(name)) is not None
        ):
            return True
        ships = bool(below.foreign & known_calls.OUR_PACKAGES)  # a wrapper of ours sets things up for the client
        return any(self._module_acts(name, settings=unused or not ships) for name in sorted(new))

    def _module_acts(self, name: str, *, settings: bool) -> bool:
        names = self._things.names(name)
        if names is None:
            return False
        effects = self._module_effects(name, names)
        for number in range(len(names.facts.statements)):
            if "main-guard" in names.facts.statements[number].under:
                continue
            deeds = effects.of_statement(number)
            if any(kind == "module" and changed in self.closure.local for kind, changed in deeds.changes):
                return True
            if settings and any(self._is_seen(setting) for setting in deeds.settings):
                return True
        return False

    def _module_effects(self, name: str, names: ModuleNames) -> Effects:
        if name not in self._effects_of:
            self._effects_of[name] = Effects(self._things.as_script(names.module))
        return self._effects_of[name]

    def _is_seen(self, setting: str) -> bool:
        """Whether code of the slice can see a setting of an installed module."""
        dotted = setting.rstrip("=")
        root = dotted.partition(".")[0]
        if known_calls.is_for_people(dotted):
            return False
        if known_calls.draws(dotted) and not known_calls.is_seed(dotted):
            return any(
                known_calls.is_seed(other) and other.partition(".")[0] == root
                for number in self._kept
                for other in self._effects.of_statement(number).settings
            )
        if root in known_calls.PROCESS_WIDE and (setting.endswith("=") or known_calls.is_setting(dotted)):
            return True
        return root in self.closure.foreign or (known_calls.is_seed(dotted) and self.closure.installs)

    def _derives_from_kept(self, number: int) -> bool:
        for scope in self._names.immediate[number][2]:
            for base in self._names.facts.scopes[scope].bases:
                name = root_name(base)
                if name in self._demands:
                    return True
                if any(
                    thing.kind == "class" and thing.module in self.closure.local
                    for thing in self._things.of(self._loaded.name, 0, base)
                ):
                    return True
        return False

    def _asks_subclasses(self) -> bool:
        """Whether code that the slice can see asks classes for their subclasses."""
        modules = [self._names, *(names for name in self.closure.local if (names := self._things.names(name)) is not None)]
        return any(names.asks_subclasses for names in modules)

    # -- names looked up at run time

    def _look_up_names(self, number: int) -> None:
        """Code that looks names up in ``globals()``: strings that name a definition keep it; others may be meant as well."""
        if number not in self._lookups:
            return
        self._by_name = True
        for text in self._loaded.facts.texts:
            if text.value in self._binders and not text.doc:
                self._need(text.value, self._end, "a lookup by name")

    @cached_property
    def _lookups(self) -> frozenset[int]:
        """Statements with code that looks module-level names up by strings."""
        facts = self._loaded.facts
        found: set[int] = set()
        reads: Counter[int] = Counter()
        for call in facts.calls:
            if call.func == ("name", "globals"):
                reads[call.statement] += 1
            elif call.func in (("name", "eval"), ("name", "exec")) or (call.func == ("name", "vars") and not call.args):
                found.add(call.statement)
            if any(_is_own_module(part) for part in (call.func, *call.args)):
                found.add(call.statement)
        for item in facts.bindings:
            if item.target[:2] == ("index", _GLOBALS):
                reads[item.statement] -= 1  # written to, not read
            if _is_own_module(item.value) or _is_own_module(item.target):
                found.add(item.statement)
        return frozenset(found | {number for number, count in reads.items() if count > 0})

    # -- what is asked about statements

    @property
    def closure(self) -> Closure:
        """What the imports kept so far bring."""
        if self._closure is None:
            items = [item for number in self._kept for item in self._imports.get(number, ())]
            self._closure = closure_of(self._things, self._loaded.name, items)
        return self._closure

    def _affected(self, changed: str) -> Iterator[str]:
        """Names whose object may be changed by a change of one's: itself, and what it is linked to."""
        seen = {changed}
        pending = [changed]
        while pending:
            name = pending.pop()
            yield name
            for other in sorted(self._links.get(name, ())):
                if other not in seen:
                    seen.add(other)
                    pending.append(other)

    def _is_demanded(self, name: str, number: int, *, through: bool) -> bool:
        """Whether a change of a name's object in a statement can reach a demand of the name."""
        if name in self._by_value:
            return False
        for position in self._demands.get(name, ()):
            if position <= number:
                continue
            if through or not any(
                number < other < position and self._rebinds(other, name) and name not in self._statements[other].uses
                for other in self._binders.get(name, ())
            ):
                return True
        return False

    def _is_open(self) -> bool:
        """Whether the slice reads a name that no statement binds."""
        return any(name not in self._binders and name not in _BUILTINS for name in self._demands)

    def _is_used(self, name: str) -> bool:
        return any(name in statement.uses or name in statement.deferred for statement in self._statements)

    def _rebinds(self, number: int, name: str) -> bool:
        """Whether the statement surely gives the name a new object, or takes it away."""
        statement = self._statements[number]
        if statement.parent >= 0 or statement.kind not in _REBINDS or name not in (*statement.binds, *statement.deletes):
            return False
        if statement.kind == "import":  # `import a.b` and `import a.c` add up
            return all(item.asname or item.name for item in self._imports[number] if bound_name(item) == name)
        kinds = {item.kind for item in self._names.assignments.get((0, name), ()) if item.statement == number}
        return kinds != {"walrus"}

    def _position(self, number: int) -> int:
        """Bindings before this position can reach what the statement reads: in a loop, all of the loop's."""
        found = number
        while number >= 0:
            if self._statements[number].kind in _LOOPS:
                found = self._last[number] + 1
            number = self._statements[number].parent
        return found

    def _loop_of(self, number: int) -> int:
        number = self._statements[number].parent
        while number >= 0 and self._statements[number].kind not in _LOOPS:
            number = self._statements[number].parent
        return number

    def _is_docstring(self, number: int) -> bool:
        statement = self._statements[number]
        return statement.kind == "expr" and any(
            text.doc and text.scope == 0 and text.line == statement.line for text in self._loaded.facts.texts
        )

    def _is_output(self, number: int) -> bool:
        """An expression statement that only reads and brings out, such as a ``print``."""
        statement = self._statements[number]
        calls = self._names.immediate[number][0]
        if statement.kind != "expr":
            return False
        deeds = self._effects.of_statement(number)
        outermost_reads = all(
            call.func == ("name", "print") or (call.func[0] == "attr" and not known_calls.method_changes(call.func[2]))
            for call in calls[:1]
        )
        return bool(calls) and outermost_reads and not deeds.changes and not deeds.binds and not deeds.settings

    def _client_of(self, number: int) -> str:
        deeds = self._effects.of_statement(number)
        if deeds.client:
            return f"`{deeds.client}`"
        calls, bindings, _ = self._names.immediate[number]
        expressions = [part for call in calls for part in (call.func, *call.args)] + [item.value for item in bindings]
        if any(_mentions(part, ("attr", ("name", "sys"), "argv")) for part in expressions):
            return "`sys.argv`"
        return "`parse_args()`" if any(call.func[0] == "attr" and call.func[2].startswith("parse_args") for call in calls) else ""

    # -- preparation

    def _find_never(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for number, statement in enumerate(self._statements):
            deeds = self._effects.of_statement(number)
            parent = statement.parent
            if (
                parent >= 0
                and parent in found
                and (self._is_guard(parent) or "main guard" in found[parent] or self._header_submits(parent))
            ):
                found[number] = found[parent]
            elif self._is_guard(number):
                found[number] = "is the main guard"
            elif deeds.submits:
                found[number] = deeds.submits
            elif (deeds.exits and statement.kind == "expr") or (statement.kind == "raise" and "SystemExit" in statement.uses):
                found[number] = "ends the process"
        return found

    def _header_submits(self, number: int) -> bool:
        return bool(self._effects.of_statement(number).submits)

    def _is_guard(self, number: int) -> bool:
        statement = self._statements[number]
        return statement.kind == "if" and any(
            "main-guard" in self._statements[child].under and "main-guard" not in statement.under
            for child in self._children.get(number, ())
            if self._statements[child].branch == "body"
        )

    def _find_binders(self) -> dict[str, list[int]]:
        found: dict[str, set[int]] = defaultdict(set)
        for name, numbers in self._names.binders.items():
            found[name].update(numbers)
        for number in range(self._end):
            deeds = self._effects.of_statement(number)
            for name in (*deeds.binds, *deeds.keys):
                if name != "*":
                    found[name].add(number)
        return {name: sorted(numbers) for name, numbers in found.items()}

    def _find_links(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for number in range(self._end):
            for (kind, first), (other_kind, second) in self._effects.of_statement(number).links:
                if kind == other_kind == "name":
                    found[first].add(second)
        return found

    # -- messages

    def _block(self, name: str, number: int, user: str, position: int) -> None:
        if self._optional and position == self._end:
            self._note(number, f"`{name}`, which {user} reads, is not set on the other side: the statement {self._never[number]}")
            return
        raise _BlockedError(name, number, user)

    def _error(self, blocked: _BlockedError) -> AnalysisError:
        statement = self._statements[blocked.statement]
        why = self._never.get(blocked.statement, "never travels")
        user = "" if blocked.user in ("the entry point", "the function") else f", which {blocked.user} needs,"
        if "main guard" in why:
            message = (
                f'`{blocked.name}`{user} is set only under `if __name__ == "__main__":`, which does not run on the other side; '
                "move the statement above the guard, or pass the value as an argument"
            )
        else:
            message = (
                f"`{blocked.name}`{user} depends on this statement, which {why} and so never runs on the other side; "
                "pass the value as an argument, or make it in a statement of its own"
            )
        return AnalysisError(message, self._path, statement.line)

    def _note(self, number: int, message: str) -> None:
        self._notes[number, message] = Note(message, self._path, self._statements[number].line)

    def _label(self, number: int) -> str:
        statement = self._statements[number]
        if statement.kind in ("def", "class") and statement.binds:
            return f"`{statement.binds[0]}`"
        return f"line {statement.line}"

    # -- the result

    def _note_unbound(self) -> None:
        """Names that the slice reads in the end and nothing binds: a magic may have, or a cell that is left out."""
        if any(self._imports_a_star(number) for number in self._kept) or any(
            "*" in self._effects.of_statement(number).keys for number in self._kept
        ):
            return
        for name, where in sorted(self._demands.items()):
            if self._end in where and name not in self._binders and name not in _BUILTINS:
                self._note(self._reader_of(name), f"nothing binds `{name}`, which {where[self._end]} reads")

    def _imports_a_star(self, number: int) -> bool:
        return any(item.name == "*" for item in self._imports.get(number, ()))

    def _reader_of(self, name: str) -> int:
        return next((number for number in sorted(self._kept) if name in self._statements[number].deferred), 0)

    def result(self) -> Slice:
        self._note_unbound()
        kept = frozenset(self._kept)
        decisions = tuple(
            Decision(number, statement.line, number in kept, self._kept.get(number) or self._dropped(number))
            for number, statement in enumerate(self._statements)
        )
        source = without(self._loaded.source, self._path, self._statements, kept)
        return Slice(source, kept, decisions, tuple(self._notes[key] for key in sorted(self._notes)))

    def _dropped(self, number: int) -> str:
        if number in self._never:
            return self._never[number]
        if number in self._refused:
            return self._refused[number]
        statement = self._statements[number]
        if statement.binds:
            return "binds nothing that is reached"
        return "changes nothing that is reached"


def _children(statements: tuple[Statement, ...]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for number, statement in enumerate(statements):
        found[statement.parent].append(number)
    return found


def _last_descendants(statements: tuple[Statement, ...]) -> list[int]:
    last = list(range(len(statements)))
    for number in range(len(statements) - 1, -1, -1):
        parent = statements[number].parent
        if parent >= 0:
            last[parent] = max(last[parent], last[number])
    return last


def _imports_by_statement(imports: Iterable[Import]) -> dict[int, list[Import]]:
    found: dict[int, list[Import]] = defaultdict(list)
    for item in imports:
        found[item.statement].append(item)
    return dict(found)


def _mentions(expression: Expr, wanted: Expr) -> bool:
    return expression == wanted or any(_mentions(child, wanted) for child in children(expression))


def _is_own_module(expression: Expr) -> bool:
    modules: Expr = ("attr", ("name", "sys"), "modules")
    return _mentions(expression, ("index", modules, ("name", "__name__"))) or _mentions(
        expression, ("index", modules, ("str", "__main__"))
    )
