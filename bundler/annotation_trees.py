"""Annotations in a source's syntax tree that Python evaluates, and what they need of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from clustrix_bundle.bundler.python_range import Limit

_GENERIC = frozenset({"list", "dict", "tuple", "set", "frozenset", "type"})
_TYPES = _GENERIC | {"int", "float", "str", "bytes", "bool", "complex", "object"}


def tree_limits(source: bytes, path: str) -> Iterator[Limit]:
    """What annotations of parameters, results and variables outside of functions surely need; nothing for what is no Python here."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # newer than this Python
        return
    if any(
        isinstance(node, ast.ImportFrom) and node.module == "__future__" and _names(node, "annotations") for node in tree.body
    ):
        return
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
    bound |= {item.asname or item.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for item in node.names}
    if "*" in bound:
        return
    for annotation in _annotations(tree.body):
        yield from _limits(annotation, bound, path)


def _names(node: ast.ImportFrom, name: str) -> bool:
    return any(item.name == name for item in node.names)


def _annotations(body: list[ast.stmt]) -> Iterator[ast.expr]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _annotations(node.body)
        elif isinstance(node, ast.AnnAssign):
            yield node.annotation
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            given = node.args
            every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
            yield from (one.annotation for one in every if one is not None and one.annotation is not None)
            if node.returns is not None:
                yield node.returns


def _limits(annotation: ast.expr, bound: set[str], path: str) -> Iterator[Limit]:
    for node in ast.walk(annotation):
        if (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.BitOr)
            and _is_type(node.left, bound)
            and _is_type(node.right, bound)
        ):
            yield Limit(10, 0, "an annotation that is a union (|)", path, node.lineno)
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in _GENERIC - bound:
            yield Limit(9, 0, f"the annotation {node.value.id}[…]", path, node.lineno)


def _is_type(node: ast.expr, bound: set[str]) -> bool:
    """Whether it is None or a builtin type, with parameters or without, or a union of these: nothing that has a ``|`` of its own."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _is_type(node.left, bound) and _is_type(node.right, bound)
    if isinstance(node, ast.Subscript):
        return _is_type(node.value, bound)
    if isinstance(node, ast.Constant):
        return node.value is None
    return isinstance(node, ast.Name) and node.id in _TYPES - bound
