"""From submission to result on a real SLURM: one task, and a map of 200, beside a batch script written by hand and submitit.

On the machine that has SLURM's tools, and from elsewhere through an SSH server at 0 and at 20 ms, with the connection open. Submitit has no
way to another machine (``pip install submitit``). SLURM's nodes are two of 8 processors on whatever this machine has; it looks for
work once a second.
"""

from __future__ import annotations

import importlib.util
import tempfile
from functools import cache, partial

from harness import Benchmark, Contender, Figure, MissingPeerError, Sample, peer
from services import Worker, slurm, sshd

ROUND_TRIP_S = 0.02
ELEMENTS = 200
_ALLOWED, _TRIPS = "0.3 s", "4 round trips"


@cache
def _worker(who: str, distance: str) -> Worker:
    variables = slurm()
    way: list[str] = []
    if distance != "here":
        server = sshd(ROUND_TRIP_S, " ".join(f"{name}={text}" for name, text in variables.items()))
        way = [str(server.port if distance == "near" else server.slow_port), server.user, server.key, server.known_hosts]
    folder = tempfile.mkdtemp(prefix=f"bench-{who}-")
    return Worker("slurm.py", [who, folder, str(ELEMENTS), *way], variables)


def _contender(who: str, what: str, distance: str) -> Contender:
    if who == "submitit" and importlib.util.find_spec(who) is None:
        raise MissingPeerError("not installed")
    worker = _worker(who, distance)
    return Contender(who, lambda: Sample(worker.run(what)))


def _fixed(name: str, seconds: float) -> Contender:
    return Contender(name, lambda: Sample(seconds))


def _contenders(what: str, distance: str) -> list[Contender]:
    slurm()  # without it there is nothing to be measured
    who = ["ours", "hand", *(["submitit"] if distance == "here" else [])]
    trips = 4 * ROUND_TRIP_S if distance == "far" else 0.0
    return [*(peer(one, partial(_contender, one, what, distance)) for one in who), _fixed(_ALLOWED, 0.3), _fixed(_TRIPS, trips)]


def _one(distance: str, words: str) -> Benchmark:
    name = f"slurm-one-{distance}"
    figure = Figure(name, f"one task on SLURM, submission to result, {words}", "ours", ("hand", _ALLOWED, _TRIPS), 1.0)
    return Benchmark(name, lambda: _contenders("one", distance), (figure,))


_MAP = Benchmark(
    "slurm-map",
    lambda: _contenders("map", "here"),
    (
        Figure("slurm-map", f"a map of {ELEMENTS} on SLURM, beside submitit's", "ours", ("submitit",), 0.5),
        Figure("slurm-map-hand", f"a map of {ELEMENTS} on SLURM, beside an array by hand", "ours", ("hand",)),
    ),
)

BENCHMARKS = (_one("here", "on the spot"), _one("near", "over SSH at 0 ms"), _one("far", "over SSH at 20 ms"), _MAP)
