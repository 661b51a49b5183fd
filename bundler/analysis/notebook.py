"""The analysis of a notebook: its cells stand for a script of the notebook's folder, and messages speak of cells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.analysis import Analysis
from clustrix_bundle.bundler.errors import AnalysisError, SourceError, TargetError
from clustrix_bundle.bundler.notebook import read_notebook, source_path

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.context import AnalysisContext
    from clustrix_bundle.bundler.analysis.entry import EntryFile
    from clustrix_bundle.bundler.analysis.found import Found
    from clustrix_bundle.bundler.analysis.project import Project
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.graph import DependencyGraph, Note
    from clustrix_bundle.bundler.target import Target


_COMPOUND = frozenset({"if", "for", "while", "with", "try", "match", "def", "class"})


class NotebookAnalysis(Analysis):
    """An analysis whose entry file is ``<notebook>.ipynb.py``, made from the cells; the notebook's folder is the working directory.

    Raises:
        SourceError: the file is no notebook, or none in Python.
    """

    def __init__(self, context: AnalysisContext, target: Target, entry: EntryFile) -> None:
        path = source_path(entry.path)
        super().__init__(replace(context, cwd=entry.folder), target, replace(entry, path=path))
        self._shown = str(entry.path)
        try:
            content = entry.path.read_bytes()
        except OSError as error:
            raise SourceError(f"cannot be read: {error.strerror}", self._shown) from None
        self.notebook = read_notebook(content, entry.path.relative_to(entry.root).as_posix())
        self.sources.add(str(path), self.notebook.source)

    def run(self) -> DependencyGraph:
        """The graph, its messages in terms of the notebook's cells."""
        try:
            graph = super().run()
        except TargetError as error:
            left = "".join(f"; {note}" for note in self.notebook.left_out)
            raise TargetError(error.message.replace(str(self.entry.path), self._shown) + left, error.target) from None
        except SourceError as error:
            if error.path != str(self.entry.path):
                raise
            place = f"{self.notebook.place(error.line)}: " if error.line else ""
            raise type(error)(place + self.notebook.in_cells(error.message), self._shown) from None
        graph.warnings[:] = [self._note(note) for note in graph.warnings]
        graph.unresolved[:] = [self._note(note) for note in graph.unresolved]
        graph.decisions = tuple(replace(one, reason=self.notebook.in_cells(one.reason)) for one in graph.decisions)
        graph.notebook = self.notebook
        return graph

    def _note(self, note: Note) -> Note:
        """A note of a line of the made source as one of a line of a cell."""
        if note.path not in (str(self.entry.path), self.entry.path.relative_to(self.entry.root).as_posix()):
            return note
        place = f"{self.notebook.place(note.line)}: " if note.line else ""
        return replace(note, message=place + self.notebook.in_cells(note.message), path=note.path.removesuffix(".py"), line=0)

    def _slice(self, project: Project, module: LoadedModule, found: Found) -> tuple[LoadedModule, bytes]:
        found.warnings.update(dict.fromkeys(self.notebook.notes))
        sliced, content = super()._slice(project, module, found)
        for number in sorted(sliced.kept_statements or ()):
            statement = module.facts.statements[number]
            last = statement.line if statement.kind in _COMPOUND else statement.end_line
            if any(statement.line <= line <= last for line in self.notebook.async_lines):
                message = (
                    "`async for`, `async with` and tasks made outside any function cannot be shipped: "
                    "put them in an `async def` and await that"
                )
                raise AnalysisError(message, str(module.path), statement.line)
        return sliced, content
