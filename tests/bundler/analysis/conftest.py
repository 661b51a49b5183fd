"""Analyses of small projects."""

from __future__ import annotations

from pathlib import Path

import pytest
from clustrix_bundle.bundler.analysis.analyzer import DependencyAnalyzer
from clustrix_bundle.bundler.analysis.context import AnalysisContext
from clustrix_bundle.bundler.graph import DependencyGraph
from clustrix_bundle.bundler.settings import Settings


@pytest.fixture
def analyze(tmp_path, write_tree, bare_interpreter):
    """``analyze(target, files, cwd=".", …)``: the graph of a target in a project made of these files."""

    def run(
        target, files=None, *, cwd=".", root=None, python_path=(), settings=None, interpreter=None, variables=()
    ) -> DependencyGraph:
        project = write_tree(tmp_path / "project", files or {})
        context = AnalysisContext(
            cwd=project / cwd,
            interpreter=interpreter or bare_interpreter,
            settings=settings or Settings(),
            root=root,
            python_path=python_path,
            home=Path(tmp_path),
            variables=frozenset(variables),
        )
        return DependencyAnalyzer(context).analyze_target(target)

    return run


@pytest.fixture
def shipped():
    """The project's files in a graph, without links and folders, as paths below the root."""

    def names(graph: DependencyGraph) -> set[str]:
        return {
            member.removeprefix("project/") for member, node in graph.nodes.items() if node.kind in {"entry", "module", "data"}
        }

    return names
