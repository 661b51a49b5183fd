"""Values are read after the user's code ran, whatever it has put in the place of what reading them needs.

Imported before: what stands in the interpreter's own modules then is there again while values are read.
"""

import builtins
import os
import types

from . import values

_BEFORE = [(vars(module), dict(vars(module))) for module in (builtins, os, os.path, types)]
_MISSING = object()


def _restore(*where):
    """See `values`."""
    undisturbed(values._restore, where)


def _restore_early(*where):
    """See `values`."""
    undisturbed(values._restore_early, where)


def undisturbed(read, where):
    """What a function of `values` gives."""
    aside = []
    for names, before in _BEFORE:
        for name, was in before.items():
            found = names.get(name, _MISSING)
            if found is not was:
                aside.append((names, name, found))
                names[name] = was
    try:
        return read(*where)
    finally:
        for names, name, found in aside:
            if found is _MISSING:
                del names[name]
            else:
                names[name] = found
