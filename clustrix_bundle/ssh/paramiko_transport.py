"""Connections by paramiko: name, TCP, host key, login; then a session for each agent."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import threading
from typing import TYPE_CHECKING, Any

from clustrix_bundle.ssh import known_hosts
from clustrix_bundle.ssh.authentication import log_in
from clustrix_bundle.ssh.errors import ChannelRefusedError, HostUnreachableError

if TYPE_CHECKING:
    import paramiko

    from clustrix_bundle.runtime.config import ClusterConfig
    from clustrix_bundle.ssh.target import Target

_LOG = "clustrix_bundle.ssh.paramiko"
_KEEPALIVE_S = 15
_WINDOW = 16 << 20
_PACKET = 32768
_STDERR_KEPT = 16 << 10


class ParamikoChannel:
    """A session of a connection: the streams of one agent (`clustrix_bundle.agent.channel.Channel`)."""

    def __init__(self, connection: ParamikoConnection, channel: paramiko.Channel) -> None:
        self._connection = connection
        self._channel = channel
        self._stderr = b""
        self._closed = False

    def read(self, size: int) -> bytes:
        data = self._channel.recv(size)
        self._drain()
        return data

    def write(self, data: bytes) -> None:
        try:
            self._channel.sendall(data)
        except EOFError:  # so paramiko calls a socket that closed meanwhile
            raise BrokenPipeError("the connection is gone") from None

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._connection.release(self._channel)

    def failure(self) -> str:
        self._drain()
        words = [self._stderr.decode("utf-8", "replace").strip()]
        if self._channel.exit_status_ready() and self._channel.exit_status != 0:
            words.append(f"exit status {self._channel.exit_status}" if self._channel.exit_status > 0 else "ended by a signal")
        return "\n".join(word for word in words if word)

    def _drain(self) -> None:
        """Take what stands on standard error, so that it never fills the window."""
        while self._channel.recv_stderr_ready():
            self._stderr = (self._stderr + self._channel.recv_stderr(_PACKET))[-_STDERR_KEPT:]


class ParamikoConnection:
    """A connection that is logged in; sessions come and go on it, and with the last one it goes.

    Raises:
        ClusterConnectionError: It can't be made; the subclass and the message say why.
        ConfigError: A key that was named can't be read.
    """

    def __init__(self, target: Target, config: ClusterConfig) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._target = target
        self._timeout = config.connect_timeout
        self._transports: list[paramiko.Transport] = []
        self._helpers: list[subprocess.Popen[bytes]] = []
        try:
            for one in target.jumps:
                self._reach(one, config, final=False)
            self._reach(target, config, final=True)
        except BaseException:
            self.close()
            raise

    def open_channel(self, line: str) -> ParamikoChannel | None:
        """Run a command line in a session of its own; None if the connection has ended.

        Raises:
            ChannelRefusedError: The server opens no further session on this connection.
        """
        import paramiko  # noqa: PLC0415 - loaded by now

        with self._lock:
            if not self._transports or not self._transports[-1].is_active():
                return None
            self._users += 1
        try:
            channel = self._transports[-1].open_session(_WINDOW, _PACKET, timeout=self._timeout)
            try:
                channel.settimeout(self._timeout)
                channel.exec_command(line)
                channel.settimeout(None)
            except (paramiko.SSHException, OSError):
                channel.close()
                raise
        except paramiko.ChannelException as error:
            self.release(None)
            raise ChannelRefusedError(
                f"{self._target.label} opens no further session on a connection: {error}", self._target.written, temporary=True
            ) from None
        except (paramiko.SSHException, EOFError, OSError):
            self.close()
            return None
        return ParamikoChannel(self, channel)

    def release(self, channel: paramiko.Channel | None) -> None:
        """A session is not needed any more."""
        with self._lock:
            self._users -= 1
            last = self._users == 0
        if channel is not None and not last:
            channel.close()
        if last:
            self.close()

    def close(self) -> None:
        """End it, and what it goes through."""
        with self._lock:
            transports, self._transports = self._transports, []
            helpers, self._helpers = self._helpers, []
        for transport in reversed(transports):
            transport.close()
        for helper in helpers:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(helper.pid, signal.SIGTERM)
            helper.wait()

    def forget(self) -> None:
        """In a child of a fork: let go of the sockets, without a word to the server, whose connection is the parent's."""
        for transport in self._transports:
            with contextlib.suppress(Exception):
                transport.sock.close()

    def _reach(self, target: Target, config: ClusterConfig, *, final: bool) -> None:
        stream: Any = self._stream(target)
        try:
            transport = _shake_hands(stream, target, self._timeout)
        except BaseException:
            stream.close()
            raise
        self._transports.append(transport)
        key = transport.get_remote_server_key()
        known_hosts.verify_host_key(
            target.known_hosts, target.key_alias, target.port, key.get_name(), key.asbytes(), accept_new=target.accept_new
        )
        log_in(transport, target, config, final=final)
        transport.set_keepalive(_KEEPALIVE_S)

    def _stream(self, target: Target) -> Any:
        if self._transports:
            return self._through(target)
        if target.proxy_command:
            return self._by_command(target)
        return _connect(target, self._timeout)

    def _through(self, target: Target) -> Any:
        import paramiko  # noqa: PLC0415

        try:
            channel = self._transports[-1].open_channel(
                "direct-tcpip", (target.host, target.port), ("127.0.0.1", 0), _WINDOW, _PACKET, self._timeout
            )
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise HostUnreachableError(
                f"{target.label} can't be reached through the jump host ({error}); look whether `ssh -J` gets there",
                target.written,
                temporary=True,
            ) from None
        return channel

    def _by_command(self, target: Target) -> socket.socket:
        """The user's ProxyCommand, which ssh hands to a shell too; its text is theirs, nothing is put into it here."""
        ours, theirs = socket.socketpair()
        with theirs:
            command = ["/bin/sh", "-c", f"exec {target.proxy_command}"]
            self._helpers.append(
                subprocess.Popen(command, stdin=theirs.fileno(), stdout=theirs.fileno(), start_new_session=True)  # noqa: S603
            )
        return ours


def _connect(target: Target, timeout_s: float) -> socket.socket:
    """A TCP connection."""
    where = f"{target.host} port {target.port}"
    try:
        stream = socket.create_connection((target.host, target.port), timeout_s)
    except socket.gaierror as error:
        raise HostUnreachableError(
            f"there is no host {target.host!r} ({error.strerror}); look at cluster_host, and whether this machine has a network",
            target.written,
            temporary=error.errno == socket.EAI_AGAIN,  # no name server answers: a laptop that just woke up
        ) from None
    except ConnectionRefusedError:
        raise HostUnreachableError(
            f"{where} refuses connections: no SSH server listens there; look at cluster_host and cluster_port",
            target.written,
            temporary=True,
        ) from None
    except TimeoutError:
        raise HostUnreachableError(
            f"{where} does not answer within {timeout_s:g} s; is a VPN or a jump host needed? (connect_timeout sets the time)",
            target.written,
            temporary=True,
        ) from None
    except OSError as error:
        raise HostUnreachableError(
            f"{where} can't be reached: {error.strerror or error}", target.written, temporary=True
        ) from None
    # Without it each small answer waits 40 ms for an acknowledgement; paramiko leaves that to its caller.
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return stream


def _shake_hands(stream: Any, target: Target, timeout_s: float) -> paramiko.Transport:
    """Version and key exchange; the server's key still has to be verified."""
    import paramiko  # noqa: PLC0415

    logging.getLogger(_LOG).addHandler(logging.NullHandler())  # else Python shows its tracebacks on standard error
    failure: str
    try:
        transport = paramiko.Transport(stream, default_window_size=_WINDOW)
        transport.set_log_channel(_LOG)
        transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = timeout_s
        options = transport.get_security_options()
        known = {entry.kind for entry in known_hosts.find_entries(target.known_hosts, target.key_alias, target.port)}
        known |= {"rsa-sha2-512", "rsa-sha2-256"} if "ssh-rsa" in known else set()
        options.key_types = sorted(options.key_types, key=lambda kind: kind not in known)
        transport.start_client(timeout=timeout_s)
        transport.get_remote_server_key()  # raises if it is not there yet
    except (paramiko.SSHException, EOFError, OSError) as error:
        failure = str(error) or type(error).__name__
        with contextlib.suppress(UnboundLocalError):
            transport.close()
    else:
        return transport
    raise HostUnreachableError(
        f"{target.host} port {target.port} takes connections, but does not finish an SSH handshake within {timeout_s:g} s ({failure}); "
        "is it an SSH server, and is it overloaded?",
        target.written,
        temporary=True,
    )
