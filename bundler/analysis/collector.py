"""The garbage collector stands still while an analysis makes its hundred thousands of objects, none of them garbage yet."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """No search for cycles inside: it would go over everything again and again (a third to two thirds of the time of an analysis).

    What was made counts as old afterwards, so that the next small search does not go over it either.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():  # nobody else has frozen anything that would be thawed here
            gc.freeze()
            gc.unfreeze()
        gc.enable()
