"""Classes of reached modules that derive from a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.folding.value import Class, Instance

if TYPE_CHECKING:
    from clustrix_bundle.bundler.folding.fold import Folder
    from clustrix_bundle.bundler.folding.names import ModuleNames

MAX_SUBCLASSES = 64
"""Classes that derive from one are looked at up to this number."""


class Subclasses:
    """Subclasses in one program, by the names of their bases."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._naming: dict[str, list[tuple[ModuleNames, int]]] = {}
        self._below: dict[tuple[str, int], list[Class]] = {}

    def renew(self) -> None:
        """More modules have been reached."""
        self._naming.clear()
        self._below.clear()

    def naming(self, base: str) -> list[tuple[ModuleNames, int]]:
        """Classes that name a base so (last name)."""
        known = self._naming.get(base)
        if known is None:
            known = self._naming[base] = [(names, index) for names in self.folder.naming(base) for index in names.derived(base)]
        return known

    def below(self, value: Class | Instance) -> list[Class]:
        """Classes that may derive from a class, at any distance, nearest first."""
        self.folder.memory.asked += 1
        key = (value.module, value.scope)
        known = self._below.get(key)
        if known is None:
            known = self._below[key] = self._find(*key)
        return known

    def _find(self, module: str, scope: int) -> list[Class]:
        found = {(module, scope): None}
        pending = [(module, scope)]
        for base_module, base in pending:
            own = self.folder.names(base_module)
            for other, index in self.naming(own.scope(base).name) if own is not None else ():
                one = (other.module.name, index)
                if one not in found and len(found) <= MAX_SUBCLASSES:
                    found[one] = None
                    pending.append(one)
        return [Class(*one) for one in pending[1:]]
