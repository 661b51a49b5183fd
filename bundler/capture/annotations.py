"""Annotations of a function that travels by definition: its ``def`` does not run there, and code may ask for them."""

from __future__ import annotations

import sys
import typing
from types import CellType, FunctionType
from typing import Any

from clustrix_bundle.bundler.capture.definition_state import is_own_module
from clustrix_bundle.bundler.capture.lookup import looked_up


def travelling_annotations(function: FunctionType) -> dict[str, Any]:
    """Those that bring nothing along: texts, types of the standard library and of the program, and what `typing` makes of these.

    Types of installed packages are left out: what annotates alone is no reason to need a package there.
    """
    try:
        found = function.__annotations__  # since Python 3.14 it is computed when it is first asked for
    except Exception:  # noqa: BLE001 - whatever the user's names raise
        return {}
    held = {id(_contents(cell)) for cell in function.__closure__ or ()}
    return {name: value for name, value in found.items() if _travels(value, held)}


def _travels(value: Any, held: set[int]) -> bool:
    if value is None or value is ... or isinstance(value, str):
        return True
    parts = typing.get_args(value)
    if parts:
        origin = typing.get_origin(value)
        return _is_standard(origin) and all(_travels(part, held) for part in _flat(parts))
    if isinstance(value, type):
        module = value.__module__
        by_name = looked_up(module, value.__qualname__) is value and (is_own_module(module) or _is_standard(value))
        return by_name or module == "builtins" or id(value) in held
    return type(value).__module__ == "typing" and getattr(typing, str(getattr(value, "_name", "")), None) is value


def _flat(parts: tuple[Any, ...]) -> list[Any]:
    return [item for part in parts for item in (part if isinstance(part, list) else [part])]


def _is_standard(value: Any) -> bool:
    module = getattr(value, "__module__", None) or type(value).__module__
    return module.partition(".")[0] in sys.stdlib_module_names


def _contents(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None
