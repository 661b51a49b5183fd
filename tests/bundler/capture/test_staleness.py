"""A function whose file was edited since it was loaded is told from one that is what its file says."""

from __future__ import annotations

import functools
import importlib
import sys

import pytest
from clustrix_bundle.bundler.capture.staleness import is_stale

TEXT = "import functools\n\ndef f(x):\n    return [y + 1 for y in x]\n\nclass C:\n    def m(self):\n        return 1\n"


@pytest.fixture
def lib(tmp_path, monkeypatch):
    (tmp_path / "staleness_lib.py").write_text(TEXT)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "staleness_lib", raising=False)
    yield importlib.import_module("staleness_lib")
    sys.modules.pop("staleness_lib", None)


def test_what_its_file_still_says_is_not_stale(lib):
    assert is_stale(lib.f, TEXT.encode(), lib.__file__) is None
    assert is_stale(lib.C.m, TEXT.encode() + b"\nmore = 1\n", lib.__file__) is None


def test_a_body_that_was_edited_is_stale_through_decorators_too(lib):
    edited = TEXT.replace("y + 1", "y + 2").encode()
    wrapped = functools.wraps(lib.f)(lambda *args: args)
    assert is_stale(lib.f, edited, lib.__file__) is lib.f
    assert is_stale(wrapped, edited, lib.__file__) is lib.f


def test_what_a_tool_rewrote_on_loading_is_not_called_stale():
    with open(__file__, "rb") as source:  # pytest has rewritten this function's assertions
        assert is_stale(test_what_a_tool_rewrote_on_loading_is_not_called_stale, source.read(), __file__) is None
