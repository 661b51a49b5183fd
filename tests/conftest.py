"""What tests of several parts share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings
from clustrix_bundle.bundler.graph import DependencyGraph, EntryPoint, Node

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
