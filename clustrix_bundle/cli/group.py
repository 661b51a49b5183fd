"""The group of commands, and command lines as `click` reads them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import click

from clustrix_bundle import __version__
from clustrix_bundle.cli.output import print_error

if TYPE_CHECKING:
    from clustrix_bundle.cli.plain import Command

COMMANDS = {
    "build": ("build", "Bundle a function with everything it needs."),
    "run": ("run", "Run a function, or a bundle, in a clean local process."),
    "inspect": ("inspect", "Show what is in a bundle, how big, and why."),
    "why": ("why", "Say why a file is in a bundle."),
    "why-not": ("why", "Say why a project file is not in a bundle."),
    "diff": ("diff", "Say which inputs make two bundles differ."),
    "verify": ("verify", "Check a bundle against its seal and its manifest."),
    "graph": ("graph", "Draw what a function depends on."),
    "runtime": ("runtime", "Write the program that runs bundles."),
    "fs": ("fs", "Look at the files of a cluster."),
    "submit": ("submit", "Start a function as a job, and do not wait."),
    "jobs": ("jobs", "List jobs and how they are."),
    "status": ("jobs", "Say how a job is, and of what it died."),
    "logs": ("logs", "Show what a job printed; -f while it runs."),
    "result": ("result", "Fetch the result of a job, and the files it wrote."),
    "attach": ("result", "Follow a job to its end."),
    "cancel": ("jobs", "End a job."),
    "clean": ("clean", "Remove what ended jobs left on a cluster."),
    "doctor": ("doctor", "Check the way to a cluster, and say how to mend it."),
}
"""Name of each command: its module beside this file, and what `--help` says of it without loading that module.

The command is the module's attribute of the same name, ``_`` for ``-``, with ``_command`` after it.
"""


class LazyGroup(click.Group):
    """A group whose commands are imported when one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"clustrix_bundle.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command | Command = getattr(module, cmd_name.replace("-", "_") + "_command")
        if isinstance(command, click.Command):
            return command
        from clustrix_bundle.cli.options import click_command  # noqa: PLC0415 - brings what builds

        return click_command(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib  # noqa: PLC0415 - for a mistyped command only

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            if not near:
                raise
            raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx) from error


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="clustrix-bundle")
def cli() -> None:
    """Run a local Python function on a cluster with everything it needs, and know exactly what that is."""


def run_line(arguments: list[str], as_json: bool) -> int:
    """Run a command line, or tell what is wrong with it; the exit code."""
    try:
        # Not click's `main`, which has its own ideas of interrupts and closed pipes.
        with cli.make_context("clustrix-bundle", list(arguments)) as context:
            result: Any = cli.invoke(context)
    except click.exceptions.Exit as done:  # --help, --version
        return done.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        return print_error(error, error.exit_code, "which command?", as_json, f"{error.format_message()}\n\n")
    except click.ClickException as error:
        usage = error.ctx.get_usage() + "\n" if isinstance(error, click.UsageError) and error.ctx else ""
        return print_error(error, error.exit_code, error.format_message(), as_json, usage)
    return result if isinstance(result, int) else 0
