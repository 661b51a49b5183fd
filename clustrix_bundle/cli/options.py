"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from clustrix_bundle.build import BuildOptions

F = TypeVar("F", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output, nothing else.")


def project_options(command: F) -> F:
    """What bounds an analysis: the parameters of `build_options`."""
    for option in reversed(
        (
            click.option(
                "--root",
                metavar="DIR",
                type=click.Path(exists=True, file_okay=False),
                help="Project root, if it is not the one found.",
            ),
            click.option("--python", metavar="EXE", help="The Python whose packages count: an executable or an environment."),
            click.option("--include", metavar="GLOB", multiple=True, help="Ship these files of the project too; repeatable."),
            click.option("--exclude", metavar="GLOB", multiple=True, help="Never ship these files of the project; repeatable."),
            click.option(
                "--dynamic", type=click.Choice(["widen", "warn", "error"]), help="What to do about imports that stay open."
            ),
            click.option("--max-file-size", metavar="SIZE", help='Largest file that ships, such as "200 MB".'),
        ),
    ):
        command = option(command)
    return command


def build_options(
    *,
    root: str | None,
    python: str | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    dynamic: str | None,
    max_file_size: str | None,
) -> BuildOptions:
    """The options as a value."""
    return BuildOptions(root=root, python=python, include=include, exclude=exclude, dynamic=dynamic, max_file_size=max_file_size)


def refuse_bounds(bundle: str, project: Mapping[str, Any], *, but: tuple[str, ...] = ()) -> None:
    """Options of an analysis, given beside a bundle, for which there is none.

    Raises:
        click.UsageError: One was given, and is none of ``but``.
    """
    for name, value in project.items():
        if value and name not in but:
            option = "--" + name.replace("_", "-")
            raise click.UsageError(f"{option} is for building, and {bundle} is built already; give the target, or leave it out")


def is_bundle(text: str) -> bool:
    """Whether an argument that may be a target or a bundle is a bundle: a file that is no source, or a name that ends as bundles' names do."""
    return text.endswith(".zst") or (":" not in text and os.path.isfile(text) and not text.endswith((".py", ".pyw", ".ipynb")))
