import ast
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustrix_bundle.bundler.facts.literals import LiteralError, literal_value, template_text


def by_python(token):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.literal_eval(token)


PIECES = st.sampled_from(
    [
        "a",
        "é",
        "\\n",
        "\\\n",
        "\\0",
        "\\12",
        "\\777",
        "\\x41",
        "\\u00e9",
        "\\U0001f600",
        "\\N{DASH}",
        "\\d",
        "\\\\",
        "\\'",
        "{",
        "\\N{BULLET}",
        "\\ud800",
    ]
)


@given(st.lists(PIECES), st.sampled_from(["", "r", "u", "R"]), st.sampled_from(["'", '"', "'''"]))
def test_strings_are_worth_what_python_says(pieces, prefix, quote):
    token = prefix + quote + "".join(pieces) + quote
    try:
        expected = by_python(token)
    except SyntaxError:
        return
    assert literal_value(token) == ("str", expected)


@given(st.lists(PIECES.filter(str.isascii)), st.sampled_from(["b", "rb", "Br"]))
def test_bytes_are_worth_what_python_says(pieces, prefix):
    token = prefix + "'''" + "".join(pieces) + "'''"
    try:
        expected = by_python(token)
    except (SyntaxError, ValueError):
        return
    assert literal_value(token) == ("bytes", expected.decode("latin-1"))


@pytest.mark.parametrize("token", [r"'\x1'", r"'\u12'", r"'\U00110000'", r"'\N{NO SUCH THING}'", r"'\N'", r"b'\x'", "b'é'"])
def test_escapes_that_python_refuses_are_refused(token):
    with pytest.raises(SyntaxError):
        by_python(token)
    with pytest.raises(LiteralError):
        literal_value(token)


@pytest.mark.parametrize("written", ["a{{b}}", "\\{{", "\\N{BULLET}{{", "{{{{}}", "\\x41}}"])
@pytest.mark.parametrize("raw", [False, True])
def test_literal_parts_of_f_strings_are_worth_what_python_says(written, raw):
    if raw and "N{" in written:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = eval(("rf" if raw else "f") + f"'{written}'")
    assert template_text(written, raw=raw) == expected
