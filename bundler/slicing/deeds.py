"""What running a piece of code may do: the names of the script, other modules and the cluster that it changes."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_dataclass import dataclass, field
from clustrix_bundle.bundler.slicing.parts import (
    ANYTHING,
    DEEP_ONLY,
    SOMEWHERE,
    below,
    is_new,
    joined,
    meets,
    parts,
    renewed,
    sources,
    split,
    wholes,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clustrix_bundle.bundler.slicing.things import Thing


Root = tuple[str, str]
OWN: Root = ("own", "")
"""What a statement makes and gives no name."""
AFTERWARDS = "="
"""In the place of a call that gives an object to another: it is bound when all of a statement has run."""
_PARTS = 8
"""How many parts of an object are told apart in what a piece of code does."""
_MUCH = 1_000_003
_NOWHERE = ("foreign", "own")
"""What an installed module has, and what has no name, keeps nothing that is followed."""


@dataclass(slots=True)
class Deeds:
    """What code may do when it runs.

    Attributes:
        changes: Whose objects it may change.
        parts: Which parts of them, where it is no whole object, each with the call that changes it, or empty.
        keeps: Places in objects, what is kept there from then on, and the call that gives it to them, or empty.
        binds: Names of the script that it binds through ``global``.
        keys: Names that it binds through ``globals()[…] = …``; ``*`` where the key is not a literal, ``?`` where a text is
            executed that hardly binds any.
        settings: Dotted names of calls, and with ``=`` of assignment targets, that change an installed module for everybody.
        places: For the settings that what a function gives may depend on: module and line where they are made.
        writes: Files that it writes by a literal name, with module and line.
        makes: Databases that it opens by a literal name, and makes where they are not there, with module and line.
        links: Pairs (a, b): from then on a change of a's object may be one of b's; where a is new, a change of what a's object holds.
        submits: How it submits, connects, configures, or asks a notebook's kernel; empty if it does not.
        client: What it asks of the client's terminal or command line; empty if nothing.
        defers: Whether what it binds may run functions later that it was given.
        exits: Whether it may end the process.
        goes: What it goes through, as a loop does: that uses up an iterator.
        gives: Functions that it hands on as values, to calls and in what it binds.
        runs: Whose objects it calls, or calls parts of, where it can't be read which functions they are.
        calls: Functions that it runs, with what each parameter stands for.
    """

    changes: set[Root] = field(default_factory=set)
    parts: set[tuple[Root, str]] = field(default_factory=set)
    keeps: set[tuple[Root, Root, str]] = field(default_factory=set)
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
    goes: set[Root] = field(default_factory=set)
    gives: set[Thing] = field(default_factory=set)
    runs: set[Root] = field(default_factory=set)
    calls: list[tuple[Thing, dict[str, frozenset[Root]]]] = field(default_factory=list)
    _wide: set[Root] = field(default_factory=set)

    def size(self) -> int:
        """Grows with every deed that is added."""
        return (
            len(self.changes)
            + len(self.parts)
            + len(self.keeps)
            + len(self.goes)
            + len(self._wide) * _MUCH
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

    def change(self, roots: Iterable[Root], call: str = "") -> None:
        """Objects, or parts of them, may be changed, by a call that is told apart from others."""
        roots = tuple(roots)
        self.changes |= wholes(roots)
        self.parts |= {(root, call) for root in parts(roots)}

    def act(self, roots: Iterable[Root], call: str = "") -> None:
        """Anything that is kept in objects may be changed."""
        self.parts |= {(root, call) for root in parts(below(roots, ANYTHING))}

    def link(self, first: Iterable[Root], second: Iterable[Root]) -> None:
        """From then on a change of the first objects may be one of the second."""
        taken = wholes(second)
        self.links |= {(a, b) for a in sources(first) for b in taken if a != b and "foreign" not in (a[0], b[0])}

    def keep(self, places: Iterable[Root], roots: Iterable[Root], call: str = "") -> None:
        """Objects are kept at places of others from then on."""
        places = [place for place in places if place[0] not in _NOWHERE]
        for root in roots:
            if root[0] not in _NOWHERE:
                self.keeps |= {(place, root, call) for place in places if split(place)[0] != split(root)[0]}

    def add(self, other: Deeds, arguments: dict[str, frozenset[Root]]) -> None:
        """The deeds of a function that is called, its parameters replaced by what they stand for."""
        for root in tuple(other.changes):  # a recursive function is its own other
            self.change(replaced(root, arguments))
        for root, call in tuple(other.parts):
            if root[0] != "local":
                self.parts |= {(part, call) for part in parts(replaced(root, arguments))}
        for holder, root, call in tuple(other.keeps):
            if "local" not in (holder[0], root[0]):
                self.keep(replaced(holder, arguments), replaced(root, arguments), call)
        for root in tuple(other.goes):
            self.goes |= wholes(replaced(root, arguments))
        for first, second in tuple(other.links):
            self.link(replaced(first, arguments), replaced(second, arguments))
        for root in tuple(other.runs):
            self.runs |= wholes(replaced(root, arguments)) or {OWN}
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

    def widen(self) -> None:
        """Where code does a lot with parts of one object, they are told apart no more: it is anything in the object then.

        Else the deeds of functions that call each other would grow with every path there is through their objects.
        """
        if len(self.parts) > _PARTS:
            self._wide |= _many((split(part)[0] for part, _ in self.parts), _PARTS)
        if len(self.keeps) > _PARTS:
            self._wide |= _many((split(place)[0] for place, _, _ in self.keeps), _PARTS)
        if self._wide:
            wide = {(joined(owner, (ANYTHING,)), "") for part, _ in self.parts if (owner := split(part)[0]) in self._wide}
            self.parts = {item for item in self.parts if split(item[0])[0] not in self._wide} | wide
            self.keeps = {self._widened(*item) for item in self.keeps}

    def _widened(self, place: Root, root: Root, call: str) -> tuple[Root, Root, str]:
        owner, steps = split(place)
        if owner not in self._wide or not steps or steps == (DEEP_ONLY,):
            return place, root, call
        return joined(owner, (ANYTHING,)), root if is_new(root) else joined(split(root)[0], (ANYTHING,)), ""

    def settle(self) -> None:
        """What objects of the function's own keep is changed with them, and kept where they are."""
        kept: dict[Root, list[tuple[tuple[str, ...], Root, str]]] = defaultdict(list)
        for place, root, call in self.keeps:
            if place[0] == "local":
                owner, steps = split(place)
                kept[owner].append((steps, root, call))
        if not kept:
            return
        pending = [item for item in self.parts if item[0][0] == "local"]
        while pending:
            part, call = pending.pop()
            owner, changed = split(part)
            for steps, root, giving in kept.get(owner, ()):
                for rest in meets(changed, steps) if not giving or giving != call else ():
                    before = len(self.parts)
                    self.change([joined(root, rest)], call)
                    if root[0] == "local" and len(self.parts) != before:
                        pending.append((joined(root, rest), call))
        for place, root, call in tuple(self.keeps):
            if root[0] == "local" and place[0] != "local":
                for _, inner, giving in kept.get(split(root)[0], ()):
                    self.keep(below([place], SOMEWHERE), [inner], giving or call)


def _many(owners: Iterable[Root], limit: int) -> set[Root]:
    return {owner for owner, number in Counter(owners).items() if number > limit}


def replaced(root: Root, arguments: dict[str, frozenset[Root]]) -> frozenset[Root]:
    """What a root of a called function is for the caller."""
    if root[0] != "parameter":
        return frozenset([root])
    (_, name), steps = split(root)
    found = arguments.get(name, frozenset())
    if is_new(root):
        return renewed(joined(one, steps) for one in found)
    return frozenset(joined(one, steps) for one in found) if steps else found
