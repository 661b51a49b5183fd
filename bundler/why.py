"""Why a member ships: the chain of edges from the entry point, by the strongest evidence."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from operator import attrgetter
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from clustrix_bundle.bundler.graph import Edge

CERTAIN = ("import", "folded")
"""Evidence that a load will be tried; any other says that it can be."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """Every member's own reason, taken once for a whole graph.

    Attributes:
        edges: Member to the edge that is last in its chain.
        entry: The member where chains begin.
    """

    edges: dict[str, Edge]
    entry: str

    def chain(self, member: str) -> list[Edge]:
        """Edges from the entry point (or from the user's own wish, importer empty) to the member; empty for the entry, and for what is not reached."""
        found: list[Edge] = []
        while member != self.entry and member in self.edges:
            edge = self.edges[member]
            found.append(edge)
            member = edge.importer
        return found[::-1]


_order = attrgetter("importer", "imported", "line", "evidence", "detail")


def find_reasons(edges: Iterable[Edge], entry: str) -> Reasons:
    """Chains with the fewest uncertain edges, then the fewest edges; of equals the one whose edge sorts first."""
    outgoing: dict[str, list[Edge]] = {}
    for edge in edges:
        outgoing.setdefault(edge.importer, []).append(edge)
    cost = {entry: (0, 0), "": (0, 0)}
    reasons: dict[str, Edge] = {}
    queue = [(0, 0, member) for member in cost]
    heapq.heapify(queue)
    while queue:
        uncertain, length, member = heapq.heappop(queue)
        if cost[member] != (uncertain, length):  # a better way was found meanwhile
            continue
        by_certain, by_possible = (uncertain, length + 1), (uncertain + 1, length + 1)
        for edge in outgoing.get(member, ()):
            imported = edge.imported
            by_this = by_certain if edge.evidence in CERTAIN else by_possible
            known = cost.get(imported)
            if known is None or by_this < known:
                cost[imported] = by_this
                reasons[imported] = edge
                heapq.heappush(queue, (*by_this, imported))
            elif by_this == known and _order(edge) < _order(reasons[imported]):
                reasons[imported] = edge
    return Reasons(reasons, entry)
