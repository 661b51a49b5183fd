"""Names that a function reads when it is called: whoever reads the function at a position may call it there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Statement


def find_names_read_later(statements: Sequence[Statement], makers: Mapping[str, Sequence[int]]) -> dict[str, frozenset[str]]:
    """For each name the names that code which its object holds may read: a function's body, an instance's methods, a list's lambdas.

    It goes by names, not by positions, and takes for granted that an object holds all that the statements which make it read.

    Args:
        statements: Of the module.
        makers: The statements that may bind a name or change its object.
    """
    found: dict[str, set[str]] = {name: set() for name in makers}
    holders: dict[str, set[str]] = defaultdict(set)
    for name, numbers in makers.items():
        for number in numbers:
            found[name].update(statements[number].deferred)
            for used in statements[number].uses:
                holders[used].add(name)
    pending = [name for name, names in found.items() if names]
    while pending:
        name = pending.pop()
        for holder in holders.get(name, ()):
            if not found[name] <= found[holder]:
                found[holder] |= found[name]
                pending.append(holder)
    return {name: frozenset(names) for name, names in found.items() if names}
