"""How a callable travels, and what of it and its arguments does."""

from __future__ import annotations

import functools
import json
import types

import pytest
from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.bundler.capture.live import take_apart
from clustrix_bundle.bundler.errors import TargetError


def _outer(n):
    def inner(x):
        return x + n

    return inner


class Model:
    def predict(self, x):
        return x


def _kind(func, **options):
    call = take_apart(func, None, None, **options)
    return call.kind, call.module, call.qualname


def test_what_its_module_has_under_its_name_is_found_there():
    assert _kind(json.dumps) == ("module", "json", "dumps")
    assert _kind(Model.predict) == ("module", __name__, "Model.predict")
    assert _kind(json.dumps, by_name=False) == ("value", "json", "dumps")


@pytest.mark.parametrize("func", [_outer(1), lambda x: x, Model().predict, functools.partial(_outer, 1)])
def test_what_no_name_leads_to_is_a_value(func):
    call = take_apart(func, None, None)
    assert call.kind == "value"
    assert call.entry


def test_a_definition_of_main_is_called_by_the_name_that_it_is_bound_to(monkeypatch):
    main = types.ModuleType("__main__")
    exec("def f(): pass\nclass C:\n    def m(self): pass\ng = lambda: 1", main.__dict__)
    monkeypatch.setitem(__import__("sys").modules, "__main__", main)
    defined = frozenset({"f", "C"})
    assert _kind(main.f, main_defined=defined) == ("main", "__main__", "f")
    assert _kind(main.C.m, main_defined=defined) == ("main", "__main__", "C.m")


def test_a_function_that_exec_made_is_refused():
    namespace = {}
    exec("def f(): pass", namespace)
    with pytest.raises(CaptureError, match="no source for 'f'"):
        take_apart(namespace["f"], None, None)


def test_an_argument_that_cannot_travel_is_named():
    with pytest.raises(CaptureError, match=r"argument 2 (\(.skipkeys.\) )?is a running generator"):
        take_apart(json.dumps, (1, (n for n in [1])), None)
    with pytest.raises(CaptureError, match="argument 'rows' is a running generator"):
        take_apart(json.dumps, None, {"rows": (n for n in [1])})


def test_definitions_of_the_callable_and_of_its_arguments_are_known_by_their_place():
    inner, other = _outer(1), _outer(2)
    call = take_apart(inner, (other, inner), None)
    assert {place[0] for place, value in call.captured.items() if value is inner} == {"values/entry.pkl"}
    assert {place[0] for place, value in call.captured.items() if value is other} == {"values/arguments.pkl"}


def test_what_cannot_be_called_is_no_target():
    with pytest.raises(TargetError):
        take_apart(3, None, None)
