"""Classes that no name leads to: pickled as their source, or as their parts."""

from __future__ import annotations

import abc
import dataclasses
import dis
import enum
import sys
from types import CellType, CodeType, FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.capture.cell import is_filled
from clustrix_bundle.bundler.capture.class_statement import ClassStatement
from clustrix_bundle.bundler.capture.definition_state import ATOMS
from clustrix_bundle.bundler.capture.errors import CaptureError, SourceGoneError
from clustrix_bundle.bundler.capture.lookup import MISSING, looked_up
from clustrix_bundle.bundler.capture.source import class_code, find_definition
from clustrix_bundle.runtime import made_classes, values

if TYPE_CHECKING:
    from clustrix_bundle.bundler.capture.pickling import StatePickler


def by_definition(pickler: StatePickler, cls: type) -> Any:
    """How a class that no name leads to is made again: its body runs there; of what it holds, if that cannot be.

    Raises:
        CaptureError: it can't be made again.
    """
    try:
        code = class_code(cls)
    except SourceGoneError as error:
        if _is_made_of_parts(cls):
            return _by_parts(pickler, cls, [])
        if looked_up(cls.__module__, cls.__qualname__) is MISSING:
            raise
        raise SourceGoneError(
            f"{error.message}; or, if class {cls.__qualname__} has been defined anew since, make anew what is of the one before",
            error.variable,
            error.type,
        ) from error
    definition = find_definition(code)
    home = cls.__module__
    namespace = vars(sys.modules[home])
    pickler.note_globals(home, code, definition, namespace)
    bases = vars(cls).get("__orig_bases__", cls.__bases__)
    metaclass = type(cls) if type(cls) is not type else None
    cells = _class_cells(cls, code)
    missing = [name for name in code.co_freevars if name not in cells]
    if missing:
        return _by_parts(pickler, cls, missing)
    statement = ClassStatement(cls, code, definition, namespace, cells)
    decorators = statement.decorators()
    added = _added_attributes(cls, code, statement, generated=bool(decorators))
    if isinstance(cls, abc.ABCMeta):
        registered = [known for reference in abc._get_dump(cls)[0] if (known := reference()) is not None]  # type: ignore[attr-defined]  # noqa: SLF001
        added |= {values.REGISTERED: sorted(registered, key=lambda known: known.__qualname__)} if registered else {}
    if added:
        pickler.fills.append((cls, added))
    read = {name: cells[name].cell_contents for name in _read_by_body(code) & cells.keys() if is_filled(cells[name])}
    if read and cls in pickler.begun:
        raise CaptureError(
            f"class {cls.__qualname__} is in what its body reads while it runs ({', '.join(sorted(read))}), and cannot be made again "
            "elsewhere; define it at the top level",
            cls.__qualname__,
            "class",
        )
    pickler.begun.add(cls)
    plain = definition.plain(), home, cls.__name__, tuple(bases), metaclass, statement.keywords(), cells, decorators
    return made_classes.make_class, (*plain, read)


def _read_by_body(code: CodeType) -> set[str]:
    """Variables of the functions around a class that its body reads as it runs, other than to hand them to its methods."""
    return {item.argval for item in dis.get_instructions(code) if "DEREF" in item.opname and item.argval in code.co_freevars}


def is_made_by_body(cls: type, name: str) -> bool:
    """Whether a class, made again, has an attribute from the start: its body gives it, or a name leads to the class."""
    owner = next((base for base in cls.__mro__ if name in vars(base)), cls)
    if looked_up(owner.__module__, owner.__qualname__) is owner:
        return True
    try:
        code = class_code(owner)
    except SourceGoneError:
        return False
    cells = _class_cells(owner, code)
    if any(variable not in cells for variable in code.co_freevars):
        return False
    statement = ClassStatement(owner, code, find_definition(code), vars(sys.modules[owner.__module__]), cells)
    return name not in _added_attributes(owner, code, statement, generated=bool(statement.decorators()))


def _is_made_of_parts(cls: type) -> bool:
    """Whether a class can be made of what it holds, without its body."""
    plain = isinstance(cls, enum.EnumMeta) or type(cls) in (type, abc.ABCMeta)
    return plain and not dataclasses.is_dataclass(cls) and not issubclass(cls, tuple)


def _by_parts(pickler: StatePickler, cls: type, missing: list[str]) -> Any:
    """A class whose body read variables of the function around it that nothing holds any more: made of what it holds.

    Raises:
        CaptureError: it is of a kind that only its body can make.
    """
    kind: Any = cls
    is_enum = isinstance(cls, enum.EnumMeta)
    if not _is_made_of_parts(cls):
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
    pickler.fills.append((cls, added))
    pickler.needs.modules.add(cls.__module__)
    return made_classes.make_class_of_parts, (type(cls), cls.__name__, cls.__qualname__, cls.__module__, cls.__bases__, items)


def _added_attributes(cls: type, code: CodeType, statement: ClassStatement, *, generated: bool) -> dict[str, Any]:
    """Attributes given after the body ran, methods put in another's place, and simple ones that were changed since."""
    if isinstance(cls, enum.EnumMeta) or issubclass(cls, tuple):  # they fill themselves
        return {}
    bare = type(cls) in (type, abc.ABCMeta)
    methods = statement.bare_methods()
    added: dict[str, Any] = {}
    for name, value in vars(cls).items():
        if name in _CLASS_MACHINERY or (generated and name.startswith("__")) or isinstance(value, _MADE_FOR_SLOTS):
            continue
        bound = name in code.co_names
        changed = type(value) in (*ATOMS, list, dict, set) and not name.startswith("__")
        if (bound and changed) or (bare and not bound) or (bare and name in methods and not _is_in_body(value, code)):
            added[name] = value
    return added


def _is_in_body(value: Any, code: CodeType) -> bool:
    """Whether a method is one that the body defines; another may have been put in its place."""
    given = getattr(value, "__code__", None)
    items = [item for item in code.co_consts if isinstance(item, CodeType)]
    return given is not None and (given.co_name, given.co_firstlineno) in {(item.co_name, item.co_firstlineno) for item in items}


_MADE_FOR_SLOTS = (GetSetDescriptorType, MemberDescriptorType)


def is_plain_namedtuple(cls: type) -> bool:
    """Whether ``collections.namedtuple`` made it."""
    return (
        cls.__bases__ == (tuple,)
        and hasattr(cls, "_fields")
        and "__orig_bases__" not in vars(cls)
        and "_field_defaults" in vars(cls)
    )


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
    parameters = getattr(cls, "__type_params__", ())
    for parameter in parameters:  # class C[T]: its body is in a function of Python's own that holds them
        cells.setdefault(parameter.__name__, CellType(parameter))
    cells[".type_params"] = CellType(parameters)
    return {name: cell for name, cell in cells.items() if name in code.co_freevars}
