"""Attributes of modules, classes and other values; what an instance has besides is `instances`' business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.folding import collection_methods, foreign_names, methods, modules
from clustrix_bundle.bundler.folding.arguments import Arguments
from clustrix_bundle.bundler.folding.place import Place
from clustrix_bundle.bundler.folding.value import (
    OPEN,
    Alternatives,
    Class,
    External,
    Function,
    Instance,
    Mapping,
    Method,
    Module,
    Sequence,
    Text,
    Unknown,
    Value,
    distinct,
    literal,
)

if TYPE_CHECKING:
    from clustrix_bundle.bundler.folding.fold import Folder


class Attributes:
    """Attributes of one program's values."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    def of(self, value: Value, name: str, place: Place) -> Alternatives:
        """What ``value.name`` can be."""
        if isinstance(value, Module):
            return self.of_module(value.name, name)
        if isinstance(value, External):
            frame_file = modules.of_frame(f"{value.name}.{name}", self.folder.loaded(place.module))
            return frame_file if frame_file is not None else foreign_names.variable(f"{value.name}.{name}")
        if isinstance(value, Text):
            found = methods.path_attribute(value, name)
            return found if found is not None else (Method(value, name),)
        if isinstance(value, Mapping):
            found, missing = collection_methods.look_up(value, (literal(name),))
            return found if found and not missing else (*found, Method(value, name))
        if isinstance(value, Sequence):
            return (Method(value, name),)
        if isinstance(value, Class):
            return self.of_class(value, name) or self._named(value, name)
        if isinstance(value, Instance):
            return self.folder.instances.attribute(value, name)
        if isinstance(value, Function):
            return self._named(value, name)
        return (value,) if isinstance(value, Unknown) else OPEN

    def of_module(self, module: str, name: str) -> Alternatives:
        names = self.folder.names(module)
        if names is not None:
            special = modules.special(name, names.module)
            if special is not None:
                return special
            if names.definitions(0, name):
                return self.folder.lookup.look_up(name, Place(module))
        submodule = f"{module}.{name}"
        if self.folder.is_local(submodule):
            return (Module(submodule),)
        if names is None:
            folders = modules.folders(self.folder.world, module)
            return (Sequence(tuple((one,) for one in folders)),) if name == "__path__" and folders else OPEN
        found = self.folder.lookup.through_stars(names, 0, name)
        if found:
            return found
        lazy = names.children_named(0, "__getattr__")
        if lazy:
            return (
                distinct(
                    value
                    for index in lazy
                    for value in self.folder.calls.inline(names, index, Arguments([(literal(name),)]), bound=False)
                )
                or OPEN
            )
        return OPEN

    def _named(self, value: Function | Class, name: str) -> Alternatives:
        names = self.folder.names(value.module)
        if names is None:
            return OPEN
        if name in ("__name__", "__qualname__"):
            return (literal(names.scope(value.scope).name),)
        if name == "__module__":
            return (literal(names.module.name),)
        if name == "__code__":
            return (Mapping((((literal("co_filename"),), (modules.file(names.module),)),)),)
        if name == "__globals__":
            return (Mapping((((literal("__file__"),), (modules.file(names.module),)),), OPEN),)
        return OPEN

    def bases(self, value: Class | Instance) -> Alternatives:
        names = self.folder.names(value.module)
        if names is None:
            return ()
        scope = names.scope(value.scope)
        place = Place(value.module, scope.parent)
        return distinct(one for base in scope.bases for one in self.folder.fold(base, place))

    def of_class(self, value: Class | Instance, name: str) -> Alternatives:
        return distinct(self.in_class(value, name, set()) or ())

    def in_class(self, value: Class | Instance, name: str, seen: set[tuple[str, int]]) -> Alternatives | None:
        """An attribute of the class body, or of a base class."""
        if (value.module, value.scope) in seen:
            return None
        seen.add((value.module, value.scope))
        names = self.folder.names(value.module)
        if names is None:
            return None
        definitions = names.definitions(value.scope, name)
        if definitions:
            return self.folder.lookup.definitions(definitions, names, value.scope, name, Place(value.module, value.scope))
        for base in self.bases(value):
            if isinstance(base, Class):
                found = self.in_class(base, name, seen)
                if found is not None:
                    return found
        return None
