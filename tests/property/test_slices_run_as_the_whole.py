"""A sliced script gives its function the result that the whole script gives it (design, section 3 rule 6).

The oracle is execution: random scripts with control flow, aliases, changes, registrations, classes and effects on imported modules
are run whole and sliced, each in fresh modules, and what ``f()`` then returns is compared.
"""

from __future__ import annotations

import ast
import builtins
import os
import sys
import types
from decimal import localcontext
from pathlib import Path
from unittest import mock

from clustrix_bundle.bundler.analysis.world import LoadedModule, LocalModule
from clustrix_bundle.bundler.errors import AnalysisError
from clustrix_bundle.bundler.facts.extract import extract_facts
from clustrix_bundle.bundler.slicing.slicer import Slice, slice_module
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

MODULES = {
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
from contextlib import contextmanager
import reg
import seen
from shipping import ship
random.seed(11)
"""
NAMES = {"N": "0", "L": "[]", "D": "{}"}

number = st.sampled_from(["N0", "N1", "N2"])
items = st.sampled_from(["L0", "L1", "L2"])
table = st.sampled_from(["D0", "D1"])
function = st.sampled_from(["F0", "F1", "F2"])
instance = st.sampled_from(["O0", "O1"])
cls = st.sampled_from(["C0", "C1"])
constant = st.integers(0, 3).map(str)
value = st.one_of(number, constant, st.builds("len({})".format, items), st.builds("{} + {}".format, number, constant))
SIMPLE = st.one_of(
    st.builds("{} = {}".format, number, value),
    st.builds("{} += {}".format, number, value),
    st.builds("{}, {} = {}, {}".format, st.just("N0"), st.just("N1"), value, value),
    st.builds("{} = [{}]".format, items, value),
    st.builds("{} = {}".format, items, items),
    st.builds("{} = list({})".format, items, items),
    st.builds("{} = {} + [{}]".format, items, items, value),
    st.builds("{}.append({})".format, items, value),
    st.builds("{} += [{}]".format, items, value),
    st.builds("{}[:] = [{}]".format, items, value),
    st.builds("{} = {}.setdefault('q', [])".format, items, table),
    st.builds("{} = reg.same({})".format, items, items),
    st.builds("{} = {{}}".format, table),
    st.builds("{}['k'] = {}".format, table, items),
    st.builds("{}.setdefault('q', []).append({})".format, table, value),
    st.builds("{}.update(a={})".format, table, value),
    st.builds("reg.put('{}', {})".format, st.sampled_from("ab"), st.one_of(value, items, function)),
    st.builds("reg.ITEMS['c'] = {}".format, value),
    st.builds("reg.touch({})".format, items),
    st.builds("{} = reg.touch_deep({})".format, number, items),
    st.builds("{} = reg.pure({})".format, number, items),
    st.builds("{} = reg.Box({})".format, instance, items),
    st.builds("{} = {}()".format, instance, cls),
    st.builds("{}.v = {}".format, instance, st.one_of(value, items)),
    st.builds("{}.bump()".format, instance),
    st.builds("{} = {}.bump()".format, number, instance),
    st.builds("{}()".format, function),
    st.builds("{} = {}({})".format, number, function, value),
    st.builds("{} = {}".format, function, function),
    st.builds("{}.tag = {}".format, function, value),
    st.builds("print({}, {})".format, value, items),
    st.builds("import {}".format, st.sampled_from(["plug", "plain"])),
    st.builds("random.seed({})".format, constant),
    st.builds("{} = random.randrange(9)".format, number),
    st.builds("os.environ['SLICE_{}'] = str({})".format, st.sampled_from("XY"), value),
    st.just("ship(F0, N0)"),
    st.builds("R = ship({}, {})".format, function, items),
    st.builds("globals()['G'] = {}".format, value),
    st.builds("del {}[:]".format, items),
    st.builds("{}, {} = {}, {}".format, items, items, items, items),
    st.builds("{}.append({})".format, items, items),
    st.builds("{}['k'] = [{}]".format, table, items),
    st.builds("[xs.append({}) for xs in [{}, {}]]".format, value, items, items),
    st.builds("list(map(lambda x: {}.append(x), [{}]))".format, items, value),
    st.builds("list(map(extend, [{}]))".format, items),
    st.builds("extend({})".format, items),
    st.builds("{} = extend(xs={})".format, number, items),
    st.builds("{} = both({}, {})".format, items, items, items),
    st.builds("store({})".format, items),
    st.builds("reset({})".format, value),
    st.just("tick()"),
    st.builds("{} = tick()".format, number),
    st.just("tick = make_tick()"),
    st.builds("holder().append({})".format, value),
    st.builds("{} = holder()".format, items),
    st.builds("{}.pop('k', None)".format, table),
    st.builds("{} = {}.inner if hasattr({}, 'inner') else {}".format, items, st.just("O0"), st.just("O0"), items),
    st.builds("{} = max([{}, {}], key=len)".format, items, items, items),
    st.builds("{} = (lambda x: x)({})".format, items, items),
    st.builds("{} = [x for x in {} if x != {}]".format, items, items, value),
    st.builds("setattr({}, 'v', {})".format, instance, value),
    st.builds("L{}: list = {}".format, st.sampled_from("012"), items),
    st.builds("T0 = {}\n{} = T0\ndel T0".format, items, items),
    st.builds("del {}['k']".format, table)
    .map("{}\nif 'k' in D0: D0.pop('k')".format)
    .map(lambda text: "try:\n" + _indented(text) + "\nexcept KeyError:\n    pass"),
    st.builds("from stars import *\n{} = N1".format, number),
    st.builds("from stars import *\nstarred({})".format, items),
    st.builds("{} = [N0 := x for x in {} if x]".format, items, items),
    st.builds("{} = {{x: y for x, y in enumerate({})}}".format, table, items),
    st.builds("it = iter({})".format, items),
    st.builds("{} = next(it, 5)".format, number),
    st.builds("{} = list(it)".format, items),
    st.just("for x in it:\n    break"),
    st.builds("worker = threading.Thread(target=extend, args=({},))\nworker.start()\nworker.join()".format, items),
    st.builds("asyncio.run(later({}))".format, items),
    st.builds("{} = asyncio.run(later({}))".format, number, items),
    st.builds("getcontext().prec = 5 + {}".format, constant),
    st.builds("installed.configure(a={})".format, value),
    st.builds("installed.STATE['b'] = {}".format, value),
    st.builds("installed.fill({})".format, items),
    st.builds("O1 = installed.Engine({})".format, items),
    st.just("installed.Engine.runs = 5"),
    st.builds("reg.pure = lambda x: {}".format, constant),
    st.builds("reg.Box.bump = lambda self: {}".format, constant),
    st.builds("setattr(reg, 'same', lambda x: {})".format, items),
    st.builds("{0} >> {1}".format, st.just("PIPE"), items),
    st.builds("PIPE['k'] = {}".format, items),
    st.builds("PIPE.level = {}".format, value),
    st.builds("with PIPE:\n    {} = {}".format, number, value),
    st.just("for _ in PIPE:\n    pass"),
    st.builds("with_default({})".format, value),
    st.builds("{} = remember({})".format, table, value),
    st.builds("traced({})".format, value),
    st.builds("out = StringIO()\nwith redirect_stdout(out):\n    say({})\n{} = [out.getvalue()]".format, value, items),
    st.builds("@show.register\ndef _(x: str):\n    return {}".format, constant),
    st.builds("list(map({}.append, [1]))".format, items),
    st.just("prepare()"),
    st.builds("exec('E = {}')\n{} = E".format, constant, number),
    st.builds("installed.hook({})".format, function),
    st.just("pass"),
)
BODIES = st.one_of(
    st.builds("return len({}) + {}".format, items, number),
    st.builds("return {}".format, number),
    st.builds("{}.append(x)\nreturn len({})".format, items, items),
    st.builds("global {0}\n{0} = x\nreturn 1".format, number),
    st.builds("global {0}\n{0} += 1\nreturn {0}".format, number),
    st.builds("{}['z'] = x\nreturn 2".format, table),
    st.builds("xs = {}\nxs.append(x)\nreturn 3".format, items),
    st.builds("reg.put('f', x)\nreturn 4".format),
    st.builds("return reg.pure({})".format, items),
)
DEFINITION = st.builds(
    lambda decorator, name, body: f"{decorator}def {name}(x=1):\n" + _indented(body),
    st.sampled_from(["", "", "@reg.register('d')\n", "@keep\n", "@counted\n"]),
    function,
    BODIES,
)
CLASS = st.one_of(
    st.builds(
        lambda name, xs, n: (
            f"class {name}:\n    items = {xs}\n    v = {n}\n    def bump(self):\n        self.v = {n}\n        return {n}"
        ),
        cls,
        items,
        number,
    ),
    st.builds(lambda xs: f"class C1(C0):\n    def bump(self):\n        {xs}.append(1)\n        return 7", items),
    st.builds(lambda name: f"class {name}(Base):\n    v = 1\n    def bump(self):\n        return 5", cls),
)
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
    xs.extend(ys)
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
@contextmanager
def nothing():
    yield HOME
"""
START = (
    SUPPORT
    + "".join(f"{letter}{n} = {first}\n" for letter, first in NAMES.items() for n in range(3))
    + "".join(f"def F{n}(x=1):\n    return {n}\n" for n in range(3))
    + "class C0:\n    v = 0\n    def bump(self):\n        return 0\nclass C1:\n    v = 1\n    def bump(self):\n        return 1\nO0 = C0()\nO1 = C1()\nG = 0\n"
)
RESULTS = st.one_of(
    number,
    items,
    table,
    instance,
    function,
    st.builds("{}()".format, function),
    st.sampled_from(
        [
            "reg.get('a')",
            "seen.names()",
            "KEPT",
            "Base.known",
            "random.randrange(99)",
            "G",
            "os.environ.get('SLICE_X')",
            "C1.v",
            "installed.state()",
            "installed.SEEN",
            "installed.Engine.runs",
            "str(Decimal(1) / 7)",
            "reg.pure(0)",
            "reg.Box(0).bump()",
            "PIPE.did",
            "HOME",
            "TABLE",
            "len(remember(9))",
            "TRACE",
            "next(it, 0)",
            "show('x')",
            "STAR",
            "{n: globals()[n] for n in ('N0', 'L0')}",
        ]
    ),
)


def _indented(text: str) -> str:
    return "\n".join("    " + line for line in text.split("\n"))


def _compound(blocks: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    block = blocks.map(_indented)
    return st.one_of(
        st.builds("if {} > 1:\n{}\nelse:\n{}".format, number, block, block),
        st.builds("if {} == 1:\n{}\nelif {}:\n{}".format, number, block, items, block),
        st.builds("for i in range(2):\n{}".format, block),
        st.builds("for N2 in range(3):\n    if N2 == {}:\n        break\n{}".format, constant, block),
        st.builds("for x in list({}):\n{}".format, items, block),
        st.builds(
            "try:\n{}\n    {} = 1 // {}\nexcept ZeroDivisionError:\n{}\nelse:\n    {} = 8".format,
            block,
            number,
            number,
            block,
            number,
        ),
        st.builds("try:\n{}\nfinally:\n{}".format, block, block),
        st.builds("if ({} := len({})) > 1:\n{}".format, number, items, block),
        st.builds(
            "while N2 < 3:\n    N2 += 1\n    if N2 == {}:\n        continue\n{}".format,
            constant,
            block.map(lambda text: text.replace("N2", "N1")),
        ),
        st.builds(
            "try:\n{}\n    raise ValueError({})\nexcept ValueError as e:\n    {} = len(str(e))\n{}".format,
            block,
            value,
            number,
            block,
        ),
        st.builds(
            "match {}:\n    case []:\n{}\n    case [first, *_]:\n{}".format, items, block.map(_indented), block.map(_indented)
        ),
        st.builds("with nothing() as {}:\n{}".format, items, block),
        st.builds("if __name__ == '__main__':\n    ship(F0)\n    print({})".format, number),
    )


LEAF = st.one_of(SIMPLE, SIMPLE, DEFINITION, CLASS)
STATEMENT = st.recursive(LEAF, lambda inner: _compound(st.lists(inner, min_size=1, max_size=3).map("\n".join)), max_leaves=6)
SCRIPTS = st.builds(
    lambda future, statements, results: (
        future + PRELUDE + START + "\n".join(statements) + "\ndef f():\n    return [" + ", ".join(results) + "]\n"
    ),
    st.sampled_from(["", "from __future__ import annotations\n"]),
    st.lists(STATEMENT, min_size=1, max_size=12),
    st.lists(RESULTS, min_size=1, max_size=3),
)


class InMemory:
    """The local modules, parsed once."""

    def __init__(self) -> None:
        self._loaded = {name: _load(name, text) for name, text in MODULES.items()}

    def locate(self, name: str) -> LocalModule | None:
        return LocalModule(name, Path(f"{name}.py"), is_package=False) if name in self._loaded else None

    def load(self, name: str) -> LoadedModule | None:
        return self._loaded.get(name)


def _load(name: str, text: str) -> LoadedModule:
    source = text.encode()
    return LoadedModule(name, Path(f"{name}.py"), "", False, source, extract_facts(source, name))


LOCAL = InMemory()


def canonical(value: object, depth: int = 0) -> object:
    if depth > 6:
        return "…"
    if isinstance(value, (list, tuple)):
        return [canonical(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {str(key): canonical(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (int, str, type(None))):
        return value
    if isinstance(value, type):
        return value.__name__
    return [
        type(value).__name__,
        getattr(value, "__name__", ""),
        canonical({k: v for k, v in vars(value).items() if k != "function"}, depth + 1),
        getattr(value, "v", 0) and canonical(getattr(value, "v", 0), depth + 1),
    ]


class Submitted(Exception):
    """The slice has run what only the client may run."""


def run(source: str | bytes, *, may_submit: bool) -> object:
    """What ``f()`` gives after the module has been executed in fresh modules, or the exception's type."""

    def bundle(function: object, args: object = ()) -> int:
        if not may_submit:
            raise Submitted
        return 0

    fresh = {"clustrix_bundle": types.ModuleType("clustrix_bundle")}
    fresh["clustrix_bundle"].bundle = bundle
    finder = _Finder(fresh)
    saved = {name: sys.modules.pop(name) for name in [*MODULES, *INSTALLED, "clustrix_bundle"] if name in sys.modules}
    script = types.ModuleType("script_under_test")
    script.__dict__["print"] = lambda *args: None
    sys.meta_path.insert(0, finder)
    try:
        with mock.patch.dict(os.environ), localcontext():
            exec(compile(source, "script.py", "exec"), script.__dict__)  # noqa: S102
            try:
                return canonical(script.f())
            except Submitted:
                raise
            except Exception as error:
                return type(error).__name__
    finally:
        sys.meta_path.remove(finder)
        for name in [*MODULES, *INSTALLED, "clustrix_bundle"]:
            sys.modules.pop(name, None)
        sys.modules.update(saved)


class _Finder:
    def __init__(self, ready: dict[str, types.ModuleType]) -> None:
        self._ready = ready

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        if name in self._ready or name in MODULES or name in INSTALLED:
            return types.SimpleNamespace(
                name=name,
                loader=self,
                origin=None,
                submodule_search_locations=None,
                parent="",
                has_location=False,
                cached=None,
                _set_fileattr=False,
                loader_state=None,
                _initializing=False,
            )
        return None

    def create_module(self, spec: types.SimpleNamespace) -> types.ModuleType | None:
        return self._ready.get(spec.name) or types.ModuleType(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        source = MODULES.get(module.__name__) or INSTALLED.get(module.__name__)
        if source is not None:
            module.__dict__["canonical"] = canonical
            exec(source, module.__dict__)  # noqa: S102


def sliced(text: str) -> Slice:
    return slice_module(_load("__main__", text), "f", LOCAL)


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
@given(SCRIPTS)
def test_the_function_gives_the_same_result(text: str) -> None:
    try:
        whole = run(text, may_submit=True)
    except Exception:
        assume(False)  # a script that fails by itself says nothing
    try:
        found = sliced(text)
    except AnalysisError:
        assume(False)  # it depends on a submission: said at build
    assert run(found.source, may_submit=False) == whole, found.source.decode()


def _straight(draws: list[tuple[int, list[int]]]) -> str:
    """Statements that bind v<n> to a value that names its statement and holds what it reads."""
    lines = []
    bound: list[str] = []
    for number, (target, reads) in enumerate(draws):
        read = [bound[index % len(bound)] for index in reads] if bound else []
        if number % 4 == 3 and read:
            lines.append(f"def v{target}(x=({', '.join(read)},)):\n    return ({number}, show(x))")
        else:
            lines.append(f"v{target} = ({number}, {', '.join(read)})")
        bound.append(f"v{target}")
    return "\n".join(lines)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.lists(st.integers(0, 50), max_size=3)), min_size=1, max_size=14),
    st.lists(st.integers(0, 50), min_size=1, max_size=3),
)
def test_the_slice_of_a_straight_line_module_is_minimal(draws: list[tuple[int, list[int]]], reads: list[int]) -> None:
    """No kept statement can be left out: without it the function fails, or sees another value."""
    text = _straight(draws)
    names = [f"v{target}" for target, _ in draws]
    asked = ", ".join(f"show({names[index % len(names)]})" for index in reads)
    text += f"\ndef show(x):\n    return [show(y) for y in x] if isinstance(x, tuple) else show(x()) if callable(x) else str(x)\ndef f():\n    return [{asked}]\n"
    found = sliced(text)
    whole = _value(ast.parse(text))
    assert _value(ast.parse(found.source)) == whole
    tree = ast.parse(found.source)
    for number in range(len(tree.body)):
        less = ast.Module([node for index, node in enumerate(tree.body) if index != number], [])
        assert _value(less) != whole, ast.unparse(tree.body[number])


def _value(tree: ast.Module) -> object:
    namespace: dict[str, object] = {"__builtins__": builtins}
    try:
        exec(compile(tree, "script.py", "exec"), namespace)  # noqa: S102
        return namespace["f"]()  # type: ignore[operator]
    except Exception as error:
        return type(error)
