"""What a call may do, by what its callee means: a function of the user's, a class, something installed, something unknown."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing import known_calls
from clustrix_bundle.bundler.slicing.application import UNKNOWN, Application
from clustrix_bundle.bundler.slicing.call_expressions import in_words
from clustrix_bundle.bundler.slicing.names import ModuleNames, children, root_name
from clustrix_bundle.bundler.slicing.parameters import arguments_of
from clustrix_bundle.bundler.slicing.roots import Roots
from clustrix_bundle.bundler.slicing.stateful import is_stateful
from clustrix_bundle.bundler.slicing.stored_functions import given_functions
from clustrix_bundle.bundler.slicing.things import Thing, Things
from clustrix_bundle.bundler.slicing.written_files import made_by, written_by

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Call, Expr
    from clustrix_bundle.bundler.slicing.deeds import Deeds, Root

_CONSTRUCTION = ("__init__", "__new__", "__post_init__", "__enter__", "__exit__")
_STREAMS = frozenset({"io.StringIO", "io.BytesIO"})
_KERNEL: Expr = ("call", ("name", "get_ipython"), (), ())


class CallReader:
    """Reads calls of one module into deeds."""

    def __init__(self, things: Things, names: ModuleNames, deeds: Deeds) -> None:
        self.things = things
        self.names = names
        self.module = names.module.name
        self.deeds = deeds
        self.roots = Roots(things, names)
        self.line = 0
        self.statement = -1
        self._used_up: set[tuple[int, str]] = set()

    def call(self, scope: int, call: Call, *, discarded: bool) -> None:
        self.line = call.line
        self.statement = call.statement
        written = written_by(self.names, call)
        if written:
            self.deeds.writes.setdefault(written, (self.module, self.line))
        made = made_by(self.names, call)
        if made:
            self.deeds.makes.setdefault(made, (self.module, self.line))
        self.apply(Application(scope, call.func, call.args, call.keywords, discarded=discarded))

    def apply(self, call: Application) -> None:
        """Read a call, or a decorator's."""
        scope, callee = call.scope, call.callee
        things = self.things.of(self.module, scope, callee)
        if self._ours(things, callee):
            return
        if callee[0] == "attr" and not any(
            thing.kind in ("module", "foreign") for thing in self.things.of(self.module, scope, callee[1])
        ):
            self._method(call)
        elif callee[0] == "attr":  # reg.put = lambda …
            for function, names in self.things.set_later(self.module, callee[2]):
                self.deeds.calls.append((function, self.arguments(function.scope, call, names)))
        for thing in things:
            if thing.kind == "function":
                self._run(thing, call)
            elif thing.kind == "class":
                for name in _CONSTRUCTION:
                    for method in self.things.method_scopes(thing, name, set()):
                        self._run(method, call.of_method(UNKNOWN))
                for metaclass in self.things.metaclasses(thing):
                    for method in self.things.method_scopes(metaclass, "__call__", set()):
                        self._run(method, call.of_method(callee))
            elif thing.kind == "foreign":
                self._foreign(thing.module, call)
            elif thing.kind in ("instance", "made"):
                self._call_object(thing, call)
            elif thing.kind == "data" and thing.module == self.module:
                self.run_lambdas(thing.name, call)
        self._write_streams(scope, call.values)
        for value in call.values:
            self.give(scope, value)
        if not {thing.kind for thing in things} - {"data", "foreign-made"}:
            self._run_stored(scope, callee)
        if callee[0] == "name":
            self._bound_method(scope, callee[1])
        unknown = callee[0] == "name" and callee[1] not in known_calls.BUILTINS_THAT_READ and not things
        elsewhere = {thing.module for thing in things if thing.kind == "data"} - {self.module}
        if call.discarded and (unknown or (elsewhere and all(thing.kind in ("data", "foreign-made") for thing in things))):
            self.deeds.changes |= {("module", module) for module in elsewhere}
            for value in call.values:
                self.deeds.changes |= self.roots.of(scope, value)
        if not call.decorates and self._runs_arguments(callee, things):
            self._callbacks(scope, call.values)
            foreign = any(thing.kind == "foreign" and "." in thing.module for thing in things) or (
                not things and callee[0] == "attr"
            )
            self.deeds.defers = self.deeds.defers or (foreign and not call.discarded and self._gives_function(scope, call.values))

    def is_own(self, scope: int, callee: Expr) -> bool:
        """Whether what is called was made by the user's code, whose bodies tell what it changes."""
        return any(
            thing.kind in ("made", "instance", "class", "function") for thing in self.things.of(self.module, scope, callee)
        )

    def give(self, scope: int, value: Expr) -> None:
        """A value is handed on: what functions it is, or holds, may be called through what takes it."""
        self.deeds.gives.update(given_functions(self.things, self.names, scope, value, self.statement))

    def _run_stored(self, scope: int, callee: Expr) -> None:
        """Something is called that can't be read: ``for handler in self.handlers: handler()``, ``self.callback()``."""
        if callee[0] == "name":
            self.deeds.runs |= self.roots.of_name(scope, callee[1])
        elif (
            callee[0] == "attr"
            and known_calls.method_changes(callee[2])
            and not known_calls.is_mutator(callee[2])
            and not any(True for _ in self.things.methods_named(self.module, callee[2]))
        ):
            self.deeds.runs |= self.roots.of(scope, callee[1])

    def _write_streams(self, scope: int, values: Iterable[Expr]) -> None:
        """Whatever is given a stream in memory may write to it, or read on in it: ``json.dump(table, out)``."""
        for value in values:
            if value[0] == "name" and any(thing.module in _STREAMS for thing in self.things.of(self.module, scope, value)):
                self.deeds.changes |= self.roots.of(scope, value)

    def _ours(self, things: tuple[Thing, ...], callee: Expr) -> bool:
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

    def _method(self, call: Application) -> None:
        scope = call.scope
        _, receiver, name = call.callee
        if receiver == _KERNEL and not self.things.of(self.module, scope, _KERNEL[1]):
            self.deeds.submits = self.deeds.submits or f"asks the notebook's kernel (get_ipython().{name})"
            return
        if self.roots.is_namespace(scope, receiver):
            if name in ("update", "setdefault", "__setitem__", "pop", "__delitem__", "clear"):
                for bound in _keys_of(call):
                    self.bind_key(bound)
            return
        if name in ("submit", "local") and self._ours(self.things.of(self.module, scope, receiver), receiver):
            return
        owners = self.roots.of(scope, receiver)
        makers = frozenset(
            thing.module for thing in self.things.of(self.module, scope, receiver) if thing.kind in ("foreign", "foreign-made")
        )
        acts = known_calls.method_acts(name, len(call.values), makers)
        if acts or known_calls.method_changes(name, call.names) or call.decorates:
            self.change(owners, self.roots.dotted(scope, call.callee) or name, discarded=call.discarded)
        if call.discarded and receiver[0] == "call" and known_calls.is_setting(f".{name}"):
            for maker in makers:
                self._set(f"{maker}.{name}", call.values)  # Device(1).use()
        if name in ("send", "throw", "close", "asend", "athrow", "aclose", "__next__"):
            self.use_up(scope, receiver)
        if known_calls.method_takes_in(name):
            for value in call.values:
                self.link(self.roots.of(scope, value), owners)
        for key, value in call.keywords:
            if key == "out":
                self.deeds.changes |= self.roots.of(scope, value)
        for function, names in (
            *self.things.methods_named(self.module, name),  # whichever class the receiver has
            *self.things.run_by_inherited(self.module, name, self.things.of(self.module, scope, receiver)),
        ):
            self.deeds.calls.append((function, self.arguments(function.scope, call.of_method(receiver), names)))

    def _run(self, function: Thing, call: Application) -> None:
        names = self.things.names(function.module)
        assert names is not None
        given = call
        if call.callee != UNKNOWN and names.is_method(function.scope):
            given = call.of_method(call.callee[1] if call.callee[0] == "attr" else UNKNOWN)
        self.deeds.calls.append((function, self.arguments(function.scope, given, names)))
        if call.callee[0] == "name":
            self._keep_state(call.scope, function, call.callee)

    def _keep_state(self, scope: int, function: Thing, callee: Expr) -> None:
        """Calling a function that a stateful decorator of the user's has wrapped changes what the name holds."""
        names = self.things.names(function.module)
        assert names is not None
        definition = names.facts.scopes[function.scope]
        for decorator in definition.decorators:
            for thing in self.things.of(function.module, definition.parent, decorator):
                if thing.kind in ("function", "made"):
                    self._run_inner(thing)
                    if is_stateful(self.things, thing):
                        self.deeds.changes |= self.roots.of(scope, callee)
                elif thing.kind in ("class", "instance"):
                    for method in self.things.method_scopes(thing, "__call__", set()):
                        self._run(method, Application(scope, UNKNOWN, (callee,)))

    def _run_inner(self, maker: Thing) -> None:
        """What a decorator has made is called: its inner functions run, its own body does not."""
        names = self.things.names(maker.module)
        for number in names.within(maker.scope)[1:] if names is not None else ():
            if names is not None and names.facts.scopes[number].kind in ("function", "async"):
                self.deeds.calls.append((Thing("function", maker.module, number), {}))

    def _call_object(self, thing: Thing, call: Application) -> None:
        if thing.kind == "instance":
            for method in self.things.method_scopes(thing, "__call__", set()):
                self._run(method, call.of_method(call.callee))
            return
        self.deeds.calls.append((Thing("function", thing.module, thing.scope), {}))
        if is_stateful(self.things, thing):
            self.deeds.changes |= self.roots.of(call.scope, call.callee)

    def _bound_method(self, scope: int, name: str) -> None:
        """``push = items.append`` and then ``push(1)``."""
        local = self.names.is_local(scope, name) or 0
        for binding in self.names.assignments.get((local, name), ()):
            if binding.value[0] == "attr" and known_calls.is_mutator(binding.value[2]):
                self.change(self.roots.of(local, binding.value[1]), binding.value[2])

    def run_lambdas(self, name: str, call: Application) -> None:
        """Lambdas of the module that a name holds are called."""
        for binding in self.names.assignments.get((0, name), ()):
            for number, around in enumerate(self.names.function_of):
                scope = self.names.facts.scopes[number]
                if around == number and scope.kind == "lambda" and scope.statement == binding.statement:
                    self.deeds.calls.append((Thing("function", self.module, number), self.arguments(number, call)))

    def _foreign(self, dotted: str, call: Application) -> None:
        deeds = self.deeds
        if known_calls.is_exit(dotted):
            deeds.exits = True
        elif known_calls.reads_client(dotted):
            deeds.client = deeds.client or f"{dotted}()"
        elif "." not in dotted:
            self._builtin(dotted, call)
        elif dotted in ("sys.stdout.write", "sys.stderr.write"):
            self._builtin("print", replace(call, keywords=()))
        elif call.decorates:
            if known_calls.is_registering(dotted):
                self._set(dotted)
        else:
            if dotted.endswith(".parse_args"):
                deeds.client = deeds.client or f"{dotted}()"
            if (
                known_calls.is_setting(dotted)
                or known_calls.draws(dotted)
                or (call.discarded and not known_calls.is_output(dotted))
            ):
                self._set(dotted, call.values)
            if ".patch" in dotted and call.args:
                self._patch(call.scope, call.args[0])
            for value in call.values:
                self.use_up(call.scope, value)
            if known_calls.changes_argument(dotted, call.names, discarded=call.discarded):
                for value in call.values:
                    deeds.changes |= {root for root in self.roots.of(call.scope, value) if root[0] != "foreign"}

    def _patch(self, scope: int, target: Expr) -> None:
        """``mock.patch("json.dumps", …)`` and ``mock.patch.object(json, "dumps", …)``."""
        if target[0] != "str":
            self.change(self.roots.of(scope, target), "patch", target=True)
            return
        module = str(target[1]).rpartition(".")[0]
        while module and not self.things.is_local_module(module):
            module = module.rpartition(".")[0]
        if module:
            self.deeds.changes.add(("module", module))
        else:
            self._set(f"{target[1]}=")

    def _builtin(self, name: str, call: Application) -> None:
        scope, values = call.scope, call.values
        if name in ("exec", "eval"):
            literal = bool(values) and values[0][0] == "str"  # an assignment in an evaluated text takes a walrus
            self.deeds.keys.add("*" if name == "exec" and not literal and self.module == self.things.script else "?")
            for value in values[1:]:
                self.deeds.changes |= self.roots.of(scope, value)
            if values and values[0][0] == "str" and self.module == self.things.script:
                self._evaluate(values[0][1])
        elif name in ("setattr", "delattr") and values:
            self.change(self.roots.of(scope, values[0]), name)
            if self.roots.is_own_module(values[0]) and len(values) > 1:
                self.bind_key(values[1][1] if values[1][0] == "str" else "*")
        elif name == "print":
            given = [value for key, value in call.keywords if key == "file"]
            for value in given or self.names.put_for_output:
                self.deeds.changes |= {root for root in self.roots.of(scope, value) if root[0] != "foreign"}
                self.run_methods(scope, ("write", "flush"), (value, ("?",)))
            for value in call.args:
                self.use_up(scope, value)
        elif name == "next" or (call.discarded and name not in known_calls.BUILTINS_THAT_READ):
            for value in values:
                self.deeds.changes |= self.roots.of(scope, value)
                self.use_up(scope, value)
        elif known_calls.uses_up(name):
            for value in values:
                self.use_up(scope, value)

    def _evaluate(self, text: str) -> None:
        """What a literal text does that is executed: it binds what it assigns, and may change whatever it names."""
        try:
            nodes = list(ast.walk(ast.parse(text.strip())))
        except (SyntaxError, ValueError):
            return
        for node in nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                self.deeds.changes |= self.roots.of_name(0, node.id)
            elif isinstance(node, ast.Name):
                self.deeds.keys.add(node.id)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
                self.deeds.keys.add(node.name)

    def use_up(self, scope: int, value: Expr) -> None:
        """Something goes through an object: an iterator is not the same afterwards, and a generator's body runs."""
        if value[0] != "name":
            return
        for thing in self.things.of(self.module, scope, value):
            if self._is_iterator(thing):
                self.deeds.changes |= self.roots.of(scope, value)
                if thing.kind == "made":
                    self.deeds.calls.append((Thing("function", thing.module, thing.scope), {}))
        local = self.names.is_local(scope, value[1]) or 0
        made = [item for item in self.names.assignments.get((local, value[1]), ()) if item.value[0] == "comp"]
        key = (local, value[1])
        if made and key not in self._used_up and key in self.names.syntax.generators:
            self.deeds.changes |= self.roots.of(scope, value)
            self._used_up.add(key)  # a call on its lines may use it up, too
            places = {(item.statement, item.line) for item in made}
            for call in self.names.calls_in.get(local, ()):  # they run now
                if (call.statement, call.line) in places:
                    self.apply(Application(local, call.func, call.args, call.keywords))
            self._used_up.discard(key)

    def _is_iterator(self, thing: Thing) -> bool:
        names = self.things.names(thing.module) if thing.kind == "made" else None
        if names is not None:
            return any(binding.kind == "yield" for binding in names.bindings_in.get(thing.scope, ()))
        return thing.kind == "foreign-made" and known_calls.makes_iterator(thing.module)

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

    def _gives_function(self, scope: int, values: Iterable[Expr]) -> bool:
        """Whether a function is among arguments: by its name, as a lambda, a method that changes something, or within a ``partial(…)``."""
        return any(
            any(thing.kind == "function" for thing in self.things.of(self.module, scope, value))
            or known_calls.is_mutator(value[-1] if value[0] == "attr" else "")
            if value[0] in ("name", "attr")
            else self._holds_lambda()
            if value[0] == "?"
            else value[0] in ("call", "list", "tuple", "star")
            and self._gives_function(scope, [child for child in children(value) if child != value[1] or value[0] != "call"])
            for value in values
        )

    def _holds_lambda(self) -> bool:
        return any(scope.kind == "lambda" and scope.statement == self.statement for scope in self.names.facts.scopes)

    def _callbacks(self, scope: int, values: tuple[Expr, ...]) -> None:
        """Functions that are handed to a call may be run by it."""
        for value in values:
            if value[0] == "call" and value[1][-1] == "partial":
                self._callbacks(scope, (*value[2], *(given for _, given in value[3])))
            things = self.things.of(self.module, scope, value)
            for thing in things if value[0] in ("name", "attr", "call") else ():
                self.deeds.calls += [(method, {}) for method in self.things.run_by_installed(thing)]
            if value[0] not in ("name", "attr"):
                continue
            if value[0] == "attr" and not things and known_calls.is_mutator(value[2]):
                self.change(self.roots.of(scope, value[1]), value[2])
            if not self._ours(things, value):
                for thing in things:
                    if thing.kind == "function":
                        self.run_with(thing, values, scope)

    def run_with(self, function: Thing, values: Iterable[Expr], scope: int = 0) -> None:
        """A function is run by a call that has these arguments: each parameter may stand for a part of any of them."""
        names = self.things.names(function.module)
        assert names is not None
        everything = self.roots.of_all(scope, values)
        arguments = arguments_of(self.roots, names, function.scope, Application(scope, UNKNOWN, ()))  # its defaults
        self.deeds.calls.append((function, {name: roots | everything for name, roots in arguments.items()}))

    def arguments(self, function: int, call: Application, names: ModuleNames | None = None) -> dict[str, frozenset[Root]]:
        """What each parameter of a function stands for in a call."""
        return arguments_of(self.roots, names or self.names, function, call)

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

    # -- changes and links

    def change(self, owners: frozenset[Root], dotted: str, *, discarded: bool = True, target: bool = False) -> None:
        for kind, name in owners:
            if kind != "foreign":
                self.deeds.changes.add((kind, name))
            elif target:
                self._set(f"{dotted if dotted.startswith(name) else name}=")
            else:
                last = dotted.rpartition(".")[2]
                full = name if name.endswith(f".{last}") else f"{name}.{last}"
                if known_calls.is_setting(full) or (discarded and not known_calls.is_output(full)):
                    self._set(full)

    def _set(self, setting: str, values: tuple[Expr, ...] = ()) -> None:
        self.deeds.settings.add(setting)
        if known_calls.answers_depend_on(setting, values):
            self.deeds.places.setdefault(setting, (self.module, self.line))

    def bind_key(self, key: str) -> None:
        """A name of the module is bound through ``globals()[key]``; ``*`` where the key is not a literal."""
        if self.module == self.things.script:
            self.deeds.keys.add(key)
        else:
            self.deeds.changes.add(("module", self.module))

    def link(self, sources: frozenset[Root], owners: frozenset[Root]) -> None:
        self.deeds.links |= {(a, b) for a in sources for b in owners if a != b and "foreign" not in (a[0], b[0])}


def _keys_of(call: Application) -> set[str]:
    """Names that a method of ``globals()`` binds or takes away; ``*`` where they are not literals."""
    _, _, name = call.callee
    if name != "update":
        return {call.args[0][1] if call.args and call.args[0][0] == "str" else "*"}
    found = {key or "*" for key, _ in call.keywords}
    for value in call.args:
        found |= {key[1] if key is not None and key[0] == "str" else "*" for key, _ in value[1]} if value[0] == "dict" else {"*"}
    return found
