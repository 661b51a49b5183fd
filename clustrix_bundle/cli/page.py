"""The page that ``inspect --html`` writes: one file, no script, nothing fetched, everything escaped."""

from __future__ import annotations

import html
import os
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.why import find_reasons
from clustrix_bundle.cli.inspect import sections, summary_rows
from clustrix_bundle.cli.output import printable, render_count, render_size
from clustrix_bundle.cli.view import render_edge, shown

if TYPE_CHECKING:
    from clustrix_bundle.bundler.manifest import Member
    from clustrix_bundle.bundler.reader import BundleReader
    from clustrix_bundle.bundler.why import Reasons

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --dim: #777; --bar: #4a90d955; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; white-space: nowrap; } td.size { text-align: right; white-space: nowrap; }
code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; } .dim { color: var(--dim); }
details { margin: .1rem 0; } ol { margin: .2rem 0; padding-left: 1.4rem; }
.bar { background: linear-gradient(to left, var(--bar) var(--part), transparent var(--part)); }
"""


def render_page(reader: BundleReader) -> str:
    """The page of a bundle."""
    manifest = reader.manifest
    reasons = find_reasons(reader.report.edges, manifest.entry.member)
    largest = max((member.size for member in manifest.members), default=0) or 1
    rows = "\n".join(_file_row(member, reasons, largest) for member in manifest.members)
    summary = "\n".join(
        f"<tr><th>{_text(name)}</th><td><code>{_text(value)}</code></td></tr>" for name, value in summary_rows(reader)
    )
    lists = "\n".join(
        f"<h2>{_text(title[:1].upper() + title[1:])}</h2>\n<ul>\n"
        + "\n".join(f"<li><code>{_text(line)}</code></li>" for line in lines)
        + "\n</ul>"
        for title, lines in sections(reader)
    )
    title = _text(os.path.basename(reader.path))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{title}</h1>
<table>
{summary}
</table>
<h2>{render_count(len(manifest.members), "member")}</h2>
<table>
<tr><th>Path</th><th>Kind</th><th>Size</th><th>Why</th></tr>
{rows}
</table>
{lists}
</body>
</html>
"""


def _file_row(member: Member, reasons: Reasons, largest: int) -> str:
    target = f" → {_text(member.target)}" if member.kind == "link" else ""
    notes = [word for word, holds in (("executable", member.executable), ("kept outside the bundle", member.detached)) if holds]
    kind = member.kind + (f" <span class='dim'>({', '.join(notes)})</span>" if notes else "")
    part = round(100 * member.size / largest)
    digest = f" title='SHA-256 {member.sha256}'" if member.sha256 else ""
    size = render_size(member.size) if member.is_file else ""
    return (
        f"<tr><td><code{digest}>{_text(member.path)}{target}</code></td><td>{kind}</td>"
        f"<td class='size bar' style='--part: {part}%'>{size}</td><td>{_why(member, reasons)}</td></tr>"
    )


def _why(member: Member, reasons: Reasons) -> str:
    if member.kind == "entry":
        return "the entry point"
    chain = reasons.chain(member.path)
    if not chain:
        return ""
    last = f"<code>{_text(render_edge(chain[-1]))}</code>"
    if len(chain) == 1:
        return last
    steps = "".join(
        f"<li><code>{_text(shown(edge.imported))}</code> <span class='dim'>{_text(render_edge(edge))}</span></li>"
        for edge in chain
    )
    return f"<details><summary>{last}</summary><ol>{steps}</ol></details>"


def _text(text: str) -> str:
    return html.escape(printable(text))
