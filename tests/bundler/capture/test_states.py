"""What has become of definitions since they ran arrives: a fresh run of the same source, given the states, is as the program is now."""

from __future__ import annotations

import ast
import sys
import types

import pytest
from clustrix_bundle.bundler.capture.needs import Needs
from clustrix_bundle.bundler.capture.pickling import dump_stream
from clustrix_bundle.bundler.capture.set_names import find_set_names
from clustrix_bundle.bundler.capture.states import states_of
from clustrix_bundle.runtime import values

ENUM = "import enum\nclass E(enum.Enum):\n    A = 1\n    B = 2\n"
BUILT = "import enum\nclass E(enum.Enum):\n    A = (1, 2)\n    def __init__(self, x, y):\n        self.x, self.seen, self.z = x, [], y\n"
FLAG = "import enum\nclass E(enum.Flag):\n    A = 1\n    B = 2\n"
NEST = "class C:\n    class I:\n        k = 1\n        def m(self): return 1\n"
TUPLE = "from typing import NamedTuple\nclass P(NamedTuple):\n    x: int = 1\n    def m(self): return self.x\n"
MADE = "from collections import namedtuple\nP = namedtuple('P', 'x y')\n"
CLASS = "class C:\n    'old'\n    a = 1\n    b = 2\n    def __repr__(self): return 'old'\n    def m(self): return 1\n"
KINDS = "class C:\n    @staticmethod\n    def s(): return 1\n    @classmethod\n    def c(cls): return 1\n    @property\n    def p(self): return 1\n"
META = "class M(type): pass\nclass C(metaclass=M):\n    x = 1\n"
WRAPS = "from functools import wraps\ndef deco(f):\n    @wraps(f)\n    def inner(): return f()\n    return inner\n@deco\ndef g(): return 1\n"
FUNCTION = "def g(x=1, *, k=2):\n    'old'\n    return x, k\n"
PRIVATE = "class C:\n    def __m(self): return 1\n    def __str__(self): return 's'\n"


@pytest.fixture
def there(tmp_path, monkeypatch):
    for name in ("_read", "_instead"):
        monkeypatch.setattr(values, name, {})

    def run(source):
        main = types.ModuleType("__main__")
        monkeypatch.setitem(sys.modules, "__main__", main)
        exec(compile(source, "script.py", "exec"), main.__dict__)
        return main

    def arrived(source, change):
        source += "def change():\n    pass\n" + "".join(f"    {line}\n" for line in change.split("; "))
        main = run(source)
        main.change()
        tree = ast.parse(source)
        names = find_set_names(source.encode(), vars(main))
        nodes = {item.name: item for item in tree.body if isinstance(item, (ast.ClassDef, ast.FunctionDef))}
        held = [vars(main)[name] for name in ("g", "C", "E", "P") if name in vars(main)]
        states = [item for value in held for item in states_of(value, nodes.get(value.__name__), names)]
        needs = Needs()
        needs.main_defined = frozenset(nodes)
        tmp_path.joinpath("states").write_bytes(
            dump_stream(None, needs, [item for item in states if "unreachable" not in item[1]])
        )
        fresh = run(source)
        values.load_stream(str(tmp_path), "states")
        return main, fresh, states

    return arrived


@pytest.mark.parametrize(
    ("source", "change", "expression"),
    [
        (ENUM, "E.A.note = 'x'; E.B._private = 3; E._extra = 4", "(E.A.note, E.B._private, E._extra)"),
        (BUILT, "E.A.x = 9; E.A.seen.append(1)", "(E.A.x, E.A.seen, E.A.z)"),
        (FLAG, "E.A.n = 1; (E.A | E.B).__dict__['n'] = 2", "(E.A.n, (E.A | E.B).n)"),
        (NEST, "C.I.k = 5; C.I.z = 6; C.I.m.t = 7", "(C.I.k, C.I.z, C.I.m.t)"),
        (TUPLE, "P.extra = 5; P.m.t = 4; P._q = 3", "(P.extra, P.m.t, P._q, P(2))"),
        (MADE, "P.extra = 5", "(P.extra, P(1, 2))"),
        (CLASS, "del C.a; C.b += 1; C.__call__ = C.m; C.__doc__ = 'new'", "(hasattr(C, 'a'), C.b, C()(), C.__doc__)"),
        (CLASS + "def patch(*a): return 'new'\n", "del C.m; C.__repr__ = patch", "(hasattr(C, 'm'), repr(C()))"),
        (CLASS + "def patch(): return 5\n", "C.m = staticmethod(patch)", "C().m()"),
        (KINDS + "def patch(*a): return 5\n", "C.s = staticmethod(patch); C.c = classmethod(patch); C.p = property(patch)", "(C.s(), C.c(), C().p)"),
        (META + "def patch(*a): return 5\n", "C._z = 4; C.y = 3; C.f = patch", "(C._z, C.y, C().f())"),
        (WRAPS, "g.tag = 5; g.__wrapped__.tag = 6; g.f = len", "(g.tag, g.__wrapped__.tag, g.f('ab'))"),
        (FUNCTION, "g.__defaults__ = None; g.__doc__ = 'new'; g.__name__ = 'h'", "(g.__defaults__, g.__doc__, g.__name__)"),
        ("def g(x): return x\ng.a = 1\n", "g.__defaults__ = (5,); del g.a", "(g(), hasattr(g, 'a'))"),
    ],
)  # fmt: skip
def test_what_was_set_later_is_set_there(there, source, change, expression):
    here, fresh, _ = there(source, change)
    assert eval(expression, vars(fresh)) == eval(expression, vars(here))


@pytest.mark.parametrize("source", [ENUM, BUILT, FLAG, NEST, TUPLE, MADE, CLASS, KINDS, META, WRAPS, FUNCTION, PRIVATE])
def test_a_definition_that_is_as_it_was_made_has_no_state(there, source):
    states = there(source, "pass")[2]
    assert states == [] or source == BUILT and [state for _, state in states] == [{"instance": {"seen": []}}]


def test_what_no_name_leads_to_is_told_apart(there):
    main, _, states = there(KINDS, "C.c.__func__.t = 1; C.p.fget.t = 2; C.s.t = 3")
    assert states == [
        (main.C.s, {"dict": {"t": 3}}),
        (main.C.c.__func__, {"unreachable": {"t": 1}}),
        (main.C.p.fget, {"unreachable": {"t": 2}}),
    ]


@pytest.mark.parametrize("line", ["", "    @wraps(cls)\n"])
def test_a_dict_by_class_in_a_decorators_cell_is_by_the_class_there(there, line):
    source = (
        f"from functools import wraps\ndef single(cls):\n    made = {{}}\n{line}    def get():\n        if cls not in made:\n"
        "            made[cls] = cls()\n        return made[cls]\n    return get\n@single\nclass C:\n    v = 1\n"
    )
    main, fresh, _ = there(source, "C().v = 7")
    assert fresh.C().v == 7
    assert type(fresh.C()) is not type(main.C())
