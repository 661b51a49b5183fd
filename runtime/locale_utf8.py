"""A Python whose file system encoding is not UTF-8 starts again with one that is.

Python 3.6 in a C locale decodes names as ASCII; any Python does so by the locale's encoding in a Latin-1 one. Paths of a
bundle are UTF-8.
"""

import os
import sys

_MARK = "CLUSTRIX_LOCALE"


def restart():
    """Replace this process by one in a UTF-8 locale; return if there is none, or if that was tried before."""
    if os.environ.get(_MARK):
        return
    name = _utf8_locale()
    if name is None:
        return
    environment = dict(os.environ)
    environment[_MARK] = name
    environment["LC_ALL"] = name
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, _command_line(), environment)


def _utf8_locale():
    import _locale

    for name in ("C.UTF-8", "C.utf8", "en_US.UTF-8", "en_US.utf8", "UTF-8"):
        try:
            _locale.setlocale(_locale.LC_CTYPE, name)
            return name
        except _locale.Error:  # type: ignore[attr-defined]
            pass
    return None


def _command_line():
    """Ours, with the interpreter's own options."""
    try:
        with open("/proc/self/cmdline", "rb") as words:
            found = words.read().split(b"\0")[:-1]
    except OSError:
        found = []
    if len(found) < 2:
        return [sys.executable] + sys.argv
    return [os.fsencode(sys.executable)] + found[1:]
