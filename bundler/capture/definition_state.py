"""What functions and classes have come to hold since their statement ran: attributes, changed defaults, counters in cells.

They travel as code; of what their statement no longer gives, data travels by value and is put back on top (rule 7 of the
analysis: the value at the moment of the call counts). Data are values of builtin types and instances, where they are surely the
user's: of the user's own classes, or of any class where no decorator can have put them there.
"""

from __future__ import annotations

import abc
import ast
import collections
import enum
import sys
from collections.abc import Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, GetSetDescriptorType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

ATOMS = (type(None), bool, int, float, complex, str, bytes)
CONTAINERS = (
    list,
    dict,
    set,
    frozenset,
    tuple,
    collections.deque,
    collections.defaultdict,
    collections.OrderedDict,
    collections.Counter,
)
_MADE_FOR_CLASSES = (GetSetDescriptorType, MemberDescriptorType)
_MADE_BY_TYPING = frozenset(["_is_protocol", "_is_runtime_protocol", "_abc_impl"])


def states_of(value: Any, node: ast.stmt | None) -> Iterator[tuple[Any, dict[str, Any]]]:
    """``(object, state)`` for a definition's object and its methods, where there is a state to put back.

    Args:
        value: The function, class, or what a decorator made of it.
        node: The statement that defines it, None if unknown.
    """
    if isinstance(value, FunctionType):
        state = _function_state(value, node)
        if state:
            yield value, state
    elif isinstance(value, type):
        if isinstance(node, ast.ClassDef) and not issubclass(value, tuple):
            attributes = _class_state(value, node)
            if type(value) not in (type, abc.ABCMeta):  # its metaclass may have put there what is no plain data
                attributes = {name: part for name, part in attributes.items() if is_plain(part) and not name.startswith("_")}
            if isinstance(value, enum.EnumMeta):
                attributes = {name: part for name, part in attributes.items() if name not in dict(_class_assignments(node))}
            if attributes:
                yield value, attributes
            yield from _method_states(value, node)
    else:
        instance = _instance_state(value)
        if instance:
            yield value, {"instance": instance}


def _is_own(value: Any) -> bool:
    """Whether it is an instance of a class of ``__main__`` or of a project's module, and no module's global."""
    return is_own_class(type(value)) and _is_instance(value) and not _is_held(value)


def is_own_class(kind: type) -> bool:
    """Whether it is of the program or of its project, as far as files tell."""
    module = kind.__module__
    if module == "__main__":
        return True
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    installed = "site-packages" in file or "dist-packages" in file or module.partition(".")[0] in sys.stdlib_module_names
    return file.endswith(".py") and not installed


def _is_instance(value: Any) -> bool:
    return not isinstance(value, _CODE) and not hasattr(type(value), "__get__") and not hasattr(value, "__wrapped__")


def _is_held(value: Any) -> bool:
    """Whether a module that is imported holds it: importing gives it there."""
    spaces = [getattr(module, "__dict__", {}) for name, module in list(sys.modules.items()) if name != "__main__"]
    return any(value is item for space in spaces for item in list(space.values()))


_CODE = (FunctionType, BuiltinFunctionType, MethodType, ModuleType, type, staticmethod, classmethod, property)


def is_plain(value: Any) -> bool:
    """Whether it is data of a builtin type, as far as its own type says."""
    return type(value) in ATOMS or type(value) in CONTAINERS


def still_gives(node: ast.expr, value: Any) -> bool | None:
    """Whether an expression still gives the value; None where only running it could tell."""
    try:
        return same(ast.literal_eval(node), value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def same(literal: Any, value: Any) -> bool:
    """Equal, and of equal types all the way down (``1``, ``1.0`` and ``True`` differ)."""
    if type(literal) is not type(value):
        return False
    if isinstance(literal, dict):
        return list(literal) == list(value) and all(same(part, value[key]) for key, part in literal.items())
    if isinstance(literal, (list, tuple)):
        return len(literal) == len(value) and all(map(same, literal, value))
    return bool(literal == value)


def _function_state(function: FunctionType, node: ast.stmt | None) -> dict[str, Any]:
    state: dict[str, Any] = {}
    decorated = not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or bool(node.decorator_list)
    own = {
        name: value
        for name, value in vars(function).items()
        if name != "__wrapped__" and (is_plain(value) or _is_own(value) or not (decorated or isinstance(value, _CODE)))
    }
    if own:
        state["dict"] = own
    is_own = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and function.__code__.co_name == node.name
    if is_own and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        changed = {
            position: value
            for position, (expression, value) in enumerate(zip(node.args.defaults, function.__defaults__ or (), strict=False))
            if _has_moved(expression, value)
        }
        given: Mapping[str, Any] = function.__kwdefaults__ or {}
        keywords = {
            argument.arg: given[argument.arg]
            for argument, expression in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            if expression is not None and argument.arg in given and _has_moved(expression, given[argument.arg])
        }
        if changed:
            state["changed_defaults"] = changed
        if keywords:
            state["changed_kwdefaults"] = keywords
    state.update(_closure_state(function, set()))
    return state


def _closure_state(function: FunctionType, seen: set[int]) -> dict[str, Any]:
    """Plain data in the cells of a function, and of the functions that a decorator wraps."""
    state: dict[str, Any] = {}
    seen.add(id(function))
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            contents = cell.cell_contents
        except ValueError:
            continue
        if is_plain(contents) or _is_own(contents):
            state.setdefault("cells", {})[name] = contents
        elif isinstance(contents, FunctionType) and id(contents) not in seen:
            inner = _closure_state(contents, seen)
            if inner:
                state.setdefault("inner", {})[name] = inner
    return state


def _class_state(cls: type, node: ast.ClassDef) -> dict[str, Any]:
    expressions = dict(_class_assignments(node))
    defined = {item.name: item for item in node.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
    found: dict[str, Any] = {}
    for name, value in vars(cls).items():
        if (name.startswith("__") and name.endswith("__")) or name in _MADE_BY_TYPING:
            continue
        expression = expressions.get(name)
        if expression is not None:
            moved = _has_moved(expression, value)
        elif name in defined:
            moved = not node.decorator_list and not defined[name].decorator_list and _is_another(value, cls, name)
        else:
            moved = is_plain(value) or (not node.decorator_list and not hasattr(type(value), "__set_name__"))
            moved = moved and not isinstance(value, _MADE_FOR_CLASSES)
        if moved:
            found[name] = value
    return found


def _is_another(value: Any, cls: type, name: str) -> bool:
    """Whether a method is no longer the function that the class body defined."""
    return isinstance(value, FunctionType) and value.__qualname__ != f"{cls.__qualname__}.{name}"


def _class_assignments(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    prefix = f"_{node.name.lstrip('_')}"
    for statement in node.body:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        for target in targets:
            if isinstance(target, ast.Name):
                private = target.id.startswith("__") and not target.id.endswith("__")
                yield (prefix + target.id if private else target.id), value


def _method_states(cls: type, node: ast.ClassDef) -> Iterator[tuple[Any, dict[str, Any]]]:
    for statement in node.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            function = vars(cls).get(statement.name)
            if isinstance(function, FunctionType) and function.__qualname__ == f"{cls.__qualname__}.{statement.name}":
                state = _function_state(function, statement)
                if state:
                    yield function, state


def _instance_state(value: Any) -> Mapping[str, Any]:
    """Data among the attributes of an instance of a user's class that stands for a decorated function."""
    own = getattr(value, "__dict__", None)
    if not isinstance(own, dict) or not (type(value).__module__ == "__main__" or is_own_class(type(value))):
        return {}
    return {name: part for name, part in own.items() if (is_plain(part) or _is_own(part)) and not name.startswith("__")}


def _has_moved(expression: ast.expr, value: Any) -> bool:
    """Whether a plain value must travel: not what its expression gives, or of one that gives a new object or atom each time."""
    gives = still_gives(expression, value)
    if not is_plain(value) and not _is_own(value):
        return gives is False and not hasattr(type(value), "__set__")
    if gives is not None:
        return not gives
    return type(value) in ATOMS or not isinstance(expression, (ast.Name, ast.Attribute))
