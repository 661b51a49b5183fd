"""The runtime's command line: ``run``, ``verify``, ``unpack``, ``job`` and what else is named in `COMMANDS`.

Options are read here rather than by ``argparse``, whose import costs as much as a small run. Exit codes: 0 done, 1 the user's
function failed, 2 usage, 5 bundle refused, 130 interrupted.
"""

import os
import sys

from .errors import RefusedError, Terminated, UsageError

COMMANDS = ("run", "verify", "unpack", "job", "agent")
_ABOUT = """usage: python3 runtime.pyz COMMAND ...

Runs bundles made by clustrix-bundle, on any Python from 3.6.

commands:
  run BUNDLE        run the bundle's function and print its result
  verify BUNDLE     check every byte of a bundle
  unpack BUNDLE DIR write what a bundle holds to a new folder
  job FOLDER        run tasks of a job
  agent             serve a client over standard input and output

`python3 runtime.pyz COMMAND --help` says more.
"""


class Options(object):
    """Parsed options as attributes named like them (``--work-dir`` is ``work_dir``), arguments in ``words``."""

    def __init__(self):
        self.words = []

    def __getattr__(self, name):
        raise AttributeError(name)


def parse(arguments, usage, flags, valued, words):
    """Options of one command; prints ``usage`` and ends for ``--help``.

    Args:
        arguments: What follows the command's name.
        usage: Text for ``--help``.
        flags: Names of options without a value, without dashes.
        valued: Names of options with one.
        words: How many other arguments there are.

    Raises:
        UsageError: An unknown option, a missing value, too many or too few arguments.
    """
    options = Options()
    for name in flags:
        setattr(options, name.replace("-", "_"), False)
    for name in valued:
        setattr(options, name.replace("-", "_"), None)
    rest = list(arguments)
    only_words = False
    while rest:
        word = rest.pop(0)
        if only_words or not word.startswith("-") or word == "-":
            options.words.append(word)
        elif word == "--":
            only_words = True
        elif word in ("-h", "--help"):
            sys.stdout.write(usage)
            sys.stdout.flush()
            raise SystemExit(0)
        else:
            name, equals, value = word[2:].partition("=")
            if not word.startswith("--") or name not in flags + valued or (equals and name in flags):
                raise UsageError("unknown option %s" % word)
            if name in flags:
                value = True
            elif not equals:
                if not rest:
                    raise UsageError("option --%s needs a value" % name)
                value = rest.pop(0)
            setattr(options, name.replace("-", "_"), value)
    if len(options.words) != words:
        raise UsageError("%d arguments expected, %d given\n\n%s" % (words, len(options.words), usage.rstrip()))
    return options


def main(arguments):
    """Run a command. The exit code, or None in the process that ran the user's function."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:  # closed by whoever started us (``>&-``)
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            os.set_inheritable(number, True)  # `dup2` of a number to itself does nothing
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115 - for good
    if not arguments or arguments[0] in ("-h", "--help"):
        (sys.stdout if arguments else sys.stderr).write(_ABOUT)
        return 0 if arguments else 2
    name, rest = arguments[0], arguments[1:]
    as_json = "--json" in rest
    try:
        if name not in COMMANDS:
            raise UsageError("unknown command %r; there are %s" % (name, ", ".join(COMMANDS)))
        if sys.getfilesystemencoding().lower().replace("-", "") != "utf8":
            from .locale_utf8 import restart

            restart()
        from importlib import import_module

        return import_module("." + name, __package__).main(rest)
    except UsageError as error:
        return tell(error, as_json, 2)
    except RefusedError as error:
        return tell(error, as_json, 5)
    except OSError as error:
        return tell(error, as_json, 5)
    except KeyboardInterrupt as error:
        return tell(error, as_json, 130)
    except Terminated as error:
        from .supervisor import end_by_signal

        tell(error, as_json, 1)
        end_by_signal(error.args[0])


def tell(error, as_json, code):
    """Say what went wrong before or besides the user's function: on stderr, or as the one line of ``--json``. The code."""
    from .outcome import failure, message_of

    message = message_of(error) or "interrupted"
    if as_json:
        write_line(failure(type(error).__name__, message) + "}")
    else:
        sys.stderr.write("runtime: %s\n" % message)
    return code


def write_line(text):
    """One line on the real standard output."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
