"""What can be said of the statements of a module that ship."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import ModuleFacts


def keeps_of_guard(facts: ModuleFacts, kept: frozenset[int] | None) -> bool:
    """Whether statements under the main guard are among them: a running program's functions may stand there, and travel by definition."""
    return kept is not None and any("main-guard" in facts.statements[number].under for number in kept)
