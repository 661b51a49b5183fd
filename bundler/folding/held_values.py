"""What globals of a running program hold, as alternatives: paths and tables that travel by value lead to files, too.

What attributes of instances of the project's own classes hold is told by class and attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as MappingType
from pathlib import PurePath
from types import MemberDescriptorType
from typing import Any

from clustrix_bundle.bundler.folding.value import (
    MAX_SIZE,
    OPEN,
    Alternatives,
    Constant,
    Instance,
    Mapping,
    Number,
    Sequence,
    Text,
    distinct,
    literal,
    text,
)

_NAMESPACES = (("argparse", "Namespace"), ("types", "SimpleNamespace"))
_DEPTH = 6


def held_values(
    items: Iterable[tuple[str, Any]], roots: tuple[str, ...], instance_of: Callable[[type], Instance | None] = lambda _kind: None
) -> dict[str, Alternatives]:
    """Plain data among globals, by name; paths at or below a root, which lead to the job's own tree there, are anchored.

    Args:
        items: Names and what they hold.
        roots: The project root, and other spellings of its path.
        instance_of: What instances of a class fold to, None where it is not the project's.

    Returns:
        Alternatives by the name of a global, and by `attribute_key` for attributes of instances that the globals hold.
    """
    reader = _Reader(roots, instance_of)
    found = {name: reader.alternatives(value, _DEPTH) for name, value in items}
    return {name: value for name, value in (found | reader.attributes).items() if value != OPEN}


def attribute_key(instance: Instance, name: str) -> str:
    """Under which name held attributes of instances of a class are found."""
    return f"{instance.module}:{instance.scope}.{name}"


class _Reader:
    def __init__(self, roots: tuple[str, ...], instance_of: Callable[[type], Instance | None]) -> None:
        self.attributes: dict[str, Alternatives] = {}
        self._roots = tuple(root.rstrip("/") for root in roots if root.rstrip("/"))
        self._instance_of = instance_of
        self._budget = MAX_SIZE
        self._seen: set[int] = set()

    def alternatives(self, value: Any, depth: int) -> Alternatives:
        self._budget -= 1
        if self._budget < 0 or depth < 0:
            return OPEN
        if value is None or isinstance(value, bool):
            return (Constant(str(value)),)
        if type(value) is int:
            return (Number(value),)
        if isinstance(value, PurePath):
            return (self._anchored(str(value), path=True),)
        if type(value) is str:
            return (self._anchored(value, path=False) if value.startswith("/") else literal(value),)
        if isinstance(value, (list, tuple, set, frozenset)):
            return (Sequence(tuple(self.alternatives(item, depth - 1) for item in value)),)
        kind = type(value)
        pairs = vars(value) if (kind.__module__, kind.__name__) in _NAMESPACES else value
        if isinstance(pairs, MappingType) and type(pairs).__module__ in ("builtins", "collections"):
            read = self.alternatives
            return (Mapping(tuple((read(key, depth - 1), read(item, depth - 1)) for key, item in pairs.items())),)
        return self._instance(value, depth)

    def _instance(self, value: Any, depth: int) -> Alternatives:
        kind = type(value)
        classes = [found for base in kind.__mro__ if (found := self._instance_of(base)) is not None]
        if not classes:
            return OPEN
        if id(value) not in self._seen:
            self._seen.add(id(value))
            for name, part in _attributes(value):
                held = self.alternatives(part, depth - 1)
                for one in classes:
                    key = attribute_key(one, name)
                    self.attributes[key] = distinct([*self.attributes.get(key, ()), *held])
        return (classes[0],)

    def _anchored(self, value: str, *, path: bool) -> Text:
        below = any(value == root or value.startswith(root + "/") for root in self._roots)
        return text([value], path=path, anchored=below)


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """What an instance holds, in slots too; none of its code runs."""
    for base in type(value).__mro__:
        for name, member in vars(base).items():
            if isinstance(member, MemberDescriptorType):
                try:
                    yield name, member.__get__(value, base)
                except AttributeError:
                    continue
    try:
        yield from dict(object.__getattribute__(value, "__dict__")).items()
    except AttributeError:
        return
