"""Servers that tests of the client share, each started when a test first asks for it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path

import pytest

_path = Path(__file__).resolve().parent.parent / "services" / "servers.py"
_spec = importlib.util.spec_from_file_location("services_servers", _path)
servers = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(servers)


@pytest.fixture(scope="session", autouse=True)
def nobodys_settings(tmp_path_factory):
    """Whoever runs the tests may have profiles, an ssh_config with ``Host *``, and an agent full of keys; the tests know none of it."""
    folder = tmp_path_factory.mktemp("nobody")
    (folder / "ssh_config").touch(mode=0o600)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("CLUSTRIX_") and name != "CLUSTRIX_SLOW_TESTS"]:
            patch.delenv(name)
        patch.delenv("SSH_AUTH_SOCK", raising=False)
        patch.setenv("CLUSTRIX_SSH_CONFIG", str(folder / "ssh_config"))
        patch.setenv("CLUSTRIX_CONFIG_DIR", str(folder))
        yield


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


@pytest.fixture
def project_module(tmp_path, monkeypatch):
    """Makes a project of one module in ``project``, which is the current folder then, and imports it; beside it is a folder ``work``."""
    made = []

    def make(name, source):
        project = tmp_path / "project"
        project.mkdir()
        (project / f"{name}.py").write_text(source)
        (tmp_path / "work").mkdir()
        monkeypatch.chdir(project)
        monkeypatch.syspath_prepend(str(project))
        made.append(name)
        return importlib.import_module(name)

    yield make
    for name in made:
        del sys.modules[name]


@pytest.fixture
def config(tmp_path):
    """A configuration whose jobs are processes of this machine, in the folder ``work``."""
    from clustrix_bundle import ClusterConfig

    return ClusterConfig(local_work_dir=str(tmp_path / "work"))
