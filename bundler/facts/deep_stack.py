"""Room for recursion: a thread with a large stack for what goes as deep as source code nests, a higher limit for the rest."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from types import FrameType

STACK_BYTES = 512 * 2**20
"""Address space, of which a thread uses as much as it needs. libcst's parser takes 5 KiB a level."""
SMALL_STACK_BYTES = 64 * 2**20
"""Where the address space is bounded (``ulimit -v`` on a login node)."""
RECURSION_LIMIT = 400_000

T = TypeVar("T")

_lock = threading.Lock()
_wanted: list[int] = []
_limit_before = 0


def run_deep(function: Callable[[], T]) -> T:
    """The result of ``function``, called in a thread that may recurse deeply; what it raises is raised here."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:  # noqa: BLE001 (carried to the caller's thread)
            errors.append(error)

    with _limit_of(RECURSION_LIMIT):
        _start(run).join()
    if errors:
        raise errors[0]
    return results[0]


def _start(run: Callable[[], None]) -> threading.Thread:
    """Starts a thread; the stack size is a setting of the process, so it is put back at once."""
    with _lock:
        for size in (STACK_BYTES, SMALL_STACK_BYTES):
            before = threading.stack_size(size)
            thread = threading.Thread(target=run, name="clustrix-facts", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                if size == SMALL_STACK_BYTES:
                    raise
            else:
                return thread
            finally:
                threading.stack_size(before)
    raise AssertionError


@contextmanager
def room_for_calls(count: int) -> Iterator[None]:
    """Lets so many more calls nest in this thread, wherever in a program it stands; only for what keeps its own bounds."""
    depth = 0
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - there is no other way to ask
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    with _limit_of(depth + count):
        yield


@contextmanager
def _limit_of(limit: int) -> Iterator[None]:
    """Keeps the recursion limit, which is one for the whole process, at or above ``limit``."""
    global _limit_before  # noqa: PLW0603 (the limit is the process' too)
    with _lock:
        if not _wanted:
            _limit_before = sys.getrecursionlimit()
        _wanted.append(limit)
        sys.setrecursionlimit(max(_limit_before, *_wanted))
    try:
        yield
    finally:
        with _lock:
            _wanted.remove(limit)
            sys.setrecursionlimit(max([_limit_before, *_wanted]))
