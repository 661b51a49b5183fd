"""Objects that stand for something that goes on or stands in this process or beside it: pickled, they would be shells."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.bundler.capture.lookup import looked_up

_ALIVE: Mapping[tuple[str, str], tuple[str, Callable[[Any], bool]]] = {
    ("threading", "Thread"): ("a thread that was started goes on in this process only", lambda thread: thread.ident is not None),
    ("subprocess", "Popen"): ("a program that runs goes on in this process only", lambda program: program.returncode is None),
    ("clustrix_bundle", "Job"): ("a submitted job goes on in this process only", lambda _: True),
    ("concurrent.futures._base", "Future"): (
        "a future without its result goes on in this process only",
        lambda future: not future.done(),
    ),
    ("asyncio.base_events", "BaseEventLoop"): ("an event loop runs in this process only", lambda _: True),
    ("tempfile", "TemporaryDirectory"): ("a temporary folder goes when this process ends", lambda _: True),
    ("weakref", "finalize"): ("a finalizer belongs to an object of this process", lambda finalizer: finalizer.alive),
    ("shelve", "Shelf"): ("an open shelf writes to a file of this machine", lambda _: True),
    ("dbm.dumb", "_Database"): ("an open database writes to files of this machine", lambda _: True),
    ("multiprocessing.connection", "_ConnectionBase"): ("the end of a pipe belongs to this process", lambda _: True),
    ("multiprocessing.shared_memory", "SharedMemory"): ("shared memory stays on this machine", lambda _: True),
    ("multiprocessing.managers", "BaseProxy"): ("the object that a proxy stands for stays on this machine", lambda _: True),
    ("_ctypes", "Array"): ("its type has no name elsewhere", lambda array: looked_up(*_name(array)) is not type(array)),
}


def _name(thing: Any) -> tuple[str, str]:
    return type(thing).__module__, type(thing).__qualname__


def refuse_alive(obj: Any) -> None:
    """Refuse what is under way, or what there would be a name of something here.

    Raises:
        CaptureError: it is a started thread, a running program, a pending future, a pipe's end …
    """
    kind: Any = type(obj)
    known = _known(kind)
    if known is not None and known[1](obj):
        raise CaptureError(known[0], "", kind.__name__)


@functools.lru_cache(maxsize=1024)
def _known(kind: Any) -> tuple[str, Callable[[Any], bool]] | None:
    return next((_ALIVE[name] for base in kind.__mro__ if (name := (base.__module__, base.__qualname__)) in _ALIVE), None)
