"""What a question about files costs on an open connection, in round trips, and what a large listing costs where there is no latency.

Peers: fsspec's and asyncssh's SFTP (installed for the run: ``pip install fsspec asyncssh``), the program ``ssh`` over an open master
connection, and a command each by paramiko, which is how upstream's filesystem asks (its release on PyPI has no such module to measure).
"""

# ruff: noqa: S603 - our own commands

from __future__ import annotations

import atexit
import importlib.util
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from harness import Benchmark, Contender, FailedRunError, Figure, MissingPeerError, Sample, peer

HERE = Path(__file__).resolve().parent
SERVICES = HERE.parent.parent / "tests" / "services"
ROUND_TRIP_S = 0.02
_OPERATIONS = ("ls", "stat", "exists", "isdir", "isfile", "find", "glob", "du", "count", "stat-200")
_WORK = {
    "ls": "names of 200 files",
    "find": "find in 100 files of 5 folders",
    "glob": "glob in 100 files of 5 folders",
    "du": "du of 100 files of 5 folders",
    "count": "count 100 files of 5 folders",
    "stat-200": "stat of 200 files",
}
_PEERS = ("fsspec", "asyncssh", "ssh", "paramiko")


@cache
def _server() -> dict[str, str]:
    """A server of ours with a tree, and a slow way to it; its settings."""
    if not os.access("/usr/sbin/sshd", os.X_OK) and os.geteuid() != 0:
        raise MissingPeerError("there is no OpenSSH server, and only root can install it")
    state = tempfile.mkdtemp(prefix="bench-sshd-")
    os.chmod(state, 0o755)  # noqa: S103 - the account has to get in
    environment = {**os.environ, "TEST_SSHD_STATE": state}
    if os.geteuid() == 0:  # an account without startup files, which would be the price of every command
        environment["TEST_SSHD_USER"] = "clxbench"
    script = str(SERVICES / "sshd.sh")
    atexit.register(subprocess.run, [script, "clean"], env=environment, stderr=subprocess.DEVNULL)
    lines = subprocess.run(
        [script, "start"], env=environment, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL
    ).stdout
    settings = {name: shlex.split(text)[0] for name, text in (line.split("=", 1) for line in lines.splitlines())}
    proxy = subprocess.Popen(
        [
            sys.executable,
            str(SERVICES / "delay_proxy.py"),
            "--to",
            f"127.0.0.1:{settings['SSH_PORT']}",
            "--rtt-ms",
            str(ROUND_TRIP_S * 1000),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(proxy.kill)
    assert proxy.stdout is not None
    settings["SLOW_PORT"] = proxy.stdout.readline().strip()
    known = Path(settings["SSH_KNOWN_HOSTS"])
    known.write_text(known.read_text() + known.read_text().replace(f":{settings['SSH_PORT']} ", f":{settings['SLOW_PORT']} "))
    settings["FOLDER"] = f"{state}/tree"
    for number in range(5):
        folder = Path(settings["FOLDER"], "small", f"d{number}")
        folder.mkdir(parents=True)
        for file in range(20):
            (folder / f"f{file}.csv").write_bytes(b"x" * file)
    for number in range(100):
        folder = Path(settings["FOLDER"], f"d{number}")
        folder.mkdir()
        for file in range(200):
            (folder / f"f{file}.csv").touch()
    return settings


@cache
def _worker(who: str, slow: bool) -> subprocess.Popen[str]:
    """A process that holds a connection and asks what it is told to."""
    settings = _server()
    port = settings["SLOW_PORT" if slow else "SSH_PORT"]
    arguments = [who, port, settings["SSH_USER"], settings["SSH_KEY"], settings["SSH_KNOWN_HOSTS"], settings["FOLDER"]]
    worker = subprocess.Popen(
        [sys.executable, "-P", str(HERE.parent / "peers" / "filesystem.py"), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    atexit.register(worker.kill)
    assert worker.stdout is not None
    if worker.stdout.readline() != "ready\n":
        raise FailedRunError(f"{who} can't connect")
    return worker


def _asked(who: str, operation: str, *, slow: bool) -> Callable[[], Sample]:
    worker = _worker(who, slow)

    def run() -> Sample:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(operation + "\n")
        line = worker.stdout.readline()
        if not line:
            raise FailedRunError(f"{who}: {operation} failed")
        return Sample(float(line))

    return run


def _contenders(operation: str, *, slow: bool) -> list[Contender]:
    once = {"ssh", "paramiko"} if operation == "stat-200" else set()  # seconds each

    def contender(who: str) -> Contender:
        if who in ("fsspec", "asyncssh") and importlib.util.find_spec(who) is None:
            raise MissingPeerError("not installed")
        return Contender(who, _asked(who, operation, slow=slow), rounds=who in once)

    return [peer(who, partial(contender, who)) for who in ("ours", *_PEERS)]


def _question(operation: str) -> Benchmark:
    work = f"{_WORK.get(operation, operation)} at 20 ms, in round trips"
    bound = 1.3 if operation == "stat-200" else 1.2
    figure = Figure(f"fs-{operation}", work, "ours", bound=bound, limit=lambda: ROUND_TRIP_S)
    return Benchmark(f"fs-{operation}", lambda: _contenders(operation, slow=True), (figure,))


def _near(operation: str, bound: float | None = None) -> Benchmark:
    work = "find over 20,000 files at 0 ms" if operation == "find-20000" else f"{_WORK.get(operation, operation)} at 0 ms"
    return Benchmark(
        f"fs-{operation}-near",
        lambda: _contenders(operation, slow=False),
        (Figure(f"fs-{operation}-near", work, "ours", ("ssh",), bound),),
    )


BENCHMARKS = (*(_question(name) for name in _OPERATIONS), *(_near(name) for name in _OPERATIONS), _near("find-20000", 1.1))
