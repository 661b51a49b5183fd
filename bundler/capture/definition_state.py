"""What functions have come to hold since their statement ran: attributes, changed defaults, counters in cells.

They travel as code; of what their statement no longer gives, data travels by value and is put back on top (rule 7 of the
analysis: the value at the moment of the call counts). Data are values of builtin types and instances, where they are surely the
user's: of the user's own classes, or of any class where no decorator can have put them there.
"""

from __future__ import annotations

import ast
import collections
import itertools
import sys
from collections.abc import Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from clustrix_bundle.runtime.values import Gone

if TYPE_CHECKING:
    from clustrix_bundle.bundler.capture.set_names import SetNames

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


_MADE_BY_CALL: tuple[Any, ...] = (*CONTAINERS, bytearray, itertools.count)


def is_own(value: Any) -> bool:
    """Whether it is an instance of a class of ``__main__`` or of a project's module, and no module's global."""
    return is_own_class(type(value)) and _is_instance(value) and not _is_held(value)


def is_own_class(kind: type) -> bool:
    """Whether it is of the program or of its project, as far as files tell."""
    return is_own_module(kind.__module__)


def is_own_module(module: str) -> bool:
    """Whether a module that is loaded is ``__main__`` or of its project, as far as files tell."""
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
    """Whether an expression still gives the value; None where only running it could tell.

    Read are literals, and containers and counters that a call makes of literals: ``set()``, ``defaultdict(list)``, ``count(1)``.
    """
    try:
        return same(ast.literal_eval(node), value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        pass
    if not isinstance(node, ast.Call) or type(value) not in _MADE_BY_CALL:
        return None
    kind, name = type(value), getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name != kind.__name__:
        return None
    try:
        args = [_FACTORIES[item.id] if isinstance(item, ast.Name) else ast.literal_eval(item) for item in node.args]
        first = kind(*args, **{str(item.arg): ast.literal_eval(item.value) for item in node.keywords if item.arg})
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, KeyError):
        return None
    return repr(first) == repr(value) if kind is itertools.count else same(first, value)


_FACTORIES = {kind.__name__: kind for kind in (list, dict, set, int, float, str, tuple)}


def same(literal: Any, value: Any) -> bool:
    """Equal, and of equal types all the way down (``1``, ``1.0`` and ``True`` differ)."""
    if type(literal) is not type(value):
        return False
    if isinstance(literal, dict):
        return list(literal) == list(value) and all(same(part, value[key]) for key, part in literal.items())
    if isinstance(literal, (list, tuple, collections.deque)):
        return len(literal) == len(value) and all(map(same, literal, value))
    return bool(literal == value)


SPECIAL = ("__doc__", "__name__", "__qualname__", "__annotations__", "__code__", "__defaults__", "__kwdefaults__")
"""What can be set in a function and does not stand among its own attributes."""


def function_state(function: FunctionType, node: ast.stmt | None, names: SetNames) -> dict[str, Any]:
    """What a function has come to hold; ``names`` is what the source sets."""
    state: dict[str, Any] = {}
    defined = node if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else None
    decorated = defined is None or bool(defined.decorator_list)
    named = names.of(function)
    own = {
        name: value
        for name, value in vars(function).items()
        if name in named
        or (name != "__wrapped__" and (is_plain(value) or is_own(value) or not (decorated or isinstance(value, _CODE))))
    }
    own |= {name: Gone for name in named & names.deleted if not hasattr(function, name)}
    if own:
        state["dict"] = own
    if defined is not None and (not decorated or function.__code__.co_name == defined.name):
        state.update(_changed_defaults(function, defined))
    special = {name: getattr(function, name) for name in SPECIAL if name in named}
    if defined is not None and not decorated:
        special |= _other_than(function, defined)
    if special:
        state["set"] = special
    state.update(_closure_state(function, set()))
    return state


def _changed_defaults(function: FunctionType, node: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, Any]:
    state: dict[str, Any] = {}
    changed = {
        position: value
        for position, (expression, value) in enumerate(zip(node.args.defaults, function.__defaults__ or (), strict=False))
        if has_moved(expression, value)
    }
    given: Mapping[str, Any] = function.__kwdefaults__ or {}
    keywords = {
        argument.arg: given[argument.arg]
        for argument, expression in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if expression is not None and argument.arg in given and has_moved(expression, given[argument.arg])
    }
    if changed:
        state["changed_defaults"] = changed
    if keywords:
        state["changed_kwdefaults"] = keywords
    return state


def _other_than(function: FunctionType, node: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, Any]:
    """What of an undecorated function is no longer as its statement says."""
    found: dict[str, Any] = {}
    if function.__name__ != node.name:
        found["__name__"] = function.__name__
    if function.__code__.co_name != node.name:
        found["__code__"] = function.__code__
    if is_other_text(function.__doc__, node):
        found["__doc__"] = function.__doc__
    if len(function.__defaults__ or ()) != len(node.args.defaults):
        found["__defaults__"] = function.__defaults__
    keywords = {item.arg for item, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if value is not None}
    if set(function.__kwdefaults__ or ()) != keywords:
        found["__kwdefaults__"] = function.__kwdefaults__
    return found


def is_other_text(text: Any, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Whether a ``__doc__`` is no longer the docstring, however it is indented (since Python 3.13 it is not)."""
    if sys.flags.optimize > 1:
        return text is not None
    given = ast.get_docstring(node, clean=False)
    if given is None or not isinstance(text, str):
        return text is not given
    return [line.strip() for line in text.split("\n")] != [line.strip() for line in given.split("\n")]


def _closure_state(function: FunctionType, seen: set[int]) -> dict[str, Any]:
    """Plain data in the cells of a function, and of the functions that a decorator wraps."""
    state: dict[str, Any] = {}
    seen.add(id(function))
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            contents = cell.cell_contents
        except ValueError:
            continue
        if is_plain(contents) or is_own(contents):
            state.setdefault("cells", {})[name] = contents
        elif isinstance(contents, FunctionType) and id(contents) not in seen:
            inner = _closure_state(contents, seen)
            if inner:
                state.setdefault("inner", {})[name] = inner
    return state


def instance_state(value: Any, names: SetNames) -> Mapping[str, Any]:
    """Data among the attributes of what stands for a decorated function, if its class is the user's, and what the source sets."""
    own = getattr(value, "__dict__", None)
    if not isinstance(own, dict):
        return {}
    named = names.of(value)
    found = {name: part for name, part in own.items() if name in named}
    if is_own_class(type(value)):
        found |= {name: part for name, part in own.items() if (is_plain(part) or is_own(part)) and not name.startswith("__")}
    return found


def has_moved(expression: ast.expr, value: Any) -> bool:
    """Whether a plain value must travel: not what its expression gives, or of one that gives a new object or atom each time."""
    gives = still_gives(expression, value)
    if not is_plain(value) and not is_own(value):
        return gives is False and not hasattr(type(value), "__set__")
    if gives is not None:
        return not gives
    return type(value) in ATOMS or not isinstance(expression, (ast.Name, ast.Attribute))
