"""What running a piece of code may change: names of the script, other modules, the cluster.

A piece of code is a function with everything nested in it, or the part of a module-level statement that runs at once. Its own
deeds are read from its bindings and calls (`Deeds`); those of the functions that it calls, registers with or constructs are
added until nothing changes (`Effects.of_statement`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.facts.model import Call
from clustrix_bundle.bundler.slicing import known_calls
from clustrix_bundle.bundler.slicing.names import ModuleNames, calls_inside, chain, children, root_name
from clustrix_bundle.bundler.slicing.things import Thing, Things

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Binding, Expr

Root = tuple[str, str]
"""What an object belongs to: ``("name", n)`` of the script, ``("module", m)`` local, ``("foreign", dotted)``, ``("parameter", p)``."""

_CONSTRUCTION = ("__init__", "__new__", "__post_init__", "__enter__", "__exit__")
_SUBCLASSING = ("__init_subclass__",)
_METACLASS = ("__new__", "__init__", "__call__", "__prepare__")
_KERNEL: Expr = ("call", ("name", "get_ipython"), (), ())


@dataclass(slots=True)
class Deeds:
    """What code may do when it runs.

    Attributes:
        changes: Whose objects it may change.
        binds: Names of the script that it binds through ``global``.
        keys: Names that it binds through ``globals()[…] = …``; ``*`` where the key is not a literal.
        settings: Dotted names of calls, and with ``=`` of assignment targets, that change an installed module for everybody.
        links: Pairs (a, b): from then on a change of a's object may be one of b's.
        submits: How it submits, connects, configures, or asks a notebook's kernel; empty if it does not.
        client: What it asks of the client's terminal or command line; empty if nothing.
        exits: Whether it may end the process.
        calls: Functions that it runs, with what each parameter stands for.
    """

    changes: set[Root] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    settings: set[str] = field(default_factory=set)
    links: set[tuple[Root, Root]] = field(default_factory=set)
    submits: str = ""
    client: str = ""
    exits: bool = False
    calls: list[tuple[Thing, dict[str, frozenset[Root]]]] = field(default_factory=list)

    def size(self) -> int:
        """Grows with every deed that is added."""
        return (
            len(self.changes)
            + len(self.binds)
            + len(self.keys)
            + len(self.settings)
            + len(self.links)
            + bool(self.submits)
            + bool(self.client)
            + self.exits
        )


class Effects:
    """The deeds of every statement of a script, calls included."""

    def __init__(self, things: Things) -> None:
        self.things = things
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
        pending = [callee for deeds in self._statements for callee, _ in deeds.calls]
        while pending:
            function = pending.pop()
            if function not in self._functions:
                deeds = self._functions[function] = self._function(function)
                pending += [callee for callee, _ in deeds.calls]
        everything = [(deeds, self.things.script) for deeds in self._statements]
        everything += [(deeds, function.module) for function, deeds in self._functions.items()]
        changed = True
        while changed:
            changed = False
            for deeds, _ in reversed(everything):
                before = deeds.size()
                for callee, arguments in deeds.calls:
                    _add(deeds, self._functions[callee], arguments)
                changed = changed or deeds.size() != before

    # -- one piece of code

    def _statement(self, number: int) -> Deeds:
        calls, bindings, definitions = self._script.immediate[number]
        statement = self._script.facts.statements[number]
        deeds = Deeds()
        reader = _Reader(self.things, self._script, deeds)
        outer = _outermost(calls) if statement.kind == "expr" else frozenset()
        for call in calls:
            reader.call(call.scope, call, discarded=(call.line, _as_expression(call)) in outer)
        for binding in bindings:
            reader.binding(binding)
        for scope in definitions:
            reader.definition(scope)
            if self._script.facts.scopes[scope].kind == "lambda" and (calls or statement.kind == "expr"):
                reader.run_with(Thing("function", self._script.module.name, scope), [arg for call in calls for arg in call.args])
        hidden = list(_calls_of_calls(calls, bindings))
        for call in hidden:
            reader.call(call.scope, call, discarded=False)
        seen = _named([*calls, *hidden], bindings)
        for name in statement.mutates:
            if name not in seen:  # through a callee that is no name: nothing is known of it
                deeds.changes |= reader.roots_of_name(0, name)
        for name in statement.deletes:
            deeds.changes.add(("name", name))
        return deeds

    def _function(self, function: Thing) -> Deeds:
        names = self.things.names(function.module)
        deeds = Deeds()
        if names is None:
            return deeds
        reader = _Reader(self.things, names, deeds)
        for scope in names.parts.get(function.scope, ()):
            for call in names.calls_in.get(scope, ()):
                reader.call(scope, call, discarded=False)
            for binding in names.bindings_in.get(scope, ()):
                reader.binding(binding)
            for name in names.facts.scopes[scope].global_names:
                if any(True for _ in names.assignments.get((scope, name), ())):
                    reader.bind_global(name)
        for scope, around in enumerate(names.function_of):
            if around == function.scope and scope != function.scope and names.facts.scopes[scope].kind != "lambda":
                reader.definition(scope)
        return deeds


def _add(deeds: Deeds, other: Deeds, arguments: dict[str, frozenset[Root]]) -> None:
    """The deeds of a function that is called, its parameters replaced by what they stand for."""
    for root in tuple(other.changes):  # a recursive function is its own other
        deeds.changes |= _replaced(root, arguments)
    for first, second in tuple(other.links):
        deeds.links |= {(a, b) for a in _replaced(first, arguments) for b in _replaced(second, arguments) if a != b}
    deeds.binds |= other.binds
    deeds.keys |= other.keys
    deeds.settings |= other.settings
    deeds.submits = deeds.submits or other.submits
    deeds.client = deeds.client or other.client
    deeds.exits = deeds.exits or other.exits


def _replaced(root: Root, arguments: dict[str, frozenset[Root]]) -> frozenset[Root]:
    return arguments.get(root[1], frozenset()) if root[0] == "parameter" else frozenset([root])


class _Reader:
    """Reads bindings and calls of one module into deeds."""

    def __init__(self, things: Things, names: ModuleNames, deeds: Deeds) -> None:
        self.things = things
        self.names = names
        self.module = names.module.name
        self.deeds = deeds
        self._open: set[tuple[int, str]] = set()
        self._open_aliases: set[str] = set()

    # -- bindings

    def binding(self, binding: Binding) -> None:
        target, scope = binding.target, binding.scope
        if target[0] in ("attr", "index"):
            innermost, _ = chain(target)
            if target[0] == "index" and self._is_namespace(scope, target[1]):
                self.deeds.keys.add(target[2][1] if target[2][0] == "str" else "*")
                return
            owners = self.roots(scope, target[1])
            self._change(owners, self._dotted(scope, target) or (root_name(innermost) or "?"), target=True)
            self._link(self.roots(scope, binding.value), owners)
        elif target[0] == "name" and binding.kind == "aug":
            self.deeds.changes |= self.roots_of_name(scope, target[1])
        elif target[0] == "name" and self.names.function_of[scope] < 0 and scope == 0 and self.module == self.things.script:
            own: frozenset[Root] = frozenset([("name", target[1])])
            values = frozenset(root for root in self.roots(scope, binding.value) if root[0] == "name")
            self._link(values, own)
            self._link(own, values)

    def bind_global(self, name: str) -> None:
        if self.module == self.things.script:
            self.deeds.binds.add(name)
        else:
            self.deeds.changes.add(("module", self.module))

    # -- definitions

    def definition(self, number: int) -> None:
        """A ``def`` or ``class`` that is executed: its decorators take it, its bases learn of it."""
        scope = self.names.facts.scopes[number]
        itself: Expr = ("name", scope.name)
        for decorator in scope.decorators:
            if decorator[0] != "call":
                self._apply(scope.parent, decorator, (itself,), (), discarded=True, decorates=True)
            elif decorator[1][0] in ("name", "attr"):
                self._apply(scope.parent, decorator[1], (itself,), (), discarded=True, decorates=True)
        if scope.kind == "class":
            self._subclass(number)

    def _subclass(self, number: int) -> None:
        scope = self.names.facts.scopes[number]
        owners: frozenset[Root] = frozenset(
            root for base in scope.bases for root in self.roots(scope.parent, base) if root[0] in ("name", "module")
        )
        metaclasses = self._named_metaclasses(self.module, number)
        for base in scope.bases:
            things = self.things.of(self.module, scope.parent, base)
            if any(thing.kind in ("made", "foreign-made") for thing in things):
                self.deeds.changes |= self.roots(scope.parent, base)  # Base = declarative_base(): it keeps a list of its models
            for thing in things:
                if thing.kind == "class":
                    metaclasses += self._metaclasses(thing, set())
                    self._run_methods(thing, _SUBCLASSING, owners)
        for metaclass in metaclasses:
            self._run_methods(metaclass, _METACLASS, owners)

    def _named_metaclasses(self, module: str, number: int) -> list[Thing]:
        names = self.things.names(module)
        scope = names.facts.scopes[number] if names is not None else None
        return [
            thing
            for name, value in (scope.keywords if scope is not None else ())
            if name == "metaclass" and scope is not None
            for thing in self.things.of(module, scope.parent, value)
            if thing.kind == "class"
        ]

    def _metaclasses(self, cls: Thing, seen: set[Thing]) -> list[Thing]:
        names = self.things.names(cls.module)
        if names is None or cls in seen:
            return []
        seen.add(cls)
        scope = names.facts.scopes[cls.scope]
        found = self._named_metaclasses(cls.module, cls.scope)
        for base in scope.bases:
            for thing in self.things.of(cls.module, scope.parent, base):
                if thing.kind == "class":
                    found += self._metaclasses(thing, seen)
        return found

    def _run_methods(self, cls: Thing, methods: Iterable[str], owners: frozenset[Root]) -> None:
        """Runs methods whose first parameter is a class that finds its attributes in ``owners`` and in the class that has the method."""
        for method in methods:
            for function in self.things.method_scopes(cls, method, set()):
                names = self.things.names(function.module)
                assert names is not None
                scope = names.facts.scopes[function.scope]
                home = (
                    ("name", names.facts.scopes[scope.parent].name)
                    if function.module == self.things.script
                    else ("module", function.module)
                )
                self.deeds.calls.append((function, {parameter.name: owners | {home} for parameter in scope.parameters[:1]}))

    # -- calls

    def call(self, scope: int, call: Call, *, discarded: bool) -> None:
        self._apply(scope, call.func, call.args, call.keywords, discarded=discarded, decorates=False)

    def _apply(
        self,
        scope: int,
        callee: Expr,
        args: tuple[Expr, ...],
        keywords: tuple[tuple[str | None, Expr], ...],
        *,
        discarded: bool,
        decorates: bool,
    ) -> None:
        things = self.things.of(self.module, scope, callee)
        values = (*args, *(value for _, value in keywords))
        if self._ours(things, callee):
            return
        if callee[0] == "attr" and not any(
            thing.kind in ("module", "foreign") for thing in self.things.of(self.module, scope, callee[1])
        ):
            self._method(scope, callee, args, keywords, discarded=discarded, decorates=decorates)
        for thing in things:
            if thing.kind == "function":
                self._run(scope, thing, callee, args, keywords)
            elif thing.kind == "class":
                for name in _CONSTRUCTION:
                    for method in self.things.method_scopes(thing, name, set()):
                        self._run(scope, method, None, (("?",), *args), keywords)
            elif thing.kind == "foreign":
                self._foreign(
                    scope,
                    thing.module,
                    values,
                    frozenset(name or "" for name, _ in keywords),
                    discarded=discarded,
                    decorates=decorates,
                )
            elif thing.kind in ("instance", "made"):
                self._call_object(scope, thing, callee, args, keywords)
            elif thing.kind == "data" and thing.module == self.module:
                self._run_lambdas(thing.name)
        if not things and callee[0] == "name" and discarded:
            for value in values:
                self.deeds.changes |= self.roots(scope, value)
        if not decorates and self._runs_arguments(callee, things):
            self._callbacks(scope, values)

    def _ours(self, things: tuple[Thing, ...], callee: Expr) -> bool:
        """Whether the call submits or sets up; says how."""
        for thing in things:
            text = _text(callee)
            if thing.kind == "ours" and known_calls.submits(thing.name):
                self.deeds.submits = self.deeds.submits or f"calls {text}() of clustrix_bundle"
            elif thing.kind == "clustered" or (thing.kind == "function" and self.things.wraps_for_cluster(thing)):
                self.deeds.submits = self.deeds.submits or f"calls {text}(), which @cluster submits"
            else:
                continue
            return True
        return False

    def _method(
        self,
        scope: int,
        callee: Expr,
        args: tuple[Expr, ...],
        keywords: tuple[tuple[str | None, Expr], ...],
        *,
        discarded: bool,
        decorates: bool,
    ) -> None:
        _, receiver, name = callee
        if receiver == _KERNEL and not self.things.of(self.module, scope, _KERNEL[1]):
            self.deeds.submits = self.deeds.submits or f"asks the notebook's kernel (get_ipython().{name})"
            return
        if self._is_namespace(scope, receiver):
            if name in ("update", "setdefault", "__setitem__"):
                self.deeds.keys.add("*")
            return
        owners = self.roots(scope, receiver)
        if known_calls.method_changes(name, frozenset(key or "" for key, _ in keywords)) or decorates:
            self._change(owners, self._dotted(scope, callee) or name, discarded=discarded)
        if known_calls.method_takes_in(name):
            for value in (*args, *(value for _, value in keywords)):
                self._link(self.roots(scope, value), owners)
        for key, value in keywords:
            if key == "out":
                self.deeds.changes |= self.roots(scope, value)
        for number in self.names.methods.get(name, ()):  # whichever class the receiver has
            function = Thing("function", self.module, number)
            self.deeds.calls.append((function, self._arguments(scope, number, (receiver, *args), keywords)))

    def _run(
        self,
        scope: int,
        function: Thing,
        callee: Expr | None,
        args: tuple[Expr, ...],
        keywords: tuple[tuple[str | None, Expr], ...],
    ) -> None:
        names = self.things.names(function.module)
        assert names is not None
        if callee is not None and names.is_method(function.scope):
            receiver: Expr = callee[1] if callee[0] == "attr" else ("?",)
            args = (receiver, *args)
        self.deeds.calls.append((function, self._arguments(scope, function.scope, args, keywords, names)))
        if callee is not None and callee[0] == "name":
            self._keep_state(scope, function, callee)

    def _keep_state(self, scope: int, function: Thing, callee: Expr) -> None:
        """Calling a function that a stateful decorator of the user's has wrapped changes what the name holds."""
        names = self.things.names(function.module)
        assert names is not None
        definition = names.facts.scopes[function.scope]
        for decorator in definition.decorators:
            for thing in self.things.of(function.module, definition.parent, decorator):
                if thing.kind in ("function", "made") and is_stateful(self.things, thing):
                    self.deeds.changes |= self.roots(scope, callee)
                elif thing.kind in ("class", "instance"):
                    for method in self.things.method_scopes(thing, "__call__", set()):
                        self._run(scope, method, None, (callee,), ())

    def _call_object(
        self, scope: int, thing: Thing, callee: Expr, args: tuple[Expr, ...], keywords: tuple[tuple[str | None, Expr], ...]
    ) -> None:
        if thing.kind == "instance":
            for method in self.things.method_scopes(thing, "__call__", set()):
                self._run(scope, method, None, (callee, *args), keywords)
            return
        self.deeds.calls.append((Thing("function", thing.module, thing.scope), {}))
        if is_stateful(self.things, thing):
            self.deeds.changes |= self.roots(scope, callee)

    def _run_lambdas(self, name: str) -> None:
        for binding in self.names.assignments.get((0, name), ()):
            for number, around in enumerate(self.names.function_of):
                scope = self.names.facts.scopes[number]
                if around == number and scope.kind == "lambda" and scope.statement == binding.statement:
                    self.deeds.calls.append((Thing("function", self.module, number), {}))

    def _foreign(
        self, scope: int, dotted: str, values: tuple[Expr, ...], keywords: frozenset[str], *, discarded: bool, decorates: bool
    ) -> None:
        deeds = self.deeds
        if known_calls.is_exit(dotted):
            deeds.exits = True
        elif known_calls.reads_client(dotted):
            deeds.client = deeds.client or f"{dotted}()"
        elif "." not in dotted:
            self._builtin(scope, dotted, values, discarded=discarded)
        elif decorates:
            if known_calls.is_registering(dotted):
                deeds.settings.add(dotted)
        else:
            if dotted.endswith(".parse_args"):
                deeds.client = deeds.client or f"{dotted}()"
            if known_calls.is_setting(dotted) or known_calls.draws(dotted) or (discarded and not known_calls.is_output(dotted)):
                deeds.settings.add(dotted)
            if known_calls.changes_argument(dotted, keywords, discarded=discarded):
                for value in values:
                    deeds.changes |= {root for root in self.roots(scope, value) if root[0] != "foreign"}

    def _builtin(self, scope: int, name: str, values: tuple[Expr, ...], *, discarded: bool) -> None:
        if name in ("exec", "eval"):
            self.deeds.keys.add("*")
        elif name in ("setattr", "delattr") and values:
            self._change(self.roots(scope, values[0]), name)
            if self._is_own_module(values[0]) and len(values) > 1:
                self.deeds.keys.add(values[1][1] if values[1][0] == "str" else "*")
        elif name == "next" or (discarded and name not in known_calls.BUILTINS_THAT_READ):
            for value in values:
                self.deeds.changes |= self.roots(scope, value)

    def _runs_arguments(self, callee: Expr, things: tuple[Thing, ...]) -> bool:
        """Whether a call may run functions that it is given."""
        if any(thing.kind == "function" for thing in things):
            return any(self._calls_parameters(thing) for thing in things if thing.kind == "function")
        last = callee[-1] if callee[0] in ("name", "attr") else ""
        return known_calls.runs_arguments(last)

    def _calls_parameters(self, function: Thing) -> bool:
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

    def _callbacks(self, scope: int, values: tuple[Expr, ...]) -> None:
        """Functions that are handed to a call may be run by it."""
        for value in values:
            if value[0] not in ("name", "attr"):
                continue
            things = self.things.of(self.module, scope, value)
            if not self._ours(things, value):
                for thing in things:
                    if thing.kind == "function":
                        self.run_with(thing, values, scope)

    def run_with(self, function: Thing, values: Iterable[Expr], scope: int = 0) -> None:
        """A function is run by a call that has these arguments: each parameter may stand for a part of any of them."""
        names = self.things.names(function.module)
        assert names is not None
        everything: frozenset[Root] = frozenset().union(*(self.roots(scope, value) for value in values))
        parameters = names.facts.scopes[function.scope].parameters
        self.deeds.calls.append((function, {parameter.name: everything for parameter in parameters}))

    def _arguments(
        self,
        scope: int,
        function: int,
        args: tuple[Expr, ...],
        keywords: tuple[tuple[str | None, Expr], ...],
        names: ModuleNames | None = None,
    ) -> dict[str, frozenset[Root]]:
        parameters = (names or self.names).facts.scopes[function].parameters
        positional = [parameter for parameter in parameters if parameter.kind in ("positional", "either")]
        found: dict[str, frozenset[Root]] = {}
        everything: frozenset[Root] = frozenset().union(
            *(self.roots(scope, arg) for arg in (*args, *(value for _, value in keywords)))
        )
        starred = any(arg[0] == "star" for arg in args) or any(name is None for name, _ in keywords)
        for index, parameter in enumerate(positional):
            found[parameter.name] = self.roots(scope, args[index]) if index < len(args) else frozenset()
        for name, value in keywords:
            if name is not None:
                found[name] = self.roots(scope, value)
        for parameter in parameters:
            if starred or parameter.kind in ("star", "dstar"):
                found[parameter.name] = everything
        return found

    # -- whose object an expression is

    def roots(self, scope: int, expression: Expr) -> frozenset[Root]:
        """What the object that an expression gives may belong to."""
        tag = expression[0]
        if tag == "name":
            return self.roots_of_name(scope, expression[1])
        if tag in ("attr", "index", "each", "star"):
            dotted = self._dotted(scope, expression)
            return frozenset([("foreign", dotted)]) if dotted else self.roots(scope, expression[1])
        if tag in ("list", "tuple", "set", "either", "comp", "dict", "dictcomp"):
            return frozenset().union(*(self.roots(scope, child) for child in children(expression)))
        return self._roots_of_call(scope, expression) if tag == "call" else frozenset()

    def _roots_of_call(self, scope: int, expression: Expr) -> frozenset[Root]:
        callee, args = expression[1], (*expression[2], *(value for _, value in expression[3]))
        given: frozenset[Root] = frozenset().union(*(self.roots(scope, arg) for arg in args))
        things = self.things.of(self.module, scope, callee)
        found: set[Root] = set() if things else set(given)
        for thing in things:
            if thing.kind == "foreign":
                last = thing.module.rpartition(".")[2]
                if "." in thing.module and (last.startswith("get") or last in ("gca", "gcf")):
                    found.add(("foreign", thing.module))
                elif not known_calls.makes_anew(thing.module):
                    found |= given
            elif thing.kind == "function":
                found |= given | self._returned(thing)
            else:
                found |= given
        if callee[0] == "name" and not any(thing.kind in ("foreign", "function", "class") for thing in things):
            found |= self.roots(scope, callee)  # what a called object gives may be a part of it
        if (
            callee[0] == "attr"
            and not any(thing.kind == "foreign" for thing in things)
            and callee[2] not in known_calls.METHODS_THAT_MAKE
        ):
            found |= self.roots(scope, callee[1])
        return frozenset(found)

    def _returned(self, function: Thing) -> frozenset[Root]:
        """Module-level objects that a function gives back: ``def registry(): return _REGISTRY``."""
        known = self.things.returned.get(function)
        names = self.things.names(function.module)
        if known is not None or names is None:
            return known or frozenset()
        self.things.returned[function] = frozenset()  # what a recursion gives back is given back by the rest
        other = self if names is self.names else _Reader(self.things, names, Deeds())
        found = frozenset(
            root
            for binding in names.bindings_in.get(function.scope, ())
            if binding.kind in ("return", "yield")
            for root in other.roots(function.scope, binding.value)
            if root[0] != "parameter"
        )
        self.things.returned[function] = found
        return found

    def roots_of_name(self, scope: int, name: str) -> frozenset[Root]:
        local = self.names.is_local(scope, name)
        if local is None:
            return self._roots_of_global(name)
        key = (local, name)
        if key in self._open:
            return frozenset()
        self._open.add(key)
        found: set[Root] = set()
        if any(parameter.name == name for parameter in self.names.facts.scopes[local].parameters):
            found.add(("parameter", name))
        for binding in self.names.assignments.get(key, ()):
            found |= self.roots(local, binding.value)
        for item in self.names.imports.get(key, ()):
            found |= _of_things(self.things.imported(self.module, item, 0))
        self._open.discard(key)
        return frozenset(found)

    def _roots_of_global(self, name: str) -> frozenset[Root]:
        found: set[Root] = set()
        imports = self.names.imports.get((0, name), ())
        for item in imports:
            source = self.things.absolute(self.module, item)
            if self.things.is_local_module(source):
                found.add(("module", source))
            else:
                found.add(("foreign", source if item.name is None else f"{source}.{item.name}"))
        if name in self.names.binders and not (imports and len(self.names.binders[name]) == len(imports)):
            found.add(("name", name) if self.module == self.things.script else ("module", self.module))
        if name not in self._open_aliases:
            self._open_aliases.add(name)
            for binding in self.names.assignments.get((0, name), ()):
                values = self.roots(0, binding.value)  # a comprehension's own name is none of the module's
                found |= {root for root in values if root[0] in ("foreign", "module") or binding.kind == "comp"}
            self._open_aliases.discard(name)
        if not found and not imports and name not in self.names.binders and (0, "*") in self.names.imports:
            found |= {root for thing in self.things.global_name(self.module, name) for root in _of_things((thing,))}
        return frozenset(found)

    def _dotted(self, scope: int, expression: Expr) -> str:
        """The dotted name of an attribute chain on an installed module: ``os.environ`` of ``os.environ["X"]``."""
        innermost, attributes = chain(expression)
        if innermost[0] != "name" or not attributes:
            return ""
        for thing in self.things.of(self.module, scope, innermost):
            if thing.kind == "foreign" and (
                self.names.is_local(scope, innermost[1]) is not None or self._is_imported(innermost[1])
            ):
                return ".".join([thing.module, *(part for part in attributes if part != "[]")])
        return ""

    def _is_imported(self, name: str) -> bool:
        return (0, name) in self.names.imports or (0, "*") in self.names.imports

    # -- changes and links

    def _change(self, owners: frozenset[Root], dotted: str, *, discarded: bool = True, target: bool = False) -> None:
        for kind, name in owners:
            if kind != "foreign":
                self.deeds.changes.add((kind, name))
            elif target:
                self.deeds.settings.add(f"{dotted if dotted.startswith(name) else name}=")
            else:
                last = dotted.rpartition(".")[2]
                full = name if name.endswith(f".{last}") else f"{name}.{last}"
                if known_calls.is_setting(full) or (discarded and not known_calls.is_output(full)):
                    self.deeds.settings.add(full)

    def _link(self, sources: frozenset[Root], owners: frozenset[Root]) -> None:
        self.deeds.links |= {(a, b) for a in sources for b in owners if a != b and "foreign" not in (a[0], b[0])}

    def _is_namespace(self, scope: int, expression: Expr) -> bool:
        """``globals()``, and ``vars()`` and ``locals()`` at module level; ``sys.modules[__name__].__dict__``."""
        if expression[0] == "call" and expression[1][0] == "name":
            name = expression[1][1]
            return name == "globals" or (name in ("vars", "locals") and not expression[2] and self.names.function_of[scope] < 0)
        return expression[0] == "attr" and expression[2] == "__dict__" and self._is_own_module(expression[1])

    def _is_own_module(self, expression: Expr) -> bool:
        return expression == ("index", ("attr", ("name", "sys"), "modules"), ("name", "__name__"))


def is_stateful(things: Things, maker: Thing) -> bool:
    """Whether what a function gives back keeps state between calls: an inner function that rebinds or changes names of an outer one."""
    names = things.names(maker.module)
    if names is None:
        return False
    inner = [scope for scope in names.parts.get(maker.scope, ()) if scope != maker.scope]
    for scope in inner:
        if names.facts.scopes[scope].nonlocal_names:
            return True
        for owner in _changed_owners(names, scope):
            name = root_name(owner)
            local = names.is_local(scope, name) if name else None
            if local is not None and local != scope and names.facts.scopes[local].kind != "class":
                return True
    return False


def _changed_owners(names: ModuleNames, scope: int) -> Iterator[Expr]:
    for binding in names.bindings_in.get(scope, ()):
        if binding.target[0] in ("attr", "index"):
            yield binding.target
    for call in names.calls_in.get(scope, ()):
        if call.func[0] == "attr" and known_calls.method_changes(call.func[2]):
            yield call.func[1]


def _of_things(found: Iterable[Thing]) -> set[Root]:
    roots: set[Root] = set()
    for thing in found:
        if thing.kind == "foreign":
            roots.add(("foreign", thing.module))
        elif thing.kind in ("module", "function", "class", "data"):
            roots.add(("module", thing.module))
    return roots


def _as_expression(call: Call) -> Expr:
    return ("call", call.func, call.args, call.keywords)


def _outermost(calls: Iterable[Call]) -> frozenset[tuple[int, Expr]]:
    """The calls of an expression statement that stand in no other call: their results are thrown away."""
    every = list(calls)
    inside = {found for call in every for found in calls_inside(_as_expression(call))}
    return frozenset((call.line, _as_expression(call)) for call in every if _as_expression(call) not in inside)


def _calls_of_calls(calls: Iterable[Call], bindings: Iterable[Binding]) -> Iterator[Call]:
    """Calls of what a call has given back, which are no facts of their own: ``task("x")(f)``."""
    found: dict[tuple[int, Expr], Call] = {}
    facts: list[tuple[Call | Binding, Expr]] = [(item, _as_expression(item)) for item in calls]
    facts += [(item, item.value) for item in bindings]
    for item, expression in facts:
        for inner in (expression, *calls_inside(expression)):
            if inner[0] == "call" and inner[1][0] not in ("name", "attr"):
                found[item.scope, inner] = Call(inner[1], inner[2], inner[3], item.scope, item.statement, item.line, item.under)
    yield from found.values()


def _named(calls: Iterable[Call], bindings: Iterable[Binding]) -> set[str]:
    """Names whose part in a change is read from a call or a target."""
    found: set[str | None] = set()
    for call in calls:
        found.add(root_name(call.func))
        found |= {root_name(value) for value in (*call.args, *(value for _, value in call.keywords))}
    for binding in bindings:
        found.add(root_name(binding.target) if binding.target[0] != "return" else None)
    return {name for name in found if name is not None}


def _text(expression: Expr) -> str:
    """A callee in words: ``pool.submit``."""
    tag = expression[0]
    if tag == "name":
        return str(expression[1])
    if tag == "attr":
        return f"{_text(expression[1])}.{expression[2]}"
    if tag == "index":
        return f"{_text(expression[1])}[…]"
    return f"{_text(expression[1])}()" if tag == "call" else "…"
