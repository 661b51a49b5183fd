"""What code changes: objects of the script, local modules, settings of what is installed, names of the module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing import known_calls
from clustrix_bundle.bundler.slicing.roots import Roots

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Expr
    from clustrix_bundle.bundler.slicing.deeds import Deeds, Root
    from clustrix_bundle.bundler.slicing.names import ModuleNames
    from clustrix_bundle.bundler.slicing.things import Things


class Changes:
    """Writes the changes that code of one module makes down as its deeds."""

    def __init__(self, things: Things, names: ModuleNames, deeds: Deeds) -> None:
        self.things = things
        self.names = names
        self.module = names.module.name
        self.deeds = deeds
        self.roots = Roots(things, names)
        self.line = 0
        self.statement = -1

    def change(self, owners: frozenset[Root], dotted: str, *, discarded: bool = True, target: bool = False) -> None:
        self.deeds.change(root for root in owners if root[0] != "foreign")
        for kind, name in owners:
            if kind != "foreign":
                continue
            if target:
                self.set(f"{dotted if dotted.startswith(name) else name}=")
            else:
                last = dotted.rpartition(".")[2]
                full = name if name.endswith(f".{last}") else f"{name}.{last}"
                if known_calls.is_setting(full) or (discarded and not known_calls.is_output(full)):
                    self.set(full)

    def set(self, setting: str, values: tuple[Expr, ...] = ()) -> None:
        self.deeds.settings.add(setting)
        if known_calls.answers_depend_on(setting, values):
            self.deeds.places.setdefault(setting, (self.module, self.line))

    def bind_key(self, key: str) -> None:
        """A name of the module is bound through ``globals()[key]``; ``*`` where the key is not a literal."""
        if self.module == self.things.script:
            self.deeds.keys.add(key)
        else:
            self.deeds.changes.add(("module", self.module))

    def link(self, sources: frozenset[Root], owners: frozenset[Root]) -> None:
        self.deeds.link(sources, owners)
