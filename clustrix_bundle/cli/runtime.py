"""``clustrix-bundle runtime``: the one file that runs bundles."""

from __future__ import annotations

import hashlib

import click

from clustrix_bundle.cli.options import json_option
from clustrix_bundle.cli.output import print_json, printable, render_size
from clustrix_bundle.runtime_program import write_runtime


@click.command("runtime")
@click.option("-o", "--output", metavar="FILE", default="runtime.pyz", show_default=True, help="Where to write it.")
@json_option
def runtime_command(output: str, as_json: bool) -> int:
    """Write runtime.pyz, which runs any bundle with any Python from 3.6 on: python3 runtime.pyz run BUNDLE."""
    content = write_runtime(output)
    if as_json:
        print_json({"ok": True, "path": output, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    else:
        click.echo(printable(f"{output}  {render_size(len(content))}"))
    return 0
