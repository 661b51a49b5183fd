"""What objects of the standard library were given acts when they do: stacks of callbacks, queues, schedulers, loggers, pools."""

from __future__ import annotations

import logging
import signal
import sys
import types
from unittest import mock

import pytest

SCRIPTS = {
    "exitstack enter_context close": """
import contextlib
from contextlib import ExitStack, contextmanager
L = []
@contextmanager
def held(xs):
    xs.append("in")
    try:
        yield xs
    finally:
        xs.append("out")
stack = ExitStack()
stack.enter_context(held(L))
stack.close()
def f(): return L
""",
    "exitstack callback close": """
from contextlib import ExitStack
L = []
stack = ExitStack()
stack.callback(L.append, 3)
stack.close()
def f(): return L
""",
    "exitstack push close": """
from contextlib import ExitStack
L = []
class C:
    def __enter__(self): return self
    def __exit__(self, *e): L.append("exit")
stack = ExitStack()
stack.push(C())
stack.close()
def f(): return L
""",
    "exitstack enter own class close": """
from contextlib import ExitStack
L = []
class C:
    def __enter__(self): return self
    def __exit__(self, *e): L.append("exit")
stack = ExitStack()
stack.enter_context(C())
stack.close()
def f(): return L
""",
    "exitstack pop_all": """
from contextlib import ExitStack
L = []
stack = ExitStack()
stack.callback(L.append, 1)
other = stack.pop_all()
other.close()
def f(): return L
""",
    "exitstack __exit__": """
from contextlib import ExitStack
L = []
stack = ExitStack()
stack.__enter__()
stack.callback(L.append, 1)
stack.__exit__(None, None, None)
def f(): return L
""",
    "exitstack with existing": """
from contextlib import ExitStack
L = []
stack = ExitStack()
stack.callback(L.append, 1)
with stack:
    pass
def f(): return L
""",
    "exitstack held in object": """
from contextlib import ExitStack
L = []
class S:
    def __init__(self):
        self.stack = ExitStack()
    def end(self):
        self.stack.close()
s = S()
s.stack.callback(L.append, 1)
s.end()
def f(): return L
""",
    "exitstack del closes callback in list": """
from contextlib import ExitStack
L = []
stacks = [ExitStack()]
stacks[0].callback(L.append, 1)
stacks[0].close()
def f(): return L
""",
    "async exitstack": """
import asyncio
from contextlib import AsyncExitStack
L = []
stack = AsyncExitStack()
stack.callback(L.append, 1)
asyncio.run(stack.aclose())
def f(): return L
""",
    "closing": """
from contextlib import closing
L = []
class C:
    def close(self): L.append(1)
cl = closing(C())
with cl: pass
def f(): return L
""",
    "sched": """
import sched
L = []
s = sched.scheduler()
s.enter(0, 1, L.append, (3,))
s.run()
def f(): return L
""",
    "sched args hold object": """
import sched
L = []
def go(xs): xs.append(1)
s = sched.scheduler()
s.enter(0, 1, go, (L,))
s.run()
def f(): return L
""",
    "pool done callback": """
from concurrent.futures import Future
L = []
fu = Future()
fu.add_done_callback(L.append)
fu.set_result(1)
def f(): return len(L)
""",
    "queue put get": """
import queue
L = []
q = queue.Queue()
q.put(L)
q.get().append(1)
def f(): return L
""",
    "queue put get assigned": """
import queue
L = []
q = queue.Queue()
q.put(L)
x = q.get()
x.append(1)
def f(): return L
""",
    "queue of tuples": """
import queue
L = []
q = queue.SimpleQueue()
q.put((L.append, 1))
fn, arg = q.get()
fn(arg)
def f(): return L
""",
    "logging queue handler": """
import logging, logging.handlers, queue
q = queue.Queue()
log = logging.getLogger("held3")
log.propagate = False
log.addHandler(logging.handlers.QueueHandler(q))
log.warning("x")
def f(): return q.qsize()
""",
    "basicConfig stream": """
import logging, io
buf = io.StringIO()
logging.basicConfig(stream=buf, force=True)
logging.warning("x")
def f(): return "x" in buf.getvalue()
""",
    "mock side effect set": """
from unittest import mock
L = []
m = mock.Mock()
m.side_effect = L.append
m(1)
def f(): return L
""",
    "asyncio run coroutine object": """
import asyncio
L = []
async def main(): L.append(1)
co = main()
asyncio.run(co)
def f(): return L
""",
    "asyncio call_soon": """
import asyncio
L = []
loop = asyncio.new_event_loop()
loop.call_soon(L.append, 1)
loop.call_soon(loop.stop)
loop.run_forever()
loop.close()
def f(): return L
""",
    "asyncio queue": """
import asyncio
L = []
async def main():
    q = asyncio.Queue()
    await q.put(L)
    (await q.get()).append(1)
asyncio.run(main())
def f(): return L
""",
    "contextvars set object": """
import contextvars
L = []
v = contextvars.ContextVar("v")
v.set(L)
v.get().append(1)
def f(): return L
""",
    "ThreadLocal": """
import threading
L = []
loc = threading.local()
loc.xs = L
loc.xs.append(1)
def f(): return L
""",
    "argparse type": """
import argparse
L = []
p = argparse.ArgumentParser()
p.add_argument("--a", type=L.append)
p.parse_args(["--a", "1"])
def f(): return L
""",
    "sax parser handler": """
import xml.sax, io
L = []
class H(xml.sax.ContentHandler):
    def startElement(self, n, a): L.append(n)
p = xml.sax.make_parser()
p.setContentHandler(H())
p.parse(io.StringIO("<a/>"))
def f(): return L
""",
    "sqlite function": """
import sqlite3
L = []
db = sqlite3.connect(":memory:")
db.create_function("go", 1, L.append)
db.execute("select go(1)").fetchall()
def f(): return L
""",
    "sqlite trace": """
import sqlite3
L = []
db = sqlite3.connect(":memory:")
db.set_trace_callback(L.append)
db.execute("select 1")
def f(): return len(L)
""",
    "random shuffle": """
import random
H = [1, 2, 3]
r = random.Random(3)
r.shuffle(H)
def f(): return H
""",
    "bound method of own in sched": """
import sched
class C:
    def __init__(self): self.n = 0
    def inc(self): self.n += 1
c = C()
s = sched.scheduler()
s.enter(0, 1, c.inc)
s.run()
def f(): return c.n
""",
    "own instance callable in sched": """
import sched
class C:
    def __init__(self): self.n = 0
    def __call__(self): self.n += 1
c = C()
s = sched.scheduler()
s.enter(0, 1, c)
s.run()
def f(): return c.n
""",
    "numpy rng shuffle": """
import random
rng = random.Random(0)
X = [1, 2, 3, 4]
rng.shuffle(X)
def f(): return X
""",
    "random module shuffle": """
import random
X = [1, 2, 3, 4]
random.Random(1).shuffle(X)
def f(): return X
""",
    "Struct pack_into": """
import struct
B = bytearray(4)
S = struct.Struct("i")
S.pack_into(B, 0, 3)
def f(): return B[0]
""",
    "contextmanager instance entered later": """
import contextlib
L = []
@contextlib.contextmanager
def held(xs):
    xs.append("in")
    yield
    xs.append("out")
cm = held(L)
with cm: pass
def f(): return L
""",
    "contextmanager global": """
import contextlib
L = []
@contextlib.contextmanager
def held():
    L.append("in")
    yield
    L.append("out")
cm = held()
with cm: pass
def f(): return L
""",
    "contextmanager as decorator": """
import contextlib
L = []
@contextlib.contextmanager
def held():
    L.append("in")
    yield
@held()
def go(): pass
go()
def f(): return L
""",
    "contextdecorator": """
import contextlib
L = []
class H(contextlib.ContextDecorator):
    def __enter__(self): L.append(1)
    def __exit__(self, *e): pass
@H()
def go(): pass
go()
def f(): return L
""",
    "suppress and closing nested": """
import contextlib
L = []
class R:
    def close(self): L.append(1)
with contextlib.suppress(ValueError), contextlib.closing(R()) as r:
    pass
def f(): return L
""",
    "exitstack passed to function": """
import contextlib
L = []
def opened(stack): stack.callback(L.append, 1)
stack = contextlib.ExitStack()
opened(stack)
stack.close()
def f(): return L
""",
    "exitstack close in function": """
import contextlib
L = []
stack = contextlib.ExitStack()
stack.callback(L.append, 1)
def end(s): s.close()
end(stack)
def f(): return L
""",
    "exitstack close in function beside own close": """
import contextlib
L = []
class O:
    def close(self): pass
stack = contextlib.ExitStack()
stack.callback(L.append, 1)
def end(s): s.close()
end(stack)
def f(): return L
""",
    "exitstack close beside own close": """
import contextlib
L = []
class O:
    def close(self): pass
stack = contextlib.ExitStack()
stack.callback(L.append, 1)
stack.close()
def f(): return L
""",
    "exitstack alias": """
import contextlib
L = []
stack = contextlib.ExitStack()
s2 = stack
stack.callback(L.append, 1)
s2.close()
def f(): return L
""",
    "exitstack alias reversed": """
import contextlib
L = []
stack = contextlib.ExitStack()
s2 = stack
s2.callback(L.append, 1)
stack.close()
def f(): return L
""",
    "exitstack in box reversed": """
import contextlib
L = []
stack = contextlib.ExitStack()
box = [stack]
box[0].callback(L.append, 1)
stack.close()
def f(): return L
""",
    "exitstack in box": """
import contextlib
L = []
stack = contextlib.ExitStack()
box = [stack]
stack.callback(L.append, 1)
box[0].close()
def f(): return L
""",
    "exitstack in own object": """
import contextlib
L = []
class R:
    def __init__(self, s): self.s = s
    def end(self): self.s.close()
stack = contextlib.ExitStack()
stack.callback(L.append, 1)
r = R(stack)
r.end()
def f(): return L
""",
    "nested stacks": """
import contextlib
L = []
a = contextlib.ExitStack()
b = contextlib.ExitStack()
b.callback(L.append, 1)
a.push(b)
a.close()
def f(): return L
""",
    "nested stacks enter": """
import contextlib
L = []
a = contextlib.ExitStack()
b = a.enter_context(contextlib.ExitStack())
b.callback(L.append, 1)
a.close()
def f(): return L
""",
    "try finally": """
import contextlib
L = []
s = contextlib.ExitStack()
try:
    s.callback(L.append, 1)
finally:
    s.close()
def f(): return L
""",
    "local queue worker": """
import queue
L = []
def main():
    q = queue.Queue()
    q.put(L)
    x = q.get()
    x.append(1)
main()
def f(): return L
""",
    "maker of queue global": """
import queue
L = []
def make():
    q = queue.Queue()
    q.put(L)
    return q
q = make()
q.get().append(1)
def f(): return L
""",
    "thread inherits run list": """
import threading
L = []
class W(threading.Thread):
    def __init__(self):
        super().__init__()
        self.out = []
    def give(self, xs): self.out.append(xs)
    def run(self):
        for o in self.out: o.append(1)
w = W()
w.give(L)
w.start()
w.join()
def f(): return L
""",
    "executor subclass": """
from concurrent.futures import ThreadPoolExecutor
L = []
pool = ThreadPoolExecutor(1)
fs = []
for i in range(2):
    fs.append(pool.submit(L.append, i))
for fu in fs: fu.result()
def f(): return L
""",
    "root logger by getLogger": """
import logging, io
buf = io.StringIO()
logging.getLogger().addHandler(logging.StreamHandler(buf))
logging.getLogger().warning("x")
def f(): return buf.getvalue()
""",
    "logger by name twice": """
import logging, io
buf = io.StringIO()
logging.getLogger("q").addHandler(logging.StreamHandler(buf))
logging.getLogger("q").warning("x")
def f(): return buf.getvalue()
""",
    "logger parent": """
import logging, io
buf = io.StringIO()
logging.getLogger("q2").addHandler(logging.StreamHandler(buf))
log = logging.getLogger("q2.sub")
log.warning("x")
def f(): return buf.getvalue()
""",
    "own handler": """
import logging
L = []
class H(logging.Handler):
    def __init__(self, xs):
        super().__init__()
        self.xs = xs
    def emit(self, r): self.xs.append(r.msg)
log = logging.getLogger("q3")
log.addHandler(H(L))
log.warning("x")
def f(): return L
""",
}


@pytest.fixture(autouse=True)
def _process_as_it_was(monkeypatch):
    """Loggers are their process's; scripts may have them."""
    monkeypatch.setattr(logging.root, "handlers", [])
    before = signal.getsignal(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)


def result_of(source, name):
    module = types.ModuleType(name)
    sys.modules[name] = module
    try:
        with mock.patch.dict(logging.Logger.manager.loggerDict, clear=True):
            exec(compile(source, name, "exec"), module.__dict__)
            return module.f()
    finally:
        del sys.modules[name]


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=list(SCRIPTS))
def test_what_was_given_to_an_object_acts_when_that_does(sliced, text):
    assert result_of(sliced(text).source, "sliced_script") == result_of(text, "whole_script")
