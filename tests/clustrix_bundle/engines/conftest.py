"""Schedulers that tests share, each started when a test first asks for it, behind an SSH server whose sessions know it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest


def _load(name):
    path = Path(__file__).resolve().parents[2] / "services" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"services_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


schedulers, delay_proxy = _load("schedulers"), _load("delay_proxy")


@pytest.fixture(scope="session")
def slurm():
    """A SLURM of our own."""
    limits = "JobAcctGatherParams=OverMemoryKill\nJobAcctGatherFrequency=1"  # no cgroup is needed for it
    server = schedulers.slurm(EXTRA=f"{limits}\nAccountingStorageEnforce=limits")
    server.tool("sacctmgr", "-i", "add", "account", "lab")
    server.tool("sacctmgr", "-i", "modify", "user", "root", "set", "MaxSubmitJobs=500")
    yield server
    server.clean()


@pytest.fixture(scope="session")
def grid_engine():
    """A Grid Engine of our own."""
    server = schedulers.grid_engine()
    yield server
    server.clean()


@pytest.fixture(scope="session", params=["slurm", "sge"])
def login_node(request, sshd_kinds):
    """An SSH server in front of each scheduler; its ``config`` leads there by default, ``scheduler`` is what is behind it."""
    scheduler = request.getfixturevalue({"slurm": "slurm", "sge": "grid_engine"}[request.param])
    return LoginNode(request.param, scheduler, sshd_kinds(SETENV=scheduler.session_variables))


@pytest.fixture(scope="session")
def slurm_login(slurm, sshd_kinds):
    """The one in front of SLURM."""
    return LoginNode("slurm", slurm, sshd_kinds(SETENV=slurm.session_variables))


class LoginNode:
    """A login node.

    Attributes:
        kind: Its cluster_type.
        scheduler: `schedulers.Scheduler`.
        work: A folder there.
    """

    def __init__(self, kind, scheduler, sshd) -> None:
        self.kind, self.scheduler, self._sshd = kind, scheduler, sshd
        self.work = sshd.work

    def config(self, **fields):
        """A configuration that leads there; looks are frequent."""
        return self._sshd.config(**{"cluster_type": self.kind, "job_poll_interval": 0.5, **fields})

    def proxy(self):
        """A `delay_proxy.Proxy` before it."""
        return delay_proxy.Proxy(("127.0.0.1", self._sshd.port))
