"""Feeds mutated source to both extractors: no input takes them down, and what both read they read alike (``docs/facts.md``).

``python fuzz/facts_agree.py [SECONDS] [SEED]`` (60 seconds, seed 0) draws blindly, without atheris (``facts_guided.py`` is led by coverage). Sources
are the running interpreter's standard library; an input on which the extractors differ is written beside this file and ends the run with status 1.
"""

from __future__ import annotations

import ast
import os
import random
import re
import sys
import sysconfig
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # PYTHONSAFEPATH keeps Python from doing so

from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.facts.extract import extract_facts
from mutate import mutated

MAX_SOURCE = 6_000
REJECTED = b"rejected "
# libcst loses the line of a backslash that stands alone before a statement, and counts a form feed in a block's indentation on all its lines
LIBCST_MISCOUNTS = re.compile(rb"(\A|[\r\n])([ \t\f]*\\[\r\n]|[ \t]*\f)")
LIBCST_LACKS = re.compile(rb"cannot be read as Python: (parser|tokenizer) error")


def read_by(extractor: str, source: bytes) -> bytes:
    """Serialised facts, or the words of the error."""
    os.environ["CLUSTRIX_EXTRACTOR"] = extractor
    try:
        return extract_facts(source, "fuzz.py").to_json()
    except SourceError as error:
        return REJECTED + str(error).encode(errors="surrogatepass")


def python_reads(source: bytes) -> bool:
    """Whether this Python's own parser reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def disagreement(source: bytes) -> str:
    """How the extractors differ on a source, empty where they do not.

    That only one of them reads it is no difference where this Python does not read it either (then it never runs), nor where
    it is libcst that lacks syntax or miscounts lines (the page lists what).
    """
    core, libcst = read_by("core", source), read_by("libcst", source)
    if core == libcst or (libcst.startswith(REJECTED) and LIBCST_LACKS.search(libcst)):
        return ""
    if core.startswith(REJECTED) or libcst.startswith(REJECTED):
        return f"only one reads what Python reads: {core[:200]!r} {libcst[:200]!r}" if python_reads(source) else ""
    return "" if LIBCST_MISCOUNTS.search(source) else "the facts differ"


def main(seconds: float, seed: int) -> int:
    """Runs for so many seconds; the status of the process."""
    choice = random.Random(seed)
    library = Path(sysconfig.get_path("stdlib"))
    paths = sorted(
        path for path in library.rglob("*.py") if path.stat().st_size < MAX_SOURCE and "site-packages" not in path.parts
    )
    started = time.monotonic()
    read = 0
    while time.monotonic() - started < seconds:
        source = mutated(choice.choice(paths).read_bytes(), choice)
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
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60, int(sys.argv[2]) if len(sys.argv) > 2 else 0))
