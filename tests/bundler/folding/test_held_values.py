"""Plain data of a running program folds as what it is; paths in the project are anchored, and what is no data is left open."""

from __future__ import annotations

import argparse
from pathlib import Path

from clustrix_bundle.bundler.folding.held_values import held_values
from clustrix_bundle.bundler.folding.value import OPEN, Instance, Mapping, Number, Sequence, Text, literal


def test_plain_data_is_held_as_it_is():
    items = {"n": 3, "rows": ["a", object()], "options": argparse.Namespace(out="runs"), "model": object()}
    assert held_values(items.items(), ()) == {
        "n": (Number(3),),
        "rows": (Sequence(((literal("a"),), OPEN)),),
        "options": (Mapping((((literal("out"),), (literal("runs"),)),)),),
    }


def test_paths_below_the_project_are_anchored_and_others_are_not():
    found = held_values([("a", "/p/x"), ("b", Path("/p")), ("c", "/px"), ("d", Path("x"))], ("/p",))
    assert found == {
        "a": (Text(("/p/x",), anchored=True),),
        "b": (Text(("/p",), path=True, anchored=True),),
        "c": (Text(("/px",)),),
        "d": (Text(("x",), path=True),),
    }


def test_attributes_of_own_instances_are_told_by_class_and_attribute():
    class Base:
        __slots__ = ("first", "unset")

    class Loader(Base):
        def __init__(self):
            self.first, self.folder, self.again = "a", "data", self

    numbers = {Base: 1, Loader: 2}
    found = held_values([("loader", Loader())], (), lambda kind: Instance("m", numbers[kind]) if kind in numbers else None)
    assert found["loader"] == (Instance("m", 2),)
    assert found["m:1.folder"] == found["m:2.folder"] == (literal("data"),)
    assert found["m:2.first"] == (literal("a"),)
    assert found["m:2.again"] == (Instance("m", 2),)
    assert "m:1.unset" not in found
