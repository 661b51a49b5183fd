"""Asking the user for a password, a passphrase or a code: on a terminal only."""

from __future__ import annotations

import getpass
import sys
import threading

_one_at_a_time = threading.Lock()


def has_terminal() -> bool:
    """Whether somebody sits there who can be asked."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr is not None and sys.stderr.isatty()


def ask(question: str, *, echo: bool = False) -> str | None:
    """The answer, or None where nobody can be asked or nothing was answered.

    Args:
        question: What a server or a key wants; control characters are not passed on.
        echo: Whether the answer may be seen while it is typed.
    """
    if not has_terminal():
        return None
    shown = "".join(letter for letter in question if letter.isprintable()).rstrip() + " "
    with _one_at_a_time:
        try:
            if not echo:
                return getpass.getpass(shown, sys.stderr)
            sys.stderr.write(shown)
            sys.stderr.flush()
            return sys.stdin.readline().rstrip("\n") or None
        except EOFError:
            return None
