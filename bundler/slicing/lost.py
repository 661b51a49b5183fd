"""What statements that never travel set and the function may depend on: told to the user, as it is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing import known_calls
from clustrix_bundle.bundler.slicing.deeds import replaced
from clustrix_bundle.bundler.slicing.parts import split, wholes

if TYPE_CHECKING:
    from clustrix_bundle.bundler.slicing.deeds import Deeds, Root
    from clustrix_bundle.bundler.slicing.reasons import Reasons
    from clustrix_bundle.bundler.slicing.script import Script
    from clustrix_bundle.bundler.slicing.selection import Selection


class Lost:
    """What the slice loses, given what is kept in the end."""

    def __init__(self, script: Script, selection: Selection, reasons: Reasons, *, live: bool) -> None:
        self._script = script
        self._selection = selection
        self._reasons = reasons
        self._live = live

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """Lines of the script with what to tell about them; each setting and each changed object once a line."""
        told: set[tuple[int, str]] = set()
        for number in range(self._script.end):
            if number in self._selection.kept:
                continue
            for line, name, message in self._of_statement(number):
                if (line, name) not in told:
                    told.add((line, name))
                    yield line, message

    def _of_statement(self, number: int) -> Iterator[tuple[int, str, str]]:
        deeds = self._script.effects.of_statement(number)
        here = self._script.statements[number].line
        why = self._why(number, deeds)
        if not why:
            for path in sorted(deeds.writes if not self._live else ()):
                if self._selection.reads_file(path) and self._reasons.has_file(path):
                    yield (
                        here,
                        path,
                        f"writes `{path}`, which the function reads: it ships as it stands now; run this first if it is out of date",
                    )
            return
        for setting, (module, line) in sorted(deeds.places.items()):
            if self._matters(setting):
                name = setting.rstrip("=")
                elsewhere = "" if module == self._script.loaded.name else f" (in {module}, line {line})"
                remedy = known_calls.remedy_of(setting)
                reason = why.partition(": ")[0] + f": if what the function gives depends on it, {remedy}" if remedy else why
                yield line if not elsewhere else here, name, f"`{name}` is set{elsewhere} {reason}"
        made = {path for path in deeds.makes if not self._reasons.has_file(path)} & self._reasons.made(deeds)
        for path in sorted({*deeds.writes, *made} if not self._live else ()):
            if self._selection.reads_file(path):
                yield here, path, f"`{path}`, which the function reads, is written {why}"
        if number in self._script.never and not self._live:
            if "*" in deeds.keys:
                yield here, "*", f"names that can't be read from the source may be set {why}"
            for name in self._changed(number, deeds):
                yield here, name, f"`{name}` is changed {why}"

    def _why(self, number: int, deeds: Deeds) -> str:
        reason = self._script.never.get(number, "")
        condition = "if what the function gives depends on it, move it"
        if "main guard" in reason:
            return f"under the main guard, which does not run on the other side: {condition} above the guard or into the function"
        if reason:
            return f"by a statement that does not run on the other side, as it {reason}: {condition} to a statement of its own or into the function"
        if deeds.client:
            return (
                f"by a statement that does not run on the other side, as it asks {deeds.client}: "
                f"{condition} to a statement that does not, or into the function"
            )
        return ""

    def _matters(self, setting: str) -> bool:
        root = setting.partition(".")[0].rstrip("=")
        closure = self._selection.closure
        users = known_calls.needs_one_of(root)
        if not self._reasons.is_seen(setting) or (users and not users & closure.foreign):
            return False
        return not known_calls.reaches_only_users(root) or root in closure.foreign or closure.installs

    def _changed(self, number: int, deeds: Deeds) -> Iterator[str]:
        """Names and local modules that the function reads and the statement surely or by functions of the user's changes."""
        by_calls: set[Root] = set()
        parts_by_calls: set[tuple[Root, str]] = set()
        for callee, arguments in deeds.calls:
            done = self._script.effects.of_function(callee)
            by_calls |= wholes(root for changed in done.changes for root in replaced(changed, arguments))
            parts_by_calls |= {(root, call) for part, call in done.parts for root in replaced(part, arguments)}
        for kind, changed in sorted(deeds.changes):
            if kind == "module" and changed in self._selection.closure.local:
                yield changed
            elif kind == "name" and ((kind, changed) in by_calls or self._script.acts_on(number, changed)):
                for name in self._script.affected(changed):
                    if self._selection.is_demanded(name, number, through=name != changed):
                        yield name
        for part, call in sorted(deeds.parts):
            kind, holder = split(part)[0]
            if kind == "name" and ((part, call) in parts_by_calls or self._script.acts_on(number, holder)):
                for name in self._script.affected_in(part, call, number):
                    if self._selection.is_demanded(name, number, through=True):
                        yield name
