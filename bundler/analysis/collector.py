"""The garbage collector stands still while an analysis makes its hundred thousands of objects, none of them garbage yet."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """No search for cycles inside: it would go over everything again and again (a third to two thirds of the time of an analysis)."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
