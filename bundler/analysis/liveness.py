"""Which facts of a module count: what never runs is left out, and what surely runs is told from what may."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from clustrix_bundle.bundler.facts.kept import keeps_of_guard

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import ModuleFacts


class Placed(Protocol):
    """A fact that stands somewhere."""

    @property
    def scope(self) -> int:
        """Index of the scope that holds it."""

    @property
    def statement(self) -> int:
        """Index of the module-level statement that holds it."""

    @property
    def under(self) -> tuple[str, ...]:
        """Conditions it stands under."""


class Liveness:
    """The parts of one module that count.

    ``guard_runs`` says that the file is started as a program, so that the body of its main guard runs; ``kept`` are the indices of
    the statements that ship (None for all); ``entry_scope`` is the function that is called (-1 for none), ``called`` are functions
    that are surely called, too.
    """

    def __init__(
        self,
        facts: ModuleFacts,
        *,
        guard_runs: bool = False,
        kept: frozenset[int] | None = None,
        entry_scope: int = -1,
        called: frozenset[int] = frozenset(),
    ) -> None:
        guard_runs = guard_runs or keeps_of_guard(facts, kept)
        self._dead_flags = {"type-checking"} if guard_runs else {"type-checking", "main-guard"}
        self._kept = kept
        self._facts = facts
        self._called = called | {entry_scope}
        self._states: dict[int, tuple[bool, bool]] = {}

    def with_called(self, scopes: frozenset[int]) -> Liveness:
        """The same, where these functions are surely called, too; what a generator's body does waits for somebody to ask for items."""
        runs = frozenset(index for index in scopes if not self._facts.scope_at(index).generator)
        other = Liveness(self._facts, kept=self._kept, called=self._called | runs)
        other._dead_flags = self._dead_flags
        return other

    def _state(self, index: int) -> tuple[bool, bool]:
        """Of a scope whether it never runs, and whether it surely does."""
        known = self._states.get(index)
        if known is None:
            scope = self._facts.scope_at(index)
            dead_around, runs_around = self._state(scope.parent) if scope.parent >= 0 else (False, True)
            runs_at_once = scope.parent < 0 or (scope.kind == "class" and not scope.under and runs_around)
            dead = dead_around or not self._dead_flags.isdisjoint(scope.under)
            known = self._states[index] = (dead, runs_at_once or index in self._called)
        return known

    def alive(self, fact: Placed) -> bool:
        """Whether the fact can matter at run time on the other side."""
        if self._kept is not None and fact.statement not in self._kept:
            return False
        if fact.scope and self._state(fact.scope)[0]:  # the module itself is never dead
            return False
        return not fact.under or self._dead_flags.isdisjoint(fact.under)

    @cached_property
    def sure_scopes(self) -> tuple[int, ...]:
        """Scopes whose statements surely run: the module, class bodies, and functions that are surely called."""
        found = {0, *(index for index in self._called if index > 0)}
        around = tuple(found)
        while around:
            children = self._facts.scopes_by("parent", around)
            around = tuple(
                index for index, one in children if one.kind == "class" and index not in found and self._state(index)[1]
            )
            found.update(around)
        return tuple(sorted(found))

    def sure(self, fact: Placed) -> bool:
        """Whether the fact's place surely runs: in a module's own statements when it is imported, or in the entry function's body."""
        return not fact.under and (not fact.scope or self._state(fact.scope)[1])

    def defined_for_sure(self, scope: int) -> bool:
        """Whether the definition of a function or class surely runs (its decorators, bases and defaults do then)."""
        fact = self._facts.scope_at(scope)
        kept = self._kept is None or fact.statement in self._kept
        return kept and not fact.under and fact.parent >= 0 and self._state(fact.parent)[1]
