"""The statement of a class that no name leads to: the keywords and decorators that its body alone does not give."""

from __future__ import annotations

import ast
import builtins
import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping
from enum import EnumMeta
from types import CellType, CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.capture.cell import is_filled
from clustrix_bundle.bundler.capture.definition_state import is_own_class
from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.bundler.capture.lookup import MISSING, looked_up
from clustrix_bundle.bundler.capture.set_names import parsed

if TYPE_CHECKING:
    from clustrix_bundle.bundler.capture.source import Definition

Decorator = tuple[Callable[..., Any], tuple[tuple[Any, ...], dict[str, Any]] | None]
"""A decorator of an installed package, and the arguments of the call that gives it, if there is one."""


class ClassStatement:
    """What a class statement says beside its body, as far as it can be read without running anything.

    Args:
        cls: The class.
        code: The code of its body.
        definition: Where that is.
        namespace: The globals that it reads.
        cells: Variables of the functions around it.
    """

    def __init__(
        self, cls: type, code: CodeType, definition: Definition, namespace: Mapping[str, Any], cells: Mapping[str, CellType]
    ) -> None:
        self._cls = cls
        self._namespace = namespace
        self._cells = cells
        self._file = definition.filename
        self._line = code.co_firstlineno
        tree = parsed(("\n" * (definition.line - 1) + definition.text).encode("utf-8", "surrogatepass"))
        found = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == code.co_name)
        self._node = next((node for node in found if _first_line(node) == code.co_firstlineno), None)

    def keywords(self) -> dict[str, Any]:
        """Keywords of the statement but for ``metaclass``: what a metaclass or ``__init_subclass__`` is given.

        Raises:
            CaptureError: nothing holds the value of one any more.
        """
        found: dict[str, Any] = {}
        for item in self._node.keywords if self._node is not None else ():
            if item.arg == "metaclass":
                continue
            try:
                value = self._value(item.value)
                found |= value if item.arg is None else {item.arg: value}
            except (LookupError, TypeError):
                text = ast.unparse(item)
                raise CaptureError(
                    f"{self._file}:{self._line}: class {self._cls.__qualname__} is made with `{text}`, whose value nothing holds any "
                    "more, and cannot be made again elsewhere; define it at the top level, or give it a literal or a global there",
                    self._cls.__qualname__,
                    "class",
                ) from None
        return found

    def decorators(self) -> list[Decorator]:
        """Decorators that are installed, innermost first: run again, they make of the class what they made of it here.

        What decorators of the user's own did to it is found in the class.
        """
        found: list[Decorator] = []
        for node in reversed(self._node.decorator_list if self._node is not None else ()):
            call = node if isinstance(node, ast.Call) else None
            try:
                decorator = self._value(call.func if call is not None else node)
                if not _is_installed(decorator):
                    continue
                found.append((decorator, self._arguments(call) if call is not None else None))
            except (LookupError, TypeError):
                continue
        parameters = vars(self._cls).get("__dataclass_params__")
        dataclass: Any = vars(dataclasses)["dataclass"]
        if parameters is not None and not any(decorator is dataclass for decorator, _ in found):
            options = {name: getattr(parameters, name) for name in parameters.__slots__ if name not in ("slots", "weakref_slot")}
            found.append((dataclass, ((), options)))
        return found

    def bare_methods(self) -> frozenset[str]:
        """Names that the body binds once, by an undecorated ``def``."""
        body = self._node.body if self._node is not None else []
        names = Counter(item.name for item in body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)))
        decorated = {getattr(item, "name", "") for item in body if getattr(item, "decorator_list", ())}
        others = {
            node.id for node in ast.walk(ast.Module(body, [])) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        return frozenset(name for name, count in names.items() if count == 1 and name not in decorated | others)

    def _arguments(self, call: ast.Call) -> tuple[tuple[Any, ...], dict[str, Any]]:
        options: dict[str, Any] = {}
        for item in call.keywords:
            value = self._value(item.value)
            options |= value if item.arg is None else {item.arg: value}
        return tuple(map(self._value, call.args)), options

    def _value(self, node: ast.expr) -> Any:
        """What an expression gives, read from what holds it now.

        Raises:
            LookupError: only running it could tell.
        """
        if isinstance(node, ast.Name):
            if node.id in self._cells:
                return _held(self._cells[node.id].cell_contents if is_filled(self._cells[node.id]) else MISSING)
            return _held(self._namespace.get(node.id, vars(builtins).get(node.id, MISSING)))
        if isinstance(node, ast.Attribute):
            base = self._value(node.value)
            if isinstance(base, ModuleType):
                return _held(looked_up(base.__name__, node.attr))
            if isinstance(base, EnumMeta):
                return base.__members__[node.attr]
            return _held(vars(base).get(node.attr, MISSING) if isinstance(base, type) else MISSING)
        if isinstance(node, (ast.Tuple, ast.List)):
            items = [self._value(item) for item in node.elts]
            return tuple(items) if isinstance(node, ast.Tuple) else items
        try:
            return ast.literal_eval(node)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise LookupError(ast.unparse(node)) from None


def _first_line(node: ast.ClassDef) -> int:
    return min([node.lineno, *(item.lineno for item in node.decorator_list)])


def _held(value: Any) -> Any:
    if value is MISSING:
        raise LookupError("nothing holds it")
    return value


def _is_installed(decorator: Any) -> bool:
    module, name = getattr(decorator, "__module__", None), getattr(decorator, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or is_own_class(decorator):
        return False
    return looked_up(module, name) is decorator
