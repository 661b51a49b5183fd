"""What the facts of source files cost: the compiled core beside the extractor that stands on libcst, in one process."""

from __future__ import annotations

import os
from collections.abc import Sequence

import corpora
from harness import Benchmark, Contender, Figure, MissingPeerError, in_process

EVERY = 40  # libcst reads one file of so many, as it would take minutes for the whole


def core_many(sources: Sequence[bytes]) -> None:
    """The core, all files at once on all processors."""
    from clustrix_bundle.bundler import _core  # noqa: PLC0415 (it may not be built)

    _core.extract_many(sources)


def core_each(sources: Sequence[bytes]) -> None:
    """The core, one file after the other."""
    from clustrix_bundle.bundler import _core  # noqa: PLC0415

    for source in sources:
        _core.extract_facts(source)


def libcst_each(sources: Sequence[bytes]) -> None:
    """The libcst extractor."""
    from clustrix_bundle.bundler.facts.extract import extract_facts  # noqa: PLC0415

    os.environ["CLUSTRIX_EXTRACTOR"] = "libcst"
    try:
        for source in sources:
            extract_facts(source, "").to_json()
    finally:
        del os.environ["CLUSTRIX_EXTRACTOR"]


def contenders() -> list[Contender]:
    """SymPy and Django as bytes in memory."""
    from clustrix_bundle.bundler.facts.extract import extractor_name  # noqa: PLC0415

    if extractor_name() != "core":
        raise MissingPeerError("the compiled core is not built")
    sources = [path.read_bytes() for path in corpora.python_files(corpora.real())]
    sample = sources[EVERY // 2 :: EVERY]
    scale = sum(map(len, sources)) / sum(map(len, sample))
    return [
        Contender("core, all processors", in_process(lambda: core_many(sources))),
        Contender("core, one by one", in_process(lambda: core_each(sources))),
        Contender(
            "libcst extractor", in_process(lambda: libcst_each(sample)), scale, note=f"on every {EVERY}th file, scaled by bytes"
        ),
    ]


BENCHMARKS = (
    Benchmark(
        "extraction",
        contenders,
        (
            Figure(
                "extraction",
                "facts of SymPy and Django, from memory",
                "core, all processors",
                ("libcst extractor",),
                150.0,
                at_least=True,
            ),
            Figure(
                "extraction-one",
                "the same, one file after the other",
                "core, one by one",
                ("libcst extractor",),
                None,
                at_least=True,
            ),
        ),
    ),
)
