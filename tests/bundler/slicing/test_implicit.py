"""Code that runs when something is merely read travels where it changes what the function reads; lines marked ``#-`` must be dropped."""

from __future__ import annotations

import pytest

LAZY = "import store\nSEEN = []\ndef __getattr__(name):\n    SEEN.append(name)\n    store.ITEMS.append(name)\n    return 1\n"
STORE = "ITEMS = []\n"


@pytest.mark.parametrize(
    "reading",
    [
        "N = lazy.value",
        "from lazy import value",
        "from lazy import *",
        "if lazy.value > 3: pass",
        'N = f"{lazy.value:>3}"',
        'N = getattr(lazy, "value")',
        'N = hasattr(lazy, "value")',
        "other = lazy; other.value",
        "N = lazy.part.other",
        "N = [lazy.value for _ in (1, 2)]",
        "def g(x=lazy.value): pass",
        "g()",
        "user.go()",
        "N = user.lazy.value",
    ],
)
def test_reading_an_attribute_runs_the_getattr_of_a_module(sliced, reading):
    text = f"import lazy, store, user\ndef g():\n    return lazy.value\n{reading}\ndef f():\n    return store.ITEMS\n"
    found = sliced(text, lazy=LAZY, store=STORE, user="import lazy\ndef go():\n    return lazy.value\n")
    assert reading.partition(";")[0] in found.source.decode()


def test_reading_what_a_module_binds_runs_nothing(holds):
    holds(
        """
import lazy  #-
import store
N = lazy.SEEN  #-
M = lazy.store  #-
lazy.value = 3  #-
def f():
    return store.ITEMS
""",
        lazy=LAZY,
        store=STORE,
    )


def test_a_module_that_only_keeps_what_it_was_asked_for_is_not_changed(holds):
    holds(
        """
import lazy
N = lazy.value  #-
M = lazy.other  #-
def f():
    return lazy.value
""",
        lazy="def __getattr__(name):\n    value = globals()[name] = len(name)\n    return value\n",
    )


@pytest.mark.parametrize("place", ["sys.modules[__name__].__class__ = Stand", "sys.modules[__name__] = Stand('lazy')"])
@pytest.mark.parametrize(
    "method", ["@property\n    def value(self):", "def __getattr__(self, name):", "def __getattribute__(self, name):"]
)
def test_what_stands_in_the_place_of_a_module_runs_its_methods(sliced, place, method):
    module = f"import store, sys, types\nclass Stand(types.ModuleType):\n    {method}\n        store.ITEMS.append(1)\n        return 1\n{place}\n"
    found = sliced("import lazy, store\nN = lazy.value\ndef f():\n    return store.ITEMS\n", lazy=module, store=STORE)
    assert "N = lazy.value" in found.source.decode()


def test_a_method_of_what_stands_in_the_place_of_a_module_changes_the_module(sliced):
    module = "import sys\nclass Stand:\n    def add(self, x):\n        self.n = x\nsys.modules[__name__] = Stand()\n"
    assert "lazy.add(1)" in sliced("import lazy\nlazy.add(1)\ndef f():\n    return lazy.n\n", lazy=module).source.decode()


def test_listing_a_module_runs_its_dir(sliced):
    module = "SEEN = []\ndef __dir__():\n    SEEN.append(1)\n    return []\n"
    assert "N = dir(lazy)" in sliced("import lazy\nN = dir(lazy)\ndef f():\n    return lazy.SEEN\n", lazy=module).source.decode()


OPERATIONS = {
    "__add__": "X = V + 1",
    "__radd__": "X = 1 + V",
    "__lt__": "X = V < 1",
    "__gt__": "X = 1 < V",
    "__contains__": "X = 1 in V",
    "__neg__": "X = -V",
    "__bool__": "X = not V",
    "__len__": "X = len(V)",
    "__getitem__": "X = V[0]",
    "__str__": 'X = f"{V}"',
    "__format__": 'X = "{}".format(V)',
    "__repr__": "X = repr(V)",
    "__iter__": "X = [x for x in V]",
    "__next__": "X = [*V]",
    "__hash__": "X = hash(V)",
    "__int__": "X = int(V)",
    "__eq__": "X = [V].count(V) if V == 1 else 0",
    "__delitem__": "del V[0]",
    "__delattr__": "del V.x",
    "__getattr__": "X = V.unbound",
}


@pytest.mark.parametrize(("method", "operation"), OPERATIONS.items(), ids=list(OPERATIONS))
@pytest.mark.parametrize("imported", [False, True], ids=["own", "imported"])
def test_syntax_runs_methods_that_change_something_else(sliced, method, operation, imported):
    cls = f"LOG = []\nclass Value:\n    def {method}(self, *given):\n        LOG.append(1)\n        return given\n"
    source, log = ("from values import LOG, Value\n", {"values": cls}) if imported else (cls, {})
    text = f"{source}V = Value()\n{operation}\ndef f():\n    return LOG\n"
    assert operation in sliced(text, **log).source.decode()


def test_reading_a_property_runs_it(holds):
    holds("""
LOG = []
class Meter:
    total = 0
    @property
    def reading(self):
        self.total += 1
        return self.total
    @property
    def logged(self):
        LOG.append(1)
        return 1
meter = Meter()
first = meter.reading
if meter.logged:
    pass
other = meter.total  #-
def f():
    return LOG, meter.reading
""")


def test_a_property_that_reads_once_is_no_change(holds):
    holds("""
class Data:
    rows = None
    @property
    def table(self):
        if self.rows is None:
            self.rows = list(range(9))
        return self.rows
data = Data()
print(data.table)  #-
size = len(data.table)  #-
def f():
    return data.table
""")


def test_descriptors_are_run_by_reading_and_by_their_class(holds):
    holds("""
LOG = []
class Field:
    def __set_name__(self, owner, name):
        LOG.append(name)
    def __get__(self, instance, owner):
        LOG.append(owner)
        return 1
class Row:
    key = Field()
class Empty:  #-
    pass  #-
row = Row()
first = row.key
second = row.other if False else 0  #-
def f():
    return LOG
""")


def test_reading_a_key_puts_it_in_a_default_dict(holds):
    holds("""
from collections import defaultdict
MADE = []
def make():
    MADE.append(1)
    return []
groups = defaultdict(make)
plain = {"a": 1}  #-
first = groups["a"]
second = plain["a"]  #-
def f():
    return groups, MADE
""")


def test_a_getitem_of_a_class_says_nothing_of_arrays(holds):
    holds("""
import numpy as np
class Rows:
    def __getitem__(self, key):
        self.last = key
        return key
rows = Rows()
array = np.zeros(3)
first = array[0]  #-
second = rows[1]
def f():
    return array, rows.last
""")


def test_a_function_that_nothing_is_known_of_changes_its_module_and_its_arguments(holds):
    holds(
        """
import counter
items = []
counter.bump(items)
n = counter.bump([])  #-
def f():
    return counter.value, items
""",
        counter='value = 0\nTABLE = {}\nbump = TABLE.get("bump")\n',
    )


def test_what_a_function_deletes_is_changed(holds):
    holds(
        """
import os
import limits
TABLE = {"a": 1}
GONE = 1
os.environ["SLICED"] = "1"
def clear(table):
    global GONE
    del GONE
    del TABLE["a"], limits.MOST
    del (table["b"])
def quiet():
    del os.environ["SLICED"]
def unused():  #-
    spare = {"a": 1}  #-
    del spare["a"]  #-
    return spare  #-
spare = {"b": 2}  #-
clear(TABLE)
quiet()
unused()  #-
del spare["b"]  #-
del os.environ["PATH"]
def f():
    return TABLE, GONE, limits
""",
        limits="MOST = 1\n",
    )


def test_a_generator_expression_runs_where_it_is_used_up(holds):
    holds("""
LOG = []
def log(x):
    LOG.append(x)
    return x
numbers = (log(x) for x in range(3))
squares = (x * x for x in range(9))
cubes = [x ** 3 for x in range(3)]
found = 4 in squares
total = sum(numbers)
total = sum(cubes)  #-
def f():
    return LOG, next(squares), cubes
""")


def test_a_call_in_a_function_that_nothing_takes_the_result_of_is_made_for_its_effect(holds):
    holds("""
import flint
table = []
spare = []
other = []
def prepare():
    flint.digest(
        table,
    )
    value = flint.digest(
        spare
    )
    return [
        flint.digest(other),
    ]
def measure():  #-
    return flint.digest(spare)  #-
prepare()
measure()  #-
def f():
    return table, spare, other
""")


@pytest.mark.parametrize(
    ("statement", "needed"),
    [
        ('mock.patch("json.dumps", str).start()', "json"),
        ('mock.patch("limits.MOST", 2).start()', "limits"),
        ('mock.patch.object(limits, "MOST", 2).start()', "limits"),
        ("tqdm.pandas()", "pandas"),
        ("sns.set_theme()", "matplotlib"),
        ("monkey.patch_all()", "socket"),
        ("cupy.cuda.Device(1).use()", "cupy"),
    ],
)
def test_what_changes_another_package_travels_where_that_is_used(sliced, statement, needed):
    head = "import json, limits, pandas, matplotlib, socket, cupy, seaborn as sns\nfrom unittest import mock\nfrom tqdm import tqdm\nfrom gevent import monkey\n"
    text = f"{head}{statement}\ndef f():\n    import {needed}\n    return {needed}.x\n"
    assert statement in sliced(text, limits="MOST = 1\n").source.decode()


@pytest.mark.parametrize(
    "module", ['sys.modules["limits"]', '__import__("limits")', 'importlib.import_module("limits")', "vars(limits)", "other"]
)
def test_a_module_is_the_same_however_it_is_come_by(sliced, module):
    text = f"import importlib, sys\nimport limits\nother = limits\n{module}.MOST = 2\ndef f():\n    return limits.MOST\n"
    if module == "vars(limits)":
        text = text.replace(".MOST = 2", '["MOST"] = 2')
    assert f"{module}" in sliced(text, limits="MOST = 1\n").source.decode()


def test_what_is_asked_of_the_modules_of_the_process_is_imported_before(holds):
    holds(
        """
import sys
import limits
TABLE = {}
sys.modules["limits"].fill(TABLE)
def f():
    return TABLE
""",
        limits="def fill(table):\n    table[1] = 2\n",
    )


def test_a_default_of_a_lambda_is_changed_by_its_calls(holds):
    holds("""
ITEMS = []
OTHERS = []  #-
push = lambda items=ITEMS: items.append(1)
pull = lambda items=OTHERS: items.pop()  #-
push()
pull()  #-
def f():
    return ITEMS
""")


def test_setting_an_attribute_of_a_module_runs_no_methods(holds):
    holds(
        """
import limits  #-
LOG = []
class Field:  #-
    def __set__(self, instance, value):  #-
        LOG.append(value)  #-
class Row:  #-
    field = Field()  #-
limits.MOST = 2  #-
Row().other = 2  #-
def f():
    return LOG
""",
        limits="MOST = 1\n",
    )


def test_a_log_line_runs_the_scripts_own_handlers(holds):
    holds("""
import logging
HEARD = []
class Ear(logging.Handler):
    def emit(self, record):
        HEARD.append(record)
log = logging.getLogger("x")
log.addHandler(Ear())
log.warning("heard")
def f():
    return HEARD
""")


def test_a_log_line_that_only_logging_handles_stays(holds):
    holds("""
import logging
log = logging.getLogger("x")
log.warning("not heard")  #-
def f():
    log.info("working")
""")


def test_a_generator_expression_may_be_used_up_on_its_own_line(holds):
    holds("""
LOG = []
numbers = (LOG.append(x) for x in range(3)); list(numbers); total = sum(numbers)
def f():
    return LOG
""")


def test_attributes_of_the_module_itself_are_names_that_are_looked_up(holds):
    holds("""
import sys
RATE = 1
SCALE = 2
OTHER = 3  #-
me = sys.modules[__name__]
def f():
    return sys.modules[__name__].RATE + me.SCALE
""")


def test_making_an_instance_runs_its_metaclass(holds):
    holds("""
class Counting(type):
    made = 0
    def __call__(cls, *given):
        Counting.made += 1
        return super().__call__(*given)
class Base(metaclass=Counting):
    pass
class Own(Base):
    pass
class Other:  #-
    pass  #-
first = Own()
second = Other()  #-
def f():
    return Counting.made
""")


def test_what_is_made_of_surplus_arguments_is_no_part_of_the_others(holds):
    holds("""
class Naming(type):
    def __call__(cls, *given):
        made = super().__call__(*given)
        made.named = cls.__name__
        return made
class Thing(metaclass=Naming):
    pass
first = Thing()  #-
def f():
    return Thing
""")


@pytest.mark.parametrize("name", ["rest", "more"])
def test_surplus_arguments_are_changed_through_their_parameters(sliced, name):
    text = f'def grow(first, *rest, **more):\n    {name}["k" if {name} is more else 0].append(first)\nitems = []\ngrow([], items, k=items)\ndef f():\n    return items\n'
    assert "grow([], items" in sliced(text).source.decode()


def test_a_module_below_another_acts_when_it_is_read_through_that(sliced):
    text = "import middle, store\nN = middle.lazy.value\ndef f():\n    return store.ITEMS\n"
    assert "N = middle" in sliced(text, lazy=LAZY, store=STORE, middle="import lazy\n").source.decode()
