"""Real servers for tests: starts sshd.sh, each kind once a session, with its own state folder."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from clustrix_bundle import ClusterConfig

HERE = Path(__file__).resolve().parent


def load_script(name: str) -> ModuleType:
    """A Python script of this folder as a module."""
    spec = importlib.util.spec_from_file_location(f"services_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


Proxy = load_script("delay_proxy").Proxy
turns = load_script("turns")


class Sshd:
    """An OpenSSH server of our own.

    Args:
        options: Settings of sshd.sh, without their ``TEST_SSHD_``.

    Attributes:
        work: A folder that the server's user can write.
    """

    def __init__(self, **options: str) -> None:
        if options.get("USER") and os.geteuid() != 0:
            pytest.skip("only root makes accounts, and lets others in")
        self.state = tempfile.mkdtemp(prefix="test-sshd-")
        os.chmod(self.state, 0o755)
        self._options = options
        self._environment = {
            **os.environ,
            "TEST_SSHD_STATE": self.state,
            "TEST_SSHD_PORT": str(turns.free_ports(20022, 1)),
            **{f"TEST_SSHD_{name}": text for name, text in options.items()},
        }
        try:
            self.start()
        except BaseException:
            shutil.rmtree(self.state, ignore_errors=True)
            raise
        self.work = os.path.join(self.state, "work")
        os.mkdir(self.work)
        if options.get("USER"):
            shutil.chown(self.work, options["USER"])

    def _run(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [HERE / "sshd.sh", command], env=self._environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )

    def start(self) -> None:
        """Start it, again on the same port with the same keys if it ran before."""
        done = self._run("start")
        if done.returncode != 0:
            told = done.stderr.strip().splitlines()[-1:] or ["?"]
            if os.geteuid() != 0 or "apt-get failed" in told[0]:
                pytest.skip(f"no OpenSSH server can be had here: {told[0]}")
            raise RuntimeError(f"sshd.sh start: {done.stderr}")
        lines = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
        self.settings = {name: shlex.split(text)[0] for name, text in lines.items()}
        self.port = int(self.settings["SSH_PORT"])
        self.key, self.known_hosts, self.user = (self.settings[f"SSH_{name}"] for name in ("KEY", "KNOWN_HOSTS", "USER"))
        self.home = self.settings["SSH_HOME"]

    def stop(self) -> None:
        """End it and all its sessions at once."""
        self._run("stop")

    def clean(self) -> None:
        """End it and leave nothing behind."""
        self._run("clean")

    def config(self, port: int | None = None, **fields: Any) -> ClusterConfig:
        """A configuration of cluster_type ssh that leads there, through a proxy's port if one is given."""
        known_hosts = self.known_hosts
        if port is not None and port != self.port:
            known_hosts = f"{self.state}/known_hosts-{port}"
            Path(known_hosts).write_text(Path(self.known_hosts).read_text().replace(f":{self.port} ", f":{port} "))
        given = {
            "cluster_type": "ssh",
            "cluster_host": "127.0.0.1",
            "cluster_port": port or self.port,
            "username": self.user,
            "key_file": self.key,
            "known_hosts_file": known_hosts,
            "remote_work_dir": self.work,
        }
        return ClusterConfig(**{**given, **fields})

    def ssh_config(self, folder: Path, extra: str = "", host: str = "testhost", **options: str) -> str:
        """An ssh_config file with an alias for this server."""
        table = {
            "HostName": "127.0.0.1",
            "Port": str(self.port),
            "User": self.user,
            "IdentityFile": self.key,
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": self.known_hosts,
            **options,
        }
        path = folder / "ssh_config"
        lines = [f"Host {host}", *(f"    {name} {text}" for name, text in table.items() if text), extra]
        path.write_text("\n".join(lines) + "\n")
        return str(path)
