"""``clustrix-bundle diff``: which inputs moved the id."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from clustrix_bundle.bundler.diff import diff_manifests
from clustrix_bundle.cli.opened import open_bundle
from clustrix_bundle.cli.options import json_option
from clustrix_bundle.cli.output import print_json, printable, render_size

if TYPE_CHECKING:
    from clustrix_bundle.bundler.diff import Difference

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


@click.command("diff")
@click.argument("first")
@click.argument("second")
@json_option
def diff_command(first: str, second: str, as_json: bool) -> int:
    """Say which inputs make the ids of two bundles differ; exit code 1 if they do."""
    with open_bundle(first) as one, open_bundle(second) as two:
        found = diff_manifests(one.manifest, two.manifest)
        ids = one.id, two.id
    same = ids[0] == ids[1]
    if as_json:
        rows = [{"section": d.section, "name": d.name, "change": d.change, "before": d.before, "after": d.after} for d in found]
        print_json({"ok": True, "same": same, "ids": list(ids), "differences": rows})
    elif same:
        click.echo(f"same id: {ids[0]}")
    else:
        click.echo(f"- {ids[0]}  {printable(first)}\n+ {ids[1]}  {printable(second)}")
        for difference in found:
            click.echo(printable(_line(difference)))
    return 0 if same else 1


def _line(difference: Difference) -> str:
    what = f"{difference.section} {difference.name}".rstrip()
    if difference.section == "members":
        what = f"{difference.name}  {_member_change(difference.before, difference.after)}"
    elif difference.section == "requirements" and difference.change == "changed":
        what += f"  {_version(difference.before)} -> {_version(difference.after)}"
    elif difference.change == "changed" or not difference.name:
        what += f"  {_short(difference.before)} -> {_short(difference.after)}"
    return f"{_SIGNS[difference.change]} {what}"


def _member_change(before: Any, after: Any) -> str:
    if before is None or after is None:
        row = after or before
        return f"{row['kind']}, {render_size(row['size'])}" if "size" in row else str(row["kind"])
    changed = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    words = []
    for key in changed:
        if key == "sha256":
            words.append("content")
        elif key != "size" or "sha256" not in changed:
            words.append(f"{key} {_short(before.get(key))} -> {_short(after.get(key))}")
    if "size" in changed:
        words.append(f"{before.get('size')} -> {after.get('size')} bytes")
    return ", ".join(words)


def _version(row: Any) -> str:
    return str(row["version"]) if isinstance(row, dict) else _short(row)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= 120 else text[:117] + "..."
