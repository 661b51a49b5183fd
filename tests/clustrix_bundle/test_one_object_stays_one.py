"""Arguments, captured values and what comes home: one object stays one, and classes are the client's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

SCRIPT = """
import json, threading
from clustrix_bundle import bundle

MISSING = object()
lock = threading.Lock()
limits = [1]
limits.append(5)
TABLE = {"a": [1]}

def within(known):
    def decorate(function):
        def inner(*args):
            known.append("called")
            return function(*args)
        return inner
    return decorate

class Holder:
    def __init__(self):
        self.parts = [[1], [2]]
        self.lock = lock

holder = Holder()

@within(limits)
def together(part, table, given, nothing=MISSING):
    part.append("seen")
    table["b"] = 2
    with holder.lock:
        locked = lock.locked()
    return holder.parts, TABLE, limits, given is MISSING, nothing is MISSING, locked

def make():
    class Local:
        def __init__(self, value):
            self.value = value

    class Broken(Exception):
        def __init__(self, code):
            super().__init__(code)
            self.code = code

    def work(thing):
        if thing.value < 0:
            raise Broken(Local(7))
        return isinstance(thing, Local), Local(thing.value + 1), work
    return Local, Broken, work

if __name__ == "__main__":
    told = {"together": bundle(together).run(holder.parts[1], TABLE, MISSING)}
    Local, Broken, work = make()
    same, result, function = bundle(work).run(Local(1))
    told["local"] = [same, type(result) is Local, result.value, function is work]
    try:
        bundle(work, args=(Local(-1),)).run()
    except Broken as error:
        told["raised"] = [error.code.value, type(error.code) is Local]
    print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("identity")
    (folder / "script.py").write_text(textwrap.dedent(SCRIPT))
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_argument_that_the_function_also_knows_as_a_global_is_that_object(told):
    parts, table, limits, given, default, locked = told["together"]
    assert parts == [[1], [2, "seen"]]
    assert table == {"a": [1], "b": 2}
    assert limits == [1, 5, "called"]
    assert given
    assert default
    assert locked


def test_a_class_made_in_a_function_is_one_class_there_and_at_home(told):
    assert told["local"] == [True, True, 2, True]


def test_an_exception_class_made_in_a_function_comes_home_as_itself(told):
    assert told["raised"] == [7, True]
