"""Subscripts: items of collections, and of the tables that Python itself keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.folding import collection_methods, modules
from clustrix_bundle.bundler.folding.value import (
    ENV,
    OPEN,
    UNKNOWN_ENTRY,
    Alternatives,
    Class,
    External,
    Mapping,
    Number,
    Sequence,
    Text,
    Unknown,
    Value,
    as_text,
    distinct,
    hole,
    items_of,
    literal,
)
from clustrix_bundle.bundler.lazy_dataclass import replace

if TYPE_CHECKING:
    from clustrix_bundle.bundler.folding.fold import Folder
    from clustrix_bundle.bundler.folding.place import Place


def subscript(folder: Folder, value: Value, keys: Alternatives, place: Place, *, sliced: bool) -> Alternatives:
    """What ``value[key]`` can be; ``sliced`` where the index is a slice."""
    if isinstance(value, Sequence):
        if sliced:
            return (Sequence((), items_of(value)),)
        found: list[Value] = []
        for key in keys:
            position = key.value if isinstance(key, Number) else None
            if position is not None and -len(value.items) <= position < len(value.items) and not (value.more and position < 0):
                found.extend(value.items[position])
            else:
                found.extend(value.more if position is not None and position >= len(value.items) else items_of(value))
        return distinct(found) or OPEN
    if isinstance(value, Mapping):
        return collection_methods.look_up(value, keys)[0] or OPEN
    if isinstance(value, External) and value.name == "sys.modules":
        return distinct(one for key in keys for one in (modules.named(folder.world, as_text(key).constant or "?")))
    if isinstance(value, External) and value.name in ("builtins.globals()", "builtins.vars()", "builtins.locals()"):
        return (
            distinct(
                one
                for key in keys
                if (name := as_text(key).constant)
                for one in folder.lookup.look_up(name, replace(place, frame=None))
            )
            or OPEN
        )
    if isinstance(value, External) and value.name == "os.environ":
        return (hole(ENV),)
    if isinstance(value, External) and value.name == "sys.argv":
        first = keys == (Number(0),)
        main = folder.names("__main__") if first else None
        return (modules.file(main.module),) if main is not None else OPEN
    if isinstance(value, External) and value.name.startswith("inspect.stack()"):
        return (External(value.name),)
    if isinstance(value, Class):
        return folder.items(value)
    if isinstance(value, Text) and not sliced and value.constant is not None and len(keys) == 1 and isinstance(keys[0], Number):
        position = keys[0].value
        if -len(value.constant) <= position < len(value.constant):
            return (literal(value.constant[position]),)
    return (UNKNOWN_ENTRY,) if isinstance(value, Unknown) and value.entry else OPEN
