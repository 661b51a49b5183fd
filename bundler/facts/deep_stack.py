"""Room for recursion as deep as source code nests: a thread with a large stack."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

STACK_BYTES = 512 * 2**20
"""Address space, of which a thread uses as much as it needs. libcst's parser takes 5 KiB a level."""
SMALL_STACK_BYTES = 64 * 2**20
"""Where the address space is bounded (``ulimit -v`` on a login node)."""
RECURSION_LIMIT = 400_000

T = TypeVar("T")

_lock = threading.Lock()
_running = 0
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

    _raise_limit()
    try:
        _start(run).join()
    finally:
        _restore_limit()
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


def _raise_limit() -> None:
    global _running, _limit_before  # noqa: PLW0603 (the recursion limit is the process' too)
    with _lock:
        if not _running:
            _limit_before = sys.getrecursionlimit()
            sys.setrecursionlimit(max(_limit_before, RECURSION_LIMIT))
        _running += 1


def _restore_limit() -> None:
    global _running  # noqa: PLW0603
    with _lock:
        _running -= 1
        if not _running:
            sys.setrecursionlimit(_limit_before)
