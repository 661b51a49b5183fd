"""What a run of the function on this machine touched, as evidence: ``--observe`` and ``--only-observed``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clustrix_bundle.bundler.analysis.found import Found, FoundEdge
    from clustrix_bundle.bundler.analysis.search import Search
    from clustrix_bundle.bundler.analysis.world import LoadedModule, Rules

DETAIL = "touched when the function ran here"
KEPT = frozenset({"import", "folded", "included", "observed"})
"""Evidence that can hold whether or not a run showed it (`_certain`); all else is possible only."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What was touched.

    Attributes:
        paths: Existing files that were read or imported, and folders that were listed; absolute, as the code named them.
        only: Whether files that possible evidence alone brings stay, if they are not among them.
        called: File and first line of each function that was called; None where that is not known.
    """

    paths: tuple[str, ...]
    only: bool = False
    called: frozenset[tuple[str, int]] | None = None


def take_observed(search: Search, observed: Observed, rules: Rules) -> None:
    """Ships what was touched and does not ship yet. Secret files stay, and data in folders that belong to the cluster."""
    found, walk = search.found, search.walk
    importer, line = str(search.entry.path), search.place.line
    here = {os.path.realpath(path) for path in found.files}
    for path in observed.paths:
        if os.path.realpath(path) in here or search.data.layout.base_of(path) is None:
            continue
        name = search.module_name(walk.project, path)
        if name is not None:
            walk.reach(name, importer, line, "observed", DETAIL)
        elif not rules.is_the_clusters(Path(path)):
            for shipped in search.data.observe(path, importer, line, DETAIL):
                walk.project.ship(shipped)


def drop_untouched(found: Found, observed: Observed, entry_path: str) -> None:
    """Takes out what possible evidence alone brought, no run touched, and no kept file surely imports; folders cost nothing and stay."""
    touched = set(map(os.path.realpath, observed.paths))
    kept = _reachable(
        {entry_path, "", *(path for path in found.files if os.path.realpath(path) in touched)},
        _without_uncalled(_certain(found.edges), found.modules, observed.called),
    )
    dropped = {path for path, file in found.files.items() if path not in kept and file.kind != "dir"}
    for path in dropped:
        del found.files[path]
        found.excluded[path] = "not touched when the function ran here (--only-observed)"
    found.modules[:] = [module for module in found.modules if str(module.path) not in dropped]
    for uses in (found.missing, found.packages, found.standard):
        for use in [use for use in uses if use.importer in dropped]:
            del uses[use]  # type: ignore[arg-type]


def _certain(edges: Iterable[FoundEdge]) -> list[FoundEdge]:
    """Edges that hold whether or not a run showed it: a name that folds to one of several modules is a choice, which the run made."""
    kept = [edge for edge in edges if edge.evidence in KEPT]
    choices: dict[tuple[str, int, str], set[str]] = {}
    for edge in kept:
        if edge.evidence == "folded":
            choices.setdefault((edge.importer, edge.line, edge.detail), set()).add(edge.imported)
    open_calls = {call for call, modules in choices.items() if len(_innermost(modules)) > 1}
    return [edge for edge in kept if edge.evidence != "folded" or (edge.importer, edge.line, edge.detail) not in open_calls]


def _without_uncalled(
    edges: list[FoundEdge], modules: Iterable[LoadedModule], called: frozenset[tuple[str, int]] | None
) -> list[FoundEdge]:
    """Without imports in functions that were not called. Those in a function that was are there, whatever way it took."""
    if called is None:
        return edges
    ran = {(os.path.realpath(path), line) for path, line in called}
    by_path = {module.file: module for module in modules}
    functions: dict[str, list[tuple[int, int, bool]]] = {}

    def counts(edge: FoundEdge) -> bool:
        module = by_path.get(edge.importer)
        if module is None or edge.evidence not in ("import", "folded") or not edge.line:
            return True
        rows = functions.get(edge.importer)
        if rows is None:
            path = os.path.realpath(edge.importer)
            rows = functions[edge.importer] = [
                (scope.line, scope.end_line, (path, scope.first_line) in ran or (path, scope.line) in ran)
                for scope in module.facts.scopes
                if scope.kind in ("function", "async", "lambda")
            ]
        around = [row for row in rows if row[0] <= edge.line <= row[1]]
        return not around or around[-1][2]

    return [edge for edge in edges if counts(edge)]


def _innermost(paths: set[str]) -> set[str]:
    """Modules without the packages that are only on the way to another."""
    return {
        path
        for path in paths
        if os.path.basename(path) != "__init__.py"
        or not any(other != path and other.startswith(os.path.dirname(path) + os.sep) for other in paths)
    }


def _reachable(start: set[str], edges: Iterable[FoundEdge]) -> set[str]:
    outgoing: dict[str, list[str]] = {}
    for edge in edges:
        outgoing.setdefault(edge.importer, []).append(edge.imported)
    reached, waiting = set(start), list(start)
    while waiting:
        for path in outgoing.get(waiting.pop(), ()):
            if path not in reached:
                reached.add(path)
                waiting.append(path)
    return reached
