"""What is bound where something is assigned: names, attributes and items, one `model.Binding` each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
from clustrix_bundle.bundler.facts.expressions import each, form, identifier, is_display, root_name
from clustrix_bundle.bundler.facts.model import OPAQUE, Expr
from clustrix_bundle.bundler.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.walk import Walk


@dataclass(frozen=True, slots=True)
class Value:
    """What a target is given: an item of an item of … ``node``, ``times`` deep; opaque without a node."""

    node: cst.CSTNode | None
    times: int = 0

    def form(self) -> Expr:
        """The form of the value."""
        return OPAQUE if self.node is None else each(self.node, self.times)

    def item(self) -> Value:
        """An item of it."""
        return Value(self.node, self.times + 1)


def bind(walk: Walk, target: cst.CSTNode, value: Value, kind: str) -> None:
    """Notes what ``target`` binds, and reads the expressions in it (but not the value)."""
    if isinstance(target, cst.Name):
        bind_name(walk, target, value.form(), kind)
    elif isinstance(target, (cst.Attribute, cst.Subscript)):
        walk.bound(form(target), value.form(), kind, walk.line(target))
        walk.mutates(root_name(target))
        walk.visit(target)
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element, item in zip(target.elements, _items(target, value), strict=True):
            bind(walk, element.value, item, kind)
    elif isinstance(target, cst.StarredElement):  # `*a = b`: the parsers read it, no Python compiles it
        bind(walk, target.value, value, kind)
    else:  # no Python assigns to anything else; the parser has not complained
        walk.visit(target)


def bind_name(walk: Walk, name: cst.Name, value: Expr, kind: str) -> None:
    """Notes a binding of a bare name."""
    walk.bound(("name", identifier(name)), value, kind, walk.line(name))
    walk.binds(identifier(name))


def _items(target: cst.Tuple | cst.List, value: Value) -> list[Value]:
    """Item by item where both sides are written out; else an item of the value each."""
    source = value.node
    if not value.times and isinstance(source, (cst.Tuple, cst.List)) and len(source.elements) == len(target.elements):
        written = [Value(element.value) for element in source.elements]
        if is_display(source) and is_display(target):
            return written
    return [value.item()] * len(target.elements)


def delete(walk: Walk, target: cst.CSTNode) -> None:
    """Notes what ``del`` removes, and reads the expressions in it."""
    if isinstance(target, cst.Name):
        if walk.names.parent is None:
            walk.statements[walk.statement].deletes.add(identifier(target))
        else:
            walk.names.local.add(identifier(target))
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            delete(walk, element.value)
    else:
        walk.mutates(root_name(target))
        walk.visit(target)
