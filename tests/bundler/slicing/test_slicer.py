"""Which statements of a script travel: one rule a test; lines marked ``#-`` must be dropped, all others kept."""

from __future__ import annotations

import pytest

from clustrix_bundle.bundler.errors import AnalysisError, TargetError
from clustrix_bundle.bundler.analysis.world import LoadedModule
from clustrix_bundle.bundler.facts.extract import extract_facts
from clustrix_bundle.bundler.slicing.slicer import slice_names


def load(path):
    return LoadedModule("__main__", path, "", False, path.read_bytes(), extract_facts(path.read_bytes(), str(path)))


def test_only_what_the_function_reaches_travels(holds):
    holds("""
import json
import csv  #-
GAIN = 3
OTHER = 4  #-
def helper(x):
    return x * GAIN
def unused(x):  #-
    return csv.reader(x)  #-
def f(x):
    return json.dumps(helper(x))
print(f(3))  #-
result = f(4)  #-
""")


def test_the_last_definition_wins(holds):
    holds("""
X = 1  #-
def f():  #-
    return 1  #-
X = 2
def f():
    return X
""")


def test_every_definition_that_may_win_is_kept(holds):
    holds("""
import sys
X = 0
if sys.platform == "win32":
    X = 1
elif sys.platform == "darwin":
    X = 2
try:
    import fast as impl
    FAST = True
except ImportError:
    import json as impl
    FAST = False
for n in range(3):
    Y = n
with open(__file__) as stream:
    HEAD = stream.readline()
def f():
    return X, impl, FAST, Y, HEAD
""")


def test_branches_lose_what_nothing_asks_for(holds):
    holds("""
import sys
if sys.flags.debug:
    X = 1
    Y = 2  #-
else:
    X = 3
    Y = 4  #-
def f():
    return X
""")


def test_a_block_without_statements_passes(sliced):
    found = sliced("import sys\nif sys.flags.debug:\n    Y = 1\nelse:\n    X = 1\ndef f():\n    return X\n")
    assert found.source.decode() == "import sys\nif sys.flags.debug:\n    pass\nelse:\n    X = 1\ndef f():\n    return X\n"


def test_augmented_assignment_and_unpacking_bind(holds):
    holds("""
A, (B, *C) = 1, (2, 3, 4)
N = 1
N += A
M = 1  #-
M += 1  #-
def f():
    return N, C
""")


def test_changes_after_the_definition_are_kept(holds):
    holds("""
CONFIG = {}
OTHER = {}  #-
CONFIG["a"] = 1
CONFIG.update(b=2)
OTHER["a"] = 1  #-
del CONFIG["b"]
CONFIG.get("a")  #-
ITEMS = []
ITEMS += [1]
ITEMS.append(2)
def f():
    return CONFIG, ITEMS
ITEMS.append(3)
print(CONFIG)  #-
print(len(ITEMS), sorted(ITEMS))  #-
""")


def test_changes_through_another_name_are_kept(holds):
    holds("""
A = []
B = A
B.append(1)
ROW = {"a": A}
ROW["a"].append(2)
C = list(A)  #-
C.append(3)  #-
def f():
    return A
""")


def test_objects_that_hold_others_change_them(holds):
    holds("""
import torch
import numpy as np
net = torch.nn.Linear(1, 1)
opt = torch.optim.SGD(net.parameters(), lr=0.1)
xs = np.zeros(3)
ys = np.array(xs)  #-
ys[0] = 1  #-
for epoch in range(3):
    opt.zero_grad()
    loss = net(torch.tensor(xs)).sum()
    loss.backward()
    opt.step()
    print(epoch, loss.item())  #-
def f(x):
    return net(x), xs
""")


def test_changes_by_lambdas_callbacks_and_comprehensions_are_kept(holds):
    holds("""
A, B, C, D = [], [], [], []
LISTS = [C]
def touch(xs):
    xs.append(1)
list(map(lambda x: A.append(x), [1]))
list(map(touch, [B]))
[xs.append(2) for xs in LISTS]
for xs in [D]:
    xs.append(3)
other = sorted([1, 2], key=lambda x: -x)  #-
def f():
    return A, B, C, D
""")


def test_what_is_put_into_a_kept_object_is_followed(holds):
    holds("""
class Model:
    pass
model = Model()
other = Model()  #-
MODELS = []
MODELS.append(model)
model.rate = 2
other.rate = 3  #-
def f():
    return MODELS[0].rate
""")


def test_a_change_before_a_rebinding_does_not_matter(holds):
    holds("""
X = []  #-
X.append(1)  #-
X = [2]
X.append(3)
def f():
    return X
""")


def test_calls_of_functions_that_change_a_global_are_kept(holds):
    holds("""
TABLE = {}
STATE = None
def fill(n):
    TABLE[n] = n
def setup():
    global STATE
    STATE = 3
def deep():
    setup()
def look():  #-
    return TABLE.get(1)  #-
def touch(table):
    table["x"] = 1
fill(3)
deep()
look()  #-
touch(TABLE)
def f():
    return TABLE, STATE
print(f())  #-
""")


def test_registering_decorators_keep_what_they_register(holds):
    holds("""
TASKS = {}
OTHER = {}  #-
def task(name):
    def register(function):
        TASKS[name] = function
        return function
    return register
def other(function):  #-
    OTHER[function.__name__] = function  #-
    return function  #-
@task("a")
def a():
    return 1
@other  #-
def b():  #-
    return 2  #-
class Registry:
    def __init__(self):
        self.items = []
    def register(self, item):
        self.items.append(item)
        return item
registry = Registry()
@registry.register
class Item:
    pass
def f(name):
    return TASKS[name](), registry.items
""")


def test_a_registry_of_a_local_module_is_reached_through_it(holds):
    holds(
        """
from hooks import hook, run
from other import hook as other_hook  #-
@hook("x")
def x():
    return 1
@other_hook  #-
def y():  #-
    return 2  #-
def f():
    return run("x")
""",
        hooks="HOOKS = {}\ndef hook(name):\n    def deco(g):\n        HOOKS[name] = g\n        return g\n    return deco\ndef run(n):\n    return HOOKS[n]()\n",
        other="HOOKS = []\ndef hook(g):\n    HOOKS.append(g)\n    return g\n",
    )


def test_singledispatch_implementations_are_kept(holds):
    holds("""
from functools import singledispatch
@singledispatch
def area(x):
    raise TypeError(x)
@area.register
def _(x: int):
    return x
@area.register(str)
def _(x):
    return len(x)
def f(x):
    return area(x)
""")


def test_subclasses_that_their_base_learns_of_are_kept(holds):
    holds("""
class Base:
    known = []
    def __init_subclass__(cls):
        Base.known.append(cls)
class Plain:
    pass
class A(Base):
    pass
class B(Plain):  #-
    pass  #-
class Meta(type):
    kinds = {}
    def __new__(mcs, name, bases, body):
        cls = super().__new__(mcs, name, bases, body)
        mcs.kinds[name] = cls
        return cls
class Root(metaclass=Meta):
    pass
class Leaf(Root):
    pass
def f():
    return Base.known, Plain, Meta.kinds
""")


def test_subclasses_are_kept_where_they_are_asked_for(holds):
    holds("""
class Base:
    pass
class A(Base):
    pass
class C:  #-
    pass  #-
def f():
    return [cls.__name__ for cls in Base.__subclasses__()]
""")


def test_effects_on_kept_imports_are_kept(holds):
    holds("""
import decimal
import os
import sys
import warnings
import random
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt  #-
from decimal import getcontext
np.random.seed(0)
np.set_printoptions(precision=3)
getcontext().prec = 50
decimal.getcontext().rounding = decimal.ROUND_DOWN
os.environ["X"] = "1"
os.environ.setdefault("Y", "2")
sys.path.insert(0, "lib")
sys.setrecursionlimit(5000)
warnings.filterwarnings("ignore")
random.seed(1)
pd.options.display.precision = 3
pd.set_option("display.width", 100)
plt.style.use("ggplot")  #-
plt.plot([1, 2])  #-
plt.show()  #-
files = os.listdir(".")  #-
user = os.environ["USER"]  #-
first = np.random.rand(3)
mean = np.mean([1, 2])  #-
def f(x):
    return np.sum(x), pd.Series(x)
""")


def test_settings_of_the_process_are_kept_though_the_function_names_no_such_module(holds):
    holds("""
import random
import logging
import locale
import os
import time  #-
random.seed(3)
logging.basicConfig(level="INFO")
locale.setlocale(locale.LC_ALL, "C")
os.environ["OMP_NUM_THREADS"] = "1"
logging.info("hello")  #-
time.sleep(1)  #-
def f():
    return 1
""")


def test_effects_reach_local_modules_that_import_the_same(holds):
    holds(
        """
import decimal_like as d
from model import simulate
d.context.prec = 4
import other_like  #-
other_like.context.prec = 5  #-
from config import SETTINGS
SETTINGS["rate"] = 2
def f():
    return simulate()
""",
        model="import decimal_like\nimport config\ndef simulate():\n    return decimal_like.context, config.SETTINGS\n",
        config="SETTINGS = {}\n",
    )


def test_a_function_of_a_local_module_that_seeds_is_called(holds):
    holds(
        """
from common import set_everything, look
set_everything(3)
look()  #-
def f():
    return 1
""".replace(", look", "").replace("look()  #-\n", ""),
        common="import random\ndef set_everything(n):\n    random.seed(n)\ndef look():\n    return 1\n",
    )


def test_imports_for_the_sake_of_their_effect_are_kept(holds):
    holds(
        """
import steps_a
import steps_b  #-
from registry import STEPS
def f():
    return sorted(STEPS)
""",
        registry="STEPS = {}\n",
        steps_a="from registry import STEPS\nSTEPS['a'] = 1\n",
        steps_b="X = 1\n",
    )


def test_an_import_is_kept_for_its_effect_where_an_earlier_one_may_not_have_run(holds):
    files = {"reg": "NAMES = []\n", "plug": "import reg\nreg.NAMES.append(1)\n", "lazy": "def later():\n    import plug\n"}
    holds(
        """
import reg, lazy
if len(reg.NAMES) > 5:
    import plug
import plug
def f():
    return reg.NAMES, lazy
""",
        **files,
    )


def test_a_used_import_of_dropped_code_is_kept_only_if_it_acts(holds):
    holds(
        """
import plotting  #-
import patching
from core import compute
def f():
    return compute()
plotting.draw(f())  #-
patching.nothing  #-
""",
        core="LIMITS = {}\ndef compute():\n    return LIMITS\n",
        plotting="import core\ndef draw(x):\n    return core.LIMITS\n",
        patching="import core\ncore.LIMITS['a'] = 1\n",
    )


def test_a_module_that_submits_is_not_kept_for_what_it_sets_up(holds):
    holds(
        """
from ship import ship  #-
import hooks  #-
def f():
    return 1
print(ship(f))  #-
hooks.use()  #-
""",
        ship="import os\nimport sys\nfrom clustrix_bundle import bundle\nif os.environ.get('X'):\n    sys.path.insert(0, 'x')\ndef ship(f):\n    return bundle(f)\n",
        hooks="import sys\nsys.excepthook = print\ndef use():\n    pass\n",
    )


def test_star_imports_are_kept_where_a_name_may_come_from_them(holds):
    holds(
        """
from toolbox import *
from unrelated import *  #-
from math import *
def f(x):
    return clamp(x), pow(x, 2)
""",
        toolbox="def clamp(x):\n    return x\n",
        unrelated="def other(x):\n    return x\n",
    )


def test_future_imports_stay_and_a_docstring_goes_unless_read(holds):
    holds('''
"""What this is."""  #-
from __future__ import annotations
def f():
    return 1
''')
    holds('''
"""What this is."""
def f():
    return __doc__
''')


def test_the_main_guard_is_dropped(holds):
    holds("""
X = 1
def f():
    return X
if __name__ == "__main__":  #-
    X = 2  #-
    print(f())  #-
""")


def test_a_name_that_only_the_guard_binds_is_an_error_with_place_and_remedy(sliced):
    with pytest.raises(AnalysisError) as caught:
        sliced("def f():\n    return args.n\nif __name__ == '__main__':\n    args = parse()\n")
    assert caught.value.line == 4
    for words in ("script.py:4", "`args`", "`f`", "pass the value as an argument"):
        assert words in str(caught.value)


def test_a_value_that_travels_by_itself_needs_no_statement(sliced):
    found = sliced("def f():\n    return args.n\nif __name__ == '__main__':\n    args = parse()\n", by_value=frozenset({"args"}))
    assert found.kept == frozenset({0})


SUBMITTING = [
    "from clustrix_bundle import bundle\nb = bundle(f)\n",
    "import clustrix_bundle\nclustrix_bundle.configure(cluster_type='slurm')\nb = clustrix_bundle.bundle(f)\n",
    "from clustrix import *\nconfigure(cluster_type='slurm')\nsubmit(f)\n",
    "from clustrix_bundle import ClusterExecutor\nwith ClusterExecutor() as pool:\n    x = pool.submit(f)\n    print(x.result())\n",
    "from clustrix_bundle import ClusterExecutor\npool = ClusterExecutor()\nx = list(pool.map(f, [1]))\nDATA.append(1) if 0 else None\n".replace(
        "DATA.append(1) if 0 else None\n", ""
    ),
    "from clustrix_bundle import cluster\n@cluster(cores=2)\ndef g():\n    return f()\nfor n in range(3):\n    g()\n    job = g.submit()\n",
    "from clustrix_bundle import cluster\ng = cluster(cores=2)(f)\ng()\nlist(map(g, [1]))\n",
    "from clustrix_bundle import cluster\ngpu = cluster(cores=2)\n@gpu\ndef g():\n    return f()\nx = g()\n",
    "def main():\n    from clustrix_bundle import bundle as b\n    return b(f)\nx = main()\n",
    "from ship import ship\nprint(ship(f, DATA))\nDATA2 = [ship(f)]\n",
    "import ship\nresult = ship.ship(f)\nif True:\n    print(ship.ship(f))\n",
    "class Runner:\n    def go(self):\n        import ship\n        return ship.ship(f)\nRunner().go()\nr = Runner()\nr.go()\n",
    "from functools import partial\nimport ship\nimport atexit\natexit.register(ship.ship, f)\n",
    "try:\n    from ship import ship\n    ship(f)\nexcept Exception as e:\n    print(e)\n",
]


@pytest.mark.parametrize("tail", SUBMITTING)
def test_what_submits_never_travels(sliced, tail):
    ship = "def ship(function, *args):\n    from clustrix_bundle import bundle\n    return bundle(function, args=args)\n"
    script = "import os\nos.environ['A'] = '1'\nDATA = [1]\ndef f():\n    return DATA\n"
    found = sliced(script + tail, ship=ship)
    assert found.source.decode().rstrip() == script.rstrip()


def test_a_wrapped_function_travels_with_its_decorator(holds):
    holds("""
from clustrix_bundle import cluster, cluster_ls, ClusterConfig
config = ClusterConfig(cluster_type="local")
FILES = cluster_ls("data")
@cluster(cores=4)
def inner(n):
    return n
@cluster(cores=4)
def f(n):
    return inner(n), FILES, config
result = f(3)  #-
job = f.submit(3)  #-
""")


def test_runs_of_the_function_itself_do_not_travel(holds):
    holds("""
from clustrix_bundle import cluster
@cluster
def f(n):
    return n
f.submit(3)  #-
assert f.local(2) == 2  #-
for n in range(2):  #-
    print(f.submit(n).result(), f.local(n))  #-
""")


def test_a_kept_name_that_depends_on_a_submission_is_an_error(sliced):
    with pytest.raises(AnalysisError) as caught:
        sliced(
            "from clustrix_bundle import submit\ndef g():\n    return 1\nx = submit(g).result()\ny = x + 1\ndef f():\n    return y\n"
        )
    assert caught.value.line == 4
    for words in ("script.py:4", "`x`", "line 5", "submit()"):
        assert words in str(caught.value)


@pytest.mark.parametrize("use", ["print(job.result())", "job.cancel()", "out = job.result(60)", "job.note = 3"])
def test_what_is_done_to_a_submission_does_not_change_the_function(holds, use):
    holds(f"""
from clustrix_bundle import cluster
TABLE = [1]
@cluster
def f(x):
    return x + len(TABLE)
job = f.submit(TABLE)  #-
{use}  #-
""")


def test_results_taken_under_the_guard_do_not_change_the_function(holds):
    holds("""
from clustrix_bundle import cluster
@cluster(cores=2)
def f(x):
    return x
if __name__ == "__main__":  #-
    print(f(2), f.submit(3).result(60))  #-
    job = f.submit(4)  #-
    job.cancel()  #-
""")


def test_submitting_statements_leave_a_block_that_is_kept(sliced):
    text = "from ship import ship\nXS = []\nfor n in range(3):\n    XS.append(n)\n    ship(f, n)\ndef f():\n    return XS\n"
    found = sliced(text, ship="from clustrix_bundle import bundle\ndef ship(f, n):\n    bundle(f)\n")
    assert found.source.decode() == "\nXS = []\nfor n in range(3):\n    XS.append(n)\n\ndef f():\n    return XS\n"


def test_what_ends_the_process_never_travels(holds):
    holds("""
import sys
X = 1
def main():  #-
    sys.exit(f())  #-
if len(sys.argv) < 2:  #-
    sys.exit("usage")  #-
def f():
    return X, sys.version
main()  #-
sys.exit(main())  #-
raise SystemExit(0)  #-
""")


def test_reading_the_clients_command_line_is_told(sliced):
    found = sliced("import sys\nN = int(sys.argv[1])\ndef f():\n    return N\n")
    assert [(note.line, "sys.argv" in note.message) for note in found.notes] == [(2, True)]
    found = sliced(
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--n')\nargs = p.parse_args()\ndef f():\n    return args\n"
    )
    assert len(found.kept) == 5
    assert [note.line for note in found.notes] == [4]


def test_names_bound_through_globals_are_kept(holds):
    holds("""
globals()["X"] = 1
globals()["Y"] = 2  #-
def f():
    return X
""")
    holds("""
globals()["X"] = 1
for name in ("A", "B"):
    globals()[name] = name
def f():
    return A, X
""")


def test_names_looked_up_in_globals_are_kept(holds):
    holds("""
def run_a():
    return 1
def run_b():
    return 2
LIMIT = 3
OTHER = print()  #-
def f(name):
    return globals()["run_" + name](), globals()["LIMIT"]
""")


def test_several_names_of_one_object_change_together(holds):
    holds("""
import json
X = Y = []
A, B = [], []
json.table = T = {}
X += [1]
X.append(2)
A.append(3)  #-
json.table["k"] = 1
def f():
    return Y, B, T
""")


def test_names_in_texts_that_are_evaluated_are_kept(holds):
    holds("""
import math
import json  #-
FORMULA = "math.sqrt(x) + helper(x)"
def helper(x):
    return SHIFT + x
SHIFT = 3
OTHER = 4  #-
def f(x):
    return eval(FORMULA)
""")
    holds("""
LIMIT = 3
OTHER = 4  #-
def f(df):
    return df.query("x > @LIMIT and OTHER")
""")


def test_state_that_a_call_leaves_in_a_decorated_function_is_kept(holds):
    holds("""
class counted:
    def __init__(self, function):
        self.function = function
        self.n = 0
    def __call__(self, *args):
        self.n += 1
        return self.function(*args)
def timed(function):
    def wrapper(*args):
        return function(*args)
    return wrapper
@counted
def area(x):
    return x
@timed
def size(x):
    return x
area(1)
size(2)  #-
def f():
    return area.n, size(3)
""")


def test_loops_keep_what_steers_them(holds):
    holds("""
found = None
for n in range(10):
    if n == 3:
        continue
    if n > 4:
        print("done")  #-
        break
    found = n
    print(n)  #-
i = 0
while i < 3:
    i += 1
def f():
    return found, i
""")


def test_an_unknown_entry_is_an_error(sliced):
    with pytest.raises(TargetError, match="binds no name `g`"):
        sliced("def f():\n    return 1\n", "g")


def test_methods_are_reached_through_their_class(holds):
    holds(
        """
X = 1
class A:
    @staticmethod
    def run():
        return X
class B:  #-
    pass  #-
""",
        "A.run",
    )


def test_wanted_names_are_kept_where_they_can_be(tmp_path):
    script = tmp_path / "s.py"
    script.write_text(
        "from clustrix_bundle import submit\nX = 1\nY = submit(X)\nZ = Y + 1\ndef f():\n    return 2\ndef g():\n    return X\n"
    )
    found = slice_names(load(script), ["f"], wanted=["submit", "X", "Y", "Z", "g", "f"])
    assert sorted(found.kept) == [0, 1, 4, 5]


def test_a_name_that_nothing_binds_is_told(sliced):
    found = sliced("def f():\n    return display(x), len([])\n")
    assert [note.message for note in found.notes] == [
        "nothing binds `display`, which `f` reads",
        "nothing binds `x`, which `f` reads",
    ]
    assert not sliced("from numpy import *\ndef f():\n    return sin(1)\n").notes


def test_a_setter_of_a_property_in_a_class_inside_a_function_leans_on_no_global(sliced):
    found = sliced(
        "def f():\n    class T:\n        @property\n        def v(self): return 1\n        @v.setter\n        def v(self, x): pass\n    return T().v\n",
        "f",
    )
    assert found.notes == ()


def test_decisions_say_why(sliced):
    found = sliced("import os\nX = 1\ndef f():\n    return X\nprint(f())\nif __name__ == '__main__':\n    f()\n")
    assert [(decision.line, decision.kept, decision.reason) for decision in found.decisions] == [
        (1, False, "binds nothing that is reached"),
        (2, True, "binds `X` for `f`"),
        (3, True, "the entry point"),
        (5, False, "changes nothing that is reached"),
        (6, False, "is the main guard"),
        (7, False, "is the main guard"),
    ]


def test_what_decorated_functions_leave_elsewhere_is_kept(holds):
    holds("""
from functools import wraps
CALLS = []
OTHER = []
def timed(fn):
    timed.names = []
    @wraps(fn)
    def inner(*args):
        timed.names.append(fn.__name__)
        return fn(*args)
    return inner
def logged(where):
    def deco(fn):
        def inner(*args):
            CALLS.append(fn.__name__)
            return fn(*args)
        return inner
    return deco
def registered(fn):
    OTHER.append(fn)
    return fn
@timed
def g(x):
    return x
@logged("x")
def h(x):
    return x
@registered
def k(x):
    return x
g(1)
h(2)
k(3)  #-
def f():
    return timed.names, CALLS, OTHER
""")


def test_what_is_printed_into_a_kept_buffer_is_kept(holds):
    holds("""
import contextlib
import io
buffer = io.StringIO()
other = io.StringIO()  #-
with contextlib.redirect_stdout(buffer):
    print("in it")
with contextlib.redirect_stdout(other):  #-
    print("elsewhere")  #-
print("out")  #-
TEXT = buffer.getvalue()
def f():
    return TEXT
""")


def test_showing_a_kept_object_changes_nothing(holds):
    holds("""
frame = dict(a=1)
display(frame)  #-
def f():
    return frame
""")


def test_consumed_iterators_are_changed(holds):
    holds("""
import csv
import itertools
def numbers():
    yield 1
    yield 2
rows = iter([1, 2, 3])
for row in rows:
    break
reader = csv.reader(["a", "b"])
header = list(reader)
made = numbers()
first = sum(made)
count = itertools.count()
few = list(itertools.islice(count, 3))
items = [1, 2]
for item in items:  #-
    print(item)  #-
total = sum(items)  #-
def f():
    return next(rows), list(reader), list(made), next(count), items
""")


def test_calls_change_what_defaults_hold(holds):
    holds("""
COUNTS = {}
SEEN = []
def bump(into=COUNTS):
    into["n"] = 1
def remember(x, memo={}):
    memo[x] = 1
    return memo
def look(x, memo={}):
    return memo
class Log:
    def add(self, x, *, to=SEEN):
        to.append(x)
log = Log()
bump()
remember(1)
look(1)  #-
log.add(3)
def f():
    return COUNTS, remember(2), look(2), SEEN
""")


def test_operators_as_statements_are_effects(holds):
    holds(
        """
class Task:
    def __init__(self):
        self.down = []
    def __rshift__(self, other):
        self.down.append(other)
        return other
a = Task()
b = Task()
c = Task()  #-
a >> b >> Task()
c << c  #-
print("a >> b", a)  #-
a
def f():
    return a, b
""".replace("a\ndef", "def")
    )


def test_methods_that_syntax_calls_are_followed(holds):
    holds("""
SET = []
ITEMS = []
ADDED = []
ENTERED = []
LOOPS = []
class Meta(type):
    def __setattr__(cls, name, value):
        SET.append(name)
class A(metaclass=Meta):
    pass
class Box:
    def __setitem__(self, key, value):
        ITEMS.append(key)
    def __iadd__(self, other):
        ADDED.append(other)
        return self
    def __enter__(self):
        ENTERED.append(1)
    def __exit__(self, *error):
        pass
    def __iter__(self):
        LOOPS.append(1)
        return iter(())
box = Box()
A.x = 1
box["k"] = 1
box += 1
with box:
    pass
for _ in box:
    pass
def f():
    return SET, ITEMS, ADDED, ENTERED, LOOPS
""")


def test_what_is_started_later_runs_what_it_was_given(holds):
    holds("""
import threading
DONE = []
def work():
    DONE.append(1)
thread = threading.Thread(target=work)
thread.start()
thread.join()
def f():
    return DONE
""")


def test_bound_methods_views_and_namespaces_are_changed_through_calls(holds):
    holds("""
xs = []
list(map(xs.append, [7, 8]))
push = xs.append
push(9)
buffer = bytearray(4)
view = memoryview(buffer)
view[0] = 1
space = {}
exec("y = 4", space)
def f():
    return xs, buffer, space
""")


def test_methods_that_read_by_name_may_change_what_lives(holds):
    holds(
        """
import queue
from cards import decks, Other
jobs = queue.Queue()
jobs.put(1)
jobs.put(2)
first = jobs.get()
shared = Other().queue
second = shared.get()
table = {"a": 1}
third = table.get("a")  #-
hand = decks[0].draw()
decks[0].show()  #-
def f():
    return jobs.get(), shared.get(), table, decks
""",
        cards="from queue import Queue\nclass Deck:\n    def __init__(self):\n        self.cards = [1, 2]\n    def draw(self):\n        return self.cards.pop()\n"
        "    def show(self):\n        return self.cards\ndecks = [Deck()]\nclass Other:\n    queue = Queue()\n",
    )


def test_a_script_that_imports_itself_keeps_what_it_binds(holds):
    found = holds("""
import __main__
X = 2
def helper():
    return X
__main__.Y = 3
print(X)  #-
def f():
    return __main__.X, getattr(__main__, "helper")(), Y
""")
    assert found.notes == ()


def test_a_global_that_a_travelling_function_sets_is_set_there(sliced):
    pool = "def init(v):\n    global G\n    G = v\ndef use(x): return G + x\ndef f():\n    return Pool(init, use)\n"
    found = sliced(f"from multiprocessing import Pool\n{pool}if __name__ == '__main__':\n    f()\n")
    assert len(found.kept) == 4
    assert not found.notes
    alone = "def init(v):\n    global G\n    G = v\ndef f(): return G\nif __name__ == '__main__':\n    init(3)\n"
    with pytest.raises(AnalysisError, match="`G`, which `f` needs, is set only under"):
        sliced(alone)


def test_what_a_decorated_class_gives_may_be_one_object(holds):
    holds("""
def singleton(cls):
    made = []
    def get():
        if not made:
            made.append(cls())
        return made[0]
    return get
def register(cls):
    return cls
@singleton
class Config:
    level = 1
@register
class Row:
    level = 1
Config().level = 7
Row().level = 7  #-
def f():
    return Config().level, Row().level
""")


def test_what_becomes_of_a_class_after_its_instance_was_made_is_seen(holds):
    holds("""
class C:
    v = 1
class D:  #-
    v = 1  #-
o = C()
C.v = 2
D.v = 2  #-
def f():
    return o.v
""")


def test_a_with_that_ends_what_is_raised_in_it_keeps_its_body(holds):
    holds("""
from contextlib import contextmanager, suppress
class Ends:
    def __exit__(self, *error):
        return True
    def __enter__(self):
        return self
class Passes(Ends):  #-
    def __exit__(self, *error):  #-
        print(error)  #-
@contextmanager
def ends():
    try:
        yield
    except ZeroDivisionError:
        pass
L = []
with suppress(ZeroDivisionError):
    1 // 0
    L.append(1)
with Ends():
    1 // 0
    L.append(1)
with ends():
    1 // 0
    L.append(1)
with open(__file__) as lines:
    1 // 2  #-
    L.append(1)
def f():
    return L
""")


def test_an_executed_literal_changes_what_it_names_and_binds_what_it_assigns(holds):
    holds("""
L = []
N = 0
O = 0  #-
eval("L.append(1)")
exec("N = 5")
def f():
    return L, N
""")


def test_what_a_function_reads_is_there_wherever_it_may_be_called(holds):
    holds("""
PATH = "a.csv"
def load(x=1):
    return PATH
A = load()
PATH = "b.csv"
READERS = [load]
PATH = "c.csv"
B = READERS[0]()
PATH = "d.csv"
GAIN = 1
C = sorted([2], key=lambda x: x * GAIN)
GAIN = 2
LATE = 1  #-
late = lambda: LATE
LATE = 2
def f():
    return A, B, C, late
""")


def test_a_name_that_a_loop_deletes_is_there_in_its_next_round(holds):
    holds("""
N = 0
for _ in range(2):
    del N
    N = 2
def f():
    return N
""")
