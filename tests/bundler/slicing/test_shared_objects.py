"""What objects share, keep and write to, as scripts use it: the slice must give what the whole script gives."""

from __future__ import annotations

import sys
import types

import pytest

SCRIPTS = {
    "shared class attr": """
class C:
    items = []
    def add(self, x):
        self.items.append(x)
c = C()
c.add(1)
def f(): return C.items
""",
    "shared class attr via instance": """
class C:
    items = []
c = C()
c.items.append(1)
def f(): return C().items
""",
    "shared base class attr": """
class B:
    items = {}
class C(B):
    def add(self, x):
        self.items[x] = 1
C().add(1)
def f(): return B.items
""",
    "cached": """
from functools import lru_cache
@lru_cache
def settings(): return {}
settings()['a'] = 1
def f(): return settings()
""",
    "cached attr": """
import functools
class S: pass
@functools.cache
def settings(): return S()
s = settings()
s.x = 1
def f(): return settings().x
""",
    "count in class": """
import itertools
class C:
    count = itertools.count()
    def bump(self):
        return next(self.count)
C().bump()
def f(): return C().bump()
""",
    "id counter": """
import itertools
class C:
    ids = itertools.count()
    def __init__(self):
        self.id = next(self.ids)
a = C()
def f(): return C().id
""",
    "id counter int": """
class C:
    n = 0
    def __init__(self):
        C.n += 1
        self.id = C.n
a = C()
def f(): return C().id
""",
    "id counter type(self)": """
class C:
    n = 0
    def __init__(self):
        type(self).n += 1
        self.id = self.n
a = C()
def f(): return C().id
""",
    "id counter self.__class__": """
class C:
    n = 0
    def __init__(self):
        self.__class__.n += 1
a = C()
def f(): return C.n
""",
    "classmethod cls": """
class C:
    reg = {}
    @classmethod
    def add(cls, k):
        cls.reg[k] = cls
        return cls
C.add('a')
def f(): return sorted(C.reg)
""",
    "instance in list": """
class C:
    items = []
cs = [C()]
cs[0].items.append(1)
def f(): return C.items
""",
    "singleton": """
class C:
    _one = None
    def __new__(cls):
        if cls._one is None:
            cls._one = super().__new__(cls)
            cls._one.v = []
        return cls._one
C().v.append(1)
def f(): return C().v
""",
    "borg": """
class C:
    _state = {}
    def __init__(self):
        self.__dict__ = self._state
C().x = 1
def f(): return C().x
""",
    "singleton metaclass": """
class M(type):
    made = {}
    def __call__(cls, *a):
        if cls not in M.made:
            M.made[cls] = super().__call__(*a)
        return M.made[cls]
class C(metaclass=M):
    def __init__(self): self.v = []
C().v.append(1)
def f(): return C().v
""",
    "patched method": """
class C:
    def go(self): pass
L = []
C.go = lambda self: L.append(1)
C().go()
def f(): return L
""",
    "patched method by def": """
class C:
    def go(self): pass
L = []
def other(self): L.append(1)
C.go = other
C().go()
def f(): return L
""",
    "init_subclass later": """
L = []
class C: pass
C.__init_subclass__ = classmethod(lambda cls: L.append(1))
class D(C): pass
def f(): return L
""",
    "instance function attribute": """
class C: pass
L = []
c = C()
c.cb = lambda: L.append(1)
c.cb()
def f(): return L
""",
    "print file in loop": """
from io import StringIO
B = StringIO()
for i in range(2):
    print(i, file=B)
def f(): return B.getvalue()
""",
    "send": """
H = []
def talk():
    got = 0
    while True:
        got = yield got
        H.append(got)
T = talk()
next(T)
T.send(3)
def f(): return H
""",
    "next only": """
H = []
def talk():
    for i in range(3):
        H.append(i)
        yield i
T = talk()
next(T)
def f(): return H
""",
    "list of gen in function": """
H = []
def talk():
    for i in range(3):
        H.append(i)
        yield i
T = talk()
def eat():
    return sum(T)
eat()
def f(): return H
""",
    "lambda default direct": """
H = []
if not H:
    (lambda xs=H: xs.append(0))()
def f(): return H
""",
    "lambda default nested with": """
import contextlib
H = []
with contextlib.ExitStack():
    (lambda xs=H: xs.append(0))()
def f(): return H
""",
    "json dump": """
import json
from io import StringIO
B = StringIO()
json.dump([1], B)
def f(): return B.getvalue()
""",
    "csv": """
import csv
from io import StringIO
B = StringIO()
w = csv.writer(B)
w.writerow([1])
def f(): return B.getvalue()
""",
    "own stream": """
H = []
class Tee:
    def write(self, t): H.append(t)
print('x', file=Tee())
def f(): return H
""",
    "own stream in function": """
H = []
class Tee:
    def write(self, t): H.append(t)
    def flush(self): pass
def say(x, out):
    print(x, file=out)
say(1, Tee())
def f(): return H
""",
    "stream param": """
from io import StringIO
B = StringIO()
def say(x, out):
    print(x, file=out)
say(1, B)
def f(): return B.getvalue()
""",
    "stdout replaced": """
import sys
H = []
class Tee:
    def write(self, t): H.append(t)
    def flush(self): pass
old = sys.stdout
sys.stdout = Tee()
sys.stdout.write('x')
sys.stdout = old
def f(): return H
""",
    "read on": """
from io import StringIO
B = StringIO("a\\nb\\n")
import csv
r = csv.reader(B)
row = next(r)
def f(): return B.read()
""",
    "stdout stringio": """
import sys
from io import StringIO
B = StringIO()
old = sys.stdout
sys.stdout = B
sys.stdout.write('x')
sys.stdout = old
print('not there')
def f(): return B.getvalue()
""",
    "update kw of globals": """
G = 0
globals().update(G=3)
def f(): return G
""",
    "update dict of globals": """
G = 0
globals().update({'G': 3})
def f(): return G
""",
    "update unknown of globals": """
G = 0
cfg = dict(G=3)
globals().update(cfg)
def f(): return G
""",
    "exec unknown of globals": """
G = 0
code = 'G = 4'
exec(code)
def f(): return G
""",
    "exec file like of globals": """
G = 0
import io
exec(io.StringIO('G = 4').read())
def f(): return G
""",
    "loop setattr of globals": """
import sys
G = 0
for k, v in {'G': 3}.items():
    setattr(sys.modules[__name__], k, v)
def f(): return G
""",
    "loop globals of globals": """
G = 0
for k, v in {'G': 3}.items():
    globals()[k] = v
def f(): return G
""",
    "pop of globals": """
G = 0
globals().pop('G')
def f(): return 'G' in globals()
""",
    "callback stored by setter": """
class C:
    def on(self, f): self.f = f
    def fire(self): self.f()
L = []
c = C()
c.on(lambda: L.append(1))
c.fire()
def f(): return L
""",
    "callback list": """
class C:
    def __init__(self): self.fs = []
    def on(self, f): self.fs.append(f)
    def fire(self):
        for f in self.fs: f()
L = []
c = C()
def hear(): L.append(1)
c.on(hear)
c.fire()
def f(): return L
""",
    "callback ctor": """
class C:
    def __init__(self, f): self.f = f
    def fire(self): self.f()
L = []
def hear(): L.append(1)
c = C(hear)
c.fire()
def f(): return L
""",
    "observer decorator": """
class C:
    def __init__(self): self.fs = {}
    def on(self, name):
        def deco(f):
            self.fs[name] = f
            return f
        return deco
    def fire(self, name): self.fs[name]()
L = []
c = C()
@c.on('x')
def hear(): L.append(1)
c.fire('x')
def f(): return L
""",
    "command table": """
L = []
def a(): L.append('a')
def b(): L.append('b')
TABLE = dict(a=a, b=b)
def run(n): TABLE[n]()
run('a')
def f(): return L
""",
    "dispatch dict in class": """
L = []
class M:
    def __init__(self): self.t = {'a': self.a}
    def a(self): L.append('a')
    def go(self, n): self.t[n]()
M().go('a')
def f(): return L
""",
    "setup function": """
L = []
class C:
    def __init__(self): self.fs = []
    def on(self, f): self.fs.append(f)
    def fire(self):
        for f in self.fs: f()
c = C()
def hear(): L.append(1)
def setup():
    c.on(hear)
setup()
c.fire()
def f(): return L
""",
    "registry decorator run all": """
CHECKS = []
L = []
def check(f):
    CHECKS.append(f)
    return f
@check
def one(): L.append(1)
def run_all():
    return [c() for c in CHECKS]
run_all()
def f(): return L
""",
    "a dict put together": """
ITEMS = []
TABLE = {}
TABLE = TABLE | {"z": ITEMS}
ITEMS.append(1)
def f(): return TABLE
""",
    "a list put together": """
ITEMS = []
TABLE = [*()]
TABLE = TABLE + [ITEMS]
ITEMS.append(1)
def f(): return TABLE
""",
    "a name of globals shares": """
ITEMS = []
OTHER = 0
globals()["OTHER"] = ITEMS
OTHER.append(1)
def f(): return ITEMS
""",
    "what a call gives is called": """
import operator
ITEMS = []
if not ITEMS:
    operator.methodcaller("append", len(ITEMS))(ITEMS)
def f(): return ITEMS
""",
    "default shared, changed later": """
L = []
def f(x=L): return x
L.append(1)
""",
    "default of helper, changed later": """
L = []
def g(x=L): return x
L.append(1)
def f(): return g()
""",
    "default kw, changed later": """
L = []
def g(*, x={'a': L}): return x
L.append(1)
def f(): return g()
""",
    "default of method, changed later": """
L = []
class C:
    def g(self, x=L): return x
L.append(1)
def f(): return C().g()
""",
    "default lambda, changed later": """
L = []
g = lambda x=L: x
L.append(1)
def f(): return g()
""",
    "class attr shared, changed later": """
L = []
class C:
    xs = L
L.append(1)
def f(): return C.xs
""",
    "set later, changed later": """
L = []
class C: pass
def b(self, xs=L): return xs
C.b = b
L.append(1)
def f(): return C().b()
""",
    "decorator arg, changed later": """
import functools
L = []
def hold(xs):
    def deco(fn):
        @functools.wraps(fn)
        def inner(): return fn(), xs
        return inner
    return deco
@hold(L)
def g(): return 1
L.append(1)
def f(): return g()
""",
    "closure, changed later": """
L = []
def mk(xs):
    def inner(): return xs
    return inner
g = mk(L)
L.append(1)
def f(): return g()
""",
    "partial, changed later": """
import functools
L = []
g = functools.partial(len, L)
L.append(1)
def f(): return g()
""",
    "bound method, changed later": """
L = []
g = L.copy
L.append(1)
def f(): return g()
""",
    "dataclass default factory, changed later": """
from dataclasses import dataclass, field
L = []
@dataclass
class D:
    xs: list = field(default_factory=lambda: L)
L.append(1)
def f(): return D().xs
""",
}


def result_of(source, name):
    module = types.ModuleType(name)
    sys.modules[name] = module
    try:
        exec(compile(source, name, "exec"), module.__dict__)
        return module.f()
    finally:
        del sys.modules[name]


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=list(SCRIPTS))
def test_what_a_statement_does_by_way_of_another_object_travels(sliced, text):
    found = sliced(text)
    assert found.notes == ()
    assert result_of(found.source, "sliced_script") == result_of(text, "whole_script")


def test_names_that_the_guard_may_set_are_told(sliced):
    guard = 'if __name__ == "__main__":\n    exec(open("settings").read())\n    print(f())\n'
    (note,) = sliced("RATE = 1\ndef f():\n    return RATE\n" + guard).notes
    assert "may be set under the main guard" in note.message and note.line == 5


def test_a_text_that_is_evaluated_binds_nothing(holds):
    holds("""
text = "1 + 1"  #-
value = eval(text)  #-
RATE = 1
def f():
    return RATE
""")


def test_what_a_module_stores_is_run_through_it(sliced):
    events = "HANDLERS = []\ndef on(f):\n    HANDLERS.append(f)\ndef fire(x):\n    for handler in HANDLERS:\n        handler(x)\n"
    text = "import events\nHEARD = []\ndef hear(x):\n    HEARD.append(x)\nevents.on(hear)\nevents.fire(1)\ndef f():\n    return HEARD\n"
    assert "events.fire(1)" in sliced(text, events=events).source.decode()


def test_a_stored_function_that_changes_nothing_reached_keeps_nothing(holds):
    holds("""
HEARD = []
OTHER = []  #-
def hear():  #-
    OTHER.append(1)  #-
handlers = [hear]  #-
def fire():  #-
    for handler in handlers:  #-
        handler()  #-
fire()  #-
total = 1  #-
total += 2  #-
def f():
    return HEARD
""")


def test_a_member_that_is_a_default_ties_no_class_to_another(sliced):
    found = sliced("""
from enum import Enum
class Wall(Enum):
    SOLID = 1
class Setup:
    wall: Wall = Wall.SOLID
def f(wall=Wall.SOLID):
    return Setup, wall
if __name__ == "__main__":
    Wall.SOLID.note(1)
""")
    assert [note.message.split()[0] for note in found.notes] == ["`Wall`"]
