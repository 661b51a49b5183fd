"""A pattern that is compiled late is the pattern that `re.compile` makes."""

import re

import pytest

from clustrix_bundle.bundler.lazy_pattern import compile_lazily


def test_it_finds_what_the_compiled_one_finds():
    text, pattern = "a1 b22", r"([a-z])(\d+)"
    late, early = compile_lazily(pattern), re.compile(pattern)
    assert [found.groups() for found in late.finditer(text)] == [found.groups() for found in early.finditer(text)]
    assert late.sub("-", text) == early.sub("-", text)
    assert (late.match("B"), late.pattern, late.groups, late.flags) == (None, pattern, 2, early.flags)


def test_its_flags_count():
    assert compile_lazily("A", re.IGNORECASE).fullmatch("a")


def test_what_is_wrong_with_it_is_told_when_it_is_used():
    late = compile_lazily("(")
    with pytest.raises(re.error, match="unterminated"):
        late.match("a")
    with pytest.raises(AttributeError):
        compile_lazily("a").march("a")
