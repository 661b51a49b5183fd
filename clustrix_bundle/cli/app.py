"""The group of commands, and what is common to all: loading late, errors, exit codes, interruption, closed pipes."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
from typing import Any

import click

from clustrix_bundle import __version__
from clustrix_bundle.cli.output import print_error

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

_ON_CLUSTERS = frozenset(("fs", "submit", "jobs", "status", "logs", "result", "attach", "cancel", "clean", "doctor"))

_CANNOT_WRITE, _OF_CLUSTER, _INTERRUPTED, _BUG = 3, 4, 130, 70
_OUT_OF_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO))
_MACHINES = _OUT_OF_ROOM | {errno.EROFS, errno.EACCES, errno.EPERM, errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.ENAMETOOLONG}
"""What files and disks answer, rather than what a mistake of ours would."""

_PIPE_CLOSED = 141  # as a program that dies of SIGPIPE is reported by a shell


class LazyGroup(click.Group):
    """A group whose commands are imported when one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"clustrix_bundle.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_") + "_command")
        return command

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


def run_command(arguments: list[str]) -> int:
    """Run one command line and report its errors; the exit code."""
    as_json = "--json" in arguments
    _open_closed_streams()
    _end_in_order()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # names that the terminal's encoding lacks must not end a command
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(arguments, as_json)
        sys.stdout.flush()
    except BrokenPipeError:  # what reads our output has gone (`| head`)
        _drop_output()
        return _PIPE_CLOSED
    except OSError as error:  # the disk behind `>` is full
        _drop_output()
        return print_error(error, _CANNOT_WRITE, f"the output cannot be written: {error.strerror or error}", as_json=False)
    return code


def _open_closed_streams() -> None:
    """Give what was started with closed streams (``>&-``) some that lead nowhere; a file opened later would take their numbers."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(nowhere, True) if nowhere == number else os.dup2(nowhere, number)
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115 - for good


def _drop_output() -> None:
    """Let what is still to be written vanish, so that the interpreter does not complain when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Terminated(BaseException):
    """Somebody asked this process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _end_in_order() -> None:
    """Let SIGTERM and SIGHUP unwind as an interrupt does, so that half-written files go; what our caller ignores stays ignored."""

    def terminate(number: int, _frame: object) -> None:
        raise Terminated(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, terminate)


def _run(arguments: list[str], as_json: bool) -> int:
    try:
        # Not click's `main`, which has its own ideas of interrupts and closed pipes.
        with cli.make_context("clustrix-bundle", list(arguments)) as context:
            result: Any = cli.invoke(context)
    except click.exceptions.Exit as done:  # --help, --version
        return done.exit_code
    except Terminated as error:
        return print_error(error, 128 + error.number, f"ended by {signal.Signals(error.number).name}", as_json)
    except KeyboardInterrupt as error:
        return print_error(error, _INTERRUPTED, "interrupted", as_json)
    except click.exceptions.NoArgsIsHelpError as error:
        return print_error(error, error.exit_code, "which command?", as_json, f"{error.format_message()}\n\n")
    except click.ClickException as error:
        usage = error.ctx.get_usage() + "\n" if isinstance(error, click.UsageError) and error.ctx else ""
        return print_error(error, error.exit_code, error.format_message(), as_json, usage)
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno in _OUT_OF_ROOM and error.filename is None:  # of our own output: all else names its file
            raise
        return _report(error, as_json, arguments)
    except Exception as error:  # noqa: BLE001 - the last line of defence turns all errors into words and exit codes
        return _report(error, as_json, arguments)
    return result if isinstance(result, int) else 0


def _report(error: Exception, as_json: bool, arguments: list[str]) -> int:
    from clustrix_bundle.bundler import errors  # noqa: PLC0415 - not needed where nothing fails

    message = "\n".join([str(error), *getattr(error, "__notes__", ())])
    if isinstance(error, errors.SettingsError) or type(error).__name__ in ("ConfigError", "NotYetSupported"):
        return print_error(error, 2, message, as_json)
    if isinstance(error, (errors.BundleFormatError, errors.UnsafePathError)):
        return print_error(error, 5, message, as_json)
    if isinstance(error, errors.ClustrixBundleError):
        return print_error(error, getattr(error, "exit_code", 3), message, as_json)
    if isinstance(error, OSError) and error.errno in _MACHINES:
        where = f"{error.filename}: " if error.filename is not None else ""
        code = _OF_CLUSTER if arguments and arguments[0] in _ON_CLUSTERS else _CANNOT_WRITE
        return print_error(error, code, f"{where}{error.strerror or error}", as_json)
    import traceback  # noqa: PLC0415 - not needed where nothing fails

    traceback.print_exc()
    message = (
        f"this is a bug in clustrix-bundle {__version__}: {type(error).__name__}: {message}; please report it with the traceback"
    )
    return print_error(error, _BUG, message, as_json)
