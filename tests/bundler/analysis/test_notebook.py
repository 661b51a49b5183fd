"""Notebooks as entry files: what ships, where from, and messages in terms of cells."""

from __future__ import annotations

import json

import pytest
from clustrix_bundle.bundler.errors import AnalysisError, SourceError, TargetError


def notebook(*cells: str, **metadata: object) -> bytes:
    listed = [
        {"cell_type": "code", "source": cell, "metadata": {}, "execution_count": number} for number, cell in enumerate(cells, 1)
    ]
    return json.dumps({"cells": listed, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def test_the_cells_that_are_reached_ship_as_a_script_beside_the_notebook(analyze, shipped):
    cells = ("%matplotlib inline\nimport helper", "def f():\n    return helper.read('data/x.csv')", "!ls\nprint(f())")
    files = {
        "nb/n.ipynb": notebook(*cells),
        "nb/helper.py": "def read(p):\n    return open(p).read()\n",
        "nb/data/x.csv": "1\n",
        "other.py": "",
    }
    graph = analyze("nb/n.ipynb:f", files)
    assert shipped(graph) == {"nb/n.ipynb.py", "nb/helper.py", "nb/data/x.csv"}
    assert (
        graph.nodes["project/nb/n.ipynb.py"].content
        == b"\nimport helper\n\ndef f():\n    return helper.read('data/x.csv')\n\n\n\n"
    )
    assert (graph.entry.kind, graph.entry.member, graph.entry.module) == ("main", "project/nb/n.ipynb.py", "__main__")
    assert graph.cwd == "project/nb"
    assert [str(note) for note in graph.warnings] == [
        "nb/n.ipynb: cell 1 (In [1]), line 1: `%matplotlib inline` does not run elsewhere",
        "nb/n.ipynb: cell 3 (In [3]), line 1: `!ls` does not run elsewhere",
    ]


def test_messages_name_the_cell(analyze):
    files = {
        "n.ipynb": notebook("import sys\nN = sys.argv[1]", "names = !ls", "def f():\n    return N", "def g():\n    return names")
    }
    notes = [str(note) for note in analyze("n.ipynb:f", files).warnings]
    assert any(note.startswith("n.ipynb: cell 1 (In [1]), line 2: `sys.argv`") for note in notes)
    with pytest.raises(AnalysisError) as caught:
        analyze("n.ipynb:g", files)
    assert str(caught.value).endswith("n.ipynb: " + caught.value.message)
    assert caught.value.message.startswith("cell 2 (In [2]), line 1: `names`, which `g` needs,")
    assert "get_ipython().getoutput" in caught.value.message


def test_the_last_definition_wins(analyze):
    files = {"n.ipynb": notebook("def f():\n    return 1", "X = 1", "def f():\n    return X")}
    content = analyze("n.ipynb:f", files).nodes["project/n.ipynb.py"].content
    assert content.split() == b"X = 1 def f(): return X".split()


def test_async_blocks_outside_functions_are_an_error_only_where_they_are_needed(analyze):
    files = {"n.ipynb": notebook("async with a() as b:\n    X = 1\nY = 2", "def f():\n    return X", "def g():\n    return Y")}
    assert b"async" not in analyze("n.ipynb:g", files).nodes["project/n.ipynb.py"].content
    with pytest.raises(AnalysisError, match=r"cell 1 \(In \[1\]\), line 1: `async for`"):
        analyze("n.ipynb:f", files)


def test_what_is_no_notebook_or_lacks_the_function_is_an_error(analyze):
    with pytest.raises(SourceError, match="is no notebook"):
        analyze("n.ipynb:f", {"n.ipynb": b"{"})
    with pytest.raises(SourceError, match="notebook in r"):
        analyze("n.ipynb:f", {"n.ipynb": notebook("f <- 1", language_info={"name": "R"})})
    with pytest.raises(TargetError, match="nope"):
        analyze("n.ipynb:nope", {"n.ipynb": notebook("def f():\n    return 1")})


@pytest.mark.parametrize(
    ("path", "words"), [("helper.py", "import helper"), ("lib/helper.py", "from lib import helper"), ("lib/helper.py", "import lib.helper as helper")]
)  # fmt: skip
def test_a_missing_module_that_a_cell_writes_is_told_with_the_cell(analyze, shipped, path, words):
    cells = ("X = 1", f"%%writefile {path}\ndef g():\n    return 2", f"{words}\n\ndef f():\n    return helper.g()")
    files = {"n.ipynb": notebook(*cells), "lib/other.py": ""}
    with pytest.raises(AnalysisError) as caught:
        analyze("n.ipynb:f", files)
    assert caught.value.message.startswith("cell 3 (In [3]), line 1: no module named")
    assert f"cell 2 (In [2]), line 1 writes {path}, which is not there yet" in caught.value.message
    assert path in shipped(analyze("n.ipynb:f", {**files, path: "def g():\n    return 2\n"}))


def test_a_missing_module_that_no_cell_writes_keeps_its_remedy(analyze):
    files = {"n.ipynb": notebook("%%writefile helpers.py\nX = 1", "import helper\n\ndef f():\n    return helper.g()")}
    with pytest.raises(AnalysisError, match="Install it there") as caught:
        analyze("n.ipynb:f", files)
    assert "writes" not in caught.value.message


def test_a_function_that_is_not_there_is_missed_in_the_notebook_with_the_cells_that_are_no_python(analyze):
    files = {"n.ipynb": notebook("%matplotlib inline", "def f(: pass", "def g(): pass")}
    with pytest.raises(TargetError) as caught:
        analyze("n.ipynb:f", files)
    first, second = caught.value.message.split("; n.ipynb: ")
    assert first.endswith("project/n.ipynb has no function 'f'; there is g")
    assert second.startswith("cell 2 (In [2]): is not Python")
