"""What tests of several parts share."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import settings
from clustrix_bundle.agent.client import AgentClient
from clustrix_bundle.bundler.graph import DependencyGraph, EntryPoint, Node
from clustrix_bundle.runtime_program import render_runtime_program

# The same examples each time, so that a run says something about the change and not about the day;
# HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

ENTRY_SOURCE = b"def f():\n    return 1\n"


def _hand_graph(folder: Path, *, data=(), modules=(), links=(), dirs=(), executable=(), edges=(), **fields) -> DependencyGraph:
    """A graph as an analysis would give it, with its data files written below ``folder``.

    ``data`` maps member to bytes; ``modules`` likewise; ``links`` maps member to target.
    """
    nodes = [Node("project/pkg/mod.py", "entry", content=ENTRY_SOURCE, module="pkg.mod")]
    nodes += [Node(member, "module", content=content) for member, content in dict(modules).items()]
    for member, content in dict(data).items():
        path = Path(os.fsdecode(os.path.join(os.fsencode(folder), member.encode("utf-8", "surrogateescape"))))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        nodes.append(Node(member, "data", path=path, executable=member in executable))
    nodes += [Node(member, "link", link_target=target) for member, target in dict(links).items()]
    nodes += [Node(member, "dir") for member in dirs]
    graph = DependencyGraph(
        EntryPoint("module", "project/pkg/mod.py", "pkg.mod", "f", 1),
        folder,
        {node.member: node for node in nodes},
        list(edges),
    )
    for name, value in fields.items():
        setattr(graph, name, value)
    return graph


@pytest.fixture(scope="session")
def hand_graph():
    """`_hand_graph`: a dependency graph made by hand."""
    return _hand_graph


class PipeChannel:
    """A channel to a real agent in a child process.

    Attributes:
        process: The child.
    """

    def __init__(self, python: str, pyz: Path, **options) -> None:
        command = [python, os.fspath(pyz), "agent"]
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        self.process = subprocess.Popen(options.pop("args", command), bufsize=0, **options)
        self._writing = threading.Lock()
        self._telling = threading.Lock()
        self._said = ""

    def read(self, size: int) -> bytes:
        data = b"" if self.process.stdout.closed else self.process.stdout.read(size)
        if not data:
            self.process.stdout.close()
        return data

    def write(self, data: bytes) -> None:
        with self._writing:
            while data:
                data = data[self.process.stdin.write(data) :]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        with self._writing:
            self.process.stdin.close()

    def failure(self) -> str:
        with self._telling:
            if not self.process.stderr.closed:
                self._said = self.process.stderr.read().decode()
                self.process.stderr.close()
            return self._said


@pytest.fixture(scope="session")
def agent_pyz(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("agent") / "runtime.pyz"
    path.write_bytes(render_runtime_program())
    return path


@pytest.fixture(scope="session")
def agent_client(agent_pyz):
    """A function that gives an `AgentClient` of a Python (by default this one) over pipes; ``channels`` lists what it opened."""
    clients = []

    def make(python=sys.executable, channel=PipeChannel, *, options=None, **settings):
        def open_channel():
            opened = channel(python, agent_pyz, **(options or {}))
            client.channels.append(opened)
            return opened

        client = AgentClient(open_channel, "testhost", **settings)
        client.channels = []
        clients.append(client)
        return client

    make.channel = PipeChannel
    yield make
    for client in clients:
        client.close()
        for channel in client.channels:
            channel.close()
            for pipe in (channel.process.stdout, channel.process.stderr):
                pipe.close()
