"""What instances that a project's module holds have come to hold since its statement made them: ``acc = Acc()``, then ``acc.n`` is 4.

What the constructor gave an attribute is read where it can be: one plain assignment of a literal, of an empty container, or of a
parameter for which the statement gives a literal; a field of a dataclass likewise. An attribute that is something else now has
changed; of one that only running the constructor could tell, nothing is said.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from clustrix_bundle.bundler.capture.definition_state import is_own_class, is_plain, same, still_gives
from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.bundler.capture.held import holds_attributes_alone
from clustrix_bundle.bundler.capture.set_names import parsed
from clustrix_bundle.bundler.capture.source import find_definition


def changed_instance(value: Any, made_by: ast.expr) -> dict[str, Any]:
    """Plain attributes of an instance that are not what the call that made it gives.

    Args:
        value: What a global of a module holds.
        made_by: The only expression that is assigned to it.
    """
    kind: Any = type(value)
    if not isinstance(made_by, ast.Call) or not is_own_class(kind) or not holds_attributes_alone(kind):
        return {}
    name = getattr(made_by.func, "attr", getattr(made_by.func, "id", ""))
    own = getattr(value, "__dict__", None)
    if name != kind.__name__ or not own:
        return {}
    given = _given_by_fields(kind, made_by) if dataclasses.is_dataclass(kind) else _given_by_init(kind, made_by)
    return {key: now for key, now in own.items() if key in given and is_plain(now) and _differs(given[key], now)}


def _differs(given: Any, now: Any) -> bool:
    return still_gives(given, now) is False if isinstance(given, ast.expr) else not same(given, now)


def _given_by_init(kind: Any, call: ast.Call) -> dict[str, Any]:
    """By attribute: an expression, or a value, that the constructor gives it."""
    init = kind.__init__
    if not isinstance(init, FunctionType) or hasattr(init, "__wrapped__") or kind.__new__ is not object.__new__:
        return {}
    node = _definition_of(init)
    if node is None or not node.args.args:
        return {}
    this = node.args.args[0].arg
    parameters = _arguments(init, call)
    stored = [item for item in ast.walk(node) if isinstance(item, ast.Attribute) and isinstance(item.ctx, ast.Store)]
    found: dict[str, Any] = {}
    for name, expression in _assigned_to(node.body, this):
        if sum(item.attr == name for item in stored) != 1:
            continue
        if isinstance(expression, ast.Name):
            if expression.id in parameters:
                found[name] = parameters[expression.id]
        else:
            found[name] = expression
    return found


def _assigned_to(body: list[ast.stmt], this: str) -> Iterator[tuple[str, ast.expr]]:
    for item in body:
        targets = item.targets if isinstance(item, ast.Assign) else [item.target] if isinstance(item, ast.AnnAssign) else []
        expression = item.value if isinstance(item, (ast.Assign, ast.AnnAssign)) else None
        for target in targets:
            is_own = isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == this
            if is_own and isinstance(target, ast.Attribute) and expression is not None:
                yield target.attr, expression


def _definition_of(init: FunctionType) -> ast.FunctionDef | None:
    try:
        definition = find_definition(init.__code__)
    except CaptureError:
        return None
    tree = parsed(("\n" * (definition.line - 1) + definition.text).encode("utf-8", "surrogatepass"))
    line = init.__code__.co_firstlineno
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    return next((node for node in found if node.lineno == line and not node.decorator_list), None)


def _arguments(init: FunctionType, call: ast.Call) -> dict[str, Any]:
    """What the call gives parameters, as expressions, and their defaults, as values; of none that is computed."""
    code = init.__code__
    names = code.co_varnames[1 : code.co_argcount]
    defaults = init.__defaults__ or ()
    found: dict[str, Any] = dict(zip(names[len(names) - len(defaults) :], defaults, strict=False))
    found |= init.__kwdefaults__ or {}
    if any(isinstance(item, ast.Starred) for item in call.args) or any(item.arg is None for item in call.keywords):
        return {}
    found |= dict(zip(names, call.args, strict=False))
    found |= {str(item.arg): item.value for item in call.keywords}
    rebound = {*code.co_varnames[code.co_argcount + code.co_kwonlyargcount :]}
    return {name: value for name, value in found.items() if name not in rebound}


def _given_by_fields(kind: Any, call: ast.Call) -> dict[str, Any]:
    if hasattr(kind, "__post_init__"):
        return {}
    fields = [item for item in dataclasses.fields(kind) if item.init]
    found: dict[str, Any] = {}
    for item in fields:
        if item.default is not dataclasses.MISSING:
            found[item.name] = item.default
        elif item.default_factory in (list, dict, set):
            found[item.name] = item.default_factory()
    positional = [item.name for item in fields if not item.kw_only]
    if any(isinstance(item, ast.Starred) for item in call.args) or any(item.arg is None for item in call.keywords):
        return {}
    found |= dict(zip(positional, call.args, strict=False))
    return found | {str(item.arg): item.value for item in call.keywords}
