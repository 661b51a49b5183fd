"""The slice of an entry file that can't be imported: which of its module-level statements travel, and why.

A def/use graph of the module-level statements is followed from the entry point. A *demand* is a name and a position in the
source: a function's body asks for what a name holds in the end, a statement that runs at once for what it holds there. A
demand keeps every binding that may reach it (back to one that surely rebinds the name), and every statement between that may change the object. Effects on other modules
are kept as far as the slice can see these modules. What submits is never kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.errors import TargetError
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.slicing.blanking import without
from clustrix_bundle.bundler.slicing.blocked import BlockedError, error_of
from clustrix_bundle.bundler.slicing.lost import Lost
from clustrix_bundle.bundler.slicing.reasons import WRITES, Reasons
from clustrix_bundle.bundler.slicing.script import LOOPS, Script
from clustrix_bundle.bundler.slicing.selection import BUILTINS, Selection
from clustrix_bundle.bundler.slicing.star_imports import StarImports
from clustrix_bundle.bundler.slicing.things import Modules, NoModules

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.graph import Note


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
        looked_up: Names that kept code may look up by strings.
    """

    source: bytes
    kept: frozenset[int]
    decisions: tuple[Decision, ...]
    notes: tuple[Note, ...]
    looked_up: frozenset[str] = frozenset()


def slice_module(
    loaded: LoadedModule,
    entry_qualname: str,
    modules: Modules | None = None,
    *,
    by_value: frozenset[str] = frozenset(),
    display_path: str = "",
    has_file: Callable[[str], bool] | None = None,
) -> Slice:
    """The part of an entry file that an entry point needs.

    Args:
        loaded: The file, with facts of all its statements.
        entry_qualname: ``func`` or ``Class.method``.
        modules: Finds and loads local modules (a `World` does); without it none is local.
        by_value: Module-level names whose values travel by themselves: nothing is kept for them.
        display_path: Path for messages; the file's own where empty.
        has_file: Whether a relative path is there to be shipped; without it none is.

    Raises:
        TargetError: the file binds no such name.
        AnalysisError: a kept name depends on a statement that is never kept.
    """
    names = [entry_qualname.partition(".")[0]]
    return slice_names(loaded, names, modules, by_value=by_value or None, display_path=display_path, has_file=has_file)


def slice_names(
    loaded: LoadedModule,
    names: Iterable[str],
    modules: Modules | None = None,
    *,
    wanted: Iterable[str] = (),
    by_value: frozenset[str] | None = None,
    display_path: str = "",
    has_file: Callable[[str], bool] | None = None,
    script: Script | None = None,
) -> Slice:
    """The part of an entry file that several module-level names need; see `slice_module`.

    ``script`` is an index of the file made before, for who slices it several times: making it takes most of the time.

    ``wanted`` are names that are kept too, each only if it depends on nothing that never travels.
    With ``by_value``, even empty, it is the slice of a running program: what has changed travels by value, so statements that
    never travel are no obstacle for having changed something.
    """
    live = by_value is not None
    there = (lambda path: True) if live else has_file or (lambda path: False)  # noqa: ARG005 - what has run has written its files
    script = script or Script(loaded, modules or NoModules())
    slicer = _Slicer(script, by_value or frozenset(), display_path or str(loaded.path), there)
    slicer.live = slicer.reasons.live = live
    slicer.run(list(names), list(wanted))
    return slicer.result()


class _Slicer:
    def __init__(self, script: Script, by_value: frozenset[str], path: str, has_file: Callable[[str], bool]) -> None:
        self.script = script
        self.selection = Selection(self.script, by_value)
        self.live = False
        self.looked_up: set[str] = set()
        self._path = path
        self.reasons = Reasons(self.script, self.selection, has_file)
        self._stars = StarImports(self.script)
        self._refused: dict[int, str] = {}
        self._optional = False
        self._waiting: dict[str, tuple[int, str, int, bool]] = {}

    # -- the fixpoint

    def run(self, names: list[str], wanted: list[str]) -> None:
        for name in names:
            if name not in self.script.binders and "*" not in self.script.names.binders:
                raise TargetError(f"{self._path} binds no name `{name}` at module level", name)
        for number, items in self.script.imports.items():
            if any(item.module == "__future__" for item in items):
                self._keep(number, "switches the language")
        try:
            for name in names:
                self._need(name, self.script.end, "the entry point")
        except BlockedError as blocked:
            raise error_of(blocked, self.script, self._path) from None
        for name in wanted:
            self._want(name)
        changed = True
        while changed:
            changed = False
            for number in range(self.script.end):
                if number not in self.selection.kept and number not in self._refused and self._consider(number):
                    changed = True
        self._judge_waiting()

    def _consider(self, number: int) -> bool:
        """Keeps a statement that changes what the slice sees, if there is reason to; True if it is kept."""
        reason, needed = self.reasons.of(number)
        if not reason:
            return False
        if number in self.script.never:
            if (
                needed
                and not self.live
                and self.script.effects.of_statement(number).submits
                and self.script.acts_on(number, needed)
            ):
                raise error_of(BlockedError(needed, number, "the function"), self.script, self._path)
            return False
        blocked = self._try(lambda: self._keep(number, reason))
        if blocked is None:
            if self.script.effects.of_statement(number).defers:
                self._keep_uses(number)
            started = self.script.starts(number)
            if started:
                self._note(
                    number,
                    f"the `{started}` that is made here runs in the job too, as it {reason}, which the function depends on; "
                    "if it is meant for this side alone, start it under the main guard",
                )
            return True
        if needed:
            raise error_of(blocked, self.script, self._path)
        line = self.script.statements[blocked.statement].line
        self._refused[number] = f"{reason}, but needs `{blocked.name}` of line {line}, which never travels"
        self._note(number, f"not kept: {self._refused[number]}")
        return False

    def _keep_uses(self, number: int) -> None:
        """What binds a thing that runs functions later acts when it is used: ``thread.start()``."""
        binds = set(self.script.statements[number].binds)
        for other in range(number + 1, self.script.end):
            if binds & set(self.script.statements[other].uses) and other not in self.script.never:
                self._try(lambda other=other: self._keep(other, f"uses what line {self.script.statements[number].line} starts"))  # type: ignore[misc]

    def _want(self, name: str) -> None:
        """Keeps what binds a name, if that can be."""
        if name in self.script.binders:
            self._try(lambda: self._need(name, self.script.end, "another module"))

    def _try(self, keep: Callable[[], None]) -> BlockedError | None:
        """Keeps more if that can be; nothing changes, and the obstacle comes back, if not."""
        before, optional = self.selection.copy(), self._optional
        self._optional = True
        try:
            keep()
        except BlockedError as blocked:
            self.selection = self.reasons.selection = before
            return blocked
        finally:
            self._optional = optional
        return None

    def _need(self, name: str, position: int, user: str) -> None:
        """A name is read at a position: keeps the bindings that may reach it."""
        where = self.selection.demands.setdefault(name, {})
        if position in where or name in self.selection.by_value:
            return
        where[position] = user
        if name == "__doc__" and self.script.statements and self.script.is_docstring(0):
            self._keep(0, "`__doc__` is read")
        guarded = -1
        found = False
        for number in reversed(self.script.binders.get(name, [])):
            if number >= position:
                continue
            if number in self.script.never:
                if "main guard" in self.script.never[number]:
                    guarded = number if guarded < 0 else guarded
                    continue
                self._block(name, number, user, position)
                found = True
            else:
                self._keep(number, f"binds `{name}` for {user}" if user != "the entry point" else "the entry point")
                found = True
            if self.script.rebinds(number, name):
                break
        found = self._need_star(name, position, found=found) or found
        if guarded >= 0 and not found and name not in BUILTINS:
            if self._setters(name):
                self._waiting[name] = (guarded, user, position, self._optional)
            else:
                self._block(name, guarded, user, position)
        elif guarded >= 0:
            self._note(guarded, f"`{name}` is set anew under the main guard; the function gets the value from above the guard")
        if position < self.script.end:  # who reads a function may call it
            for other in sorted(self.script.read_later.get(name, ())):
                self._need(other, position, f"`{name}`")

    def _setters(self, name: str) -> set[int]:
        """Functions that set a global when they run, as the initializer of a pool does."""
        return self._global_binders.get(name, set())

    @cached_property
    def _global_binders(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for number, statement in enumerate(self.script.statements):
            for name in statement.global_binds:
                found.setdefault(name, set()).add(number)
        return found

    def _judge_waiting(self) -> None:
        """Names that only the main guard sets must be set by functions that travel."""
        for name, (guarded, user, position, optional) in self._waiting.items():
            if position in self.selection.demands.get(name, ()) and not self._setters(name) & self.selection.kept.keys():
                self._optional = optional
                try:
                    self._block(name, guarded, user, position)
                except BlockedError as blocked:
                    raise error_of(blocked, self.script, self._path) from None

    def _need_star(self, name: str, position: int, *, found: bool) -> bool:
        """Star imports that may bring a name that no statement surely binds after them."""
        kept = False
        if "*" not in self.script.names.binders:
            return False
        if any(self.script.rebinds(number, name) for number in self.script.binders.get(name, []) if number < position):
            last = max(number for number in self.script.binders[name] if number < position and self.script.rebinds(number, name))
        else:
            last = -1
        for number in self.script.names.binders.get("*", []):
            if last < number < position and number not in self.script.never:
                for item in self.script.imports[number]:
                    if item.name == "*" and self._stars.may_bring(item, name):
                        self._keep(number, f"may bind `{name}`")
                        kept = True
        return kept and (found or name not in BUILTINS)

    def _keep(self, number: int, reason: str) -> None:
        if number in self.selection.kept:
            return
        statement = self.script.statements[number]
        if number in self.script.never:
            raise BlockedError(statement.binds[0] if statement.binds else "?", number, reason)
        self.selection.keep(number, reason)
        if statement.parent >= 0:
            self._keep(statement.parent, f"holds line {statement.line}")
        position = self.script.position(number)
        label = self.script.label(number)
        for name in statement.uses:
            self._need(name, position, label)
        for name in statement.deletes:
            self._need(name, position, label)  # in a loop the next round's is another
        for name in statement.deferred:
            if self.script.may_call_what_it_makes(number):
                self._need(name, position, label)
            self._need(name, self.script.end, label)
        self._keep_control(number, reason)
        self._look_up_names(number)
        if any(item.module == "__main__" for item in self.script.imports.get(number, ())):
            for name in self.script.binders:
                self._want(name)
        for source in self.script.modules_asked_for(number):
            for other in range(number):
                if other not in self.script.never and self.script.imports_module(other, source):
                    self._keep(other, f"imports what {label} asks `sys.modules` for")
        client = self.script.client_of(number)
        if client:
            self._note(number, f"{client} stands for the client's own here; on the other side it is another")

    def _keep_control(self, number: int, reason: str) -> None:
        """Inner statements that decide whether the kept ones are executed."""
        statement = self.script.statements[number]
        children_here = self.script.children.get(number, [])
        if statement.kind == "try" and any(self.script.statements[child].branch == "handler" for child in children_here):
            for child in children_here:
                if self.script.statements[child].branch == "body":
                    for inner in range(child, self.script.last[child] + 1):
                        if inner not in self.script.never and not self.script.is_output(inner):
                            self._keep(inner, f"may raise what line {statement.line} catches")
        if statement.kind == "with" and self.script.swallows(number):
            for inner in range(number + 1, self.script.last[number] + 1):
                if inner not in self.script.never and not self.script.is_output(inner):
                    self._keep(inner, f"may raise what line {statement.line} ends")
        if reason.startswith(WRITES):
            self._keep_writing(number)
        if statement.kind == "with" and self.script.redirects(number):
            for inner in range(number + 1, self.script.last[number] + 1):
                if inner not in self.script.never:
                    self._keep(inner, f"may print what line {statement.line} takes in")
        for inner in range(number + 1, self.script.last[number] + 1):
            item = self.script.statements[inner]
            steers = item.kind in ("raise", "assert") and item.parent == number
            steers = steers or (item.kind == "other" and statement.kind in LOOPS and self.script.loop_of(inner) == number)
            if steers and inner not in self.script.never:
                self._keep(inner, f"steers what line {statement.line} does")

    def _keep_writing(self, number: int) -> None:
        """A file is written by the statement that opens it, all that it holds, and all that uses what it binds."""
        statement = self.script.statements[number]
        for other in range(number + 1, self.script.end):
            inside = other <= self.script.last[number]
            uses = any(name in self.script.statements[other].uses for name in statement.binds)
            if (inside or uses) and other not in self.script.never and statement.kind not in ("def", "class"):
                self._keep(other, f"may write what line {statement.line} opens")

    def _look_up_names(self, number: int) -> None:
        """Code that looks names up in ``globals()``: strings that name a definition keep it; others may be meant as well."""
        for name in sorted(self.script.evaluated(number) - self.looked_up):
            self.looked_up.add(name)
            self._want(name)
        if number not in self.script.lookups:
            return
        self.selection.by_name = True
        for name in sorted(self.script.own_attributes):
            self.looked_up.add(name)
            self._need(name, self.script.end, "a lookup by name")
        for text in self.script.loaded.facts.texts:
            if text.value in self.script.binders and not text.doc:
                self.looked_up.add(text.value)
                self._need(text.value, self.script.end, "a lookup by name")

    # -- messages

    def _block(self, name: str, number: int, user: str, position: int) -> None:
        if self._optional and position == self.script.end:
            self._note(
                number, f"`{name}`, which {user} reads, is not set on the other side: the statement {self.script.never[number]}"
            )
            return
        raise BlockedError(name, number, user)

    def _note(self, number: int, message: str) -> None:
        self.selection.note(number, message, self._path)

    # -- the result

    def _bound_in_classes(self) -> set[str]:
        """Names of class bodies, which in a class inside a function may be read there as if they were the module's (``@v.setter``)."""
        facts = self.script.loaded.facts
        classes = {number for number, scope in enumerate(facts.scopes) if scope.kind == "class"}
        found = {scope.name for scope in facts.scopes if scope.parent in classes}
        return found | {
            binding.target[1] for binding in facts.bindings if binding.scope in classes and binding.target[0] == "name"
        }

    def _note_unbound(self) -> None:
        """Names that the slice reads in the end and nothing binds: a magic may have, or a cell that is left out."""
        if any(self.script.imports_a_star(number) for number in self.selection.kept) or any(
            self.script.effects.of_statement(number).keys & {"*", "?"} for number in self.selection.kept
        ):
            return
        settings = {setting for number in self.selection.kept for setting in self.script.effects.of_statement(number).settings}
        for name, where in sorted(self.selection.demands.items()):
            if settings & {f"builtins.{name}=", f"__main__.{name}="}:
                continue
            if self._setters(name) & self.selection.kept.keys():
                continue
            if self.script.end in where and name not in self.script.binders and name not in BUILTINS | self._bound_in_classes():
                self._note(self._reader_of(name), f"nothing binds `{name}`, which {where[self.script.end]} reads")

    def _reader_of(self, name: str) -> int:
        return next((number for number in sorted(self.selection.kept) if name in self.script.statements[number].deferred), 0)

    def result(self) -> Slice:
        self._note_unbound()
        for line, message in Lost(self.script, self.selection, self.reasons, live=self.live):
            self.selection.note_line(line, message, self._path)
        kept = frozenset(self.selection.kept)
        decisions = tuple(
            Decision(number, statement.line, number in kept, self.selection.kept.get(number) or self._dropped(number))
            for number, statement in enumerate(self.script.statements)
        )
        source = without(self.script.loaded.source, self._path, self.script.statements, kept)
        return Slice(source, kept, decisions, self.selection.notes, frozenset(self.looked_up))

    def _dropped(self, number: int) -> str:
        if number in self.script.never:
            return self.script.never[number]
        if number in self._refused:
            return self._refused[number]
        statement = self.script.statements[number]
        if statement.binds:
            return "binds nothing that is reached"
        return "changes nothing that is reached"
