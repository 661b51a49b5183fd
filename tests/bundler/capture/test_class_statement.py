"""Local classes are made again with what their statement says beside the body."""

from __future__ import annotations

import dataclasses
import functools
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
