"""Statements that never travel: the main guard, what submits or sets up, what ends the process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Statement
    from clustrix_bundle.bundler.slicing.effects import Effects


def find_never(statements: Sequence[Statement], children: Mapping[int, list[int]], effects: Effects) -> dict[int, str]:
    """Statements that never travel, with the reason."""
    found: dict[int, str] = {}
    for number, statement in enumerate(statements):
        deeds = effects.of_statement(number)
        parent = statement.parent
        if (
            parent >= 0
            and parent in found
            and (_is_guard(parent, statements, children) or "main guard" in found[parent] or effects.of_statement(parent).submits)
        ):
            found[number] = found[parent]
        elif _is_guard(number, statements, children):
            found[number] = "is the main guard"
        elif deeds.submits:
            found[number] = deeds.submits
        elif (deeds.exits and statement.kind == "expr") or (statement.kind == "raise" and "SystemExit" in statement.uses):
            found[number] = "ends the process"
    return found


def _is_guard(number: int, statements: Sequence[Statement], children: Mapping[int, list[int]]) -> bool:
    statement = statements[number]
    return statement.kind == "if" and any(
        "main-guard" in statements[child].under and "main-guard" not in statement.under
        for child in children.get(number, ())
        if statements[child].branch == "body"
    )
