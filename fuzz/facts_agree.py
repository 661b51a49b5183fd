"""Feeds mutated source to both extractors: no input takes them down, and what both read they read alike (``docs/facts.md``).

``python fuzz/facts_agree.py [--seconds N] [--seed N]`` (60 seconds, seed 0) draws blindly from the running interpreter's standard library, without
atheris (``facts_guided.py`` is led by coverage). With ``--count N`` the inputs are so many and the same every time, on every machine: lines of every
kind of syntax, mutated. An input on which the extractors differ is written beside this file and ends the run with status 1.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import sys
import sysconfig
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # PYTHONSAFEPATH keeps Python from doing so

import libcst
from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.facts.decode import decode_source
from clustrix_bundle.bundler.facts.extract import extract_facts
from mutate import LINES, mutated

MAX_SOURCE = 6_000
REJECTED = b"rejected "
# libcst loses the line of a backslash that stands alone before a statement, and counts a form feed in a block's indentation on all its lines
LIBCST_MISCOUNTS = re.compile(rb"(\A|[\r\n])([ \t\f]*\\[\r\n]|[ \t]*\f)")
# and takes the name of a character in a format spec for a field
LIBCST_MISREADS = re.compile(rb":[^'\"{]*\\N\{")
LIBCST_LACKS = re.compile(rb"cannot be read as Python: (parser error|tokenizer error|'async' cannot|a space is needed)")


def read_by(extractor: str, source: bytes) -> bytes:
    """Serialised facts, or the words of the error."""
    os.environ["CLUSTRIX_EXTRACTOR"] = extractor
    try:
        return extract_facts(source, "fuzz.py").to_json()
    except SourceError as error:
        return REJECTED + str(error).encode(errors="surrogatepass")


def python_reads(source: bytes, flags: int = ast.PyCF_ONLY_AST) -> bool:
    """Whether this Python's own parser reads it; with no flags, whether its compiler takes it, too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, "fuzz.py", "exec", flags, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def never_runs(source: bytes) -> bool:
    """Whether this Python parses it and then refuses it (a parameter that is declared global, a starred target alone)."""
    return python_reads(source) and not python_reads(source, 0)


def libcst_miscounts(source: bytes) -> bool:
    """Whether libcst's tree lacks a part of the text, so that lines or columns after it are off, or has one too many."""
    if LIBCST_MISCOUNTS.search(source) or LIBCST_MISREADS.search(source):
        return True
    text = decode_source(source, "fuzz.py")
    return libcst.parse_module(text).code != text


def disagreement(source: bytes) -> str:
    """How the extractors differ on a source, empty where they do not.

    There is none to speak of where this Python does not take it either (then it never runs), nor where it is libcst that lacks
    syntax or miscounts lines (the page lists what).
    """
    core, libcst = read_by("core", source), read_by("libcst", source)
    if core == libcst or (libcst.startswith(REJECTED) and LIBCST_LACKS.search(libcst)):
        return ""
    if core.startswith(REJECTED) or libcst.startswith(REJECTED):
        return f"only one reads what Python reads: {core[:200]!r} {libcst[:200]!r}" if python_reads(source, 0) else ""
    return "" if never_runs(source) or libcst_miscounts(source) else "the facts differ"


def library_mutated(seconds: float, choice: random.Random) -> Iterator[bytes]:
    """Small files of the standard library, mutated, for so long."""
    library = Path(sysconfig.get_path("stdlib"))
    paths = sorted(
        path for path in library.rglob("*.py") if path.stat().st_size < MAX_SOURCE and "site-packages" not in path.parts
    )
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        yield mutated(choice.choice(paths).read_bytes(), choice)


def lines_mutated(count: int, choice: random.Random) -> Iterator[bytes]:
    """So many sources made of lines that hold every kind of syntax, two fifths of them readable; they depend on nothing but the choice."""
    for _ in range(count):
        yield mutated(b"\n".join(choice.choices(LINES, k=choice.randint(1, 4))), choice, most=2)


def main(arguments: list[str]) -> int:
    """Runs; the status of the process."""
    parser = argparse.ArgumentParser(description="Feeds mutated source to both extractors.")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    choice = random.Random(options.seed)
    read = 0
    for source in library_mutated(options.seconds, choice) if options.count is None else lines_mutated(options.count, choice):
        found = disagreement(source)
        if found:
            kept = Path(__file__).with_name("facts_differ.py.txt")
            kept.write_bytes(source)
            sys.stdout.write(f"{found}: {kept}\n")
            return 1
        read += 1
    sys.stdout.write(f"the extractors agree on {read} inputs\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
