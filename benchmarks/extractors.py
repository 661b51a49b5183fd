"""How fast the two extractors read, side by side: the same files in turns, medians in MB/s, and their ratio.

``python benchmarks/extractors.py [FOLDER] [ROUNDS]`` reads the Python files of a folder (the standard library's by default). libcst is
given a sample of them, drawn by a fixed seed, as it would take minutes for the whole.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import sysconfig
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from clustrix_bundle.bundler import _core
from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.facts.extract import extract_facts

SAMPLE_BYTES = 400_000


def core_each(sources: Sequence[bytes]) -> None:
    """The core, one file after the other."""
    for source in sources:
        try:
            _core.extract_facts(source)
        except SyntaxError:
            continue


def core_many(sources: Sequence[bytes]) -> None:
    """The core, all files at once on all processors."""
    _core.extract_many(sources)


def libcst_each(sources: Sequence[bytes]) -> None:
    """The libcst extractor."""
    os.environ["CLUSTRIX_EXTRACTOR"] = "libcst"
    for source in sources:
        try:
            extract_facts(source, "")
        except SourceError:
            continue


def speed(read: Callable[[Sequence[bytes]], None], sources: Sequence[bytes]) -> float:
    """Megabytes a second."""
    started = time.perf_counter()
    read(sources)
    return sum(map(len, sources)) / (time.perf_counter() - started) / 1e6


def main(folder: Path, rounds: int) -> None:
    """Prints the table."""
    sources = [path.read_bytes() for path in sorted(folder.rglob("*.py")) if "site-packages" not in path.parts]
    sample: list[bytes] = []
    for source in random.Random(0).sample(sources, len(sources)):
        if sum(map(len, sample)) < SAMPLE_BYTES:
            sample.append(source)
    runs = {
        "core, all processors": (core_many, sources),
        "core, one by one": (core_each, sources),
        "libcst": (libcst_each, sample),
    }
    figures: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, (read, files) in runs.items():
            figures[name].append(speed(read, files))
    medians = {name: statistics.median(values) for name, values in figures.items()}
    for name, value in medians.items():
        sys.stdout.write(f"{name:22s} {value:8.2f} MB/s {value / medians['libcst']:8.0f} x\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else sysconfig.get_path("stdlib")), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
