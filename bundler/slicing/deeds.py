"""What running a piece of code may do: the names of the script, other modules and the cluster that it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

if TYPE_CHECKING:
    from clustrix_bundle.bundler.slicing.things import Thing


Root = tuple[str, str]
OWN: Root = ("own", "")
"""What a statement makes and gives no name."""


@dataclass(slots=True)
class Deeds:
    """What code may do when it runs.

    Attributes:
        changes: Whose objects it may change.
        binds: Names of the script that it binds through ``global``.
        keys: Names that it binds through ``globals()[…] = …``; ``*`` where the key is not a literal, ``?`` where a text is
            executed that hardly binds any.
        settings: Dotted names of calls, and with ``=`` of assignment targets, that change an installed module for everybody.
        places: For the settings that what a function gives may depend on: module and line where they are made.
        writes: Files that it writes by a literal name, with module and line.
        makes: Databases that it opens by a literal name, and makes where they are not there, with module and line.
        links: Pairs (a, b): from then on a change of a's object may be one of b's.
        submits: How it submits, connects, configures, or asks a notebook's kernel; empty if it does not.
        client: What it asks of the client's terminal or command line; empty if nothing.
        defers: Whether what it binds may run functions later that it was given.
        exits: Whether it may end the process.
        gives: Functions that it hands on as values, to calls and in what it binds.
        runs: Whose objects it calls, or calls parts of, where it can't be read which functions they are.
        calls: Functions that it runs, with what each parameter stands for.
    """

    changes: set[Root] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    settings: set[str] = field(default_factory=set)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    writes: dict[str, tuple[str, int]] = field(default_factory=dict)
    makes: dict[str, tuple[str, int]] = field(default_factory=dict)
    links: set[tuple[Root, Root]] = field(default_factory=set)
    submits: str = ""
    client: str = ""
    defers: bool = False
    exits: bool = False
    gives: set[Thing] = field(default_factory=set)
    runs: set[Root] = field(default_factory=set)
    calls: list[tuple[Thing, dict[str, frozenset[Root]]]] = field(default_factory=list)

    def size(self) -> int:
        """Grows with every deed that is added."""
        return (
            len(self.changes)
            + len(self.binds)
            + len(self.keys)
            + len(self.settings)
            + len(self.writes)
            + len(self.makes)
            + len(self.links)
            + len(self.gives)
            + len(self.runs)
            + bool(self.submits)
            + bool(self.client)
            + self.exits
        )

    def add(self, other: Deeds, arguments: dict[str, frozenset[Root]]) -> None:
        """The deeds of a function that is called, its parameters replaced by what they stand for."""
        for root in tuple(other.changes):  # a recursive function is its own other
            self.changes |= replaced(root, arguments)
        for first, second in tuple(other.links):
            self.links |= {(a, b) for a in replaced(first, arguments) for b in replaced(second, arguments) if a != b}
        for root in tuple(other.runs):
            self.runs |= replaced(root, arguments) or {OWN}
        self.gives |= other.gives
        self.binds |= other.binds
        self.keys |= other.keys
        self.settings |= other.settings
        for setting, place in other.places.items():
            self.places.setdefault(setting, place)
        for path, place in other.writes.items():
            self.writes.setdefault(path, place)
        for path, place in other.makes.items():
            self.makes.setdefault(path, place)
        self.submits = self.submits or other.submits
        self.client = self.client or other.client
        self.exits = self.exits or other.exits


def replaced(root: Root, arguments: dict[str, frozenset[Root]]) -> frozenset[Root]:
    """What a root of a called function is for the caller."""
    return arguments.get(root[1], frozenset()) if root[0] == "parameter" else frozenset([root])
