"""Instances of own classes arrive whole where pickle alone would lose something of them."""

from __future__ import annotations

import collections
import datetime
import random
import sys

import pytest
from clustrix_bundle.bundler.capture.needs import Needs
from clustrix_bundle.bundler.capture.pickling import dump_stream
from clustrix_bundle.runtime import values


class Named(collections.defaultdict):
    pass


class Tally(collections.Counter):
    pass


class Day(datetime.date):
    pass


class HTTPError(ValueError):
    def __init__(self, code, url):
        super().__init__(f"{code} at {url}")
        self.code = code


class Proxy:
    def __init__(self, inner):
        self._inner = inner

    def __getattr__(self, name):
        return getattr(self._inner, name)


class Marker:
    def __reduce__(self):
        return "MARKER"


MARKER = Marker()


@pytest.fixture
def there(tmp_path):
    def carry(value, needs=None):
        (tmp_path / "value.pkl").write_bytes(dump_stream(value, needs or Needs()))
        return values.load_stream(str(tmp_path), "value.pkl")

    return carry


@pytest.mark.parametrize("value", [Named(list, a=[1]), Tally("aab"), Day(2020, 1, 2)])
def test_attributes_that_a_builtin_base_forgets_are_kept(there, value):
    value.note = [value]
    far = there(value)
    assert (far, type(far)) == (value, type(value))
    assert far.note[0] is far


def test_an_exception_is_made_without_its_own_init(there):
    far = there(HTTPError(404, "x"))
    assert (type(far), far.args, far.code) == (HTTPError, ("404 at x",), 404)


def test_an_instance_whose_getattr_leans_on_what_it_holds_arrives(there):
    proxy = Proxy([3, 1])
    far = there({"p": proxy, "q": proxy})
    assert (far["p"].index(1), far["p"] is far["q"]) == (1, True)


def test_what_an_instance_says_that_it_is_called_is_needed(there):
    needs = Needs()
    assert there([MARKER], needs) == [MARKER]
    assert __name__ in needs.modules


def test_the_systems_entropy_is_that_of_the_job(there):
    assert 0 <= there(random.SystemRandom()).random() < 1


class Link:
    def __init__(self, after):
        self.after = after


@pytest.mark.parametrize(("wrap", "unwrap"), [(lambda item: [item], lambda item: item[0]), (Link, lambda item: item.after)])
def test_what_is_nested_deeper_than_c_allows_arrives(there, wrap, unwrap):
    deep, limit = None, sys.getrecursionlimit()
    for _ in range(20_000):
        deep = wrap(deep)
    far, depth = there(deep), 0
    while far is not None:
        far, depth = unwrap(far), depth + 1
    assert (depth, sys.getrecursionlimit()) == (20_000, limit)


def test_a_class_of_an_installed_submodule_that_nobody_imported_is_found_by_its_name(there, monkeypatch):
    recarray = pytest.importorskip("numpy").rec.recarray
    monkeypatch.delitem(sys.modules, recarray.__module__, raising=False)
    assert there(recarray) is recarray
