"""Objects that stand for something that goes on in this process or beside it: pickled, they would be shells."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from clustrix_bundle.bundler.capture.errors import CaptureError

_ALIVE: Mapping[tuple[str, str], tuple[str, Callable[[Any], bool]]] = {
    ("threading", "Thread"): ("a thread that was started", lambda thread: thread.ident is not None),
    ("subprocess", "Popen"): ("a program that runs", lambda program: program.returncode is None),
    ("clustrix_bundle", "Job"): ("a submitted job", lambda _job: True),
    ("concurrent.futures._base", "Future"): ("a future without its result", lambda future: not future.done()),
}


def refuse_alive(obj: Any) -> None:
    """Refuse what is under way.

    Raises:
        CaptureError: it is a started thread, a running program, a job, a pending future.
    """
    kind: Any = type(obj)
    known = _known(kind)
    if known is not None and known[1](obj):
        raise CaptureError(f"{known[0]} goes on in this process only", "", kind.__name__)


@functools.lru_cache(maxsize=1024)
def _known(kind: Any) -> tuple[str, Callable[[Any], bool]] | None:
    return next((_ALIVE[name] for base in kind.__mro__ if (name := (base.__module__, base.__qualname__)) in _ALIVE), None)
