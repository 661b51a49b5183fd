"""Which names a star import may bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing import known_calls
from clustrix_bundle.bundler.slicing.selection import BUILTINS

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Import
    from clustrix_bundle.bundler.slicing.script import Script


class StarImports:
    """The star imports of a script."""

    def __init__(self, script: Script) -> None:
        self._script = script

    def may_bring(self, item: Import, name: str) -> bool:
        source = self._script.things.absolute(self._script.loaded.name, item)
        if source.partition(".")[0] in known_calls.OUR_PACKAGES and not self._script.things.is_local_module(source):
            return name not in self._script.names.binders and name not in BUILTINS
        if not self._script.things.is_local_module(source):
            return not name.startswith("__") and (name not in BUILTINS or name not in self._script.names.binders)
        target = self._script.things.names(source)
        if target is None or name in target.binders:
            return True
        stars = target.imports.get((0, "*"), ())
        return any(self._may_bring_from(source, star, name, {source}) for star in stars) or self._script.things.is_local_module(
            f"{source}.{name}"
        )

    def _may_bring_from(self, module: str, item: Import, name: str, seen: set[str]) -> bool:
        source = self._script.things.absolute(module, item)
        if source in seen or not self._script.things.is_local_module(source):
            return source not in seen
        target = self._script.things.names(source)
        if target is None or name in target.binders:
            return True
        return any(self._may_bring_from(source, star, name, seen | {source}) for star in target.imports.get((0, "*"), ()))
