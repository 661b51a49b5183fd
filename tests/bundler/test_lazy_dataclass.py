"""Our dataclasses do what the standard library's do: each law is tried on the same class text under both decorators."""

import copy
import dataclasses
import importlib
import inspect
import pickle
import pkgutil
import sys
import types

import pytest

from clustrix_bundle import bundler
from clustrix_bundle.bundler import lazy_dataclass

SOURCE = '''
from __future__ import annotations

@dataclass(frozen=True, slots=True)
class Frozen:
    """A point."""
    x: int
    y: tuple[int, ...] = ()
    shown: str = field(default="s", compare=False)
    hidden: list[int] = field(default_factory=list, repr=False, compare=False)
    made: int = field(default=7, init=False)

@dataclass(frozen=True)
class Loose:
    a: int
    b: object = None

    def __post_init__(self):
        if self.a < 0:
            raise ValueError("negative")

@dataclass(slots=True)
class Mutable:
    names: dict[str, int] = field(default_factory=dict)
    count: int = 0

    def add(self):
        self.count += 1

@dataclass(slots=True, eq=False)
class ByIdentity:
    name: str

@dataclass(frozen=True, slots=True)
class Own:
    name: str

    def __repr__(self):
        return "own"

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 3

@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing."""

class Child(Loose):
    def __init__(self):
        super().__init__(1)
        self.extra = 2
'''


def classes(decorators, name):
    """The classes of the text, as a module that pickle finds."""
    module = types.ModuleType(name)
    module.dataclass, module.field = decorators.dataclass, decorators.field
    sys.modules[name] = module
    exec(SOURCE, module.__dict__)
    return module


@pytest.fixture(scope="module")
def both():
    names = ("lazily_made", "at_once_made")
    yield classes(lazy_dataclass, names[0]), classes(dataclasses, names[1])
    for name in names:
        del sys.modules[name]


def outcome(do):
    """What came of it, as something to compare."""
    try:
        return repr(do())
    except Exception as error:
        return type(error), str(error)


DEEDS = {
    "shows itself": lambda m: m.Frozen(1, (2,), "t", [3]),
    "shows subclasses": lambda m: m.Child(),
    "takes keywords": lambda m: m.Frozen(y=(1,), x=2),
    "misses an argument": lambda m: m.Frozen(),
    "takes no unknown argument": lambda m: m.Frozen(1, z=2),
    "takes no field that is not for init": lambda m: m.Frozen(1, made=2),
    "is equal by compared fields": lambda m: (m.Frozen(1, (), "a") == m.Frozen(1, (), "b"), m.Frozen(1) == m.Frozen(2)),
    "is not equal to other classes": lambda m: (m.Frozen(1) == (1, (), 7), m.Loose(1) == m.Child()),
    "hashes by compared fields": lambda m: len({m.Frozen(1), m.Frozen(1, (), "b"), m.Frozen(2)}),
    "refuses assignment": lambda m: setattr(m.Frozen(1), "x", 2),
    "refuses assignment of no field": lambda m: setattr(m.Loose(1), "z", 2),
    "refuses deletion": lambda m: delattr(m.Frozen(1), "x"),
    "lets a subclass have more": lambda m: m.Child().extra,
    "keeps a subclass' fields": lambda m: setattr(m.Child(), "a", 2),
    "has no room for more": lambda m: setattr(m.Mutable(), "other", 1),
    "checks": lambda m: m.Loose(-1),
    "makes defaults anew": lambda m: m.Mutable().names is m.Mutable().names,
    "is changed in place": lambda m: (one := m.Mutable(), one.add(), setattr(one, "names", {"a": 1}), one)[-1],
    "has no hash where it changes": lambda m: hash(m.Mutable()),
    "is itself alone": lambda m: (m.ByIdentity("a") == m.ByIdentity("a"), len({m.ByIdentity("a"), m.ByIdentity("a")})),
    "keeps methods of its own": lambda m: (m.Own("a"), m.Own("a") == 1, hash(m.Own("b"))),
    "may be empty": lambda m: (m.Empty(), m.Empty() == m.Empty(), len({m.Empty(), m.Empty()})),
    "is copied": lambda m: copy.deepcopy(m.Frozen(1, (2,), "t", [3])),
    "is pickled": lambda m: (pickle.loads(pickle.dumps(m.Frozen(1, (2,), "t", [3]))).hidden, pickle.loads(pickle.dumps(m.Loose(1)))),
    "is replaced": lambda m: dataclasses.replace(m.Frozen(1, (2,)), x=5),
    "is replaced by our own function": lambda m: lazy_dataclass.replace(m.Frozen(1, (2,)), x=5),
    "is taken apart": lambda m: (dataclasses.astuple(m.Frozen(1)), dataclasses.asdict(m.Mutable({"a": 1}))),
    "lists a subclass' fields": lambda m: [one.name for one in dataclasses.fields(m.Child)],
    "lists its fields": lambda m: [(one.name, one.type, one.init, one.repr) for one in dataclasses.fields(m.Frozen)],
    "tells its parameters": lambda m: [str(inspect.signature(one)) for one in (m.Frozen, m.Loose, m.Mutable)],
    "is matched by place": lambda m: m.Frozen.__match_args__,
    "keeps its names": lambda m: (m.Frozen.__qualname__, m.Frozen.__doc__, m.Frozen.__slots__),
}  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS)
def test_a_class_does_what_the_standard_library_s_does(both, deed):
    ours, theirs = (outcome(lambda module=module: DEEDS[deed](module)) for module in both)
    assert ours == theirs


def test_a_subclass_is_initialised_alike_before_and_after_the_first_use(both):
    assert [repr(both[0].Child()) for _ in range(2)] == [repr(both[1].Child()) for _ in range(2)]


def test_fields_are_made_once(both):
    assert both[0].Frozen.__dataclass_fields__ is both[0].Frozen(1).__dataclass_fields__


def every_dataclass():
    for module in pkgutil.walk_packages(bundler.__path__, "clustrix_bundle.bundler."):
        if not module.name.endswith("_core"):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, type) and value.__module__ == module.name and "__dataclass_fields__" in value.__dict__:
                    yield value


def test_no_class_of_the_package_uses_what_is_left_out():
    found = list(every_dataclass())
    assert len(found) > 100
    for cls in found:
        assert not any(word in str(kind) for kind in cls.__annotations__.values() for word in ("ClassVar", "InitVar", "KW_ONLY"))
        assert not any("__dataclass_fields__" in base.__dict__ for base in cls.__bases__)
        assert len(dataclasses.fields(cls)) == len(cls.__annotations__)
