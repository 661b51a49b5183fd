"""What was submitted is run, though the program ends: as with the standard library's executors it ends when all has begun."""

from __future__ import annotations

import atexit
import sys
import weakref
from typing import Protocol


class Starter(Protocol):
    """Starts jobs later."""

    def drain(self) -> None:
        """Wait until nothing waits to be started."""

    @property
    def waiting(self) -> list[str]:
        """Ids of jobs of which not all has been started."""


_all: weakref.WeakSet[Starter] = weakref.WeakSet()


def drain_before_exit(starter: Starter) -> None:
    """Let the program end only when it has started all that it was given."""
    if not _all:
        atexit.register(_drain_all)  # after the connections', so it runs before they are closed
    _all.add(starter)


def _drain_all() -> None:
    for starter in list(_all):
        try:
            starter.drain()
        except KeyboardInterrupt:
            sys.stderr.write("".join(f"not started: `clustrix-bundle attach {job}` starts it\n" for job in starter.waiting))
