"""How bytes get to an agent on a cluster: SSH, by paramiko or by the user's own ``ssh`` (``docs/connections.md``)."""

from clustrix_bundle.ssh.pool import open_agent

__all__ = ["open_agent"]
