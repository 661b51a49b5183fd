"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from clustrix_bundle.build import BuildOptions
from clustrix_bundle.cli.plain import JSON_OPTION, PROJECT_OPTIONS, Command, Option

F = TypeVar("F", bound=Callable[..., Any])


def click_option(option: Option) -> Callable[[F], F]:
    """The decorator that gives a command an option which is declared as a value."""
    kind = (
        click.Path(exists=True, file_okay=False) if option.is_folder else click.Choice(option.choices) if option.choices else None
    )
    is_flag = True if option.default is False else None  # False would let click take the option without a value too
    return click.option(
        *option.names,
        option.parameter,
        metavar=option.metavar or None,
        is_flag=is_flag,
        multiple=option.repeated,
        type=kind,
        help=option.help,
    )


json_option = click_option(JSON_OPTION)


def project_options(command: F) -> F:
    """What bounds an analysis: the parameters of `build_options`."""
    for option in reversed(PROJECT_OPTIONS):
        command = click_option(option)(command)
    return command


def click_command(command: Command) -> click.Command:
    """A command that is declared as a value."""
    run = click.argument(command.argument)(command.run)
    for option in reversed(command.options):
        run = click_option(option)(run)
    return click.command(command.name)(run)


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
