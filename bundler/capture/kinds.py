"""Kinds of objects that pickle refuses, or finds by another name elsewhere, and that can be made again."""

from __future__ import annotations

import _thread
import functools
import io
import random
import sys
import threading
import weakref
from collections.abc import Callable, Mapping
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.capture.classes import is_made_by_body
from clustrix_bundle.bundler.capture.definition_state import ATOMS
from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.bundler.capture.lookup import looked_up
from clustrix_bundle.runtime import values

if TYPE_CHECKING:
    from clustrix_bundle.bundler.capture.pickling import StatePickler


def _cell(pickler: StatePickler, cell: CellType) -> Any:
    try:
        contents = cell.cell_contents
    except ValueError:
        return values.make_cell, ()
    if isinstance(contents, ATOMS):
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
    return _thread.allocate_lock, ()  # what every Python calls it


def _weak(_pickler: StatePickler, reference: Any) -> Any:
    """A reference to an object that is alive, without its callback; the values file keeps the object alive there."""
    target = reference()
    if target is None or reference.__callback__ is not None:
        return NotImplemented
    return weakref.ref, (target,)


def _method(pickler: StatePickler, method: MethodType) -> Any:
    name = getattr(method.__func__, "__name__", "")
    kind = method.__self__ if isinstance(method.__self__, type) else type(method.__self__)
    if name and getattr(method.__self__, name, None) == method and is_made_by_body(kind, name):
        pickler.note_module(getattr(type(method.__self__), "__module__", ""), type(method.__self__).__qualname__)
        return getattr, (method.__self__, name)
    return MethodType, (method.__func__, method.__self__)


def _cached(pickler: StatePickler, function: Any) -> Any:
    """An ``lru_cache`` with an empty cache, where no name leads to it."""
    module, qualname = function.__module__, function.__qualname__
    if looked_up(module, qualname) is function:
        pickler.note_module(module, qualname)
        return NotImplemented
    options = function.cache_parameters()
    return values.make_cached, (function.__wrapped__, options["maxsize"], options["typed"])


def _builtin(pickler: StatePickler, function: BuiltinFunctionType) -> Any:
    module = getattr(function, "__module__", None)
    if isinstance(module, str):
        pickler.note_module(module, function.__qualname__)
    return NotImplemented


REDUCERS: Mapping[type, Callable[[StatePickler, Any], Any]] = {
    CellType: _cell,
    ModuleType: _module,
    type(functools.lru_cache(lambda: None)): _cached,
    MethodType: _method,
    BuiltinFunctionType: _builtin,
    _thread.LockType: _lock,
    type(threading.RLock()): lambda _pickler, _lock: (threading.RLock, ()),
    random.SystemRandom: lambda _pickler, _random: (random.SystemRandom, ()),
    threading.local: lambda _pickler, local: (threading.local, (), dict(vars(local)) or None),
    weakref.ReferenceType: _weak,
    weakref.WeakSet: lambda _pickler, items: (weakref.WeakSet, (list(items),)),
    weakref.WeakKeyDictionary: lambda _pickler, items: (weakref.WeakKeyDictionary, (), None, None, iter(list(items.items()))),
    weakref.WeakValueDictionary: lambda _pickler, items: (weakref.WeakValueDictionary, (), None, None, iter(list(items.items()))),
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


BUILTIN_TYPES: Mapping[type, str] = {
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
