"""Names: what a name can be at a place, through assignments, imports, parameters and what is added to collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from clustrix_bundle.bundler.facts.model import Binding, Import, Parameter
from clustrix_bundle.bundler.folding import foreign_names, modules
from clustrix_bundle.bundler.folding.expressions import mentions
from clustrix_bundle.bundler.folding.names import reaching
from clustrix_bundle.bundler.folding.place import Frame, Place
from clustrix_bundle.bundler.folding.value import (
    OPEN,
    Alternatives,
    Class,
    External,
    Function,
    Mapping,
    Sequence,
    Value,
    distinct,
    items_of,
)
from clustrix_bundle.bundler.lazy_dataclass import replace

if TYPE_CHECKING:
    from clustrix_bundle.bundler.folding.fold import Folder
    from clustrix_bundle.bundler.folding.names import Definition, Growth, ModuleNames


MAX_ROUNDS = 8
"""A name that a loop makes from itself is followed so many times round."""
MAX_GROWN = 64
"""Alternatives beyond which it is not."""

Pairs: TypeAlias = tuple[tuple[Alternatives, Alternatives], ...]


class Lookup:
    """Names of one program."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._star_origins: dict[tuple[str, int], tuple[ModuleNames, list[ModuleNames | str]]] = {}

    def look_up(self, name: str, place: Place) -> Alternatives:
        """What a name can be at a place."""
        names = self.folder.names(place.module)
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
                    rebound = [one for one in names.definitions(scope, name) if isinstance(one.what, Binding)]
                    seen = [
                        one
                        for one in rebound
                        if one is not place.excluded and (not place.line or one.line <= place.line or place.in_loop)
                    ]
                    if scope != place.scope or not seen:
                        return given
                    again = self.definitions(seen, names, scope, name, place)
                    return distinct([*given, *again])
            if scope == 0 and names.module.held is not None and name in names.module.held:
                return names.module.held[name]
            definitions = names.definitions(scope, name)
            if definitions:
                if scope == place.scope and place.line:
                    definitions = reaching(definitions, place.line, in_loop=place.in_loop, excluded=place.excluded)
                return self.definitions(definitions, names, scope, name, place) or OPEN
        found = self.through_stars(names, place.scope, name)
        if found:
            return found
        return (External(f"builtins.{name}"),)

    def definitions(self, definitions: list[Definition], names: ModuleNames, scope: int, name: str, place: Place) -> Alternatives:
        found: list[Value] = []
        for definition in definitions:
            found.extend(self._define(definition, names, scope, place))
        return distinct(self.grown(distinct(found), names, scope, name))

    def _define(self, definition: Definition, names: ModuleNames, scope: int, place: Place) -> Alternatives:
        frame = place.frame if scope or (place.frame and place.frame.scope) else None
        if scope == 0:
            frame = None
        module = names.module.name

        def compute() -> Alternatives:
            return self._define_anew(definition, names, scope, frame)

        if frame is None:
            return self.folder.memory.once((module, id(definition)), definition, compute, OPEN)
        return self.folder.memory.while_active((module, id(definition), id(frame)), compute, OPEN)

    def _define_anew(self, definition: Definition, names: ModuleNames, scope: int, frame: Frame | None) -> Alternatives:
        what = definition.what
        module = names.module.name
        if isinstance(what, Binding):
            place = Place(module, what.scope, what.line, "loop" in what.under, frame, definition)
            if what.kind == "with":
                return distinct(self.folder.fold(what.value, place))
            found = self.folder.fold(what.value, place)
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
            return self.folder.parameters.value(names, scope, what)
        nested = names.scope(what)
        return (Class(module, what),) if nested.kind == "class" else (Function(module, what),)

    def _again(self, found: Alternatives, binding: Binding, place: Place) -> Alternatives:
        """A name that a loop makes from itself (``d = dirname(d)``): what some more rounds give."""
        for _ in range(MAX_ROUNDS):
            frame = Frame(place.module, binding.scope, {binding.target[1]: found}, place.frame, final=True)
            grown = distinct([*found, *self.folder.fold(binding.value, replace(place, frame=frame))])
            if grown == found or len(grown) > MAX_GROWN:
                break
            added = grown[len(found) :]
            found = grown
            if all(
                isinstance(one, External) for one in added
            ):  # ``line = line.strip()`` of something foreign: no end, and no text
                break
        return found

    def grown(self, found: Alternatives, names: ModuleNames, scope: int, name: str) -> Alternatives:
        """Collections with what is appended to them anywhere in the module."""
        if not any(isinstance(one, (Sequence, Mapping)) for one in found):
            return found
        additions = [one for one in names.growth(name) if scope in names.visible(one.scope)]
        if not additions:
            return found
        nothing: tuple[Alternatives, Pairs] = ((), ())
        key = (names.module.name, scope, name, "growth")
        values, pairs = self.folder.memory.once(key, names, lambda: self._additions(additions, names), nothing)
        return _with_additions(found, values, pairs)

    def _additions(self, additions: list[Growth], names: ModuleNames) -> tuple[Alternatives, Pairs]:
        """Items and pairs that a collection is given after it was made."""
        values: list[Value] = []
        pairs: list[tuple[Alternatives, Alternatives]] = []
        for addition in additions:
            at = Place(names.module.name, addition.scope, addition.line, "loop" in addition.under)
            value = self.folder.fold(addition.value, at)
            if addition.key is not None:
                pairs.append((self.folder.fold(addition.key, at), value))
            elif addition.spread:
                values.extend(one for spread in value for one in items_of(spread))
                pairs.extend(pair for spread in value if isinstance(spread, Mapping) for pair in spread.items)
            else:
                values.extend(value)
        return distinct(values), tuple(pairs)

    def through_stars(self, names: ModuleNames, scope: int, name: str) -> Alternatives:
        """What a name can be that only star imports bring; the last of them wins."""
        found: list[Value] = []
        for home in names.visible(scope):
            for origin in self._stars(names, home):
                if isinstance(origin, str):
                    found.append(External(foreign_names.canonical(f"{origin}.{name}")))
                elif origin.definitions(0, name):
                    return self.look_up(name, Place(origin.module.name))
        return distinct(found)

    def _stars(self, names: ModuleNames, scope: int) -> list[ModuleNames | str]:
        """Modules that star imports of a scope bring names of, and those whose own do in turn; foreign ones by name."""
        if not names.stars.get(scope):
            return []
        key = (names.module.name, scope)
        known_stars = self._star_origins.get(key)
        if known_stars is None or known_stars[0] is not names:
            origins: list[ModuleNames | str] = []
            self._collect_stars(names, scope, origins, set())
            known_stars = self._star_origins[key] = (names, origins)
        return known_stars[1]

    def _collect_stars(self, names: ModuleNames, scope: int, origins: list[ModuleNames | str], seen: set[str]) -> None:
        for item in reversed(names.stars.get(scope, ())):
            origin = modules.absolute(item, names.module)
            if not self.folder.is_local(origin):
                origins.append(origin)
                continue
            other = self.folder.names(origin)
            if other is not None and origin not in seen:
                seen.add(origin)
                origins.append(other)
                self._collect_stars(other, 0, origins, seen)

    def _imported(self, item: Import, names: ModuleNames) -> Alternatives:
        origin = modules.absolute(item, names.module)
        if item.name is None:
            return modules.named(self.folder.world, origin if item.asname else origin.partition(".")[0])
        if not self.folder.is_local(origin):
            return foreign_names.variable(f"{origin}.{item.name}")
        return self.folder.attributes.of_module(origin, item.name)


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
