"""What annotations that Python evaluates need of it."""

from __future__ import annotations

import pytest
from clustrix_bundle.bundler.dated_annotations import annotation_limits, imported_annotation_limits
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


def test_imported_modules_are_read_until_one_needs_what_annotations_can_need():
    files = {
        "a.py": b"def f(x: list[int]): pass\n",
        "b.py": b"from __future__ import annotations\ndef f(x: int | None): pass\n",
        "c.py": b"def f(x: dict[str, int]): return x | {}\n",
        "d.py": b"class C:\n    def f(self) -> str | None: pass\n",
        "e.py": b"def f(x: int | None): pass\n",
    }
    read = []

    def limits(minimum):
        read.clear()
        modules = ((name, lambda name=name: read.append(name) or files[name], name) for name in files)
        holding = lambda text: frozenset(name for name, source in files.items() if text in source)  # noqa: E731
        return [(limit.since, limit.path, limit.line) for limit in imported_annotation_limits(modules, holding, minimum)]

    assert limits(6) == [(9, "a.py", 1), (10, "d.py", 2)]
    assert read == ["a.py", "c.py", "d.py"]
    assert limits(10) == []
