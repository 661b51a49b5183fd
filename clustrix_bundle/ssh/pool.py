"""`open_agent`: a channel to an agent, over a connection that threads share and a forked process does not."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
from typing import TYPE_CHECKING, Protocol

from clustrix_bundle.bundler.lazy_dataclass import dataclass, field
from clustrix_bundle.ssh.errors import ChannelRefusedError, HostUnreachableError
from clustrix_bundle.ssh.start import start_agent
from clustrix_bundle.ssh.target import Target, resolve_target

if TYPE_CHECKING:
    from clustrix_bundle.agent.channel import Channel
    from clustrix_bundle.runtime.config import ClusterConfig
    from clustrix_bundle.ssh.openssh_transport import SshChannel
    from clustrix_bundle.ssh.paramiko_transport import ParamikoChannel


class Connection(Protocol):
    """A way to a target that stands."""

    def open_channel(self, line: str) -> ParamikoChannel | SshChannel | None:
        """Run a command line in a session of its own; None if the connection has ended."""

    def close(self) -> None:
        """End it."""

    def forget(self) -> None:
        """In a child of a fork: let go of it, without ending it for the parent."""


@dataclass(slots=True)
class _Entry:
    """Connections to one target; the lock keeps threads that want the same one from each making its own."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    connections: list[Connection] = field(default_factory=list)


_entries: dict[tuple[int, Target], _Entry] = {}
_lock = threading.Lock()


def open_agent(config: ClusterConfig) -> Channel:
    """The streams of an agent that was started on the configuration's cluster.

    Raises:
        ClusterConnectionError: It can't be reached or started; the subclass and the message say why. ``temporary`` tells whether it is
            worth trying again.
        ConfigError: A field leads nowhere, or the ssh configuration can't be read.
    """
    from clustrix_bundle.runtime_program import runtime_program  # noqa: PLC0415 - where a connection is made
    from clustrix_bundle.ssh.login_line import render_login_line  # noqa: PLC0415

    target = resolve_target(config)
    digest, content = runtime_program()
    channel = _open_channel(target, config, render_login_line(config, digest))
    try:
        return start_agent(channel, target, config, content)
    except BaseException:
        channel.close()
        raise


def close_all() -> None:
    """End all connections of this process."""
    with _lock:
        entries = list(_entries.values())
        _entries.clear()
    for entry in entries:
        for connection in entry.connections:
            connection.close()


def _open_channel(target: Target, config: ClusterConfig, line: str) -> ParamikoChannel | SshChannel:
    with _lock:
        entry = _entries.setdefault((os.getpid(), target), _Entry())
    with entry.lock:
        for connection in list(entry.connections):
            with contextlib.suppress(ChannelRefusedError):
                channel = connection.open_channel(line)
                if channel is not None:
                    return channel
                entry.connections.remove(connection)
        fresh = _connect(target, config)
        channel = fresh.open_channel(line)
        if channel is None:
            raise HostUnreachableError(
                f"the connection to {target.label} ended as soon as it stood", target.written, temporary=True
            )
        entry.connections.append(fresh)
        return channel


def _connect(target: Target, config: ClusterConfig) -> Connection:
    if target.ssh_reason:
        from clustrix_bundle.ssh.openssh_transport import OpensshConnection  # noqa: PLC0415 - one of the two

        return OpensshConnection(target, config)
    from clustrix_bundle.ssh.paramiko_transport import ParamikoConnection  # noqa: PLC0415

    return ParamikoConnection(target, config)


def _forget() -> None:
    """In a child of a fork: what is connected belongs to the parent, and so may the locks."""
    global _lock  # noqa: PLW0603 - the one there is
    _lock = threading.Lock()
    for entry in _entries.values():
        for connection in entry.connections:
            connection.forget()
    _entries.clear()


atexit.register(close_all)
os.register_at_fork(after_in_child=_forget)
