"""The state of a running program arrives: what its statements still give as code, all else by value, one object as one."""

from __future__ import annotations

import decimal
import sys
import types

import clustrix_bundle
import pytest
from clustrix_bundle.bundler.analysis.world import LoadedModule
from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.bundler.capture.main_state import MainCapture
from clustrix_bundle.bundler.capture.needs import Needs
from clustrix_bundle.bundler.facts.extract import extract_facts
from clustrix_bundle.bundler.slicing.things import NoModules
from clustrix_bundle.runtime import values

MEMBER = "project/script.py"


class Program:
    """A script that has run, and what a job makes of what is captured of it."""

    def __init__(self, folder, monkeypatch, text):
        self._tree = folder / "tree"
        self._monkeypatch = monkeypatch
        path = folder / "script.py"
        path.write_text(text)
        source = text.encode()
        self._loaded = LoadedModule("__main__", path, "", False, source, extract_facts(source, str(path)))
        self.main = self._run(text, path)

    def _run(self, text, path):
        main = types.ModuleType("__main__")
        main.__file__ = str(path)
        self._monkeypatch.setitem(sys.modules, "__main__", main)
        exec(compile(text, str(path), "exec"), main.__dict__)
        return main

    def capture(self, *names):
        needs = Needs()
        needs.main_names.update(names)
        return MainCapture(self._loaded, vars(self.main), needs, NoModules(), "script.py").capture(MEMBER, "values/main")

    def there(self, *names):
        """The other side's ``__main__``."""
        state = self.capture(*names)
        path = self._tree / MEMBER
        for member, content in {
            MEMBER: state.source,
            "values/main/globals.pkl": state.stream,
            **{f"values/main/{item.name}.pkl": item.content for item in state.early},
        }.items():
            self._tree.joinpath(member).parent.mkdir(parents=True, exist_ok=True)
            self._tree.joinpath(member).write_bytes(content)
        return self._run(state.source.decode(), path)


@pytest.fixture
def program(tmp_path, monkeypatch):
    monkeypatch.setattr(clustrix_bundle, "_restore", values._restore, raising=False)
    monkeypatch.setattr(clustrix_bundle, "_restore_early", values._restore_early, raising=False)
    for name in ("_read", "_instead"):
        monkeypatch.setattr(values, name, {})
    return lambda text: Program(tmp_path, monkeypatch, text)


def _how(state):
    return {item.name: item.how for item in state.values}


def test_constants_travel_as_code_and_what_was_computed_or_changed_by_value(program):
    made = program("A = 1\nB = [2]\nC = [3]\nC.append(4)\nD = sum(C)\ndef f(): return A, B, C, D\nE = 5\n")
    state = made.capture("f")
    assert _how(state) == {"C": "value", "D": "value"}
    assert made.there("f").f() == (1, [2], [3, 4], 7)
    assert b"E = 5" not in state.source


def test_a_global_that_a_function_has_rebound_travels_as_it_is_now(program):
    made = program("COUNT = 0\ndef f():\n    return COUNT\ndef bump():\n    global COUNT\n    COUNT += 1\nbump()\nbump()\n")
    assert made.there("f").f() == 2


def test_what_cannot_be_pickled_is_made_again_and_found_by_what_holds_it(program):
    made = program(
        "import threading\nlock = threading.Lock()\nclass Holder:\n    def __init__(self): self.lock = lock\n"
        "holder = Holder()\nholder.n = 1\ndef f(): return holder.lock is lock\n"
    )
    assert made.there("f").f()


def test_a_value_that_a_decorator_holds_stays_the_one_that_its_name_means(program):
    made = program(
        "limits = [1]\nlimits.append(2)\nrows = list('ab')\n"
        "def keep(*held):\n    def decorate(function):\n        return lambda: (held, function())\n    return decorate\n"
        "@keep(limits, rows)\ndef f(): return limits, rows\n"
    )
    (limits, rows), (now, rows_now) = made.there("f").f()
    assert limits is now
    assert rows is rows_now
    assert (now, rows_now) == ([1, 2], ["a", "b"])


def test_a_statement_that_shares_its_line_is_restored_in_its_place(program):
    made = program(
        "import io, logging\nbuffer = io.StringIO()\nhandler = logging.StreamHandler(buffer)\n"
        "log = logging.getLogger('shared.line'); log.addHandler(handler)\ndef f(): return handler in log.handlers\n"
    )
    assert made.there("f").f()


def test_a_sentinel_in_a_default_is_the_one_of_its_name(program):
    made = program("MISSING = object()\ndef f(value=MISSING): return value is MISSING\n")
    assert made.there("f").f()


def test_a_context_variable_gets_what_it_is_set_to(program):
    made = program("from contextvars import ContextVar\nlevel = ContextVar('level', default=1)\ndef f(): return level.get()\n")
    assert _how(made.capture("f")) == {}
    made.main.level.set(5)
    assert made.there("f").f() == 5


def test_what_a_definition_holds_and_cannot_travel_is_told_and_the_rest_arrives(program):
    made = program("def f(): return f.count\n")
    made.main.f.count = 3
    with open(__file__) as made.main.f.log:
        state = made.capture("f")
        there = made.there("f")
    assert there.f() == 3
    assert [str(note) for note in state.notes if "`f.log` of type TextIOWrapper" in note.message and note.line == 1]


def test_a_global_that_cannot_travel_is_refused_by_name_line_and_remedy(program):
    made = program("def f(): return next(rows)\nrows = (n for n in [1])\n")
    with pytest.raises(
        CaptureError, match=r"script.py:2: global 'rows' is a running generator .*; pass list.*; it is used in line 1 \(f\)"
    ):
        made.capture("f")


def test_a_container_that_was_filled_with_what_cannot_travel_is_not_made_again_empty(program):
    made = program("from queue import Queue\nq = Queue()\nq.put(n for n in [1])\ndef f(): return q.qsize()\n")
    with pytest.raises(CaptureError, match="script.py:2: global 'q'.* is a running generator"):
        made.capture("f")


def test_a_class_that_no_statement_defines_is_an_error_at_build(program):
    made = program("def f(): return G.v\n")
    exec("class G: v = 3", vars(made.main))
    with pytest.raises(CaptureError, match="no statement that is known defines class 'G'"):
        made.capture("f")


def test_a_registry_is_made_by_its_statement_filled_by_its_decorators_and_holds_what_it_holds_now(program):
    made = program(
        "class Registry:\n    def __init__(self): self.steps, self.debug = [], False\n"
        "    def step(self, function):\n        self.steps.append(function)\n        return lambda x: (function(x), self)\n"
        "reg = Registry()\n@reg.step\ndef double(x): return 2 * x\nreg.steps.append(lambda x: x + 1)\n"
        "def pipe(x): return [step(x) for step in reg.steps], reg.debug, double(x)[1] is reg\n"
    )
    made.main.reg.debug = True
    assert made.there("pipe").pipe(3) == ([6, 4], True, True)


def test_decorators_do_not_change_a_value_once_more(program):
    made = program(
        "def load(): return Counted()\nclass Counted:\n    def __init__(self): self.n, self.names = 0, []\n"
        "    def __call__(self, name):\n        self.n += 1\n        self.names.append(name)\n        return lambda function: lambda: (function(), self)\n"
        "count = load()\n@count('f')\ndef f(): return count.n, count.names\ndef g(): return f(), count\n"
    )
    (found, held), now = made.there("g").g()
    assert found == (1, ["f"])
    assert held is now


def test_what_only_statements_read_while_they_run_is_made_again_by_them(program, tmp_path):
    (tmp_path / "level.txt").write_text("12")
    with decimal.localcontext():
        made = program(
            f"import decimal\nwith open({str(tmp_path / 'level.txt')!r}) as file: decimal.getcontext().prec = int(file.read())\n"
            "def f(): return str(decimal.Decimal(1) / 3)\n"
        )
        decimal.getcontext().prec = 5
        assert made.there("f").f() == "0.333333333333"


def test_values_that_texts_name_travel_where_they_are_looked_up(program):
    made = program(
        "import math\nrows = list('ab')\nscale = sum([2])\nclass Frame:\n    def query(self, text): return text\n"
        "def f(x): return globals()['rows'], eval('math.floor(x) * scale')\ndef g(): return Frame().query('x > @rows')\n"
    )
    assert made.there("f").f(1.5) == (["a", "b"], 2)
    assert _how(made.capture("g")) == {"rows": "value"}


def test_what_a_registry_that_is_made_again_holds_is_told_as_state(program):
    made = program(
        "class Registry:\n    def __init__(self): self.steps = []\n    def step(self, function):\n        self.steps.append(function)\n"
        "        return function\nreg = Registry()\n@reg.step\ndef double(x): return 2 * x\ndef pipe(x): return reg.steps[0](x), len(reg.steps)\n"
    )
    assert _how(made.capture("pipe")) == {"reg": "state"}
    assert made.there("pipe").pipe(3) == (6, 1)


def test_a_running_program_has_moved_already(program, tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    made = program("import os\nos.chdir('sub')\nos.environ['MOVED'] = '1'\ndef f(): return os.getcwd()\n")
    monkeypatch.delenv("MOVED")
    source = made.capture("f").source
    assert b"chdir" not in source
    assert b"MOVED" in source


def test_what_a_shell_puts_in_a_builtins_place_is_the_builtin_there(program):
    made = program("def f(): return open\n")
    made.main.open = types.FunctionType(made.main.f.__code__, {"__name__": "IPython.core.interactiveshell"}, "open")
    made.main.open.__module__ = "_io"  # it says that it wraps the builtin
    assert made.there("f").f() is open


def test_functions_of_a_file_that_was_run_are_made_by_running_it(program, tmp_path):
    (tmp_path / "helpers.py").write_text("FACTOR = 2\ndef twice(x): return FACTOR * x\n")
    path = str(tmp_path / "helpers.py")
    made = program(
        f"from runpy import run_path\nran = run_path({path!r}, run_name='__main__')\n"
        "globals().update((name, ran[name]) for name in ran if name[:2] != '__')\ndef f(x): return twice(x), FACTOR\n"
    )
    assert made.there("f").f(3) == (6, 2)


def test_what_kept_statements_do_to_a_value_is_not_done_on_top_of_it(program):
    made = program(
        "import random\nr = random.Random(3)\ndef drawing(source):\n    source.random()\n    return lambda func: func\n"
        "@drawing(r)\ndef f(): return r.random()\nr.random()\n"
    )
    assert _how(made.capture("f")) == {"r": "value"}
    assert made.there("f").r.getstate() == made.main.r.getstate()
