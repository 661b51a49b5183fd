"""What annotations that Python evaluates need of it."""

from __future__ import annotations

import pytest
from clustrix_bundle.bundler.dated_annotations import annotation_limits
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
