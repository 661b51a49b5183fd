"""What a call may do, by what its callee means: a function of the user's, a class, something installed, something unknown."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing import known_calls
from clustrix_bundle.bundler.slicing.application import UNKNOWN, Application
from clustrix_bundle.bundler.slicing.holders import LOGGERS, Holders
from clustrix_bundle.bundler.slicing.parts import SOMEWHERE, below
from clustrix_bundle.bundler.slicing.roots import SUPER
from clustrix_bundle.bundler.slicing.written_files import made_by, written_by

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Call, Expr
    from clustrix_bundle.bundler.slicing.things import Thing

_CONSTRUCTION = ("__init__", "__new__", "__post_init__", "__enter__", "__exit__")
_KERNEL: Expr = ("call", ("name", "get_ipython"), (), ())


class CallReader(Holders):
    """Reads calls of one module into deeds."""

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
        if self.ours(things, callee):
            return
        if callee[0] == "attr" and not any(
            thing.kind in ("module", "foreign") for thing in self.things.of(self.module, scope, callee[1])
        ):
            self._method(call, things)
        elif callee[0] == "attr":  # reg.put = lambda …
            for function, names in self.things.set_later(self.module, callee[2]):
                self.deeds.calls.append((function, self.arguments(function.scope, call, names)))
        for thing in things:
            if thing.kind == "function":
                self.run(thing, call)
            elif thing.kind == "class":
                for name in _CONSTRUCTION:
                    for method in self.things.method_scopes(thing, name, set()):
                        self.run(method, call.of_method(UNKNOWN))
                for metaclass in self.things.metaclasses(thing):
                    for method in self.things.method_scopes(metaclass, "__call__", set()):
                        self.run(method, call.of_method(callee))
            elif thing.kind == "foreign":
                self._foreign(thing.module, call)
            elif thing.kind in ("instance", "made"):
                self.call_object(thing, call)
            elif thing.kind == "data" and thing.module == self.module:
                self.run_lambdas(thing.name, call)
        self.write_streams(scope, call.values)
        for value in call.values:
            self.give(scope, value)
        own = {thing.kind for thing in things} - {"data", "foreign-made"}
        read = not own and callee[0] != "attr" and self.run_stored(call)
        if callee[0] == "name":
            self.bound_method(scope, callee[1])
        unknown = callee[0] == "name" and callee[1] not in known_calls.BUILTINS_THAT_READ and not own and not read
        elsewhere = {thing.module for thing in things if thing.kind == "data"} - {self.module}
        if call.discarded and (unknown or (elsewhere and all(thing.kind in ("data", "foreign-made") for thing in things))):
            self.deeds.changes |= {("module", module) for module in elsewhere}
            for value in call.values:
                self.deeds.change(self.roots.of(scope, value))
        if not call.decorates and self.runs_arguments(callee, things):
            self.callbacks(scope, call.values)
            foreign = any(thing.kind == "foreign" and "." in thing.module for thing in things) or (
                not things and callee[0] == "attr"
            )
            self.deeds.defers = self.deeds.defers or (foreign and not call.discarded and self.gives_function(scope, call.values))

    def _method(self, call: Application, things: tuple[Thing, ...]) -> None:
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
        if name in ("submit", "local") and self.ours(self.things.of(self.module, scope, receiver), receiver):
            return
        owners = self.roots.of(scope, receiver)
        named = any(root[0] == "foreign" and root[1].startswith("logging.") for root in owners)
        holders = owners | LOGGERS if named else owners
        makers = frozenset(
            thing.module for thing in self.things.of(self.module, scope, receiver) if thing.kind in ("foreign", "foreign-made")
        )
        acts = known_calls.method_acts(name, len(call.values), makers)
        inherited = receiver == SUPER and name.startswith("__")  # the body of what stands here is what its own caller calls
        if not inherited and (acts or known_calls.method_changes(name, call.names) or call.decorates):
            self.change(owners, self.roots.dotted(scope, call.callee) or name, discarded=call.discarded)
        if call.discarded and receiver[0] == "call" and known_calls.is_setting(f".{name}"):
            for maker in makers:
                self.set(f"{maker}.{name}", call.values)  # Device(1).use()
        if name in ("send", "throw", "close", "asend", "athrow", "aclose", "__next__"):
            self.use_up(scope, receiver)
        if not inherited and self.is_opaque(call, things):
            self.run_held(holders, self.place(call))
        if known_calls.method_takes_in(name):
            self.take_in(call, holders, known=any(thing.kind == "function" for thing in things))
        if known_calls.method_changes_arguments(name):
            for value in call.values:
                self.deeds.change(self.roots.of(scope, value))
        for key, value in call.keywords:
            if key == "out":
                self.deeds.change(self.roots.of(scope, value))
        for function, names in (
            *self.things.methods_named(self.module, name),  # whichever class the receiver has
            *self.things.run_by_inherited(self.module, name, self.things.of(self.module, scope, receiver)),
        ):
            self.deeds.calls.append((function, self.arguments(function.scope, call.of_method(receiver), names)))

    def _foreign(self, dotted: str, call: Application) -> None:
        deeds = self.deeds
        if known_calls.is_exit(dotted):
            deeds.exits = True
        elif known_calls.reads_client(dotted):
            deeds.client = deeds.client or f"{dotted}()"
        elif "." not in dotted:
            self._builtin(dotted, call)
        elif dotted.startswith("logging.") and dotted.rpartition(".")[2] in known_calls.LOG_METHODS:
            self.run_held(LOGGERS)
        elif dotted in ("sys.stdout.write", "sys.stderr.write"):
            self._builtin("print", replace(call, keywords=()))
        elif call.decorates:
            if known_calls.is_registering(dotted):
                self.set(dotted)
        else:
            if dotted.endswith(".parse_args"):
                deeds.client = deeds.client or f"{dotted}()"
            if (
                known_calls.is_setting(dotted)
                or known_calls.draws(dotted)
                or (call.discarded and not known_calls.is_output(dotted))
            ):
                self.set(dotted, call.values)
            if ".patch" in dotted and call.args:
                self._patch(call.scope, call.args[0])
            for value in call.values:
                self.use_up(call.scope, value)
            if dotted.startswith("logging."):
                self.deeds.keep(below(LOGGERS, SOMEWHERE), self.roots.of_all(call.scope, call.values))
            changes = known_calls.changes_argument(dotted, call.names, discarded=call.discarded)
            if changes or dotted.startswith("weakref."):
                self.keep_in_first(dotted, call)
            if changes:
                for value in call.values:
                    deeds.change(root for root in self.roots.of(call.scope, value) if root[0] != "foreign")

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
            self.set(f"{target[1]}=")

    def _builtin(self, name: str, call: Application) -> None:
        scope, values = call.scope, call.values
        if name in ("exec", "eval"):
            literal = bool(values) and values[0][0] == "str"  # an assignment in an evaluated text takes a walrus
            self.deeds.keys.add("*" if name == "exec" and not literal and self.module == self.things.script else "?")
            for value in values[1:]:
                self.deeds.change(self.roots.of(scope, value))
            if values and values[0][0] == "str" and self.module == self.things.script:
                self._evaluate(values[0][1])
        elif name in ("setattr", "delattr") and values:
            owners = self.roots.of(scope, values[0])
            self.change(owners, name)
            for value in values[2:]:
                self.link(self.roots.of(scope, value), owners)
                self.deeds.keep(below(owners, SOMEWHERE), self.roots.of(scope, value))
            if self.roots.is_own_module(values[0]) and len(values) > 1:
                self.bind_key(values[1][1] if values[1][0] == "str" else "*")
        elif name == "print":
            given = [value for key, value in call.keywords if key == "file"]
            for value in given or self.names.put_for_output:
                self.deeds.change(root for root in self.roots.of(scope, value) if root[0] != "foreign")
                self.run_methods(scope, ("write", "flush"), (value, ("?",)))
            for value in call.args:
                self.use_up(scope, value)
        elif name == "next" or (call.discarded and name not in known_calls.BUILTINS_THAT_READ):
            for value in values:
                self.deeds.change(self.roots.of(scope, value))
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
                self.deeds.change(self.roots.of_name(0, node.id))
            elif isinstance(node, ast.Name):
                self.deeds.keys.add(node.id)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
                self.deeds.keys.add(node.name)


def _keys_of(call: Application) -> set[str]:
    """Names that a method of ``globals()`` binds or takes away; ``*`` where they are not literals."""
    _, _, name = call.callee
    if name != "update":
        return {call.args[0][1] if call.args and call.args[0][0] == "str" else "*"}
    found = {key or "*" for key, _ in call.keywords}
    for value in call.args:
        found |= {key[1] if key is not None and key[0] == "str" else "*" for key, _ in value[1]} if value[0] == "dict" else {"*"}
    return found
