"""What scripts at random stand in: local modules, an installed one, and the statements that every script begins with."""

from __future__ import annotations

import statements_users_write as more
import statements_with_holders as holders

MODULES = {
    **more.MODULES,
    "reg": """
ITEMS = {}
def register(name):
    def deco(function):
        ITEMS[name] = function
        return function
    return deco
def put(key, value):
    ITEMS[key] = value
def get(key):
    return ITEMS.get(key)
def pure(x):
    return len(str(x))
def touch(xs):
    xs.append("t")
    return len(xs)
def touch_deep(xs):
    return touch(xs)
def same(x):
    return x
class Box:
    def __init__(self, inner):
        self.inner = inner
        self.n = 0
    def bump(self):
        self.n += 1
        return self.n
""",
    "plug": "import reg\nreg.put('plug', 1)\n",
    "plain": "X = 5\n",
    "lazy": "import reg\nTIMES = []\ndef __getattr__(name):\n    TIMES.append(name)\n    if name in ('value', 'other'):\n        reg.put('lazy', len(TIMES))\n        return len(TIMES)\n    raise AttributeError(name)\n",
    "seen": "import reg\ndef names():\n    return sorted((k, canonical(v)) for k, v in reg.ITEMS.items())\n",
    "stars": "N1 = 7\nSTAR = 3\n_hidden = 4\ndef starred(xs):\n    xs.append(STAR)\n",
    "shipping": "from clustrix_bundle import bundle\ndef ship(function, *args):\n    return bundle(function, args=args)\n",
}
INSTALLED = {
    "installed": """
STATE = {}
SEEN = []
def configure(**options):
    STATE.update(options)
def state():
    return sorted(STATE.items())
class Engine:
    runs = 0
    def __init__(self, xs):
        self.xs = xs
    def start(self):
        Engine.runs += 1
        self.xs.append("started")
        return self
def fill(xs):
    xs.append("filled")
def hook(function):
    SEEN.append(function.__name__)
    return function
""",
}
"""Modules that are no local ones: the slicer knows their names alone."""
PRELUDE = """
import asyncio
import os
import threading
import installed
from contextlib import redirect_stdout
from decimal import Decimal, getcontext
from functools import singledispatch, wraps
from io import StringIO
import random
from contextlib import ExitStack, closing, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, partial
from html.parser import HTMLParser
import lazy
import plain
import reg
import seen
from shipping import ship
random.seed(11)
"""
NAMES = {"N": "0", "L": "[]", "D": "{}"}


SUPPORT = """
KEPT = []
def keep(function):
    KEPT.append(function.__name__)
    return function
class counted:
    def __init__(self, function):
        self.function = function
        self.__name__ = "counted"
        self.calls = 0
    def __call__(self, x=1):
        self.calls += 1
        return self.function(x)
class Base:
    known = []
    def __init_subclass__(cls):
        Base.known.append(cls.__name__)
def extend(xs):
    xs.append("e")
    return len(xs)
def both(xs, ys):
    xs.extend(ys[:3])
    return ys
def store(xs):
    HELD.append(xs)
HELD = []
HOME = []
def holder():
    return HOME
def reset(x):
    global L0
    L0 = [x]
def make_tick():
    n = 0
    def tick():
        nonlocal n
        n += 1
        return n
    return tick
tick = make_tick()
async def later(xs):
    await asyncio.sleep(0)
    xs.append("later")
    return len(xs)
class Pipe:
    def __init__(self):
        self.__dict__["did"] = []
    def __rshift__(self, other):
        self.did.append(other)
        return other
    def __setitem__(self, key, value):
        self.did.append(value)
    def __setattr__(self, key, value):
        self.did.append(key)
    def __enter__(self):
        self.did.append("in")
    def __exit__(self, *error):
        self.did.append("out")
    def __iter__(self):
        HOME.append("iter")
        return iter(())
PIPE = Pipe()
it = iter(())
TABLE = []
def with_default(x, into=TABLE):
    into.append(x)
def remember(x, memo={}):
    memo[str(x)] = x
    return memo
TRACE = []
def trace(function):
    @wraps(function)
    def inner(*args):
        TRACE.append(function.__name__)
        return function(*args)
    return inner
@trace
def traced(x):
    return x
def say(x):
    from sys import stdout
    stdout.write(str(x))
@singledispatch
def show(x):
    return 0
def deeper():
    getcontext().prec = 11
def prepare():
    random.seed(5)
    deeper()
    installed.configure(p=1)
class Account:
    def __init__(self):
        self.log = []
        self.total = 0
    @property
    def prop(self):
        return 1
    @prop.setter
    def prop(self, value):
        self.log.append(value)
    @prop.deleter
    def prop(self):
        self.log.append("deleted")
    def __setitem__(self, key, value):
        self.log.append(key)
ACCOUNT = Account()
class Maker:
    made = []
    v = 0
    @classmethod
    def make(cls, x):
        cls.made.append(x)
        return len(cls.made)
    def hook(self, xs):
        self.called(xs)
    def called(self, xs):
        xs.append("base")
    def bump(self):
        return 2
class SubMaker(Maker):
    made = []
    def called(self, xs):
        super().called(xs)
        xs.append("sub")
class Registry:
    def __init__(self):
        self.entries = []
    def __call__(self, function):
        self.entries.append(function.__name__)
        return function
    def add(self, name):
        def deco(function):
            self.entries.append(name)
            return function
        return deco
    def put(self, function):
        self.entries.append(function.__name__)
REG = Registry()
class Shelf:
    def __init__(self, xs):
        self.xs = xs
        self.v = 0
    def __enter__(self):
        self.xs.append("enter")
        return self.xs
    def __exit__(self, *error):
        self.xs.append("exit")
    def close(self):
        self.xs.append("closed")
    def bump(self):
        return 4
class Worker(threading.Thread):
    def __init__(self, xs):
        super().__init__()
        self.xs = xs
    def run(self):
        self.xs.append("ran")
        WORKED.append(1)
WORKED = []
SEEN_TAGS = []
class Reader(HTMLParser):
    def handle_starttag(self, tag, attrs):
        SEEN_TAGS.append(tag)
@dataclass
class Point:
    x: int
    xs: list = field(default_factory=list)
    v: int = 0
    def bump(self):
        self.xs.append(self.x)
        return self.x
class Color(Enum):
    RED = 1
BUFFER = StringIO()
CV = ContextVar("CV", default=0)
FS = []
def gen(xs):
    for x in (1, 2):
        xs.append(x)
        yield x
g = gen([])
m = map(str, [])
def nested(x):
    def inner():
        nonlocal x
        x += 1
        def innermost():
            global N2
            N2 = x
        innermost()
        return x
    return inner()
STOLEN = []
def steal(xs):
    STOLEN.append(xs)
UP = []
def chain_up(xs):
    UP.append(len(xs))
    xs.append("up")
    return xs
@contextmanager
def nothing():
    yield HOME
"""
START = (
    SUPPORT
    + more.SUPPORT
    + holders.SUPPORT
    + "".join(f"{letter}{n} = {first}\n" for letter, first in NAMES.items() for n in range(3))
    + "".join(f"def F{n}(x=1):\n    return {n}\n" for n in range(3))
    + "class C0:\n    v = 0\n    def bump(self):\n        return 0\nclass C1:\n    v = 1\n    def bump(self):\n        return 1\nO0 = C0()\nO1 = C1()\nG = 0\n"
)
