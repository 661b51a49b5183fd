"""The report: what people ask a bundle (why is this in it, what was left out), no part of its id.

Free of times, hosts, users and absolute paths, and in an order that the order of discovery does not move.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from clustrix_bundle.bundler.canonical_json import parse_json, render_canonical_json
from clustrix_bundle.bundler.errors import BundleFormatError
from clustrix_bundle.bundler.graph import DependencyGraph, Edge, Excluded, Note
from clustrix_bundle.bundler.json_shape import Shape, ShapeError, integer, string
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.manifest import check_schema

REPORT_SCHEMA = 1
_rest_of_edge = attrgetter("importer", "line", "evidence", "detail")


@dataclass(frozen=True, slots=True)
class BuiltWith:
    """What built the bundle: version of this project, version of the Python that ran it, and extractor (``core`` or ``libcst``)."""

    clustrix_bundle: str = ""
    python: str = ""
    extractor: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What is told about a bundle; every list is sorted and without duplicates.

    Attributes:
        entry_line: Line of the entry point's definition, 0 where unknown.
    """

    built_with: BuiltWith = BuiltWith()
    entry_line: int = 0
    edges: tuple[Edge, ...] = ()
    warnings: tuple[Note, ...] = ()
    unresolved: tuple[Note, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    python_reasons: tuple[Note, ...] = ()

    def render(self) -> bytes:
        """The canonical text."""
        return render_canonical_json(
            {
                "schema": REPORT_SCHEMA,
                "built_with": {name: getattr(self.built_with, name) for name in ("clustrix_bundle", "python", "extractor")},
                "entry_line": self.entry_line,
                "edges": [
                    {"importer": e.importer, "imported": e.imported, "line": e.line, "evidence": e.evidence, "detail": e.detail}
                    for e in self.edges
                ],
                "warnings": [note_json(note) for note in self.warnings],
                "unresolved": [note_json(note) for note in self.unresolved],
                "excluded": [{"path": e.path, "reason": e.reason} for e in self.excluded],
                "python_reasons": [note_json(note) for note in self.python_reasons],
            },
        )


def note_json(note: Note) -> dict[str, Any]:
    """A warning as plain values."""
    return {"message": note.message, "path": note.path, "line": note.line}


def report_of(graph: DependencyGraph, built_with: BuiltWith) -> Report:
    """What there is to tell about a graph."""
    return Report(
        built_with=built_with,
        entry_line=graph.entry.line,
        edges=_sorted_edges(graph.edges),
        warnings=_notes(graph.warnings),
        unresolved=_notes(graph.unresolved),
        excluded=tuple(sorted(set(graph.excluded), key=lambda one: (one.path, one.reason))),
        python_reasons=_notes(graph.python.reasons),
    )


def _sorted_edges(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Each edge once, by what it brings first: files have few edges each, so few are compared with each other."""
    by_imported: dict[str, list[Edge]] = {}
    for edge in edges:
        by_imported.setdefault(edge.imported, []).append(edge)
    found: list[Edge] = []
    for _, group in sorted(by_imported.items()):
        group.sort(key=_rest_of_edge)
        found += group if len(set(map(_rest_of_edge, group))) == len(group) else dict.fromkeys(group)
    return tuple(found)


def parse_report(text: bytes) -> Report:
    """The report of a text.

    Raises:
        BundleFormatError: Not a report, or of a newer schema.
    """
    try:
        value = parse_json(text)
        shape = Shape(value, "report")
        check_schema(value, REPORT_SCHEMA, "report")
        with_ = shape.object("built_with")
        return Report(
            built_with=BuiltWith(*(with_.get(name, string) for name in ("clustrix_bundle", "python", "extractor"))),
            entry_line=shape.get("entry_line", integer),
            edges=tuple(_edge(row) for row in shape.objects("edges")),
            warnings=tuple(_note(row) for row in shape.objects("warnings")),
            unresolved=tuple(_note(row) for row in shape.objects("unresolved")),
            excluded=tuple(Excluded(row.get("path", string), row.get("reason", string)) for row in shape.objects("excluded")),
            python_reasons=tuple(_note(row) for row in shape.objects("python_reasons")),
        )
    except ShapeError as error:
        raise BundleFormatError(f"the report is damaged: {error}") from error
    except ValueError as error:
        raise BundleFormatError(f"the report is damaged: not JSON ({error})") from error


def _edge(row: Shape) -> Edge:
    return Edge(
        importer=row.get("importer", string),
        imported=row.get("imported", string),
        line=row.get("line", integer),
        evidence=row.get("evidence", string),
        detail=row.get("detail", string),
    )


def _note(row: Shape) -> Note:
    return Note(row.get("message", string), row.get("path", string), row.get("line", integer))


def _notes(notes: list[Note] | tuple[Note, ...]) -> tuple[Note, ...]:
    return tuple(sorted(set(notes), key=lambda note: (note.path, note.line, note.message)))
