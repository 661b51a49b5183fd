"""``clustrix-bundle verify``: is this bundle what was written?"""

from __future__ import annotations

import re

import click

from clustrix_bundle.bundler.verify import verify_bundle
from clustrix_bundle.cli.opened import no_such_bundle
from clustrix_bundle.cli.options import json_option
from clustrix_bundle.cli.output import print_json, printable, render_count

_REFUSED = 5


@click.command("verify")
@click.argument("bundle")
@click.option("--blobs", metavar="DIR", help="The folder with data kept outside the bundle.")
@click.option("--id", "expected_id", metavar="ID", help="Demand that the bundle's id begins with this.")
@json_option
def verify_command(bundle: str, blobs: str | None, expected_id: str | None, as_json: bool) -> int:
    """Check every byte of BUNDLE against its seal and its manifest."""
    if expected_id is not None and not re.fullmatch("[0-9a-f]{1,64}", expected_id):
        raise click.BadParameter("up to 64 hex digits, in lower case, as `clustrix-bundle build` tells them", param_hint="--id")
    try:
        found = verify_bundle(bundle, blobs, expected_id or "")
    except OSError as error:
        raise no_such_bundle(bundle, error) from error
    if as_json:
        value = {"ok": found.ok, "id": found.id, "members": found.members, "problems": list(found.problems)}
        if not found.ok:
            value["error"] = {"type": "BundleFormatError", "message": "; ".join(found.problems)}
        print_json(value)
    if found.ok and not as_json:
        click.echo(f"{printable(bundle)} is intact: {render_count(found.members, 'member')}, id {found.id}")
    for problem in found.problems:
        named = problem if problem.startswith(bundle) else f"{bundle}: {problem}"
        click.echo(f"clustrix-bundle: {printable(named)}", err=True)
    if not found.ok:
        click.echo("clustrix-bundle: do not run it; build it again, or fetch it again from where it came", err=True)
    return 0 if found.ok else _REFUSED
