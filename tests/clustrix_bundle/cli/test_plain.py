"""A line that is read as plain says what click reads in it; what click refuses is never plain."""

import click
import pytest
from clustrix_bundle.cli.build import build_command
from clustrix_bundle.cli.options import click_command
from hypothesis import given, settings
from hypothesis import strategies as st

WORDS = st.sampled_from(
    [*(name for option in build_command.options for name in option.names), "pkg.mod:f", "a", "", "-", "--", "-x", "--output=a"]
    + ["-oa", "widen", ".", "--help", "--no-json", "{}", "é\udcff"]
)
PLAIN = ["pkg.mod:f", "-o", "out", "--include", "a/*", "--include", "b", "--json", "--max-file-size", "1 MB"]


def as_click_reads(words):
    """The parameters, or None where click has something to say."""
    try:
        return click_command(build_command).make_context("build", list(words)).params
    except (click.ClickException, click.exceptions.Exit):
        return None


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=6))
def test_a_plain_line_is_what_click_reads(words):
    given = build_command.read_plain(words)
    assert given is None or given == as_click_reads(words)


@pytest.mark.parametrize("words", [PLAIN[:1], PLAIN, ["-o", "out", "pkg.mod:f"]], ids=" ".join)
def test_usual_lines_are_plain(words):
    assert build_command.read_plain(words) == as_click_reads(words) is not None


@pytest.mark.parametrize("option", [option for option in build_command.options if not option.is_plain], ids=lambda o: o.parameter)
def test_what_is_checked_is_left_to_click(option):
    value = ["x"] if option.default is not False else []
    assert build_command.read_plain(["pkg.mod:f", option.names[0], *value]) is None
