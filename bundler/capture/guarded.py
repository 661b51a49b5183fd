"""Names of a running ``__main__`` that its main guard gave: their statements do not run on the other side, so what they hold travels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.bundler.capture.source import class_code

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Statement

GUARD = "main-guard"


def guarded_names(statements: Sequence[Statement], namespace: Mapping[str, Any]) -> frozenset[str]:
    """Names that hold what a statement under the main guard has bound."""
    binders: dict[str, list[Statement]] = {}
    for item in statements:
        for name in item.binds:
            binders.setdefault(name, []).append(item)
    return frozenset(name for name, items in binders.items() if name in namespace and _is_guarded(namespace[name], items))


def _is_guarded(value: Any, binders: list[Statement]) -> bool:
    guarded = [item for item in binders if GUARD in item.under]
    if not guarded or len(guarded) == len(binders):
        return bool(guarded)
    return any(item.first_line <= line <= item.end_line for line in _first_lines(value) for item in guarded)


def _first_lines(value: Any) -> Iterator[int]:
    """Where a function or class of ``__main__`` begins."""
    if getattr(value, "__module__", None) != "__main__":
        return
    if isinstance(value, FunctionType):
        yield value.__code__.co_firstlineno
    elif isinstance(value, type):
        try:
            yield class_code(value).co_firstlineno
        except CaptureError:
            return


def outermost(statement: Statement, statements: Sequence[Statement]) -> Statement:
    """The outermost statement around one that travels with it: at the top level, or the first one under the main guard."""
    while statement.parent >= 0 and (GUARD not in statement.under or GUARD in statements[statement.parent].under):
        statement = statements[statement.parent]
    return statement
