"""Which agent serves a configuration: one for each way to a host in a process, shared by all that ask."""

from __future__ import annotations

import os
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from clustrix_bundle.agent.client import AgentClient
from clustrix_bundle.agent.place import LocalPlace, Place, RemotePlace
from clustrix_bundle.runtime import active
from clustrix_bundle.runtime.config import NotYetSupported

if TYPE_CHECKING:
    from clustrix_bundle.agent.channel import Channel
    from clustrix_bundle.runtime.config import ClusterConfig

_WAY = (
    "cluster_host",
    "cluster_port",
    "username",
    "key_file",
    "password",
    "passphrase",
    "host_key_policy",
    "known_hosts_file",
    "connect_timeout",
    "python_executable",
    "module_loads",
)
"""Fields of a configuration that make a connection another one."""
_lock = threading.Lock()
_clients: dict[tuple[Any, ...], AgentClient] = {}


def place_of(config: ClusterConfig) -> Place:
    """The work dir that a configuration means: on this machine, or over an agent. Nothing is connected before something is asked.

    A scheduler without a host is one of this machine.

    Raises:
        ClusterUnreachableFromJob: In a job, for another cluster.
        NotYetSupported: There is no way to that kind of cluster.
    """
    here = active.local_place(config)
    if here is not None:
        work_dir, allowed_paths = here
        return LocalPlace(work_dir, allowed_paths)
    if config.cluster_type == "kubernetes":
        raise NotYetSupported("cluster_type='kubernetes': there is no way to the files of a Kubernetes cluster yet")
    if config.cluster_host is None:
        return LocalPlace(config.remote_work_dir, config.allowed_paths)
    return RemotePlace(client_of(config), config.remote_work_dir, config.allowed_paths, config.operation_timeout)


def client_of(config: ClusterConfig) -> AgentClient:
    """The agent client that serves a configuration."""
    key = tuple(repr(getattr(config, name)) for name in _WAY)
    with _lock:
        client = _clients.get(key)
        if client is None:
            config = config.replace()  # what is assigned to it later means another one

            def open_channel() -> Channel:
                return cast("Channel", import_module("clustrix_bundle.ssh").open_agent(config))  # not before it is needed

            client = _clients[key] = AgentClient(open_channel, config.cluster_host or "", greeting_timeout=config.connect_timeout)
        return client


def close_all() -> None:
    """End all connections; they are opened again when something is asked."""
    with _lock:
        clients = list(_clients.values())
        _clients.clear()
    for client in clients:
        client.close()


def _forget_parents() -> None:
    """In a forked process: the connections belong to the parent."""
    global _lock  # noqa: PLW0603 - it may have been held while forking
    _lock = threading.Lock()
    _clients.clear()


os.register_at_fork(after_in_child=_forget_parents)
