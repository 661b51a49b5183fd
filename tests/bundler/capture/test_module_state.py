"""What a program has set in a module since it was imported."""

from __future__ import annotations

import sys
import types

import pytest
from clustrix_bundle.bundler.capture.module_state import ModuleGlobal, changed_attributes, changed_definitions, objects_set_by
from clustrix_bundle.bundler.capture.needs import Needs
from clustrix_bundle.bundler.capture.set_names import SetNames, find_set_names
from clustrix_bundle.runtime import values

SOURCE = b"""
X = 1
ITEMS = []
REGISTRY = {}
if X:
    MODE = "a"
else:
    MODE = "b"
import os
CPUS = os.cpu_count()
class Settings:
    debug = False
settings = Settings()
"""


@pytest.fixture
def module(monkeypatch):
    made = types.ModuleType("conf_of_test")
    monkeypatch.setitem(sys.modules, "conf_of_test", made)
    exec(SOURCE, made.__dict__)
    return made


def _changes(module, explicit=()):
    names = SetNames({id(module): (module, set(explicit))})
    return changed_attributes(module, SOURCE, "conf.py", names, Needs())


def _changed(module, explicit=()):
    return _changes(module, explicit).attributes


class Thing:
    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return self.value == other.value

    __hash__ = None


def test_a_module_as_its_import_left_it_has_no_state(module):
    assert _changed(module) == {}


def test_plain_data_that_no_literal_of_the_module_gives_travels(module):
    module.X = 4
    module.ITEMS.append("a")
    module.MODE = "c"
    assert _changed(module) == {"X": 4, "ITEMS": ["a"], "MODE": "c"}


def test_what_another_branch_gives_is_left_to_the_code(module):
    module.MODE = "b"
    assert _changed(module) == {}


def test_a_registry_of_functions_is_left_to_the_code_that_fills_it(module):
    module.REGISTRY["f"] = _changed
    assert _changed(module) == {}


def test_a_module_that_holds_something_alive_keeps_its_flags_to_itself(module):
    module.X = 2
    module.ITEMS = open(__file__)  # noqa: SIM115 - the connection of the story
    try:
        assert _changed(module) == {}
        assert _changes(module).left == ("ITEMS", "X")
        assert _changed(module, ["X"]) == {"X": 2}
    finally:
        module.ITEMS.close()


def test_an_instance_that_the_program_has_put_in_a_name_travels(module):
    module.MODE = Thing(3)
    assert _changed(module) == {"MODE": Thing(3)}


def test_a_registry_that_holds_instances_is_told(module):
    module.REGISTRY["k"] = Thing(3)
    changes = _changes(module)
    assert (changes.attributes, changes.left) == ({}, ("REGISTRY",))


def test_a_name_that_the_script_sets_travels_even_if_computed(module):
    module.CPUS = 99
    assert (_changed(module), _changed(module, ["CPUS"])) == ({}, {"CPUS": 99})


def test_attributes_that_a_script_sets_are_found_wherever_it_does_so(module):
    source = b"""
def main():
    conf.X = 1
    conf.ITEMS[0] = 2
    conf.MODE, other = 1, 2
    setattr(conf, "CPUS", 3)
    conf.settings.debug = True
"""
    assert find_set_names(source, {"conf": module}).of(module) == {"X", "ITEMS", "MODE", "CPUS"}


def test_attributes_of_instances_and_classes_are_told_by_what_holds_them(module):
    module.settings.debug = True
    module.Settings.level = 3
    source = b"def main():\n    settings.debug = True\n    S.level = 3"
    names = find_set_names(source, {"settings": module.settings, "S": module.Settings})
    found = objects_set_by(names, [module])
    assert found == [
        (ModuleGlobal("conf_of_test", "settings"), {"instance": {"debug": True}}),
        (module.Settings, {"level": 3}),
    ]


DEFINITIONS = b"""
import enum, threading
class Job:
    count = 0
    lock = None
    names = []
    class Limit:
        top = 1
class Meta(type):
    def __init__(cls, *given):
        cls.fields = [1]
class Model(metaclass=Meta):
    pass
class Kind(enum.Enum):
    RED = 1
def tick():
    tick.n = getattr(tick, "n", 0) + 1
def work():
    Job.count += 1
    Job.lock = threading.Lock()
    Job.lock.acquire()
    Job.Limit.top = 5
    Kind.RED.seen = True
    Job.fresh = [work]
"""


def test_what_functions_of_a_module_set_in_its_definitions_travels_or_is_told(module):
    module.__dict__.clear()
    module.__dict__.update(__name__="conf_of_test", __builtins__=__builtins__)
    exec(DEFINITIONS, module.__dict__)

    def changes(told=b""):
        names = find_set_names(told, {"conf": module})
        return changed_definitions(module, DEFINITIONS, "conf.py", names, Needs())

    assert changes() == ([], [])
    module.tick()
    module.work()
    fills, left = changes(b"conf.Job.told = 1")
    assert fills == [
        (module.Job, {"count": 1, "fresh": [module.work]}),
        (module.Job.Limit, {"top": 5}),
        (module.Kind.RED, {"instance": {"seen": True}}),
        (module.tick, {"dict": {"n": 1}}),
    ]
    assert left == ["Job.lock"]


def test_a_name_that_no_statement_binds_was_set_from_outside_and_a_deleted_one_is_gone(module):
    module.added, module.code = [1], len
    del module.CPUS
    names = find_set_names(b"del conf.CPUS", {"conf": module})
    assert changed_attributes(module, SOURCE, "conf.py", names, Needs()).attributes == {"added": [1], "CPUS": values.Gone}


CELLS = b"""
import collections, functools
SEEN = set()
COUNTS = collections.Counter()
def counted(func):
    n = 0
    lock = None
    def wrapper():
        nonlocal n, lock
        n += 1
        lock = __import__("threading").Lock()
        lock.acquire()
    return wrapper
@counted
def work():
    SEEN.add(1)
def counter():
    n = 0
    def step():
        nonlocal n
        n += 1
    return step
step = counter()
class Registry:
    def __init__(self):
        self.names = []
        self.found = {}
    def add(self, func):
        self.found[func.__name__] = func
        return func
registry = Registry()
@registry.add
def one():
    registry.names.append("one")
"""


def test_state_in_cells_and_in_containers_that_a_call_makes_travels_or_is_told(module, tmp_path, monkeypatch):
    file = tmp_path / "conf_of_test.py"
    file.write_bytes(CELLS)
    module.__dict__.clear()
    module.__dict__.update(__name__="conf_of_test", __file__=str(file), __builtins__=__builtins__)
    exec(compile(CELLS, str(file), "exec"), module.__dict__)

    def changes():
        fills, left = changed_definitions(module, CELLS, "conf.py", SetNames(), Needs())
        return changed_attributes(module, CELLS, "conf.py", SetNames(), Needs()).attributes, fills, left

    assert changes() == ({}, [], [])
    module.work()
    module.step()
    module.SEEN.add(1)
    module.COUNTS["a"] += 1
    module.one()
    attributes, fills, left = changes()
    assert attributes == {"SEEN": {1}, "COUNTS": {"a": 1}}
    assert fills == [
        (ModuleGlobal("conf_of_test", "work"), {"cells": {"n": 1}}),
        (ModuleGlobal("conf_of_test", "step"), {"cells": {"n": 1}}),
        (ModuleGlobal("conf_of_test", "registry"), {"instance": {"names": ["one"]}}),
    ]
    assert left == ["work.lock"]
