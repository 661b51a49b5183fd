"""Notebooks: the code cells of an ``.ipynb`` file as one Python source, with the way back from its lines to the cells.

The source stands in a bundle as ``<notebook>.ipynb.py`` in the notebook's folder (``docs/slicing.md``). Cells are taken in the order
of the file, whatever order they were executed in.
"""

from __future__ import annotations

import ast
import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from clustrix_bundle.bundler.cell_syntax import python_of_cell
from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.graph import Note
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

_LINE = compile_lazily(r"(?<!, )\bline (\d+)\b")
_PYTHON = frozenset({"", "python", "python2", "python3", "ipython", "ipython3"})


@dataclass(frozen=True, slots=True)
class CellLines:
    """Where a cell stands in the source.

    Attributes:
        line: First line of the cell in the source.
        number: 1-based number of the cell among all cells of the notebook, text cells included.
        execution: The number in ``In [ ]``, None where it has not been executed.
    """

    line: int
    number: int
    execution: int | None

    def __str__(self) -> str:
        return f"cell {self.number}" + (f" (In [{self.execution}])" if self.execution is not None else "")


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook's code.

    Attributes:
        source: All code cells, as Python, UTF-8.
        cells: Where each stands, in order.
        notes: What of it does not run elsewhere.
        left_out: Those of the notes that tell of whole cells.
        async_lines: Lines that make a task, or with ``async for`` or ``async with`` outside any function, which no module may have.
    """

    source: bytes
    cells: tuple[CellLines, ...]
    notes: tuple[Note, ...]
    left_out: tuple[Note, ...]
    async_lines: tuple[int, ...]

    def place(self, line: int) -> str:
        """A line of the source in the notebook's terms: ``cell 3 (In [5]), line 2``."""
        cell = self.cell_at(line)
        return f"{cell}, line {line - cell.line + 1}" if cell is not None else f"line {line}"

    def cell_at(self, line: int) -> CellLines | None:
        """The cell that holds a line of the source; None before the first."""
        index = bisect_right([cell.line for cell in self.cells], line) - 1
        return self.cells[index] if index >= 0 else None

    def in_cells(self, message: str) -> str:
        """A message that names lines of the source (``line 7``, not ``mod.py, line 7``), with their cells instead."""
        return _LINE.sub(lambda found: self.place(int(found[1])), message)


def source_path(notebook: Path) -> Path:
    """Where the source of a notebook stands: ``fit.ipynb`` → ``fit.ipynb.py``."""
    return notebook.with_name(notebook.name + ".py")


def read_notebook(content: bytes, path: str) -> Notebook:
    """The code of a notebook file (nbformat 3 and 4).

    Raises:
        SourceError: no notebook, or one in another language than Python.
    """
    document = _document(content, path)
    language = _language(document)
    if language not in _PYTHON:
        raise SourceError(f"is a notebook in {language}: only Python can be shipped", path)
    cells: list[tuple[CellLines, str]] = []
    sheets = document.get("worksheets")
    listed = document.get("cells", []) if not sheets else [cell for sheet in sheets for cell in sheet.get("cells", [])]
    for number, cell in enumerate(listed, 1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            execution = cell.get("execution_count", cell.get("prompt_number"))
            text = _text(cell.get("source", cell.get("input", "")))
            cells.append((CellLines(0, number, execution if isinstance(execution, int) else None), text))
    return _joined(cells, path)


def cells_source(cells: Iterable[str]) -> bytes:
    """The inputs of an interactive session, in order, as one Python source."""
    numbered = [(CellLines(0, number, number), text) for number, text in enumerate(cells, 1)]
    return _joined(numbered, "").source


def _joined(cells: Sequence[tuple[CellLines, str]], path: str) -> Notebook:
    lines: list[str] = []
    placed: list[CellLines] = []
    notes: list[Note] = []
    left_out: list[Note] = []
    async_lines: list[int] = []
    for cell, text in cells:
        here = CellLines(len(lines) + 1, cell.number, cell.execution)
        placed.append(here)
        python = python_of_cell(text)
        body = python.text.split("\n")
        problem = _problem(python.text)
        if problem:
            left_out.append(Note(f"{here}: is not Python ({problem}) and is left out", path))
            notes.append(left_out[-1])
            body = [""] * len(body)
        else:
            notes += [Note(f"{here}, line {line}: {words}", path) for line, words in python.notes]
            async_lines += [line + len(lines) for line in python.async_lines]
        lines += [*body, ""]
    source = "\n".join(lines).encode("utf-8", "surrogatepass")
    return Notebook(source, tuple(placed), tuple(notes), tuple(left_out), tuple(async_lines))


def _problem(text: str) -> str:
    """Why a cell does not parse, by this Python and by the extractor (which may know newer syntax); empty if it does."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        from clustrix_bundle.bundler.facts.extract import extract_facts  # noqa: PLC0415 - for broken cells only

        try:
            extract_facts(text.encode("utf-8", "surrogatepass"), "")
        except SourceError as error:
            return str(error.message)
    return ""


def _document(content: bytes, path: str) -> dict[str, Any]:
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise SourceError(f"is no notebook: {error} (remedy: save it again in Jupyter)", path) from None
    if not isinstance(document, dict) or not ("cells" in document or "worksheets" in document):
        raise SourceError("is no notebook: it has no cells (remedy: save it again in Jupyter)", path)
    return document


def _language(document: dict[str, Any]) -> str:
    metadata = document.get("metadata") or {}
    kernel = metadata.get("kernelspec") or {}
    language = (metadata.get("language_info") or {}).get("name") or kernel.get("language") or ""
    return str(language).lower()


def _text(source: object) -> str:
    return source if isinstance(source, str) else "".join(map(str, source)) if isinstance(source, list) else ""
