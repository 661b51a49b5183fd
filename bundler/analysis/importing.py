"""Import statements: the dotted names that one of them makes Python look for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Expr, Import, ModuleFacts


@dataclass(frozen=True, slots=True)
class BeyondTopLevel:
    """A relative import that climbs out of its package, or stands in a module that has none."""

    reason: str


def absolute_module(item: Import, package: str) -> str | BeyondTopLevel:
    """The module that an import names, seen from ``package`` (as `importlib.util.resolve_name`)."""
    if item.level == 0:
        return item.module
    if not package:
        return BeyondTopLevel("relative import without a package: the file does not belong to one")
    parts = package.split(".")
    if item.level > len(parts):
        return BeyondTopLevel("relative import beyond the top-level package")
    base = ".".join(parts[: len(parts) - item.level + 1])
    return f"{base}.{item.module}" if item.module else base


def render_import(item: Import) -> str:
    """The words of one alias, for messages and edges."""
    source = "." * item.level + item.module
    alias = f" as {item.asname}" if item.asname else ""
    return f"import {source}{alias}" if item.name is None else f"from {source} import {item.name}{alias}"


def exported_names(facts: ModuleFacts) -> tuple[set[str], bool]:
    """The names that ``__all__`` holds for sure, and whether it may hold others."""
    names: set[str] = set()
    is_open = False
    for value in _all_values(facts):
        for item in _items(value):
            if item is None:
                is_open = True
            else:
                names.add(item)
    return names, is_open


def _all_values(facts: ModuleFacts) -> Iterator[Expr]:
    for binding in facts.bindings:
        if binding.target == ("name", "__all__"):
            yield binding.value
    for call in facts.calls:
        if call.func[0] == "attr" and call.func[1] == ("name", "__all__"):
            if call.func[2] in {"append", "add"}:
                yield ("list", call.args)
            elif call.func[2] in {"extend", "update"}:
                yield from call.args


def _items(value: Expr) -> Iterator[str | None]:
    """String items of a display or of sums of them; None for what is not known from here."""
    tag = value[0]
    if tag in {"list", "tuple", "set"}:
        for item in value[1]:
            if item[0] == "star":
                yield from _items(item[1])
            else:
                yield item[1] if item[0] == "str" else None
    elif tag == "bin" and value[1] == "+":
        yield from _items(value[2])
        yield from _items(value[3])
    elif tag == "call" and value[1][0] == "name" and value[1][1] in {"list", "tuple", "sorted", "set"} and len(value[2]) == 1:
        yield from _items(value[2][0])
    elif value == ("name", "__all__"):
        return
    elif tag == "attr" and value[2] == "__all__":
        return  # names of a module that is imported for them, and so has been followed
    else:
        yield None
