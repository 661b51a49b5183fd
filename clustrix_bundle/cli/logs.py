"""``clustrix-bundle logs``: what a job printed."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from clustrix_bundle.cli.cluster_options import cluster_options
from clustrix_bundle.cli.jobs import open_cluster
from clustrix_bundle.cli.options import json_option
from clustrix_bundle.cli.output import print_json


@click.command("logs")
@click.argument("job", metavar="ID")
@click.option("-f", "--follow", is_flag=True, help="Go on until the job ends; with --json a line for each piece.")
@click.option("--task", type=int, default=0, show_default=True, help="Of a job with several.")
@click.option("--stream", type=click.Choice(["stdout", "stderr"]), help="Only this one; by default both.")
@cluster_options
@json_option
def logs_command(job: str, *, follow: bool, task: int, stream: str | None, as_json: bool, **cluster: Any) -> int:
    """Show what a job printed so far: standard output on ours, standard error on ours."""
    from clustrix_bundle.job_status import find_status  # noqa: PLC0415 - where jobs are

    there = open_cluster(**cluster)
    status = find_status(there, job)
    if not 0 <= task < len(status.tasks):
        raise click.BadParameter(f"the job's tasks are 0 to {len(status.tasks) - 1}", param_hint="--task")
    names = [stream] if stream else ["stdout", "stderr"]
    if follow:
        return follow_logs(there.attach(job)[task], names, as_json=as_json)
    content = {name: there.place.fetch("jobs.read", job=job, name=name, task=task).decode("utf-8", "replace") for name in names}
    if as_json:
        print_json({"ok": True, **content})
    else:
        for name, text in content.items():
            _write(name, text)
    return 0


def follow_logs(job: Any, names: list[str], *, as_json: bool) -> int:
    """Print what a job prints until it has ended; as JSON a line ``{"stream", "text"}`` each."""
    for name, text in job.follow(tuple(names)):
        if as_json:
            sys.stdout.write(json.dumps({"stream": name, "text": text}) + "\n")
            sys.stdout.flush()
        else:
            _write(name, text)
    return 0


def _write(name: str, text: str) -> None:
    stream = sys.stdout if name == "stdout" else sys.stderr
    stream.write(text)
    stream.flush()
