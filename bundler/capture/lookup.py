"""Objects by name: what a module and a qualified name lead to, and the global names that code reads."""

from __future__ import annotations

import sys
from types import CodeType, ModuleType
from typing import Any

from clustrix_bundle.bundler.slicing.lookups import EVALUATES, QUERIES, names_in_texts

MISSING = object()
"""What a name that leads nowhere leads to."""


def looked_up(module: str, qualname: str) -> Any:
    """What a name leads to now, or `MISSING`. A module's own ``__getattr__`` (PEP 562) may load what it promises, as it does for pickle."""
    found: Any = sys.modules.get(module)
    if found is None:
        return MISSING
    for part in qualname.split("."):
        found = _of_module(found, part) if isinstance(found, ModuleType) else getattr(found, part, MISSING)
        if found is MISSING:
            return MISSING
    return found


def _of_module(module: ModuleType, name: str) -> Any:
    names = vars(module)
    if name in names or "__getattr__" not in names:
        return names.get(name, MISSING)
    try:
        return getattr(module, name)
    except Exception:  # noqa: BLE001 - the user's code
        return MISSING


def global_names(code: CodeType) -> set[str]:
    """Names that `code`, and code nested in it, may look up in its globals."""
    names = set(code.co_names)
    if names & (EVALUATES | QUERIES):
        names |= names_in_texts((text for text in code.co_consts if isinstance(text, str)), after_at=not names & EVALUATES)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= global_names(constant)
    return names
