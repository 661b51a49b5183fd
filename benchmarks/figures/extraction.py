"""What the facts of source files cost: the compiled core beside the extractor that stands on libcst, from memory."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import corpora
from harness import Benchmark, Contender, Figure, MissingPeerError, self_timed

EXTRACT = str(Path(__file__).resolve().parents[1] / "peers" / "extract.py")
EVERY = 40  # libcst reads one file of so many, as it would take minutes for the whole


def contenders() -> list[Contender]:
    """SymPy and Django."""
    if importlib.util.find_spec("clustrix_bundle.bundler._core") is None:
        raise MissingPeerError("the compiled core is not built")
    folder = corpora.real()
    files = corpora.listed("real", corpora.python_files(folder))
    fewer, scale, words = corpora.sampled(folder, "real", EVERY)
    return [
        Contender("core, all processors", self_timed([sys.executable, EXTRACT, "core-many", str(files)])),
        Contender("core, one by one", self_timed([sys.executable, EXTRACT, "core-each", str(files)])),
        Contender("libcst extractor", self_timed([sys.executable, EXTRACT, "libcst", str(fewer)]), scale, note=words),
    ]


LIBCST = ("libcst extractor",)
BENCHMARKS = (
    Benchmark(
        "extraction",
        contenders,
        (
            Figure("extraction", "facts of SymPy and Django, from memory", "core, all processors", LIBCST, 150.0, at_least=True),
            Figure("extraction-one", "the same, one file after the other", "core, one by one", LIBCST, at_least=True),
        ),
    ),
)
