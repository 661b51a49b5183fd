"""What a definition's object, and what stands in it, have come to hold: its methods, nested classes, members of enumerations."""

from __future__ import annotations

import abc
import ast
import collections
import enum
from collections.abc import Iterator
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.capture.definition_state import (
    function_state,
    has_moved,
    instance_state,
    is_other_text,
    is_own,
    is_plain,
    still_gives,
)
from clustrix_bundle.runtime.values import Gone

if TYPE_CHECKING:
    from clustrix_bundle.bundler.capture.set_names import SetNames

_MADE_FOR_CLASSES = (GetSetDescriptorType, MemberDescriptorType)
_MADE_BY_TYPING = frozenset(["_is_protocol", "_is_runtime_protocol", "_abc_impl"])
_NAMED_TUPLE = frozenset(vars(collections.namedtuple("N", "a"))) | {  # noqa: PYI024 - its parts are asked for
    "__orig_bases__",
    "__annotations__",
    "__annotate__",
    "__annotate_func__",
    "__annotations_cache__",
    "_field_defaults",
    "_fields_defaults",
    "_field_types",
    "__firstlineno__",
    "__static_attributes__",
}
_PLAIN_METACLASSES = (type, abc.ABCMeta)
_WRAPPERS = {"staticmethod": staticmethod, "classmethod": classmethod, "property": property}


def states_of(value: Any, node: ast.stmt | None, names: SetNames) -> Iterator[tuple[Any, dict[str, Any]]]:
    """``(object, state)`` for a definition's object and what stands in it, where there is a state to put back.

    Args:
        value: The function, class, or what a decorator made of it.
        node: The statement that defines it, None if unknown.
        names: What the source sets.
    """
    if isinstance(value, FunctionType):
        state = function_state(value, node, names)
        if state:
            yield value, state
        yield from _wrapped_states(value, names)
    elif isinstance(value, type):
        yield from _class_states(value, node if isinstance(node, ast.ClassDef) else None, names)
    else:
        instance = instance_state(value, names)
        if instance:
            yield value, {"instance": instance}


def _wrapped_states(function: Any, names: SetNames) -> Iterator[tuple[Any, dict[str, Any]]]:
    """What the source sets in the functions that a decorated one wraps."""
    seen = {id(function)}
    while id(function := getattr(function, "__wrapped__", None)) not in seen and isinstance(function, FunctionType):
        seen.add(id(function))
        own = {name: vars(function)[name] for name in names.of(function) if name in vars(function)}
        if own:
            yield function, {"dict": own}


def _class_states(cls: type, node: ast.ClassDef | None, names: SetNames) -> Iterator[tuple[Any, dict[str, Any]]]:
    fields = getattr(cls, "_fields", None)
    made: frozenset[str] = frozenset()
    if isinstance(fields, tuple) and tuple in cls.__bases__:
        made = _NAMED_TUPLE | {name for name in fields if isinstance(name, str)}
    if node is None and not made:
        return
    body = _Body(node)
    attributes = {name: part for name, part in _class_state(cls, body, names, special=bool(made)).items() if name not in made}
    if attributes:
        yield cls, attributes
    if isinstance(cls, enum.EnumMeta):
        yield from _member_states(cls, names)
    yield from _method_states(cls, body, names)


class _Body:
    """What the statements of a class body bind.

    Attributes:
        expressions: What plain assignments give, by name.
        functions: Methods, by name.
        classes: Nested classes, by name.
        sure: Names that it binds under no condition.
        is_open: Whether it binds names that cannot be read from it.
        node: The statement; None where the class was made by a call.
    """

    def __init__(self, node: ast.ClassDef | None) -> None:
        self.node = node
        statements = node.body if node is not None else []
        self.decorated = node is None or bool(node.decorator_list)
        self.expressions = dict(_assignments(node)) if node is not None else {}
        owner = node.name if node is not None else ""
        functions = [item for item in statements if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))]
        self.functions = {_mangled(owner, item.name): item for item in functions}
        self.classes = {_mangled(owner, item.name): item for item in statements if isinstance(item, ast.ClassDef)}
        simple = (ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Expr, ast.Pass)
        self.is_open = any(not isinstance(item, simple) for item in statements) or any(
            isinstance(item, ast.Expr) and not isinstance(item.value, ast.Constant) for item in statements
        )
        self.sure = {*self.expressions, *self.functions, *self.classes}


def _class_state(cls: type, body: _Body, names: SetNames, *, special: bool) -> dict[str, Any]:
    """Attributes of a class; ``special`` where a call or a base has made it what it is."""
    named = names.of(cls)
    plain = type(cls) in _PLAIN_METACLASSES and not special
    bare = plain and not body.is_open and is_bare(cls, body.node)
    found: dict[str, Any] = {}
    for name, value in vars(cls).items():
        if isinstance(value, _MADE_FOR_CLASSES) or name in _MADE_BY_TYPING:
            continue
        expression = body.expressions.get(name)
        if name in named:
            moved = expression is None or still_gives(expression, value) is not True
        elif name.startswith("__") and name.endswith("__"):
            moved = bare and _is_special_moved(cls, body, name, value)
        elif expression is not None:
            moved = has_moved(expression, value) and not isinstance(cls, enum.EnumMeta)
        elif name in body.functions or name in body.classes:
            moved = not body.decorated and _is_another(value, cls, name, body)
        else:
            moved = is_plain(value) or not (body.decorated or special or hasattr(type(value), "__set_name__"))
        if moved and (plain or special or name in named or (is_plain(value) and not name.startswith("_"))):
            found[name] = value  # other metaclasses may have put there what is no plain data
    gone = {name for name in named if name not in vars(cls) and name in body.sure}
    if bare:
        gone |= {name for name in body.sure if name not in vars(cls) and not name.startswith("__")}
    found |= dict.fromkeys(gone, Gone)
    if "__bases__" in named:
        found["__bases__"] = cls.__bases__
    return found


def is_bare(cls: type, node: ast.AST | None) -> bool:
    """Whether nothing but Python itself has made a class: no decorator, no metaclass, no base that does something to subclasses."""
    if not isinstance(node, ast.ClassDef) or node.decorator_list or type(cls) not in _PLAIN_METACLASSES:
        return False
    return not any("__init_subclass__" in vars(base) for base in cls.__mro__[1:-1] if base.__module__ not in ("abc", "typing"))


def _is_special_moved(cls: type, body: _Body, name: str, value: Any) -> bool:
    """Whether a special name of a class that Python alone has made holds what its body does not say."""
    if name == "__doc__":
        return body.node is not None and is_other_text(value, body.node)
    if name in body.functions:
        return _is_another(value, cls, name, body)
    return isinstance(value, FunctionType) and name not in body.expressions


def _is_another(value: Any, cls: type, name: str, body: _Body) -> bool:
    """Whether a method or nested class is no longer what the class body defined."""
    own = f"{cls.__qualname__}.{(body.classes.get(name) or body.functions[name]).name}"
    if name in body.classes:
        return isinstance(value, type) and not body.classes[name].decorator_list and value.__qualname__ != own
    decorators = body.functions[name].decorator_list
    kind = FunctionType
    if len(decorators) == 1 and isinstance(decorators[0], ast.Name) and decorators[0].id in _WRAPPERS:
        kind = _WRAPPERS[decorators[0].id]  # type: ignore[assignment]
    elif decorators:
        return False
    inner = getattr(value, "__func__", getattr(value, "fget", value))
    if not isinstance(inner, FunctionType):
        return True
    return not isinstance(value, kind) or inner.__qualname__ != own


def _mangled(owner: str, name: str) -> str:
    """A name of a class body as the class holds it."""
    return f"_{owner.lstrip('_')}{name}" if name.startswith("__") and not name.endswith("__") else name


def _assignments(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for statement in node.body:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        for target in targets:
            if isinstance(target, ast.Name):
                yield _mangled(node.name, target.id), value


def _method_states(cls: type, body: _Body, names: SetNames) -> Iterator[tuple[Any, dict[str, Any]]]:
    for name, statement in body.functions.items():
        value = vars(cls).get(name)
        function = value.__func__ if isinstance(value, staticmethod) else value
        if isinstance(function, FunctionType) and function.__qualname__ == f"{cls.__qualname__}.{statement.name}":
            state = function_state(function, statement, names)
            if state:
                yield function, state
        else:
            yield from _unreachable(value, names)
    if body.node is None or "_fields" in vars(cls):
        yield from _unreachable(vars(cls).get("__new__"), names)
    for name, nested in body.classes.items():
        inner = vars(cls).get(name)
        if isinstance(inner, type) and inner.__qualname__ == f"{cls.__qualname__}.{nested.name}":
            yield from states_of(inner, nested, names)


UNREACHABLE = "unreachable"
"""Key of a state that cannot be put back: no name leads to its object."""


def _unreachable(value: Any, names: SetNames) -> Iterator[tuple[Any, dict[str, Any]]]:
    """What the source sets in the functions of a property or class method."""
    parts = [getattr(value, name, None) for name in ("__func__", "fget", "fset", "fdel")] + [value]
    for function in {id(part): part for part in parts if isinstance(part, FunctionType)}.values():
        own = {name: getattr(function, name) for name in sorted(names.of(function)) if hasattr(function, name)}
        if own:
            yield function, {UNREACHABLE: own}


def _member_states(cls: enum.EnumMeta, names: SetNames) -> Iterator[tuple[Any, dict[str, Any]]]:
    """What members hold besides what makes them members, and what the author's constructor surely gave them."""
    makers = ("__init__", "__new__", "__set_name__")
    user = [base for base in cls.__mro__ if base.__module__ not in ("builtins", "enum")]
    constructed = any(name in vars(base) and not _is_of_enum(vars(base)[name]) for base in user for name in makers)
    for member in {id(item): item for item in (*cls.__members__.values(), *cls._value2member_map_.values())}.values():
        named = names.of(member)
        found = {}
        for name, value in getattr(member, "__dict__", {}).items():
            if name not in named and name.startswith("_") and name.endswith("_"):
                continue
            data = is_plain(value) or is_own(value)
            changed = names.sets_elsewhere(name) or isinstance(value, (list, dict, set))
            if name in named or not constructed or (data and changed):
                found[name] = value
        if found:
            yield member, {"instance": found}


def _is_of_enum(function: Any) -> bool:
    return getattr(getattr(function, "__func__", function), "__module__", "") == "enum"
