"""Name patterns: agree with fnmatch of this Python where its rules are ours."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustrix_bundle.runtime.matching import has_magic, matcher, split_pattern, text_of

LETTERS = st.text(alphabet="ab.-!^]\\\n é", max_size=6)
PATTERNS = st.lists(
    st.one_of(
        st.sampled_from(
            ["*", "?", "**", "[", "]", "[!", "[ab]", "[!ab]", "[a-c]", "[c-a]", "[]a]", "[!]]", "[^a]", "[a-]", "[-a]", "[.-b]"]
        ),
        st.sampled_from("ab.-!^]\\\n é"),
    ),
    max_size=6,
).map("".join)


@given(LETTERS, PATTERNS)
def test_it_matches_what_fnmatch_matches(name: str, pattern: str) -> None:
    assert bool(matcher(pattern)(name)) == fnmatch.fnmatchcase(name, pattern)


@given(LETTERS)
def test_a_name_without_magic_matches_itself_alone(name: str) -> None:
    if not has_magic(name):
        assert matcher(name)(name)
        assert not matcher(name)(name + "x")


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("*", ["a", ".a", "a\nb", "\udcff"], []),
        ("*.csv", ["a.csv", ".csv", "a\n.csv"], ["a.CSV", "a.csv\n"]),
        ("a?c", ["abc", "a\nc", "a\udcffc"], ["ac", "abbc"]),
        ("[[]x]", ["[x]"], ["x"]),
        ("[z-a]", [], ["a", "z", "-", "m"]),
        ("[!z-a]", ["a", "-"], ["", "ab"]),
        ("[a-c-]", ["b", "-"], ["d"]),
        ("[a&&b||c~~d]", ["a", "&", "|", "~"], ["x"]),
        ("$(rm -rf *)", ["$(rm -rf x)"], ["x"]),
        ("a\\*b", ["a\\xb"], ["a*b"]),
    ],
)
def test_examples(pattern: str, matching: list[str], others: list[str]) -> None:
    assert [name for name in matching + others if matcher(pattern)(name)] == matching


def test_many_stars_take_no_exponential_time() -> None:
    assert not matcher("a*" * 60 + "b")("a" * 120)
    assert matcher("a*" * 60 + "b")("a" * 120 + "b")


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("a/b/*.csv", (["a/b", "*.csv"], False)),
        ("./a//b/", (["a/b"], True)),
        ("**/**/x", (["**", "x"], False)),
        ("*/**/a/b/[c]/.", (["*", "**", "a/b", "[c]"], True)),
        ("../x", (["../x"], False)),
        ("a**/b", (["a**", "b"], False)),
    ],
)
def test_patterns_are_split(pattern: str, parts: tuple[list[str], bool]) -> None:
    assert split_pattern(pattern) == parts


def test_what_can_not_be_a_pattern_is_refused() -> None:
    with pytest.raises(ValueError, match="relative"):
        split_pattern("/etc/*")
    with pytest.raises(ValueError, match="null"):
        text_of("a\0b")
    with pytest.raises(TypeError):
        text_of(b"a")
    with pytest.raises(TypeError):
        text_of(None)
