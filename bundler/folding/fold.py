"""Folding an expression in its module and scope to what it can be.

Recall comes first: where several values are possible all are given, and where anything is possible `UNKNOWN` (a hole, inside a
text) is among them. Every fold is bounded in steps, depth and alternatives, gives the same answer for the same facts, and raises
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from clustrix_bundle.bundler.facts.model import Binding, Call, Expr, Import, Parameter
from clustrix_bundle.bundler.folding import formatting, known, methods, modules, pattern
from clustrix_bundle.bundler.folding.arguments import Arguments, bind
from clustrix_bundle.bundler.folding.callers import MAX_SITES, Callers
from clustrix_bundle.bundler.folding.expressions import last_name, mentions
from clustrix_bundle.bundler.folding.memory import Memory
from clustrix_bundle.bundler.folding.names import Definition, Growth, ModuleNames, reaching, read_names
from clustrix_bundle.bundler.folding.parameters import Parameters
from clustrix_bundle.bundler.folding.place import Frame, Place
from clustrix_bundle.bundler.folding.value import (
    ENV,
    OPEN,
    UNKNOWN,
    UNKNOWN_ENTRY,
    Alternatives,
    Class,
    Constant,
    External,
    Function,
    Instance,
    Mapping,
    Method,
    Module,
    Number,
    Sequence,
    Text,
    Unknown,
    Value,
    as_text,
    bounded,
    distinct,
    generalise,
    hole,
    is_none,
    items_of,
    literal,
)

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule, World

MAX_INLINED = 8
MAX_ROUNDS = 8
MAX_GROWN = 64
MAX_INLINED_VALUES = 512
MAX_PRODUCT = 256


Pairs: TypeAlias = tuple[tuple[Alternatives, Alternatives], ...]


class Folder:
    """Folds expressions of one program's modules.

    `renew` is called when more modules have been reached; what was found through call sites is then found again.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.callers = Callers()
        self._names: dict[str, ModuleNames | None] = {}
        self._derived: dict[str, list[tuple[ModuleNames, int]]] = {}
        self.memory = Memory()
        self.parameters = Parameters(self)
        self._inlined = 0

    @property
    def asked(self) -> int:
        """Grows whenever an answer depends on the call sites seen so far."""
        return self.memory.asked

    # -- modules

    def renew(self) -> bool:
        """Takes newly reached modules in; whether there were any."""
        grown = [self.callers.add(names) for module in list(self.world.reached()) if (names := self._adopt(module)) is not None]
        if any(grown):
            self.memory.forget_passing()
            return True
        return False

    def _adopt(self, module: LoadedModule) -> ModuleNames | None:
        found = self._names.get(module.name)
        if found is None or found.module is not module:
            found = self._read(module)
            self._names[module.name] = found
        return found

    def names(self, module: str) -> ModuleNames | None:
        """The definitions of a local module; None for what is not local or has no source."""
        if module not in self._names:
            loaded = self.world.load(module)
            self._names[module] = self._read(loaded) if loaded is not None else None
        return self._names[module]

    def known(self) -> list[ModuleNames]:
        """The definitions of all modules looked at so far."""
        return [names for names in self._names.values() if names is not None]

    def derived(self, base: str) -> list[tuple[ModuleNames, int]]:
        """Classes that name a base so (last name), in all modules looked at so far."""
        return [one for one in self._derived.get(base, ()) if self._names.get(one[0].module.name) is one[0]]

    def _read(self, module: LoadedModule) -> ModuleNames:
        names = read_names(module, guard_runs=module.name == "__main__" and self.world.entry[0] != "__main__")
        for base, scopes in names.derived.items():
            self._derived.setdefault(base, []).extend((names, index) for index in dict.fromkeys(scopes))
        return names

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
        return self.arguments(call.args, call.keywords, self.place(module, call), fold=self.evaluate)

    def callee_of(self, call: Call, module: LoadedModule) -> Alternatives:
        """What a call fact calls."""
        return self.evaluate(call.func, self.place(module, call))

    def _start(self) -> None:
        self.memory.start()
        self._inlined = 0

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
                    one for name in names.names_in_class(value.scope) for one in self._class_attribute(value, name, set()) or ()
                ]
                return distinct(one for one in members if not isinstance(one, Function))
        return items_of(value)

    def _join(self, expr: Expr, place: Place) -> Alternatives:
        return formatting.concatenate(*(self.fold(part, place) for part in expr[1]))

    def _negative(self, expr: Expr, place: Place) -> Alternatives:
        return distinct(Number(-value.value) if isinstance(value, Number) else UNKNOWN for value in self.fold(expr[1], place))

    def _binary(self, expr: Expr, place: Place) -> Alternatives:
        _, operator, left, right = expr
        first, second = self.fold(left, place), self.fold(right, place)
        if operator == "/":
            paths = [as_text(one) for one in first if not isinstance(one, (Number, Constant))][:256]
            return distinct(
                replace(pattern.join(one, as_text(other)), path=True)
                for one in paths
                for other in second[:256]
                if not isinstance(other, Constant)
            )
        if operator == "%":
            if all(isinstance(one, Number) for one in first):
                return OPEN
            return distinct(value for one in first for value in formatting.percent(as_text(one), second))
        if operator == "+":
            return _added(first, second)
        if operator == "|":
            merged = [one for one in (*first, *second) if isinstance(one, Mapping)]
            if len(merged) == len(first) + len(second):
                return (
                    Mapping(
                        tuple(item for one in merged for item in one.items), distinct(more for one in merged for more in one.more)
                    ),
                )
            return distinct([*first, *second])
        return distinct(_arithmetic(operator, one, other) for one in first[:64] for other in second[:64])

    # -- names

    def _name(self, expr: Expr, place: Place) -> Alternatives:
        return self.look_up(expr[1], place)

    def look_up(self, name: str, place: Place) -> Alternatives:
        """What a name can be at a place."""
        names = self.names(place.module)
        if names is None:
            return OPEN
        special = modules.special(name, names.module)
        if special is not None:
            return special
        for scope in names.visible(place.scope):
            if place.frame is not None:
                given = place.frame.find(place.module, scope, name)
                if given is not None and place.frame.final:
                    return given
                if given is not None:
                    rebound = [one for one in names.definitions.get((scope, name), ()) if isinstance(one.what, Binding)]
                    seen = [
                        one
                        for one in rebound
                        if one is not place.excluded and (not place.line or one.line <= place.line or place.in_loop)
                    ]
                    if scope != place.scope or not seen:
                        return given
                    again = self._definitions(seen, names, scope, name, place)
                    return distinct([*given, *again])
            definitions = names.definitions.get((scope, name))
            if definitions:
                if scope == place.scope and place.line:
                    definitions = reaching(definitions, place.line, in_loop=place.in_loop, excluded=place.excluded)
                return self._definitions(definitions, names, scope, name, place) or OPEN
        found = self._through_stars(names, place.scope, name, set())
        if found:
            return found
        return (External(f"builtins.{name}"),)

    def _definitions(
        self, definitions: list[Definition], names: ModuleNames, scope: int, name: str, place: Place
    ) -> Alternatives:
        found: list[Value] = []
        for definition in definitions:
            found.extend(self._define(definition, names, scope, place))
        return distinct(self._grown(distinct(found), names, scope, name))

    def _define(self, definition: Definition, names: ModuleNames, scope: int, place: Place) -> Alternatives:
        frame = place.frame if scope or (place.frame and place.frame.scope) else None
        if scope == 0:
            frame = None
        module = names.module.name

        def compute() -> Alternatives:
            return self._define_anew(definition, names, scope, frame)

        if frame is None:
            return self.memory.once((module, id(definition)), definition, compute, OPEN)
        return self.memory.while_active((module, id(definition), id(frame)), compute, OPEN)

    def _define_anew(self, definition: Definition, names: ModuleNames, scope: int, frame: Frame | None) -> Alternatives:
        what = definition.what
        module = names.module.name
        if isinstance(what, Binding):
            place = Place(module, what.scope, what.line, "loop" in what.under, frame, definition)
            if what.kind == "with":
                return distinct(self._entered(value) for value in self.fold(what.value, place))
            found = self.fold(what.value, place)
            if (
                what.target[0] == "name"
                and "loop" in what.under
                and what.kind in ("assign", "aug")
                and mentions(what.value, what.target[1])
            ):
                found = self._again(found, what, place)
            return found
        if isinstance(what, Import):
            return self._imported(what, names)
        if isinstance(what, Parameter):
            return self.parameters.value(names, scope, what)
        nested = names.scopes[what]
        return (Class(module, what),) if nested.kind == "class" else (Function(module, what),)

    def _again(self, found: Alternatives, binding: Binding, place: Place) -> Alternatives:
        """A name that a loop makes from itself (``d = dirname(d)``): what some more rounds give."""
        for _ in range(MAX_ROUNDS):
            frame = Frame(place.module, binding.scope, {binding.target[1]: found}, place.frame, final=True)
            grown = distinct([*found, *self.fold(binding.value, replace(place, frame=frame))])
            if grown == found or len(grown) > MAX_GROWN:
                break
            found = grown
        return found

    def _entered(self, value: Value) -> Value:
        """``with x as y``: y, which is x for all that matters here."""
        return value

    def _grown(self, found: Alternatives, names: ModuleNames, scope: int, name: str) -> Alternatives:
        """Collections with what is appended to them anywhere in the module."""
        additions = [one for one in names.growth.get(name, ()) if scope in names.visible(one.scope)]
        if not additions or not any(isinstance(one, (Sequence, Mapping)) for one in found):
            return found
        nothing: tuple[Alternatives, Pairs] = ((), ())
        key = (names.module.name, scope, name, "growth")
        values, pairs = self.memory.once(key, names, lambda: self._additions(additions, names), nothing)
        return _with_additions(found, values, pairs)

    def _additions(self, additions: list[Growth], names: ModuleNames) -> tuple[Alternatives, Pairs]:
        """Items and pairs that a collection is given after it was made."""
        values: list[Value] = []
        pairs: list[tuple[Alternatives, Alternatives]] = []
        for addition in additions:
            at = Place(names.module.name, addition.scope, addition.line, "loop" in addition.under)
            value = self.fold(addition.value, at)
            if addition.key is not None:
                pairs.append((self.fold(addition.key, at), value))
            elif addition.spread:
                values.extend(one for spread in value for one in items_of(spread))
                pairs.extend(pair for spread in value if isinstance(spread, Mapping) for pair in spread.items)
            else:
                values.extend(value)
        return distinct(values), tuple(pairs)

    def _through_stars(self, names: ModuleNames, scope: int, name: str, seen: set[str]) -> Alternatives:
        found: list[Value] = []
        for home in names.visible(scope):
            for item in reversed(names.stars.get(home, ())):
                origin = modules.absolute(item, names.module)
                if self.world.locate(origin) is None:
                    found.append(External(known.canonical(f"{origin}.{name}")))
                    continue
                other = self.names(origin)
                if other is None or origin in seen:
                    continue
                seen.add(origin)
                if (0, name) in other.definitions:
                    return self.look_up(name, Place(origin))
                deeper = self._through_stars(other, 0, name, seen)
                if deeper and not all(isinstance(one, External) for one in deeper):
                    return deeper
                found.extend(deeper)
        return distinct(found)

    def _imported(self, item: Import, names: ModuleNames) -> Alternatives:
        origin = modules.absolute(item, names.module)
        if item.name is None:
            return self.module(origin if item.asname else origin.partition(".")[0])
        local = self.world.locate(origin)
        if local is None:
            return self._external(f"{origin}.{item.name}")
        return self._module_attribute(origin, item.name)

    def module(self, name: str) -> Alternatives:
        """A module by its dotted name."""
        return (Module(name),) if self.world.locate(name) is not None else (External(known.canonical(name)),)

    def _external(self, name: str) -> Alternatives:
        name = known.canonical(name)
        constant = known.constant(name)
        return constant if constant is not None else (External(name),)

    # -- attributes

    def _attribute(self, expr: Expr, place: Place) -> Alternatives:
        _, base, name = expr
        found: list[Value] = []
        for value in self.fold(base, place):
            found.extend(self.attribute(value, name, place))
        return distinct(found) or OPEN

    def attribute(self, value: Value, name: str, place: Place) -> Alternatives:
        """What ``value.name`` can be."""
        if isinstance(value, Module):
            return self._module_attribute(value.name, name)
        if isinstance(value, External):
            frame_file = modules.of_frame(f"{value.name}.{name}", self._loaded(place.module))
            return frame_file if frame_file is not None else self._external(f"{value.name}.{name}")
        if isinstance(value, Text):
            found = methods.path_attribute(value, name)
            return found if found is not None else (Method(value, name),)
        if isinstance(value, Mapping):
            found, missing = methods.look_up(value, (literal(name),))
            return found if found and not missing else (*found, Method(value, name))
        if isinstance(value, Sequence):
            return (Method(value, name),)
        if isinstance(value, Class):
            return self._class_like(value, name) or self._named(value, name)
        if isinstance(value, Instance):
            return self._instance_attribute(value, name)
        if isinstance(value, Function):
            return self._named(value, name)
        return (value,) if isinstance(value, Unknown) else OPEN

    def _loaded(self, module: str) -> LoadedModule | None:
        names = self.names(module)
        return names.module if names else None

    def _module_attribute(self, module: str, name: str) -> Alternatives:
        names = self.names(module)
        if names is not None:
            special = modules.special(name, names.module)
            if special is not None:
                return special
            if (0, name) in names.definitions:
                return self.look_up(name, Place(module))
        submodule = f"{module}.{name}"
        if self.world.locate(submodule) is not None:
            return (Module(submodule),)
        if names is None:
            folders = modules.folders(self.world, module)
            return (Sequence(tuple((one,) for one in folders)),) if name == "__path__" and folders else OPEN
        found = self._through_stars(names, 0, name, set())
        if found:
            return found
        lazy = [index for index in names.children[0] if names.scopes[index].name == "__getattr__"]
        if lazy:
            return (
                distinct(
                    value for index in lazy for value in self._inline(names, index, Arguments([(literal(name),)]), bound=False)
                )
                or OPEN
            )
        return OPEN

    def _named(self, value: Function | Class, name: str) -> Alternatives:
        names = self.names(value.module)
        if names is None:
            return OPEN
        if name in ("__name__", "__qualname__"):
            return (literal(names.scopes[value.scope].name),)
        if name == "__module__":
            return (literal(names.module.name),)
        if name == "__code__":
            return (Mapping((((literal("co_filename"),), (modules.file(names.module),)),)),)
        if name == "__globals__":
            return (Mapping((((literal("__file__"),), (modules.file(names.module),)),), OPEN),)
        return OPEN

    def bases(self, value: Class | Instance) -> Alternatives:
        names = self.names(value.module)
        if names is None:
            return ()
        scope = names.scopes[value.scope]
        place = Place(value.module, scope.parent)
        return distinct(one for base in scope.bases for one in self.fold(base, place))

    def _class_like(self, value: Class | Instance, name: str) -> Alternatives:
        return distinct(self._class_attribute(value, name, set()) or ())

    def _class_attribute(self, value: Class | Instance, name: str, seen: set[tuple[str, int]]) -> Alternatives | None:
        """An attribute of the class body, or of a base class."""
        if (value.module, value.scope) in seen:
            return None
        seen.add((value.module, value.scope))
        names = self.names(value.module)
        if names is None:
            return None
        definitions = names.definitions.get((value.scope, name))
        if definitions:
            return self._definitions(definitions, names, value.scope, name, Place(value.module, value.scope))
        for base in self.bases(value):
            if isinstance(base, Class):
                found = self._class_attribute(base, name, seen)
                if found is not None:
                    return found
        return None

    def _instance_attribute(self, value: Instance, name: str) -> Alternatives:
        found: list[Value] = []
        for one in self._class_like(value, name):
            if isinstance(one, Function):
                found.extend(self._method(one))
            else:
                found.append(one)
        if not all(isinstance(one, Function) for one in found):
            found.extend(self._in_subclasses(value, name))
        for binding, names in self._self_bindings(value, name, set()):
            found.extend(self._attribute_value(binding, names, name))
        if found:
            return distinct([*found, *self._given_instead(value, name, found)])
        if name == "__class__":
            return (Class(value.module, value.scope), *self._subclasses(value))
        if name == "__dict__":
            return OPEN
        return self._field(value, name)

    def _in_subclasses(self, value: Instance, name: str) -> Alternatives:
        """What classes that derive from the instance's say of an attribute: ``self`` in a base class is any of them."""
        found: list[Value] = []
        for one in self._subclasses(value):
            other = self.names(one.module)
            definitions = other.definitions.get((one.scope, name)) if other is not None else None
            if other is not None and definitions:
                found.extend(self._definitions(definitions, other, one.scope, name, Place(one.module, one.scope)))
        return distinct(one for one in found if not isinstance(one, Function))

    def _subclasses(self, value: Class | Instance) -> list[Class]:
        """Classes seen so far that derive from a class, at any distance."""
        self.memory.asked += 1
        found = [Class(value.module, value.scope)]
        for base in found:
            own = self.names(base.module)
            for other, index in self.derived(own.scopes[base.scope].name) if own is not None else ():
                one = Class(other.module.name, index)
                if one not in found and len(found) <= MAX_GROWN:
                    found.append(one)
        return found[1:]

    def _attribute_value(self, binding: Binding, names: ModuleNames, name: str) -> Alternatives:
        """What ``self.name = …`` gives the attribute."""

        def compute() -> Alternatives:
            place = Place(names.module.name, binding.scope, binding.line, "loop" in binding.under)
            return self._grown(self.fold(binding.value, place), names, 0, name)

        return self.memory.once((names.module.name, id(binding), "attribute"), binding, compute, ())

    def _method(self, function: Function) -> Alternatives:
        """A method seen through an instance: its value, if it is a property."""
        names = self.names(function.module)
        if names is None:
            return OPEN
        decorators = {last_name(one) for one in names.scopes[function.scope].decorators}
        if decorators & {"property", "cached_property", "lazyproperty", "lazy_property", "reify"}:
            return self._inline(names, function.scope, Arguments(), bound=True)
        return (Function(function.module, function.scope, "staticmethod" not in decorators),)

    def _self_bindings(self, value: Class | Instance, name: str, seen: set[tuple[str, int]]) -> list[tuple[Binding, ModuleNames]]:
        """Bindings of ``self.name`` in the class, its bases, and classes of the same module that derive from it."""
        if (value.module, value.scope) in seen:
            return []
        seen.add((value.module, value.scope))
        names = self.names(value.module)
        if names is None:
            return []
        found = [(one, names) for one in names.attributes.get((value.scope, name), ())]
        for base in self.bases(value):
            if isinstance(base, Class):
                found += self._self_bindings(base, name, seen)
        own = names.scopes[value.scope].name
        for index in names.derived.get(own, ()):
            if (value.module, index) not in seen:
                found += [(one, names) for one in names.attributes.get((index, name), ())]
        return found

    def _given_instead(self, value: Instance, name: str, defaults: list[Value]) -> Alternatives:
        """What constructors give a field that has a default (dataclasses, named tuples)."""
        names = self.names(value.module)
        if names is None or any(isinstance(one, Function) for one in defaults) or not self._makes_fields(value, names):
            return ()
        self.memory.asked += 1
        key = (value.module, value.scope, "field", name)
        return self.memory.while_active(key, lambda: self._arguments_for_field(names.scopes[value.scope].name, name), ())

    def _field(self, value: Instance, name: str) -> Alternatives:
        """A field that only the constructor's arguments give (dataclasses, named tuples)."""
        names = self.names(value.module)
        if names is None or not self._makes_fields(value, names):
            return OPEN
        self.memory.asked += 1
        key = (value.module, value.scope, "field", name)
        return self.memory.while_active(key, lambda: self._given_to_field(names.scopes[value.scope].name, name), OPEN)

    def _given_to_field(self, constructor: str, name: str) -> Alternatives:
        return distinct([*self._arguments_for_field(constructor, name), UNKNOWN])

    def _arguments_for_field(self, constructor: str, name: str) -> Alternatives:
        found: list[Value] = []
        for site in self.callers.calls.get(constructor, ())[:MAX_SITES]:
            arguments = self.parameters.site_arguments(site)
            given = arguments.keywords.get(name)
            found.extend(given if given is not None else arguments.rest(0))
        return distinct(found)

    def _makes_fields(self, value: Instance, names: ModuleNames) -> bool:
        scope = names.scopes[value.scope]
        decorators = {last_name(one[1] if one[0] == "call" else one) for one in scope.decorators}
        bases = {last_name(one) for one in scope.bases}
        return bool(
            decorators & {"dataclass", "define", "frozen", "attrs", "s"}
            or bases & {"NamedTuple", "BaseModel", "Struct", "TypedDict", "BaseSettings"}
        )

    # -- subscripts

    def _index(self, expr: Expr, place: Place) -> Alternatives:
        _, base, index = expr
        opaque = index == ("?",)
        keys = OPEN if opaque else self.fold(index, place)
        found: list[Value] = []
        for value in self.fold(base, place):
            found.extend(self._subscript(value, keys, place, sliced=opaque))
        return distinct(found) or OPEN

    def _subscript(self, value: Value, keys: Alternatives, place: Place, *, sliced: bool) -> Alternatives:
        if isinstance(value, Sequence):
            if sliced:
                return (Sequence((), items_of(value)),)
            found: list[Value] = []
            for key in keys:
                position = key.value if isinstance(key, Number) else None
                if (
                    position is not None
                    and -len(value.items) <= position < len(value.items)
                    and not (value.more and position < 0)
                ):
                    found.extend(value.items[position])
                else:
                    found.extend(value.more if position is not None and position >= len(value.items) else items_of(value))
            return distinct(found) or OPEN
        if isinstance(value, Mapping):
            return methods.look_up(value, keys)[0] or OPEN
        if isinstance(value, External) and value.name == "sys.modules":
            return distinct(one for key in keys for one in (self.module(as_text(key).constant or "?")))
        if isinstance(value, External) and value.name in ("builtins.globals()", "builtins.vars()", "builtins.locals()"):
            return (
                distinct(
                    one
                    for key in keys
                    if (name := as_text(key).constant)
                    for one in self.look_up(name, replace(place, frame=None))
                )
                or OPEN
            )
        if isinstance(value, External) and value.name == "os.environ":
            return (hole(ENV),)
        if isinstance(value, External) and value.name == "sys.argv":
            first = keys == (Number(0),)
            main = self.names("__main__") if first else None
            return (modules.file(main.module),) if main is not None else OPEN
        if isinstance(value, External) and value.name.startswith("inspect.stack()"):
            return (External(value.name),)
        if isinstance(value, Class):
            return self.items(value)
        if (
            isinstance(value, Text)
            and not sliced
            and value.constant is not None
            and len(keys) == 1
            and isinstance(keys[0], Number)
        ):
            position = keys[0].value
            if -len(value.constant) <= position < len(value.constant):
                return (literal(value.constant[position]),)
        return (UNKNOWN_ENTRY,) if isinstance(value, Unknown) and value.entry else OPEN

    # -- calls

    def arguments(
        self,
        args: tuple[Expr, ...],
        keywords: tuple[tuple[str | None, Expr], ...],
        place: Place,
        fold: Callable[[Expr, Place], Alternatives] | None = None,
    ) -> Arguments:
        """Folded arguments of a call."""
        fold = fold or self.fold
        made = Arguments()
        for arg in args:
            if arg[0] == "star":
                spread = fold(arg[1], place)
                if len(spread) == 1 and isinstance(spread[0], Sequence) and not made.more:
                    made.positional.extend(spread[0].items)
                    made.more = spread[0].more
                else:
                    made.more = distinct([*made.more, *(one for value in spread for one in items_of(value))])
            elif made.more or (arg == ("?",) and len(made.positional) >= 2048):
                made.more = distinct([*made.more, *fold(arg, place)])
            else:
                made.positional.append(fold(arg, place))
        for name, value in keywords:
            folded = fold(value, place)
            if name is not None:
                made.keywords[name] = folded
                continue
            for mapping in folded:
                if isinstance(mapping, Mapping):
                    for keys, values in mapping.items:
                        for key in keys:
                            if isinstance(key, Text) and key.constant:
                                made.keywords[key.constant] = distinct([*made.keywords.get(key.constant, ()), *values])
                    made.open_keywords = distinct([*made.open_keywords, *mapping.more])
                else:
                    made.open_keywords = distinct([*made.open_keywords, UNKNOWN])
        return made

    def _call(self, expr: Expr, place: Place) -> Alternatives:
        _, func, args, keywords = expr
        callees = self.fold(func, place)
        if any(isinstance(one, Unknown) for one in callees) and len(callees) == 1:
            return OPEN
        arguments = self.arguments(args, keywords, place)
        return distinct(value for callee in callees for value in self.call(callee, arguments, place)) or OPEN

    def call(self, callee: Value, arguments: Arguments, place: Place) -> Alternatives:
        """What calling the value gives."""
        if isinstance(callee, External):
            return self._call_external(callee.name, arguments, place)
        if isinstance(callee, Method):
            return self._call_method(callee, arguments)
        if isinstance(callee, Function):
            names = self.names(callee.module)
            return self._inline(names, callee.scope, arguments, bound=callee.bound) if names is not None else OPEN
        if isinstance(callee, Class):
            return self._construct(callee, arguments)
        if isinstance(callee, Instance):
            return distinct(
                value
                for one in self._class_like(callee, "__call__")
                if isinstance(one, Function)
                for value in self.call(replace(one, bound=True), arguments, place)
            )
        return OPEN

    def _call_method(self, callee: Method, arguments: Arguments) -> Alternatives:
        receiver = callee.receiver
        if isinstance(receiver, Text):
            return methods.call_text(receiver, callee.name, arguments)
        if isinstance(receiver, Mapping):
            return methods.call_mapping(receiver, callee.name, arguments)
        return methods.call_sequence(receiver, callee.name, arguments)

    def _call_external(self, name: str, arguments: Arguments, place: Place) -> Alternatives:
        special = modules.call(name, arguments, self._loaded(place.module), self.world, place_names=self.names)
        if special is not None:
            return special
        if name == "builtins.getattr":
            names = [as_text(one).constant for one in arguments.get(1) or OPEN]
            default = arguments.positional[2] if len(arguments.positional) > 2 else ()
            owners = arguments.get(0) or OPEN
            if len(owners) * len(names) > MAX_PRODUCT:
                return OPEN
            found = [
                one for value in owners for attribute in names if attribute for one in self.attribute(value, attribute, place)
            ]
            return distinct([*found, *(one for one in default if not is_none(one)), *(OPEN if None in names else ())]) or OPEN
        if name == "builtins.super":
            owner = self._owner_instance(place)
            return tuple(base for one in owner for base in self.bases(one)) if owner else OPEN
        if name == "functools.partial":
            return OPEN
        if name in known.FIELDS:
            return self._field_default(arguments, place)
        if name in ("builtins.map", "builtins.filter") and arguments.positional:
            mapped = self._mapped(name, arguments, place)
            if mapped is not None:
                return mapped
        result = known.call(name, arguments)
        return result if result is not None else (External(f"{name}()"),)

    def _field_default(self, arguments: Arguments, place: Place) -> Alternatives:
        """What ``field(default=…, default_factory=…)`` gives an instance that is not told otherwise."""
        names = self.names(place.module)
        found = list(arguments.get(None, "default") or ())
        for factory in arguments.get(None, "default_factory", "factory") or ():
            if not isinstance(factory, Unknown):
                found.extend(self.call(factory, Arguments(), place))
                continue
            lambdas = [index for index in names.children[place.scope] if names.scopes[index].kind == "lambda"] if names else []
            below = [index for index in lambdas if names is not None and names.scopes[index].line >= place.line]
            for index in below[:1]:
                found.extend(self.call(Function(place.module, index), Arguments(), place))
        return distinct(found) or OPEN

    def _owner_instance(self, place: Place) -> tuple[Instance, ...]:
        names = self.names(place.module)
        owner = names.owner(place.scope) if names is not None else None
        return (Instance(place.module, owner[1]),) if owner else ()

    def _mapped(self, name: str, arguments: Arguments, place: Place) -> Alternatives | None:
        functions = arguments.positional[0]
        if name == "builtins.filter" or not any(isinstance(one, (Function, Class, Method)) for one in functions):
            return None
        items = distinct(item for value in arguments.get(1) or OPEN for item in items_of(value))
        return (
            Sequence(
                (),
                distinct(
                    value for one in functions for item in items[:128] for value in self.call(one, Arguments([(item,)]), place)
                )
                or OPEN,
            ),
        )

    def _construct(self, callee: Class, arguments: Arguments) -> Alternatives:
        for base in self.bases(callee):
            if isinstance(base, External) and (known.is_path_class(base.name) or base.name == "builtins.str"):
                return known.call(base.name, arguments) or OPEN
            if isinstance(base, External) and base.name in ("builtins.dict", "collections.UserDict", "collections.OrderedDict"):
                return known.call("builtins.dict", arguments) or OPEN
            if isinstance(base, External) and base.name.startswith("enum."):
                return self.items(callee)
        return (Instance(callee.module, callee.scope),)

    def _inline(self, names: ModuleNames, scope: int, arguments: Arguments, *, bound: bool) -> Alternatives:
        """What a local function gives back for these arguments."""
        gives = names.gives.get(scope)
        if not gives or self._inlined >= MAX_INLINED:
            return OPEN
        values = self._with_defaults(names, scope, bind(arguments, names.scopes[scope].parameters, bound=bound))
        if sum(len(group) for group in values.values()) > MAX_INLINED_VALUES:
            values = {name: generalise(group) if len(group) > MAX_GROWN else group for name, group in values.items()}
        key = (names.module.name, scope, "inline", tuple(values.items()))
        return self.memory.while_active(
            (names.module.name, scope, "inline"),
            lambda: self.memory.once(key, names, lambda: self._returned(names, scope, values), OPEN),
            OPEN,
        )

    def _returned(self, names: ModuleNames, scope: int, values: dict[str, Alternatives]) -> Alternatives:
        definition = names.scopes[scope]
        frame = Frame(names.module.name, scope, values)
        returned: list[Value] = []
        yielded: list[Value] = []
        self._inlined += 1
        try:
            for binding in names.gives[scope]:
                place = Place(names.module.name, scope, binding.line, "loop" in binding.under, frame)
                (yielded if binding.kind == "yield" else returned).extend(self.fold(binding.value, place))
        finally:
            self._inlined -= 1
        decorators = {last_name(one) for one in definition.decorators}
        if definition.generator or yielded:
            managed = decorators & {"contextmanager", "asynccontextmanager", "fixture"}
            return distinct(yielded) if managed else (Sequence((), distinct(yielded)),)
        return distinct(returned)

    def _with_defaults(self, names: ModuleNames, scope: int, values: dict[str, Alternatives]) -> dict[str, Alternatives]:
        definition = names.scopes[scope]
        for parameter in definition.parameters:
            if parameter.name not in values and parameter.default is not None:
                values[parameter.name] = self.fold(
                    parameter.default, Place(names.module.name, definition.parent, definition.line)
                )
        return values


def _with_additions(found: Alternatives, values: Alternatives, pairs: Pairs) -> Alternatives:
    grown: list[Value] = []
    for one in found:
        if isinstance(one, Sequence):
            grown.append(Sequence(one.items, distinct([*one.more, *values, *(value for _, group in pairs for value in group)])))
        elif isinstance(one, Mapping):
            grown.append(Mapping((*one.items, *pairs), one.more))
        else:
            grown.append(one)
    return distinct(grown)


def _added(first: Alternatives, second: Alternatives) -> Alternatives:
    if any(isinstance(one, Sequence) for one in (*first, *second)):
        found: list[Value] = []
        for one in first[:32]:
            for other in second[:32]:
                if not isinstance(one, Sequence):
                    found.append(Sequence((), distinct([UNKNOWN, *items_of(other)])))
                elif not isinstance(other, Sequence):
                    found.append(Sequence(one.items, distinct([*one.more, UNKNOWN])))
                elif one.more:
                    found.append(Sequence(one.items, distinct([*one.more, *items_of(other)])))
                else:
                    found.append(Sequence((*one.items, *other.items), other.more))
        return distinct(found)
    if all(isinstance(one, Number) for one in (*first, *second)):
        return distinct(_arithmetic("+", one, other) for one in first[:64] for other in second[:64])
    return formatting.concatenate(first, second)


def _arithmetic(operator: str, left: Value, right: Value) -> Value:
    if (
        isinstance(left, Text)
        and operator == "*"
        and isinstance(right, Number)
        and left.constant is not None
        and len(left.constant) * right.value <= 4096
    ):
        return literal(left.constant * right.value)
    if not (isinstance(left, Number) and isinstance(right, Number)) or max(abs(left.value), abs(right.value)) > 10**15:
        return UNKNOWN
    one, other = left.value, right.value
    if operator == "+":
        return Number(one + other)
    if operator == "-":
        return Number(one - other)
    if operator == "*":
        return Number(one * other)
    if operator == "//" and other:
        return Number(one // other)
    return UNKNOWN


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
