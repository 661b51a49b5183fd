"""The deeds of every statement and function of a script, those of what they call included.

A piece of code is a function with everything nested in it, or the part of a module-level statement that runs at once. Its own
deeds are read from its bindings and calls (`Deeds`); those of the functions that it calls, registers with or constructs are
added until nothing changes (`Effects.of_statement`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing.application import UNKNOWN
from clustrix_bundle.bundler.slicing.call_expressions import as_expression, calls_of_calls, named_in, outermost, shares, shifts
from clustrix_bundle.bundler.slicing.calls import CallReader
from clustrix_bundle.bundler.slicing.deeds import AFTERWARDS, OWN, Deeds, Root
from clustrix_bundle.bundler.slicing.definitions import DefinitionReader
from clustrix_bundle.bundler.slicing.implicit import ImplicitRuns, remembers
from clustrix_bundle.bundler.slicing.names import ModuleNames, chain, root_name
from clustrix_bundle.bundler.slicing.parts import ANYTHING, DEEP_ONLY, ELEMENT, SOMEWHERE, below, is_new, joined
from clustrix_bundle.bundler.slicing.stored_functions import find_stored
from clustrix_bundle.bundler.slicing.syntax_reads import Deletion
from clustrix_bundle.bundler.slicing.things import Thing, Things

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clustrix_bundle.bundler.facts.model import Binding, Expr, Import


_ITERATE = {"for": ("__iter__", "__next__"), "with": ("__enter__", "__exit__")}
"""Methods that a statement calls on what its header names."""
_IN_PLACE = tuple(
    f"__i{name}__"
    for name in "add sub mul matmul truediv floordiv mod pow lshift rshift and xor or".split()  # noqa: SIM905
)


class Effects:
    """The deeds of every statement of a script, calls included."""

    def __init__(self, things: Things) -> None:
        self.things = things
        self.implicit = ImplicitRuns(things)
        self._functions: dict[Thing, Deeds] = {}
        script = things.names(things.script)
        assert script is not None
        self._script = script
        self._statements = [self._statement(number) for number in range(len(script.facts.statements))]
        self._close()

    def of_statement(self, number: int) -> Deeds:
        """What the statement (without the statements nested in it) may do when it runs."""
        return self._statements[number]

    def of_function(self, function: Thing) -> Deeds:
        """What a function may do when it is called."""
        return self._functions.get(function) or Deeds()

    # -- the closure over calls

    def _close(self) -> None:
        self._add_calls()
        while self._run_stored() | self._go_through():
            self._add_calls()

    def _run_stored(self) -> bool:
        """Adds the functions that objects hold to the calls of statements that call them through these; True if there are more."""
        stored = find_stored(self._script.facts.statements, self._statements)
        found = False
        for deeds in self._statements:
            known = {function for function, _ in deeds.calls}
            held = {one for root in deeds.runs for one in (deeds.gives if root == OWN else stored.get(root, ()))}
            held |= {one for root in deeds.goes for one in stored.get(root, ()) if self.things.is_generator(one)}
            for function in held - known:
                deeds.calls.append((function, {}))
                found = True
        return found

    def _go_through(self) -> bool:
        """What functions go through is changed by it where it is an iterator; True if a statement was not known to do so."""
        found = False
        for deeds in self._statements:
            for kind, name in tuple(deeds.goes):
                if kind == "name" and (kind, name) not in deeds.changes:
                    before = deeds.size()
                    _Reader(self.implicit, self._script, deeds).calls.use_up(0, ("name", name))
                    found = found or deeds.size() != before
        return found

    def _add_calls(self) -> None:
        pending = [callee for deeds in self._statements for callee, _ in deeds.calls]
        while pending:
            function = pending.pop()
            if function not in self._functions:
                deeds = self._functions[function] = self._function(function)
                pending += [callee for callee, _ in deeds.calls]
        everything = [(deeds, self.things.script) for deeds in self._statements]
        everything += [(deeds, function.module) for function, deeds in self._functions.items()]
        changed = first = True
        while changed:
            changed = False
            for deeds, _ in reversed(everything):
                before = deeds.size()
                for callee, arguments in deeds.calls:
                    deeds.add(self._functions[callee], arguments)
                if first or deeds.size() != before:
                    deeds.settle()
                    deeds.widen()
                changed = changed or deeds.size() != before
            first = False

    # -- one piece of code

    def _statement(self, number: int) -> Deeds:
        calls, bindings, definitions = self._script.immediate[number]
        statement = self._script.facts.statements[number]
        deeds = Deeds()
        reader = _Reader(self.implicit, self._script, deeds)
        outer = outermost(calls) if statement.kind == "expr" else frozenset()
        for call in calls:
            reader.calls.call(call.scope, call, discarded=(call.line, as_expression(call)) in outer)
        for binding in bindings:
            reader.binding(binding)
        if statement.kind == "assign" and len(bindings) > 1 and shares(self._script.module.source, statement):
            reader.chain(bindings)
        for scope in definitions:
            reader.definitions.read(scope)
            reader.definitions.hold(scope, frozenset(("name", name) for name in statement.binds))
            if self._script.facts.scopes[scope].kind == "lambda" and (calls or statement.kind == "expr"):
                reader.calls.run_with(
                    Thing("function", self._script.module.name, scope), [arg for call in calls for arg in call.args]
                )
        for scope in (0, *definitions):
            if self._script.function_of[scope] < 0:
                for item in self._script.imports_in.get(scope, ()):
                    if item.statement == number:
                        reader.imported(item)
                for deletion in self._script.syntax.deletions.get(scope, ()) if self._script.may_delete else ():
                    if deletion.statement == number:
                        reader.deletion(scope, deletion)
                for read in self.implicit.reads(self._script, scope, number):
                    self.implicit.read(reader.calls, read)
                for at, callee, given in self._script.syntax.indirect.get(scope, ()) if self._script.may_call_indirectly else ():
                    if at == number:
                        reader.calls.run_held(reader.calls.roots.of(scope, callee))
                        if statement.kind == "expr" and not reader.calls.is_own(scope, callee):
                            deeds.change(root for root in reader.calls.roots.of_all(scope, given) if root[0] != "foreign")
        hidden = list(calls_of_calls(calls, bindings))
        for call in hidden:
            reader.calls.call(call.scope, call, discarded=False)
        seen = named_in([*calls, *hidden], bindings)
        for name in statement.mutates:
            if name not in seen:  # through a callee that is no name: nothing is known of it
                deeds.change(reader.calls.roots.of_name(0, name))
        if statement.kind in _ITERATE:
            for name in statement.uses:
                reader.calls.run_methods(0, _ITERATE[statement.kind], (("name", name),))
                reader.calls.use_up(0, ("name", name))
                if statement.kind == "with":
                    reader.calls.end(("name", name))
        if statement.kind == "expr" and shifts(self._script.module.source, statement):
            for name in statement.uses:
                deeds.change(reader.calls.roots.of_name(0, name))
                reader.calls.run_methods(
                    0, ("__lshift__", "__rshift__"), (("name", name), *(("name", other) for other in statement.uses))
                )
        if statement.kind == "match":
            reader.capture(bindings, frozenset(("name", name) for name in statement.uses))
        for name in statement.deletes:
            deeds.changes.add(("name", name))
            reader.calls.let_go(name)
        return deeds

    def _function(self, function: Thing) -> Deeds:
        names = self.things.names(function.module)
        deeds = Deeds()
        if names is None:
            return deeds
        reader = _Reader(self.implicit, names, deeds)
        for scope in names.within(function.scope):
            for call in names.calls_in.get(scope, ()):
                reader.calls.call(scope, call, discarded=names.stands_alone(call))
            for binding in names.bindings_in.get(scope, ()):
                if not remembers(names, function.scope, binding):
                    reader.binding(binding)
            for item in names.imports_in.get(scope, ()):
                reader.imported(item)
            for read in self.implicit.reads(names, scope, names.facts.scopes[scope].statement):
                self.implicit.read(reader.calls, read)
            for deletion in names.syntax.deletions.get(scope, ()) if names.may_delete else ():
                reader.deletion(scope, deletion)
            for _, callee, _ in names.syntax.indirect.get(scope, ()) if names.may_call_indirectly else ():
                reader.calls.run_held(reader.calls.roots.of(scope, callee))
            for name in names.facts.scopes[scope].global_names:
                if any(True for _ in names.assignments.get((scope, name), ())):
                    reader.bind_global(name)
        for scope, around in enumerate(names.function_of):
            if around == function.scope and scope != function.scope and names.facts.scopes[scope].kind != "lambda":
                reader.definitions.read(scope)
        return deeds


class _Reader:
    """Reads bindings, definitions and calls of one module into deeds."""

    def __init__(self, implicit: ImplicitRuns, names: ModuleNames, deeds: Deeds) -> None:
        self.implicit = implicit
        self.calls = CallReader(implicit.things, names, deeds)
        self.definitions = DefinitionReader(self.calls)

    def binding(self, binding: Binding) -> None:
        target, scope = binding.target, binding.scope
        self.calls.line = binding.line
        self.calls.statement = binding.statement
        self.calls.give(scope, binding.value)
        values = self.calls.roots.of(scope, binding.value)
        if binding.value[0] == "each":
            self.calls.use_up(scope, _gone_through(binding.value))
        if target[0] in ("attr", "index"):
            if target[0] == "index" and self.calls.roots.is_namespace(scope, target[1]):
                key = target[2][1] if target[2][0] == "str" else "*"
                self.calls.bind_key(key)
                named = frozenset([("name", key)])
                self.calls.link(values, named)
                self.calls.link(named, values)
                return
            owners = self.change_target(scope, target)
            self.calls.link(values, owners)
            step = f".{target[2]}" if target[0] == "attr" else SOMEWHERE if target[2] == UNKNOWN else ELEMENT
            self.keep(below(owners, step), binding, values)
            if not self.implicit.is_no_instance(self.calls, scope, target[1]):
                methods = ["__setitem__", "__delitem__"]
                if target[0] == "attr":
                    found = self.implicit.has_descriptor(self.calls.module, target[2])
                    methods = [target[2], "__setattr__", *(["__set__"] if found else [])]
                self.calls.run_methods(scope, methods, (target[1], ("?",), binding.value))
        elif target[0] == "name" and binding.kind == "aug":
            self.calls.run_methods(scope, _IN_PLACE, (target, binding.value))
            own = self.calls.roots.of_name(scope, target[1])
            self.calls.deeds.change(own)
            self.calls.link(values, own)
            self.keep(own, binding, values)
        elif (
            target[0] == "name"
            and (scope == 0 or target[1] in self.calls.names.facts.scopes[scope].global_names)
            and self.calls.module == self.calls.things.script
        ):
            own = frozenset([("name", target[1])])
            values = frozenset(root for root in values if root[0] in ("name", "parameter"))
            self.calls.link(values, own)
            self.calls.link(own, values)
            self.keep(own, binding, values, AFTERWARDS)
            for root in values:
                if not is_new(root):
                    place = root if _is_itself(binding.value, root) else joined(root, (DEEP_ONLY,))
                    self.calls.deeds.keep([place], own, AFTERWARDS)

    def keep(self, places: frozenset[Root], binding: Binding, values: frozenset[Root], call: str = "") -> None:
        """A value is bound to places: it is what they are, or is kept somewhere in what is put together for them."""
        inside = below(places, SOMEWHERE)
        for root in values:
            if binding.kind == "with":
                self.calls.deeds.keep(places, below([root], ANYTHING), call)
            else:
                self.calls.deeds.keep(places if _is_itself(binding.value, root) else inside, [root], call)

    def change_target(self, scope: int, target: Expr) -> frozenset[Root]:
        """``x.a`` or ``x[i]`` is set or deleted; gives the owners."""
        owners = self.calls.roots.of(scope, target[1])
        innermost, _ = chain(target)
        self.calls.change(owners, self.calls.roots.dotted(scope, target) or (root_name(innermost) or "?"), target=True)
        return owners

    def deletion(self, scope: int, deletion: Deletion) -> None:
        target = deletion.target
        self.calls.line = deletion.line
        if target[0] == "list":
            for item in target[1]:
                self.deletion(scope, Deletion(deletion.statement, deletion.line, item))
        elif target[0] == "name" and target[1] in self.calls.names.facts.scopes[scope].global_names:
            self.bind_global(target[1])
        elif target[0] == "index" and self.calls.roots.is_namespace(scope, target[1]):
            self.calls.bind_key(target[2][1] if target[2][0] == "str" else "*")
        elif target[0] in ("attr", "index"):
            self.change_target(scope, target)

    def imported(self, item: Import) -> None:
        """``from lazy import value`` reads attributes of the module, ``__path__`` among them."""
        if item.name is not None and "type-checking" not in item.under:
            source = self.calls.things.absolute(self.calls.module, item)
            if self.calls.things.is_local_module(source):
                for hook in self.implicit.module_hooks(source, "__path__"):
                    self.calls.run_hook(hook)

    def chain(self, bindings: Sequence[Binding]) -> None:
        """Several targets of one value: ``a = b = []``, ``settings.items = ITEMS = []``."""
        owners = [
            (item.value, self.calls.roots.of(item.scope, item.target))
            for item in bindings
            if item.kind == "assign" and item.scope == 0
        ]
        for value, one in owners:
            for other_value, other in owners:
                if one is not other and value == other_value:
                    self.calls.link(one, other)

    def capture(self, bindings: Sequence[Binding], subjects: frozenset[Root]) -> None:
        """The patterns of a ``match`` take parts of its subject."""
        for binding in bindings:
            if binding.value == UNKNOWN and binding.target[0] == "name":
                own = frozenset([("name", binding.target[1])])
                self.calls.link(own, subjects)
                self.calls.link(subjects, own)
                self.calls.deeds.keep(own, below(subjects, ANYTHING))

    def bind_global(self, name: str) -> None:
        if self.calls.module == self.calls.things.script:
            self.calls.deeds.binds.add(name)
        else:
            self.calls.deeds.changes.add(("module", self.calls.module))


def _is_itself(value: Expr, root: Root) -> bool:
    """Whether an expression gives the object, or the part of one, that it has from there, and no new one that holds it."""
    return not is_new(root) and (value[0] in ("name", "attr", "index", "each", "either") or root[1].endswith(ANYTHING))


def _gone_through(value: Expr) -> Expr:
    while value[0] == "each":
        value = value[1]
    return value
