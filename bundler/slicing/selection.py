"""The slice while it grows: kept statements, the demands that they make, what there is to tell."""

from __future__ import annotations

import builtins
import posixpath
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.graph import Note
from clustrix_bundle.bundler.slicing.closure import Closure, closure_of
from clustrix_bundle.bundler.slicing.written_files import held_names

if TYPE_CHECKING:
    from clustrix_bundle.bundler.slicing.script import Script

BUILTINS = frozenset(dir(builtins)) | {
    "__name__",
    "__file__",
    "__spec__",
    "__builtins__",
    "__package__",
    "__loader__",
    "__annotations__",
    "__dict__",
}
"""Names that a script reads without binding them."""


class Selection:
    """What is kept of a script so far.

    Attributes:
        by_value: Names whose values travel by themselves.
        kept: Reasons by statement.
        demands: For each name the positions at which it is read, with who reads it.
        by_name: Whether kept code looks names up by strings.
    """

    def __init__(self, script: Script, by_value: frozenset[str]) -> None:
        self.script = script
        self.by_value = by_value
        self.kept: dict[int, str] = {}
        self.demands: dict[str, dict[int, str]] = {}
        self.by_name = False
        self._notes: dict[tuple[int, str], Note] = {}
        self._closure: Closure | None = None
        self._imported: frozenset[str] | None = None
        self._read: set[str] = set()
        self._held: tuple[int, frozenset[str]] | None = None

    def keep(self, number: int, reason: str) -> None:
        """Takes a statement in."""
        self.kept[number] = reason
        if self.script.imports.get(number):
            self._closure = self._imported = None

    def copy(self) -> Selection:
        """The same, to come back to."""
        other = Selection(self.script, self.by_value)
        other.kept = dict(self.kept)
        other.demands = {name: dict(where) for name, where in self.demands.items()}
        other.by_name = self.by_name
        other._notes = dict(self._notes)
        other._closure = self._closure
        other._imported = self._imported
        other._read = self._read
        return other

    def note(self, number: int, message: str, path: str) -> None:
        """Tells the user something about a statement."""
        self.note_line(self.script.statements[number].line, message, path)

    def note_line(self, line: int, message: str, path: str) -> None:
        """Tells the user something about a line."""
        self._notes[line, message] = Note(message, path, line)

    @property
    def notes(self) -> tuple[Note, ...]:
        """In source order."""
        return tuple(self._notes[key] for key in sorted(self._notes))

    def holds(self, module: str, line: int) -> bool:
        """Whether code of the slice, or of a local module that it imports, stands there."""
        if module != self.script.loaded.name:
            return module in self.closure.local
        return any(
            self.script.statements[number].first_line <= line <= self.script.statements[number].end_line
            for number in self.kept
            if self.script.statements[number].kind in ("def", "class")
        )

    def reads_file(self, path: str) -> bool:
        """Whether code that the slice can see holds the name of a file and does not write it itself."""
        if self._held is None or self._held[0] != len(self.kept):
            held = set(held_names(self.script.names, self.kept))
            for name in self.closure.local:
                names = self.script.things.names(name)
                held |= held_names(names, None) if names is not None else frozenset()
            self._held = (len(self.kept), frozenset(held))
        name = posixpath.basename(path)
        if name in self._held[1]:
            self._read.add(name)  # for good: what is kept to write it is no reason against what writes more of it
        return name in self._read

    @property
    def closure(self) -> Closure:
        """What the imports kept so far bring."""
        if self._closure is None:
            items = [item for number in self.kept for item in self.script.imports.get(number, ())]
            self._closure = closure_of(self.script.things, self.script.loaded.name, items)
        return self._closure

    @property
    def imported(self) -> frozenset[str]:
        """Local modules that the imports kept so far surely run."""
        if self._imported is None:
            items = [item for number in self.kept for item in self.script.imports.get(number, ())]
            self._imported = closure_of(self.script.things, self.script.loaded.name, items, sure=True).local
        return self._imported

    def is_demanded(self, name: str, number: int, *, through: bool) -> bool:
        """Whether a change of a name's object in a statement can reach a demand of the name."""
        if name in self.by_value:
            return False
        numbers = self.script.binders.get(name, ())
        is_class = any(self.script.statements[other].kind == "class" for other in numbers)
        for position in self.demands.get(name, ()):
            if position <= number:
                if is_class and not any(position <= other <= number and self.script.rebinds(other, name) for other in numbers):
                    return True  # instances that were made before see what becomes of their class
                continue
            if through or not any(
                number < other < position and self.script.rebinds(other, name) and name not in self.script.statements[other].uses
                for other in self.script.binders.get(name, ())
            ):
                return True
        return False

    def is_open(self) -> bool:
        """Whether the slice reads a name that no statement binds."""
        return any(name not in self.script.binders and name not in BUILTINS for name in self.demands)
