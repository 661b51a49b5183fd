"""Under which conditions code stands: the flags of `UNDER`, kept as a bit set while the walk goes."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst
from clustrix_bundle.bundler.facts.expressions import dotted_name
from clustrix_bundle.bundler.facts.literals import literal_value
from clustrix_bundle.bundler.facts.model import UNDER

TYPE_CHECKING, MAIN_GUARD, IF, LOOP, TRY, TRY_IMPORT, HANDLER, EXIT = (1 << position for position in range(len(UNDER)))

_CATCH_IMPORTS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_EXITS = frozenset({("exit",), ("quit",), ("sys", "exit"), ("os", "_exit")})


def flag_names(flags: int) -> tuple[str, ...]:
    """The flags as facts list them."""
    return tuple(name for position, name in enumerate(UNDER) if flags >> position & 1)


def branch_flags(test: cst.BaseExpression) -> tuple[int, int]:
    """What the body and the ``else`` of an ``if`` add."""
    if _is_type_checking(test):
        return TYPE_CHECKING, 0
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not) and _is_type_checking(test.expression):
        return 0, TYPE_CHECKING
    flags = 0
    for operand in _operands(test):
        if _is_type_checking(operand):
            flags |= TYPE_CHECKING
        elif _is_main_guard(operand):
            flags |= MAIN_GUARD
    return flags or IF, IF


def _operands(test: cst.BaseExpression) -> Iterable[cst.BaseExpression]:
    """The operands of an ``and``, however it is grouped; the test itself if it is none."""
    waiting = [test]
    while waiting:
        node = waiting.pop()
        if isinstance(node, cst.BooleanOperation) and isinstance(node.operator, cst.And):
            waiting += (node.left, node.right)
        else:
            yield node


def _is_type_checking(node: cst.BaseExpression) -> bool:
    return (isinstance(node, cst.Name) and node.value == "TYPE_CHECKING") or (
        isinstance(node, cst.Attribute) and node.attr.value == "TYPE_CHECKING"
    )


def _is_main_guard(node: cst.BaseExpression) -> bool:
    if (
        not isinstance(node, cst.Comparison)
        or len(node.comparisons) != 1
        or not isinstance(node.comparisons[0].operator, cst.Equal)
    ):
        return False
    left, right = node.left, node.comparisons[0].comparator
    return (_is_own_name(left) and _is_main(right)) or (_is_main(left) and _is_own_name(right))


def _is_own_name(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "__name__"


def _is_main(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.SimpleString) and literal_value(node.value) == ("str", "__main__")


def try_flags(node: cst.Try | cst.TryStar) -> int:
    """What the body of a ``try`` adds."""
    if not node.handlers:
        return 0
    catches = any(handler.type is None or catches_imports(handler.type) for handler in node.handlers)
    return TRY | TRY_IMPORT if catches else TRY


def catches_imports(caught: cst.BaseExpression) -> bool:
    """Whether the name of an exception, or a tuple of names, catches a failing import."""
    if isinstance(caught, cst.Tuple):
        return any(_last_part(element.value) in _CATCH_IMPORTS for element in caught.elements)
    return _last_part(caught) in _CATCH_IMPORTS


def with_flags(node: cst.With) -> int:
    """What the body of a ``with`` adds: ``suppress(ImportError)`` is a ``try`` too."""
    for item in node.items:
        call = item.item
        if (
            isinstance(call, cst.Call)
            and _last_part(call.func) == "suppress"
            and any(not arg.star and arg.keyword is None and catches_imports(arg.value) for arg in call.args)
        ):
            return TRY | TRY_IMPORT
    return 0


def _last_part(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def exits(statement: cst.CSTNode) -> bool:
    """Whether what follows a simple statement may not be reached."""
    if isinstance(statement, (cst.Return, cst.Raise)):
        return True
    return (
        isinstance(statement, cst.Expr) and isinstance(statement.value, cst.Call) and dotted_name(statement.value.func) in _EXITS
    )
