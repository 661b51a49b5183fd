"""How processes that run tests side by side keep out of each other's way: a range of ports for each, and one that starts servers at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator


_given: set[int] = set()


def worker() -> int:
    """Number of this process among those of pytest-xdist; 0 without it."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def free_ports(first: int, step: int, distances: tuple[int, ...] = (0,)) -> int:
    """The first port of this process' thousand from which all at these distances are free; below those that the system gives out.

    A server that is stopped for a while finds its port again: no other process takes from this range, and none is given twice.

    Args:
        first: Of process 0.
        step: Between the ports that are tried.
        distances: From a port to all that are needed.
    """
    first += 1000 * worker()
    for port in range(first, first + 1000, step):
        if port not in _given and all(_is_free(port + distance) for distance in distances):
            _given.add(port)
            return port
    raise RuntimeError("no ports are free")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """While others wait: two package managers at once would fail."""
    with open(os.path.join(tempfile.gettempdir(), f"clustrix-test-services-{os.getuid()}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
