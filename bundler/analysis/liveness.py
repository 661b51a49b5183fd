"""Which facts of a module count: what never runs is left out, and what surely runs is told from what may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

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
    the statements that ship (None for all); ``entry_scope`` is the function that is called (-1 for none).
    """

    def __init__(
        self, facts: ModuleFacts, *, guard_runs: bool = False, kept: frozenset[int] | None = None, entry_scope: int = -1
    ) -> None:
        self._dead_flags = {"type-checking"} if guard_runs else {"type-checking", "main-guard"}
        self._kept = kept
        self._scopes = facts.scopes
        self._dead: list[bool] = []
        self._sure: list[bool] = []
        for index, scope in enumerate(facts.scopes):
            inherited_dead = scope.parent >= 0 and self._dead[scope.parent]
            self._dead.append(inherited_dead or not self._dead_flags.isdisjoint(scope.under))
            runs_at_once = scope.parent < 0 or (scope.kind == "class" and not scope.under and self._sure[scope.parent])
            self._sure.append(runs_at_once or index == entry_scope)

    def alive(self, fact: Placed) -> bool:
        """Whether the fact can matter at run time on the other side."""
        if self._kept is not None and fact.statement not in self._kept:
            return False
        return not self._dead[fact.scope] and (not fact.under or self._dead_flags.isdisjoint(fact.under))

    def sure(self, fact: Placed) -> bool:
        """Whether the fact's place surely runs: in a module's own statements when it is imported, or in the entry function's body."""
        return not fact.under and self._sure[fact.scope]

    def defined_for_sure(self, scope: int) -> bool:
        """Whether the definition of a function or class surely runs (its decorators, bases and defaults do then)."""
        fact = self._scopes[scope]
        kept = self._kept is None or fact.statement in self._kept
        return kept and not fact.under and fact.parent >= 0 and self._sure[fact.parent]
