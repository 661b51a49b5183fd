"""``clustrix-bundle build``: from a function's name to a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clustrix_bundle.build import BuildOptions, analyze_target, observe_target, pack_graph, rehearse_bundle
from clustrix_bundle.cli.output import print_json, print_text, printable, progress, render_count, render_size
from clustrix_bundle.cli.plain import JSON_OPTION, PROJECT_OPTIONS, Command, Option

if TYPE_CHECKING:
    from clustrix_bundle.bundler.graph import DependencyGraph
    from clustrix_bundle.bundler.package import PackageInfo
    from clustrix_bundle.rehearsal import Rehearsal


def build(
    target: str,
    *,
    output: str | None,
    blobs: str | None,
    observe: str | None,
    only_observed: bool,
    rehearse: bool,
    explain: bool,
    as_json: bool,
    **project: Any,
) -> int:
    """Bundle the function TARGET with everything it needs.

    TARGET is pkg.mod:func, pkg.mod:Class.method, path/script.py:func or notebook.ipynb:func. The exit code is 3 if a rehearsal
    misses something; the bundle is there all the same.
    """
    options = BuildOptions(**project)
    arguments = None
    if observe is not None:
        from clustrix_bundle.cli.json_argument import parse_json_argument  # noqa: PLC0415 - few builds observe

        arguments = parse_json_argument("--observe", observe, list, dict)
    if only_observed and arguments is None:
        import click  # noqa: PLC0415 - reads lines that have this option

        raise click.UsageError("--only-observed needs --observe ARGS: nothing was observed")
    with progress(f"analysing {target}"):
        graph = (
            analyze_target(target, options) if arguments is None else _observed(target, options, arguments, only=only_observed)
        )
    with progress("packing"):
        info = pack_graph(graph, output, blobs)
    rehearsal = None
    if rehearse:
        with progress("rehearsing"):
            rehearsal = rehearse_bundle(info, options, blobs)
    if as_json:
        told = built_json(info)
        if explain:
            from clustrix_bundle.cli.explanation import explain_json  # noqa: PLC0415 - or explain

            told["explanation"] = explain_json(graph)
        print_json(told if rehearsal is None else {**told, "rehearsal": _rehearsal_json(rehearsal)})
    else:
        print_text(_built_text(info))
        if explain:
            from clustrix_bundle.cli.explanation import explain_text  # noqa: PLC0415

            print_text(explain_text(graph))
        if rehearsal is not None:
            print_text(_rehearsal_text(rehearsal))
    return 0 if rehearsal is None or rehearsal.ok else 3


build_command = Command(
    "build",
    "target",
    (
        Option(
            ("-o", "--output"), "output", "A file name ending in .zst, or a folder; the current folder by default.", "FILE|DIR"
        ),
        Option(("--blobs",), "blobs", "Keep data of 1 MiB and more out of the bundle, in this folder, by digest.", "DIR"),
        Option(
            ("--observe",),
            "observe",
            "Run the function once, here, with these arguments (an array, or an object of keywords); what it opens and imports ships too.",
            "JSON|@FILE",
            is_involved=True,
        ),
        Option(
            ("--only-observed",),
            "only_observed",
            "With --observe: leave out what is only possible, or imported by functions not called, and was not touched.",
            is_involved=True,
        ),
        Option(("--rehearse",), "rehearse", "Then import everything from the bundle alone, and tell what is missing."),
        Option(("--explain",), "explain", "Tell which statements of a script travel with the function, and why."),
        *PROJECT_OPTIONS,
        JSON_OPTION,
    ),
    build,
)


def _observed(target: str, options: BuildOptions, arguments: Any, *, only: bool) -> DependencyGraph:
    args, kwargs = (arguments, {}) if isinstance(arguments, list) else ([], arguments)
    return observe_target(target, options, args, kwargs, only=only)


def _rehearsal_json(rehearsal: Rehearsal) -> dict[str, Any]:
    from dataclasses import asdict  # noqa: PLC0415 - where there was a rehearsal

    return {
        "ok": rehearsal.ok,
        "imported": list(rehearsal.imported),
        "missing": [asdict(one) for one in rehearsal.missing],
        "refused": list(rehearsal.refused),
    }


def _rehearsal_text(rehearsal: Rehearsal) -> str:
    lines = [f"missing: {one}" for one in rehearsal.missing]
    lines += [f"missing: the code reaches for {path} where it stands on this machine" for path in rehearsal.refused]
    verdict = "nothing is missing" if rehearsal.ok else f"{render_count(len(lines), 'thing is', 'things are')} missing"
    count = render_count(len(rehearsal.imported), "module")
    return "\n".join(printable(line) for line in [f"rehearsal: {count} imported from the bundle alone; {verdict}", *lines])


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
    lines += [f"warning: {note}" for note in graph.warnings]
    lines += [f"left out: {one.path} ({one.reason})" for one in graph.excluded]
    return "\n".join(printable(line) for line in lines)
