"""``clustrix-bundle doctor``: is everything there that running on a cluster needs?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from clustrix_bundle.cli.cluster_options import cluster_config, cluster_options
from clustrix_bundle.cli.findings import render_findings
from clustrix_bundle.cli.options import json_option
from clustrix_bundle.cli.output import print_json, progress

_FAILED = 4


@click.command("doctor")
@cluster_options
@json_option
def doctor_command(*, as_json: bool, **cluster: Any) -> int:
    """Check this machine, the way to the cluster, and what stands on it; exit code 4 if something fails.

    Each line that is not ok is followed by how to mend it. Nothing is changed there, but that our program is stored in the work dir.
    """
    from clustrix_bundle.checkup import check_cluster, check_here  # noqa: PLC0415 - where it is used

    config = cluster_config(**cluster)
    with progress(f"looking at {config.cluster_host or 'this machine'}"):
        findings = [*check_here(), *check_cluster(config)]
    healthy = all(one.level != "failed" for one in findings)
    if as_json:
        print_json(
            {
                "ok": healthy,
                "cluster_type": config.cluster_type,
                "host": config.cluster_host,
                "findings": [asdict(one) for one in findings],
            }
        )
    else:
        for line in render_findings(findings):
            click.echo(line)
    return 0 if healthy else _FAILED
