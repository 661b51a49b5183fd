"""Servers that tests of the client share, each started when a test first asks for it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_path = Path(__file__).resolve().parent.parent / "services" / "servers.py"
_spec = importlib.util.spec_from_file_location("services_servers", _path)
servers = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(servers)


@pytest.fixture(scope="session")
def sshd_kinds():
    """`Sshd` by its options, each kind started once and ended with the session."""
    started = {}

    def kind(**options):
        key = tuple(sorted(options.items()))
        if key not in started:
            started[key] = servers.Sshd(**options)
        return started[key]

    yield kind
    from clustrix_bundle.agent.pool import close_all

    close_all()
    for server in started.values():
        server.clean()


@pytest.fixture(scope="session")
def sshd(sshd_kinds):
    """An OpenSSH server as most are."""
    return sshd_kinds()


@pytest.fixture
def own_sshd():
    """An OpenSSH server that a test may end, and whose keys it may change."""
    server = servers.Sshd()
    yield server
    server.clean()


@pytest.fixture
def proxy(sshd):
    """Makes proxies in front of the server; see `delay_proxy.Proxy`."""
    made = []

    def make(**faults):
        made.append(servers.Proxy(("127.0.0.1", sshd.port), **faults))
        return made[-1]

    yield make
    for one in made:
        one.close()
