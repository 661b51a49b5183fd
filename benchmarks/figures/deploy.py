"""What it costs to bring files to a cluster: a bundle that is there already, 2,000 small files, 100 MB; over an open connection.

Peers: scp, rsync, and paramiko's ``put``. scp and paramiko take a round trip and more for every file, so at 20 ms they are left out.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from functools import cache, partial
from pathlib import Path

from harness import Benchmark, Contender, Figure, MissingPeerError, Sample, peer
from services import Worker, sshd

ROUND_TRIP_S = 0.02
_PEERS = ("scp", "rsync", "paramiko")


@cache
def _source() -> str:
    folder = Path(tempfile.mkdtemp(prefix="bench-files-"))
    chance = random.Random(1)
    for name, count, size in (("small", 2000, 2_000), ("large", 1, 100_000_000), ("few", 5, 2_000)):
        (folder / name).mkdir()
        for number in range(count):
            (folder / name / f"f{number}.dat").write_bytes(chance.randbytes(size))
    return str(folder)


@cache
def _worker(who: str, slow: bool) -> Worker:
    server = sshd(ROUND_TRIP_S)
    target = tempfile.mkdtemp(prefix=f"{who}-", dir=server.work)
    port = str(server.slow_port if slow else server.port)
    return Worker("deploy.py", [who, _source(), target, port, server.user, server.key, server.known_hosts], dict(os.environ))


def _contender(who: str, what: str, *, slow: bool) -> Contender:
    if who in ("scp", "rsync") and shutil.which(who) is None:
        raise MissingPeerError("not installed")
    worker = _worker(who, slow)
    return Contender(who, lambda: Sample(worker.run(what)))


def _contenders(what: str, *, slow: bool = False, peers: tuple[str, ...] = _PEERS) -> list[Contender]:
    sshd(ROUND_TRIP_S)  # without it there is nothing to be measured
    return [peer(who, partial(_contender, who, what, slow=slow)) for who in ("ours", *peers)]


def _upload(what: str, words: str, *, slow: bool, peers: tuple[str, ...]) -> Benchmark:
    name = f"deploy-{what}-{'far' if slow else 'near'}"
    where = f"at {20 if slow else 0} ms"
    figures = tuple(Figure(f"{name}-{who}", f"bring {words} to a server {where}, beside {who}", "ours", (who,)) for who in peers)
    return Benchmark(name, lambda: _contenders(what, slow=slow, peers=peers), figures)


_AGAIN = Benchmark(
    "deploy-again",
    lambda: _contenders("again", slow=True, peers=()),
    (
        Figure(
            "deploy-again", "deploy an unchanged bundle at 20 ms, in round trips", "ours", bound=1.2, limit=lambda: ROUND_TRIP_S
        ),
    ),
)

BENCHMARKS = (
    _AGAIN,
    _upload("small", "2,000 small files", slow=False, peers=_PEERS),
    _upload("small", "2,000 small files", slow=True, peers=("rsync",)),
    _upload("large", "100 MB", slow=False, peers=_PEERS),
    _upload("large", "100 MB", slow=True, peers=("scp", "rsync")),
)
