"""The runtime's JSON reads what `json` reads, and what it writes `json` reads back; ``exact`` says whether as equal values of the same types."""

import collections
import enum
import json
import math

import pytest
from clustrix_bundle.runtime import json_text
from hypothesis import given
from hypothesis import strategies as st

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
Pair = collections.namedtuple("Pair", "a b")


class Number(enum.IntEnum):
    ONE = 1


odd = st.recursive(
    plain | st.sampled_from([math.nan, Number.ONE, b"x", {1}, Pair(1, 2), 1j]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(
            st.text(max_size=2) | st.integers(0, 3) | st.none() | st.booleans() | st.floats(0, 1), inner, max_size=3
        )
    ),
    max_leaves=10,
)


def _same(one, other):
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other and str(one) == str(other)  # -0.0


@given(plain)
def test_what_json_holds_comes_back_the_same(value):
    text, exact = json_text.render(value)
    assert exact and text.isascii() and "\n" not in text
    assert _same(json.loads(text), value)
    assert _same(json_text.parse(text), value)


@given(odd)
def test_exact_is_said_of_what_comes_back_the_same_and_of_nothing_else(value):
    try:
        text, exact = json_text.render(value)
    except json_text.NotJSONError:
        try:
            loose = json.dumps(value)
        except TypeError:
            return
        with pytest.raises(ValueError, match="twice"):
            json.loads(loose, object_pairs_hook=_distinct)
        return
    back = json.loads(text, parse_constant={"NaN": math.nan}.__getitem__)
    assert exact is _same(back, value)


def _distinct(pairs):
    """Refuse an object that has a key twice, as `json.dumps` writes for 1 and "1"."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


@given(plain, st.sampled_from(["", " ", "\n\t "]), st.booleans())
def test_any_json_text_is_read_as_json_does(value, space, ascii_only):
    text = space + json.dumps(value, ensure_ascii=ascii_only, indent=1) + space
    assert _same(json_text.parse(text), json.loads(text))


@given(st.text('[]{}",:0123456789.eE+-truefalsn \\u', max_size=12))
def test_what_json_refuses_is_refused(text):
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(ValueError):
            json_text.parse(text)
    else:
        assert _same(json_text.parse(text), expected)


def test_a_value_that_holds_itself_is_refused_with_its_place():
    loop = {"a": []}
    loop["a"].append(loop)
    with pytest.raises(json_text.NotJSONError, match=r"\['a'\]\[0\]"):
        json_text.render(loop)
    deep = []
    for _ in range(10**5):
        deep = [deep]
    with pytest.raises(json_text.NotJSONError, match="deep"):
        json_text.render(deep)
