"""``clustrix-bundle submit``: a function as a job, without waiting for it."""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from clustrix_bundle.cli.cluster_options import cluster_config, cluster_options
from clustrix_bundle.cli.findings import render_findings
from clustrix_bundle.cli.json_argument import parse_json_argument
from clustrix_bundle.cli.options import build_options, is_bundle, json_option, project_options, refuse_bounds
from clustrix_bundle.cli.output import print_json, progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clustrix_bundle.environments.preflight import Preflight
    from clustrix_bundle.order import Order

_REFUSED = 4
_RESOURCES = {
    "cores": ("N", "Processors, on one machine."),
    "memory": ("SIZE", "Such as 16GB."),
    "time": ("LIMIT", "Such as 02:00:00 or 1-12:00:00."),
    "partition": ("NAME", "The scheduler's."),
    "queue": ("NAME", "The scheduler's."),
    "account": ("NAME", "Who is charged."),
    "gres": ("TEXT", "Such as gpu:2."),
    "qos": ("NAME", "Quality of service."),
}
"""What a job asks for: metavariable and help of the option."""


def _resource_options(command: Any) -> Any:
    for name, (metavar, text) in reversed(_RESOURCES.items()):
        kind: Any = int if name == "cores" else str
        command = click.option(f"--{name}", type=kind, metavar=metavar, help=text)(command)
    return command


@click.command("submit")
@click.argument("subject", metavar="TARGET|BUNDLE")
@click.option("--args", "args", metavar="JSON|@FILE", help="Positional arguments, a JSON array.")
@click.option("--kwargs", "kwargs", metavar="JSON|@FILE", help="Keyword arguments, a JSON object.")
@click.option("--blobs", metavar="DIR", help="The folder with data kept outside a BUNDLE.")
@click.option("--id", "job", metavar="ID", help="16 hex digits for the job: submitting again under the same id is safe.")
@click.option(
    "--environment", metavar="current|venv|NAME", help="As in @cluster: the Python there, one built for the job, or conda's."
)
@click.option(
    "--outputs",
    type=click.Choice(["job", "work_dir"]),
    help="Where files that it writes stay: in its folder, or moved to the work dir.",
)
@click.option("--check", is_flag=True, help="Only look whether the job could run there; nothing is built or submitted.")
@click.option("--strict", is_flag=True, help="Submit nothing if that look finds anything amiss.")
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
    environment: str | None,
    outputs: str | None,
    check: bool,
    strict: bool,
    profile: str | None,
    host: str | None,
    work_dir: str | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Start TARGET, or the function in BUNDLE, as a job; prints its id.

    It is given what @cluster(...) over the function asks for, as far as that can be read from its source; options given here come first.
    Before that it is looked at what the job will find: its Python, its requirements, room, the scheduler. What is amiss is said on
    standard error; only what cannot run at all is refused, unless --strict is given. Exit code 4 if it is refused.
    """
    from clustrix_bundle.environments.errors import PreflightWarning  # noqa: PLC0415
    from clustrix_bundle.executor import checked_resources, configured  # noqa: PLC0415 - where something is submitted
    from clustrix_bundle.submission import cluster_of, new_id  # noqa: PLC0415

    given = checked_resources({name: options.pop(name) for name in _RESOURCES})
    checked_resources({"environment": environment})
    call = _call(args, kwargs)
    if job is not None and (len(job) != 16 or job.strip("0123456789abcdef")):
        raise click.BadParameter("must be 16 hex digits, in lower case", param_hint="--id")
    base = cluster_config(profile, host, work_dir)
    base = base.replace(strict=base.strict or strict)
    asked = {"environment": environment, "outputs": outputs}
    cluster = cluster_of(configured(base, asked))
    cluster.resources(given)  # refused before anything is built
    with _packed(subject, call, blobs, options, cluster.variables) as packed:
        order, wanted = _decorated(packed, given, asked)
        config = configured(base, wanted)
        cluster, given = cluster_of(config), {name: wanted[name] for name in _RESOURCES}
        cluster.resources(given)
        for text in () if as_json else order.warnings:
            click.echo(f"warning: {text}", err=True)
        with progress(f"looking at {config.cluster_host or 'this machine'}"):
            found = cluster.preflight(order)
        if check or not found.ok:
            _show(found, on_stdout=check and not as_json)
        if check:
            return _tell_check(found, as_json=as_json, strict=cluster.config.strict)
        if _is_refused(found, as_json=as_json, strict=cluster.config.strict):
            return _REFUSED
        id_ = job or new_id()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PreflightWarning)  # it was shown
            cluster.submit_as(id_, order, given)
    if as_json:
        told = {"tasks": order.tasks, "bundle": order.bundle, "warnings": list(order.warnings), "preflight": _rows(found)}
        print_json({"ok": True, "id": id_, **told})
    else:
        click.echo(id_)
    return 0


def _call(args: str | None, kwargs: str | None) -> Any:
    positional, named = parse_json_argument("--args", args, list), parse_json_argument("--kwargs", kwargs, dict)
    return None if positional is None and named is None else (tuple(positional or ()), named or {})


def _decorated(order: Order, given: dict[str, Any], asked: dict[str, Any]) -> tuple[Order, dict[str, Any]]:
    """The order, with a warning of what could not be read, and what the options and, where they are silent, ``@cluster`` ask for.

    Raises:
        ConfigError: ``@cluster`` is given what is impossible.
    """
    from clustrix_bundle.decoration import read_decoration  # noqa: PLC0415 - where something is submitted
    from clustrix_bundle.executor import checked_resources  # noqa: PLC0415
    from clustrix_bundle.runtime.config import ConfigError  # noqa: PLC0415

    found = read_decoration(order.path, order.manifest)
    wanted = {**given, **asked}
    try:
        checked_resources({name: value for name, value in found.options.items() if name in wanted})
    except ConfigError as error:
        raise ConfigError(f"{found.line}: {error}") from error
    for name, value in wanted.items():
        wanted[name] = found.options.get(name) if value is None else value
    unread = [name for name in found.unread if name == "**" or wanted.get(name[:-1], "") is None]
    if unread:
        words = f"{' and '.join(unread)} of @cluster can only be known by running it, so the job does without: give --cores and the like"
        order = replace(order, warnings=(*order.warnings, f"{found.line}: {words}"))
    return order, wanted


def _is_refused(found: Preflight, *, as_json: bool, strict: bool) -> bool:
    """Whether nothing is to be submitted, which is told.

    Raises:
        PreflightError: So, and not told as JSON.
    """
    from clustrix_bundle.environments.errors import PreflightError  # noqa: PLC0415 - where something is submitted

    try:
        found.demand(strict=strict)
    except PreflightError as error:
        if not as_json:
            raise
        told = {"type": type(error).__name__, "message": str(error)}
        print_json({"ok": False, "error": told, "preflight": _rows(found)})
        return True
    return False


def _rows(found: Preflight) -> list[dict[str, Any]]:
    return [asdict(one) for one in found.findings]


def _show(found: Preflight, *, on_stdout: bool) -> None:
    for line in render_findings(found.findings):
        click.echo(line, err=not on_stdout)


def _tell_check(found: Preflight, *, as_json: bool, strict: bool) -> int:
    refused = any(one.level == "failed" or strict for one in found.wrong)
    if as_json:
        print_json({"ok": not refused, "preflight": _rows(found)})
    elif not found.findings:
        click.echo("nothing is amiss: jobs run on this machine, in a Python such as this one")
    return _REFUSED if refused else 0


@contextlib.contextmanager
def _packed(subject: str, call: Any, blobs: str | None, options: dict[str, Any], provided: frozenset[str]) -> Iterator[Order]:
    from clustrix_bundle.order import bundle_order, packed_target  # noqa: PLC0415 - where something is submitted

    if is_bundle(subject):
        refuse_bounds(subject, options)
        try:
            order = bundle_order(subject, call, blobs)
        except OSError as error:
            raise click.UsageError(f"{subject}: {error.strerror or error}") from error
        yield order
        return
    with contextlib.ExitStack() as stack:
        with progress(f"building {subject}"):
            order = stack.enter_context(packed_target(subject, call, replace(build_options(**options), provided=provided)))
        yield order
