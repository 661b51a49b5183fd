"""``clustrix-bundle inspect``: what is in a bundle, how big, and why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from clustrix_bundle.bundler.report import note_json
from clustrix_bundle.bundler.why import find_reasons
from clustrix_bundle.cli.opened import open_bundle
from clustrix_bundle.cli.options import json_option
from clustrix_bundle.cli.output import print_json, printable, render_count, render_size, render_table
from clustrix_bundle.cli.view import edge_json, render_edge, shown

if TYPE_CHECKING:
    from clustrix_bundle.bundler.manifest import Manifest, Member
    from clustrix_bundle.bundler.reader import BundleReader
    from clustrix_bundle.bundler.why import Reasons


@click.command("inspect")
@click.argument("bundle")
@click.option(
    "--html", "page", metavar="FILE", type=click.Path(dir_okay=False, writable=True), help="Write a page that stands alone."
)
@json_option
def inspect_command(bundle: str, page: str | None, as_json: bool) -> int:
    """Show what is in BUNDLE, how big it is, and why it is there."""
    with open_bundle(bundle) as reader:
        pass
    if page is not None:
        from clustrix_bundle.bundler.publication import write_whole  # noqa: PLC0415 - for --html only
        from clustrix_bundle.cli.page import render_page  # noqa: PLC0415

        write_whole(page, render_page(reader).encode("utf-8", "backslashreplace"), "the page")
    if as_json:
        value = inspect_json(reader)
        if page is not None:
            value["html"] = page
        print_json(value)
    elif page is not None:
        click.echo(printable(page))
    else:
        click.echo(inspect_text(reader))
    return 0


def inspect_json(reader: BundleReader) -> dict[str, Any]:
    """Manifest and report in one object; ``files`` with size, digest and the edge that brings each."""
    manifest, report = reader.manifest, reader.report
    reasons = find_reasons(report.edges, manifest.entry.member)
    value = manifest.to_json()
    del value["members"], value["schema"]
    files = []
    for member in manifest.members:
        edge = reasons.edges.get(member.path)
        files.append(
            {"sha256": None, "size": 0, **member.to_json(), "why": edge_json(edge) if edge is not None else None},
        )
    return {
        "ok": True,
        "id": reader.id,
        "path": reader.path,
        "size": os.path.getsize(reader.path),
        **value,
        "files": files,
        "built_with": {
            "clustrix_bundle": report.built_with.clustrix_bundle,
            "python": report.built_with.python,
            "extractor": report.built_with.extractor,
        },
        "warnings": [note_json(note) for note in report.warnings],
        "unresolved": [note_json(note) for note in report.unresolved],
        "excluded": [{"path": one.path, "reason": one.reason} for one in report.excluded],
        "python_reasons": [note_json(note) for note in report.python_reasons],
    }


def summary_rows(reader: BundleReader) -> list[tuple[str, str]]:
    """What a bundle is, in words: names and values."""
    manifest, report = reader.manifest, reader.report
    files = [member for member in manifest.members if member.is_file]
    entry = manifest.entry
    where = f"{shown(entry.member)}:{report.entry_line}" if report.entry_line else shown(entry.member)
    rows = [
        ("entry point", f"{entry.module}:{entry.qualname}  ({where})".lstrip(":") if entry.member else entry.qualname),
        ("id", reader.id),
        (
            "size",
            f"{render_size(os.path.getsize(reader.path))} packed, {render_size(sum(member.size for member in files))} in {render_count(len(files), 'file')}",
        ),
        ("Python", render_python(manifest)),
        ("runs in", f"{manifest.cwd}/"),
        ("search path", ", ".join(f"{folder}/" for folder in manifest.sys_path)),
    ]
    if report.built_with.clustrix_bundle:
        rows.append(("built with", f"clustrix-bundle {report.built_with.clustrix_bundle}, Python {report.built_with.python}"))
    return rows


def render_python(manifest: Manifest) -> str:
    """The versions that can run it: ``3.8 and later, below 3.12``."""
    minimum, below = manifest.python
    text = f"{minimum[0]}.{minimum[1]} and later"
    return text if below is None else f"{text}, below {below[0]}.{below[1]}"


def sections(reader: BundleReader) -> list[tuple[str, list[str]]]:
    """The lists that people look at after the files: title and lines, none of them empty."""
    manifest, report = reader.manifest, reader.report
    calls = [f"{shown(call.member)}:{call.line}  {call.source}" for call in manifest.filesystem_calls]
    found = [
        ("requirements", [_requirement_line(one) for one in manifest.requirements]),
        ("captured values", [f"{one.name}  {one.type}, {render_size(one.size)}, {one.how}" for one in manifest.values]),
        ("cluster filesystem calls", calls),
        ("Python versions because of", [str(note) for note in report.python_reasons]),
        ("warnings", [str(note) for note in report.warnings]),
        ("unresolved", [str(note) for note in report.unresolved if note not in report.warnings]),
        ("left out", [f"{one.path}  {one.reason}" for one in report.excluded]),
    ]
    return [(title, lines) for title, lines in found if lines]


def _requirement_line(one: Any) -> str:
    notes = [f"for {', '.join(one.modules)}"] if one.modules else []
    notes += ["optional"] if one.optional else []
    notes += [f"{one.source}: {one.url}" if one.url else one.source] if one.source else []
    extras = f"[{','.join(one.extras)}]" if one.extras else ""
    return f"{one.name}{extras}=={one.version}  ({'; '.join(notes)})"


def inspect_text(reader: BundleReader) -> str:
    """Summary, tree of the files with sizes and reasons, and lists."""
    reasons = find_reasons(reader.report.edges, reader.manifest.entry.member)
    parts = [render_table([(name, printable(text)) for name, text in summary_rows(reader)])]
    parts.append(render_table(_tree_rows(reader.manifest, reasons), right=(0,)))
    for title, lines in sections(reader):
        parts.append("\n".join([f"{title}:", *(f"  {printable(line)}" for line in lines)]))
    return "\n\n".join(part for part in parts if part)


def _tree_rows(manifest: Manifest, reasons: Reasons) -> list[tuple[str, ...]]:
    """Folders with the size of all below them, files with their own, and why."""
    totals: dict[str, int] = {}
    for member in manifest.members:
        folder = member.path.rpartition("/")[0]
        while folder:
            totals[folder] = totals.get(folder, 0) + member.size
            folder = folder.rpartition("/")[0]
    rows: list[tuple[str, ...]] = []
    open_folders: list[str] = []
    for member in manifest.members:
        parts = member.path.split("/")
        folders = parts[:-1]
        same = 0
        while same < min(len(folders), len(open_folders)) and folders[same] == open_folders[same]:
            same += 1
        rows += [
            (render_size(totals["/".join(folders[: depth + 1])]), f"{'  ' * depth}{printable(folders[depth])}/", "")
            for depth in range(same, len(folders))
        ]
        open_folders = folders
        name = f"{'  ' * len(folders)}{printable(parts[-1])}{_mark(member)}"
        rows.append((render_size(member.size) if member.is_file else "", name, printable(_why(member, reasons))))
    return rows


def _mark(member: Member) -> str:
    if member.kind == "link":
        return f" -> {printable(member.target)}"
    return "/" if member.kind == "dir" else "*" if member.executable else ""


def _why(member: Member, reasons: Reasons) -> str:
    edge = reasons.edges.get(member.path)
    kept = ", kept outside the bundle" if member.detached else ""
    if member.kind == "entry":
        return f"the entry point{kept}"
    return f"{member.kind}{kept}" + (f"  {render_edge(edge)}" if edge is not None else "")
