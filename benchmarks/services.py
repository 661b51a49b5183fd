"""Real servers of our own for figures: SLURM, and SSH servers with a slow way to them; started when they are first asked for, ended with the program."""

# ruff: noqa: S603 - our own commands

from __future__ import annotations

import atexit
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness import FailedRunError, MissingPeerError

SCRIPTS = Path(__file__).resolve().parent.parent / "tests" / "services"


@dataclass(frozen=True, slots=True)
class Sshd:
    """An SSH server: what a client needs to reach it, and a folder there that it may write."""

    port: int
    slow_port: int
    user: str
    key: str
    known_hosts: str
    work: str


@cache
def slurm() -> dict[str, str]:
    """A SLURM of two nodes with 8 processors each, however many there are; the variables that its tools need."""
    if os.geteuid() != 0:
        raise MissingPeerError("only root can start a SLURM")
    state = tempfile.mkdtemp(prefix="bench-slurm-")
    os.chmod(state, 0o755)  # noqa: S103 - its daemons have to get in
    settings = {"TEST_SLURM_STATE": state, "TEST_SLURM_PORT": "27900"}
    lines = _start("slurm.sh", settings)
    words = (shlex.split(line) for line in lines)
    return dict(one[1].split("=", 1) for one in words if one[0] == "export")


@cache
def sshd(round_trip_s: float, variables: str = "") -> Sshd:
    """An SSH server; its slow port is so many seconds away.

    Args:
        round_trip_s: Of the slow port.
        variables: ``A=1 B=2``, for the environment of every session.
    """
    if not os.access("/usr/sbin/sshd", os.X_OK) and os.geteuid() != 0:
        raise MissingPeerError("there is no OpenSSH server, and only root can install it")
    state = tempfile.mkdtemp(prefix="bench-sshd-")
    os.chmod(state, 0o755)  # noqa: S103 - sshd wants to see its keys
    lines = _start("sshd.sh", {"TEST_SSHD_STATE": state, "TEST_SSHD_SETENV": variables})
    told = {name: shlex.split(text)[0] for name, text in (line.split("=", 1) for line in lines)}
    port = int(told["SSH_PORT"])
    slow = _proxy(port, round_trip_s)
    known = Path(told["SSH_KNOWN_HOSTS"])
    known.write_text(known.read_text() + known.read_text().replace(f":{port} ", f":{slow} "))
    work = Path(state, "work")
    work.mkdir()
    return Sshd(port, slow, told["SSH_USER"], told["SSH_KEY"], str(known), str(work))


def _start(script: str, settings: dict[str, str]) -> list[str]:
    environment = {**os.environ, **settings}
    command = str(SCRIPTS / script)
    atexit.register(subprocess.run, [command, "clean"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    done = subprocess.run(
        [command, "start"], env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        raise MissingPeerError(f"{script} does not start here: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout.splitlines()


def _proxy(port: int, round_trip_s: float) -> int:
    words = ["--to", f"127.0.0.1:{port}", "--rtt-ms", str(round_trip_s * 1000)]
    proxy = subprocess.Popen([sys.executable, str(SCRIPTS / "delay_proxy.py"), *words], stdout=subprocess.PIPE, text=True)
    atexit.register(proxy.kill)
    assert proxy.stdout is not None
    return int(proxy.stdout.readline())


class Worker:
    """A peer's process, which does what it is told by a line and prints the seconds that it took.

    Raises:
        FailedRunError: It does not start, or what it was told failed.
    """

    def __init__(self, script: str, arguments: list[str], environment: dict[str, str]) -> None:
        self._who = " ".join([script, arguments[0]])
        peer = Path(__file__).resolve().parent / "peers" / script
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(peer), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
            text=True,
            bufsize=1,
        )
        atexit.register(self._process.kill)
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            raise FailedRunError(f"{self._who} cannot begin")

    def run(self, what: str) -> float:
        """Seconds."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(what + "\n")
        except OSError:
            raise FailedRunError(f"{self._who} has ended") from None
        line = self._process.stdout.readline()
        if not line:
            raise FailedRunError(f"{self._who}: {what} failed")
        return float(line)
