"""Why a cluster can't be reached over SSH: each names host, cause and remedy, none a secret."""

from __future__ import annotations

from clustrix_bundle.agent.errors import ClusterConnectionError


class HostUnreachableError(ClusterConnectionError):
    """Nothing answers: unknown name, refused, timed out, cut off during the handshake."""


class HostKeyError(ClusterConnectionError):
    """The server's key is not one that a known_hosts file vouches for."""


class UnknownHostKeyError(HostKeyError):
    """No known_hosts file names the host."""


class ChangedHostKeyError(HostKeyError):
    """A known_hosts file has another key for the host, or this key as revoked. Refused whatever the policy."""


class AuthenticationRefusedError(ClusterConnectionError):
    """The server did not let us in; the message lists what was tried."""


class ChannelRefusedError(ClusterConnectionError):
    """The server opens no further session on a connection (``MaxSessions``)."""


class NoPythonError(ClusterConnectionError):
    """There is no Python 3.6 or later where it was looked for."""


class AgentStartError(ClusterConnectionError):
    """The login shell or the disk there kept the agent from starting."""
