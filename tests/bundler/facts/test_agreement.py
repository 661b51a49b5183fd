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
    ],
    ids=range(6),
)
def test_extractors_agree_on_what_fuzzers_found(source, monkeypatch):
    assert read_by("core", source, monkeypatch) == read_by("libcst", source, monkeypatch)


def test_async_at_the_end_of_a_line_is_an_error_of_the_slower_extractor_alone(monkeypatch):
    source = b"a = 1\nb = [c async\n for c in d]\n"
    assert (
        read_by("libcst", source, monkeypatch) == "m.py:2: cannot be read as Python: 'async' cannot be read where it ends a line"
    )
    assert b'"comp"' in read_by("core", source, monkeypatch)
