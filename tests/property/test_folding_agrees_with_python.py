"""Folding a constant expression gives what Python gives; a pattern matches whatever its holes hold."""

from __future__ import annotations

import glob as globs
import os
import posixpath
import re
from fnmatch import translate
from pathlib import PurePosixPath

from clustrix_bundle.bundler.facts.extract import extract_facts
from clustrix_bundle.bundler.analysis.world import LoadedModule
from clustrix_bundle.bundler.folding import pattern
from clustrix_bundle.bundler.folding.fold import Folder
from clustrix_bundle.bundler.folding.value import ANY, STAR, Number, Text, literal, text
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pathlib import Path

words = st.text(st.sampled_from("ab.-_/ %é{}"), max_size=6)
plain = st.text(st.sampled_from("abc._-"), min_size=1, max_size=5)


def strings(children):
    return st.one_of(
        st.tuples(children, children).map(lambda pair: f"({pair[0]} + {pair[1]})"),
        st.lists(children, max_size=3).map(lambda parts: f"'/'.join([{', '.join(parts)}])"),
        st.lists(children, min_size=1, max_size=3).map(lambda parts: f"os.path.join({', '.join(parts)})"),
        children.map(lambda part: f"os.path.dirname({part})"),
        children.map(lambda part: f"os.path.basename({part})"),
        children.map(lambda part: f"os.path.splitext({part})[0]"),
        children.map(lambda part: f"str(Path({part}))"),
        st.tuples(children, plain).map(lambda pair: f"str(Path({pair[0]}) / {pair[1]!r})"),
        children.map(lambda part: f"{part}.replace('a', 'b').upper()"),
        children.map(lambda part: f"{part}.rsplit('.', 1)[0]"),
        children.map(lambda part: f"('%s-%03d' % ({part}, 7))"),
        children.map(lambda part: "'{}{:>4}{x}'.format(%s, 5, x='q')" % part),
        children.map(lambda part: f"f'{{{part}}}.csv'" if "'" not in part and '"' not in part else part),
        st.tuples(children, children).map(lambda pair: f"{{'k': {pair[0]}, 'l': {pair[1]}}}['l']"),
        st.tuples(children, children).map(lambda pair: f"[{pair[0]}, {pair[1]}][-1]"),
    )


expressions = st.recursive(words.map(repr), strings, max_leaves=6)


class Nothing:
    """A world of one module."""

    root = cwd = Path("/nowhere")
    source_roots = ()
    entry = ("", "")

    def __init__(self, module):
        self.module = module

    def locate(self, name):
        return None

    def load(self, name):
        return self.module if name == "m" else None

    def may_mention(self, module, wanted):
        return True

    def callee_names(self, first):
        return [], 0

    def callees_named(self, names, first):
        return []

    def using(self, callees):
        return []

    def may_hold(self, module, text):
        return text in module.source

    def mentioning(self, name):
        return [self.module]

    def calling(self, name):
        return [self.module]

    def reading(self, name):
        return [self.module]

    def submodules(self, name):
        return []

    def reached(self):
        return [self.module]

    def shipped_files(self):
        return []


@settings(max_examples=150, deadline=None)
@given(expressions)
@example("os.path.basename(os.path.join('_', '').rsplit('.', 1)[0])")
def test_a_constant_expression_folds_to_its_value(expression):
    """The oracle is Python itself: ``eval`` of the expression."""
    try:
        expected = eval(expression, {"os": os, "Path": PurePosixPath})
    except (ValueError, IndexError, KeyError):
        return
    source = f"import os\nfrom pathlib import PurePosixPath as Path\nX = {expression}\n".encode()
    module = LoadedModule("m", Path("/nowhere/m.py"), "", is_package=False, source=source, facts=extract_facts(source, "m.py"))
    folder = Folder(Nothing(module))
    folder.renew()
    binding = module.facts.bindings[0]
    found = folder.evaluate(binding.value, folder.place(module, binding))
    assert len(found) == 1
    value = found[0]
    assert isinstance(value, (Text, Number)) is isinstance(expected, (str, int))
    constant = value.constant
    assert constant is None or same_path_or_text(constant, expected)
    assert pattern.matches(value, expected) or constant is not None


def same_path_or_text(found, expected):
    """Equal, but for spellings of one path: `pathlib` drops ``.`` and doubled slashes when a path is made, folding when it is used."""
    return found == expected or posixpath.normpath(found or ".") == posixpath.normpath(expected or ".")


@given(st.lists(st.one_of(plain, st.just(ANY), st.just(STAR)), max_size=5), st.data())
def test_a_pattern_matches_every_filling_of_its_holes(parts, data):
    value = text(parts)
    filled = []
    for part in value.parts:
        alphabet = "abc._-" if part == STAR else "abc._-/"
        filled.append(part if isinstance(part, str) else data.draw(st.text(st.sampled_from(alphabet), max_size=5)))
    assert pattern.matches(value, "".join(filled))


@given(st.lists(st.one_of(plain, st.sampled_from(["*", "?", "[ab]", "[!a]"])), min_size=1, max_size=4).map("".join), plain)
def test_a_glob_as_a_pattern_covers_what_fnmatch_matches(wildcard, name):
    if re.compile(translate(wildcard)).fullmatch(name):
        assert pattern.matches(pattern.from_glob(literal(wildcard)), name)


@given(plain)
def test_an_escaped_glob_is_a_constant(name):
    assert pattern.from_glob(literal(globs.escape(name))).constant == name


@given(st.lists(st.sampled_from(["a", "b", "..", ".", ""]), min_size=1, max_size=6).map("/".join))
def test_normal_paths_agree_with_posixpath(path):
    assert pattern.normal(literal(path)).constant == posixpath.normpath(path).replace("//", "/")
