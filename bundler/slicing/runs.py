"""Which functions code runs, and what their parameters stand for: those that it calls, and those that it gives to calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing import known_calls
from clustrix_bundle.bundler.slicing.application import UNKNOWN, Application
from clustrix_bundle.bundler.slicing.call_expressions import in_words
from clustrix_bundle.bundler.slicing.changes import Changes
from clustrix_bundle.bundler.slicing.names import ModuleNames, children, root_name
from clustrix_bundle.bundler.slicing.parameters import arguments_of
from clustrix_bundle.bundler.slicing.parts import wholes
from clustrix_bundle.bundler.slicing.stateful import is_stateful
from clustrix_bundle.bundler.slicing.stored_functions import given_functions
from clustrix_bundle.bundler.slicing.things import Thing

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Expr
    from clustrix_bundle.bundler.slicing.deeds import Root


class Runs(Changes):
    """Writes the functions that code of one module runs down as its deeds."""

    def ours(self, things: tuple[Thing, ...], callee: Expr) -> bool:
        """Whether the call submits or sets up; says how."""
        for thing in things:
            text = in_words(callee)
            if thing.kind == "ours" and known_calls.submits(thing.name):
                self.deeds.submits = self.deeds.submits or f"calls {text}() of clustrix_bundle"
            elif thing.kind == "clustered" or (thing.kind == "function" and self.things.wraps_for_cluster(thing)):
                self.deeds.submits = self.deeds.submits or f"calls {text}(), which @cluster submits"
            else:
                continue
            return True
        return False

    def arguments(self, function: int, call: Application, names: ModuleNames | None = None) -> dict[str, frozenset[Root]]:
        """What each parameter of a function stands for in a call."""
        return arguments_of(self.roots, names or self.names, function, call)

    def run(self, function: Thing, call: Application) -> None:
        names = self.things.names(function.module)
        assert names is not None
        given = call
        if call.callee != UNKNOWN and names.is_method(function.scope):
            given = call.of_method(self.receiver(call))
        self.deeds.calls.append((function, self.arguments(function.scope, given, names)))
        if call.callee[0] == "name":
            self.keep_state(call.scope, function, call.callee)

    def receiver(self, call: Application) -> Expr:
        """The object whose method is called, by a name of its own too: ``step = counter.step``."""
        found: Expr = UNKNOWN
        if call.callee[0] == "attr":
            found = call.callee[1]
        elif call.callee[0] == "name":
            local = self.names.is_local(call.scope, call.callee[1]) or 0
            bound = self.names.assignments.get((local, call.callee[1]), ())
            found = next((item.value[1] for item in bound if item.value[0] == "attr"), UNKNOWN)
        return found

    def keep_state(self, scope: int, function: Thing, callee: Expr) -> None:
        """Calling a function that a stateful decorator of the user's has wrapped changes what the name holds."""
        names = self.things.names(function.module)
        assert names is not None
        definition = names.facts.scopes[function.scope]
        for decorator in definition.decorators:
            for thing in self.things.of(function.module, definition.parent, decorator):
                if thing.kind in ("function", "made"):
                    self.run_inner(thing)
                    if is_stateful(self.things, thing):
                        self.deeds.change(self.roots.of(scope, callee))
                elif thing.kind in ("class", "instance"):
                    for name in ("__call__", "__enter__", "__exit__"):
                        for method in self.things.method_scopes(thing, name, set()):
                            self.run(method, Application(scope, UNKNOWN, (callee,)))
                elif thing.kind in ("foreign", "foreign-made"):
                    self.deeds.runs |= wholes(self.roots.of(scope, callee))
                if thing.kind == "made" and self.things.is_generator(thing):  # what @contextmanager makes decorates, too
                    self.deeds.calls.append((Thing("function", thing.module, thing.scope), {}))

    def run_inner(self, maker: Thing) -> None:
        """What a decorator has made is called: its inner functions run, its own body does not."""
        names = self.things.names(maker.module)
        for number in names.within(maker.scope)[1:] if names is not None else ():
            if names is not None and names.facts.scopes[number].kind in ("function", "async"):
                self.deeds.calls.append((Thing("function", maker.module, number), {}))

    def call_object(self, thing: Thing, call: Application) -> None:
        if thing.kind == "instance":
            for method in self.things.method_scopes(thing, "__call__", set()):
                self.run(method, call.of_method(call.callee))
            return
        self.deeds.calls.append((Thing("function", thing.module, thing.scope), {}))
        if is_stateful(self.things, thing):
            self.deeds.change(self.roots.of(call.scope, call.callee))

    def run_lambdas(self, name: str, call: Application) -> None:
        """Lambdas of the module that a name holds are called."""
        for binding in self.names.assignments.get((0, name), ()):
            for number, around in enumerate(self.names.function_of):
                scope = self.names.facts.scopes[number]
                if around == number and scope.kind == "lambda" and scope.statement == binding.statement:
                    self.deeds.calls.append((Thing("function", self.module, number), self.arguments(number, call)))

    def run_with(self, function: Thing, values: Iterable[Expr], scope: int = 0) -> None:
        """A function is run by a call that has these arguments: each parameter may stand for a part of any of them."""
        names = self.things.names(function.module)
        assert names is not None
        everything = self.roots.of_all(scope, values)
        arguments = arguments_of(self.roots, names, function.scope, Application(scope, UNKNOWN, ()))  # its defaults
        self.deeds.calls.append((function, {name: roots | everything for name, roots in arguments.items()}))

    def run_partials(self, call: Application) -> bool:
        """Calls functions of the user's that a called name holds with some of their arguments; False if it may hold anything else."""
        if call.callee[0] != "name":
            return False
        local = self.names.is_local(call.scope, call.callee[1]) or 0
        made = [item.value for item in self.names.assignments.get((local, call.callee[1]), ())]
        found = False
        for value in made:
            functions = (
                self.things.of(self.module, local, value[2][0])
                if value[0] == "call" and value[1][-1] == "partial" and value[2] and value[2][0][0] == "name"
                else ()
            )
            if not functions or any(thing.kind != "function" for thing in functions):
                return False
            for function in functions:
                self.run_with(function, (*value[2][1:], *dict(value[3]).values(), *call.values), call.scope)
                found = True
        return found

    def run_hook(self, function: Thing) -> None:
        """A local module's own function, or method of what stands in its place, that reading an attribute of it runs."""
        names = self.things.names(function.module)
        assert names is not None
        first = names.facts.scopes[function.scope].parameters[:1] if names.is_method(function.scope) else ()
        self.deeds.calls.append((function, {parameter.name: frozenset([("module", function.module)]) for parameter in first}))

    def run_methods(self, scope: int, methods: Iterable[str], values: tuple[Expr, ...]) -> None:
        """Methods that syntax calls, of whichever class that the module sees the first value is of."""
        for name in methods:
            for function, names in self.things.methods_named(self.module, name):
                self.deeds.calls.append((function, self.arguments(function.scope, Application(scope, UNKNOWN, values), names)))

    def runs_arguments(self, callee: Expr, things: tuple[Thing, ...]) -> bool:
        """Whether a call may run functions that it is given."""
        if any(thing.kind == "function" for thing in things):
            return any(self.calls_parameters(thing) for thing in things if thing.kind == "function")
        last = callee[-1] if callee[0] in ("name", "attr") else ""
        return known_calls.runs_arguments(last)

    def calls_parameters(self, function: Thing) -> bool:
        """Whether a function calls one of its parameters, or hands one on, in its own body."""
        names = self.things.names(function.module)
        if names is None:
            return True
        parameters = {parameter.name for parameter in names.facts.scopes[function.scope].parameters}
        return any(
            root_name(part) in parameters
            for call in names.calls_in.get(function.scope, ())
            for part in (call.func if call.func[0] == "name" else ("?",), *call.args, *(value for _, value in call.keywords))
        )

    def gives_function(self, scope: int, values: Iterable[Expr]) -> bool:
        """Whether a function is among arguments: by its name, as a lambda, a method that changes something, or within a ``partial(…)``."""
        return any(
            any(thing.kind == "function" for thing in self.things.of(self.module, scope, value))
            or known_calls.is_mutator(value[-1] if value[0] == "attr" else "")
            if value[0] in ("name", "attr")
            else self.holds_lambda()
            if value[0] == "?"
            else value[0] in ("call", "list", "tuple", "star")
            and self.gives_function(scope, [child for child in children(value) if child != value[1] or value[0] != "call"])
            for value in values
        )

    def holds_lambda(self) -> bool:
        return any(scope.kind == "lambda" and scope.statement == self.statement for scope in self.names.facts.scopes)

    def callbacks(self, scope: int, values: tuple[Expr, ...]) -> None:
        """Functions that are handed to a call may be run by it."""
        for value in values:
            if value[0] == "call" and value[1][-1] == "partial":
                self.callbacks(scope, (*value[2], *(given for _, given in value[3])))
            things = self.things.of(self.module, scope, value)
            for thing in things if value[0] in ("name", "attr", "call") else ():
                self.deeds.calls += [(method, {}) for method in self.things.run_by_installed(thing)]
            if value[0] not in ("name", "attr"):
                continue
            if value[0] == "attr" and not things and known_calls.is_mutator(value[2]):
                self.change(self.roots.of(scope, value[1]), value[2])
            if not self.ours(things, value):
                for thing in things:
                    if thing.kind == "function":
                        self.run_with(thing, values, scope)

    def give(self, scope: int, value: Expr) -> None:
        """A value is handed on: what functions it is, or holds, may be called through what takes it."""
        self.deeds.gives.update(given_functions(self.things, self.names, scope, value, self.statement))

    def is_own(self, scope: int, callee: Expr) -> bool:
        """Whether what is called was made by the user's code, whose bodies tell what it changes."""
        return any(
            thing.kind in ("made", "instance", "class", "function") for thing in self.things.of(self.module, scope, callee)
        )
