"""Annotations of functions that travel by definition: those that bring nothing along."""

from __future__ import annotations

import argparse
import decimal
import typing

import pytest
from clustrix_bundle.bundler.capture.annotations import travelling_annotations
from clustrix_bundle.bundler.capture.needs import Needs
from clustrix_bundle.bundler.capture.pickling import dump_stream
from clustrix_bundle.runtime import values


class Own:
    pass


def _annotated(**annotations):
    def function(a, b):
        return a, b

    function.__annotations__ = annotations
    return function


def test_they_are_there_as_they_were(tmp_path):
    given = {"a": int, "b": "Own | None", "return": typing.Optional[typing.List[Own]]}  # noqa: UP006, UP045 - older Pythons know them
    (tmp_path / "value.pkl").write_bytes(dump_stream(_annotated(**given), Needs()))
    assert values.load_stream(str(tmp_path), "value.pkl").__annotations__ == given


@pytest.mark.parametrize(
    "annotation",
    [None, decimal.Decimal, typing.Any, typing.Callable[[int], str], typing.Callable[..., Own], list[int], argparse.Namespace],
)
def test_standard_types_and_own_ones_travel(annotation):
    assert travelling_annotations(_annotated(a=annotation)) == {"a": annotation}


def test_types_of_installed_packages_and_what_no_name_leads_to_stay():
    class Local:
        pass

    assert travelling_annotations(_annotated(a=pytest.Item, b=Local, c=list[pytest.Item], d=3, e=int)) == {"e": int}


def test_a_local_class_that_the_function_holds_travels():
    class Local:
        pass

    def function(a):
        return Local

    function.__annotations__ = {"a": Local}
    assert travelling_annotations(function) == {"a": Local}
