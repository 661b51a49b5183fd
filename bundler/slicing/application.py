"""A call as it is read: what is called with what, where, and what becomes of the result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Expr

UNKNOWN: Expr = ("?",)


@dataclass(frozen=True, slots=True)
class Application:
    """Something that is called, or decorates.

    Attributes:
        scope: Where.
        callee: What is called; `UNKNOWN` where a method is called by syntax or by another, its receiver the first argument.
        args: Positional arguments.
        keywords: Keyword arguments; the name is None for ``**e``.
        discarded: Whether the result is thrown away.
        decorates: Whether it is a decorator that is given its definition.
    """

    scope: int
    callee: Expr
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str | None, Expr], ...] = ()
    discarded: bool = False
    decorates: bool = False

    @property
    def values(self) -> tuple[Expr, ...]:
        """All arguments."""
        return (*self.args, *(value for _, value in self.keywords))

    @property
    def names(self) -> frozenset[str]:
        """Names of keyword arguments; empty for ``**e``."""
        return frozenset(name or "" for name, _ in self.keywords)

    def of_method(self, receiver: Expr) -> Application:
        """The call of a method with these arguments on a receiver."""
        return replace(self, callee=UNKNOWN, args=(receiver, *self.args))
