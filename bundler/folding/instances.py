"""Attributes of instances of local classes: what methods assign to ``self``, what subclasses say, what constructors give a field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.folding.arguments import Arguments
from clustrix_bundle.bundler.folding.callers import MAX_SITES
from clustrix_bundle.bundler.folding.expressions import last_name
from clustrix_bundle.bundler.folding.held_values import attribute_key
from clustrix_bundle.bundler.folding.place import Place
from clustrix_bundle.bundler.folding.value import OPEN, UNKNOWN, Alternatives, Class, Function, Instance, Value, distinct

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Binding
    from clustrix_bundle.bundler.folding.fold import Folder
    from clustrix_bundle.bundler.folding.names import ModuleNames


class Instances:
    """Instances of one program's classes."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    def attribute(self, value: Instance, name: str) -> Alternatives:
        found: list[Value] = []
        for one in self.folder.attributes.of_class(value, name):
            if isinstance(one, Function):
                found.extend(self._method(one))
            else:
                found.append(one)
        if not found or not all(isinstance(one, Function) for one in found):
            below = self._in_subclasses(value, name)
            found.extend(below if found or not below else (*below, UNKNOWN))
        for binding, names in self._self_bindings(value, name, set()):
            found.extend(self._attribute_value(binding, names, name))
        found.extend(self._held(value, name))
        if found:
            return distinct([*found, *self._given_instead(value, name, found)])
        if name == "__class__":
            return (Class(value.module, value.scope), *self.folder.subclasses.below(value))
        if name == "__dict__":
            return OPEN
        return self._field(value, name)

    def _held(self, value: Instance, name: str) -> Alternatives:
        """What the attribute holds in instances that globals of the running program hold."""
        main = self.folder.names("__main__")
        held = main.module.held if main is not None else None
        return held.get(attribute_key(value, name), ()) if held is not None else ()

    def _in_subclasses(self, value: Instance, name: str) -> Alternatives:
        """What classes that derive from the instance's say of an attribute: ``self`` in a base class is any of them."""
        found: list[Value] = []
        for one in self.folder.subclasses.below(value):
            other = self.folder.names(one.module)
            definitions = other.definitions(one.scope, name) if other is not None else None
            if other is not None and definitions:
                found.extend(self.folder.lookup.definitions(definitions, other, one.scope, name, Place(one.module, one.scope)))
        return distinct(one for one in found if not isinstance(one, Function))

    def _attribute_value(self, binding: Binding, names: ModuleNames, name: str) -> Alternatives:
        """What ``self.name = …`` gives the attribute."""

        def compute() -> Alternatives:
            place = Place(names.module.name, binding.scope, binding.line, "loop" in binding.under)
            return self.folder.lookup.grown(self.folder.fold(binding.value, place), names, 0, name)

        return self.folder.memory.once((names.module.name, id(binding), "attribute"), binding, compute, ())

    def _method(self, function: Function) -> Alternatives:
        """A method seen through an instance: its value, if it is a property."""
        names = self.folder.names(function.module)
        if names is None:
            return OPEN
        decorators = {last_name(one) for one in names.scope(function.scope).decorators}
        if decorators & {"property", "cached_property", "lazyproperty", "lazy_property", "reify"}:
            return self.folder.calls.inline(names, function.scope, Arguments(), bound=True)
        return (Function(function.module, function.scope, "staticmethod" not in decorators),)

    def _self_bindings(self, value: Class | Instance, name: str, seen: set[tuple[str, int]]) -> list[tuple[Binding, ModuleNames]]:
        """Bindings of ``self.name`` in the class, its bases, and classes of the same module that derive from it."""
        if (value.module, value.scope) in seen:
            return []
        seen.add((value.module, value.scope))
        names = self.folder.names(value.module)
        if names is None:
            return []
        found = [(one, names) for one in names.attributes(value.scope, name)]
        for base in self.folder.attributes.bases(value):
            if isinstance(base, Class):
                found += self._self_bindings(base, name, seen)
        own = names.scope(value.scope).name
        for index in names.derived(own):
            if (value.module, index) not in seen:
                found += [(one, names) for one in names.attributes(index, name)]
        return found

    def _given_instead(self, value: Instance, name: str, defaults: list[Value]) -> Alternatives:
        """What constructors give a field that has a default (dataclasses, named tuples)."""
        names = self.folder.names(value.module)
        if names is None or any(isinstance(one, Function) for one in defaults) or not self._makes_fields(value, names):
            return ()
        self.folder.memory.asked += 1
        key = (value.module, value.scope, "field", name)
        return self.folder.memory.while_active(key, lambda: self._arguments_for_field(names.scope(value.scope).name, name), ())

    def _field(self, value: Instance, name: str) -> Alternatives:
        """A field that only the constructor's arguments give (dataclasses, named tuples)."""
        names = self.folder.names(value.module)
        if names is None or not self._makes_fields(value, names):
            return OPEN
        self.folder.memory.asked += 1
        key = (value.module, value.scope, "field", name)
        return self.folder.memory.while_active(key, lambda: self._given_to_field(names.scope(value.scope).name, name), OPEN)

    def _given_to_field(self, constructor: str, name: str) -> Alternatives:
        return distinct([*self._arguments_for_field(constructor, name), UNKNOWN])

    def _arguments_for_field(self, constructor: str, name: str) -> Alternatives:
        found: list[Value] = []
        for site in self.folder.callers.calls(constructor)[:MAX_SITES]:
            arguments = self.folder.parameters.site_arguments(site)
            given = arguments.keywords.get(name)
            found.extend(given if given is not None else arguments.rest(0))
        return distinct(found)

    def _makes_fields(self, value: Instance, names: ModuleNames) -> bool:
        scope = names.scope(value.scope)
        decorators = {last_name(one[1] if one[0] == "call" else one) for one in scope.decorators}
        bases = {last_name(one) for one in scope.bases}
        return bool(
            decorators & {"dataclass", "define", "frozen", "attrs", "s"}
            or bases & {"NamedTuple", "BaseModel", "Struct", "TypedDict", "BaseSettings"}
        )
