"""Pickling what travels by value: functions and classes by definition, everything importable by name.

The standard pickler does the work; this one says what to do with what it refuses: closures, nested classes, modules,
locks. It notes on the way which modules and which globals of ``__main__`` the values lean on, so that these travel too.
"""

from __future__ import annotations

import _thread
import abc
import dataclasses
import enum
import functools
import io
import pathlib
import pickle
import pickletools
import sys
import threading
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.bundler.capture.source import Definition, class_code, find_definition
from clustrix_bundle.runtime import values

PROTOCOL = 4
"""The newest protocol that every Python from 3.6 reads."""

_ATOMS = (type(None), bool, int, float, complex, str, bytes)
_MISSING = object()
_LONGEST_NAME = 1000
_MOST_NAMES = 10_000
_RLOCK = type(threading.RLock())
_TYPE_VARIABLES = tuple(getattr(typing, name) for name in ("TypeVar", "ParamSpec", "TypeVarTuple") if hasattr(typing, name))
_PATH_TYPES = (pathlib.PosixPath, pathlib.WindowsPath, pathlib.PurePosixPath, pathlib.PureWindowsPath)


@dataclass(slots=True)
class Needs:
    """What captured values lean on.

    Attributes:
        main_defined: Globals of ``__main__`` that its source binds by ``def``, ``class`` or a decorated one: they travel as code.
        main_names: Globals of ``__main__`` that they name, or that functions among them read.
        modules: Modules they name: those of classes and functions by reference, and module objects.
        definitions: Sources that travel inside pickles, with the module whose globals they read.
        roots: The project root, and other spellings of its path: absolute paths below one are found below the job's own tree.
        paths: The paths, relative to the root, that were found in values.
        names: Texts in values that may be names of files, seen from the working directory.
    """

    main_defined: frozenset[str] = frozenset()
    roots: tuple[str, ...] = ()
    main_names: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    definitions: list[tuple[str, Definition]] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def fresh(self) -> Needs:
        """Needs of the same program that name nothing yet."""
        return Needs(main_defined=self.main_defined, roots=self.roots)

    def add(self, other: Needs) -> None:
        """Take over what other values lean on."""
        self.main_names |= other.main_names
        self.modules |= other.modules
        self.definitions += other.definitions
        self.paths |= other.paths
        self.names |= other.names


def dump_stream(value: Any, needs: Needs, fills: Iterable[tuple[Any, Any]] = ()) -> bytes:
    """The values file for `value` (see ``docs/values.md``); what it leans on is added to `needs`.

    Args:
        value: The root object.
        needs: Gets what it leans on.
        fills: Objects that names lead to there, with the state that they get.

    Raises:
        Exception: whatever the pickler, a ``__reduce__`` or a ``__getstate__`` raises; `diagnose` turns it into words.
    """
    buffer = io.BytesIO()
    pickler = StatePickler(buffer, needs)
    pickler.dump(value)
    pickler.fills += fills
    while pickler.fills:
        target, state = pickler.fills.pop(0)
        pickler.dump(("fill", target, state))
    pickler.dump(values.STREAM_END)
    return buffer.getvalue()


class StatePickler(pickle.Pickler):
    """A pickler for state that leaves this process for a job."""

    def __init__(self, stream: io.BytesIO, needs: Needs) -> None:
        super().__init__(stream, protocol=PROTOCOL)
        self.needs = needs
        self.fills: list[tuple[Any, Any]] = []
        self._prefixes = tuple(root.rstrip("/") for root in needs.roots if root.rstrip("/"))

    def persistent_id(self, obj: Any) -> Any:
        """Called by pickle for every object: text that is a path in the project is found again in the job's tree."""
        if type(obj) is not str:
            return None
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

    def reducer_override(self, obj: Any) -> Any:
        """Called by pickle for everything that is not a plain container or atom."""
        kind = type(obj)
        if kind is FunctionType:
            return self._function(obj)
        if isinstance(obj, type):
            return self._class(obj)
        special = _REDUCERS.get(kind)
        if special is not None:
            return special(self, obj)
        if kind in _PATH_TYPES:  # by their text: versions differ in the module they are in and the parts they are made from
            return values.make_path, (kind.__name__, str(obj))
        if kind in _TYPE_VARIABLES:
            return self._type_variable(obj)
        self._note_module(getattr(kind, "__module__", ""), getattr(kind, "__qualname__", ""))
        self._note_own_name(obj)
        return NotImplemented

    def _type_variable(self, variable: Any) -> Any:
        """One that a name leads to travels by it; another is made again, without its bounds, which nothing checks there."""
        if _looked_up(variable.__module__, variable.__name__) is not variable:
            return values.make_type_variable, (type(variable).__name__, variable.__name__)
        self._note_module(variable.__module__, variable.__name__)
        return NotImplemented

    def _note_own_name(self, obj: Any) -> None:
        """Note what an instance is found by that pickles by name, as ``lru_cache`` and ``@cluster`` make of functions."""
        try:
            own = object.__getattribute__(obj, "__dict__")
        except AttributeError:
            return
        module, qualname = own.get("__module__"), own.get("__qualname__")
        if isinstance(module, str) and isinstance(qualname, str) and _looked_up(module, qualname) is obj:
            self._note_module(module, qualname)

    def _note_module(self, module: str, qualname: str) -> None:
        if module == "__main__":
            self.needs.main_names.add(qualname.partition(".")[0])
        elif module and module != "builtins":
            self.needs.modules.add(module)

    def _function(self, function: FunctionType) -> Any:
        module, qualname = function.__module__ or "__main__", function.__qualname__
        if _looked_up(module, qualname) is function:
            self._note_module(module, qualname)
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
        state = {"defaults": function.__defaults__, "kwdefaults": function.__kwdefaults__, "dict": dict(function.__dict__)}
        if any(state.values()):
            self.fills.append((function, state))
        return values.make_function, (definition.plain(), home, function.__name__, qualname, cells)

    @functools.cached_property
    def _held(self) -> dict[int, tuple[str, tuple[str, ...]]]:
        """Functions that decorated definitions of ``__main__`` hold in cells: the definition's name, and the cells on the way."""
        main = vars(sys.modules["__main__"])
        found: dict[int, tuple[str, tuple[str, ...]]] = {}
        for name in sorted(self.needs.main_defined):
            value: Any = main.get(name)
            pending: list[tuple[FunctionType, tuple[str, ...]]] = (
                [(value, ())] if _is_main_function(value) and value.__qualname__ == name else []
            )
            while pending:
                function, path = pending.pop()
                for variable, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
                    contents = _contents(cell)
                    if _is_main_function(contents) and contents.__qualname__ == name and id(contents) not in found:
                        found[id(contents)] = (name, (*path, variable))
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
        self._note_globals(home, function.__code__, definition, namespace)
        return home

    def _note_globals(self, home: str, code: CodeType, definition: Definition, namespace: Mapping[str, Any]) -> None:
        self.needs.definitions.append((home, definition))
        if home == "__main__":
            self.needs.main_names.update(name for name in global_names(code) if name in namespace)
        else:
            self.needs.modules.add(home)

    def _class(self, cls: type) -> Any:
        module, qualname = cls.__module__, cls.__qualname__
        if cls in _BUILTIN_TYPES:
            return values.builtin_type, (_BUILTIN_TYPES[cls],)
        if _looked_up(module, qualname) is cls:
            self._note_module(module, qualname)
            return NotImplemented
        alias = self._alias(cls)
        if alias is not None:
            self.needs.main_names.add(alias)
            return values.main_global, (alias,)
        if module == "builtins":
            return NotImplemented
        if _is_plain_namedtuple(cls):
            fields_of: Any = cls
            return values.make_namedtuple, (cls.__name__, fields_of._fields, fields_of.__new__.__defaults__, module)
        return self._class_by_definition(cls)

    def _class_by_definition(self, cls: type) -> Any:
        code = class_code(cls)
        definition = find_definition(code)
        home = cls.__module__
        namespace = vars(sys.modules[home])
        self._note_globals(home, code, definition, namespace)
        bases = vars(cls).get("__orig_bases__", cls.__bases__)
        metaclass = type(cls) if type(cls) is not type else None
        parameters = vars(cls).get("__dataclass_params__")
        options = None
        if parameters is not None and dataclasses.is_dataclass(cls):
            options = {name: getattr(parameters, name) for name in parameters.__slots__ if name not in ("slots", "weakref_slot")}
        cells = _class_cells(cls, code)
        missing = [name for name in code.co_freevars if name not in cells]
        if missing:
            return self._class_by_parts(cls, missing)
        added = self._added_attributes(cls, code, generated=options is not None)
        if added:
            self.fills.append((cls, added))
        return values.make_class, (definition.plain(), home, cls.__name__, tuple(bases), metaclass, (), cells, options)

    def _class_by_parts(self, cls: type, missing: list[str]) -> Any:
        """A class whose body read variables of the function around it that nothing holds any more: made of what it holds.

        Raises:
            CaptureError: it is of a kind that only its body can make.
        """
        kind: Any = cls
        is_enum = isinstance(cls, enum.EnumMeta)
        if dataclasses.is_dataclass(cls) or issubclass(cls, tuple) or (not is_enum and type(cls) not in (type, abc.ABCMeta)):
            raise CaptureError(
                f"class {cls.__qualname__} reads {', '.join(missing)} of the function around it while its body runs, and cannot be "
                "made again elsewhere; define it at the top level, or use the variable in one of its methods",
                cls.__qualname__,
                "class",
            )
        members = {name: item.value for name, item in kind.__members__.items()} if is_enum else {}
        items = dict(members, **{name: vars(cls)[name] for name in ("__slots__", "__doc__") if name in vars(cls)})
        skipped = _CLASS_MACHINERY - {"__abstractmethods__", "__hash__"}
        slots = vars(cls).get("__slots__", ())
        skipped |= {slots} if isinstance(slots, str) else set(slots)
        added = {
            name: value
            for name, value in vars(cls).items()
            if name not in skipped and name not in members and not (is_enum and name in vars(_EmptyEnum))
        }
        self.fills.append((cls, added))
        self.needs.modules.add(cls.__module__)
        return values.make_class_of_parts, (type(cls), cls.__name__, cls.__qualname__, cls.__module__, cls.__bases__, items)

    def _added_attributes(self, cls: type, code: CodeType, *, generated: bool) -> dict[str, Any]:
        """Attributes given after the body ran, and simple ones that were changed since."""
        if type(cls) not in (type, abc.ABCMeta) or issubclass(cls, tuple):  # enums and named tuples fill themselves
            return {}
        added: dict[str, Any] = {}
        for name, value in vars(cls).items():
            if name in _CLASS_MACHINERY or (generated and name.startswith("__")):
                continue
            if name not in code.co_names or (type(value) in (*_ATOMS, list, dict, set) and not name.startswith("__")):
                added[name] = value
        return added


_CLASS_MACHINERY = frozenset(
    [
        "__dict__",
        "__weakref__",
        "__module__",
        "__qualname__",
        "__doc__",
        "__orig_bases__",
        "__parameters__",
        "__abstractmethods__",
        "_abc_impl",
        "__slots__",
        "__annotations__",
        "__annotations_cache__",
        "__annotate__",
        "__annotate_func__",
        "__classcell__",
        "__firstlineno__",
        "__static_attributes__",
        "__type_params__",
        "__dataclass_fields__",
        "__dataclass_params__",
        "__match_args__",
        "__hash__",
        "__protocol_attrs__",
        "__non_callable_proto_members__",
    ]
)


class _EmptyEnum(enum.Enum):
    """Shows what every enumeration has."""


def _class_cells(cls: type, code: CodeType) -> dict[str, CellType]:
    """The cells around a class body, found in the closures of its methods."""
    cells: dict[str, CellType] = {}
    for value in vars(cls).values():
        function = getattr(value, "__func__", getattr(value, "fget", value))
        function = getattr(function, "__wrapped__", function)
        if isinstance(function, FunctionType) and function.__closure__:
            cells.update(zip(function.__code__.co_freevars, function.__closure__, strict=True))
    cells.pop("__class__", None)
    return {name: cell for name, cell in cells.items() if name in code.co_freevars}


def _looked_up(module: str, qualname: str) -> Any:
    found: Any = sys.modules.get(module)
    if found is None:
        return _MISSING
    for part in qualname.split("."):
        found = vars(found).get(part, _MISSING) if isinstance(found, ModuleType) else getattr(found, part, _MISSING)
        if found is _MISSING:
            return _MISSING
    return found


def global_names(code: CodeType) -> set[str]:
    """Names that `code`, and code nested in it, may look up in its globals."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= global_names(constant)
    return names


def _is_plain_namedtuple(cls: type) -> bool:
    return (
        cls.__bases__ == (tuple,)
        and hasattr(cls, "_fields")
        and "__orig_bases__" not in vars(cls)
        and "_field_defaults" in vars(cls)
    )


# ---- kinds that pickle refuses and that can be made again


def _is_main_function(value: Any) -> bool:
    return isinstance(value, FunctionType) and value.__module__ == "__main__"


def _contents(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _cell(pickler: StatePickler, cell: CellType) -> Any:
    try:
        contents = cell.cell_contents
    except ValueError:
        return values.make_cell, ()
    if isinstance(contents, _ATOMS):
        return values.make_cell, (contents,)
    pickler.fills.append((cell, contents))
    return values.make_cell, ()


def _module(pickler: StatePickler, module: ModuleType) -> Any:
    if sys.modules.get(module.__name__) is not module:
        raise CaptureError(
            f"module object {module.__name__!r} was made while the program ran and cannot be imported elsewhere",
            module.__name__,
            "module",
        )
    pickler.needs.modules.add(module.__name__)
    return values.import_module, (module.__name__,)


def _lock(_pickler: StatePickler, lock: Any) -> Any:
    if lock.locked():
        raise CaptureError("a lock that is held cannot travel; release it before, or make it inside the function", "", "lock")
    return threading.Lock, ()


def _method(pickler: StatePickler, method: MethodType) -> Any:
    name = getattr(method.__func__, "__name__", "")
    if name and getattr(method.__self__, name, None) == method:
        pickler._note_module(getattr(type(method.__self__), "__module__", ""), type(method.__self__).__qualname__)  # noqa: SLF001
        return getattr, (method.__self__, name)
    return MethodType, (method.__func__, method.__self__)


def _cached(pickler: StatePickler, function: Any) -> Any:
    """An ``lru_cache`` with an empty cache, where no name leads to it."""
    module, qualname = function.__module__, function.__qualname__
    if _looked_up(module, qualname) is function:
        pickler._note_module(module, qualname)  # noqa: SLF001
        return NotImplemented
    options = function.cache_parameters()
    return values.make_cached, (function.__wrapped__, options["maxsize"], options["typed"])


def _builtin(pickler: StatePickler, function: BuiltinFunctionType) -> Any:
    module = getattr(function, "__module__", None)
    if isinstance(module, str):
        pickler._note_module(module, function.__qualname__)  # noqa: SLF001
    return NotImplemented


_REDUCERS: Mapping[type, Callable[[StatePickler, Any], Any]] = {
    CellType: _cell,
    ModuleType: _module,
    type(functools.lru_cache(lambda: None)): _cached,
    MethodType: _method,
    BuiltinFunctionType: _builtin,
    _thread.LockType: _lock,
    _RLOCK: lambda _pickler, _lock: (threading.RLock, ()),
    threading.local: lambda _pickler, _local: (threading.local, ()),
    property: lambda _pickler, p: (property, (p.fget, p.fset, p.fdel, p.__doc__)),
    staticmethod: lambda _pickler, method: (staticmethod, (method.__func__,)),
    classmethod: lambda _pickler, method: (classmethod, (method.__func__,)),
    type({}.keys()): lambda _pickler, view: (values.dict_keys, (dict.fromkeys(view),)),
    type({}.values()): lambda _pickler, view: (values.dict_values, (list(view),)),
    type({}.items()): lambda _pickler, view: (values.dict_items, (dict(view),)),
    type(type.__dict__): lambda _pickler, proxy: (values.mapping_proxy, (dict(proxy),)),
    io.TextIOWrapper: lambda _pickler, stream: _standard_stream(stream),
}


def _standard_stream(stream: Any) -> Any:
    for name in ("stdout", "stderr", "stdin", "__stdout__", "__stderr__", "__stdin__"):
        if getattr(sys, name, None) is stream:
            return values.standard_stream, (name.strip("_"),)
    return NotImplemented


_BUILTIN_TYPES: Mapping[type, str] = {
    type(None): "NoneType",
    type(NotImplemented): "NotImplementedType",
    type(...): "ellipsis",
    FunctionType: "function",
    ModuleType: "module",
    MethodType: "method",
    BuiltinFunctionType: "builtin_function_or_method",
    CodeType: "code",
    type(_ for _ in ()): "generator",
    CellType: "cell",
    type(type.__dict__): "mappingproxy",
}


def pickled_modules(streams: Iterable[bytes]) -> set[str]:
    """Names of the modules that pickles import from, read without loading them."""
    found: set[str] = set()
    for data in streams:
        stream = io.BytesIO(data)
        strings: list[str] = []
        while stream.tell() < len(data):
            for opcode, argument, _position in pickletools.genops(stream):
                if opcode.name == "GLOBAL":
                    found.add(str(argument).partition(" ")[0])
                elif opcode.name == "STACK_GLOBAL" and len(strings) >= 2:
                    found.add(strings[-2])
                elif isinstance(argument, str):
                    strings.append(argument)
    return found
