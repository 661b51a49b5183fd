"""``clustrix-bundle result`` and ``attach``: what a job gives."""

from __future__ import annotations

import json
import sys
from typing import IO, TYPE_CHECKING, Any

import click

from clustrix_bundle.cli.cluster_options import cluster_options
from clustrix_bundle.cli.jobs import open_cluster
from clustrix_bundle.cli.logs import follow_logs
from clustrix_bundle.cli.options import json_option
from clustrix_bundle.cli.output import print_json, printable

if TYPE_CHECKING:
    from clustrix_bundle.job import Job
    from clustrix_bundle.submission import Cluster

_FAILED, _CLUSTER = 1, 4


@click.command("result")
@click.argument("job", metavar="ID")
@click.option("--task", type=int, default=0, show_default=True, help="Of a job with several.")
@click.option("--result", "file", metavar="FILE", help="Write the pickled result there, for what JSON cannot hold.")
@click.option(
    "--outputs", metavar="DIR", help="Fetch the files that all its tasks wrote into DIR/<id>/<task>/, over none that is there."
)
@cluster_options
@json_option
def result_command(job: str, *, task: int, file: str | None, outputs: str | None, as_json: bool, **cluster: Any) -> int:
    """Print the result of a job that has ended. The exit code is 1 if its function failed, 4 if it has not ended."""
    from clustrix_bundle.job_status import find_status  # noqa: PLC0415 - where jobs are
    from clustrix_bundle.results import fetch_outputs  # noqa: PLC0415

    there = open_cluster(**cluster)
    status = find_status(there, job)
    if not 0 <= task < len(status.tasks):
        raise click.BadParameter(f"the job's tasks are 0 to {len(status.tasks) - 1}", param_hint="--task")
    fetched = fetch_outputs(there.place, job, range(len(status.tasks)), outputs) if outputs is not None else None
    return tell(there, job, task, status.tasks[task], file=file, as_json=as_json, fetched=fetched)


@click.command("attach")
@click.argument("job", metavar="ID")
@cluster_options
@json_option
def attach_command(job: str, *, as_json: bool, **cluster: Any) -> int:
    """Follow a job to its end, show what it prints, then its result; of a job with several tasks, task by task.

    One that was made and never started, or not all of it, is started.
    """
    from clustrix_bundle.job_status import find_status  # noqa: PLC0415 - where jobs are

    there = open_cluster(**cluster)
    find_status(there, job)  # or whoever asks hears that there is none
    jobs = there.attach(job)
    if len(jobs) == 1:
        follow_logs(jobs[0], ["stdout", "stderr"], as_json=as_json)
        return tell(there, job, 0, _ended(jobs[0]), as_json=as_json, is_shown=not as_json)
    rows = [_followed(there, one, as_json=as_json) for one in jobs]
    well = all(row["state"] == "completed" for row in rows)
    if as_json:
        print_json({"ok": well, "id": job, "tasks": rows})
    return 0 if well else _FAILED


def _followed(there: Cluster, job: Job, *, as_json: bool) -> dict[str, Any]:
    """How one of many tasks ended; told as soon as it and those before it have."""
    row: dict[str, Any] = {"task": job.task, "state": _ended(job)}
    outcome = there.place.call("jobs.outcomes", job=job.id, tasks=[job.task])[0]
    if row["state"] == "completed" and outcome is not None:
        row.update(result=outcome["result"], exact=outcome["exact"])
        told = json.dumps(outcome["result"]) if outcome["result"] is not None or outcome["exact"] else "its result is no JSON"
    else:
        row["cause"] = told = job.reason
    if not as_json:
        for stream, name in ((sys.stdout, "stdout"), (sys.stderr, "stderr")):
            stream.write(job.logs(stream=name))
            stream.flush()
        click.echo(printable(f"task {job.task}: {row['state']}: {told}"))
    return row


def _ended(job: Job) -> str:
    from concurrent.futures import wait  # noqa: PLC0415 - where a job is followed

    wait([job])
    return job.state


def tell(
    there: Cluster,
    job: str,
    task: int,
    state: str,
    *,
    as_json: bool,
    file: str | None = None,
    fetched: list[str] | None = None,
    is_shown: bool = False,
) -> int:
    """Print how a task ended, as the runtime's ``run`` does; the exit code. ``is_shown``: whether its log was."""
    outcome = there.place.call("jobs.outcomes", job=job, tasks=[task])[0]
    more: dict[str, Any] = {"id": job, "task": task, "state": state}
    if fetched is not None:
        more["fetched"] = fetched
    if outcome is None or "failed" in outcome or not outcome["ok"]:
        return _tell_failure(job, state, outcome, more, as_json=as_json, is_shown=is_shown)
    if file is not None:
        from clustrix_bundle.chunk import dump_results, fetch_calls  # noqa: PLC0415 - where the pickle is wanted
        from clustrix_bundle.results import fetch_verified  # noqa: PLC0415

        calls = fetch_calls(there.place, job, task, outcome)
        with _new_file(file) as out:
            if calls:
                dump_results(calls, out)
            else:
                fetch_verified(there.place, job, task, "result", outcome=outcome, into=out)
    for text in outcome["warnings"]:
        click.echo(f"clustrix-bundle: warning: {printable(text)}", err=True)
    result, exact = outcome["result"], outcome["exact"]
    if as_json:
        print_json(
            {
                "ok": True,
                "result": result,
                "exact": exact,
                **more,
                **{key: outcome[key] for key in ("outputs", "in_work_dir", "warnings", "proof") if key in outcome},
            }
        )
    elif result is not None or exact:
        click.echo(json.dumps(result))
    elif file is None:
        click.echo("the result is nothing that JSON can hold: --result FILE writes its pickle", err=True)
    return 0


def _new_file(path: str) -> IO[bytes]:
    try:
        return open(path, "xb+")
    except OSError as error:
        raise click.BadParameter(f"{path}: {error.strerror or error}", param_hint="--result") from error


def _tell_failure(job: str, state: str, outcome: Any, more: dict[str, Any], *, as_json: bool, is_shown: bool = False) -> int:
    """``is_shown``: whether its log, which has the traceback, was."""
    from clustrix_bundle.results import describe_cause  # noqa: PLC0415 - where it failed

    ended = state not in ("pending", "running")
    error = (outcome or {}).get("error")
    message = describe_cause(state, outcome) if ended else f"it is {state}: `clustrix-bundle attach {job}` waits for it"
    if as_json:
        told = error or {
            "type": "NotEnded" if not ended else "JobLost" if state == "lost" else "ProcessDied",
            "message": message,
            "traceback": "",
        }
        print_json({"ok": False, "error": told, **more})
    if not is_shown:
        sys.stderr.write((error or {}).get("traceback") or "")
    sys.stderr.write(f"clustrix-bundle: job {job}: {state}: {message}\n")
    return _FAILED if ended and state != "lost" else _CLUSTER
