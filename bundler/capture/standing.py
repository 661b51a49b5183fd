"""Which globals of a running ``__main__`` travel as code: those whose statement still gives the value that they hold (rule 7)."""

from __future__ import annotations

import ast
import builtins
import os
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path, PurePath
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.capture.definition_state import same
from clustrix_bundle.bundler.capture.guarded import guarded_names
from clustrix_bundle.bundler.facts.decode import decode_source

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.facts.model import Statement

_DEFINES = frozenset({"def", "class", "import", "type"})


class Standing:
    """What the statements of a program still give of what its globals hold.

    Attributes:
        statements: All its statements.
        binders: Numbers of statements by the names that they bind.
        guarded: Names that hold what a statement under the main guard has bound.
    """

    def __init__(self, loaded: LoadedModule, namespace: Mapping[str, Any], path: str) -> None:
        self.statements = loaded.facts.statements
        self.binders = _binders(self.statements)
        self.guarded = guarded_names(self.statements, namespace)
        self._loaded = loaded
        self._namespace = namespace
        self._lines = decode_source(loaded.source, path).split("\n")
        self._nodes: dict[int, ast.stmt | None] = {}

    def travels_as_code(self, name: str) -> bool:
        """Whether its statement alone gives what the name holds."""
        if name in self.guarded:
            return False
        value = self._namespace[name]
        numbers = self.binders.get(name)
        if any(name in item.global_binds for item in self.statements) and not numbers:
            return False
        if not numbers:
            return ("*" in self.binders and not self._is_main_state(value)) or self._is_of_run_file(value)
        kinds = {self.statements[number].kind for number in numbers}
        if kinds == {"type"}:
            return True
        if kinds <= {"import"}:
            return isinstance(value, ModuleType) or self._is_import_of(name, value)
        if kinds & {"def", "class"}:
            return kinds <= _DEFINES or self._is_defined_by(name, value)
        return self._is_constant(name, value)

    def _is_main_state(self, value: Any) -> bool:
        return getattr(value, "__module__", None) == "__main__" and not isinstance(value, (type, FunctionType))

    def _is_of_run_file(self, value: Any) -> bool:
        """Whether a file that ``run_path`` runs, as a notebook's ``%run`` does, defines the function."""
        if not isinstance(value, FunctionType) or value.__module__ != "__main__" or value.__globals__ is self._namespace:
            return False
        runs = any(call.scope == 0 and call.func[-1] in ("run_path", "_run_path") for call in self._loaded.facts.calls)
        return runs and os.path.isfile(value.__code__.co_filename)

    def _is_import_of(self, name: str, value: Any) -> bool:
        """Whether a ``from m import n`` still gives what the name holds."""
        for item in self._loaded.facts.imports:
            if item.scope == 0 and item.name not in (None, "*") and (item.asname or item.name) == name:
                module = (
                    sys.modules.get(item.module) if not item.level else _relative(item.module, item.level, self._loaded.package)
                )
                if module is None or getattr(module, str(item.name), value) is value:
                    return True
                if isinstance(value, (type, FunctionType)) or callable(value):
                    return False
                return same(getattr(module, str(item.name), None), value)
        return True

    def _is_defined_by(self, name: str, value: Any) -> bool:
        """Whether a name that is defined and also assigned holds what a definition gave."""
        if isinstance(value, FunctionType):
            line = value.__code__.co_firstlineno
            spans = [(self.statements[number].first_line, self.statements[number].end_line) for number in self.binders[name]]
            return value.__module__ == "__main__" and any(first <= line <= last for first, last in spans)
        return isinstance(value, type) and value.__module__ == "__main__"

    def _is_constant(self, name: str, value: Any) -> bool:
        """Whether plain assignments of literals, functions or classes still give the value, with nothing changing it."""
        numbers = self.binders[name]
        if any(self.statements[number].kind != "assign" for number in numbers) or any(
            name in item.mutates for item in self.statements
        ):
            return False
        if any(name in item.global_binds for item in self.statements):
            return self.literal(numbers[-1]) is not None and self._gives(numbers, value)
        return self._gives(numbers, value) or self._is_place(numbers, value)

    def _is_place(self, numbers: list[int], value: Any) -> bool:
        """Whether one statement makes a path from ``__file__`` or the working directory by nothing but path arithmetic."""
        if not isinstance(value, (str, PurePath)) or len(numbers) != 1 or self.statements[numbers[0]].parent >= 0:
            return False
        node = self._value_node(numbers[0])
        return node is not None and self._is_path_arithmetic(node)

    def _is_path_arithmetic(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Constant):
            return isinstance(node.value, (str, int))
        if isinstance(node, ast.Name):
            if node.id == "__file__":
                return True
            return isinstance(self._namespace.get(node.id), (str, int, PurePath)) and self.travels_as_code(node.id)
        if isinstance(node, ast.Attribute):
            return node.attr in _PATH_PARTS and self._is_path_arithmetic(node.value)
        if isinstance(node, ast.Subscript):
            return self._is_path_arithmetic(node.value) and isinstance(node.slice, ast.Constant)
        if isinstance(node, ast.BinOp):
            return (
                isinstance(node.op, (ast.Add, ast.Div))
                and self._is_path_arithmetic(node.left)
                and self._is_path_arithmetic(node.right)
            )
        if isinstance(node, ast.JoinedStr):
            return all(map(self._is_path_arithmetic, node.values))
        if isinstance(node, ast.FormattedValue):
            return node.format_spec is None and self._is_path_arithmetic(node.value)
        if isinstance(node, ast.Call) and not node.keywords and all(map(self._is_path_arithmetic, node.args)):
            if self._evaluated(node.func) in _PATH_FUNCTIONS:
                return True
            method = node.func
            return isinstance(method, ast.Attribute) and (
                (method.attr == "cwd" and self._evaluated(method.value) in _PATH_FUNCTIONS)
                or (method.attr in _PATH_METHODS and self._is_path_arithmetic(method.value))
            )
        return False

    def _gives(self, numbers: list[int], value: Any) -> bool:
        if any(self.statements[number].parent >= 0 for number in numbers):
            return (
                any(self._equals(number, value) for number in numbers) and len(numbers) == 1 and not self._conditional(numbers[0])
            )
        return self._equals(numbers[-1], value)

    def _conditional(self, number: int) -> bool:
        return bool(self.statements[number].under)

    def _equals(self, number: int, value: Any) -> bool:
        node = self._value_node(number)
        if isinstance(node, ast.Lambda):
            return isinstance(value, FunctionType) and value.__code__.co_name == "<lambda>"
        if isinstance(node, (ast.Name, ast.Attribute)):
            return isinstance(value, (type, FunctionType, ModuleType))
        literal = self.literal(number)
        return literal is not None and same(literal[0], value)

    def literal(self, number: int) -> tuple[Any] | None:
        """The value of a statement that assigns a literal."""
        node = self._value_node(number)
        if node is None:
            return None
        try:
            return (ast.literal_eval(node),)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return None

    def _value_node(self, number: int) -> ast.expr | None:
        node = self.node(number)
        if isinstance(node, ast.Assign) and all(isinstance(target, ast.Name) for target in node.targets):
            return node.value
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            return node.value
        return None

    def node(self, number: int) -> ast.stmt | None:
        """A statement's syntax tree."""
        if number not in self._nodes:
            statement = self.statements[number]
            try:
                body = ast.parse(self._with_decorators(statement)).body
            except (SyntaxError, ValueError):
                body = []
            self._nodes[number] = body[0] if len(body) == 1 else None
        return self._nodes[number]

    def _with_decorators(self, statement: Statement) -> str:
        if statement.first_line == statement.line:
            return self.text(statement)
        return textwrap.dedent("\n".join(self._lines[statement.first_line - 1 : statement.end_line]))

    def text(self, statement: Statement) -> str:
        """A statement's source."""
        lines = self._lines[statement.line - 1 : statement.end_line]
        lines[-1] = lines[-1][: statement.end_column]
        lines[0] = lines[0][statement.column :]
        return "\n".join(lines)

    def can_be_made_again(self, name: str) -> bool:
        """Whether one statement without effects makes it, such as ``lock = Lock()``; what has been filled since, it does not."""
        numbers = self.binders.get(name, [])
        if len(numbers) != 1 or self.statements[numbers[0]].kind != "assign":
            return False
        node = self._value_node(numbers[0])
        return isinstance(node, ast.Call) and self._is_pure(node) and (bool(node.args) or not _is_filled(self._namespace[name]))

    def _is_pure(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Call):
            target = self._evaluated(node.func)
            module = getattr(target, "__module__", None) or ""
            pure = module.partition(".")[0] in _PURE_MODULES or target in _PURE_FUNCTIONS
            return pure and all(map(self._is_pure, [*node.args, *(item.value for item in node.keywords)]))
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return all(map(self._is_pure, node.elts))
        return isinstance(node, (ast.Constant, ast.Name, ast.Attribute, ast.Lambda))

    def _evaluated(self, node: ast.expr) -> Any:
        """What a dotted name holds now; nothing is called."""
        if isinstance(node, ast.Name):
            return self._namespace.get(node.id, vars(builtins).get(node.id))
        if isinstance(node, ast.Attribute):
            base = self._evaluated(node.value)
            return vars(base).get(node.attr) if isinstance(base, (ModuleType, type)) else None
        return None


_PATH_FUNCTIONS = (
    *(getattr(os.path, name) for name in ("join", "dirname", "basename", "abspath", "realpath", "normpath")),
    os.getcwd,
    os.fspath,
    str,
    Path,
    PurePath,
)
_PATH_METHODS = frozenset(["resolve", "absolute", "joinpath", "with_name", "with_suffix", "as_posix"])
_PATH_PARTS = frozenset(["parent", "parents", "name", "stem", "suffix"])

_PURE_MODULES = frozenset(
    ["threading", "_thread", "queue", "_queue", "asyncio", "contextvars", "_contextvars", "weakref", "_weakref", "re"]
)
_PURE_FUNCTIONS = (object, dict, list, set, frozenset, tuple, bytearray, memoryview, iter, range, __import__("logging").getLogger)


def _is_filled(value: Any) -> bool:
    """Whether a container or queue holds anything."""
    size = getattr(type(value), "__len__", None) or getattr(type(value), "qsize", None)
    try:
        return size is not None and size(value) > 0
    except Exception:  # noqa: BLE001 - whatever a user's __len__ raises: nothing is known of it
        return True


def _binders(statements: tuple[Statement, ...]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, statement in enumerate(statements):
        for name in statement.binds:
            found.setdefault(name, []).append(number)
    return found


def _relative(module: str, level: int, package: str) -> ModuleType | None:
    base = package.rsplit(".", level - 1)[0] if level > 1 else package
    return sys.modules.get(f"{base}.{module}" if module else base)
