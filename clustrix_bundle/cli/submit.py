"""``clustrix-bundle submit``: a function as a job, without waiting for it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from clustrix_bundle.cli.cluster_options import cluster_config, cluster_options
from clustrix_bundle.cli.json_argument import parse_json_argument
from clustrix_bundle.cli.options import build_options, is_bundle, json_option, project_options
from clustrix_bundle.cli.output import print_json, progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clustrix_bundle.order import Order

_RESOURCES = ("cores", "memory", "time", "partition", "queue", "account", "gres", "qos")


def _resource_options(command: Any) -> Any:
    for name in reversed(_RESOURCES):
        kind: Any = int if name == "cores" else str
        command = click.option(f"--{name}", type=kind, metavar="N" if name == "cores" else "TEXT", help="As in @cluster.")(
            command
        )
    return command


@click.command("submit")
@click.argument("subject", metavar="TARGET|BUNDLE")
@click.option("--args", "args", metavar="JSON|@FILE", help="Positional arguments, a JSON array.")
@click.option("--kwargs", "kwargs", metavar="JSON|@FILE", help="Keyword arguments, a JSON object.")
@click.option("--blobs", metavar="DIR", help="The folder with data kept outside a BUNDLE.")
@click.option("--id", "job", metavar="ID", help="16 hex digits for the job: submitting again under the same id is safe.")
@_resource_options
@cluster_options
@project_options
@json_option
def submit_command(
    subject: str,
    *,
    args: str | None,
    kwargs: str | None,
    blobs: str | None,
    job: str | None,
    profile: str | None,
    host: str | None,
    work_dir: str | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Start TARGET, or the function in BUNDLE, as a job; prints its id."""
    from clustrix_bundle.executor import checked_resources  # noqa: PLC0415 - where something is submitted
    from clustrix_bundle.submission import cluster_of, new_id  # noqa: PLC0415

    given = checked_resources({name: options.pop(name) for name in _RESOURCES})
    positional, named = parse_json_argument("--args", args, list), parse_json_argument("--kwargs", kwargs, dict)
    if job is not None and (len(job) != 16 or job.strip("0123456789abcdef")):
        raise click.BadParameter("must be 16 hex digits, in lower case", param_hint="--id")
    cluster = cluster_of(cluster_config(profile, host, work_dir))
    cluster.resources(given)  # refused before anything is built
    call = None if positional is None and named is None else (tuple(positional or ()), named or {})
    id_ = job or new_id()
    with _packed(subject, call, blobs, options) as order:
        cluster.submit_as(id_, order, given)
    if as_json:
        print_json({"ok": True, "id": id_, "tasks": order.tasks, "bundle": order.bundle, "warnings": list(order.warnings)})
    else:
        click.echo(id_)
    return 0


@contextlib.contextmanager
def _packed(subject: str, call: Any, blobs: str | None, options: dict[str, Any]) -> Iterator[Order]:
    from clustrix_bundle.order import bundle_order, packed_target  # noqa: PLC0415 - where something is submitted

    if is_bundle(subject):
        try:
            order = bundle_order(subject, call, blobs)
        except OSError as error:
            raise click.UsageError(f"{subject}: {error.strerror or error}") from error
        yield order
        return
    with contextlib.ExitStack() as stack:
        with progress(f"building {subject}"):
            order = stack.enter_context(packed_target(subject, call, build_options(**options)))
        yield order
