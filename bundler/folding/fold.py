"""Folding an expression in its module and scope to what it can be.

Recall comes first: where several values are possible all are given, and where anything is possible `UNKNOWN` (a hole, inside a
text) is among them. Every fold is bounded in steps, depth and alternatives, gives the same answer for the same facts, and raises
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.folding import formatting, operators
from clustrix_bundle.bundler.folding.attributes import Attributes
from clustrix_bundle.bundler.folding.callers import PASSING, Callers
from clustrix_bundle.bundler.folding.calls import Calls
from clustrix_bundle.bundler.folding.instances import Instances
from clustrix_bundle.bundler.folding.lookup import Lookup
from clustrix_bundle.bundler.folding.memory import Memory
from clustrix_bundle.bundler.folding.names import ModuleNames
from clustrix_bundle.bundler.folding.parameters import Parameters
from clustrix_bundle.bundler.folding.place import Place
from clustrix_bundle.bundler.folding.subclasses import Subclasses
from clustrix_bundle.bundler.folding.subscripts import subscript
from clustrix_bundle.bundler.folding.value import (
    OPEN,
    UNKNOWN,
    Alternatives,
    Class,
    Constant,
    Function,
    Mapping,
    Number,
    Sequence,
    Value,
    bounded,
    distinct,
    items_of,
    literal,
)

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule, World
    from clustrix_bundle.bundler.facts.model import Binding, Call, Expr
    from clustrix_bundle.bundler.folding.arguments import Arguments


class Folder:
    """Folds expressions of one program's modules.

    `renew` is called when more modules have been reached; what was found through call sites is then found again.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.callers = Callers(self)
        self._reached = 0
        self._names: dict[str, ModuleNames | None] = {}
        self._naming: dict[str, list[LoadedModule]] = {}
        self._passing: set[str] | None = None
        self._local: dict[str, bool] = {}
        self.memory = Memory()
        self.parameters = Parameters(self)
        self.lookup = Lookup(self)
        self.attributes = Attributes(self)
        self.instances = Instances(self)
        self.subclasses = Subclasses(self)
        self.calls = Calls(self)

    @property
    def asked(self) -> int:
        """Grows whenever an answer depends on the call sites seen so far."""
        return self.memory.asked

    # -- modules

    def renew(self) -> bool:
        """Takes newly reached modules in; whether there were any."""
        reached = len(self.world.reached())
        if reached == self._reached:
            return False
        self._reached = reached
        self._naming.clear()
        self._passing = None
        self.callers.renew()
        self.subclasses.renew()
        self.memory.forget_passing()
        return True

    def _adopt(self, module: LoadedModule) -> ModuleNames:
        found = self._names.get(module.name)
        if found is None or found.module is not module:
            found = self._names[module.name] = self._read(module)
        return found

    def naming(self, name: str) -> Iterator[ModuleNames]:
        """The reached modules in which a name may stand, in the order in which they were reached."""
        known = self._naming.get(name)
        if known is None:
            known = self._naming[name] = list(self.world.mentioning(name))
        return map(self._adopt, known)

    def calling(self, name: str) -> Iterator[ModuleNames]:
        """Those in which something of that name may be called."""
        return map(self._adopt, self.world.calling(name))

    def reading(self, name: str) -> Iterator[ModuleNames]:
        """Those in which the name may be read as a value."""
        return map(self._adopt, self.world.reading(name))

    def may_be_called(self, name: str) -> bool:
        """Whether a reached module may call a function of that name, or hand it to one of `PASSING`."""
        return any(True for _ in self.world.calling(name)) or bool(self._handing(name))

    def passing(self, name: str) -> Iterator[ModuleNames]:
        """Those in which the name may stand and one of `PASSING` may be called."""
        return map(self._adopt, self._handing(name))

    def _handing(self, name: str) -> list[LoadedModule]:
        if self._passing is None:
            self._passing = {one.name for function in PASSING for one in self.world.calling(function)}
        known = self._naming.get(name)
        if known is None:
            known = self._naming[name] = list(self.world.mentioning(name))
        return [one for one in known if one.name in self._passing]

    def names(self, module: str) -> ModuleNames | None:
        """The definitions of a local module; None for what is not local or has no source."""
        if module not in self._names:
            loaded = self.world.load(module)
            self._names[module] = self._read(loaded) if loaded is not None else None
        return self._names[module]

    def loaded(self, module: str) -> LoadedModule | None:
        """A local module."""
        names = self.names(module)
        return names.module if names else None

    def is_local(self, name: str) -> bool:
        """Whether a dotted name is found under the source roots."""
        found = self._local.get(name)
        if found is None:
            found = self._local[name] = self.world.locate(name) is not None
        return found

    def importers(self, module: str) -> list[ModuleNames]:
        """Reached modules whose import statements may name a module."""
        naming = {one.name for one in self.world.mentioning(module.rpartition(".")[2])}
        return [self._adopt(one) for one in self.world.reached() if one.name in naming or one.name.startswith(f"{module}.")]

    def _read(self, module: LoadedModule) -> ModuleNames:
        return ModuleNames(module, guard_runs=module.name == "__main__" and self.world.entry[0] != "__main__")

    # -- entry points

    def place(self, module: LoadedModule, fact: Call | Binding) -> Place:
        """Where a fact stands."""
        return Place(module.name, fact.scope, fact.line, "loop" in fact.under)

    def evaluate(self, expr: Expr, place: Place) -> Alternatives:
        """What the expression can be; never empty."""
        self._start()
        return self.fold(expr, place) or OPEN

    def arguments_of(self, call: Call, module: LoadedModule) -> Arguments:
        """The folded arguments of a call fact: each is a question of its own, so that one does not spend what another needs."""
        return self.calls.arguments(call.args, call.keywords, self.place(module, call), fold=self.evaluate)

    def callee_of(self, call: Call, module: LoadedModule) -> Alternatives:
        """What a call fact calls."""
        return self.evaluate(call.func, self.place(module, call))

    def _start(self) -> None:
        self.memory.start()
        self.calls.start()

    # -- expressions

    def fold(self, expr: Expr, place: Place) -> Alternatives:
        """As `evaluate`, within the bounds of the evaluation under way."""
        if not self.memory.enter():
            return OPEN
        try:
            handler: Callable[[Expr, Place], Alternatives] | None = getattr(self, _HANDLERS.get(expr[0], ""), None)
            found = handler(expr, place) if handler else OPEN
            return (bounded(found[0]),) if len(found) == 1 else found
        finally:
            self.memory.leave()

    def _text(self, expr: Expr, _place: Place) -> Alternatives:
        return (literal(expr[1]),)

    def _number(self, expr: Expr, _place: Place) -> Alternatives:
        return (Number(expr[1]),)

    def _constant(self, expr: Expr, _place: Place) -> Alternatives:
        return (Constant(expr[1]),)

    def _either(self, expr: Expr, place: Place) -> Alternatives:
        return distinct(value for branch in expr[1] for value in self.fold(branch, place))

    def _collection(self, expr: Expr, place: Place) -> Alternatives:
        items: list[Alternatives] = []
        more: list[Value] = []
        for item in expr[1]:
            if item[0] == "star":
                spread = self.fold(item[1], place)
                if len(spread) == 1 and isinstance(spread[0], Sequence) and not more:
                    items.extend(spread[0].items)
                    more.extend(spread[0].more)
                else:
                    more.extend(one for value in spread for one in items_of(value))
            elif item == ("?",) or more:
                more.extend(self.fold(item, place))
            else:
                items.append(self.fold(item, place))
        return (Sequence(tuple(items), distinct(more)),)

    def _mapping(self, expr: Expr, place: Place) -> Alternatives:
        items: list[tuple[Alternatives, Alternatives]] = []
        more: list[Value] = []
        for key, value in expr[1]:
            if key is not None:
                items.append((self.fold(key, place), self.fold(value, place)))
                continue
            for spread in self.fold(value, place):
                if isinstance(spread, Mapping):
                    items.extend(spread.items)
                    more.extend(spread.more)
                else:
                    more.append(UNKNOWN)
        return (Mapping(tuple(items), distinct(more)),)

    def _comprehension(self, expr: Expr, place: Place) -> Alternatives:
        return (Sequence((), self.fold(expr[1], place)),)

    def _dict_comprehension(self, expr: Expr, place: Place) -> Alternatives:
        keys, values = self.fold(expr[1], place), self.fold(expr[2], place)
        if len(keys) == 1 and len(values) == 1:
            return (Mapping(((keys, values),)),)
        return (Mapping(tuple(((key,), values) for key in keys)),)

    def _each(self, expr: Expr, place: Place) -> Alternatives:
        return distinct(item for value in self.fold(expr[1], place) for item in self.items(value)) or OPEN

    def items(self, value: Value) -> Alternatives:
        """What iterating over the value gives: members, for an enumeration."""
        if isinstance(value, Class):
            names = self.names(value.module)
            if names is not None:
                members = [
                    one
                    for name in names.names_in_class(value.scope)
                    for one in self.attributes.in_class(value, name, set()) or ()
                ]
                return distinct(one for one in members if not isinstance(one, Function))
        return items_of(value)

    def _join(self, expr: Expr, place: Place) -> Alternatives:
        return formatting.concatenate(*(self.fold(part, place) for part in expr[1]))

    def _negative(self, expr: Expr, place: Place) -> Alternatives:
        return operators.negative(self.fold(expr[1], place))

    def _binary(self, expr: Expr, place: Place) -> Alternatives:
        _, operator, left, right = expr
        return operators.binary(operator, self.fold(left, place), self.fold(right, place))

    def _name(self, expr: Expr, place: Place) -> Alternatives:
        return self.lookup.look_up(expr[1], place)

    def _attribute(self, expr: Expr, place: Place) -> Alternatives:
        _, base, name = expr
        found: list[Value] = []
        for value in self.fold(base, place):
            found.extend(self.attributes.of(value, name, place))
        return distinct(found) or OPEN

    def _index(self, expr: Expr, place: Place) -> Alternatives:
        _, base, index = expr
        opaque = index == ("?",)
        keys = OPEN if opaque else self.fold(index, place)
        found: list[Value] = []
        for value in self.fold(base, place):
            found.extend(subscript(self, value, keys, place, sliced=opaque))
        return distinct(found) or OPEN

    def _call(self, expr: Expr, place: Place) -> Alternatives:
        return self.calls.fold(expr, place)


_HANDLERS = {
    "str": "_text",
    "bytes": "_text",
    "int": "_number",
    "const": "_constant",
    "name": "_name",
    "attr": "_attribute",
    "call": "_call",
    "bin": "_binary",
    "neg": "_negative",
    "join": "_join",
    "index": "_index",
    "list": "_collection",
    "tuple": "_collection",
    "set": "_collection",
    "dict": "_mapping",
    "either": "_either",
    "comp": "_comprehension",
    "dictcomp": "_dict_comprehension",
    "each": "_each",
    "star": "_each",
}
"""The method that folds each kind of expression."""
