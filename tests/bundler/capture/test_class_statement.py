"""Local classes are made again with what their statement says beside the body."""

from __future__ import annotations

import abc
import dataclasses
import enum
import functools
import sys
import typing

import pytest
from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.bundler.capture.needs import Needs
from clustrix_bundle.bundler.capture.pickling import dump_stream
from clustrix_bundle.runtime import values

TAG = "global"


class Meta(type):
    def __new__(cls, name, bases, namespace, tag="none", **more):
        made = super().__new__(cls, name, bases, namespace)
        made.tag = (tag, more)
        return made

    def __init__(cls, name, bases, namespace, **options):
        super().__init__(name, bases, namespace)


class Base:
    def __init_subclass__(cls, key, **options):
        super().__init_subclass__(**options)
        cls.key = key


@pytest.fixture
def there(tmp_path):
    def carry(value):
        (tmp_path / "value.pkl").write_bytes(dump_stream(value, Needs()))
        return values.load_stream(str(tmp_path), "value.pkl")

    carry.folder = tmp_path
    return carry


def _make(word):
    class Tagged(metaclass=Meta, tag=TAG, size=(1, word)):
        def get(self):
            return word

    class Keyed(Base, key="k"):
        count = 0

    return Tagged, Keyed


def test_keywords_of_the_statement_reach_the_metaclass_and_the_base(there):
    tagged, keyed = _make("w")
    keyed.count = 3
    far_tagged, far_keyed = there((tagged, keyed))
    assert far_tagged.tag == ("global", {"size": (1, "w")})
    assert (far_keyed.key, far_keyed.count) == ("k", 3)


def test_a_keyword_that_nothing_holds_any_more_is_refused_with_its_line(there):
    def make(key):
        class Keyed(Base, key=key):
            pass

        return Keyed

    with pytest.raises(CaptureError, match=r"test_class_statement.py:\d+: class .*Keyed is made with `key=key`"):
        there(make("x"))


def test_installed_decorators_do_there_what_they_did_here(there):
    @functools.total_ordering
    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class Point:
        x: int
        tags: list = dataclasses.field(default_factory=list)

        def __lt__(self, other):
            return self.x < other.x

    @typing.runtime_checkable
    class Named(typing.Protocol):
        name: str

    far, named, point = there((Point, Named, Point(x=3)))
    assert isinstance(point, far)
    assert (point.x, point.tags, far(x=2) <= point, hasattr(point, "__dict__")) == (3, [], True, False)
    with pytest.raises(TypeError):
        far(2)
    assert isinstance(type("N", (), {"name": "n"})(), named)


def test_a_method_put_in_anothers_place_by_the_users_decorator_is_there_too(there):
    def loud(cls):
        quiet = cls.say

        def say(self):
            return quiet(self).upper()

        cls.say = say
        return cls

    @loud
    class Voice:
        def say(self):
            return "hi"

    assert there(Voice)().say() == "HI"


def test_a_bound_method_of_a_class_made_of_its_parts_is_bound_there(there):
    def make(default):
        class Field:
            def __init__(self, value):
                self.value = value

            def __get__(self, obj, owner=None):
                return self.value

        class Model:
            a = Field(default)

            def get(self):
                return self.a

        return Model()

    assert there(make(4).get)() == 4


def test_what_was_registered_with_a_local_abc_is_there_too(there):
    class Shape(abc.ABC):
        pass

    class Round:
        pass

    Shape.register(Round)
    shape, round_ = there((Shape, Round))
    assert isinstance(round_(), shape)


def test_what_a_body_reads_as_it_runs_is_there_before_it_does(there):
    def make(words, options):
        class Words:
            ordered = sorted(words)
            size = options["size"]

            def all(self):
                return words, options, self.ordered

        return Words

    far = there(make(["b", "a"], {"size": 4}))
    assert (far.size, far().all()) == (4, (["b", "a"], {"size": 4}, ["a", "b"]))


def test_a_class_in_what_its_own_body_reads_is_refused(there):
    def make():
        known = {}

        class Known:
            size = len(known)

            def all(self):
                return known

        known["a"] = Known
        return Known

    with pytest.raises(CaptureError, match=r"Known is in what its body reads while it runs \(known\)"):
        there(make())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="its syntax")
def test_a_local_class_with_type_parameters_has_them_there(there):
    text = "def make():\n    class Pair[K, V]:\n        def both(self, k: K, v: V): return k, v\n    return Pair\n"
    file = there.folder / "pairs.py"
    file.write_text(text)
    exec(compile(text, str(file), "exec"), (namespace := {"__name__": __name__}))
    pair = namespace["make"]()
    far = there(pair)
    assert (far[int, str]().both(1, "a"), [one.__name__ for one in far.__type_params__]) == ((1, "a"), ["K", "V"])


def test_a_class_that_was_defined_anew_since_is_made_of_what_it_holds(there):
    def make(*, first):
        if first:

            class Level(enum.Enum):
                LOW = 1

        else:

            class Level(enum.Enum):
                LOW = 5

        return Level

    old, new = make(first=True), make(first=False)
    low = there(old.LOW)
    assert (low.value, there(new).LOW.value, type(low)(1) is low) == (1, 5, True)


def test_a_plain_class_without_source_is_made_of_what_it_holds(there):
    made = type("Made", (), {"value": 3, "twice": lambda self: self.value * 2})
    assert there(made()).twice() == 6
