"""Notebooks: their code as one source, and what is said of them."""

from __future__ import annotations

import json

import pytest
from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.notebook import cells_source, read_notebook


def notebook(*cells, **metadata) -> bytes:
    listed = [
        cell if isinstance(cell, dict) else {"cell_type": "code", "source": cell, "metadata": {}, "execution_count": number + 4}
        for number, cell in enumerate(cells)
    ]
    return json.dumps({"cells": listed, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def test_code_cells_are_joined_and_lines_lead_back_to_them():
    text = {"cell_type": "markdown", "source": ["# hello\n", "x = 1"]}
    found = read_notebook(
        notebook("a = 1\nb = 2", text, ["c = 3\n", "d = 4"], {"cell_type": "raw", "source": "e = 5"}), "n.ipynb"
    )
    assert found.source == b"a = 1\nb = 2\n\nc = 3\nd = 4\n"
    assert found.place(2) == "cell 1 (In [4]), line 2"
    assert found.place(5) == "cell 3 (In [6]), line 2"
    assert found.notes == ()


def test_what_does_not_run_elsewhere_is_noted_with_its_cell():
    found = read_notebook(notebook("a = 1", "%load_ext x\n!ls\n%%not a cell magic"), "n.ipynb")
    assert [str(note) for note in found.notes][:2] == [
        "n.ipynb: cell 2 (In [5]), line 1: `%load_ext x` does not run elsewhere",
        "n.ipynb: cell 2 (In [5]), line 2: `!ls` does not run elsewhere",
    ]


def test_a_cell_that_does_not_parse_is_left_out_with_a_note():
    found = read_notebook(notebook("a = 1", "b = (", "c = 3"), "n.ipynb")
    assert found.source == b"a = 1\n\n\n\nc = 3\n"
    assert "cell 2 (In [5]): is not Python" in str(found.notes[0])


def test_old_notebooks_are_read():
    sheets = {
        "worksheets": [{"cells": [{"cell_type": "code", "input": ["a = 1"], "prompt_number": 2, "language": "python"}]}],
        "nbformat": 3,
    }
    assert read_notebook(json.dumps(sheets).encode(), "n.ipynb").source == b"a = 1\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no notebook"),
        (b"\xff", "is no notebook"),
        (b"[]", "has no cells"),
        (b'{"a": 1}', "has no cells"),
        (notebook("1", language_info={"name": "R"}), "in r: only Python"),
        (notebook("1", kernelspec={"language": "julia", "name": "x"}), "in julia"),
    ],
)
def test_what_is_no_python_notebook_is_refused_by_name(content, words):
    with pytest.raises(SourceError, match=words) as caught:
        read_notebook(content, "dir/n.ipynb")
    assert caught.value.path == "dir/n.ipynb"


def test_the_inputs_of_a_session_are_joined():
    assert cells_source(["a = 1", "%time b = 2", "!ls"]) == b"a = 1\n\nb = 2\n\nget_ipython().system('ls')\n"
