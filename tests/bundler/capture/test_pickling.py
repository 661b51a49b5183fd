"""What travels by value is found again: functions and classes by definition, paths below the job's tree."""

from __future__ import annotations

import enum
import functools
import pathlib
import threading
import typing

import pytest
from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.bundler.capture.needs import Needs
from clustrix_bundle.bundler.capture.pickling import dump_stream
from clustrix_bundle.runtime import values


@pytest.fixture
def there(tmp_path):
    """Carries a value through a values file, as a job whose tree is ``tmp_path``."""

    def carry(value, needs=None, fills=()):
        (tmp_path / "value.pkl").write_bytes(dump_stream(value, needs or Needs(), fills))
        return values.load_stream(str(tmp_path), "value.pkl")

    return carry


def test_functions_that_share_a_cell_share_it_there(there):
    count = 5

    def bump():
        nonlocal count
        count += 1

    def read():
        return count

    far_bump, far_read = there((bump, read))
    far_bump()
    assert (far_read(), read()) == (6, 5)


def test_a_local_class_whose_body_reads_a_variable_is_made_of_its_parts(there):
    def make(size):
        class Colour(enum.Enum):
            RED = size

            def twice(self):
                return self.value * 2

        class Box:
            width = size

            def area(self):
                return self.width**2

        return Colour, Box

    colour, box = there(make(4))
    assert (colour.RED.twice(), colour(4) is colour.RED, box().area(), box.__qualname__.endswith("make.<locals>.Box")) == (
        8,
        True,
        16,
        True,
    )


def test_a_local_dataclass_whose_body_reads_a_variable_is_refused_by_name(there):
    import dataclasses

    def make(size):
        @dataclasses.dataclass
        class Box:
            width: int = size

        return Box

    with pytest.raises(CaptureError, match="Box reads size"):
        there(make(4))


def test_a_cached_recursive_function_travels_with_an_empty_cache(there):
    def make():
        @functools.lru_cache(maxsize=7)
        def fib(n):
            return n if n < 2 else fib(n - 1) + fib(n - 2)

        return fib

    fib = make()
    fib(5)
    far = there(fib)
    assert (far.cache_info().currsize, far(20), far.cache_info().maxsize) == (0, 6765, 7)


@pytest.mark.parametrize("kind", [str, pathlib.PurePosixPath, pathlib.Path])
def test_a_path_of_the_project_is_one_of_the_jobs_tree_there(there, tmp_path, kind):
    needs = Needs(roots=("/home/ann/proj",))
    inside, root, beside = there([kind("/home/ann/proj/data/a.csv"), kind("/home/ann/proj"), kind("/home/ann/project2/x")], needs)
    assert (inside, root, beside) == (
        kind(str(tmp_path / "project/data/a.csv")),
        kind(str(tmp_path / "project")),
        kind("/home/ann/project2/x"),
    )
    assert needs.paths == {"data/a.csv", ""}


def test_the_projects_path_is_nowhere_in_the_pickle(tmp_path):
    content = dump_stream({"/home/ann/proj/k": [pathlib.Path("/home/ann/proj/v")]}, Needs(roots=("/home/ann/proj",)))
    assert b"ann" not in content


def test_a_lock_arrives_unlocked_and_a_held_one_is_refused(there):
    lock = threading.Lock()
    assert not there(lock).locked()
    assert b"allocate_lock" in dump_stream(lock, Needs())
    with lock, pytest.raises(CaptureError, match="held"):
        there(lock)


def test_a_type_variable_of_a_function_is_made_again(there):
    def make():
        item = typing.TypeVar("item")
        return lambda: item.__name__

    assert there(make())() == "item"


def test_an_unknown_reference_in_a_values_file_is_refused(tmp_path):
    import pickle

    class Strange(pickle.Pickler):
        def persistent_id(self, obj):
            return ("socket", 1) if obj == "x" else None

    with open(tmp_path / "value.pkl", "wb") as stream:
        Strange(stream, 4).dump("x")
    with pytest.raises(pickle.UnpicklingError, match="socket"):
        values.load_stream(str(tmp_path), "value.pkl")
