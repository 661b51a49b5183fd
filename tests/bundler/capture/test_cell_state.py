"""Which cells of a module's functions hold other than what the functions around them gave."""

from __future__ import annotations

import collections
import functools
import itertools

import pytest
from clustrix_bundle.bundler.capture.cell_state import changed_cells


class Stats:
    def __init__(self):
        self.n = 0


def counted(func):
    n = 0
    seen = []
    options = {"a": 1}

    @functools.wraps(func)
    def wrapper(*args):
        nonlocal n
        n += 1
        seen.append(args)
        func(args)
        return options

    return wrapper


def remembering(func):
    cache = collections.defaultdict(list)
    numbers = itertools.count(1)

    def wrapper(x):
        cache[x].append(next(numbers))

    return wrapper


def limited(budget, label, first):
    log = first or []

    def wrapper():
        nonlocal budget
        budget -= 1
        log.append(label)

    return wrapper


def tracking(func):
    stats, config = Stats(), Stats()

    def wrapper():
        stats.n += 1
        return config.n

    return wrapper


def _changed(function):
    return changed_cells(function, lambda name, contents: True)


def test_cells_as_the_functions_around_left_them_have_no_state():
    assert _changed(counted(len)) == {}
    assert _changed(remembering(len)) == {}


@pytest.mark.parametrize(
    ("function", "calls", "cells"),
    [
        (counted(len), [(1,), (2,)], {"n": 2, "seen": [(1,), (2,)]}),
        (limited(5, "x", None), [()], {"budget": 4, "log": ["x"]}),
    ],
)
def test_what_calls_have_changed_travels_and_options_do_not(function, calls, cells):
    for args in calls:
        function(*args)
    assert _changed(function) == {"cells": cells}


def test_containers_and_counters_made_by_calls_are_compared_with_what_the_call_gives():
    function = remembering(len)
    function("a")
    found = _changed(function)["cells"]
    assert (found["cache"], repr(found["numbers"])) == ({"a": [1]}, "count(2)")


def test_an_instance_that_code_inside_changes_travels_and_one_that_it_reads_does_not():
    assert list(_changed(tracking(len))["cells"]) == ["stats"]


def test_a_function_that_a_decorated_one_wraps_is_looked_into():
    inner = counted(len)
    outer = counted(inner)
    inner(1)
    assert _changed(outer) == {"inner": {"func": {"cells": {"n": 1, "seen": [(1,)]}}}}


def test_what_cannot_go_is_left_out():
    function = counted(len)
    function(1)
    assert changed_cells(function, lambda name, contents: name == "n") == {"cells": {"n": 1}}
