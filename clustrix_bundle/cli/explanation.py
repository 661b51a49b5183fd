"""What ``build --explain`` tells of a sliced entry file: which statements travel, which do not, and why."""

from __future__ import annotations

import io
import tokenize
from typing import TYPE_CHECKING, Any

from clustrix_bundle.cli.output import printable, render_table

if TYPE_CHECKING:
    from pathlib import Path

    from clustrix_bundle.bundler.graph import DependencyGraph

_WIDTH = 60


def explain_json(graph: DependencyGraph) -> list[dict[str, Any]]:
    """Every top-level statement of the entry file in source order; empty if the file travels whole."""
    lines = _source_lines(graph)
    return [
        {"line": one.line, "kept": one.kept, "reason": one.reason, "source": _line(lines, one.line)} for one in graph.decisions
    ]


def explain_text(graph: DependencyGraph) -> str:
    """The same as a table."""
    rows = [
        (str(row["line"]), "kept" if row["kept"] else "dropped", printable(_short(row["source"])), printable(row["reason"]))
        for row in explain_json(graph)
    ]
    if not rows:
        return "the entry point's file is a module: it travels whole"
    return render_table([("line", "", "statement", "because"), *rows], right=(0,))


def _source_lines(graph: DependencyGraph) -> list[str]:
    """The entry file as the user has it (what ships is blank where statements were dropped); none for a notebook."""
    node = graph.nodes.get(graph.entry.member)
    if node is None or node.path is None or node.path.suffix == ".ipynb":
        return node.content.decode("utf-8", "replace").splitlines() if node is not None and node.content is not None else []
    return _decoded(node.path)


def _decoded(path: Path) -> list[str]:
    try:
        data = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding, "replace").splitlines()
    except (OSError, SyntaxError):
        return []


def _line(lines: list[str], number: int) -> str:
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def _short(source: str) -> str:
    return source if len(source) <= _WIDTH else source[: _WIDTH - 1] + "…"
