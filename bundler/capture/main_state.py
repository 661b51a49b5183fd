"""The state of a running ``__main__``: which of its globals travel as code, and which by value (rule 7 of the analysis).

As code travel functions, classes, imports and constants whose statement still gives the value they have. Everything else
that the function reaches travels by value, and nothing is replayed on top of it. What cannot be pickled, but is made by a
statement without effects (``lock = Lock()``), is made again by that statement.
"""

from __future__ import annotations

import ast
import builtins
import os
import sys
from collections.abc import Mapping
from contextvars import Context, ContextVar
from dataclasses import dataclass
from pathlib import Path, PurePath
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.capture.definition_state import same, states_of
from clustrix_bundle.bundler.capture.diagnosis import dump_or_explain
from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.bundler.capture.lookup import MISSING
from clustrix_bundle.bundler.capture.pickling import dump_stream
from clustrix_bundle.bundler.facts.decode import decode_source
from clustrix_bundle.bundler.graph import Note
from clustrix_bundle.bundler.slicing.script import Script
from clustrix_bundle.bundler.slicing.slicer import Slice, slice_names

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.capture.needs import Needs
    from clustrix_bundle.bundler.facts.model import Statement
    from clustrix_bundle.bundler.slicing.things import Modules

RESTORE = '__import__("clustrix_bundle")._restore(globals(), {member!r}, {values!r})'
RESTORE_EARLY = '__import__("clustrix_bundle")._restore_early(globals(), {member!r}, {values!r})'
_DEFINES = frozenset({"def", "class", "import", "type"})


@dataclass(frozen=True, slots=True)
class GlobalValue:
    """One global that travels by value: its name, its pickle stream, and how the other side gets it."""

    name: str
    value: Any
    content: bytes
    how: str


@dataclass(frozen=True, slots=True)
class MainState:
    """What travels of a running ``__main__``.

    Attributes:
        slice: Its kept statements.
        source: The slice with the lines that restore values; the bytes of the entry member.
        values: Globals by value, sorted by name.
        stream: One values file for all of them (identity among them survives); empty where there are none.
        early: Values that a kept statement needs before the end: name and own values file.
        as_code: Reached names that statements of the slice bind.
        notes: What cannot travel, and is left to what its statement makes.
    """

    slice: Slice
    source: bytes
    values: tuple[GlobalValue, ...]
    stream: bytes
    early: tuple[GlobalValue, ...]
    as_code: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


class MainCapture:
    """Decides for one running ``__main__``, given what the function and its arguments need of it."""

    def __init__(self, loaded: LoadedModule, namespace: Mapping[str, Any], needs: Needs, modules: Modules, path: str) -> None:
        self._loaded = loaded
        self._namespace = namespace
        self._needs = needs
        self._modules = modules
        self._path = path
        self._statements = loaded.facts.statements
        self._lines = decode_source(loaded.source, path).split("\n")
        self._binders = _binders(self._statements)
        self._nodes: dict[int, ast.stmt | None] = {}
        self._states: dict[str, list[tuple[Any, Any]]] = {}
        self._lost: list[tuple[str, Any, str, Any]] = []
        needs.main_defined = frozenset(
            name
            for name, numbers in self._binders.items()
            if any(self._statements[number].kind in ("def", "class") for number in numbers)
        )

    def capture(self, member: str, values_folder: str) -> MainState:
        """Slice and pickle until nothing new is reached.

        Args:
            member: Where the source will stand in the bundle.
            values_folder: Folder of values files in the bundle.

        Raises:
            CaptureError: a global that is reached can neither be pickled nor made again.
            AnalysisError: a kept name depends on a statement that never travels.
        """
        by_value = {name for name in self._names() if not self._travels_as_code(name)}
        pickled: dict[str, bytes] = {}
        script = Script(self._loaded, self._modules)
        while True:
            roots = sorted(name for name in self._needs.main_names if name not in by_value and self._is_bound(name))
            part = slice_names(
                self._loaded, roots, self._modules, by_value=frozenset(by_value), display_path=self._path, script=script
            )
            found = self._reached(part)
            reached = sorted(found & by_value - pickled.keys())
            if not reached and not self._take_states(found - by_value):
                break
            for name in reached:
                stream = self._pickle(name)
                if stream is None:
                    by_value.discard(name)
                else:
                    pickled[name] = stream
        return self._state(part, {name: pickled[name] for name in sorted(pickled) if name in by_value}, member, values_folder)

    def _take_states(self, names: set[str]) -> bool:
        """Note what reached definitions have come to hold; whether that may lead to more names."""
        before = len(self._needs.main_names)
        for name in sorted(names - self._states.keys()):
            numbers = [n for n in self._binders.get(name, ()) if self._statements[n].kind in ("def", "class")]
            if not numbers or name not in self._namespace:
                continue
            value = self._namespace[name]
            if getattr(value, "__module__", "__main__") != "__main__":
                continue
            items = [self._travelling(name, *item) for item in states_of(value, self._node(numbers[-1]))]
            self._states[name] = [(target, state) for target, state in items if state]
        return len(self._needs.main_names) > before

    def _travelling(self, name: str, target: Any, state: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """A state without what cannot be pickled, of which the user is told."""
        if self._can_travel(target, state):
            return target, state
        kept: dict[str, Any] = {}
        for key, part in state.items():
            nested = not isinstance(target, type) and isinstance(part, dict) and key != "inner"
            if nested:
                kept[key] = {inner: value for inner, value in part.items() if self._can_travel(target, {key: {inner: value}})}
                lost = {f"{inner}": value for inner, value in part.items() if inner not in kept[key]}
            else:
                kept |= {key: part} if self._can_travel(target, {key: part}) else {}
                lost = {} if key in kept else {key: part}
            self._lost += [(name, target, inner, value) for inner, value in lost.items()]
        return target, {key: part for key, part in kept.items() if part or isinstance(target, type)}

    def _can_travel(self, target: Any, state: dict[str, Any]) -> bool:
        needs = self._needs.fresh()
        try:
            dump_stream(None, needs, [(target, state)])
        except Exception:  # noqa: BLE001 - whatever a __reduce__ raises: the caller says so
            return False
        self._needs.add(needs)
        return True

    def _notes(self) -> tuple[Note, ...]:
        """What of reached definitions is left to their statements, because it cannot travel."""
        return tuple(
            Note(
                f"`{name}` holds {_told(target, attribute)} of type {type(value).__qualname__}, which cannot travel to another process: there it "
                "is what the file's own statements make it; if it was set later, set it inside the function",
                self._path,
                self._statements[self._binders[name][-1]].line,
            )
            for name, target, attribute, value in self._lost
        )

    def _names(self) -> list[str]:
        """Globals of the program that could travel: bound by its statements, or by anything else, such as ``exec``."""
        return [name for name in self._namespace if not (name.startswith("__") and name.endswith("__"))]

    def _is_bound(self, name: str) -> bool:
        return name in self._binders or ("*" in self._binders and name in self._namespace)

    def _reached(self, part: Slice) -> set[str]:
        found = set(self._needs.main_names)
        for number in part.kept:
            statement = self._statements[number]
            found.update(statement.uses, statement.deferred)
        return found

    # -- code or value

    def _travels_as_code(self, name: str) -> bool:
        value = self._namespace[name]
        numbers = self._binders.get(name)
        if any(name in item.global_binds for item in self._statements) and not numbers:
            return False
        if not numbers:
            return "*" in self._binders and not self._is_main_state(value)
        kinds = {self._statements[number].kind for number in numbers}
        if kinds <= {"import"}:
            return isinstance(value, ModuleType) or self._is_import_of(name, value)
        if kinds & {"def", "class"}:
            return kinds <= _DEFINES or self._is_defined_by(name, value)
        return self._is_constant(name, value)

    def _is_main_state(self, value: Any) -> bool:
        return getattr(value, "__module__", None) == "__main__" and not isinstance(value, (type, FunctionType))

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
            spans = [(self._statements[number].first_line, self._statements[number].end_line) for number in self._binders[name]]
            return value.__module__ == "__main__" and any(first <= line <= last for first, last in spans)
        return isinstance(value, type) and value.__module__ == "__main__"

    def _is_constant(self, name: str, value: Any) -> bool:
        """Whether plain assignments of literals, functions or classes still give the value, with nothing changing it."""
        numbers = self._binders[name]
        if any(self._statements[number].kind != "assign" for number in numbers) or any(
            name in item.mutates for item in self._statements
        ):
            return False
        if any(name in item.global_binds for item in self._statements):
            return self._literal(numbers[-1]) is not None and self._gives(numbers, value)
        return self._gives(numbers, value) or self._is_place(numbers, value)

    def _is_place(self, numbers: list[int], value: Any) -> bool:
        """Whether one statement makes a path from ``__file__`` or the working directory by nothing but path arithmetic."""
        if not isinstance(value, (str, PurePath)) or len(numbers) != 1 or self._statements[numbers[0]].parent >= 0:
            return False
        node = self._value_node(numbers[0])
        return node is not None and self._is_path_arithmetic(node)

    def _is_path_arithmetic(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Constant):
            return isinstance(node.value, (str, int))
        if isinstance(node, ast.Name):
            if node.id == "__file__":
                return True
            return isinstance(self._namespace.get(node.id), (str, int, PurePath)) and self._travels_as_code(node.id)
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
        if any(self._statements[number].parent >= 0 for number in numbers):
            return (
                any(self._equals(number, value) for number in numbers) and len(numbers) == 1 and not self._conditional(numbers[0])
            )
        return self._equals(numbers[-1], value)

    def _conditional(self, number: int) -> bool:
        return bool(self._statements[number].under)

    def _equals(self, number: int, value: Any) -> bool:
        node = self._value_node(number)
        if isinstance(node, ast.Lambda):
            return isinstance(value, FunctionType) and value.__code__.co_name == "<lambda>"
        if isinstance(node, (ast.Name, ast.Attribute)):
            return isinstance(value, (type, FunctionType, ModuleType))
        literal = self._literal(number)
        return literal is not None and same(literal[0], value)

    def _literal(self, number: int) -> tuple[Any] | None:
        node = self._value_node(number)
        if node is None:
            return None
        try:
            return (ast.literal_eval(node),)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return None

    def _value_node(self, number: int) -> ast.expr | None:
        node = self._node(number)
        if isinstance(node, ast.Assign) and all(isinstance(target, ast.Name) for target in node.targets):
            return node.value
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            return node.value
        return None

    def _node(self, number: int) -> ast.stmt | None:
        if number not in self._nodes:
            statement = self._statements[number]
            try:
                body = ast.parse(self._text(statement)).body
            except (SyntaxError, ValueError):
                body = []
            self._nodes[number] = body[0] if len(body) == 1 else None
        return self._nodes[number]

    def _text(self, statement: Statement) -> str:
        lines = self._lines[statement.line - 1 : statement.end_line]
        lines[-1] = lines[-1][: statement.end_column]
        lines[0] = lines[0][statement.column :]
        return "\n".join(lines)

    # -- values

    def _pickle(self, name: str) -> bytes | None:
        """The pickle of a global; None where its statement makes it again."""
        value = self._namespace[name]
        if name in self._binders and self._is_made_in_place(name, value):
            return None
        try:
            needs = self._needs.fresh()
            stream = dump_or_explain(value, needs, f"global {name!r}")
        except CaptureError as error:
            if self._can_be_made_again(name):
                return None
            raise CaptureError(f"{self._place(name)}{error}", error.variable, error.type) from error
        if name in needs.main_names and name in self._binders and getattr(value, "__module__", None) == "__main__":
            return None  # a class or type variable that pickle finds by its name: Point = namedtuple("Point", …)
        self._needs.add(needs)
        return stream

    def _is_made_in_place(self, name: str, value: Any) -> bool:
        """Types that know themselves by a global name travel with the statement that makes them."""
        return isinstance(value, type) and value.__module__ == "__main__" and value.__qualname__ == name

    def _can_be_made_again(self, name: str) -> bool:
        numbers = self._binders.get(name, [])
        if len(numbers) != 1 or self._statements[numbers[0]].kind != "assign":
            return False
        node = self._value_node(numbers[0])
        return isinstance(node, ast.Call) and self._is_pure(node)

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

    def _place(self, name: str) -> str:
        numbers = self._binders.get(name)
        return f"{self._path}:{self._statements[numbers[-1]].line}: " if numbers else f"{self._path}: "

    # -- the source that restores them

    def _state(self, part: Slice, pickled: Mapping[str, bytes], member: str, folder: str) -> MainState:
        values = tuple(GlobalValue(name, self._namespace[name], content, "value") for name, content in pickled.items())
        as_code = self._as_code(part, pickled)
        for name in as_code:  # constants, and what is made again: values that hold them find them under their names
            self._needs.shared.add_global("__main__", name, self._namespace[name])
        self._states |= {name: self._context_state(name) for name in as_code if isinstance(self._namespace[name], ContextVar)}
        fills = [item for name in sorted(self._states) for item in self._states[name]]
        if not values and not fills:
            return MainState(part, part.source, (), b"", (), as_code, self._notes())
        lines = decode_source(part.source, self._path).split("\n")
        early = []
        needed = self._needed_early(part)
        literal = set()
        for item in sorted(values, key=lambda item: self._binders.get(item.name, [0])[0]):
            if item.name not in needed or item.name not in self._binders:
                continue
            first = self._binders[item.name][0]
            if self._literal(first) is not None:
                if self._insert(lines, first, self._text(self._statements[first])) and self._stays(item):
                    literal.add(item.name)
            elif self._insert(lines, first, RESTORE_EARLY.format(member=member, values=f"{folder}/{item.name}.pkl")):
                early.append(self._early(item, f"{folder}/{item.name}.pkl"))
        for item in values:
            if item.name in literal:  # the statement's own object, which others may hold by then, gets what it holds now
                self._needs.shared.add_global("__main__", item.name, item.value)
                fills.append((item.value, item.value.copy()))
        root = {item.name: item.value for item in values if item.name not in literal}
        stream = dump_or_explain(root, self._needs, "the globals of __main__", fills=fills, member=f"{folder}/globals.pkl")
        values += tuple(
            GlobalValue(name, self._namespace[name], dump_stream(None, self._needs.fresh(), items), "state")
            for name, items in sorted(self._states.items())
            if items
        )
        lines.append(RESTORE.format(member=member, values=f"{folder}/globals.pkl"))
        source = ("\n".join(lines) + "\n").encode()
        return MainState(part, source, values, stream, tuple(early), as_code, self._notes())

    def _as_code(self, part: Slice, by_value: Mapping[str, bytes]) -> tuple[str, ...]:
        """Reached names that statements of the slice bind."""
        return tuple(
            name
            for name in sorted(self._reached(part) - by_value.keys())
            if name in self._namespace and any(number in part.kept for number in self._binders.get(name, ()))
        )

    def _context_state(self, name: str) -> list[tuple[Any, Any]]:
        """What a context variable, which its statement makes again, is set to."""
        variable = self._namespace[name]
        value = variable.get(MISSING)
        if value is Context().run(variable.get, MISSING):
            return []
        target, state = self._travelling(name, variable, {"context": value})
        return [(target, state)] if state else []

    def _early(self, item: GlobalValue, member: str) -> GlobalValue:
        content = dump_or_explain({item.name: item.value}, self._needs.fresh(), item.name, member=member)
        return GlobalValue(item.name, item.value, content, "early")

    def _stays(self, item: GlobalValue) -> bool:
        """Whether the object that its only statement made is the one it holds now."""
        return len(self._binders[item.name]) == 1 and type(item.value) in (list, dict, set)

    def _needed_early(self, part: Slice) -> set[str]:
        """Names that kept statements may read before the end of the file: at once, or in functions that they call."""
        called = {call.statement for call in self._loaded.facts.calls if _runs_at_once(self._loaded, call.scope)}
        called |= {scope.statement for scope in self._loaded.facts.scopes if scope.decorators or scope.keywords or scope.bases}
        pending = [name for number in part.kept for name in self._statements[number].uses]
        calls = bool(part.kept & called)
        found: set[str] = set()
        while pending:
            name = pending.pop()
            if name in found:
                continue
            found.add(name)
            if calls:
                pending += [other for number in self._binders.get(name, ()) for other in self._statements[number].deferred]
        return found

    def _insert(self, lines: list[str], number: int, text: str) -> bool:
        """Put a statement where another one stood, if the slice left room there."""
        top = self._statements[number]
        while top.parent >= 0:
            top = self._statements[top.parent]
        first = top.first_line - 1
        new = text.split("\n")
        if len(new) == 1 and lines[first].strip() and lines[first][0] not in " \t" and top.line == top.end_line:
            lines[first] = f"{new[0]}; {lines[first]}"  # one of several statements on its line
            return True
        if len(new) > top.end_line - first or any(line.strip() for line in lines[first : first + len(new)]):
            return False
        lines[first : first + len(new)] = new
        return True


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


def _told(target: Any, attribute: str) -> str:
    owner = getattr(target, "__qualname__", None) or type(target).__qualname__
    return f"`{owner}.{attribute}`"


def _runs_at_once(loaded: LoadedModule, scope: int) -> bool:
    while scope > 0:
        if loaded.facts.scopes[scope].kind != "class":
            return False
        scope = loaded.facts.scopes[scope].parent
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
