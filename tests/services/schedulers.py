"""Real schedulers for tests: SLURM and Grid Engine of our own, by slurm.sh and gridengine.sh, and what a session of sshd.sh needs to find them."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
_spec = importlib.util.spec_from_file_location("services_turns", HERE / "turns.py")
turns = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(turns)


class Scheduler:
    """A cluster of our own.

    Args:
        script: Name of the script here that starts it.
        prefix: Of the script's settings.
        ports: Distances from its first port to all that it takes.
        options: More of the settings, without their prefix.

    Attributes:
        variables: What its tools need in their environment.
    """

    def __init__(self, script: str, prefix: str, ports: tuple[int, ...], **options: str) -> None:
        if os.geteuid() != 0:
            pytest.skip(f"{script} needs root")
        self._script = HERE / script
        self.state = tempfile.mkdtemp(prefix=f"{prefix.lower().replace('_', '-')}-")
        os.chmod(self.state, 0o755)
        settings = {"STATE": self.state, "PORT": str(turns.free_ports(27100, 50, ports)), **options}
        self._environment = {**os.environ, **{f"{prefix}_{name}": text for name, text in settings.items()}}
        done = self.run("start")
        if done.returncode != 0:
            self.clean()
            told = done.stderr.strip().splitlines()[-1:] or ["?"]
            if "apt-get failed" in told[0] or "command not found" in done.stderr:
                pytest.skip(f"no {script.removesuffix('.sh')} can be had here: {told[0]}")
            raise RuntimeError(f"{script} start: {done.stderr}")
        lines = (shlex.split(line) for line in done.stdout.splitlines())
        self.variables = dict(words[1].split("=", 1) for words in lines if words[0] == "export")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the script, such as ``kill-node n1``."""
        return subprocess.run(
            [self._script, *words], env=self._environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )

    def tool(self, *argv: str) -> str:
        """What a tool of the scheduler prints."""
        environment = {**os.environ, **self.variables}
        return subprocess.run(argv, env=environment, capture_output=True, text=True, check=True).stdout

    def signal(self, daemon: str, number: int) -> None:
        """Send a signal to one of its daemons, by the pid file that the script keeps."""
        os.kill(int(Path(self.state, f"{daemon}.pid").read_text()), number)

    @property
    def session_variables(self) -> str:
        """For ``SETENV`` of `servers.Sshd`: what the environment of every session has."""
        return " ".join(f"{name}={text}" for name, text in self.variables.items())

    def clean(self) -> None:
        """End it and leave nothing behind."""
        self.run("clean")
        shutil.rmtree(self.state, ignore_errors=True)


def slurm(**options: str) -> Scheduler:
    """SLURM with accounting, nodes n1 and n2, partitions main and short (one minute at most)."""
    return Scheduler("slurm.sh", "TEST_SLURM", (0, 1, 10, 20), **options)


def grid_engine(**options: str) -> Scheduler:
    """Grid Engine with one host, queue main.q, parallel environment smp."""
    return Scheduler("gridengine.sh", "TEST_SGE", (0, 1), **options)
