"""What ``build --explain`` tells of a sliced entry file: which statements travel, which do not, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.facts.decode import declared_encoding
from clustrix_bundle.cli.output import printable, render_table

if TYPE_CHECKING:
    from pathlib import Path

    from clustrix_bundle.bundler.graph import DependencyGraph

_WIDTH = 60


def explain_json(graph: DependencyGraph) -> list[dict[str, Any]]:
    """Every statement outside functions of the entry file in source order; empty if the file travels whole.

    Of a notebook, ``cell`` is the number of the cell among all cells, and ``line`` counts within it.
    """
    lines = _source_lines(graph)
    rows = []
    for one in graph.decisions:
        cell = graph.notebook.cell_at(one.line) if graph.notebook is not None else None
        place = {"line": one.line} if cell is None else {"cell": cell.number, "line": one.line - cell.line + 1}
        rows.append({**place, "kept": one.kept, "reason": one.reason, "source": _line(lines, one.line)})
    return rows


def explain_text(graph: DependencyGraph) -> str:
    """The same as a table."""
    rows = [
        (_place(row), "kept" if row["kept"] else "dropped", printable(_short(row["source"])), printable(row["reason"]))
        for row in explain_json(graph)
    ]
    if not rows:
        return "the entry point's file is a module: it travels whole"
    return render_table([("line", "", "statement", "because"), *rows], right=(0,))


def _place(row: dict[str, Any]) -> str:
    return f"cell {row['cell']}, line {row['line']}" if "cell" in row else str(row["line"])


def _source_lines(graph: DependencyGraph) -> list[str]:
    """The entry file as the user has it (what ships is blank where statements were dropped); a notebook's cells as Python."""
    if graph.notebook is not None:
        return graph.notebook.source.decode("utf-8", "replace").split("\n")
    node = graph.nodes.get(graph.entry.member)
    return _decoded(node.path) if node is not None and node.path is not None else []


def _decoded(path: Path) -> list[str]:
    try:
        data = path.read_bytes()
        return data.decode(declared_encoding(data, str(path)), "replace").splitlines()
    except (OSError, SourceError):
        return []


def _line(lines: list[str], number: int) -> str:
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def _short(source: str) -> str:
    return source if len(source) <= _WIDTH else source[: _WIDTH - 1] + "…"
