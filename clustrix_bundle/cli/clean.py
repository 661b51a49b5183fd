"""``clustrix-bundle clean``: make room in a state dir."""

from __future__ import annotations

import re
from typing import Any

import click

from clustrix_bundle.bundler.settings import parse_size
from clustrix_bundle.cli.cluster_options import cluster_options
from clustrix_bundle.cli.jobs import open_cluster
from clustrix_bundle.cli.options import json_option
from clustrix_bundle.cli.output import print_json, printable, render_count, render_size

_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


@click.command("clean")
@click.option("--older-than", "age", metavar="AGE", default="14d", show_default=True, help="30m, 12h, 14d, 4w.")
@click.option(
    "--max-size", metavar="SIZE", help='Remove what is younger too, oldest first, until so much is left, such as "10 GB".'
)
@click.option("--yes", is_flag=True, help="Remove it; without, only say what would go.")
@cluster_options
@json_option
def clean_command(*, age: str, max_size: str | None, yes: bool, as_json: bool, **cluster: Any) -> int:
    """Remove jobs that have ended, and bundles, data and environments that no other job needs. What a live job uses stays."""
    from clustrix_bundle.job_status import unknown_jobs  # noqa: PLC0415 - where jobs are

    found = re.fullmatch(r"(\d+)([mhdw])", age)
    if not found:
        raise click.BadParameter("a number and one of m, h, d, w, such as 14d", param_hint="--older-than")
    most = parse_size(max_size, "--max-size") if max_size is not None else None
    there = open_cluster(**cluster)
    swept = there.place.call(
        "cleaning.sweep",
        older_s=int(found[1]) * _UNITS[found[2]],
        most_bytes=most,
        dry=not yes,
        unknown=unknown_jobs(there),
    )
    size = sum(size for _, size in swept["removed"])
    if as_json:
        rows = [{"path": path, "size": size} for path, size in swept["removed"]]
        print_json(
            {
                "ok": True,
                "removed" if yes else "would_remove": rows,
                "size": size,
                "kept_size": swept["kept_bytes"],
                "live": swept["live"],
            }
        )
        return 0
    for path, size_of in swept["removed"]:
        click.echo(printable(f"{render_size(size_of):>8}  {path}"))
    click.echo(
        f"{render_count(len(swept['removed']), 'entry', 'entries')}, {render_size(size)}{' removed' if yes else ' would go; --yes removes them'}; "
        f"{render_size(swept['kept_bytes'])} left, {render_count(len(swept['live']), 'live job')}"
    )
    return 0
