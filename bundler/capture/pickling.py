"""Pickling what travels by value: functions and classes by definition, everything importable by name.

The standard pickler does the work; this one says what to do with what it refuses: closures, nested classes, modules,
locks. It notes on the way which modules and which globals of ``__main__`` the values lean on, so that these travel too.
"""

from __future__ import annotations

import functools
import importlib
import io
import pathlib
import pickle
import sys
import typing
from collections.abc import Iterable, Mapping
from types import CellType, CodeType, FunctionType
from typing import Any

from clustrix_bundle.bundler.capture.alive import refuse_alive
from clustrix_bundle.bundler.capture.annotations import travelling_annotations
from clustrix_bundle.bundler.capture.classes import by_definition, is_plain_namedtuple
from clustrix_bundle.bundler.capture.definition_state import is_own_module
from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.bundler.capture.held import content_of
from clustrix_bundle.bundler.capture.instances import reduced_instance
from clustrix_bundle.bundler.capture.kinds import BUILTIN_TYPES, REDUCERS
from clustrix_bundle.bundler.capture.lookup import global_names, looked_up
from clustrix_bundle.bundler.capture.source import Definition, find_definition
from clustrix_bundle.runtime import made_classes, values
from clustrix_bundle.runtime.whole_pickle import PROTOCOL, deep_pickler, deeply

if typing.TYPE_CHECKING:
    from clustrix_bundle.bundler.capture.needs import Needs

_MADE_BY_CYTHON = "_cython_"
"""Prefix of modules that hold the types shared by extensions that Cython compiled; nothing imports them."""

_NUMBERS = frozenset({int, float, bool, type(None), bytes})
_LONGEST_NAME = 1000
_MOST_NAMES = 10_000
_TYPE_VARIABLES = tuple(getattr(typing, name) for name in ("TypeVar", "ParamSpec", "TypeVarTuple") if hasattr(typing, name))
_PATH_TYPES = (pathlib.PosixPath, pathlib.WindowsPath, pathlib.PurePosixPath, pathlib.PureWindowsPath)


def dump_stream(value: Any, needs: Needs, fills: Iterable[tuple[Any, Any]] = (), member: str = "") -> bytes:
    """The values file for `value` (see ``docs/values.md``); what it leans on is added to `needs`.

    Args:
        value: The root object.
        needs: Gets what it leans on.
        fills: Objects that names lead to there, with the state that they get.
        member: Its place in the bundle, if other values files, or what comes home, may name what it holds.

    Raises:
        Exception: whatever the pickler, a ``__reduce__`` or a ``__getstate__`` raises; `diagnose` turns it into words.
    """
    try:
        return _dump_stream(value, needs, fills, member)
    except RecursionError:
        return bytes(deeply(lambda: _dump_stream(value, needs, fills, member, deep=True)))


def _dump_stream(value: Any, needs: Needs, fills: Iterable[tuple[Any, Any]], member: str, *, deep: bool = False) -> bytes:
    buffer = io.BytesIO()
    rules = StatePickler(buffer, needs)
    pickler: Any = _deep_pickler(buffer, rules) if deep else rules
    pickler.dump(value)
    rules.fills += fills
    while rules.fills:
        target, state = rules.fills.pop(0)
        pickler.dump(("fill", target, state))
    pickler.dump(values.STREAM_END)
    if member:
        needs.shared.add_stream(member, pickler.memo.copy(), needs.guarded)
    return buffer.getvalue()


class StatePickler(pickle.Pickler):
    """A pickler for state that leaves this process for a job."""

    def __init__(self, stream: io.BytesIO, needs: Needs) -> None:
        super().__init__(stream, protocol=PROTOCOL)
        self.needs = needs
        self.fills: list[tuple[Any, Any]] = []
        self.begun: set[type] = set()
        self._places: dict[int, tuple[str, str]] = {}
        self._shared = needs.shared.reference
        self._prefixes = tuple(root.rstrip("/") for root in needs.roots if root.rstrip("/"))

    def persistent_id(self, obj: Any) -> Any:
        """Called by pickle for every object: text that is a path in the project is found again in the job's tree."""
        kind = type(obj)
        if kind is not str:
            return None if kind in _NUMBERS else self._shared(obj) or self._held_by_module(obj)
        if not obj.startswith(self._prefixes):
            if len(obj) < _LONGEST_NAME and ("/" in obj or "." in obj) and len(self.needs.names) < _MOST_NAMES:
                self.needs.names.add(obj)
            return None
        for prefix in self._prefixes:
            if obj == prefix or obj.startswith(prefix + "/"):
                relative = obj[len(prefix) + 1 :]
                self.needs.paths.add(relative)
                return ("project", relative)
        return None

    def _held_by_module(self, obj: Any) -> Any:
        place = self._places.get(id(obj)) or self.needs.held.place(obj)
        if place is None:
            return None
        if id(obj) not in self._places:
            self._places[id(obj)] = place
            self.needs.modules.add(place[0])
            content = content_of(obj)
            if content is not None:
                self.fills.append((obj, content))
        return ("global", *place)

    def reducer_override(self, obj: Any) -> Any:
        """Called by pickle for everything that is not a plain container or atom."""
        kind = type(obj)
        if kind is FunctionType:
            return self._function(obj)
        if isinstance(obj, type):
            return self._class(obj)
        special = REDUCERS.get(kind)
        if special is not None:
            return special(self, obj)
        if kind in _PATH_TYPES:  # by their text: versions differ in the module they are in and the parts they are made from
            return values.make_path, (kind.__name__, str(obj))
        if kind in _TYPE_VARIABLES:
            return self._type_variable(obj)
        refuse_alive(obj)
        self.note_module(getattr(kind, "__module__", ""), getattr(kind, "__qualname__", ""))
        self._note_own_name(obj)
        return reduced_instance(self, obj)

    def _type_variable(self, variable: Any) -> Any:
        """One that a name leads to travels by it; another is made again, without its bounds, which nothing checks there."""
        guarded = variable.__module__ == "__main__" and variable.__name__ in self.needs.guarded
        if guarded or looked_up(variable.__module__, variable.__name__) is not variable:
            return made_classes.make_type_variable, (type(variable).__name__, variable.__name__)
        self.note_module(variable.__module__, variable.__name__)
        return NotImplemented

    def _note_own_name(self, obj: Any) -> None:
        """Note what an instance is found by that pickles by name, as ``lru_cache`` and ``@cluster`` make of functions."""
        try:
            own = object.__getattribute__(obj, "__dict__")
        except AttributeError:
            return
        module, qualname = own.get("__module__"), own.get("__qualname__")
        if isinstance(module, str) and isinstance(qualname, str) and looked_up(module, qualname) is obj:
            self.note_module(module, qualname)

    def note_module(self, module: str, qualname: str) -> None:
        """Note that a name in a module is needed."""
        if module == "__main__":
            self.needs.main_names.add(qualname.partition(".")[0])
        elif module and module != "builtins" and not module.startswith(_MADE_BY_CYTHON):
            self.needs.modules.add(module)

    def _function(self, function: FunctionType) -> Any:
        module, qualname = function.__module__ or "__main__", function.__qualname__
        if looked_up(module, qualname) is function and (module != "__main__" or self._is_defined(function)):
            self.note_module(module, qualname)
            return NotImplemented
        alias = self._alias(function)
        if alias is not None:
            self.needs.main_names.add(alias)
            return values.main_global, (alias,)
        held = self._held.get(id(function))
        if held is not None:
            self.needs.main_names.add(held[0])
            return values.held_in, held
        definition = find_definition(function.__code__)
        home = self._home(function, definition)
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        state: dict[str, Any] = {
            "defaults": function.__defaults__,
            "kwdefaults": function.__kwdefaults__,
            "dict": dict(function.__dict__),
        }
        annotations = travelling_annotations(function)
        if annotations:
            state["set"] = {"__annotations__": annotations}
        if any(state.values()):
            self.fills.append((function, state))
        return values.make_function, (definition.plain(), home, function.__name__, qualname, cells)

    def _is_defined(self, function: FunctionType) -> bool:
        """Whether a statement of ``__main__`` defines what a name there leads to; what `exec` made, none does."""
        main = vars(sys.modules["__main__"])
        name = function.__qualname__.partition(".")[0]
        known = self.needs.main_defined | self.needs.guarded
        return name in self.needs.main_defined or (function.__globals__ is main and not known)

    @functools.cached_property
    def _held(self) -> dict[int, tuple[str, tuple[str, ...]]]:
        """Functions and classes that decorated definitions of ``__main__`` hold in cells: the definition's name, and the cells on the way."""
        main = vars(sys.modules["__main__"])
        found: dict[int, tuple[str, tuple[str, ...]]] = {}
        for name in sorted(self.needs.main_defined):
            value: Any = main.get(name)
            pending: list[tuple[FunctionType, tuple[str, ...]]] = [(value, ())] if isinstance(value, FunctionType) else []
            while pending:
                function, path = pending.pop()
                for variable, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
                    contents = _contents(cell)
                    if _is_main_definition(contents) and contents.__qualname__ == name and id(contents) not in found:
                        found[id(contents)] = (name, (*path, variable))
                        if isinstance(contents, FunctionType):
                            pending.append((contents, (*path, variable)))
        return found

    def _alias(self, obj: Any) -> str | None:
        """The name that a definition in ``__main__`` bound `obj` to, where its own name says something else (a decorator's doing)."""
        if getattr(obj, "__module__", None) != "__main__":
            return None
        main = vars(sys.modules["__main__"])
        return next((name for name in sorted(self.needs.main_defined) if main.get(name) is obj), None)

    def _home(self, function: FunctionType, definition: Definition) -> str:
        """The module whose globals the function reads."""
        namespace = function.__globals__
        home = str(namespace.get("__name__") or "")
        module = sys.modules.get(home)
        if module is None or vars(module) is not namespace:
            raise CaptureError(
                f"function {function.__qualname__!r} lives in a namespace that is no module (made by exec?); define it in a file",
                function.__qualname__,
                "function",
            )
        self.note_globals(home, function.__code__, definition, namespace)
        return home

    def note_globals(self, home: str, code: CodeType, definition: Definition, namespace: Mapping[str, Any]) -> None:
        """Note the globals that code which travels as source reads."""
        self.needs.definitions.append((home, definition))
        if home == "__main__":
            self.needs.main_names.update(name for name in global_names(code) if name in namespace)
        else:
            self.needs.modules.add(home)

    def _class(self, cls: type) -> Any:
        module, qualname = cls.__module__, cls.__qualname__
        if cls in BUILTIN_TYPES:
            return values.builtin_type, (BUILTIN_TYPES[cls],)
        guarded = module == "__main__" and qualname.partition(".")[0] in self.needs.guarded
        if (looked_up(module, qualname) is cls and not guarded) or _is_of_installed(module, qualname, cls):
            self.note_module(module, qualname)
            return NotImplemented
        alias = self._alias(cls)
        if alias is not None:
            self.needs.main_names.add(alias)
            return values.main_global, (alias,)
        held = self._held.get(id(cls))
        if held is not None:
            self.needs.main_names.add(held[0])
            return values.held_in, held
        if module == "builtins":
            return NotImplemented
        if is_plain_namedtuple(cls):
            fields_of: Any = cls
            return made_classes.make_namedtuple, (cls.__name__, fields_of._fields, fields_of.__new__.__defaults__, module)
        return by_definition(self, cls)


def _deep_pickler(stream: io.BytesIO, rules: StatePickler) -> Any:
    """A pickler by the rules of another, for what is nested deeper than C allows."""
    base: Any = deep_pickler()

    class Pickler(base):  # type: ignore[misc]
        def persistent_id(self, obj: Any) -> Any:
            return rules.persistent_id(obj)

        def reducer_override(self, obj: Any) -> Any:
            return rules.reducer_override(obj)

    return Pickler(stream, protocol=PROTOCOL)


def _is_main_definition(value: Any) -> bool:
    return isinstance(value, (FunctionType, type)) and value.__module__ == "__main__"


def _is_of_installed(module: str, qualname: str, cls: type) -> bool:
    """Whether a submodule that nobody has imported yet, of an installed package that is loaded, holds a class: pickle imports it, too."""
    package = module.partition(".")[0]
    if module in sys.modules or package not in sys.modules or is_own_module(package):
        return False
    try:
        importlib.import_module(module)
    except Exception:  # noqa: BLE001 - whatever a module raises
        return False
    return looked_up(module, qualname) is cls


def _contents(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None
