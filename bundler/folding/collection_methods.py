"""Methods of sequences and mappings, and lookups in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.folding import pattern
from clustrix_bundle.bundler.folding.value import (
    OPEN,
    Alternatives,
    Constant,
    Mapping,
    Sequence,
    Text,
    Unknown,
    Value,
    distinct,
    items_of,
)

if TYPE_CHECKING:
    from clustrix_bundle.bundler.folding.arguments import Arguments


MAX_COMPARED = 4_096
"""Keys asked for times keys that are known: beyond them any value is taken to be meant."""


def call_sequence(value: Sequence, name: str, _arguments: Arguments) -> Alternatives:
    """A method of a list, tuple or set."""
    if name == "copy":
        return (value,)
    if name in ("pop", "popleft"):
        return items_of(value) or OPEN
    if name in ("union", "intersection", "difference", "symmetric_difference"):
        others = [item for group in _arguments.positional for one in group for item in items_of(one)]
        return (Sequence((), distinct([*items_of(value), *others])),)
    return OPEN


def look_up(value: Mapping, keys: Alternatives) -> tuple[Alternatives, bool]:
    """What ``value[key]`` can be, and whether the key may be missing."""
    if len(keys) * len(value.items) > MAX_COMPARED:
        return distinct([*(one for _, values in value.items for one in values), *value.more]), True
    found: list[Value] = []
    missing = False
    for key in keys:
        hit = False
        for known, values in value.items:
            if any(_may_equal(key, one) for one in known):
                found.extend(values)
                hit = True
        if not hit or not _certain(key):
            missing = True
    if missing:
        found.extend(value.more)
    return distinct(found), missing


def _certain(key: Value) -> bool:
    return not isinstance(key, Unknown) and not (isinstance(key, Text) and key.constant is None)


def _may_equal(key: Value, known: Value) -> bool:
    if isinstance(key, Unknown) or isinstance(known, Unknown):
        return True
    if isinstance(key, Text) and isinstance(known, Text):
        if key.constant is not None and known.constant is not None:
            return key.constant == known.constant
        if known.constant is not None:
            return pattern.matches(key, known.constant)
        return key.constant is None or pattern.matches(known, key.constant)
    return key == known or type(key) is not type(known)


def call_mapping(value: Mapping, name: str, arguments: Arguments) -> Alternatives:
    """A method of a dict."""
    if name in ("get", "pop", "setdefault"):
        found, missing = look_up(value, arguments.get(0, "key") or OPEN)
        default = arguments.get(1, "default") or (() if name == "pop" else (Constant("None"),))
        return distinct([*found, *(default if missing else ())]) or OPEN
    if name == "items":
        pairs: list[Value] = [Sequence((keys, values)) for keys, values in value.items]
        return (Sequence((), distinct(pairs + ([Sequence((OPEN, value.more))] if value.more else []))),)
    if name == "keys":
        return (Sequence((), items_of(value)),)
    if name == "values":
        values = [one for _, group in value.items for one in group]
        return (Sequence((), distinct([*values, *value.more])),)
    if name == "copy":
        return (value,)
    return OPEN
