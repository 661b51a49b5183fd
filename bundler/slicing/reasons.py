"""Reasons to keep what no name asks for: changes, effects, imports for their effect, subclasses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing import known_calls
from clustrix_bundle.bundler.slicing.closure import closure_of
from clustrix_bundle.bundler.slicing.effects import Effects
from clustrix_bundle.bundler.slicing.names import ModuleNames, bound_name, root_name
from clustrix_bundle.bundler.slicing.parts import split

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Import
    from clustrix_bundle.bundler.slicing.deeds import Deeds
    from clustrix_bundle.bundler.slicing.script import Script
    from clustrix_bundle.bundler.slicing.selection import Selection


WRITES = "writes"
"""How the reason begins to keep a statement for the file that it writes."""


class Reasons:
    """Why statements of a script must be kept, given what is kept so far."""

    def __init__(self, script: Script, selection: Selection, has_file: Callable[[str], bool]) -> None:
        self.script = script
        self.selection = selection
        self.has_file = has_file
        self.live = False  # a running program is where it went, and so will the function be
        self._effects_of: dict[str, Effects] = {}

    def of(self, number: int) -> tuple[str, str]:
        """Why a statement that nothing reads must be kept all the same, and the demanded name that it changes (or empty)."""
        deeds = self.script.effects.of_statement(number)
        for kind, changed in sorted(deeds.changes):
            if kind == "name":
                if changed in self.selection.by_value:  # what it holds now travels, the change with it
                    continue
                for name in self.script.affected(changed):
                    if self.selection.is_demanded(name, number, through=name != changed):
                        return f"changes `{changed}`" + (f", which is part of `{name}`" if name != changed else ""), name
            elif kind == "module" and changed in self.selection.closure.local:
                return f"changes the module `{changed}`", ""
        for part, call in sorted({*deeds.parts, *((changed, "") for changed in deeds.changes)}):
            for name in self.script.affected_in(part, call, number):
                if self.selection.is_demanded(name, number, through=True):
                    return f"changes what `{split(part)[0][1]}` holds, `{name}` with it", name
        for name in sorted(deeds.binds | deeds.keys):
            if (name == "*" and not self.live) or (name in ("*", "?") and self.selection.is_open()):
                return "may bind names that can't be read from the source", ""
            if self.selection.is_demanded(name, number, through=False):
                return f"binds `{name}`", name
        if not deeds.client:
            for setting in sorted(deeds.settings):
                if self.is_seen(setting) and not (self.live and setting in known_calls.MOVES):
                    return f"sets `{setting.rstrip('=')}`", ""
        for path in sorted({*deeds.writes, *self.made(deeds)}):
            if not self.has_file(path) and self.selection.reads_file(path):
                return f"{WRITES} `{path}`, which is read and is not there yet", ""
        statement = self.script.statements[number]
        if statement.kind == "import":
            return self._reason_of_import(number), ""
        if statement.kind == "class" and self._asks_subclasses() and self._derives_from_kept(number):
            return "is found by __subclasses__()", ""
        if self.selection.by_name and statement.kind in ("def", "class") and number not in self.script.never:
            return "may be looked up by name in globals()", ""
        return "", ""

    def made(self, deeds: Deeds) -> set[str]:
        """Databases that code makes which is no part of the slice: what is in it may read them as well as make them."""
        return {path for path, (module, line) in deeds.makes.items() if not self.selection.holds(module, line)}

    def _reason_of_import(self, number: int) -> str:
        """An import for the sake of what the module does when it is imported."""
        for item in self.script.imports[number]:
            if "type-checking" in item.under or item.scope != 0 or item.module == "__future__":
                continue
            source = self.script.things.absolute(self.script.loaded.name, item)
            unused = not self.script.is_used(bound_name(item))
            if not self.script.things.is_local_module(source):
                if unused and self._installed_for_effect(source, item):
                    return f"is imported for what `{source}` does when it is imported"
            elif (item.name is None or item.name != "*" or unused) and self._acts_on_import(item, unused=unused):
                return f"`{source}` acts on what is kept when it is imported"
        return ""

    def _installed_for_effect(self, source: str, item: Import) -> bool:
        root = source.partition(".")[0]
        if known_calls.is_standard(root) or root in known_calls.OUR_PACKAGES or item.asname is not None or item.name == "*":
            return False
        return root in self.selection.closure.foreign if item.name is not None else self.selection.closure.installs

    def _acts_on_import(self, item: Import, *, unused: bool) -> bool:
        below = closure_of(self.script.things, self.script.loaded.name, [item])
        new = below.local - self.selection.imported
        if unused and any(
            closure_of(self.script.things, name, names.facts.imports).local & self.selection.closure.local
            for name in new
            if (names := self.script.things.names(name)) is not None
        ):
            return True
        ships = bool(below.foreign & known_calls.OUR_PACKAGES)  # a wrapper of ours sets things up for the client
        return any(self._module_acts(name, settings=unused or not ships) for name in sorted(new))

    def _module_acts(self, name: str, *, settings: bool) -> bool:
        names = self.script.things.names(name)
        if names is None:
            return False
        effects = self._effects_of_module(name, names)
        for number in range(len(names.facts.statements)):
            if "main-guard" in names.facts.statements[number].under:
                continue
            deeds = effects.of_statement(number)
            if any(kind == "module" and changed in self.selection.closure.local for kind, changed in deeds.changes):
                return True
            if settings and any(self.is_seen(setting) for setting in deeds.settings):
                return True
        return False

    def _effects_of_module(self, name: str, names: ModuleNames) -> Effects:
        if name not in self._effects_of:
            self._effects_of[name] = Effects(self.script.things.as_script(names.module))
        return self._effects_of[name]

    def is_seen(self, setting: str) -> bool:
        """Whether code of the slice can see a setting of an installed module."""
        dotted = setting.rstrip("=")
        root = dotted.partition(".")[0]
        if known_calls.is_for_people(dotted):
            return False
        if known_calls.draws(dotted) and not known_calls.is_seed(dotted):
            return any(
                known_calls.is_seed(other) and other.partition(".")[0] == root
                for number in self.selection.kept
                for other in self.script.effects.of_statement(number).settings
            )
        if root in known_calls.PROCESS_WIDE and (setting.endswith("=") or known_calls.is_setting(dotted)):
            return True
        reached = known_calls.reached_by(dotted)
        if reached == "*" or reached in self.selection.closure.foreign:
            return True
        return root in self.selection.closure.foreign or (known_calls.is_seed(dotted) and self.selection.closure.installs)

    def _derives_from_kept(self, number: int) -> bool:
        for scope in self.script.names.immediate[number][2]:
            for base in self.script.names.facts.scopes[scope].bases:
                name = root_name(base)
                if name in self.selection.demands:
                    return True
                if any(
                    thing.kind == "class" and thing.module in self.selection.closure.local
                    for thing in self.script.things.of(self.script.loaded.name, 0, base)
                ):
                    return True
        return False

    def _asks_subclasses(self) -> bool:
        """Whether code that the slice can see asks classes for their subclasses."""
        modules = [
            self.script.names,
            *(names for name in self.selection.closure.local if (names := self.script.things.names(name)) is not None),
        ]
        return any(names.asks_subclasses for names in modules)
