"""Connections by the user's own ``ssh``, which knows all of its configuration; sessions share one connection (ControlMaster)."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
from typing import TYPE_CHECKING

from clustrix_bundle.agent.errors import ClusterConnectionError
from clustrix_bundle.runtime.config import ClusterConfig, ConfigError
from clustrix_bundle.ssh import prompts
from clustrix_bundle.ssh.errors import (
    AuthenticationRefusedError,
    ChangedHostKeyError,
    ChannelRefusedError,
    HostUnreachableError,
    UnknownHostKeyError,
)

if TYPE_CHECKING:
    from clustrix_bundle.ssh.target import Target

_STDERR_KEPT = 16 << 10
_FAILED = 255  # ssh's own exit status, as opposed to the command's
_SAYS: tuple[tuple[str, type[ClusterConnectionError], bool], ...] = (
    (r"REMOTE HOST IDENTIFICATION HAS CHANGED|is marked as revoked|Host key for .* has changed", ChangedHostKeyError, False),
    (r"host key is known for|Host key verification failed", UnknownHostKeyError, False),
    (r"Permission denied|Too many authentication failures|No supported authentication", AuthenticationRefusedError, False),
    (r"Could not resolve hostname.*Temporary failure", HostUnreachableError, True),
    (r"Could not resolve hostname", HostUnreachableError, False),
    (r"Session open refused|administratively prohibited", ChannelRefusedError, True),
)
_REMEDIES: dict[type[ClusterConnectionError], str] = {
    ChangedHostKeyError: "Ask the cluster's administrators for the fingerprint of its key; if it is the new one, remove the old line that ssh names",
    UnknownHostKeyError: 'Connect to it once with `ssh`, compare the fingerprint and answer yes, or set host_key_policy="accept-new"',
    AuthenticationRefusedError: "See whether `ssh` gets there without asking; load the key with ssh-add, or set key_file or username",
    HostUnreachableError: "See whether `ssh` gets there",
    ChannelRefusedError: "Close other sessions there",
}


class SshChannel:
    """The streams of one ``ssh`` process (`clustrix_bundle.agent.channel.Channel`)."""

    def __init__(self, connection: OpensshConnection, process: subprocess.Popen[bytes], stream: socket.socket) -> None:
        self._connection = connection
        self._process = process
        self._stream = stream
        self._stderr = b""
        self._reader = threading.Thread(target=self._drain, name="clustrix-ssh-stderr", daemon=True)
        self._reader.start()
        self._lock = threading.Lock()
        self._closed = False

    def read(self, size: int) -> bytes:
        return self._stream.recv(size)

    def write(self, data: bytes) -> None:
        self._stream.sendall(data)

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
        # Not closed yet, since another thread may be about to read: that happens with the last reference.
        with contextlib.suppress(OSError):
            self._stream.shutdown(socket.SHUT_RDWR)
        self._connection.release()

    def __del__(self) -> None:
        self._stream.close()

    def failure(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self._reader.join(1)
        words = [self._stderr.decode("utf-8", "replace").strip()]
        if self._process.returncode and self._process.returncode > 0:
            words.append(f"exit status {self._process.returncode}")
        return "\n".join(word for word in words if word)

    def ssh_error(self, target: Target) -> ClusterConnectionError | None:
        """What ssh itself reports, if it was ssh that failed."""
        said = self.failure()
        if self._process.returncode != _FAILED:
            return None
        kind, temporary = next(
            ((kind, temporary) for pattern, kind, temporary in _SAYS if re.search(pattern, said)), (HostUnreachableError, True)
        )
        told = " ".join(line.strip() for line in said.splitlines() if line.strip("@ \r") and not line.startswith("exit status"))
        return kind(
            f"ssh to {target.written} failed ({target.ssh_reason}, so it is asked instead of paramiko): {told}. {_REMEDIES[kind]}",
            target.written,
            temporary=temporary,
        )

    def _drain(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stderr:
            while piece := os.read(stderr.fileno(), 4096):
                self._stderr = (self._stderr + piece)[-_STDERR_KEPT:]


class OpensshConnection:
    """A way to a host by ``ssh``: the first session opens a connection and serves later ones; with the last one it ends.

    Raises:
        ClusterConnectionError: There is no ``ssh`` here.
        ConfigError: A secret is configured that ``ssh`` can't be given.
    """

    def __init__(self, target: Target, config: ClusterConfig) -> None:
        program = shutil.which("ssh")
        if program is None:
            raise ClusterConnectionError(
                f"{target.ssh_reason}, which needs the program ssh, and there is none on PATH: install OpenSSH's client",
                target.written,
            )
        for field in ("password", "passphrase"):
            if getattr(config, field) is not None and not prompts.has_terminal():
                raise ConfigError(
                    f"{field} is set, but {target.ssh_reason}, so ssh is asked instead of paramiko, and it takes no {field} from programs: "
                    "load the key with ssh-add, or take that option out of the ssh configuration for this host"
                )
        self._lock = threading.Lock()
        self._users = 0
        self._processes: list[subprocess.Popen[bytes]] = []
        self._target = target
        self._program = program
        self._config = config
        self._folder = tempfile.mkdtemp(prefix="clx-", dir="/tmp")

    def open_channel(self, line: str) -> SshChannel | None:
        """Run a command line in a session of its own; None if the connection has been closed."""
        with self._lock:
            if not self._folder:
                return None
            self._users += 1
            argv = self._argv(line)
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - options as words, no shell
                argv,
                bufsize=0,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.PIPE,
                start_new_session=not prompts.has_terminal(),
            )
        self._processes.append(process)
        return SshChannel(self, process, ours)

    def release(self) -> None:
        """A session is not needed any more. Its process may be the one that others go through, so it ends with the last of them."""
        with self._lock:
            self._users -= 1
            last = self._users == 0
        if last:
            self.close()

    def close(self) -> None:
        """End it, with all sessions."""
        with self._lock:
            folder, self._folder = self._folder, ""
            processes, self._processes = self._processes, []
        for process in reversed(processes):
            process.terminate()
            process.wait()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)

    def forget(self) -> None:
        """In a child of a fork: the folder is the parent's."""
        self._folder = ""

    def _argv(self, line: str) -> list[str]:
        config, target = self._config, self._target
        options = {
            "BatchMode": "no" if prompts.has_terminal() else "yes",
            "ConnectTimeout": str(max(1, round(config.connect_timeout))),
            "ServerAliveInterval": "15",
            "ServerAliveCountMax": "3",
            "StrictHostKeyChecking": "accept-new" if target.accept_new else "yes",
            "ClearAllForwardings": "yes",
        }
        if target.ssh_reason != "a master connection of ssh is open":
            options.update(ControlMaster="auto", ControlPath=f"{self._folder}/m", ControlPersist="no")
        if config.known_hosts_file:
            quoted = (
                config.known_hosts_file.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
            )  # ssh_config's own quotes
            options["UserKnownHostsFile"] = f'"{quoted}"'
        if config.key_file:
            options["IdentitiesOnly"] = "yes"
        argv = [self._program, "-T", "-x", "-a"]
        argv += ["-F", target.config_file] if target.config_file else []
        argv += [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        argv += ["-i", config.key_file] if config.key_file else []
        argv += ["-l", config.username] if config.username else []
        argv += ["-p", str(config.cluster_port)] if config.cluster_port else []
        return [*argv, "--", target.written, line]
