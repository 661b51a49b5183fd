from __future__ import annotations

import pytest
from clustrix_bundle.bundler.analysis.liveness import Liveness
from clustrix_bundle.bundler.facts.extract import extract_facts
from clustrix_bundle.bundler.python_range import attribute_uses, combine, library_limits, syntax_limits


def range_of(source: str):
    facts = extract_facts(source.encode(), "m.py")
    limits = list(syntax_limits(facts, "m.py"))
    for module, name, line in attribute_uses(facts, Liveness(facts)):
        limits += library_limits(module, name, "m.py", line)
    return combine(limits)


@pytest.mark.parametrize(
    ("source", "minimum", "below"),
    [
        ("x = 1\n", 6, None),
        ("(x := 1)\n", 8, None),
        ("def f(a, /): pass\n", 8, None),
        ("match 1:\n    case _: pass\n", 10, None),
        ("try: pass\nexcept* OSError: pass\n", 11, None),
        ("def f[T](x: T): pass\n", 12, None),
        ("import math\nmath.prod([1])\n", 8, None),
        ("import functools as ft\n@ft.cache\ndef f(): pass\n", 9, None),
        ("import enum\nclass C(enum.StrEnum): pass\n", 11, None),
        ("import asyncio\ndef f():\n    asyncio.run(1)\n", 6, None),
        ("import math\nif x:\n    math.prod([1])\n", 6, None),
        ("import math\nmath = other\nmath.prod([1])\n", 6, None),
        ("import time\nT = time.clock\n", 6, 8),
        ("import os\nos.path.splitroot('x')\n", 12, None),
        ("from importlib import resources\nF = resources.files('x')\n", 9, None),
        ("from importlib import resources as r\nF = r.read_text('x', 'y')\n", 7, None),
        ("x = math.prod\n", 6, None),
    ],
)
def test_the_range_is_what_surely_runs_needs(source, minimum, below):
    found = range_of(source)
    assert found.minimum == (3, minimum)
    assert found.below == ((3, below) if below else None)


def test_more_than_92_nested_brackets_need_3_9():
    assert range_of("x = " + "(" * 93 + "1" + ")" * 93).minimum == (3, 9)
    assert range_of("x = " + "(" * 92 + "1" + ")" * 92).minimum == (3, 6)


@pytest.mark.parametrize(
    ("module", "attribute", "since", "until"),
    [
        ("tomllib", "", 11, 0),
        ("distutils.core", "setup", 0, 12),
        ("collections", "Mapping", 0, 10),
        ("importlib", "metadata", 8, 0),
        ("zoneinfo", "ZoneInfo", 9, 0),
    ],
)
def test_modules_and_names_have_their_versions(module, attribute, since, until):
    limits = list(library_limits(module, attribute, "m.py", 1))
    assert [(limit.since, limit.until) for limit in limits] == [(since, until)]


def test_the_reasons_are_those_that_set_the_range():
    limits = [
        *library_limits("tomllib", "", "a.py", 3),
        *library_limits("math", "prod", "a.py", 4),
        *library_limits("imp", "", "b.py", 5),
    ]
    found = combine(limits)
    assert (found.minimum, found.below) == ((3, 11), (3, 12))
    assert [(note.path, note.line) for note in found.reasons] == [("a.py", 3), ("b.py", 5)]
