"""A change of a part of an object is one of what was put there, whichever name or function puts it there and takes it out."""

from __future__ import annotations

import sys
import types

import pytest

SCRIPTS = {
    "finalize detach": """
import weakref
L = []
class C: pass
c = C()
weakref.finalize(c, L.append, 1)
del c
def f(): return L
""",
    "weakref ref callback": """
import weakref
L = []
class C: pass
c = C()
r = weakref.ref(c, lambda r: L.append(1))
del c
def f(): return L
""",
    "partial": """
import functools
L = []
p = functools.partial(L.append, 1)
p()
def f(): return L
""",
    "partial of function": """
import functools
L = []
def go(xs, x): xs.append(x)
p = functools.partial(go, L)
p(1)
def f(): return L
""",
    "methodcaller named": """
import operator
L = []
m = operator.methodcaller("append", 1)
m(L)
def f(): return L
""",
    "map lambda consumed later": """
L = []
m = map(lambda x: L.append(x), [1, 2])
next(m)
def f(): return L
""",
    "map consumed in function": """
L = []
m = map(L.append, [1, 2])
def eat(it):
    for _ in it: pass
eat(m)
def f(): return L
""",
    "logging handler stream": """
import io, logging
buf = io.StringIO()
log = logging.getLogger("held")
log.setLevel(10)
log.propagate = False
log.addHandler(logging.StreamHandler(buf))
log.warning("x")
def f(): return buf.getvalue()
""",
    "logging handler named": """
import io, logging
buf = io.StringIO()
log = logging.getLogger("held2")
log.propagate = False
h = logging.StreamHandler(buf)
log.addHandler(h)
log.warning("x")
def f(): return buf.getvalue()
""",
    "singledispatch register": """
import functools
L = []
@functools.singledispatch
def show(x): return 0
show.register(str, lambda x: L.append(x))
show("a")
def f(): return L
""",
    "cached_property": """
import functools
L = []
class C:
    @functools.cached_property
    def v(self): return L
c = C()
c.v.append(1)
def f(): return L
""",
    "dict copy shallow": """
L = []
D = {"a": L}
E = D.copy()
E["a"].append(1)
def f(): return L
""",
    "list() shallow": """
L = []
M = list([L])
M[0].append(1)
def f(): return L
""",
    "dict() shallow": """
L = []
M = dict(a=L)
M["a"].append(1)
def f(): return L
""",
    "sorted shallow": """
L = []
M = sorted([L])
M[0].append(1)
def f(): return L
""",
    "del closes generator": """
L = []
def g():
    try:
        yield 1
    finally:
        L.append(1)
x = g()
next(x)
del x
def f(): return L
""",
    "del __del__": """
L = []
class C:
    def __del__(self): L.append(1)
c = C()
del c
def f(): return L
""",
    "attr set then changed": """
class C: pass
L = []
c = C()
c.xs = L
c.xs.append(1)
def f(): return L
""",
    "index set then changed": """
L = []
D = {}
D["a"] = L
D["a"].append(1)
def f(): return L
""",
    "append then each": """
L = []
X = []
X.append(L)
for x in X:
    x.append(1)
def f(): return L
""",
    "append then index alias": """
L = []
X = []
X.append(L)
y = X[0]
y.append(1)
def f(): return L
""",
    "append then helper on index": """
L = []
X = []
X.append(L)
def fill(xs): xs.append(1)
fill(X[0])
def f(): return L
""",
    "own class holds in list": """
L = []
class R:
    def __init__(self): self.items = []
    def add(self, x): self.items.append(x)
    def touch(self): self.items[0].append(1)
r = R()
r.add(L)
r.touch()
def f(): return L
""",
    "own class holds each": """
L = []
class R:
    def __init__(self): self.items = []
    def add(self, x): self.items.append(x)
    def touch(self):
        for x in self.items: x.append(1)
r = R()
r.add(L)
r.touch()
def f(): return L
""",
    "own class setter": """
L = []
class R:
    def put(self, x): self.inner = x
    def touch(self): self.inner.append(1)
r = R()
r.put(L)
r.touch()
def f(): return L
""",
    "own class dict of lists": """
L = []
class R:
    def __init__(self): self.by = {}
    def put(self, k, x): self.by[k] = x
    def touch(self, k): self.by[k].append(1)
r = R()
r.put("a", L)
r.touch("a")
def f(): return L
""",
    "own class holds own class": """
L = []
class A:
    def __init__(self, xs): self.xs = xs
    def go(self): self.xs.append(1)
class R:
    def __init__(self): self.items = []
    def add(self, x): self.items.append(x)
    def all(self):
        for x in self.items: x.go()
r = R()
r.add(A(L))
r.all()
def f(): return L
""",
    "own class holds named own class": """
L = []
class A:
    def __init__(self, xs): self.xs = xs
    def go(self): self.xs.append(1)
class R:
    def __init__(self): self.items = []
    def add(self, x): self.items.append(x)
    def all(self):
        for x in self.items: x.go()
a = A(L)
r = R()
r.add(a)
r.all()
def f(): return L
""",
    "dict values go": """
L = []
D = {}
D.setdefault("a", L)
for v in D.values(): v.append(1)
def f(): return L
""",
    "dict get": """
L = []
D = {}
D.update(a=L)
D.get("a").append(1)
def f(): return L
""",
    "pop": """
L = []
X = []
X.append(L)
X.pop().append(1)
def f(): return L
""",
    "pop named": """
L = []
X = []
X.append(L)
y = X.pop()
y.append(1)
def f(): return L
""",
    "deep of linked list": """
L = []
class N:
    def __init__(self): self.next = None
n = N()
n.next = L
n.next.append(1)
def f(): return L
""",
    "setattr and attr": """
L = []
class C: pass
c = C()
setattr(c, "xs", L)
c.xs.append(1)
def f(): return L
""",
    "vars and attr": """
L = []
class C: pass
c = C()
vars(c)["xs"] = L
c.xs.append(1)
def f(): return L
""",
    "__dict__ update": """
L = []
class C: pass
c = C()
c.__dict__.update(xs=L)
c.xs.append(1)
def f(): return L
""",
    "attr and getattr": """
L = []
class C: pass
c = C()
c.xs = L
getattr(c, "xs").append(1)
def f(): return L
""",
    "extend shares elements": """
L = []
X = []
X.extend([L])
X[0].append(1)
def f(): return L
""",
    "slices share elements": """
L = []
X = [[]]
X[0:1] = [L]
X[0].append(1)
def f(): return L
""",
    "slice copy shares": """
L = []
X = []
X.append(L)
Y = X[:]
Y[0].append(1)
def f(): return L
""",
    "list copy shares": """
L = []
X = []
X.append(L)
Y = list(X)
Y[0].append(1)
def f(): return L
""",
    "comp copy shares": """
L = []
X = []
X.append(L)
Y = [x for x in X]
Y[0].append(1)
def f(): return L
""",
    "copies of copies": """
L = []
X = [L]
Y = dict(enumerate(X))
Z = list(Y.values())
Z[0].append(1)
def f(): return L
""",
    "copy method dict": """
L = []
D = {}
D["a"] = L
E = dict(D)
E["a"].append(1)
def f(): return L
""",
    "tuple unpack of held": """
L = []
X = []
X.append((L, 1))
(a, b), = X
a.append(1)
def f(): return L
""",
    "enumerate for": """
L = []
X = []
X.append(L)
for i, x in enumerate(X):
    x.append(i)
def f(): return L
""",
    "items for": """
L = []
D = {}
D["a"] = L
for k, v in D.items():
    v.append(k)
def f(): return L
""",
    "sorted for": """
L = []
X = []
X.append(L)
for x in sorted(X):
    x.append(1)
def f(): return L
""",
    "list arg then function each named": """
L = []
def fill(groups):
    for g in groups:
        g.append(1)
X = []
X.append(L)
fill(X)
def f(): return L
""",
    "kwargs dict": """
L = []
def fill(xs=None):
    xs.append(1)
K = {}
K["xs"] = L
fill(**K)
def f(): return L
""",
    "args list": """
L = []
def fill(xs):
    xs.append(1)
A = []
A.append(L)
fill(*A)
def f(): return L
""",
    "global table by function": """
L = []
T = {}
def put(k, v): T[k] = v
def go(k): T[k].append(1)
put("a", L)
go("a")
def f(): return L
""",
    "global table function mutators": """
L = []
T = {}
def on(k, v): T.setdefault(k, []).append(v)
def fire(k, x):
    for h in T.get(k, []): h(x)
on("a", L.append)
fire("a", 3)
def f(): return L
""",
    "observers own class mutator": """
L = []
class Bus:
    def __init__(self): self.hs = []
    def on(self, h): self.hs.append(h)
    def fire(self, x):
        for h in self.hs: h(x)
b = Bus()
b.on(L.append)
b.fire(1)
def f(): return L
""",
    "observers list direct": """
L = []
H = []
H.append(L.append)
for h in H: h(1)
def f(): return L
""",
    "dispatch dict mutator": """
L = []
T = {}
T["a"] = L.append
T["a"](1)
def f(): return L
""",
    "partial stored": """
import functools
L = []
T = {}
def go(xs): xs.append(1)
T["a"] = functools.partial(go, L)
T["a"]()
def f(): return L
""",
    "partial of own function in a list": """
import functools
L = []
T = []
def go(xs): xs.append(1)
T.append(functools.partial(go, L))
for t in T: t()
def f(): return L
""",
    "closure made stored": """
L = []
def mk(xs):
    def inner(): xs.append(1)
    return inner
T = []
T.append(mk(L))
for t in T: t()
def f(): return L
""",
    "bound method of own stored": """
class C:
    def __init__(self): self.n = 0
    def inc(self): self.n += 1
c = C()
T = []
T.append(c.inc)
for t in T: t()
def f(): return c.n
""",
    "bound method of own named": """
class C:
    def __init__(self): self.n = 0
    def inc(self): self.n += 1
c = C()
t = c.inc
t()
def f(): return c.n
""",
    "bound method of own partial": """
import functools
class C:
    def __init__(self): self.n = 0
    def inc(self): self.n += 1
c = C()
p = functools.partial(c.inc)
p()
def f(): return c.n
""",
    "generator extend": """
L = []
def g():
    L.append(1)
    yield 2
x = g()
M = []  #-
M.extend(x)
def f(): return L
""",
    "generator map later": """
L = []
def g():
    L.append(1)
    yield 2
x = map(str, g())
y = list(x)
def f(): return L
""",
    "generator param named": """
L = []
def g(xs):
    xs.append(1)
    yield 2
def eat(it):
    for _ in it: pass
x = g(L)
eat(x)
def f(): return L
""",
    "generator global param named": """
L = []
def g():
    L.append(1)
    yield 2
def eat(it):
    for _ in it: pass
x = g()
eat(x)
def f(): return L
""",
    "generator in list": """
L = []
def g():
    L.append(1)
    yield 2
X = []
X.append(g())
for x in X: list(x)
def f(): return L
""",
    "iterator consumed by list param": """
it = iter([1, 2, 3])
def take(x): return [y for y in x]
take(it)
def f(): return list(it)
""",
    "iterator consumed by for param": """
it = iter([1, 2, 3])
def take(x):
    for y in x: break
take(it)
def f(): return list(it)
""",
    "file for": """
import io
fh = io.StringIO("a\\nb\\n")
for line in fh: break
def f(): return fh.read()
""",
    "readinto": """
import io
B = bytearray(2)
io.BytesIO(b"xy").readinto(B)
def f(): return bytes(B)
""",
    "partial args held": """
import functools
L = []
def go(xs, x): xs.append(x)
p = functools.partial(go, x=1)
p(L)
def f(): return L
""",
    "partialmethod": """
import functools
L = []
class C:
    def go(self, x): L.append(x)
    one = functools.partialmethod(go, 1)
C().one()
def f(): return L
""",
    "setattr link": """
class C: pass
L = []
c = C()
setattr(c, "xs", L)
L.append(1)
def f(): return c.xs
""",
    "list copy of held": """
L = []
X = []
X.append(L)
M = list(X)
L.append(1)
def f(): return M
""",
    "list of display link": """
L = []
M = list([L])
L.append(1)
def f(): return M
""",
    "dict of kw link": """
L = []
M = dict(a=L)
L.append(1)
def f(): return M
""",
    "local in function": """
def go(xs):
    X = []
    X.append(xs)
    X[0].append(1)
L = []
go(L)
def f(): return L
""",
    "local own class in function": """
class R:
    def __init__(self): self.items = []
    def add(self, x): self.items.append(x)
    def touch(self):
        for x in self.items: x.append(1)
L = []
def main():
    r = R()
    r.add(L)
    r.touch()
main()
def f(): return L
""",
    "getter of a global table": """
T = {}
def get(k): return T[k]
L = []
T["a"] = L
get("a").append(1)
def f(): return L
""",
    "getter of self": """
class R:
    def __init__(self): self.by = {}
    def put(self, k, x): self.by[k] = x
    def get(self, k): return self.by[k]
L = []
r = R()
r.put("a", L)
r.get("a").append(1)
def f(): return L
""",
    "getter of self named": """
class R:
    def __init__(self): self.by = {}
    def put(self, k, x): self.by[k] = x
    def get(self, k): return self.by[k]
L = []
r = R()
r.put("a", L)
x = r.get("a")
x.append(1)
def f(): return L
""",
    "property of self": """
class R:
    def put(self, x): self._x = x
    @property
    def x(self): return self._x
L = []
r = R()
r.put(L)
r.x.append(1)
def f(): return L
""",
    "subscript of self": """
class R:
    def __init__(self): self.by = {}
    def __setitem__(self, k, x): self.by[k] = x
    def __getitem__(self, k): return self.by[k]
L = []
r = R()
r["a"] = L
r["a"].append(1)
def f(): return L
""",
    "iter of self": """
class R:
    def __init__(self): self.items = []
    def add(self, x): self.items.append(x)
    def __iter__(self): return iter(self.items)
L = []
r = R()
r.add(L)
for x in r: x.append(1)
def f(): return L
""",
    "dataclass list of": """
from dataclasses import dataclass, field
@dataclass
class P:
    xs: list
ps = [P([]), P([])]
L = []
ps[0].xs = L
ps[0].xs.append(1)
def f(): return L
""",
    "nested dicts": """
L = []
D = {"a": {}}
D["a"]["b"] = L
D["a"]["b"].append(1)
def f(): return L
""",
    "nested dicts two ways": """
L = []
D = {}
D.setdefault("a", {})["b"] = L
D["a"]["b"].append(1)
def f(): return L
""",
    "nested dicts alias": """
L = []
D = {"a": {}}
inner = D["a"]
inner["b"] = L
D["a"]["b"].append(1)
def f(): return L
""",
    "defaultdict list": """
from collections import defaultdict
L = []
D = defaultdict(list)
D["a"].append(L)
D["a"][0].append(1)
def f(): return L
""",
    "zip named": """
L = []
M = []
pairs = list(zip([L], [M]))
pairs[0][0].append(1)
def f(): return L
""",
    "max of": """
L = []
X = []
X.append(L)
max(X, key=len).append(1)
def f(): return L
""",
    "map of method": """
L = []
X = []
X.append(L)
list(map(lambda x: x.append(1), X))
def f(): return L
""",
    "comp over held": """
L = []
X = []
X.append(L)
[x.append(1) for x in X]
def f(): return L
""",
    "comp over held with index": """
L = []
X = []
X.append((0, L))
[x.append(i) for i, x in X]
def f(): return L
""",
    "next over held": """
L = []
X = []
X.append(L)
next(iter(X)).append(1)
def f(): return L
""",
    "itertools chain held": """
import itertools
L = []
X = []
X.append(L)
for x in itertools.chain(X, X): x.append(1)
def f(): return L
""",
    "star unpack": """
L = []
X = []
X.append(L)
first, *rest = X
first.append(1)
def f(): return L
""",
    "match unpack": """
L = []
X = []
X.append(L)
match X:
    case [first]:
        first.append(1)
def f(): return L
""",
    "walrus held": """
L = []
X = []
X.append(L)
if (y := X[0]) is not None:
    y.append(1)
def f(): return L
""",
    "conditional alias": """
L = []
X = []
X.append(L)
y = X[0] if X else None
y.append(1)
def f(): return L
""",
    "swap": """
L = []
M = []
X = [M]
X[0], N = L, 1
X[0].append(1)
def f(): return L
""",
    "global in function": """
L = []
H = None
def setup():
    global H
    H = L
def go(): H.append(1)
setup()
go()
def f(): return L
""",
    "global list in function": """
L = []
H = []
def setup():
    H.append(L)
def go(): H[0].append(1)
setup()
go()
def f(): return L
""",
    "global object in function": """
class S: pass
S.current = None
L = []
def setup(): S.current = L
def go(): S.current.append(1)
setup()
go()
def f(): return L
""",
    "weakset": """
import weakref
class S: n = 0
ws = weakref.WeakSet()
s = S()
ws.add(s)
for x in ws: x.n = 2
def f(): return s.n
""",
    "parent pointers up": """
class N:
    def __init__(self, parent=None):
        self.parent = parent
        self.n = 0
root = N()
kid = N()
kid.parent = root
kid.parent.n = 5
def f(): return root.n
""",
    "observer two objects": """
class Bus:
    def __init__(self): self.hs = {}
    def on(self, k, h): self.hs.setdefault(k, []).append(h)
    def emit(self, k, *a):
        for h in self.hs.get(k, ()): h(*a)
class Log:
    def __init__(self): self.lines = []
    def write(self, x): self.lines.append(x)
bus = Bus()
log = Log()
bus.on("x", log.write)
bus.emit("x", 3)
def f(): return log.lines
""",
    "observer object": """
class Bus:
    def __init__(self): self.hs = []
    def attach(self, h): self.hs.append(h)
    def notify(self, x):
        for h in self.hs: h.update(x)
class Log:
    def __init__(self): self.lines = []
    def update(self, x): self.lines.append(x)
bus = Bus()
log = Log()
bus.attach(log)
bus.notify(3)
def f(): return log.lines
""",
    "undo stack": """
class Undo:
    def __init__(self): self.todo = []
    def push(self, fn, *a): self.todo.append((fn, a))
    def undo(self):
        while self.todo:
            fn, a = self.todo.pop()
            fn(*a)
L = [1]
u = Undo()
u.push(L.append, 2)
u.undo()
def f(): return L
""",
    "stringio alias held": """
import io
buf = io.StringIO()
outs = []
outs.append(buf)
for o in outs: o.write("x")
def f(): return buf.getvalue()
""",
    "stringio print alias": """
import io
buf = io.StringIO()
outs = []
outs.append(buf)
for o in outs: print("x", file=o)
def f(): return buf.getvalue()
""",
    "redirect kept": """
import io, contextlib
buf = io.StringIO()
r = contextlib.redirect_stdout(buf)
with r:
    print("x")
def f(): return buf.getvalue()
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
def test_a_change_of_a_part_is_one_of_what_is_kept_there(sliced, text):
    assert result_of(sliced(text).source, "sliced_script") == result_of(text, "whole_script")


UNTOUCHED = {
    "bus": """
L = []
M = []  #-
X = []  #-
X.append(L)  #-
X.append(M)  #-
M.append(2)  #-
def f(): return L
""",
    "registry": """
L = []
M = []  #-
class R:  #-
    def __init__(self): self.items = []  #-
    def add(self, x): self.items.append(x)  #-
r = R()  #-
r.add(L)  #-
r.add(M)  #-
r.size = 3  #-
def f(): return L
""",
    "data in dict": """
L = []
D = {}  #-
D["a"] = L  #-
D["b"] = 2  #-
D.update(c=3)  #-
D.pop("b")  #-
def f(): return L
""",
    "attribute": """
L = []
class C: pass  #-
c = C()  #-
c.xs = L  #-
c.ys = []  #-
c.ys.append(1)  #-
c.n = 1  #-
def f(): return L
""",
    "stack": """
import contextlib  #-
L = []
M = []  #-
s = contextlib.ExitStack()  #-
s.callback(M.append, 1)  #-
s.close()  #-
def f(): return L
""",
    "queue": """
import queue  #-
L = []
q = queue.Queue()  #-
q.put(L)  #-
q.put(1)  #-
n = q.qsize()  #-
def f(): return L
""",
    "results": """
L = [1]
results = []  #-
for i in range(2):  #-
    results.append((i, L))  #-
results.sort()  #-
print(results[0])  #-
def f(): return L
""",
    "plot": """
import matplotlib.pyplot as plt  #-
L = [1]
fig, ax = plt.subplots()  #-
ax.plot(L)  #-
ax.set_title("x")  #-
ax.legend()  #-
fig.savefig("x")  #-
def f(): return L
""",
    "plot axes": """
import matplotlib.pyplot as plt  #-
L = [1]
fig, axes = plt.subplots(2)  #-
for ax in axes:  #-
    ax.plot(L)  #-
    ax.set_title("x")  #-
axes[0].plot(L)  #-
axes[0].grid()  #-
def f(): return L
""",
    "plot function": """
import matplotlib.pyplot as plt  #-
L = [1]
def draw(ax, xs):  #-
    ax.plot(xs)  #-
    ax.set_title("x")  #-
fig, ax = plt.subplots()  #-
draw(ax, L)  #-
def f(): return L
""",
    "plot add_subplot": """
import matplotlib.pyplot as plt  #-
L = [1]
fig = plt.figure()  #-
ax = fig.add_subplot(111)  #-
ax.plot(L)  #-
ax.set_title("x")  #-
def f(): return L
""",
    "db": """
import sqlite3  #-
L = [1]
db = sqlite3.connect(":memory:")  #-
db.execute("select ?", L)  #-
db.commit()  #-
db.close()  #-
def f(): return L
""",
    "writer": """
import csv, io  #-
L = [1]
buf = io.StringIO()  #-
w = csv.writer(buf)  #-
w.writerow(L)  #-
buf.seek(0)  #-
def f(): return L
""",
    "write file": """
L = [1]
with open("x", "w") as fh:  #-
    fh.write(str(L))  #-
    fh.writelines(map(str, L))  #-
    fh.flush()  #-
def f(): return L
""",
    "snapshot": """
L = [1]
M = []  #-
M.append(L)  #-
N = list(L)  #-
N.append(2)  #-
S = sorted(L)  #-
S.sort()  #-
T = L[:]  #-
total = sum(L)  #-
D = {}  #-
D["n"] = len(L)  #-
D["m"] = max(L)  #-
print(D)  #-
def f(): return L
""",
    "experiment": """
class Experiment:  #-
    def __init__(self, name): self.name, self.results = name, []  #-
    def record(self, **kw): self.results.append(kw)  #-
    def report(self): return len(self.results)  #-
DATA = [1, 2, 3]
e = Experiment("a")  #-
for x in DATA:  #-
    e.record(x=x, data=DATA)  #-
e.record(x=0)  #-
n = e.report()  #-
def f(): return DATA
""",
    "path": """
import pathlib  #-
L = [1]
p = pathlib.Path("x")  #-
p.write_text(str(L))  #-
p.unlink()  #-
def f(): return L
""",
    "progress": """
L = [1]
class Bar:  #-
    def __init__(self, xs): self.xs = xs  #-
    def tick(self): print(len(self.xs))  #-
b = Bar(L)  #-
b2 = []  #-
b2.append(b)  #-
b2.append(3)  #-
def f(): return L
""",
    "getlogger": """
import logging
L = [1]
log = logging.getLogger("a")
log.info(L)  #-
def f():
    log.info("x")
    return L
""",
}
"""What is done with an object beside the ones that the function reads, and leaves these as they are."""


@pytest.mark.parametrize("marked", UNTOUCHED.values(), ids=list(UNTOUCHED))
def test_what_is_done_beside_what_is_kept_in_an_object_stays_here(holds, marked):
    holds(marked)


def test_a_method_is_no_reason_to_keep_what_it_is_given_itself(holds):
    holds("""
import shop  #-
ITEMS = [1]
till = shop.Till()  #-
till.scan(ITEMS)  #-
def f():
    return ITEMS
""")


def test_a_change_of_what_an_object_holds_under_the_guard_is_told(sliced):
    text = "import contextlib\nITEMS = []\nstack = contextlib.ExitStack()\nstack.callback(ITEMS.append, 3)\n"
    guard = 'def f():\n    return ITEMS\nif __name__ == "__main__":\n    stack.close()\n'
    (note,) = sliced(text + guard).notes
    assert "`ITEMS` is changed under the main guard" in note.message and note.line == 8


def test_a_class_that_is_extended_under_its_own_name_again_and_again(sliced):
    """As in a notebook, a method a cell: every definition may derive from any of the others."""
    text = "class Model:\n    pass\n" + "".join(
        f"class Model(Model):\n    def part{number}(self):\n        return {number}\n" for number in range(12)
    )
    found = sliced(text + "model = Model()\nmodel.part3()\ndef f():\n    return model.part3()\n")
    assert len(found.kept) == 16


def test_a_name_that_is_given_what_its_object_makes_again_and_again(sliced):
    text = "import shop\nwith shop.Till() as table:\n    pass\n" + "table = table.part().sorted()\ntable.mark(1)\n" * 25
    assert len(sliced(text + "def f():\n    return table\n").kept) == 53


def test_objects_with_many_parts_that_hand_each_other_on_are_read_at_once(sliced):
    """Every path through them told apart, what each method does would grow without an end in sight."""
    names = [f"part{number}" for number in range(14)]
    text = "class Node:\n" + "".join(
        f"    def step_{name}(self, other):\n        self.{name} = other.{names[number - 1]}\n        other.{name}.step_{names[number - 1]}(self)\n"
        for number, name in enumerate(names)
    )
    found = sliced(text + "node = Node()\nleaf = Node()\nnode.step_part3(leaf)\ndef f():\n    return leaf\n")
    assert len(found.kept) == 5
