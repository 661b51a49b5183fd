"""Why a member ships: the chain of edges from the entry point, by the strongest evidence."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
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


def find_reasons(edges: Iterable[Edge], entry: str) -> Reasons:
    """Chains with the fewest uncertain edges, then the fewest edges; of equals the one whose edge sorts first."""
    outgoing: dict[str, list[Edge]] = {}
    for edge in dict.fromkeys(edges):
        outgoing.setdefault(edge.importer, []).append(edge)
    reasons: dict[str, Edge] = {}
    done: set[str] = set()
    queue: list[tuple[int, int, tuple[str, str, int, str, str], Edge | None]] = [(0, 0, ("", entry, 0, "", ""), None)]
    if entry:
        queue.append((0, 0, ("", "", 0, "", ""), None))
    heapq.heapify(queue)
    while queue:
        uncertain, length, key, via = heapq.heappop(queue)
        member = key[1]
        if member in done:
            continue
        done.add(member)
        if via is not None:
            reasons[member] = via
        for after in outgoing.get(member, ()):
            if after.imported not in done:
                cost = uncertain + (after.evidence not in CERTAIN), length + 1
                heapq.heappush(queue, (*cost, (after.importer, after.imported, after.line, after.evidence, after.detail), after))
    return Reasons(reasons, entry)
