"""What cells of a module's functions have come to hold since the module was imported: a decorator's counter, its cache.

The function around a cell's variable says what it held first. Where that can be read (a literal, an empty container), what is there
now and differs travels. What only running the function could tell travels where code inside it may change it: data that is bound
again by ``nonlocal`` or filled, an instance of the project's own whose attributes are set or whose methods are called.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from clustrix_bundle.bundler.capture.cell import is_filled
from clustrix_bundle.bundler.capture.definition_state import is_own, is_own_module, is_plain, still_gives
from clustrix_bundle.bundler.capture.set_names import parsed
from clustrix_bundle.bundler.capture.source import read_source
from clustrix_bundle.bundler.lazy_dataclass import dataclass

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def changed_cells(function: FunctionType, goes: Callable[[str, Any], bool], seen: frozenset[int] = frozenset()) -> dict[str, Any]:
    """The state of a function, as a values file fills it: ``cells`` by variable, and ``inner`` that of functions in cells.

    Args:
        function: The function.
        goes: Whether what a variable holds can travel, given both.
        seen: Functions on the way to it, by id.
    """
    state: dict[str, Any] = {}
    if not is_own_module(str(function.__globals__.get("__name__"))):
        return state
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if not is_filled(cell):
            continue
        contents = cell.cell_contents
        if isinstance(contents, FunctionType) and id(contents) not in seen:
            inner = changed_cells(contents, goes, seen | {id(function)})
            if inner:
                state.setdefault("inner", {})[name] = inner
        elif not isinstance(contents, (FunctionType, type)) and _has_changed(function, name, contents) and goes(name, contents):
            state.setdefault("cells", {})[name] = contents
    return state


def _has_changed(function: FunctionType, name: str, contents: Any) -> bool:
    code = function.__code__
    variable = _variable(code.co_filename, code.co_name, code.co_firstlineno, name)
    if variable is None:
        return False
    given = [still_gives(expression, contents) for expression in variable.expressions]
    if given and not variable.is_open and None not in given:
        return True not in given
    if is_plain(contents):
        return variable.is_bound_again or variable.is_set_into
    return variable.is_set_into and is_own(contents)


@dataclass(frozen=True, slots=True)
class _Variable:
    """What a function's source says of one of its variables.

    Attributes:
        expressions: What its plain assignments give.
        is_open: Whether it is bound by anything else: a parameter, a loop.
        is_bound_again: Whether functions inside bind it.
        is_set_into: Whether functions inside set attributes or items of it, or call its methods.
    """

    expressions: tuple[ast.expr, ...]
    is_open: bool
    is_bound_again: bool
    is_set_into: bool


@functools.lru_cache(maxsize=512)
def _variable(filename: str, function: str, line: int, name: str) -> _Variable | None:
    text = read_source(filename)
    around = _functions_around(parsed(text.encode("utf-8", "surrogatepass")), function, line) if text is not None else []
    for scope in around:
        if _declares(scope, name):
            continue
        expressions = [node.value for node in _own_nodes(scope) if isinstance(node, ast.Assign) and _binds(node, name)]
        annotated = [node for node in _own_nodes(scope) if isinstance(node, ast.AnnAssign) and _is_name(node.target, name)]
        expressions += [node.value for node in annotated if node.value is not None]
        others = sum(_is_name(node, name, ast.Store) for node in _own_nodes(scope)) - len(expressions)
        is_parameter = any(argument.arg == name for argument in ast.walk(scope.args) if isinstance(argument, ast.arg))
        if expressions or others > 0 or is_parameter:
            inside = [node for item in _own_nodes(scope) if isinstance(item, _FUNCTIONS) for node in ast.walk(item)]
            return _Variable(
                tuple(expressions),
                others > 0 or is_parameter,
                any(isinstance(node, ast.Nonlocal) and name in node.names for node in inside),
                any(_sets_into(node, name) for node in inside),
            )
    return None


def _functions_around(tree: ast.Module, name: str, line: int) -> list[_Function]:
    """The functions around one, innermost first."""
    pending: list[tuple[ast.AST, tuple[_Function, ...]]] = [(tree, ())]
    while pending:
        node, around = pending.pop()
        if isinstance(node, _FUNCTIONS):
            own = "<lambda>" if isinstance(node, ast.Lambda) else node.name
            first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", ()))])
            if (own, first) == (name, line):
                return list(around)
            around = (node, *around)
        pending += [(child, around) for child in ast.iter_child_nodes(node)]
    return []


def _own_nodes(scope: _Function) -> Iterator[ast.AST]:
    """What stands in a function; nested functions and classes, not what is in them."""
    pending: list[ast.AST] = [scope.body] if isinstance(scope, ast.Lambda) else [*scope.body]
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            pending += ast.iter_child_nodes(node)


def _declares(scope: _Function, name: str) -> bool:
    return any(isinstance(node, (ast.Nonlocal, ast.Global)) and name in node.names for node in _own_nodes(scope))


def _binds(node: ast.Assign, name: str) -> bool:
    return any(_is_name(target, name) for target in node.targets)


def _is_name(node: ast.AST, name: str, context: type[ast.expr_context] = ast.expr_context) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, context)


def _sets_into(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and _is_name(node.func.value, name)
    stores = isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del))
    return stores and _is_name(node.value, name)  # type: ignore[attr-defined]
