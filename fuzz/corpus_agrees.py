"""Reads every Python file of some folders with both extractors and tells on how many they agree (``docs/facts.md``).

``python fuzz/corpus_agrees.py [--every N] FOLDER…`` takes every N-th file of the folders, links not followed. Each file
lands in one class: the facts agree, the errors agree, the facts differ, the errors differ, or only one of the two reads it; all but the first two are
listed with the words of who refuses. Status 1 if facts or errors differ. libcst sets the pace: minutes for 1,000 files.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from clustrix_bundle.bundler import _core
from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.facts.extract import extract_facts

AGREED = ("facts agree", "errors agree")


def python_files(folders: Sequence[str], every: int) -> Iterator[Path]:
    """Every ``every``-th Python file, in the order of their paths."""
    files = (
        Path(where, name)
        for folder in folders
        for where, inner, names in os.walk(folder)
        for name in sorted(names)
        if name.endswith(".py") and inner.sort() is None
    )
    for number, path in enumerate(path for path in files if not path.is_symlink()):
        if number % every == 0:
            yield path


def read_by(extractor: str, source: bytes) -> tuple[bytes, str]:
    """Facts, or nothing and the words of the error that users get."""
    os.environ["CLUSTRIX_EXTRACTOR"] = extractor
    try:
        return extract_facts(source, "m.py").to_json(), ""
    except SourceError as error:
        return b"", str(error)


def compare(source: bytes) -> tuple[str, str]:
    """The class of a file, and words for the list."""
    reference, refused = read_by("libcst", source)
    try:
        compiled = _core.extract_facts(source)
    except SyntaxError as error:
        if reference:
            return "only libcst reads", f"line {error.lineno}: {error.msg}"
        _, words = read_by("core", source)
        return ("errors agree", "") if words == refused else ("errors differ", f"core: {words}; libcst: {refused}")
    if not reference:
        return "only the core reads", refused
    return ("facts agree", "") if compiled == reference else ("facts differ", "")


def main(arguments: Sequence[str]) -> int:
    """Reads, prints, and returns the status of the process."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every N-th file")
    options = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    size, started = 0, time.monotonic()
    for path in python_files(options.folders, options.every):
        source = path.read_bytes()
        size += len(source)
        verdict, words = compare(source)
        counts[verdict] += 1
        if verdict not in AGREED:
            sys.stdout.write(f"{verdict}: {path}: {words}\n")
        if counts.total() % 1_000 == 0:
            sys.stdout.write(f"… {counts.total()} files, {size / 1e6:.0f} MB, {time.monotonic() - started:.0f} s\n")
        sys.stdout.flush()
    sys.stdout.write(
        f"{counts.total()} files, {size / 1e6:.1f} MB: {', '.join(f'{n} {verdict}' for verdict, n in counts.most_common())}\n"
    )
    return 1 if counts["facts differ"] or counts["errors differ"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
