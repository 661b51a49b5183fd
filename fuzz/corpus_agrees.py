"""Reads every Python file of some folders with both extractors and tells on how many they agree (``docs/facts.md``).

``python fuzz/corpus_agrees.py [--every N] [--seconds S] [--processes N] FOLDER…`` takes every N-th file of the folders, links not followed, and of
files that are the same in all bytes the first. Each file lands in one class: the facts agree, the errors agree, the facts differ, the errors
differ, only one of the two reads it, or the two together took longer than so many seconds (libcst's time can grow with the square) or ended
their process; all but the first two are listed with the words of who refuses. ``errors agree`` are listed by ``--rejected``. Status 1 if facts or errors
differ or a process ended. libcst sets the pace: minutes for 1,000 files.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

from clustrix_bundle.bundler import _core
from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.facts.extract import extract_facts

AGREED, REJECTED, SLOW, ENDED = "facts agree", "errors agree", "slow", "process ended"
WRONG = ("facts differ", "errors differ", ENDED)


def python_files(folders: Sequence[str], every: int) -> Iterator[Path]:
    """Every ``every``-th Python file in the order of their paths, each content once."""

    def files() -> Iterator[Path]:
        for folder in folders:
            for where, inner, names in os.walk(folder):
                inner[:] = sorted(name for name in inner if name != "site-packages")  # not an interpreter's own
                yield from (Path(where, name) for name in sorted(names) if name.endswith(".py"))

    seen: set[bytes] = set()
    for number, path in enumerate(path for path in files() if not path.is_symlink()):
        digest = hashlib.sha256(path.read_bytes()).digest()
        if number % every == 0 and digest not in seen:
            seen.add(digest)
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
        return (REJECTED, words) if words == refused else ("errors differ", f"core: {words}; libcst: {refused}")
    if not reference:
        return "only the core reads", refused
    return (AGREED, "") if compiled == reference else ("facts differ", "")


def answer(questions: Connection) -> None:
    """Compares the files whose paths come in, for as long as they come."""
    while True:
        try:
            path = questions.recv()
        except EOFError:
            return
        questions.send(compare(Path(path).read_bytes()))


class Comparer(threading.local):
    """Has files compared in a process of its own, which can be ended where it takes too long; one for each thread."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.process: multiprocessing.process.BaseProcess | None = None
        self.questions: Connection | None = None

    def __call__(self, path: Path) -> tuple[Path, str, str]:
        """The file, its class, and words for the list."""
        if self.questions is None:
            context = multiprocessing.get_context("spawn")
            self.questions, theirs = context.Pipe()
            self.process = context.Process(target=answer, args=(theirs,), daemon=True)
            self.process.start()
            theirs.close()
        self.questions.send(str(path))
        try:
            if self.questions.poll(self.seconds):
                return path, *self.questions.recv()
            verdict = SLOW, f"more than {self.seconds:g} s"
        except EOFError:
            verdict = ENDED, ""
        assert self.process is not None
        self.process.kill()
        self.questions.close()
        self.questions = None
        return path, *verdict


def main(arguments: Sequence[str]) -> int:
    """Reads, prints, and returns the status of the process."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every N-th file")
    parser.add_argument("--seconds", type=float, default=120, metavar="S", help="the longest that one file may take")
    parser.add_argument("--processes", type=int, default=1, metavar="N")
    parser.add_argument("--rejected", action="store_true", help="list files that both refuse in the same words too")
    options = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    size, started = 0, time.monotonic()
    with ThreadPoolExecutor(options.processes) as threads:
        for path, verdict, words in threads.map(Comparer(options.seconds), python_files(options.folders, options.every)):
            size += path.stat().st_size
            counts[verdict] += 1
            if verdict != AGREED and (verdict != REJECTED or options.rejected):
                sys.stdout.write(f"{verdict}: {path}: {words}\n")
            if counts.total() % 1_000 == 0:
                sys.stdout.write(f"… {counts.total()} files, {size / 1e6:.0f} MB, {time.monotonic() - started:.0f} s\n")
            sys.stdout.flush()
    sys.stdout.write(
        f"{counts.total()} files, {size / 1e6:.1f} MB: {', '.join(f'{n} {verdict}' for verdict, n in counts.most_common())}\n"
    )
    return int(any(counts[verdict] for verdict in WRONG))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
