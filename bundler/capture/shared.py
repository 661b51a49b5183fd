"""Objects that several values files hold: pickled in the first of them, named by the others, so that one object stays one."""

from __future__ import annotations

from collections.abc import Mapping
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from clustrix_bundle.bundler.capture.definition_state import ATOMS
from clustrix_bundle.bundler.capture.lookup import looked_up
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

Reference = tuple[str, str, int | str]
"""A persistent id: ``("shared", values file, position in its memo)`` or ``("global", module, name)``."""


@dataclass(slots=True)
class Shared:
    """What values files can name instead of pickling it again.

    Attributes:
        definitions: Functions and classes that travel by definition, by values file and position: what comes home names them so.
    """

    definitions: dict[tuple[str, int], Any] = field(default_factory=dict)
    _references: dict[int, Reference] = field(default_factory=dict)
    _alive: list[Any] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self._references)

    def reference(self, obj: Any) -> Reference | None:
        """How to name an object; None where it has to be pickled."""
        return self._references.get(id(obj))

    def add_global(self, module: str, name: str, value: Any) -> None:
        """Let an object be found as what a module, or ``__main__``, holds under a name."""
        if not isinstance(value, (*ATOMS, *_NAMED)):
            self._add(value, ("global", module, name))

    def add_stream(self, member: str, memo: Mapping[int, tuple[int, Any]], guarded: frozenset[str] = frozenset()) -> None:
        """Let what a values file holds be found in it.

        Args:
            member: The values file.
            memo: A pickler's memo: by id, position and object.
            guarded: Globals of ``__main__`` that travel by definition though their names lead to them.
        """
        for position, value in memo.values():
            kind = type(value)
            if kind in ATOMS or kind is BuiltinFunctionType:
                continue
            if isinstance(value, (type, FunctionType)):
                by_name = looked_up(value.__module__, value.__qualname__) is value
                if by_name and not (value.__module__ == "__main__" and value.__qualname__.partition(".")[0] in guarded):
                    continue
                self.definitions[member, position] = value
            self._add(value, ("shared", member, position))

    def copy(self) -> Shared:
        """The same, to which more can be added."""
        return Shared(dict(self.definitions), dict(self._references), list(self._alive))

    def _add(self, value: Any, reference: Reference) -> None:
        self._alive.append(value)
        self._references.setdefault(id(value), reference)


_NAMED = (type, FunctionType, BuiltinFunctionType, ModuleType)
