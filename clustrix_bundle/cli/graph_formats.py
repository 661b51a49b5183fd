"""Forms in which a dependency graph is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.why import CERTAIN
from clustrix_bundle.cli.output import printable
from clustrix_bundle.cli.view import edge_json, render_edge, shown

if TYPE_CHECKING:
    from clustrix_bundle.bundler.graph import Edge
    from clustrix_bundle.cli.view import View


def graph_json(view: View) -> dict[str, Any]:
    """Files with their kind and their own evidence, and every edge."""
    reasons = view.reasons()
    files = []
    for member, kind in view.kinds.items():
        edge = reasons.edges.get(member)
        files.append({"path": member, "kind": kind, "evidence": edge.evidence if edge is not None else None})
    return {
        "ok": True,
        "entry": {"name": view.entry, "member": view.entry_member},
        "files": files,
        "edges": [edge_json(edge) for edge in view.edges],
        "warnings": [str(note) for note in view.warnings],
        "unresolved": [str(note) for note in view.unresolved],
    }


def render_text(view: View) -> str:
    """A tree: every file once, below the file that brings it."""
    children: dict[str, list[Edge]] = {}
    reasons = view.reasons()
    for edge in reasons.edges.values():
        if edge.imported != view.entry_member:
            children.setdefault(edge.importer, []).append(edge)
    lines = [printable(f"{view.entry}  {shown(view.entry_member)}".rstrip())]
    roots = children.get(view.entry_member, []) if view.entry_member else []
    _add_branches(roots + [edge for edge in children.get("", []) if edge.imported in view.kinds], children, lines)
    rest = [member for member in view.kinds if member not in reasons.edges and member != view.entry_member]
    if rest:
        lines.append("also shipped:")
        lines += [f"  {printable(shown(member))}  {view.kinds[member]}" for member in rest]
    return "\n".join(lines) + "\n"


def _add_branches(roots: list[Edge], children: dict[str, list[Edge]], lines: list[str]) -> None:
    stack = [(edge, "", index == 0) for index, edge in enumerate(sorted(roots, key=_by_place, reverse=True))]
    while stack:
        edge, indent, last = stack.pop()
        lines.append(printable(f"{indent}{'└── ' if last else '├── '}{shown(edge.imported)}  ({_short_reason(edge)})"))
        below = sorted(children.get(edge.imported, []), key=_by_place, reverse=True)
        deeper = indent + ("    " if last else "│   ")
        stack += [(one, deeper, index == 0) for index, one in enumerate(below)]


def _by_place(edge: Edge) -> tuple[int, str]:
    return edge.line, edge.imported


def _short_reason(edge: Edge) -> str:
    words = f"{edge.evidence}: {edge.detail}" if edge.detail else edge.evidence
    words = words if len(words) <= 90 else words[:87] + "..."
    return f"line {edge.line}, {words}" if edge.line else words


def render_dot(view: View) -> str:
    """A Graphviz digraph; possible edges are dashed."""
    lines = ["digraph bundle {", "  rankdir=LR;", "  node [shape=box, fontname=monospace];"]
    for member, kind in view.kinds.items():
        shape = "box, style=bold" if member == view.entry_member else "box" if kind in ("entry", "module") else "note"
        lines.append(f"  {_dot(member)} [label={_dot(shown(member))}, shape={shape}];")
    for edge in view.edges:
        if edge.importer and edge.imported in view.kinds and edge.importer in view.kinds:
            style = "solid" if edge.evidence in CERTAIN else "dashed"
            lines.append(f"  {_dot(edge.importer)} -> {_dot(edge.imported)} [style={style}, tooltip={_dot(render_edge(edge))}];")
    return "\n".join([*lines, "}"]) + "\n"


def _dot(text: str) -> str:
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def render_mermaid(view: View) -> str:
    """A Mermaid flowchart; possible edges are dotted."""
    names = {member: f"n{index}" for index, member in enumerate(view.kinds)}
    lines = ["flowchart LR"]
    for member, name in names.items():
        left, right = ('(["', '"])') if member == view.entry_member else ('["', '"]')
        lines.append(f"  {name}{left}{_mermaid(shown(member))}{right}")
    drawn: dict[tuple[str, str, str], None] = {}
    for edge in view.edges:
        if edge.importer in names and edge.imported in names:
            arrow = "-->" if edge.evidence in CERTAIN else "-.->"
            drawn[names[edge.importer], arrow, names[edge.imported]] = None
    lines += [f"  {importer} {arrow} {imported}" for importer, arrow, imported in drawn]
    return "\n".join(lines) + "\n"


def _mermaid(text: str) -> str:
    """Letters, digits and what is harmless in a quoted label; all else as entities."""
    return "".join(c if c.isalnum() or c in " ./_-:" else f"#{ord(c)};" for c in printable(text))


def render_json(view: View) -> str:
    """`graph_json` as text."""
    return json.dumps(graph_json(view)) + "\n"


FORMATS: dict[str, Callable[[View], str]] = {
    "text": render_text,
    "dot": render_dot,
    "mermaid": render_mermaid,
    "json": render_json,
}
