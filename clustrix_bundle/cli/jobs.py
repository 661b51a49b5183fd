"""``clustrix-bundle jobs``, ``status`` and ``cancel``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from clustrix_bundle.cli.cluster_options import cluster_config, cluster_options
from clustrix_bundle.cli.options import json_option
from clustrix_bundle.cli.output import print_json, printable, render_table

if TYPE_CHECKING:
    from clustrix_bundle.job_status import JobStatus
    from clustrix_bundle.submission import Cluster


_TOLD = 3
"""Tasks that ended badly of which the end of the log is shown."""


def open_cluster(profile: str | None, host: str | None, work_dir: str | None) -> Cluster:
    """The cluster that the options of `cluster_options` mean."""
    from clustrix_bundle.submission import cluster_of  # noqa: PLC0415 - where a cluster is asked

    return cluster_of(cluster_config(profile, host, work_dir))


@click.command("jobs")
@cluster_options
@json_option
def jobs_command(*, as_json: bool, **cluster: Any) -> int:
    """List the jobs of a cluster, or of this machine, oldest first; whoever submitted them, and from where."""
    from clustrix_bundle.job_status import list_statuses  # noqa: PLC0415 - where jobs are

    asked = open_cluster(**cluster)
    statuses = list_statuses(asked)
    if as_json:
        print_json({"ok": True, "jobs": [_row(status) for status in statuses]})
        return 0
    rows: list[tuple[str, ...]] = [("ID", "STATE", "TASKS", "MADE", "FUNCTION", "")]
    rows += [
        (one.id, one.state, _counts(one), time.strftime("%Y-%m-%d %H:%M", time.localtime(one.made)), one.name, one.reason)
        for one in statuses
    ]
    if statuses:
        click.echo(printable(render_table(rows), keep_lines=True))
    else:
        click.echo(f"there are no jobs in {printable(asked.work_dir)}", err=True)
    return 0


@click.command("status")
@click.argument("job", metavar="ID")
@cluster_options
@json_option
def status_command(job: str, *, as_json: bool, **cluster: Any) -> int:
    """Say how a job is: its state, and for each task that ended badly of what, what to do, and the end of its log.

    The exit code is 1 if any did.
    """
    from clustrix_bundle.engines.verdict import FINAL  # noqa: PLC0415 - where jobs are
    from clustrix_bundle.job_status import causes, find_status, tail_of  # noqa: PLC0415

    there = open_cluster(**cluster)
    status = find_status(there, job)
    bad = causes(there, status)
    tails = {task: tail_of(there, status, task) for task, _ in bad[:_TOLD] if status.tasks[task] != "cancelled"}
    if as_json:
        told = [{"task": task, "cause": cause, "log": "\n".join(tails.get(task, ()))} for task, cause in bad]
        print_json({"ok": True, **_row(status), "causes": told})
    else:
        lines = [f"{status.id}  {status.name}  {status.state}  {_counts(status)}"]
        lines += [status.reason] if status.reason and status.state not in FINAL else []
        for task, cause in bad:
            lines.append(f"task {task}: {status.tasks[task]}: {cause}")
            lines += [f"    {line}" for line in tails.get(task, ())]
        click.echo(printable("\n".join(lines), keep_lines=True))
    return 1 if bad else 0


@click.command("cancel")
@click.argument("job", metavar="ID")
@cluster_options
@json_option
def cancel_command(job: str, *, as_json: bool, **cluster: Any) -> int:
    """End a job, running or not. What has ended stays as it is."""
    from clustrix_bundle.job_status import find_status  # noqa: PLC0415 - where jobs are

    there = open_cluster(**cluster)
    find_status(there, job)
    there.tracker.cancel(job)
    if as_json:
        print_json({"ok": True, "id": job})
    return 0


def _row(status: JobStatus) -> dict[str, Any]:
    return {
        "id": status.id,
        "name": status.name,
        "state": status.state,
        "tasks": status.counts,
        "reason": status.reason,
        "started": status.started,
        "bundle": status.spec["bundle"],
        "engine": status.spec["engine"],
        "resources": status.spec["resources"],
    }


def _counts(status: JobStatus) -> str:
    if len(status.tasks) == 1:
        return "1"
    return ", ".join(f"{count} {state}" for state, count in status.counts.items())
