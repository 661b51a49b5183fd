"""Objects that are given others and act on them later: stacks of callbacks, queues, schedulers, iterators, bound methods."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing import known_calls
from clustrix_bundle.bundler.slicing.application import UNKNOWN, Application
from clustrix_bundle.bundler.slicing.deeds import OWN
from clustrix_bundle.bundler.slicing.parts import SOMEWHERE, below, wholes
from clustrix_bundle.bundler.slicing.runs import Runs
from clustrix_bundle.bundler.slicing.things import Thing

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Expr
    from clustrix_bundle.bundler.slicing.deeds import Deeds, Root
    from clustrix_bundle.bundler.slicing.names import ModuleNames
    from clustrix_bundle.bundler.slicing.things import Things

_STREAMS = frozenset({"io.StringIO", "io.BytesIO"})
WHEN_DELETED = ".__del__"
"""Where an object keeps what runs when it goes."""
_ENDINGS = ("close", "aclose", "__exit__", "__aexit__")
LOGGERS: frozenset[Root] = frozenset([("name", "logging")])
"""The loggers that everybody finds by their names."""


class Holders(Runs):
    """Writes down as deeds what objects are given by code of one module, and when they act on it."""

    def __init__(self, things: Things, names: ModuleNames, deeds: Deeds) -> None:
        super().__init__(things, names, deeds)
        self._used_up: set[tuple[int, str]] = set()

    def apply(self, call: Application) -> None:
        """Reads a call; see `CallReader`."""
        raise NotImplementedError

    def run_stored(self, call: Application) -> bool:
        """Something is called that can't be read: ``for handler in self.handlers: handler()``; whether it is read after all."""
        roots = self.roots.of(call.scope, call.callee)
        self.deeds.runs |= wholes(roots)
        if self.run_partials(call):
            return True
        self.deeds.act(roots, self.place(call))
        return False

    def run_held(self, roots: frozenset[Root], call: str = "") -> None:
        """What objects hold may be called, or anything done with it."""
        self.deeds.runs |= wholes(roots)
        self.deeds.act(roots, call)

    def place(self, call: Application) -> str:
        """What tells a call apart that is given something: what it does with that is no deed of a later one."""
        return f"{self.module}:{self.line}" if call.values else ""

    def is_opaque(self, call: Application, things: tuple[Thing, ...]) -> bool:
        """Whether a method that can't be read is called, which may do anything with what its object was given before."""
        _, receiver, name = call.callee
        if any(thing.kind == "function" for thing in things):
            return False
        if receiver == self.roots.first_parameter(call.scope) and any(True for _ in self.things.methods_named(self.module, name)):
            return False
        makers = self.makers(call.scope, receiver)
        return known_calls.method_acts_on_content(name, makers)

    def makers(self, scope: int, expression: Expr) -> frozenset[str]:
        """Dotted names of what is installed and may have made an object, or what it is a part of: ``fig, ax = plt.subplots()``."""
        found: set[str] = set()
        seen = {(scope, expression)}
        pending = [(scope, expression)]
        while pending:
            at, part = pending.pop()
            things = self.things.of(self.module, at, part)
            made = {thing.module for thing in things if thing.kind in ("foreign", "foreign-made")}
            found |= made
            if made:
                continue
            further = [(at, part[1])] if part[0] in ("attr", "index", "each", "star", "call") else []
            if part[0] == "name":
                local = self.names.is_local(at, part[1]) or 0
                further = [(local, item.value) for item in self.names.assignments.get((local, part[1]), ())]
            pending += [item for item in further if item not in seen]
            seen.update(further)
        return frozenset(found)

    def take_in(self, call: Application, owners: frozenset[Root], *, known: bool) -> None:
        """A method is given arguments, which its object may keep; where the method is known, its body tells."""
        makers = self.makers(call.scope, call.callee[1])
        for value in call.values:
            roots = self.roots.of(call.scope, value)
            self.link(roots, owners)
            sinks = known_calls.only_takes_data(makers) and not (value[0] == "attr" and known_calls.is_mutator(value[2]))
            if not known and not sinks:
                self.deeds.keep(below(owners, SOMEWHERE), roots, self.place(call))
            if not known_calls.method_puts_in(call.callee[2]):
                self.use_up(call.scope, value)

    def keep_in_first(self, dotted: str, call: Application) -> None:
        """What changes an argument may keep the others in it: ``heappush(heap, item)``; and may do anything with what they hold."""
        first = self.roots.of(call.scope, call.values[0]) if call.values else frozenset()
        others = self.roots.of_all(call.scope, call.values[1:])
        dies = dotted.startswith("weakref.")
        self.deeds.keep(below(first, WHEN_DELETED if dies else SOMEWHERE), others, self.place(call))
        if dies and len(call.values) > 1:
            self.deeds.change(first)
        if not known_calls.surely_changes_argument(dotted, call.names) and not dies:
            self.deeds.act(first | others, self.place(call))

    def write_streams(self, scope: int, values: Iterable[Expr]) -> None:
        """Whatever is given a stream in memory may write to it, or read on in it: ``json.dump(table, out)``."""
        for value in values:
            if value[0] == "name" and any(thing.module in _STREAMS for thing in self.things.of(self.module, scope, value)):
                self.deeds.change(self.roots.of(scope, value))

    def use_up(self, scope: int, value: Expr) -> None:
        """Something goes through an object: an iterator is not the same afterwards, and a generator's body runs."""
        if value[0] != "name":
            return
        self.deeds.goes |= wholes(self.roots.of(scope, value))
        for thing in self.things.of(self.module, scope, value):
            if self.is_iterator(thing):
                roots = self.roots.of(scope, value)
                self.deeds.change(roots)
                self.run_held(roots)
                if thing.kind == "made":
                    self.deeds.calls.append((Thing("function", thing.module, thing.scope), {}))
        local = self.names.is_local(scope, value[1]) or 0
        made = [item for item in self.names.assignments.get((local, value[1]), ()) if item.value[0] == "comp"]
        key = (local, value[1])
        if made and key not in self._used_up and key in self.names.syntax.generators:
            self.deeds.change(self.roots.of(scope, value))
            self._used_up.add(key)  # a call on its lines may use it up, too
            places = {(item.statement, item.line) for item in made}
            for call in self.names.calls_in.get(local, ()):  # they run now
                if (call.statement, call.line) in places:
                    self.apply(Application(local, call.func, call.args, call.keywords))
            self._used_up.discard(key)

    def is_iterator(self, thing: Thing) -> bool:
        if thing.kind == "made":
            return self.things.is_generator(thing)
        return thing.kind == "foreign-made" and (known_calls.makes_iterator(thing.module) or thing.module in _STREAMS)

    def end(self, value: Expr) -> None:
        """A ``with`` statement ends: what it holds may do anything with what it was given, and close it."""
        if not any(thing.kind in ("class", "instance", "module", "function") for thing in self.things.of(self.module, 0, value)):
            roots = self.roots.of(0, value)
            self.deeds.runs |= wholes(roots) | {OWN}
            self.deeds.act(roots)
            self.run_methods(0, _ENDINGS, (value,))

    def let_go(self, name: str) -> None:
        """A name is deleted: what waits for that runs."""
        value: Expr = ("name", name)
        for thing in self.things.of(self.module, 0, value):
            if thing.kind == "instance":
                for method in self.things.method_scopes(thing, "__del__", set()):
                    self.run(method, Application(0, UNKNOWN, (value,)))
        self.use_up(0, value)
        if any(item.module == "weakref" for item in self.names.facts.imports):
            roots = self.roots.of_name(0, name)
            self.deeds.runs |= wholes(roots)
            self.deeds.change(below(roots, WHEN_DELETED))

    def bound_method(self, scope: int, name: str) -> None:
        """``push = items.append`` and then ``push(1)``."""
        local = self.names.is_local(scope, name) or 0
        for binding in self.names.assignments.get((local, name), ()):
            if binding.value[0] == "attr" and known_calls.is_mutator(binding.value[2]):
                self.change(self.roots.of(local, binding.value[1]), binding.value[2])
