"""What is made of results: rows of JSON, a table for the terminal and the docs, and a plot."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from harness import Result

Row = Mapping[str, Any]
TABLE_START, TABLE_END = "<!-- table: written by benchmarks/run.py -->", "<!-- end of table -->"
PEERS_START, PEERS_END = "<!-- peers: written by benchmarks/run.py -->", "<!-- end of peers -->"


def row(benchmark: str, result: Result) -> Row:
    """One figure of a benchmark as JSON."""
    figure = result.figure
    base: dict[str, Any] = {
        "name": figure.name, "benchmark": benchmark, "work": figure.work, "ours": figure.ours, "peers": list(figure.peers), "quantity": figure.quantity,
        "target": figure.bound, "target_is": "at least" if figure.at_least else "at most",
    }  # fmt: skip
    if result.skipped:
        return {**base, "skipped": result.skipped}
    if not math.isnan(result.ratio):
        base.update(
            ratio=round(result.ratio, 4), least=round(result.spread[0], 4), largest=round(result.spread[1], 4), met=result.met
        )
    return {
        **base,
        "rounds": result.rounds,
        "missing": dict(result.missing),
        "medians": {
            name: {
                "seconds": round(sample.seconds, 4),
                "cpu_seconds": round(sample.cpu_seconds, 4),
                "peak_bytes": sample.peak_bytes,
                "note": result.notes.get(name, ""),
            }
            for name, sample in result.medians.items()
        },
    }


def says_more(new: Row, known: Row) -> bool:
    """Whether a figure tells at least as much as what stands for it: a ratio more than times, times more than why there are none."""
    return ("ratio" in new, "medians" in new) >= ("ratio" in known, "medians" in known)


def merged(path: Path, rows: Iterable[Row], order: Sequence[str]) -> dict[str, Any]:
    """What stands in the file, with these figures in place of earlier ones of the same names unless those say more; written back.

    The figures are in this order of their names; others, which nobody measures any more, are dropped.
    """
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"figures": []}
    figures = {figure["name"]: figure for figure in known["figures"]}
    figures.update({new["name"]: new for new in rows if says_more(new, figures.get(new["name"], {}))})
    document = {"machine": machine(), "figures": [figures[name] for name in order if name in figures]}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return document


def machine() -> dict[str, Any]:
    """What the numbers hang on, without names."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "processors": os.cpu_count(),
    }


def target(figure: Row) -> str:
    """The bound in words."""
    return "" if figure["target"] is None else f"{'≥' if figure['target_is'] == 'at least' else '≤'} {figure['target']:g} ×"


def amount(figure: Row, name: str) -> str:
    """What a contender took, with its unit."""
    taken = figure["medians"][name]
    if figure["quantity"] == "peak_bytes":
        return f"{taken['peak_bytes'] / 1e6:.0f} MB"
    return duration(taken["seconds"])


def duration(seconds: float) -> str:
    """In milliseconds or seconds."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def table(figures: Sequence[Row]) -> str:
    """A Markdown table of all figures, ours beside the peers."""
    lines = ["| work | ours | beside | ratio | target | |", "| --- | --- | --- | --- | --- | --- |"]
    for figure in figures:
        if "skipped" in figure:
            lines.append(f"| {figure['work']} | | | | {target(figure)} | not measured: {figure['skipped']} |")
            continue
        missing = figure.get("missing", {})
        peers = " + ".join(f"{name} {missing.get(name) or amount(figure, name)}" for name in figure["peers"]) or "the limit"
        if "ratio" not in figure:
            lines.append(f"| {figure['work']} | {amount(figure, figure['ours'])} | {peers} | | {target(figure)} | not compared |")
            continue
        met = {True: "met", False: "**missed**", None: ""}[figure["met"]]
        spread = f"{figure['ratio']:.3g} × ({figure['least']:.3g} to {figure['largest']:.3g})"
        lines.append(f"| {figure['work']} | {amount(figure, figure['ours'])} | {peers} | {spread} | {target(figure)} | {met} |")
    return "\n".join(lines)


def peers_table(figures: Sequence[Row]) -> str:
    """A Markdown table of everybody who took part: times and peaks."""
    lines = ["| benchmark | who | time | of processors | peak memory | |", "| --- | --- | --- | --- | --- | --- |"]
    seen: set[str] = set()
    for figure in figures:
        if "skipped" in figure or figure["benchmark"] in seen:
            continue
        seen.add(figure["benchmark"])
        for name, taken in figure["medians"].items():
            whole = taken["peak_bytes"] and not taken["note"]
            spent = duration(taken["cpu_seconds"]) if taken.get("cpu_seconds") else ""
            peak = f"{taken['peak_bytes'] / 1e6:.0f} MB" if whole else ""
            lines.append(
                f"| {figure['benchmark']} | {name} | {duration(taken['seconds'])} | {spent} | {peak} | {taken['note']} |"
            )
        lines += [f"| {figure['benchmark']} | {name} | | | | {why} |" for name, why in figure.get("missing", {}).items()]
    return "\n".join(lines)


def write_page(path: Path, figures: Sequence[Row]) -> None:
    """Puts both tables between their marks in the docs."""
    text = path.read_text(encoding="utf-8")
    for start, end, content in ((TABLE_START, TABLE_END, table(figures)), (PEERS_START, PEERS_END, peers_table(figures))):
        before, _, rest = text.partition(start)
        text = f"{before}{start}\n{content}\n{end}{rest.partition(end)[2]}"
    path.write_text(text, encoding="utf-8")


def plot(figures: Sequence[Row]) -> str:
    """An SVG: for each figure with a target how near it is, on a logarithmic axis; left of the line is better."""
    rows = [figure for figure in figures if "ratio" in figure and figure["target"]]
    left, width, height, top = 430, 430, 26, 54
    shares = [
        figure["target"] / figure["ratio"] if figure["target_is"] == "at least" else figure["ratio"] / figure["target"]
        for figure in rows
    ]
    low, high = math.log10(min([0.2, *shares])) - 0.1, math.log10(max([2.0, *shares])) + 0.1

    def at(share: float) -> float:
        return left + (math.log10(share) - low) / (high - low) * width

    total = top + height * len(rows) + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 110} {total}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        '<text x="12" y="22" font-size="15">Share of the target that is used (left of the line: met)</text>',
    ]
    for tick in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100):
        if low <= math.log10(tick) <= high:
            x = at(tick)
            colour, stroke = ("#333", 2) if tick == 1 else ("#ddd", 1)
            parts.append(
                f'<line x1="{x:.1f}" y1="{top - 8}" x2="{x:.1f}" y2="{total - 26}" stroke="{colour}" stroke-width="{stroke}"/>'
            )
            parts.append(f'<text x="{x:.1f}" y="{total - 10}" text-anchor="middle" fill="#555">{tick:g}</text>')
    for number, (figure, share) in enumerate(zip(rows, shares, strict=True)):
        y = top + height * number
        colour = "#3a7d44" if figure["met"] else "#b8442e"
        parts.append(f'<text x="{left - 8}" y="{y + 12}" text-anchor="end">{escape(figure["work"])}</text>')
        parts.append(f'<rect x="{left}" y="{y}" width="{max(1.0, at(share) - left):.1f}" height="16" fill="{colour}"/>')
        parts.append(
            f'<text x="{at(share) + 6:.1f}" y="{y + 12}" fill="#333">{figure["ratio"]:.3g} × ({escape(target(figure))})</text>'
        )
    return "\n".join([*parts, "</svg>", ""])
