"""What annotations that Python evaluates need of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from clustrix_bundle.bundler.dated_annotations import annotation_limits, imported_annotation_limits
from clustrix_bundle.bundler.facts.python_store import PythonStore
from clustrix_bundle.bundler.facts.store import open_store
from clustrix_bundle.bundler.python_range import combine


@pytest.mark.parametrize(
    ("source", "minimum"),
    [
        ("def f(x: int | None = None): pass\n", 10),
        ("def f(*x: int) -> list[str] | None: pass\n", 10),
        ("class C:\n    x: dict[str, int]\n", 9),
        ("class C:\n    def m(self, *, x: 'int | None', y: type[int]): pass\n", 9),
        ("from __future__ import annotations\ndef f(x: int | None): pass\n", 6),
        ("def f(x: 'int | None'): pass\n", 6),
        ("def f(x: Flag.A | Flag.B): pass\n", 6),
        ("def f():\n    x: int | None = 1\n    def g(y: int | None): pass\n", 6),
        ("if new:\n    def f(x: int | None): pass\n", 6),
        ("from mine import list\ndef f(x: list[int]): pass\n", 6),
        ("from mine import *\ndef f(x: list[int]): pass\n", 6),
        ("def f(x: int | None: pass\n", 6),
    ],
)
def test_only_what_python_evaluates_raises_the_minimum(source, minimum):
    assert combine(annotation_limits(source.encode(), "m.py")).minimum == (3, minimum)


class Imported(SimpleNamespace):
    """A module that notes when it is read."""

    @property
    def source(self):
        self.read.append(self.file)
        return self.content


@pytest.mark.parametrize("make_store", [PythonStore, open_store])
def test_imported_modules_are_read_until_one_needs_what_annotations_can_need(make_store):
    files = {
        "a.py": b"def f(x: list[int]): pass\n",
        "b.py": b"from __future__ import annotations\ndef f(x: int | None): pass\n",
        "c.py": b"def f(x: dict[str, int]): return x | {}\n",
        "d.py": b"class C:\n    def f(self) -> str | None: pass\n",
        "e.py": b"def f(x: int | None): pass\n",
    }
    store = make_store()
    for name, content in files.items():
        store.add(name, content)
    read = []

    def limits(minimum):
        read.clear()
        modules = [Imported(file=name, content=files[name], facts=store.facts(name), read=read) for name in files]
        found = imported_annotation_limits(
            ((module, module.file) for module in modules), lambda text: frozenset(store.containing([text])), minimum
        )
        return [(limit.since, limit.path, limit.line) for limit in found]

    assert limits(6) == [(9, "a.py", 1), (10, "d.py", 2)]
    is_known = store.facts("a.py").annotated is not None
    assert read == (["a.py", "d.py"] if is_known else ["a.py", "c.py", "d.py"])
    assert limits(10) == []
    assert not read
