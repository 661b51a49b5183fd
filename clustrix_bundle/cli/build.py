"""``clustrix-bundle build``: from a function's name to a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from clustrix_bundle.build import analyze_target, pack_graph
from clustrix_bundle.cli.options import build_options, json_option, project_options
from clustrix_bundle.cli.output import print_json, printable, progress, render_count, render_size

if TYPE_CHECKING:
    from clustrix_bundle.bundler.package import PackageInfo


@click.command("build")
@click.argument("target")
@click.option(
    "-o", "--output", metavar="FILE|DIR", help="A file name ending in .zst, or a folder; the current folder by default."
)
@click.option("--blobs", metavar="DIR", help="Keep data of 1 MiB and more out of the bundle, in this folder, by digest.")
@project_options
@json_option
def build_command(target: str, output: str | None, blobs: str | None, as_json: bool, **project: Any) -> int:
    """Bundle the function TARGET with everything it needs.

    TARGET is pkg.mod:func, pkg.mod:Class.method, path/script.py:func or notebook.ipynb:func.
    """
    with progress(f"analysing {target}"):
        graph = analyze_target(target, build_options(**project))
    with progress("packing"):
        info = pack_graph(graph, output, blobs)
    if as_json:
        print_json(built_json(info))
    else:
        click.echo(_built_text(info))
    return 0


def built_json(info: PackageInfo) -> dict[str, Any]:
    """What ``build --json`` prints."""
    from clustrix_bundle.bundler.report import note_json  # noqa: PLC0415 - only after a build

    graph = info.dependencies
    return {
        "ok": True,
        "path": info.package_path,
        "id": info.package_id,
        "size": info.size_bytes,
        "entry": {
            "module": info.manifest.entry.module,
            "qualname": info.manifest.entry.qualname,
            "kind": info.manifest.entry.kind,
        },
        "files": [member.to_json() for member in info.manifest.members],
        "requirements": [f"{one.name}=={one.version}" for one in info.manifest.requirements],
        "warnings": [note_json(note) for note in graph.warnings],
        "unresolved": [note_json(note) for note in graph.unresolved],
        "excluded": [{"path": one.path, "reason": one.reason} for one in graph.excluded],
    }


def _built_text(info: PackageInfo) -> str:
    graph, manifest = info.dependencies, info.manifest
    files = [member for member in manifest.members if member.is_file]
    lines = [
        f"{info.package_path}",
        f"  id            {info.package_id}",
        f"  size          {render_size(info.size_bytes)}: {render_count(len(files), 'file')} of {render_size(sum(one.size for one in files))}",
    ]
    if manifest.requirements:
        lines.append(f"  requirements  {', '.join(f'{one.name}=={one.version}' for one in manifest.requirements)}")
    for title, notes in (("warning", graph.warnings), ("unresolved", graph.unresolved)):
        lines += [f"{title}: {note}" for note in notes]
    lines += [f"left out: {one.path} ({one.reason})" for one in graph.excluded]
    return "\n".join(printable(line) for line in lines)
