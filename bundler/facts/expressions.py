"""The foldable form of an expression: the table "Expressions" of ``docs/facts.md``, read from libcst's nodes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst
from clustrix_bundle.bundler.facts.literals import MAX_LITERAL, literal_value, template_text
from clustrix_bundle.bundler.facts.model import OPAQUE, Expr

MAX_DEPTH = 24
"""A node this deep that has children is opaque."""
MAX_ITEMS = 2048
"""Displays and argument lists are cut after as many items."""
MAX_INTEGER = 10**15

_CONSTANTS = frozenset({"None", "True", "False"})
_OPERATORS: dict[type[cst.CSTNode], str] = {
    cst.Add: "+",
    cst.AddAssign: "+",
    cst.Subtract: "-",
    cst.SubtractAssign: "-",
    cst.Multiply: "*",
    cst.MultiplyAssign: "*",
    cst.Divide: "/",
    cst.DivideAssign: "/",
    cst.FloorDivide: "//",
    cst.FloorDivideAssign: "//",
    cst.Modulo: "%",
    cst.ModuloAssign: "%",
    cst.BitOr: "|",
    cst.BitOrAssign: "|",
}


def form(node: cst.CSTNode, depth: int = 0) -> Expr:
    """The form of an expression that stands ``depth`` levels below the root of its fact."""
    leaf = _LEAVES.get(type(node))
    if leaf is not None:
        return leaf(node)
    through = _TRANSPARENT.get(type(node))
    if through is not None:
        return form(getattr(node, through), depth)
    if isinstance(node, (cst.FormattedString, cst.ConcatenatedString)):  # a leaf where it has no field
        return strings(node, depth)
    inner = _INNER.get(type(node))
    if inner is None or depth >= MAX_DEPTH:
        return OPAQUE
    return inner(node, depth)


def identifier(name: cst.Name) -> str:
    """A name as Python compares it: in normal form NFKC (PEP 3131)."""
    return name.value if name.value.isascii() else unicodedata.normalize("NFKC", name.value)


def is_constant(name: cst.Name) -> bool:
    """Whether the name is a keyword that stands for a value."""
    return name.value in _CONSTANTS


def dotted_name(node: cst.CSTNode) -> tuple[str, ...]:
    """The parts of ``a.b.c``; empty for any other expression."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(identifier(node.attr))
        node = node.value
    if not isinstance(node, cst.Name) or is_constant(node):
        return ()
    return (identifier(node), *reversed(parts))


def root_name(node: cst.CSTNode) -> str | None:
    """The ``n`` of ``n``, ``n.a``, ``n.a[0].b``; None for any other expression."""
    while isinstance(node, (cst.Attribute, cst.Subscript)):
        node = node.value
    return identifier(node) if isinstance(node, cst.Name) and not is_constant(node) else None


def arguments(
    args: Sequence[cst.Arg], depth: int = -1, *, cut: bool = True
) -> tuple[tuple[Expr, ...], tuple[tuple[str | None, Expr], ...]]:
    """Positional and keyword arguments of a call or class statement whose own level is ``depth`` (-1: they are roots)."""
    positional: list[Expr] = []
    keywords: list[tuple[str | None, Expr]] = []
    for arg in args:
        if arg.star == "**":
            if not cut or len(keywords) <= MAX_ITEMS:
                keywords.append((None, form(arg.value, depth + 1)))
        elif arg.keyword is not None:
            if not cut or len(keywords) <= MAX_ITEMS:
                keywords.append((identifier(arg.keyword), form(arg.value, depth + 1)))
        elif not cut or len(positional) <= MAX_ITEMS:
            positional.append(_starred(arg.value, depth + 1) if arg.star else form(arg.value, depth + 1))
    if cut and len(positional) > MAX_ITEMS:
        positional[MAX_ITEMS] = OPAQUE
    if cut and len(keywords) > MAX_ITEMS:
        keywords[MAX_ITEMS] = (None, OPAQUE)
    return tuple(positional), tuple(keywords)


def augmented(target: cst.CSTNode, operator: cst.CSTNode, value: cst.CSTNode) -> Expr:
    """What ``target op= value`` binds."""
    op = _OPERATORS.get(type(operator))
    return OPAQUE if op is None else ("bin", op, form(target, 1), form(value, 1))


def each(node: cst.CSTNode, times: int) -> Expr:
    """An item of an item of … ``node``, ``times`` deep."""
    if times > MAX_DEPTH:  # the `each` at this depth is cut like any other node
        value: Expr = OPAQUE
        times = MAX_DEPTH
    else:
        value = form(node, times)
    for _ in range(times):
        value = ("each", value)
    return value


def is_display(node: cst.CSTNode | None) -> bool:
    """Whether it is a tuple or list as it is written, without a star."""
    return isinstance(node, (cst.Tuple, cst.List)) and not any(isinstance(item, cst.StarredElement) for item in node.elements)


def _starred(value: cst.CSTNode, depth: int) -> Expr:
    return OPAQUE if depth >= MAX_DEPTH else ("star", form(value, depth + 1))


def _name(node: cst.Name) -> Expr:
    return ("const", node.value) if is_constant(node) else ("name", identifier(node))


def _integer(node: cst.Integer) -> Expr:
    digits = node.value.replace("_", "").lower()
    if len(digits) > 60:  # of any base, unless it leads with zeros
        digits = re.sub(r"^(0[xob])?0+", r"\g<1>0", digits)
        if len(digits) > 60:
            return OPAQUE
    number = int(digits, 0) if digits.strip("0") else 0
    return ("int", number) if number < MAX_INTEGER else OPAQUE


def _string(node: cst.SimpleString) -> Expr:
    tag, value = literal_value(node.value)
    return (tag, value) if len(value) <= MAX_LITERAL else OPAQUE


def concatenated_parts(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The string tokens of an implicit concatenation, or the one token."""
    parts: list[cst.CSTNode] = []
    while isinstance(node, cst.ConcatenatedString):
        parts.append(node.left)
        node = node.right
    return [*parts, node]


def strings(node: cst.CSTNode, depth: int) -> Expr:
    """An f-string or an implicit concatenation: ``join``, or ``str`` or ``bytes`` where it has no field."""
    tag = "str"
    parts: list[Expr | str] = []
    for token in concatenated_parts(node):
        if isinstance(token, cst.SimpleString):
            tag, value = literal_value(token.value)
            parts.append(value)
        elif isinstance(token, cst.FormattedString):
            raw = "r" in token.start.lower()
            parts += (
                template_text(part.value, raw=raw) if isinstance(part, cst.FormattedStringText) else _field(part, depth + 1)
                for part in token.parts
            )
        else:  # a t-string is no string
            return OPAQUE
    merged = _merged(parts)
    if not merged or (len(merged) == 1 and isinstance(merged[0], str)):
        value = str(merged[0]) if merged else ""
        return (tag, value) if len(value) <= MAX_LITERAL else OPAQUE
    if depth >= MAX_DEPTH:
        return OPAQUE
    return ("join", tuple(_literal_part(part) if isinstance(part, str) else part for part in merged))


def _literal_part(text: str) -> Expr:
    return ("str", text) if len(text) <= MAX_LITERAL else OPAQUE


def _merged(parts: list[Expr | str]) -> list[Expr | str]:
    """Neighbouring texts become one, empty ones vanish."""
    merged: list[Expr | str] = []
    run: list[str] = []
    for part in [*parts, OPAQUE]:
        if isinstance(part, str):
            run.append(part)
            continue
        text = "".join(run)
        run.clear()
        if text:
            merged.append(text)
        merged.append(part)
    return merged[:-1]


def _field(node: cst.CSTNode, depth: int) -> Expr:
    assert isinstance(node, cst.FormattedStringExpression)
    if node.format_spec is not None or node.equal is not None or node.conversion not in {None, "s"}:
        return OPAQUE
    return form(node.expression, depth)


def _attribute(node: cst.Attribute, depth: int) -> Expr:
    return ("attr", form(node.value, depth + 1), identifier(node.attr))


def _call(node: cst.Call, depth: int) -> Expr:
    positional, keywords = arguments(node.args, depth)
    return ("call", form(node.func, depth + 1), positional, keywords)


def _binary(node: cst.BinaryOperation, depth: int) -> Expr:
    op = _OPERATORS.get(type(node.operator))
    return OPAQUE if op is None else ("bin", op, form(node.left, depth + 1), form(node.right, depth + 1))


def _unary(node: cst.UnaryOperation, depth: int) -> Expr:
    return ("neg", form(node.expression, depth + 1)) if isinstance(node.operator, cst.Minus) else OPAQUE


def _boolean(node: cst.BooleanOperation, depth: int) -> Expr:
    """Chains such as ``a or b or c``: libcst groups them to the left, the form holds one list."""
    operands = [node.right]
    left = node.left
    while isinstance(left, cst.BooleanOperation) and isinstance(left.operator, type(node.operator)) and not left.lpar:
        operands.append(left.right)
        left = left.left
    operands.append(left)
    return ("either", tuple(form(operand, depth + 1) for operand in reversed(operands)))


def _conditional(node: cst.IfExp, depth: int) -> Expr:
    return ("either", (form(node.body, depth + 1), form(node.orelse, depth + 1)))


def _subscript(node: cst.Subscript, depth: int) -> Expr:
    return ("index", form(node.value, depth + 1), _index(node.slice, depth + 1))


def _index(elements: Sequence[cst.SubscriptElement], depth: int) -> Expr:
    if not all(isinstance(element.slice, cst.Index) and not element.slice.star for element in elements):
        return OPAQUE
    values = [element.slice.value for element in elements if isinstance(element.slice, cst.Index)]
    if len(values) == 1 and isinstance(elements[0].comma, cst.MaybeSentinel):
        starred = isinstance(values[0], cst.Tuple) and not is_display(values[0])
        return OPAQUE if starred else form(values[0], depth)
    return OPAQUE if depth >= MAX_DEPTH else ("tuple", _cut([form(value, depth + 1) for value in values[: MAX_ITEMS + 1]]))


def _display(tag: str) -> Callable[[Any, int], Expr]:
    def display(node: cst.Tuple | cst.List | cst.Set, depth: int) -> Expr:
        items = [
            _starred(item.value, depth + 1) if isinstance(item, cst.StarredElement) else form(item.value, depth + 1)
            for item in node.elements[: MAX_ITEMS + 1]
        ]
        return (tag, _cut(items))

    return display


def _cut(items: list[Expr]) -> tuple[Expr, ...]:
    return (*items[:MAX_ITEMS], OPAQUE) if len(items) > MAX_ITEMS else tuple(items)


def _dict(node: cst.Dict, depth: int) -> Expr:
    items: list[tuple[Expr | None, Expr]] = []
    for element in node.elements[:MAX_ITEMS]:
        key = form(element.key, depth + 1) if isinstance(element, cst.DictElement) else None
        items.append((key, form(element.value, depth + 1)))
    if len(node.elements) > MAX_ITEMS:
        items.append((None, OPAQUE))
    return ("dict", tuple(items))


def _comprehension(node: cst.ListComp | cst.SetComp | cst.GeneratorExp, depth: int) -> Expr:
    return ("comp", form(node.elt, depth + 1))


def _dict_comprehension(node: cst.DictComp, depth: int) -> Expr:
    return ("dictcomp", form(node.key, depth + 1), form(node.value, depth + 1))


_LEAVES: dict[type[cst.CSTNode], Callable[[Any], Expr]] = {
    cst.Name: _name,
    cst.Integer: _integer,
    cst.SimpleString: _string,
    cst.Ellipsis: lambda _: ("const", "..."),
}
_TRANSPARENT: dict[type[cst.CSTNode], str] = {cst.Await: "expression", cst.NamedExpr: "value"}
_INNER: dict[type[cst.CSTNode], Callable[[Any, int], Expr]] = {
    cst.Attribute: _attribute,
    cst.Call: _call,
    cst.BinaryOperation: _binary,
    cst.UnaryOperation: _unary,
    cst.BooleanOperation: _boolean,
    cst.IfExp: _conditional,
    cst.Subscript: _subscript,
    cst.Tuple: _display("tuple"),
    cst.List: _display("list"),
    cst.Set: _display("set"),
    cst.Dict: _dict,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.DictComp: _dict_comprehension,
}
