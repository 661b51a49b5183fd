"""Statements of `scripts_at_random` about objects that keep what they are given, and act on it later: the script's own and the standard library's.

`SUPPORT` is text of the script's head; what it makes is asked for by `RESULTS`.
"""

from __future__ import annotations

from hypothesis import strategies as st

SUPPORT = """
import sched
import queue
import concurrent.futures
import contextvars
import weakref
import types
import copy
class Shop:
    v = 0
    def __init__(self):
        self.items = []
        self.by = {}
        self.inner = None
        self.sold = 0
    def add(self, item):
        self.items.append(item)
        return self
    def put(self, key, item):
        self.by[key] = item
    def get(self, key):
        return self.by.get(key)
    def hold(self, item):
        self.inner = item
    @property
    def held(self):
        return self.inner
    def sell(self):
        self.sold += 1
    def touch(self):
        for item in self.items:
            item.append("touched")
    def touch_held(self):
        if self.inner is not None:
            self.inner.append("held")
    def touch_key(self, key):
        if key in self.by:
            self.by[key].append("key")
    def __iter__(self):
        return iter(self.items)
    def bump(self):
        return len(self.items)
class Bus:
    def __init__(self):
        self.handlers = []
    def on(self, handler):
        self.handlers.append(handler)
        return handler
    def fire(self, x):
        for handler in self.handlers:
            handler(x)
class Gate:
    def __init__(self, xs):
        self.xs = xs
    def __enter__(self):
        return self.xs
    def __exit__(self, *error):
        self.xs.append("left")
    def close(self):
        self.xs.append("shut")
SHOP = Shop()
OTHER = Shop()
BUS = Bus()
STACK = ExitStack()
LATER = sched.scheduler()
WAITING = queue.Queue()
BOXES = []
ROWS = {}
POOL = concurrent.futures.ThreadPoolExecutor(1)
DONE = concurrent.futures.Future()
SPACE = types.SimpleNamespace(xs=[])
VAR = contextvars.ContextVar("VAR", default=None)
STREAM = StringIO()
HEARING = logging.getLogger("sliced.held")
HEARING.setLevel(10)
HEARING.propagate = False
def touch_first(boxes):
    boxes[0].append("first")
def touch_all(boxes):
    for box in boxes:
        box.append("all")
def take_one(it):
    for x in it:
        return x
def shelve(key, item):
    ROWS[key] = item
def unshelve(key):
    return ROWS.get(key, [])
def made_queue(item):
    made = queue.SimpleQueue()
    made.put(item)
    return made
def stay(xs):
    shop = Shop()
    shop.add(xs)
    shop.touch()
def leave(xs):
    stack = ExitStack()
    stack.enter_context(Gate(xs))
    stack.close()
def doing(xs, x):
    xs.append(x)
"""

number = st.sampled_from(["N0", "N1", "N2"])
items = st.sampled_from(["L0", "L1", "L2"])
table = st.sampled_from(["D0", "D1"])
shop = st.sampled_from(["SHOP", "OTHER"])
key = st.sampled_from(["'a'", "'b'"])
constant = st.integers(0, 3).map(str)
value = st.one_of(number, constant)

PUTS = st.one_of(
    st.builds("{}.add({})".format, shop, items),
    st.builds("{}.put({}, {})".format, shop, key, items),
    st.builds("{}.hold({})".format, shop, items),
    st.builds("{}.inner = {}".format, shop, items),
    st.builds("{}.by[{}] = {}".format, shop, key, items),
    st.builds("BOXES.append({})".format, items),
    st.builds("BOXES.extend([{}])".format, items),
    st.builds("BOXES[:] = [{}]".format, items),
    st.builds("BOXES += [{}]".format, items),
    st.builds("ROWS[{}] = {}".format, key, items),
    st.builds("ROWS.setdefault({}, []).append({})".format, key, items),
    st.builds("shelve({}, {})".format, key, items),
    st.builds("{0}['row'] = {{}}\n{0}['row'][{1}] = {2}".format, table, key, items),
    st.builds("WAITING.put({})".format, items),
    st.builds("SPACE.xs = {}".format, items),
    st.builds("setattr(SPACE, 'ys', {})".format, items),
    st.builds("VAR.set({})".format, items),
    st.builds("STACK.callback({}.append, {})".format, items, value),
    st.builds("STACK.enter_context(Gate({}))".format, items),
    st.builds("STACK.push(Gate({}))".format, items),
    st.builds("STACK.callback(doing, {}, {})".format, items, value),
    st.builds("STACK.callback(SHOP.add, {})".format, items),
    st.builds("LATER.enter(0, 1, {}.append, ({},))".format, items, value),
    st.builds("LATER.enter(0, 1, doing, ({}, {}))".format, items, value),
    st.builds("BUS.on({}.append)".format, items),
    st.just("BUS.on(SHOP.add)"),
    st.builds("BUS.on(lambda x: {}.append(x))".format, items),
    st.builds("@BUS.on\ndef hear_(x):\n    {}.append(x)".format, items),
    st.builds("DONE.add_done_callback(lambda future: {}.append(1))".format, items),
    st.just("HEARING.addHandler(logging.StreamHandler(STREAM))"),
    st.builds("gone = Shop()\nfin = weakref.finalize(gone, {}.append, {})".format, items, value),
    st.builds("act_ = partial({}.append, {})".format, items, value),
    st.builds("act_ = partial(doing, {})".format, items),
    st.just("act_ = SHOP.sell"),
    st.builds("mo = map({}.append, [{}])".format, items, value),
    st.builds("mo = (box.append({}) for box in BOXES)".format, value),
    st.builds("wait = made_queue({})".format, items),
    st.builds("cm = held({})".format, items),
    st.builds("co = later({})\nasyncio.run(co)".format, items),
)
"""Statements that give an object something."""
ACTS = st.one_of(
    st.builds("{}.touch()".format, shop),
    st.builds("{}.touch_held()".format, shop),
    st.builds("{}.touch_key({})".format, shop, key),
    st.builds("{}.sell()".format, shop),
    st.builds("for x in {}:\n    x.append({})".format, shop, value),
    st.builds("if {0}.held is not None:\n    {0}.held.append({1})".format, shop, value),
    st.builds("if {0}.items:\n    {0}.items[0].append({1})".format, shop, value),
    st.builds("if {0}.get({1}) is not None:\n    {0}.get({1}).append({2})".format, shop, key, value),
    st.builds("for box in BOXES:\n    box.append({})".format, value),
    st.builds("if BOXES:\n    BOXES[-1].append({})".format, value),
    st.just("if BOXES:\n    touch_first(BOXES)"),
    st.just("touch_all(BOXES)"),
    st.just("touch_all(list(BOXES))"),
    st.builds("if BOXES:\n    first_ = BOXES[0]\n    first_.append({})".format, value),
    st.builds("first_, *rest_ = BOXES or [[]]\nfirst_.append({})".format, value),
    st.builds("[box.append({}) for box in reversed(BOXES)]".format, value),
    st.builds("for i, box in enumerate(BOXES):\n    box.append({})".format, value),
    st.builds("if BOXES:\n    BOXES.pop().append({})".format, value),
    st.builds("copied = [*BOXES]\nif copied:\n    copied[0].append({})".format, value),
    st.builds("copied = copy.copy(ROWS)\nif copied:\n    [*copied.values()][0].append({})".format, value),
    st.builds("for row in ROWS.values():\n    row.append({})".format, value),
    st.builds("if {0} in ROWS:\n    ROWS[{0}].append({1})".format, key, value),
    st.builds("unshelve({}).append({})".format, key, value),
    st.builds("row_ = unshelve({})\nrow_.append({})".format, key, value),
    st.builds("if 'row' in {0}:\n    [x.append({1}) for x in {0}['row'].values()]".format, table, value),
    st.builds("if not WAITING.empty():\n    WAITING.get().append({})".format, value),
    st.builds("while not WAITING.empty():\n    job_ = WAITING.get()\n    job_.append({})".format, value),
    st.builds("SPACE.xs.append({})".format, value),
    st.builds("getattr(SPACE, 'ys', []).append({})".format, value),
    st.builds("if VAR.get() is not None:\n    VAR.get().append({})".format, value),
    st.just("STACK.close()"),
    st.just("with STACK:\n    pass"),
    st.just("moved_ = STACK.pop_all()\nmoved_.close()"),
    st.just("STACK.__exit__(None, None, None)"),
    st.just("LATER.run()"),
    st.builds("BUS.fire({})".format, value),
    st.builds("try:\n    DONE.set_result({})\nexcept concurrent.futures.InvalidStateError:\n    pass".format, value),
    st.builds("HEARING.info('%s', {})".format, value),
    st.builds("POOL.submit(doing, {}, {}).result()".format, items, value),
    st.builds("fu = POOL.submit({}.append, {})\nfu.result()".format, items, value),
    st.just("if 'fin' in globals():\n    fin()"),
    st.builds("if 'act_' in globals():\n    try:\n        act_()\n    except TypeError:\n        act_({})".format, value),
    st.just("if 'mo' in globals():\n    take_one(mo)"),
    st.just("if 'mo' in globals():\n    QUEUE.extend(mo)"),
    st.builds("if 'wait' in globals() and not wait.empty():\n    wait.get().append({})".format, value),
    st.just("try:\n    with cm:\n        pass\nexcept (NameError, RuntimeError, AttributeError):\n    pass"),
    st.builds("stay({})".format, items),
    st.builds("leave({})".format, items),
    st.builds("made_queue({}).get().append({})".format, items, value),
    st.builds("Shop().add({}).touch()".format, items),
    st.builds("with closing(Gate({})):\n    pass".format, items),
    st.builds("random.Random({}).shuffle({})".format, constant, items),
    st.just("SHOP, OTHER = OTHER, SHOP"),
    st.just("OTHER = copy.copy(SHOP)"),
    st.just("OTHER.inner = SHOP.inner"),
    st.just("OTHER.items = SHOP.items"),
)
"""Statements that act on what an object was given."""
STATEMENTS = st.one_of(PUTS, ACTS, st.builds("{}\n{}".format, PUTS, ACTS))
RESULTS = [
    "SHOP.items",
    "SHOP.inner",
    "SHOP.by",
    "SHOP.sold",
    "OTHER.items",
    "OTHER.inner",
    "BOXES",
    "ROWS",
    "SPACE.xs",
    "VAR.get()",
    "STREAM.getvalue()",
    "WAITING.qsize()",
    "list(mo)",
    "BUS.fire(7) or L0",
    "STACK.close() or L1",
]
