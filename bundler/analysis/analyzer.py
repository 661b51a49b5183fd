"""`DependencyAnalyzer`: from an entry point to its `DependencyGraph`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.analysis.analysis import Analysis, RootTooNarrowError
from clustrix_bundle.bundler.analysis.collector import collector_paused
from clustrix_bundle.bundler.analysis.entry import find_entry_file
from clustrix_bundle.bundler.facts.deep_stack import room_for_calls
from clustrix_bundle.bundler.lazy_dataclass import replace
from clustrix_bundle.bundler.target import parse_target

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.context import AnalysisContext
    from clustrix_bundle.bundler.graph import DependencyGraph

NESTED_CALLS = 4_000
"""What folding can need: it goes 90 questions deep (`memory.MAX_DEPTH`), some 20 calls each."""


class DependencyAnalyzer:
    """Finds what must travel with a function.

    ``context`` gives folders, settings and the target interpreter; nothing of the user's code is imported or run.
    """

    def __init__(self, context: AnalysisContext) -> None:
        root = None if context.root is None else Path(os.path.realpath(context.root))
        self.context = replace(context, cwd=Path(os.path.realpath(context.cwd)), root=root)

    def analyze_target(self, target: str) -> DependencyGraph:
        """The graph of ``pkg.mod:func``, ``path/script.py:func``, ``notebook.ipynb:func`` or ``pkg.mod:Class.method``.

        Raises:
            TargetError: there is no such file, module or function, or it has no source here.
            SourceError: a module that surely runs is no Python.
            AnalysisError: a surely imported module is missing, or a file cannot ship as things stand.
        """
        parsed = parse_target(target, self.context.cwd)

        def analyze(context: AnalysisContext) -> DependencyGraph:
            entry = find_entry_file(parsed, context)
            if parsed.is_notebook:
                from clustrix_bundle.bundler.analysis.notebook import NotebookAnalysis  # noqa: PLC0415 - for notebooks only

                return NotebookAnalysis(context, parsed, entry).run()
            return Analysis(context, parsed, entry).run()

        return self._rooted(analyze)

    def analyze_function(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        *,
        calls: Sequence[tuple[tuple[Any, ...], Mapping[str, Any]]] = (),
    ) -> DependencyGraph:
        """The graph of a live callable, with the state that it has in this process (rule 7).

        Args:
            func: Any callable: a function of a module or of ``__main__``, a closure, a lambda, a bound method, an instance.
            args: Positional arguments that travel in the bundle, or None.
            kwargs: Keyword arguments, likewise.
            calls: Arguments of calls that travel beside the bundle (``DependencyGraph.calls``); what their classes need is in it.

        Raises:
            CaptureError: something that it leans on cannot travel: names the variable, its type and where it is used.
            TargetError, SourceError, AnalysisError: as for `analyze_target`.
        """
        from clustrix_bundle.bundler.analysis.live import analyze_live  # noqa: PLC0415 - for live callables only

        return self._rooted(lambda context: analyze_live(context, func, args, kwargs, calls))

    def _rooted(self, analyze: Callable[[AnalysisContext], DependencyGraph]) -> DependencyGraph:
        """The graph, from a root that holds the files around it which the code opens."""
        with collector_paused(), room_for_calls(NESTED_CALLS):
            try:
                return analyze(self.context)
            except RootTooNarrowError as found:
                return analyze(replace(self.context, root=found.root))
