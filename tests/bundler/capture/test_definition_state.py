"""What a definition has come to hold since its statement ran, and nothing that the statement gives."""

from __future__ import annotations

import ast

import pytest
from clustrix_bundle.bundler.capture.definition_state import same
from clustrix_bundle.bundler.capture.set_names import find_set_names
from clustrix_bundle.bundler.capture.states import states_of


def _states(source, name):
    namespace = {"__name__": "__main__"}
    exec(compile(source, "<test>", "exec"), namespace)
    node = next(item for item in ast.parse(source).body if getattr(item, "name", "") == name)
    return namespace[name], list(states_of(namespace[name], node, find_set_names(source.encode(), namespace)))


@pytest.mark.parametrize(
    "source",
    [
        "def f(a, b=[], *, c={'x': 1}): pass",
        "class f:\n    rate = 1\n    names = ['a']\n    def go(self, acc=[]): pass",
        "import enum\nclass f(enum.Enum):\n    A = 1",
        "import typing\nclass f(typing.NamedTuple):\n    a: int = 1",
        "N = [1]\nclass f:\n    shared = N",
    ],
)
def test_a_definition_that_is_as_its_statement_made_it_has_no_state(source):
    assert _states(source, "f")[1] == []


def test_a_default_that_calls_have_filled_travels_by_its_position():
    function, states = _states("def f(a=1, acc=[], *, k={}):\n    acc.append(a)\n    k[a] = 1\nf(); f(2)", "f")
    assert states == [(function, {"changed_defaults": {1: [1, 2]}, "changed_kwdefaults": {"k": {1: 1, 2: 1}}})]


def test_attributes_given_to_a_function_travel_without_what_it_wraps():
    function, states = _states("def f(): pass\nf.calls = 3\nf.__dict__.update(__wrapped__=print)", "f")
    assert states == [(function, {"dict": {"calls": 3}})]


def test_class_attributes_that_differ_from_the_body_travel_private_ones_among_them():
    cls, states = _states("class f:\n    a = 1\n    b = 2\n    __n = 0\nf.b = 5\nf.c = 'new'\nf._f__n = 7", "f")
    assert states == [(cls, {"b": 5, "_f__n": 7, "c": "new"})]


def test_cells_of_nested_decorators_travel_with_the_cells_of_what_they_wrap():
    source = """
def memo(g):
    cache = {}
    def inner(x):
        cache[x] = g(x)
        return cache[x]
    return inner
def count(g):
    calls = 0
    def outer(x):
        nonlocal calls
        calls += 1
        return g(x)
    return outer
@count
@memo
def f(x): return x * x
f(3)
"""
    function, states = _states(source, "f")
    assert states == [(function, {"cells": {"calls": 1}, "inner": {"g": {"cells": {"cache": {3: 9}}}}})]


@pytest.mark.parametrize(
    ("left", "right"), [(1, True), (1, 1.0), ([1], [True]), ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ((1,), [1])]
)
def test_values_that_compare_equal_but_differ_in_type_or_order_are_not_the_same(left, right):
    assert not same(left, right)


def test_instances_of_the_programs_classes_travel_wherever_a_definition_holds_them():
    source = (
        "class Stat:\n    def __init__(self): self.n = 0\n"
        "def counted(function):\n    stat = Stat()\n    def inner(): stat.n += 1\n    inner.stat = stat\n    return inner\n"
        "@counted\ndef f(): pass\n"
        "f()\n"
    )
    function, states = _states(source, "f")
    ((target, state),) = states
    assert target is function
    assert state["cells"]["stat"] is state["dict"]["stat"] is function.stat


def test_attributes_of_a_class_that_its_body_does_not_give_travel_whatever_they_are():
    source = (
        "class f:\n    sock = None\n    def go(self): pass\n    @property\n    def size(self): return 1\n"
        "def other(self): pass\nf.sock = open(__file__)\nf.go = other\nf.extra = object()\n"
    )
    cls, states = _states(source.replace("__file__", repr(__file__)), "f")
    cls.sock.close()
    assert states == [(cls, {"sock": cls.sock, "go": cls.go, "extra": cls.extra})]


def test_what_decorators_may_have_put_on_a_definition_is_left_to_them():
    source = "def deco(cls):\n    cls.helper = lambda self: 1\n    return cls\n@deco\nclass f:\n    def go(self): pass\n"
    assert _states(source, "f")[1] == []
