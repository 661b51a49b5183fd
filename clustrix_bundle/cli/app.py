"""What is common to all commands: loading late, errors, exit codes, interruption, closed pipes."""

from __future__ import annotations

import errno
import os
import signal
import sys

from clustrix_bundle import __version__
from clustrix_bundle.cli.output import print_error

_ON_CLUSTERS = frozenset(("fs", "submit", "jobs", "status", "logs", "result", "attach", "cancel", "clean", "doctor"))

_CANNOT_WRITE, _OF_CLUSTER, _INTERRUPTED, _BUG = 3, 4, 130, 70
_OUT_OF_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO))
_MACHINES = _OUT_OF_ROOM | {errno.EROFS, errno.EACCES, errno.EPERM, errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.ENAMETOOLONG}
"""What files and disks answer, rather than what a mistake of ours would."""

_PIPE_CLOSED = 141  # as a program that dies of SIGPIPE is reported by a shell


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
        return _done(arguments, as_json)
    except Terminated as error:
        return print_error(error, 128 + error.number, f"ended by {signal.Signals(error.number).name}", as_json)
    except KeyboardInterrupt as error:
        return print_error(error, _INTERRUPTED, "interrupted", as_json)
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno in _OUT_OF_ROOM and error.filename is None:  # of our own output: all else names its file
            raise
        return _report(error, as_json, arguments)
    except Exception as error:  # noqa: BLE001 - the last line of defence turns all errors into words and exit codes
        return _report(error, as_json, arguments)


def _done(arguments: list[str], as_json: bool) -> int:
    """The exit code of a command line whose command ran, or that is wrong usage."""
    if arguments[:1] == ["build"]:
        from clustrix_bundle.cli.build import build_command  # noqa: PLC0415 - each command loads its own

        given = build_command.read_plain(arguments[1:])
        if given is not None:
            return build_command.run(**given)
    from clustrix_bundle.cli.group import run_line  # noqa: PLC0415 - brings click

    return run_line(arguments, as_json)


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
