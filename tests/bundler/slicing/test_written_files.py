"""Files that top-level statements write and the function reads."""

from __future__ import annotations

import pytest

WRITERS = [
    'Path("params.json").write_text("1")',
    'with open("params.json", "w") as stream:\n    json.dump(1, stream)',
    'stream = open("params.json", mode="wt")\nstream.write("1")\njson.dump(2, stream)\nstream.close()',
    "prepare()",
    "by_default()",
    "prepare()\nwith open('params.json', 'a') as more:\n    more.write('2')",
    'OUT = Path(__file__).parent / "params.json"\nOUT.write_text("1")',
    'OUT = os.path.join("data", "params.json")\nopen(OUT, "w").write("1")',
    'frame.to_csv("params.json")',
    'np.save("params.json", frame)',
    'joblib.dump(frame, "params.json")',
]
HEAD = """import json, os, joblib
import numpy as np
from pathlib import Path
class Frame:
    pass
frame = Frame()
def prepare():
    with open("params.json", "w") as stream:
        stream.write("1")
def by_default(path=Path(__file__).parent / "params.json"):
    path.write_text("1")
def f():
    return open("params.json").read()
"""


@pytest.mark.parametrize("writer", WRITERS)
def test_a_statement_that_writes_a_missing_file_travels(sliced, writer):
    found = sliced(HEAD + writer + "\n")
    assert writer in found.source.decode()
    assert any("writes `" in decision.reason for decision in found.decisions)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_that_is_there_ships_as_it_is_and_that_is_told(sliced, writer):
    found = sliced(HEAD + writer + "\n", has_file=lambda name: name.endswith("params.json"))
    assert writer.rpartition("\n")[2] not in found.source.decode().split("return open", 1)[1]
    note, *_ = found.notes
    assert "params.json" in note.message and "as it stands" in note.message


def test_a_file_that_submitting_code_writes_is_told(sliced):
    found = sliced(HEAD + 'if __name__ == "__main__":\n    prepare()\n    print(f())\n')
    (note,) = found.notes
    assert "`params.json`" in note.message and "above the guard" in note.message


def test_what_the_function_itself_writes_keeps_nothing(holds):
    holds("""
import json  #-
def load(path):
    with open(path) as stream:
        return stream.read()
def f():
    with open("out.txt", "w") as stream:
        stream.write("1")
    return load("out.txt")
f()  #-
result = f()  #-
open("other.txt", "w").write("2")  #-
""")


DATABASE = """import sqlite3
def read():
    return sqlite3.connect("new.db").execute("select x from t").fetchone()
def f():
    return read()
def make():
    with sqlite3.connect("new.db") as db:
        db.execute("create table t (x)")
"""


@pytest.mark.parametrize("maker", ["make()", 'db = sqlite3.connect("new.db")\ndb.execute("create table t (x)")\ndb.commit()'])
def test_a_database_that_is_not_there_is_made_by_the_statements_that_fill_it(sliced, maker):
    assert sliced(DATABASE + maker + "\n").source.decode().endswith(maker + "\n")
    there = sliced(DATABASE + maker + "\n", has_file=lambda name: name.endswith("new.db"))
    assert maker not in there.source.decode() and there.notes == ()


def test_a_call_that_only_reads_a_database_makes_none(sliced):
    assert not sliced(DATABASE + "print(f())\n").source.decode().endswith("print(f())\n")


def test_a_file_that_is_written_and_read_at_top_level_is_written_there_too(sliced):
    text = (
        "import numpy as np\nnp.save('arr.npy', [1])\nA = np.load('arr.npy')\nnp.save('other.npy', A)\ndef f():\n    return A\n"
    )
    assert len(sliced(text).kept) == 4
