"""More statements of `scripts_at_random`, and what they stand on: code that runs when something is read, called, entered, deleted or derived from.

`SUPPORT` is text of the script's head; everything in it keeps what happens to it in lists and counters that results can ask for.
"""

from __future__ import annotations

from hypothesis import strategies as st

SUPPORT = """
import itertools
import functools
import logging
import operator
import pkg.deep as deep
import pkg.other
import sys
import typing
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque, namedtuple
from enum import auto
HAPPENED = []
class Probe:
    def __init__(self, n=0):
        self.n = n
        self.v = n
        self.seen = []
    @property
    def reading(self):
        self.seen.append("reading")
        return len(self.seen)
    @functools.cached_property
    def once(self):
        HAPPENED.append("once")
        return 3
    def __getattr__(self, name):
        if name.startswith("lazy_"):
            HAPPENED.append(name)
            return 4
        raise AttributeError(name)
    def __add__(self, other):
        self.seen.append("add")
        return 5
    def __lt__(self, other):
        HAPPENED.append("lt")
        return True
    def __contains__(self, item):
        self.seen.append("contains")
        return True
    def __len__(self):
        HAPPENED.append("len")
        return 2
    def __bool__(self):
        self.seen.append("bool")
        return True
    def __getitem__(self, key):
        if key in (0, 1):
            self.seen.append(key)
            return key
        raise IndexError(key)
    def __str__(self):
        HAPPENED.append("str")
        return "probe"
    def __call__(self, x=1):
        self.n += 1
        return self.n
    def __delitem__(self, key):
        self.seen.append("del")
    def __imul__(self, other):
        self.seen.append("imul")
        return self
    def bump(self):
        return self.n
P0 = Probe()
P1 = Probe(1)
class Field:
    def __set_name__(self, owner, name):
        HAPPENED.append(name)
    def __get__(self, instance, owner):
        HAPPENED.append("get")
        return 6
    def __set__(self, instance, value):
        HAPPENED.append("set")
class Row:
    field = Field()
ROW = Row()
class Plugin:
    plugins = []
    def __init_subclass__(cls, /, tag="none", **more):
        super().__init_subclass__(**more)
        Plugin.plugins.append(tag)
class Meta(type):
    made = []
    def __new__(mcls, name, bases, namespace, **options):
        Meta.made.append(name)
        return super().__new__(mcls, name, bases, namespace)
    def __call__(cls, *args):
        Meta.made.append("call")
        return super().__call__(*args)
class WithMeta(metaclass=Meta):
    v = 1
    def bump(self):
        return 8
def tag(text):
    def deco(cls):
        HAPPENED.append(text)
        cls.tagged = text
        return cls
    return deco
@contextmanager
def held(xs, item=1):
    xs.append("in")
    try:
        yield xs
    finally:
        xs.append(item)
def talk():
    got = 0
    while True:
        got = yield got
        HAPPENED.append(got)
T = talk()
next(T)
NUMBERS = itertools.count()
CYCLE = itertools.cycle([1, 2, 3])
GROUPS = defaultdict(list)
COUNTS = Counter()
QUEUE = deque([1, 2, 3], maxlen=4)
LAYERS = ChainMap({}, {"base": 1})
Pair = namedtuple("Pair", "a b")
class Heard(logging.Handler):
    def emit(self, record):
        HAPPENED.append(record.getMessage())
LOGGER = logging.getLogger("sliced")
LOGGER.propagate = False
LOGGER.setLevel(10)
@functools.cache
def cached(x=1):
    HAPPENED.append("cached")
    return x
@functools.lru_cache(maxsize=None)
def cached_list(x=1):
    return []
def by_default(x=1, *, into=HAPPENED, make=lambda xs: xs.append("made")):
    make(into)
    return x
def returns_in_finally(xs):
    try:
        return xs[9]
    except IndexError:
        xs.append("except")
        return 1
    finally:
        xs.append("finally")
async def agen(xs):
    for x in (1, 2):
        xs.append(x)
        yield x
async def gather(xs):
    return [x async for x in agen(xs)]
def outer(x):
    count = 0
    def step():
        nonlocal count
        global G
        count += x
        G = count
        return count
    return step
step = outer(2)
def forget(key):
    D0.pop(key, None)
    if "k" in D1:
        del D1["k"]
class Tree:
    def __init__(self, *children):
        self.children = list(children)
        self.v = 0
    def __iter__(self):
        HAPPENED.append("walk")
        yield from self.children
    def __enter__(self):
        HAPPENED.append("enter")
        return self
    def __exit__(self, *error):
        HAPPENED.append("exit")
        return False
    def bump(self):
        return len(self.children)
TREE = Tree(1, 2)
def own(name, value):
    setattr(sys.modules[__name__], name, value)
def plus(x):
    return deep.add(x)
"""

number = st.sampled_from(["N0", "N1", "N2"])
items = st.sampled_from(["L0", "L1", "L2"])
table = st.sampled_from(["D0", "D1"])
function = st.sampled_from(["F0", "F1", "F2"])
instance = st.sampled_from(["O0", "O1"])
probe = st.sampled_from(["P0", "P1"])
constant = st.integers(0, 3).map(str)
value = st.one_of(number, constant, st.builds("len({})".format, items))

READS = st.one_of(
    st.builds("{} = {}.reading".format, number, probe),
    st.builds("{} = P0.once".format, number),
    st.builds("{} = {}.lazy_{}".format, number, probe, constant),
    st.builds("{} = {} + 1".format, number, probe),
    st.builds("{} = int({} < 2)".format, number, probe),
    st.builds("{} = int(1 in {})".format, number, probe),
    st.builds("{} = len({})".format, number, probe),
    st.builds("if {}:\n    {} = 2".format, probe, number),
    st.builds("{} = {}[1]".format, number, probe),
    st.builds("{} = [x for x in {}]".format, items, probe),
    st.builds("{} = len(f'{{{}}}')".format, number, probe),
    st.builds("{} = {}()".format, number, probe),
    st.builds("del {}[0]".format, probe),
    st.builds("{} *= 2".format, probe),
    st.builds("{} = getattr({}, 'reading')".format, number, probe),
    st.builds("{} = (0 if {} else 1)".format, number, probe),
    st.builds("{} = sum(x for x in {})".format, number, probe),
    st.builds("assert {} and True".format, probe),
    st.builds("match {}:\n    case Probe(reading=r):\n        {} = r".format, probe, number),
    st.builds(
        "match {}:\n    case {{'k': k}} if HAPPENED.append('guard') or True:\n        N1 = 7\n    case _:\n        N1 = 8".format,
        table,
    ),
    st.builds("{} = ROW.field".format, number),
    st.builds("ROW.field = {}".format, value),
    st.builds("{} = GROUPS[{}]".format, items, value),
    st.builds("GROUPS[{}].append({})".format, value, value),
    st.builds("COUNTS[{}] += 1".format, value),
    st.builds("COUNTS.update([{}])".format, value),
    st.builds("{} = COUNTS[{}]".format, number, value),
    st.builds("{} = next(NUMBERS)".format, number),
    st.builds("{} = [next(CYCLE) for _ in range(2)]".format, items),
    st.builds("{} = dict(zip('ab', NUMBERS))".format, table),
    st.builds("{} = list(itertools.islice(NUMBERS, 2))".format, items),
    st.builds("a, b = zip(range(2), NUMBERS)\n{} = b[1]".format, number),
    st.builds("QUEUE.appendleft({})".format, value),
    st.builds("{} = QUEUE.popleft() if QUEUE else 0".format, number),
    st.builds("QUEUE.rotate({})".format, constant),
    st.builds("LAYERS['top'] = {}".format, value),
    st.builds("{} = T.send({})".format, number, value),
    st.builds("T.send({})".format, value),
    st.builds("ge = (L1.append(x) for x in list({})[:2])".format, items),
    st.just("ge = (HAPPENED.append(x) for x in range(2))\nlist(ge)"),
    st.builds("{0} = [*TREE]".format, items),
    st.builds("for x in TREE:\n    {} = x".format, number),
    st.builds("with TREE as tree, held({}):\n    {} = 1".format, items, number),
)
"""Statements that read something which acts when it is read."""
DEEDS = st.one_of(
    st.builds("with held({}, {}) as {}:\n    pass".format, items, value, items),
    st.builds("with held({}) as a, held(a):\n    {} = len(a)".format, items, number),
    st.builds("@held({})\ndef F2(x=1):\n    return 5".format, items),
    st.builds("{} = returns_in_finally({})".format, number, items),
    st.builds("{} = asyncio.run(gather({}))".format, items, items),
    st.just("step()"),
    st.builds("{} = step()".format, number),
    st.builds("step = outer({})".format, value),
    st.builds("forget('{}')".format, st.sampled_from("ka")),
    st.just("by_default()"),
    st.builds("by_default(into={})".format, items),
    st.builds("{} = by_default(1, make=lambda xs: xs.insert(0, {}))".format, number, value),
    st.builds("cached({})".format, value),
    st.builds("{} = cached({})".format, number, value),
    st.just("cached.cache_clear()"),
    st.builds("cached_list().append({})".format, value),
    st.builds("{} = cached_list()".format, items),
    st.builds("LOGGER.addHandler(Heard())\nLOGGER.warning('%s', {})".format, value),
    st.builds("LOGGER.warning('%s', {})".format, value),
    st.builds("own('G', {})".format, value),
    st.builds("setattr(sys.modules[__name__], 'G', {})".format, value),
    st.builds("globals()['{}'] = {}".format, st.sampled_from(["N0", "L0"]), items),
    st.builds("sys.modules[__name__].G = {}".format, value),
    st.builds("vars()['G'] = {}".format, value),
    st.builds("{} = deep.add({})".format, number, value),
    st.builds("deep.add({})".format, value),
    st.builds("plus({})".format, value),
    st.builds("pkg.other.TABLE['{}'] = {}".format, st.sampled_from("ab"), value),
    st.builds("from pkg import other as o\no.TABLE.update(c={})".format, value),
    st.builds("import pkg.deep as d2\nd2.STEP = {}".format, constant),
    st.builds("from pkg import *\n{} = EXPORTED".format, number),
    st.builds("alias = reg\nalias.put('b', {})".format, value),
    st.builds("put = reg.put\nput('a', {})".format, value),
    st.builds("deep.add = lambda x: {}".format, constant),
    st.builds("Probe.bump = lambda self: {}".format, value),
    st.builds("Probe.__len__ = lambda self: {}".format, constant),
    st.builds("operator.setitem({}, 'o', {})".format, table, value),
    st.builds("operator.methodcaller('append', {})({})".format, value, items),
    st.builds("functools.reduce(lambda a, x: a.append(x) or a, [{}], list({})[:2])".format, value, items),
    st.builds("{0} = functools.reduce(operator.add, [{0}, [1]], [])[:3]".format, items),
    st.builds("list(itertools.starmap({}.insert, [(0, {})]))".format, items, value),
    st.builds("any({}.append(x) for x in [{}])".format, items, value),
    st.builds("[y.append({}) for y in ({}, {})]".format, value, items, items),
    st.builds("{{**{}}}['k'] = {}".format, table, value),
    st.builds("{}, *rest = {} or [0]".format, number, items),
    st.builds("a = b = c = {}\nb.append({})".format, items, value),
    st.builds("(lambda xs=HAPPENED: xs.append({}))()".format, value),
    st.builds("act = lambda xs={}: xs.append({})\nact()".format, items, value),
    st.builds("HAPPENED += [{}]".format, value),
    st.builds("del {}[:1], {}[:1]".format, items, items),
    st.builds("def _local():\n    global N0\n    del HAPPENED[:1]\n    N0 = {}\n_local()".format, value),
    st.builds(
        "def _gen():\n    HAPPENED.append(1)\n    yield {}\n    HAPPENED.append(2)\n{} = sum(_gen())".format, value, number
    ),
    st.builds("async def _co():\n    HAPPENED.append({})\n    return 3\n{} = asyncio.run(_co())".format, value, number),
    st.builds(
        "try:\n    [][0]\nexcept IndexError as e:\n    HAPPENED.append(type(e).__name__)\nfinally:\n    {} = {}".format,
        number,
        value,
    ),
    st.builds("if typing.TYPE_CHECKING:\n    import nowhere\nelse:\n    {} = {}".format, number, value),
    st.builds("try:\n    with held({}):\n        raise KeyError\nexcept KeyError:\n    pass".format, items),
    st.builds("for {}[0:0] in [[{}]]:\n    pass".format, items, value),
    st.builds("while QUEUE:\n    {} = QUEUE.pop()".format, number),
    st.builds("pair = Pair({}, {})\npair.a.append(1)".format, items, value),
    st.builds("{} = {}.copy() if hasattr({}, 'copy') else []".format, items, items, items),
    st.builds("stack = ExitStack()\nstack.enter_context(held({}))\nstack.close()".format, items),
    st.builds("{}.v, {}.v = {}, 2".format, instance, instance, value),
    st.builds("[{}.v for {}.v in [{}]]".format, instance, instance, value),
    st.builds("__all__ = ['f']\n__all__ += [str({})]".format, value),
    st.builds("exec('HAPPENED.append({})')".format, constant),
    st.builds("({0} := [{1}]).append(2)".format, items, value),
    st.builds("reg.ITEMS |= {{'m': {}}}".format, value),
    st.builds("plain.__dict__['X'] = {}".format, value),
    st.builds("setattr(plain, 'X', {})".format, value),
    st.builds("vars(plain).update(X={})".format, value),
    st.builds("sys.modules['plain'].X = {}".format, value),
    st.builds("__import__('plain').X = {}".format, value),
    st.just("del plain.X\nplain.X = 1"),
    st.just("seen.names = lambda: 3"),
    st.builds("R = ship(cached, {})".format, items),
)
"""Statements that change something."""
CLASSES = st.one_of(
    st.builds("class C0(Plugin, tag={}):\n    v = 1\n    def bump(self):\n        return 3".format, value),
    st.just("class C1(WithMeta):\n    v = 2\n    def bump(self):\n        return 4"),
    st.just("O0 = WithMeta()"),
    st.builds("@tag({})\nclass C0:\n    v = 5\n    def bump(self):\n        return 6".format, value),
    st.builds("class C1:\n    field = Field()\n    v = {}\n    def bump(self):\n        return self.field".format, value),
    st.builds(
        "class Shade(Enum):\n    A = auto()\n    B = {}\n    def __init__(self, *given):\n        HAPPENED.append(self.name)\nN1 = Shade.A.value".format,
        st.just("auto()"),
    ),
    st.builds(
        "@dataclass\nclass C0:\n    v: int = {}\n    xs: list = field(default_factory=lambda: HAPPENED)\n    def __post_init__(self):\n        HAPPENED.append('post')\n    def bump(self):\n        self.xs.append(1)\n        return 1\nO0 = C0()".format,
        value,
    ),
    st.builds("C1 = type('C1', (C0,), {{'v': {}, 'bump': lambda self: 9}})".format, value),
    st.builds("class C0(C0):\n    extra = {}".format, items),
    st.just("class C1(Probe):\n    v = 0\n    def bump(self):\n        return self.reading"),
    st.builds("class C1:\n    v = 1\n    locals()['w'] = {}\n    def bump(self):\n        return C1.w".format, value),
    st.builds(
        "class C0:\n    v = {}\n    class Inner:\n        HAPPENED.append('inner')\n        n = 1\n    def bump(self):\n        self.Inner.n += 1\n        return self.Inner.n".format,
        value,
    ),
    st.just(
        "class C1:\n    count = itertools.count()\n    v = 0\n    def bump(self):\n        return next(self.count)\nO1 = C1()\nO1.bump()"
    ),
    st.just("C0.__init_subclass__ = classmethod(lambda cls: HAPPENED.append('sub'))\nclass C1(C0):\n    pass"),
    st.builds("def bump_(self, xs={}):\n    xs.append(1)\n    return len(xs)\nC0.bump = bump_".format, items),
)
"""Classes whose definition acts."""
STATEMENTS = st.one_of(READS, DEEDS, CLASSES)
RESULTS = [
    "HAPPENED",
    "P0.seen",
    "P1.seen",
    "P0.n",
    "Plugin.plugins",
    "Meta.made",
    "next(NUMBERS)",
    "next(CYCLE)",
    "dict(GROUPS)",
    "dict(COUNTS)",
    "list(QUEUE)",
    "dict(LAYERS)",
    "T.send(5)",
    "step()",
    "cached(1) and HAPPENED",
    "cached_list()",
    "deep.add(1)",
    "deep.TOTAL",
    "pkg.other.TABLE",
    "plus(1)",
    "LOGGER.warning('end') or HAPPENED",
    "by_default() and HAPPENED",
    "ROW.field and HAPPENED",
    "TREE.children",
    "G",
    "sys.modules[__name__].G",
    "P0.reading",
    "len(P1)",
    "seen.names()",
    "getattr(C0, 'tagged', 0)",
    "list(ge)",
    "C1().bump()",
    "C0().bump()",
    "forget('k') or D1",
    "returns_in_finally(L0)",
    "rest",
]
MODULES = {
    "pkg": "from . import deep, other\n__all__ = ['EXPORTED', 'deep']\nEXPORTED = 9\nHIDDEN = 8\n",
    "pkg.deep": "from .other import TABLE\nTOTAL = []\nSTEP = 1\ndef add(x):\n    TOTAL.append(x + STEP)\n    TABLE['deep'] = len(TOTAL)\n    return len(TOTAL)\n",
    "pkg.other": "TABLE = {}\n",
}
