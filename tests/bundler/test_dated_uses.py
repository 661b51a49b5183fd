"""What code needs of Python beyond modules and their names."""

from __future__ import annotations

import pytest
from clustrix_bundle.bundler.analysis.liveness import Liveness
from clustrix_bundle.bundler.dated_uses import dated_uses
from clustrix_bundle.bundler.facts.extract import extract_facts
from clustrix_bundle.bundler.python_range import combine


def minimum_of(source: str, *called: str):
    facts = extract_facts(source.encode(), "m.py")
    scopes = frozenset(index for index, scope in enumerate(facts.scopes) if scope.name in called)
    return combine(dated_uses(facts, Liveness(facts, called=scopes), "m.py")).minimum[1]


DATACLASS = "from dataclasses import dataclass\n"


@pytest.mark.parametrize(
    ("source", "minimum"),
    [
        (DATACLASS + "@dataclass(slots=True)\nclass C:\n    x: int\n", 10),
        ("import dataclasses as d\n@d.dataclass(frozen=True, kw_only=True)\nclass C:\n    x: int = d.field(kw_only=True)\n", 10),
        (DATACLASS + "@dataclass(frozen=True)\nclass C:\n    x: int\n", 6),
        (DATACLASS + "if new:\n    @dataclass(slots=True)\n    class C:\n        x: int\n", 6),
        ("from attrs import dataclass\n@dataclass(slots=True)\nclass C:\n    x: int\n", 6),
        ("class E(ExceptionGroup): pass\n", 11),
        ("KINDS = (ValueError, BaseExceptionGroup)\n", 11),
        (
            "try:\n    ExceptionGroup\nexcept NameError:\n    from exceptiongroup import ExceptionGroup\nclass E(ExceptionGroup): pass\n",
            6,
        ),
        ("from exceptiongroup import *\nclass E(ExceptionGroup): pass\n", 6),
        ("class EncodingWarning(Warning): pass\nclass E(EncodingWarning): pass\n", 6),
        ("x = list(zip([1], [2], strict=True))\n", 10),
        ("x = list(zip([1], [2], strict=True)) if new else 1\n", 6),
        ("from other import zip\nx = list(zip([1], [2], strict=True))\n", 6),
        ("def f(zip):\n    return 1\nx = zip([1], strict=True)\n", 6),
        ("x = {'a': 1} | {'b': 2}\n", 9),
        ("a = {'a': 1}\nb = {'b': 2}\nprint(a | b)\n", 9),
        ("a = {'a': 1}\na = Flags()\nprint(a | {'b': 2})\n", 6),
        ("x = {'a'} | {'b'}\n", 6),
        ("x = name.removeprefix('a')\n", 9),
        ("x = column.str.removeprefix('a')\n", 6),
        ("import texts\nx = texts.removeprefix('a')\n", 6),
        ("class T:\n    def removeprefix(self, x): pass\nx = T().removeprefix('a')\n", 6),
        ("def f():\n    return zip([1], [2], strict=True)\n", 6),
    ],
)
def test_only_what_surely_is_newer_raises_the_minimum(source, minimum):
    assert minimum_of(source) == minimum


def test_functions_that_are_surely_called_count():
    source = "def f():\n    return [g()]\ndef g():\n    return list(zip([1], [2], strict=True))\n"
    assert minimum_of(source, "f") == 6
    assert minimum_of(source, "f", "g") == 10
