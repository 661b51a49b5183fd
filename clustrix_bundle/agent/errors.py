"""What can go wrong on the way to a cluster; re-exported by `clustrix_bundle.errors`."""

from __future__ import annotations

from clustrix_bundle.bundler.errors import ClustrixBundleError


class ClusterConnectionError(ClustrixBundleError):
    """A cluster cannot be reached, or the connection to it ended (act: the user, the network, the site).

    Attributes:
        message: What happened, what was tried, what to do.
        host: Which one, as it was written.
        temporary: Whether trying again may help. Connections are opened again after such errors, after others not.
    """

    exit_code = 4

    def __init__(self, message: str, host: str = "", *, temporary: bool = False) -> None:
        super().__init__(message, host)
        self.message = message
        self.host = host
        self.temporary = temporary

    def __str__(self) -> str:
        return self.message if self.host and self.host in self.message else f"{self.host}: {self.message}".removeprefix(": ")


class ConnectionLost(ClusterConnectionError):  # noqa: N818 - what it is called when said aloud
    """The connection ended while something waited for an answer, and asking again did not help or was not safe."""


class AnswerTimeout(ClusterConnectionError):  # noqa: N818 - as `TimeoutError` reads, but no OSError
    """The connection stands, but an answer did not come within ``operation_timeout``."""


class AgentProtocolError(ClusterConnectionError):
    """What answers is not our agent, or speaks another version of its protocol."""
