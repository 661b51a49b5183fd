"""Operators over alternatives."""

import pytest
from clustrix_bundle.bundler.folding.operators import binary, negative
from clustrix_bundle.bundler.folding.value import OPEN, UNKNOWN, Constant, Mapping, Number, Sequence, literal


@pytest.mark.parametrize(
    ("operator", "left", "right", "result"),
    [
        ("+", literal("a"), literal("b"), (literal("ab"),)),
        ("+", Number(2), Number(3), (Number(5),)),
        ("-", Number(2), Number(3), (Number(-1),)),
        ("//", Number(7), Number(2), (Number(3),)),
        ("//", Number(7), Number(0), OPEN),
        ("*", literal("ab"), Number(2), (literal("abab"),)),
        ("*", Number(10**16), Number(2), OPEN),
        ("%", Number(7), Number(2), OPEN),
        ("%", literal("x%02d"), Number(2), (literal("x02"),)),
        ("+", UNKNOWN, Number(1), OPEN),
        ("+", Constant("None"), literal("a"), OPEN),
        ("/", UNKNOWN, Number(2), OPEN),
        ("%", Constant("None"), literal("a"), OPEN),
    ],
)
def test_operators_of_two_values(operator, left, right, result):
    assert binary(operator, (left,), (right,)) == result


def test_a_number_among_texts_is_no_part_of_a_text():
    assert binary("+", (literal("a"), Number(1)), (literal("b"), Number(2))) == (literal("ab"),)
    assert binary("%", (literal("%s"), Number(1)), (literal("b"),)) == (literal("b"),)


def test_a_path_takes_no_constant_and_no_number_before_the_slash():
    (joined,) = binary("/", (literal("a"), Number(1)), (literal("b"), Constant("None")))
    assert joined.path
    assert joined.constant == "a/b"


def test_mappings_are_merged_only_where_all_are_mappings():
    one, other = (Mapping((((literal(key),), (Number(1),)),)) for key in "ab")
    assert binary("|", (one,), (other,)) == (Mapping((*one.items, *other.items)),)
    assert binary("|", (one,), OPEN) == (one, UNKNOWN)


def test_a_list_and_what_is_unknown_keep_the_items_that_are_known():
    (grown,) = binary("+", (Sequence(((literal("a"),),)),), OPEN)
    assert grown == Sequence(((literal("a"),),), OPEN)


def test_numbers_alone_have_a_negative():
    assert negative((Number(2), literal("a"))) == (Number(-2), UNKNOWN)
