"""Objects by name: what a module and a qualified name lead to, and the global names that code reads."""

from __future__ import annotations

import sys
from types import CodeType, ModuleType
from typing import Any

MISSING = object()
"""What a name that leads nowhere leads to."""


def looked_up(module: str, qualname: str) -> Any:
    """What a name leads to now; nothing is imported, and `MISSING` stands for nothing."""
    found: Any = sys.modules.get(module)
    if found is None:
        return MISSING
    for part in qualname.split("."):
        found = vars(found).get(part, MISSING) if isinstance(found, ModuleType) else getattr(found, part, MISSING)
        if found is MISSING:
            return MISSING
    return found


def global_names(code: CodeType) -> set[str]:
    """Names that `code`, and code nested in it, may look up in its globals."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= global_names(constant)
    return names
