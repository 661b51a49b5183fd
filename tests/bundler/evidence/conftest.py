"""Small projects, and what ships of them."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from clustrix_bundle.bundler.analysis.analyzer import DependencyAnalyzer
from clustrix_bundle.bundler.analysis.context import AnalysisContext
from clustrix_bundle.bundler.settings import Settings


@pytest.fixture
def graph_of(tmp_path, write_tree, bare_interpreter):
    """``graph_of(target, files, …)``: the dependency graph of a target in a project made of these (indented) files."""

    def run(target, files, *, cwd=".", settings=None):
        tree = {path: textwrap.dedent(text).lstrip("\n") if isinstance(text, str) else text for path, text in files.items()}
        project = write_tree(tmp_path / "project", tree)
        context = AnalysisContext(
            cwd=project / cwd, interpreter=bare_interpreter, settings=settings or Settings(), home=Path(tmp_path)
        )
        return DependencyAnalyzer(context).analyze_target(target)

    return run


@pytest.fixture
def shipped(graph_of):
    """``shipped(target, files, …)``: the members of that graph, below the root, the entry's file left out."""

    def run(target, files, **options):
        graph = graph_of(target, files, **options)
        return {member.removeprefix("project/") for member, node in graph.nodes.items() if node.kind != "entry"} - {"m.py"}

    return run
