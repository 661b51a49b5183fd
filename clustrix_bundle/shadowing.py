"""A file of the user's that bears the name of a standard module and stands before it: said plainly, since every import then fails elsewhere."""

from __future__ import annotations

import os
import sys


def shadowed_by(error: ImportError | AttributeError) -> str:
    """What to do about the file that stands for a standard module whose name was not found; empty where none does."""
    if isinstance(error, ImportError):
        name, file = error.name, error.path
    else:
        name, file = getattr(error.obj, "__name__", None), getattr(error.obj, "__file__", None)
    if not name or not file or name.partition(".")[0] not in sys.stdlib_module_names:
        return ""
    standard = os.path.realpath(os.path.dirname(os.__file__))
    if os.path.realpath(file).startswith(standard + os.sep) and f"{os.sep}site-packages{os.sep}" not in file:
        return ""
    return f"{file} stands in the place of Python's own module {name!r}, which Python's other modules need: rename the file ({error})"
