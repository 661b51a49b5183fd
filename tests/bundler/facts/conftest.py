import importlib.util
import textwrap

import pytest

from clustrix_bundle.bundler.facts.extract import extract_facts

HAS_CORE = importlib.util.find_spec("clustrix_bundle.bundler._core") is not None


@pytest.fixture(params=["libcst", pytest.param("core", marks=pytest.mark.skipif(not HAS_CORE, reason="the core is not built"))])
def read(request, monkeypatch):
    """Facts of a text, by each extractor there is."""
    monkeypatch.setenv("CLUSTRIX_EXTRACTOR", request.param)

    def read_facts(source):
        if isinstance(source, str):
            source = textwrap.dedent(source).encode()
        return extract_facts(source, "m.py")

    return read_facts
