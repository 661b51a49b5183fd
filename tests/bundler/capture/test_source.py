"""The definition of a live function is found in its source, the right one of several on a line."""

from __future__ import annotations

import linecache

import pytest
from clustrix_bundle.bundler.capture.errors import SourceGoneError
from clustrix_bundle.bundler.capture.source import find_definition
from clustrix_bundle.runtime import definitions


def _again(function):
    found = find_definition(function.__code__)
    return definitions.follow(definitions.compile_definition(found.text, found.line, found.filename, found.flags), found.path)


def test_each_of_several_lambdas_on_a_line_is_found():
    pair = (lambda x: x + 1, lambda x: x * 2, [lambda x: x - 3 for _ in "a"][0])  # fmt: skip
    assert [_again(function) == function.__code__ for function in pair] == [True, True, True]


def test_a_definition_keeps_its_lines_and_its_future():
    def inner():
        return 1

    code = _again(inner)
    assert (code.co_firstlineno, code.co_flags) == (inner.__code__.co_firstlineno, inner.__code__.co_flags)


def test_source_that_has_changed_since_is_refused(tmp_path):
    path = tmp_path / "m.py"
    path.write_text("def f(a):\n    return a\n")
    namespace: dict[str, object] = {}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    path.write_text("def g(a, b):\n    return a\n")
    with pytest.raises(SourceGoneError, match="no longer what was loaded"):
        find_definition(namespace["f"].__code__)


def test_a_function_of_exec_has_no_source():
    namespace: dict[str, object] = {}
    exec("def f(): pass", namespace)
    with pytest.raises(SourceGoneError, match="made by exec"):
        find_definition(namespace["f"].__code__)


def test_what_a_notebook_left_in_linecache_is_source():
    text = "def f(a):\n    return a\n"
    name = "<ipython-input-77-of-test>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace: dict[str, object] = {}
    exec(compile(text, name, "exec"), namespace)
    try:
        assert find_definition(namespace["f"].__code__).text == text
    finally:
        del linecache.cache[name]
