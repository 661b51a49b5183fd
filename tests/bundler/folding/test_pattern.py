"""Texts with holes as paths."""

import pytest
from clustrix_bundle.bundler.folding import pattern
from clustrix_bundle.bundler.folding.value import ANY, HOME, STAR, generalise, literal, text


@pytest.mark.parametrize(
    ("glob", "parts"),
    [
        ("a/*.csv", ("a/", STAR, ".csv")),
        ("**/x", (pattern.DEEP, "/x")),
        ("a?[0-9].t", ("a", STAR, ".t")),
        ("a[*]b", ("a*b",)),
    ],
)
def test_wildcards_are_holes(glob, parts):
    assert pattern.from_glob(literal(glob)).parts == parts


def test_a_hole_does_not_stop_the_parent():
    assert pattern.parent(text(("a/", ANY, ".csv"))).parts == ("a",)
    assert pattern.dirname(text(("a/b/", ANY))).parts == ("a/b",)


def test_an_outside_folder_stays_outside():
    assert pattern.is_absolute(pattern.join(text((HOME,)), literal("x")))
    assert pattern.join(literal("a"), text((HOME, "/x"))).parts == (HOME, "/x")


def test_dots_are_resolved_around_holes():
    assert pattern.normal(text(("a/../b/", ANY, "/./c"))).parts == ("b/", ANY, "/c")


def test_an_extension_may_hide_in_a_hole():
    assert pattern.split_extension(text(("a/", ANY)))[0].parts == ("a/", ANY)
    assert pattern.split_extension(text((ANY, ".tar.gz")))[1].parts == (".gz",)


def test_many_texts_are_summed_up_by_what_they_share():
    assert generalise((literal("data/a.csv"), literal("data/bb.csv"))) == (text(("data/", ANY, ".csv")),)
    assert generalise((literal("aa"), literal("aaa"))) == (text(("aa", ANY)),)
