"""What globals of a running program hold, as alternatives: paths and tables that travel by value lead to files, too."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as MappingType
from pathlib import PurePath
from typing import Any

from clustrix_bundle.bundler.folding.value import (
    MAX_SIZE,
    OPEN,
    Alternatives,
    Constant,
    Mapping,
    Number,
    Sequence,
    Text,
    literal,
    text,
)

_NAMESPACES = (("argparse", "Namespace"), ("types", "SimpleNamespace"))
_DEPTH = 6


def held_values(items: Iterable[tuple[str, Any]], roots: tuple[str, ...]) -> dict[str, Alternatives]:
    """Plain data among globals, by name; paths at or below a root, which lead to the job's own tree there, are anchored."""
    budget = [MAX_SIZE]
    found = {name: _alternatives(value, roots, budget, _DEPTH) for name, value in items}
    return {name: value for name, value in found.items() if value is not OPEN}


def _alternatives(value: Any, roots: tuple[str, ...], budget: list[int], depth: int) -> Alternatives:
    budget[0] -= 1
    if budget[0] < 0 or depth < 0:
        return OPEN
    if value is None or isinstance(value, bool):
        return (Constant(str(value)),)
    if type(value) is int:
        return (Number(value),)
    if isinstance(value, PurePath):
        return (_anchored(str(value), roots, path=True),)
    if type(value) is str:
        return (_anchored(value, roots, path=False) if value.startswith("/") else literal(value),)
    if isinstance(value, (list, tuple, set, frozenset)):
        return (Sequence(tuple(_alternatives(item, roots, budget, depth - 1) for item in value)),)
    kind = type(value)
    pairs = vars(value) if (kind.__module__, kind.__name__) in _NAMESPACES else value
    if isinstance(pairs, MappingType) and type(pairs).__module__ in ("builtins", "collections"):
        return (
            Mapping(
                tuple(
                    (_alternatives(key, roots, budget, depth - 1), _alternatives(item, roots, budget, depth - 1))
                    for key, item in pairs.items()
                )
            ),
        )
    return OPEN


def _anchored(value: str, roots: tuple[str, ...], *, path: bool) -> Text:
    below = any(value == root or value.startswith(root.rstrip("/") + "/") for root in roots if root.rstrip("/"))
    return text([value], path=path, anchored=below)
