"""Calls as expressions: which stand in no other, which are calls of a call's result, and how to name them to people."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.facts.model import Call
from clustrix_bundle.bundler.slicing.names import calls_inside, root_name

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Binding, Expr, Statement


def as_expression(call: Call) -> Expr:
    """The expression that a call is."""
    return ("call", call.func, call.args, call.keywords)


def outermost(calls: Iterable[Call]) -> frozenset[tuple[int, Expr]]:
    """The calls of an expression statement that stand in no other call: their results are thrown away."""
    every = list(calls)
    inside = {found for call in every for found in calls_inside(as_expression(call))}
    return frozenset((call.line, as_expression(call)) for call in every if as_expression(call) not in inside)


def calls_of_calls(calls: Iterable[Call], bindings: Iterable[Binding]) -> Iterator[Call]:
    """Calls of what a call has given back, which are no facts of their own: ``task("x")(f)``."""
    found: dict[tuple[int, Expr], Call] = {}
    facts: list[tuple[Call | Binding, Expr]] = [(item, as_expression(item)) for item in calls]
    facts += [(item, item.value) for item in bindings]
    for item, expression in facts:
        for inner in (expression, *calls_inside(expression)):
            if inner[0] == "call" and inner[1][0] not in ("name", "attr"):
                found[item.scope, inner] = Call(inner[1], inner[2], inner[3], item.scope, item.statement, item.line, item.under)
    yield from found.values()


def named_in(calls: Iterable[Call], bindings: Iterable[Binding]) -> set[str]:
    """Names whose part in a change is read from a call or a target."""
    found: set[str | None] = set()
    for call in calls:
        found.add(root_name(call.func))
        found |= {root_name(value) for value in (*call.args, *(value for _, value in call.keywords))}
    for binding in bindings:
        found.add(root_name(binding.target) if binding.target[0] != "return" else None)
    return {name for name in found if name is not None}


def shifts(source: bytes, statement: Statement) -> bool:
    """Whether an expression statement is ``a >> b`` or ``a << b``: its value is dropped, so the operator stands there for its effect."""
    text = _text(source, statement)
    if ">>" not in text and "<<" not in text:
        return False
    try:
        (node,) = ast.parse(text.strip()).body
    except (SyntaxError, ValueError):  # it shares its lines with others
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.LShift | ast.RShift)


def shares(source: bytes, statement: Statement) -> bool:
    """Whether an assignment gives one object to several names: ``a = b = []``, and not ``a, b = [], []``."""
    try:
        body = ast.parse(_text(source, statement).strip()).body
    except (SyntaxError, ValueError):  # it stands in a block, and shares its line with its header
        return True
    return any(
        isinstance(node, ast.Assign) and len(node.targets) > 1 and not isinstance(node.value, ast.Constant) for node in body
    )


def _text(source: bytes, statement: Statement) -> str:
    lines = source.decode("utf-8", "replace").splitlines()[statement.first_line - 1 : statement.end_line]
    return "\n".join(lines)


def in_words(expression: Expr) -> str:
    """A callee in words: ``pool.submit``."""
    tag = expression[0]
    if tag == "name":
        return str(expression[1])
    if tag == "attr":
        return f"{in_words(expression[1])}.{expression[2]}"
    if tag == "index":
        return f"{in_words(expression[1])}[…]"
    return f"{in_words(expression[1])}()" if tag == "call" else "…"
