"""Sources on which the two extractors once differed, or of which one died; most were found by the programs in ``fuzz/``."""

import pytest

from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.facts.extract import extract_facts

pytest.importorskip("clustrix_bundle.bundler._core", reason="the compiled core is not built")


def read_by(extractor, source, monkeypatch):
    monkeypatch.setenv("CLUSTRIX_EXTRACTOR", extractor)
    try:
        return extract_facts(source, "m.py").to_json()
    except SourceError as error:
        return str(error)


@pytest.mark.parametrize(
    "source",
    [
        b"a, = *b = c = d, e",
        b"try: a\nexcept f'{(B, B)}' : g",
        b"try: a\nexcept B : g\n\x0cb",
        b"a; " * 3_000,
        "é; ".encode() * 300,
        b"def f(a):\n    global a, b\n    del a, b",
        b"#coding:latin\xff\n\nlainong\xff",
    ],
    ids=range(7),
)
def test_extractors_agree_on_what_fuzzers_found(source, monkeypatch):
    assert read_by("core", source, monkeypatch) == read_by("libcst", source, monkeypatch)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"a = 1\nb = [c async\n for c in d]\n", "'async' cannot be read where it ends a line"),
        (b"def f():\n    return(lambda: g)\n", "a space is needed between 'return' and the bracket before 'lambda'"),
        (b"a\nb = not(lambda: g)()\n", "a space is needed between 'not' and the bracket before 'lambda'"),
    ],
)
def test_what_libcst_fails_on_is_an_error_of_the_slower_extractor_alone(source, words, monkeypatch):
    assert read_by("libcst", source, monkeypatch) == f"m.py:2: cannot be read as Python: {words}"
    assert isinstance(read_by("core", source, monkeypatch), bytes)
