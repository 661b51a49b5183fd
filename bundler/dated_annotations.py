"""What annotations that Python evaluates need: ``int | None`` 3.10, ``list[int]`` 3.9, unless ``from __future__ import annotations`` stands.

Facts do not hold annotations, so sources are parsed: of the entry file, and of imported modules until one gives the most they can say.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_pattern import compile_lazily
from clustrix_bundle.bundler.python_range import Limit

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.facts.model import ModuleFacts

_GENERIC = frozenset({"list", "dict", "tuple", "set", "frozenset", "type"})
_TYPES = _GENERIC | {"int", "float", "str", "bytes", "bool", "complex", "object"}

_LIKELY = compile_lazily(
    rb"(?::|->)[^=\n]*?(?:\|\s*None|None\s*\||\b(?:list|dict|tuple|set|frozenset|type)\[|(?:int|float|str|bytes|bool)\s*\|)"
)
_UNION = compile_lazily(rb"(?::|->)[^=\n]*?(?:\|\s*None|None\s*\||(?:int|float|str|bytes|bool|\])\s*\|)")

_SIGNS = (b" | ", b"list[", b"dict[", b"tuple[", b"set[", b"type[")
"""One of them stands in a source that has such an annotation, as it is usually written."""
_NEWEST = 10
"""The newest version that annotations can need."""
_MOST_PARSED = 40


def imported_annotation_limits(
    modules: Iterable[tuple[LoadedModule, str]], holding: Callable[[bytes], frozenset[str]], minimum: int
) -> Iterator[Limit]:
    """What annotations of surely imported modules need, until there is nothing more to learn.

    Args:
        modules: The modules, with their paths as they are shown.
        holding: Files whose bytes hold a text.
        minimum: Minor version that something else needs.
    """
    if minimum >= _NEWEST:
        return
    likely: frozenset[str] | None = None
    parsed = 0
    for module, shown in modules:
        known = module.facts.annotated
        if known is None and likely is None:
            likely = frozenset[str]().union(*map(holding, _SIGNS)) - holding(b"from __future__ import annotations")
        if not (module.file in likely if likely is not None else _may_need(module.facts, known or frozenset(), minimum)):
            continue
        content = module.source
        if not (_LIKELY if minimum < _NEWEST - 1 else _UNION).search(content):
            continue
        for limit in annotation_limits(content, shown):
            if limit.since > minimum:
                minimum = limit.since
                yield limit
        parsed += 1
        if minimum >= _NEWEST or parsed >= _MOST_PARSED:
            return


def _may_need(facts: ModuleFacts, annotated: frozenset[str], minimum: int) -> bool:
    """Whether annotations with these marks (`ModuleFacts.annotated`) may need more than that version."""
    if any(feature.name == "future_annotations" for feature in facts.features):
        return False
    return "|" in annotated or (minimum < _NEWEST - 1 and bool(annotated))


def annotation_limits(source: bytes, path: str) -> Iterator[Limit]:
    """What annotations of parameters, results and variables outside of functions surely need."""
    if not _LIKELY.search(source):
        return
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
