"""The script that is sliced: its statements, what they bind, do and hold, and which of them never travel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing import known_calls
from clustrix_bundle.bundler.slicing.deeds import AFTERWARDS
from clustrix_bundle.bundler.slicing.effects import Effects
from clustrix_bundle.bundler.slicing.lookups import (
    names_in_texts,
    names_of_own_module,
    statements_that_evaluate,
    statements_that_look_up,
)
from clustrix_bundle.bundler.slicing.names import ModuleNames, bound_name, mentions, root_name, taken_from_modules
from clustrix_bundle.bundler.slicing.never import find_never
from clustrix_bundle.bundler.slicing.parts import is_new, joined, meets, split
from clustrix_bundle.bundler.slicing.read_later import find_names_read_later
from clustrix_bundle.bundler.slicing.things import Modules, Things

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.facts.model import Call, Expr, Import, Statement
    from clustrix_bundle.bundler.slicing.deeds import Root
    from clustrix_bundle.bundler.slicing.things import Thing

LOOPS = frozenset({"for", "while"})
_REBINDS = frozenset({"import", "def", "class", "assign", "aug", "with", "type", "del"})


class Script:
    """An index over the module-level statements of a script; nothing of it changes while the slice grows.

    Attributes:
        end: The position after the last statement.
        children: Statements by the one that holds them, -1 for the top level.
        last: For each statement the last one that it holds, or itself.
        never: Statements that never travel, with the reason.
        binders: Statements by the names that they may bind or delete, in source order; functions that they call included.
        links: Names whose object may be changed by a change of another's.
        imports: Imports by statement.
    """

    def __init__(self, loaded: LoadedModule, modules: Modules) -> None:
        self.loaded = loaded
        self.things = Things(loaded, modules)
        names = self.things.names(loaded.name)
        assert names is not None
        self.names: ModuleNames = names
        self.statements = loaded.facts.statements
        self.effects = Effects(self.things)
        self.end = len(self.statements)
        self.children = _children(self.statements)
        self.last = _last_descendants(self.statements)
        self.never = find_never(self.statements, self.children, self.effects)
        self.binders = self._find_binders()
        self.links = self._find_links()
        self.imports = _imports_by_statement(loaded.facts.imports)
        self._rebinds: dict[tuple[int, str], bool] = {}
        self._evaluated: dict[bool, frozenset[str]] = {}

    @cached_property
    def lookups(self) -> frozenset[int]:
        """Statements with code that looks module-level names up by strings."""
        return statements_that_look_up(self.loaded.facts)

    @cached_property
    def own_attributes(self) -> frozenset[str]:
        """Module-level names that code takes as attributes of the module itself."""
        return names_of_own_module(self.loaded.source) & self.binders.keys()

    def evaluated(self, number: int) -> frozenset[str]:
        """Module-level names that texts of the script name, as code of the statement that evaluates one would read them."""
        after_at = self._evaluators.get(number)
        if after_at is None:
            return frozenset()
        if after_at not in self._evaluated:
            texts = [text.value for text in self.loaded.facts.texts if not text.doc]
            self._evaluated[after_at] = names_in_texts(texts, after_at=after_at) & self.binders.keys()
        return self._evaluated[after_at]

    @cached_property
    def _evaluators(self) -> dict[int, bool]:
        return statements_that_evaluate(self.loaded.facts)

    @cached_property
    def read_later(self) -> dict[str, frozenset[str]]:
        """Names that calls of what a name holds may read; see `find_names_read_later`."""
        makers = {name: set(numbers) for name, numbers in self.binders.items()}
        for number in range(self.end):
            for kind, name in self.effects.of_statement(number).changes:
                if kind == "name" and name in makers:
                    makers[name].add(number)
        return find_names_read_later(
            self.statements, {name: sorted(numbers - self.never.keys()) for name, numbers in makers.items()}
        )

    def may_call_what_it_makes(self, number: int) -> bool:
        """Whether functions and lambdas that a statement makes may be called while it runs."""
        return bool(self.names.immediate[number][0]) or self.statements[number].kind == "class" or bool(self.decorators(number))

    def affected(self, changed: str) -> Iterator[str]:
        """Names whose object may be changed by a change of one's: itself, and what it is linked to."""
        seen = {changed}
        pending = [changed]
        while pending:
            name = pending.pop()
            yield name
            copies = self.links.get(f"<{name}", ()) if name != changed else ()
            for other in sorted({*self.links.get(name, ()), *copies}):
                if other not in seen:
                    seen.add(other)
                    pending.append(other)

    def affected_in(self, part: Root, call: str, number: int) -> Iterator[str]:
        """Names whose object may be changed when a statement changes a part of one's: what is kept there, and what that is linked to."""
        seen = {part}
        pending = [part]
        told: set[str] = set()
        while pending:
            owner, steps = split(pending.pop())
            for place, kept, giving, statement in self._kept_in.get(owner, ()):
                if (giving and giving == call) or not self._is_before(statement, number, bound=giving == AFTERWARDS):
                    continue
                for rest in meets(steps, place):
                    found = joined(kept, rest)
                    kind, name = split(found)[0]
                    if kind == "name" and name not in told and not (is_new(kept) and not rest):
                        for other in self.affected(name):
                            if other not in told:
                                told.add(other)
                                yield other
                    if found not in seen:
                        seen.add(found)
                        pending.append(found)

    def _is_before(self, first: int, second: int, *, bound: bool) -> bool:
        """Whether a statement may run, or have bound what it binds, before another has ended: it stands before it, in it, or in a loop with it."""
        return first < self.position(second) or first <= self.last[second] - (bound and first == second)

    @cached_property
    def _kept_in(self) -> dict[Root, list[tuple[tuple[str, ...], Root, str, int]]]:
        """What objects keep, and where: by the whole object the steps to the place, what is kept, the call that gave it, and the statement."""
        found: dict[Root, list[tuple[tuple[str, ...], Root, str, int]]] = defaultdict(list)
        for number in range(self.end):
            if number not in self.never:
                for place, kept, call in sorted(self.effects.of_statement(number).keeps):
                    owner, steps = split(place)
                    found[owner].append((steps, kept, call, number))
        return found

    def is_used(self, name: str) -> bool:
        return any(name in statement.uses or name in statement.deferred for statement in self.statements)

    def rebinds(self, number: int, name: str) -> bool:
        """Whether the statement surely gives the name a new object, or takes it away."""
        key = (number, name)
        if key not in self._rebinds:
            self._rebinds[key] = self._surely_rebinds(number, name)
        return self._rebinds[key]

    def _surely_rebinds(self, number: int, name: str) -> bool:
        statement = self.statements[number]
        if statement.parent >= 0 or statement.kind not in _REBINDS or name not in (*statement.binds, *statement.deletes):
            return False
        if statement.kind == "import":  # `import a.b` and `import a.c` add up
            return all(item.asname or item.name for item in self.imports[number] if bound_name(item) == name)
        kinds = {item.kind for item in self.names.assignments.get((0, name), ()) if item.statement == number}
        return kinds != {"walrus"}

    def position(self, number: int) -> int:
        """Bindings before this position can reach what the statement reads: in a loop, all of the loop's."""
        found = number
        while number >= 0:
            if self.statements[number].kind in LOOPS:
                found = self.last[number] + 1
            number = self.statements[number].parent
        return found

    def loop_of(self, number: int) -> int:
        number = self.statements[number].parent
        while number >= 0 and self.statements[number].kind not in LOOPS:
            number = self.statements[number].parent
        return number

    def is_docstring(self, number: int) -> bool:
        statement = self.statements[number]
        return statement.kind == "expr" and any(
            text.doc and text.scope == 0 and text.line == statement.line for text in self.loaded.facts.texts
        )

    def is_output(self, number: int) -> bool:
        """An expression statement that only reads and brings out, such as a ``print``."""
        statement = self.statements[number]
        calls = self.names.immediate[number][0]
        if statement.kind != "expr":
            return False
        deeds = self.effects.of_statement(number)
        outermost_reads = all(
            call.func == ("name", "print") or (call.func[0] == "attr" and not known_calls.method_changes(call.func[2]))
            for call in calls[:1]
        )
        return bool(calls) and outermost_reads and not deeds.changes and not deeds.binds and not deeds.settings

    def redirects(self, number: int) -> bool:
        """Whether a ``with`` statement takes in what is printed below it."""
        callees = [call.func for call in self.names.immediate[number][0]]
        return any(
            thing.kind in ("foreign", "foreign-made") and thing.module in known_calls.REDIRECTIONS
            for entered in (*callees, *(("name", name) for name in self.statements[number].uses))
            for thing in self.things.of(self.loaded.name, 0, entered)
        )

    def swallows(self, number: int) -> bool:
        """Whether a ``with`` statement may end what is raised below it, so that statements of its body decide which others run."""
        for call in self.names.immediate[number][0]:
            for thing in self.things.of(self.loaded.name, 0, call.func):
                if thing.kind == "foreign" and thing.module.rpartition(".")[2] in ("suppress", "raises", "assertRaises"):
                    return True
                if thing.kind == "class" and any(map(self._answers, self.things.method_scopes(thing, "__exit__", set()))):
                    return True
                if thing.kind == "function" and self._handles(thing):
                    return True
        return any(
            thing.kind == "instance" and any(map(self._answers, self.things.method_scopes(thing, "__exit__", set())))
            for name in self.statements[number].uses
            for thing in self.things.global_name(self.loaded.name, name)
        )

    def _answers(self, method: Thing) -> bool:
        """Whether an ``__exit__`` gives anything back."""
        names = self.things.names(method.module)
        found = names.bindings_in.get(method.scope, ()) if names is not None else ()
        return any(item.kind == "return" and item.value not in (("const", "None"), ("const", "False")) for item in found)

    def _handles(self, function: Thing) -> bool:
        """Whether a function, such as a context manager's generator, handles errors, as far as its words tell."""
        names = self.things.names(function.module)
        if names is None:
            return False
        scope = names.facts.scopes[function.scope]
        lines = names.module.source.splitlines()[scope.line - 1 : scope.end_line]
        return any(b"except" in line or b"suppress" in line for line in lines)

    def client_of(self, number: int) -> str:
        deeds = self.effects.of_statement(number)
        if deeds.client:
            return f"`{deeds.client}`"
        calls, bindings, _ = self.names.immediate[number]
        expressions = [part for call in calls for part in (call.func, *call.args)] + [item.value for item in bindings]
        if any(mentions(part, ("attr", ("name", "sys"), "argv")) for part in expressions):
            return "`sys.argv`"
        return "`parse_args()`" if any(call.func[0] == "attr" and call.func[2].startswith("parse_args") for call in calls) else ""

    def acts_on(self, number: int, name: str) -> bool:
        """Whether a statement itself assigns to a part of an object, deletes one, calls a method on it, decorates by one, or gives it to what changes it by its name; being given alone does not count."""
        calls, bindings, _ = self.names.immediate[number]
        owners = [item.target for item in bindings if item.target[0] in ("attr", "index")]
        owners += [call.func[1] for call in calls if call.func[0] == "attr" and known_calls.method_changes(call.func[2])]
        owners += [value for call in calls for value in self._changed_by(call)]
        owners += [
            item.target[1] if item.target[0] in ("attr", "index") else item.target
            for item in self.names.syntax.deletions.get(0, ())
            if item.statement == number and item.target[0] in ("attr", "index")
        ]
        owners += [decorator for decorator in self.decorators(number) if root_name(decorator) != decorator[1]]
        return any(root_name(owner) == name for owner in owners)

    def _changed_by(self, call: Call) -> Iterator[Expr]:
        """Arguments that a call of something installed surely changes: ``heappush(xs, 1)``, ``atexit.register(xs.append, 1)``."""
        values = (*call.args, *(value for _, value in call.keywords))
        yield from (value[1] for value in values if value[0] == "attr" and known_calls.is_mutator(value[2]))
        names = frozenset(name or "" for name, _ in call.keywords)
        if any(
            thing.kind == "foreign" and known_calls.surely_changes_argument(thing.module, names)
            for thing in self.things.of(self.loaded.name, call.scope, call.func)
        ):
            yield from values

    def decorators(self, number: int) -> tuple[Expr, ...]:
        """The decorators of the definition that a statement is."""
        scopes = [self.names.facts.scopes[scope] for scope in self.names.immediate[number][2]]
        return next((scope.decorators for scope in scopes if scope.line == self.statements[number].line), ())

    def starts(self, number: int) -> str:
        """What a statement makes that runs beside the program: ``threading.Thread``; empty where it makes none."""
        return next(
            (
                thing.module
                for call in self.names.immediate[number][0]
                for thing in self.things.of(self.loaded.name, call.scope, call.func)
                if thing.kind == "foreign" and thing.module in known_calls.STARTED
            ),
            "",
        )

    def modules_asked_for(self, number: int) -> set[str]:
        """Modules that a statement takes from ``sys.modules`` by their names, and so does not import."""
        calls, bindings, _ = self.names.immediate[number]
        expressions = [part for call in calls for part in (call.func, *call.args)]
        expressions += [part for item in bindings for part in (item.target, item.value)]
        return {name for part in expressions for name in taken_from_modules(part)}

    def imports_module(self, number: int, source: str) -> bool:
        return any(
            self.things.absolute(self.loaded.name, item) == source
            or f"{self.things.absolute(self.loaded.name, item)}.{item.name}" == source
            for item in self.imports.get(number, ())
        )

    def imports_a_star(self, number: int) -> bool:
        return any(item.name == "*" for item in self.imports.get(number, ()))

    def label(self, number: int) -> str:
        statement = self.statements[number]
        if statement.kind in ("def", "class") and statement.binds:
            return f"`{statement.binds[0]}`"
        return f"line {statement.line}"

    def _find_binders(self) -> dict[str, list[int]]:
        found: dict[str, set[int]] = defaultdict(set)
        for name, numbers in self.names.binders.items():
            found[name].update(numbers)
        for number in range(self.end):
            deeds = self.effects.of_statement(number)
            for name in (*deeds.binds, *deeds.keys):
                if name not in ("*", "?"):
                    found[name].add(number)
        return {name: sorted(numbers) for name, numbers in found.items()}

    def _find_links(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for number in range(self.end):
            if number in self.never:  # what a submission gives is a thing of the client: no part of what travels
                continue
            for (kind, first), (other_kind, second) in self.effects.of_statement(number).links:
                if kind == other_kind == "name":
                    found[first].add(second)
        return found


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
