"""Objects that the project's modules hold as globals: there they are the module's own, filled with what they hold now."""

from __future__ import annotations

import ast
import collections
import functools
import linecache
import os
import sys
from typing import Any

from clustrix_bundle.bundler.capture.definition_state import is_own_class
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

_CONTAINERS = (list, dict, set, collections.deque, collections.defaultdict, collections.OrderedDict, collections.Counter)
_DEFAULT_STATE = getattr(object, "__getstate__", None)


@dataclass(slots=True)
class HeldObjects:
    """Finds what modules below some folders hold: containers, and instances that pickle would take apart by itself.

    Attributes:
        roots: The folders.
    """

    roots: tuple[str, ...]
    _places: dict[int, list[tuple[str, str]]] | None = field(default=None)

    def place(self, obj: Any) -> tuple[str, str] | None:
        """Module and name whose statement made an object; None where there is none."""
        kind: Any = type(obj)
        if not self.roots or not _can_be_held(kind):
            return None
        if self._places is None:
            self._places = self._find_places()
        for module, name in self._places.get(id(obj), ()):
            if _is_made_by(module, name, obj):
                return module, name
        return None

    def _find_places(self) -> dict[int, list[tuple[str, str]]]:
        found: dict[int, list[tuple[str, str]]] = {}
        for module, loaded in list(sys.modules.items()):
            file = getattr(loaded, "__file__", None)
            running = loaded is sys.modules.get("__main__")  # which multiprocessing knows by a second name
            if running or not isinstance(file, str) or not self._is_inside(file):
                continue
            for name, value in list(vars(loaded).items()):
                found.setdefault(id(value), []).append((module, name))
        return found

    def _is_inside(self, file: str) -> bool:
        inside = any(file.startswith(root.rstrip("/") + os.sep) for root in self.roots)
        return inside and file.endswith(".py") and "site-packages" not in file


def _is_made_by(module: str, name: str, obj: Any) -> bool:
    """Whether one statement of the module makes such an object, so that importing it gives one."""
    expressions = _assigned_in("".join(linecache.getlines(sys.modules[module].__file__ or ""))).get(name, [])
    if len(expressions) != 1:
        return False
    literals: dict[Any, type[ast.expr]] = {list: ast.List, dict: ast.Dict, set: ast.Set}
    literal = literals.get(type(obj), ast.Call)
    return isinstance(expressions[0], (literal, ast.Call))


@functools.lru_cache(maxsize=64)
def _assigned_in(text: str) -> dict[str, list[ast.expr]]:
    return assigned(text.encode())


def assigned(source: bytes) -> dict[str, list[ast.expr]]:
    """The expressions that plain assignments outside functions and classes give to names."""
    found: dict[str, list[ast.expr]] = {}
    pending: list[ast.AST] = [_parsed(source)]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node.value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found.setdefault(node.target.id, []).append(node.value)
        else:
            pending.extend(ast.iter_child_nodes(node))
    return found


def _parsed(source: bytes) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def content_of(obj: Any) -> Any:
    """The state of a held object, as a values file fills it in; None where it has none."""
    if type(obj) in _CONTAINERS:
        return obj.copy()
    state = getattr(obj, "__dict__", None)
    return {"instance": dict(state)} if state else None


@functools.lru_cache(maxsize=4096)
def _can_be_held(kind: Any) -> bool:
    return kind in _CONTAINERS or kind is object or _is_plain(kind)


def _is_plain(kind: Any) -> bool:
    return holds_attributes_alone(kind) and is_own_class(kind)


def holds_attributes_alone(kind: Any) -> bool:
    """Whether pickle takes its instances apart by itself, and all that they hold are attributes."""
    return bool(
        kind.__reduce_ex__ is _REDUCE_EX
        and kind.__reduce__ is _REDUCE
        and getattr(kind, "__getstate__", None) is _DEFAULT_STATE
        and kind.__basicsize__ <= _PLAIN_SIZE
    )


_REDUCE_EX: Any = object.__reduce_ex__
_REDUCE: Any = object.__reduce__


class _Plain:
    """Shows how big an instance without slots is."""


_PLAIN_SIZE = _Plain.__basicsize__
