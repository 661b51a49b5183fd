"""How processes that run tests side by side keep out of each other's way: a range of ports for each."""

from __future__ import annotations

import os
import socket


_given: set[int] = set()


def worker() -> int:
    """Number of this process among those of pytest-xdist; 0 without it."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def free_ports(first: int, step: int, distances: tuple[int, ...] = (0,)) -> int:
    """The first port of this process' thousand from which all at these distances are free; below those that the system gives out.

    A server that is stopped for a while finds its port again: no other process of this run takes from this range, and none is given
    twice. Another run at the same time begins elsewhere in it.

    Args:
        first: Of process 0.
        step: Between the ports that are tried.
        distances: From a port to all that are needed.
    """
    first += 1000 * (worker() % 5)  # those of all stay below 32768
    ports = range(first, first + 1000, step)
    begin = os.getpid() % len(ports)
    for port in (*ports[begin:], *ports[:begin]):
        if port not in _given and all(_is_free(port + distance) for distance in distances):
            _given.add(port)
            return port
    raise RuntimeError("no ports are free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
