"""Run a local Python function on a cluster with everything it needs, and know exactly what that is."""

from __future__ import annotations

import os as _os

# A Python started in a checkout finds this bare folder before the installed package; the two sibling
# folders that an install places below it are then one level up.
_checkout = _os.path.dirname(_os.path.dirname(_os.path.abspath(__file__)))
if not _os.path.isdir(_os.path.join(__path__[0], "bundler")) and _os.path.isfile(
    _os.path.join(_checkout, "bundler", "facts", "model.py"),
):
    __path__.append(_checkout)

__version__ = "0.1.0"
