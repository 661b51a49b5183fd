"""What several values files hold is one object there."""

from __future__ import annotations

import importlib
import sys

import pytest
from clustrix_bundle.bundler.capture.needs import Needs
from clustrix_bundle.bundler.capture.pickling import dump_stream
from clustrix_bundle.runtime import values


@pytest.fixture
def there(tmp_path, monkeypatch):
    """Writes values files in turn, then reads them in the order that is asked for, as a job does."""
    monkeypatch.setattr(values, "_read", {})
    needs = Needs()

    class There:
        def write(self, member, value, fills=()):
            (tmp_path / member).write_bytes(dump_stream(value, needs, fills, member))

        def read(self, member):
            return values.load_stream(str(tmp_path), member)

    there = There()
    there.needs = needs
    return there


def test_an_argument_that_is_part_of_a_captured_value_is_that_part(there):
    model = {"layers": [[1], [2]]}
    there.write("globals", {"model": model})
    there.write("arguments", (model["layers"][1], "text", 3))
    held = there.read("globals")
    argument = there.read("arguments")[0]
    assert argument is held["model"]["layers"][1]


def test_an_instance_of_a_captured_local_class_is_one_of_that_class(there):
    class Local:
        pass

    def check(thing):
        return isinstance(thing, Local)

    there.write("entry", check)
    there.write("arguments", (Local(),))
    assert there.read("entry")(*there.read("arguments"))


def test_a_values_file_that_had_to_wait_is_read_where_it_is_named(there):
    rows = [1]
    there.write("early", {"rows": rows})
    there.write("globals", {"rows": rows, "also": rows})
    found = there.read("globals")
    assert found["rows"] is found["also"] is there.read("globals")["rows"]


def test_a_container_that_keeps_its_place_is_the_one_that_others_mean(there):
    counts = {"a": 1}

    def count():
        return counts

    cell_owner = count
    there.write("globals", {"counts": counts}, [(cell_owner, {"cells": {"counts": counts}})])
    there.write("arguments", (counts, cell_owner))
    held = there.read("globals")["counts"]
    given, far = there.read("arguments")
    assert held is given is far()


def test_definitions_are_told_by_their_place_on_both_sides(there):
    class Local:
        pass

    there.write("entry", Local)
    far = there.read("entry")
    (place,) = [key for key, value in there.needs.shared.definitions.items() if value is Local]
    assert values.captured_definitions()[id(far)] == place


def test_an_attribute_and_a_cell_that_are_one_container_stay_one(there):
    cache = {"k": 1}

    def lookup():
        return cache

    lookup.cache = cache
    lookup.clear = cache.clear
    state = {"dict": {"cache": {"k": 2}}, "cells": {"cache": {"k": 2}}}
    values._fill(lookup, state)
    lookup.clear()
    assert lookup() is lookup.cache
    assert lookup.cache == {}


LIB = """
TABLE = {"a": 1}
class Marker:
    pass
MISSING = Marker()
MODEL = None
def load(value):
    global MODEL
    MODEL = Marker()
    MODEL.value = value
"""


@pytest.fixture
def lib(tmp_path, monkeypatch):
    (tmp_path / "held_lib.py").write_text(LIB)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "held_lib", raising=False)
    yield importlib.import_module("held_lib")
    sys.modules.pop("held_lib", None)


def test_what_a_module_of_the_project_holds_is_the_modules_own_there(lib, tmp_path, monkeypatch):
    lib.TABLE["b"] = 2
    lib.load(3)
    needs = Needs(roots=(str(tmp_path),))
    (tmp_path / "arguments").write_bytes(dump_stream([lib.TABLE, lib.MISSING, lib.MODEL], needs))
    assert "held_lib" in needs.modules
    monkeypatch.delitem(sys.modules, "held_lib")
    table, missing, model = values.load_stream(str(tmp_path), "arguments")
    new = sys.modules["held_lib"]
    assert new is not lib
    assert table is new.TABLE
    assert table == {"a": 1, "b": 2}
    assert missing is new.MISSING
    assert (model.value, new.MODEL) == (3, None)  # what the program has set there is told by the module's state


def test_the_running_program_is_no_module_of_the_project_under_its_second_name(lib, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "__main__", lib)
    monkeypatch.setitem(sys.modules, "__mp_main__", lib)  # as multiprocessing does
    monkeypatch.delitem(sys.modules, "held_lib")
    assert Needs(roots=(str(tmp_path),)).held.place(lib.TABLE) is None
