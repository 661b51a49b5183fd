"""Functions that are no longer what their file says: edited since it was loaded."""

from __future__ import annotations

import functools
import os
import sys
from importlib.machinery import SourceFileLoader
from types import CodeType, FunctionType
from typing import Any

from clustrix_bundle.runtime import definitions


def is_stale(func: Any, source: bytes, path: str) -> FunctionType | None:
    """The function behind `func`, if compiling its file does not give its code any more; None where it does.

    Only files that were loaded as they are count: what a tool rewrote on the way (pytest's assertions) is its own affair.

    Args:
        func: A function, or what decorators that keep ``__wrapped__`` made of one.
        source: What the file holds now.
        path: The file.
    """
    seen = set()
    while hasattr(func, "__wrapped__") and id(func) not in seen:
        seen.add(id(func))
        func = func.__wrapped__
    if (
        not isinstance(func, FunctionType)
        or not _is_same(func.__code__.co_filename, path)
        or not _loaded_as_it_is(func.__module__)
    ):
        return None
    module = _compiled(source, path)
    return None if module is not None and _holds(module, func.__code__) else func


@functools.lru_cache(maxsize=4)
def _compiled(source: bytes, path: str) -> CodeType | None:
    try:
        return compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None


def _is_same(one: str, other: str) -> bool:
    return one == other or os.path.realpath(one) == os.path.realpath(other)


def _loaded_as_it_is(module: str) -> bool:
    namespace = vars(sys.modules[module]) if module in sys.modules else {}
    spec = namespace.get("__spec__")
    return type(getattr(spec, "loader", namespace.get("__loader__"))) is SourceFileLoader


def _holds(code: CodeType, wanted: CodeType) -> bool:
    return code == wanted or any(_holds(child, wanted) for child in definitions.children(code))
