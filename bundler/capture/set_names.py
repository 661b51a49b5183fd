"""Attributes that a source sets or deletes, wherever it does so, and the objects of the running program that it means by them."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterator, Mapping
from enum import EnumMeta
from typing import Any

from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

_MAKERS = ("__init__", "__new__")


@dataclass(frozen=True, slots=True)
class SetNames:
    """What a source sets.

    Attributes:
        objects: By id, an object that a dotted name in it leads to, and the attributes of it that are set or deleted.
        anywhere: Names of all attributes that are set, of whatever object, but in constructors; ``*`` for a name that is computed.
        deleted: Names of all attributes that are deleted, of whatever object.
    """

    objects: Mapping[int, tuple[Any, set[str]]] = field(default_factory=dict)
    anywhere: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()

    def of(self, thing: Any) -> frozenset[str]:
        """Attributes of an object that are set or deleted."""
        return frozenset(self.objects.get(id(thing), (None, ()))[1])

    def sets_elsewhere(self, name: str) -> bool:
        """Whether an attribute of that name may be set after its object was made."""
        return name in self.anywhere or "*" in self.anywhere


def find_set_names(source: bytes, namespace: Mapping[str, Any], *, functions_only: bool = False) -> SetNames:
    """What a source sets; ``namespace`` is its own. Nothing of the user's is called.

    Args:
        source: The text.
        namespace: What its names hold now.
        functions_only: Whether what statements outside of functions set is left out.
    """
    objects: dict[int, tuple[Any, set[str]]] = {}
    anywhere: set[str] = set()
    deleted: set[str] = set()
    for item in _items(source):
        if functions_only and not item.inside:
            continue
        if not item.making:
            anywhere.add(item.name)
        if item.deletes:
            deleted.add(item.name)
        thing = _object_at(item.base, namespace)
        if thing is not None and item.name != "*":
            objects.setdefault(id(thing), (thing, set()))[1].add(item.name)
    return SetNames(objects, frozenset(anywhere), frozenset(deleted))


@dataclass(frozen=True, slots=True)
class _Item:
    """One attribute that is set or deleted: of what, and whether in a function, in a constructor."""

    base: ast.expr
    name: str
    deletes: bool
    inside: bool
    making: bool


@functools.lru_cache(maxsize=8)
def _items(source: bytes) -> tuple[_Item, ...]:
    deep = b"attr(" in source  # only then expressions can set something
    found: list[_Item] = []
    pending: list[tuple[ast.AST, bool, bool]] = [(parsed(source), False, False)]
    while pending:
        node, inside, making = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inside, making = True, making or node.name in _MAKERS
        deletes = isinstance(node, (ast.Delete, ast.Call))
        found += [_Item(base, name, deletes, inside, making) for base, name in _set_in(node)]
        children = ast.iter_child_nodes(node) if deep else _statements_in(node)
        pending += [(child, inside, making) for child in reversed(list(children))]
    return tuple(found)


def _statements_in(node: ast.AST) -> Iterator[ast.AST]:
    for name in ("body", "orelse", "handlers", "finalbody", "cases", "items"):
        children = getattr(node, name, None)
        if isinstance(children, list):
            yield from children


@functools.lru_cache(maxsize=8)
def parsed(source: bytes) -> ast.Module:
    """The syntax tree of a source; an empty one where it does not parse."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _set_in(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    targets: list[ast.expr] = []
    if isinstance(node, (ast.Assign, ast.Delete)):
        targets = list(node.targets)
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.For, ast.AsyncFor)):
        targets = [node.target]
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        targets = [node.optional_vars]
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("setattr", "delattr")
        and len(node.args) > 1
    ):
        name = node.args[1]
        yield node.args[0], name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else "*"
    while targets:
        target = targets.pop()
        if isinstance(target, (ast.Tuple, ast.List)):
            targets += target.elts
        elif isinstance(target, ast.Subscript):
            names = target.value
            if isinstance(names, ast.Attribute) and names.attr == "__dict__" and isinstance(target.slice, ast.Constant):
                yield names.value, str(target.slice.value)
            targets.append(names)
        elif isinstance(target, ast.Starred):
            targets.append(target.value)
        elif isinstance(target, ast.Attribute):
            yield target.value, target.attr


def _object_at(node: ast.expr, namespace: Mapping[str, Any]) -> Any:
    """What a dotted name holds."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    found = namespace.get(node.id, sys.modules.get(node.id))
    for name in reversed(names):
        found = _attribute(found, name)
    return found


def _attribute(thing: Any, name: str) -> Any:
    if isinstance(thing, EnumMeta) and name in thing.__members__:
        return thing.__members__[name]
    if isinstance(thing, (classmethod, staticmethod, property)) and name in ("__func__", "fget", "fset", "fdel"):
        return getattr(thing, name, None)
    spaces = [getattr(thing, "__dict__", {})]
    spaces += [vars(base) for base in (thing.__mro__[1:] if isinstance(thing, type) else type(thing).__mro__)]
    found = next((space[name] for space in spaces if name in space), None)
    return found.__func__ if isinstance(found, staticmethod) else found
