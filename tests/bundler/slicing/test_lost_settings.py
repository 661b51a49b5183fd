"""What submitting code sets does not travel; the user is told where it may matter."""

from __future__ import annotations

import pytest
from clustrix_bundle.bundler.errors import AnalysisError

SETTINGS = [
    ('os.environ["X"] = "1"', "os.environ"),
    ('os.environ.update({"X": "1"})', "os.environ.update"),
    ("getcontext().prec = 50", "decimal.getcontext"),
    ("sys.setrecursionlimit(5000)", "sys.setrecursionlimit"),
    ("np.random.seed(0)", "numpy.random.seed"),
    ("random.seed(0)", "random.seed"),
    ('locale.setlocale(locale.LC_ALL, "C")', "locale.setlocale"),
    ('warnings.filterwarnings("error")', "warnings.filterwarnings"),
    ("torch.set_num_threads(1)", "torch.set_num_threads"),
    ('torch.backends.cudnn.deterministic = "x"', "torch.backends.cudnn.deterministic"),
    ("pd.options.mode.copy_on_write = True", "pandas.options.mode.copy_on_write"),
    ('os.chdir("data")', "os.chdir"),
    ('CONFIG["a"] = 1', "CONFIG"),
    ("CONFIG.update(a=1)", "CONFIG"),
    ("limits.MOST = 3", "limits"),
    ("limits.TABLE.append(3)", "limits"),
    ("set_limit(3)", "LIMIT"),
    ('del CONFIG["a"]', "CONFIG"),
    ('del os.environ["X"]', "os.environ"),
    ("del limits.MOST", "limits"),
    ("heapq.heappush(QUEUE, 1)", "QUEUE"),
    ("random.shuffle(QUEUE)", "QUEUE"),
    ("weakref.finalize(Settings(), QUEUE.append, 1)", "QUEUE"),
    ("next(NUMBERS)", "NUMBERS"),
    ("signal.signal(signal.SIGALRM, print)", "signal.signal"),
    ("copyreg.pickle(Settings, print)", "copyreg.pickle"),
    ("codecs.register(print)", "codecs.register"),
    ("mimetypes.add_type('a/b', '.ab')", "mimetypes.add_type"),
    ("decimal.setcontext(decimal.Context(prec=3))", "decimal.setcontext"),
    ("random.setstate((3,))", "random.setstate"),
    ("np.random.set_state(1)", "numpy.random.set_state"),
    ("np.seterr(all='raise')", "numpy.seterr"),
    ("np.set_printoptions(precision=3)", "numpy.set_printoptions"),
    ("pd.set_option('mode.copy_on_write', True)", "pandas.set_option"),
    ("matplotlib.use('svg')", "matplotlib.use"),
    ("sns.set_theme()", "seaborn.set_theme"),
    ("tqdm.pandas()", "tqdm.tqdm.pandas"),
    ("mock.patch('json.dumps', str).start()", "json.dumps"),
    ("mock.patch.object(limits, 'MOST', 3).start()", "limits"),
    ("json.JSONEncoder.default = print", "json.JSONEncoder.default"),
    ("Settings.register(int)", "Settings"),
    ("show.register(int, print)", "show"),
    ("logging.getLogger().addHandler(Heard())", "HEARD"),
]
HEAD = """import codecs, copyreg, decimal, heapq, json, logging, mimetypes, os, pickle, sys, random, signal, locale, warnings, weakref
import matplotlib
import seaborn as sns
from abc import ABC
from functools import singledispatch
from itertools import count
from tqdm import tqdm
from unittest import mock
import numpy as np
import pandas as pd
import torch
import limits
from decimal import getcontext, Decimal
from clustrix_bundle import bundle
CONFIG = {}
LIMIT = 1
QUEUE = []
HEARD = []
NUMBERS = count()
class Settings(ABC):
    pass
class Heard(logging.Handler):
    def emit(self, record):
        HEARD.append(record)
@singledispatch
def show(x):
    return 0
def set_limit(n):
    global LIMIT
    LIMIT = n
def f(n):
    signal.alarm(1), json.dumps(pickle.dumps(n)), mimetypes.guess_type(n), matplotlib.get_backend(), QUEUE, HEARD
    return show(isinstance(n, Settings)), NUMBERS, torch.rand(1), np.random.rand(), random.random(), pd.Series(), CONFIG, LIMIT, Decimal(1), limits.MOST, limits.TABLE
"""
LIMITS = "MOST = 1\nTABLE = []\n"


def _notes(found, name):
    return [note for note in found.notes if f"`{name}`" in note.message]


@pytest.mark.parametrize(("statement", "name"), SETTINGS, ids=[name for _, name in SETTINGS])
def test_a_setting_under_the_guard_is_told_with_its_line_and_the_remedy(sliced, statement, name):
    found = sliced(f'{HEAD}if __name__ == "__main__":\n    {statement}\n    print(f(1))\n', limits=LIMITS)
    assert statement not in found.source.decode()
    (note,) = _notes(found, name)
    assert note.line == HEAD.count("\n") + 2
    assert "main guard" in note.message
    assert "above the guard" in note.message


@pytest.mark.parametrize(("statement", "name"), SETTINGS, ids=[name for _, name in SETTINGS])
def test_a_setting_in_a_function_that_the_guard_calls_is_told(sliced, statement, name):
    found = sliced(f'{HEAD}def main():\n    {statement}\n    bundle(f)\nif __name__ == "__main__":\n    main()\n', limits=LIMITS)
    (note,) = _notes(found, name)
    assert note.line in (HEAD.count("\n") + 2, HEAD.count("\n") + 5)


@pytest.mark.parametrize(("statement", "name"), SETTINGS[:12], ids=[name for _, name in SETTINGS[:12]])
def test_a_setting_in_a_function_that_submits_is_told(sliced, statement, name):
    found = sliced(f"{HEAD}def prepare():\n    {statement}\ndef main():\n    prepare()\n    bundle(f)\nmain()\n", limits=LIMITS)
    (note,) = _notes(found, name)
    assert note.line == HEAD.count("\n") + 2
    assert "submit" in note.message or "bundle()" in note.message


def test_a_setting_that_depends_on_the_command_line_in_a_function_is_told(sliced):
    found = sliced("""
import random, argparse
def setup():
    args = argparse.ArgumentParser().parse_args()
    n = int(input())
    random.seed(n)
def f():
    return random.random()
setup()
""")
    (note,) = _notes(found, "random.seed")
    assert note.line == 6
    assert "input()" in note.message


def test_the_start_method_has_a_remedy_of_its_own(sliced):
    guard = 'if __name__ == "__main__":\n    mp.set_start_method("spawn")\n'
    (note,) = sliced(f"import multiprocessing as mp\ndef f():\n    return mp.Pool(1)\n{guard}").notes
    assert "multiprocessing.get_context" in note.message and "above the guard or" not in note.message
    assert sliced(f"import multiprocessing as mp\ndef f():\n    return 1\n{guard}").notes == ()


QUIET = [
    "print(f(1))",
    "plt.plot([1])",
    "plt.show()",
    'logging.basicConfig(level="INFO")',
    'warnings.filterwarnings("ignore")',
    'warnings.simplefilter("ignore", FutureWarning)',
    "sys.excepthook = print",
    "time.sleep(1)",
    'os.makedirs("out")',
    'np.save("out.npy", f(1))',
    "multiprocessing.freeze_support()",
    'multiprocessing.set_start_method("spawn")',
    "np.set_printoptions(precision=3)",
    "random.seed(1)",
    "getcontext().prec = 3",
    'OUT["x"] = f(1)',
    "import sqlite3",
    "logger.setLevel(10)",
    "parser.add_argument('-n')",
]


@pytest.mark.parametrize("statement", QUIET)
def test_what_no_answer_depends_on_is_not_told(sliced, statement):
    found = sliced(f"""
import argparse, logging, multiprocessing, os, random, sys, time, warnings
import numpy as np
import matplotlib.pyplot as plt
from decimal import getcontext
OUT = {{}}
logger = logging.getLogger("x")
parser = argparse.ArgumentParser()
def f(n):
    return n + 1
if __name__ == "__main__":
    {statement}
""")
    assert found.notes == ()


def test_a_setting_is_told_once(sliced):
    found = sliced("""
import os
def prepare():
    os.environ["X"] = "1"
def f():
    return os.environ["X"]
if __name__ == "__main__":
    for n in range(3):
        if n:
            prepare()
        prepare()
""")
    assert len(found.notes) == 1


def test_a_setting_that_the_guard_makes_anew_is_told(sliced):
    found = sliced("""
import random
random.seed(1)
def main():
    random.seed(2)
    print(f())
def f():
    return random.random()
if __name__ == "__main__":
    main()
""")
    (note,) = found.notes
    assert note.line == 5


@pytest.mark.parametrize("call", ["setup_env()", "Setup().run()", "result = setup_env()", "for _ in range(1): setup_env()"])
def test_a_top_level_call_whose_effects_are_settings_travels(sliced, call):
    text = f"""
import os
from decimal import getcontext
def deeper():
    getcontext().prec = 50
def setup_env():
    os.environ["X"] = "1"
    deeper()
class Setup:
    def run(self):
        setup_env()
def f():
    return 1
{call}
"""
    assert call in sliced(text).source.decode()


def test_what_a_decorator_registers_under_the_guard_is_told_by_what_it_is_registered_with(sliced):
    head = "from functools import singledispatch\n@singledispatch\ndef show(x):\n    return 0\ndef f():\n    return show(1)\n"
    guard = 'if __name__ == "__main__":\n    @show.register\n    def _(x: int):\n        return 1\n'
    (note,) = sliced(head + guard).notes
    assert "`show` is changed under the main guard" in note.message and note.line == 9
    with pytest.raises(AnalysisError, match=r"the function that `@show.register` registers here is set only under"):
        sliced(head + guard, "_")
