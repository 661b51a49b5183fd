"""Openers that are values before they are called."""

import pytest

DATA = {"d/a.txt": "", "d/b.txt": "", "d/z.txt": ""}


@pytest.mark.parametrize(
    "body",
    [
        "def f(): return [*map(open, [D / 'a.txt', D / 'b.txt'])]",
        "def f(pool): return pool.map(Path.read_text, [D / n for n in ('a.txt', 'b.txt')])",
        "def f(pool): return pool.submit(open, D / 'a.txt'), pool.submit((D / 'b.txt').read_text)",
        "def g(n): return (gzip.open if n.endswith('gz') else open)(D / n)\ndef f(): return g('a.txt'), g('b.txt')",
        "READ = {'.gz': gzip.open, '.txt': open}\ndef f(): return [READ[p.suffix](p) for p in (D / 'a.txt', D / 'b.txt')]",
        "READ = {'.gz': gzip.open}\ndef f():\n    for p in (D / 'a.txt', D / 'b.txt'):\n        reader = READ.get(p.suffix, open)\n        reader(p)",
        "def g(n, reader=open): return reader(D / n)\ndef f(): return g('a.txt'), g('b.txt')",
        "class C:\n    read = staticmethod(open)\n    def g(self, n): return self.read(D / n)\ndef f(): return C().g('a.txt'), C().g('b.txt')",
        "class C:\n    def __init__(self, read=None): self.read = read or open\n    def g(self, n): return self.read(D / n)\ndef f(): return C().g('a.txt'), C().g('b.txt')",
        "read = functools.partial(open, encoding='utf-8')\ndef f(): return read(D / 'a.txt'), functools.partial(gzip.open, D / 'b.txt')()",
        "def f(): return getattr(gzip, 'op' + 'en')(D / 'a.txt'), getattr(io, 'open')(D / 'b.txt')",
    ],
)
def test_what_a_held_opener_is_given_ships(shipped, body):
    source = f"import functools, gzip, io\nfrom pathlib import Path\nD = Path(__file__).parent / 'd'\n{body}\n"
    assert shipped("m:f", {"m.py": source, **DATA}) == {"d/a.txt", "d/b.txt"}


def test_a_table_of_openers_may_stand_in_another_module(shipped):
    files = {
        "m.py": """
            from pathlib import Path
            from tables import READERS
            def f():
                p = Path(__file__).parent / "d" / "a.txt"
                return READERS[p.suffix](p)
        """,
        "tables.py": "import gzip\nREADERS = {'.txt': open, '.gz': gzip.open}\n",
        **DATA,
    }
    assert shipped("m:f", files) == {"tables.py", "d/a.txt"}


def test_a_value_that_bears_the_name_of_an_opener_is_none(shipped):
    files = {
        "m.py": """
            from pathlib import Path
            D = Path(__file__).parent / "d"
            def load(path):
                return str(path)
            def f():
                return [*map(load, [D / "a.txt"])], {"x": load}["x"](D / "b.txt")
        """,
        **DATA,
    }
    assert shipped("m:f", files) == set()


def test_texts_beside_a_held_opener_are_no_missing_files(graph_of):
    source = "def f(pool):\n    return pool.submit(open, 'a.txt', 'r', encoding='utf-8')\n"
    graph = graph_of("m:f", {"m.py": source, "a.txt": ""})
    assert graph.warnings == []


@pytest.mark.parametrize("defined", [False, True])
def test_an_imported_value_is_an_opener_unless_it_is_surely_a_function_of_the_project(shipped, defined):
    imported = "" if defined else "try:\n    from gzip import open as read_any\nexcept ImportError:\n"
    files = {
        "m.py": """
            from pathlib import Path
            from readers import read_any as read_it
            def f():
                return list(map(read_it, [Path(__file__).parent / "d" / "a.txt"]))
        """,
        "readers.py": "from any import read_any\n",
        "any.py": f"{imported}    def read_any(path):\n        return str(path)\n"
        if imported
        else "def read_any(path):\n    return str(path)\n",
        **DATA,
    }
    assert shipped("m:f", files) == {"readers.py", "any.py"} | (set() if defined else {"d/a.txt"})
