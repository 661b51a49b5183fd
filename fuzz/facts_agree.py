"""Feeds mutated source to both extractors: no input takes them down, and what both read they read alike (``docs/facts.md``).

``python fuzz/facts_agree.py [SECONDS] [SEED]`` (60 seconds, seed 0). Sources are the running interpreter's standard library; an input
on which the extractors differ is written beside this file and ends the run with status 1.
"""

from __future__ import annotations

import os
import random
import sys
import sysconfig
import time
from pathlib import Path

from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.facts.extract import extract_facts

MAX_SOURCE = 6_000
TOKENS = (
    b"(", b")", b"[", b"]", b"{", b"}", b":", b",", b";", b"=", b":=", b"*", b"**", b"@", b"'", b'"', b'"""', b"f'", b"\\", b"#", b"\n", b"\r", b"\r\n",
    b"\f", b"\t", b" ", b"\0", b"\xff", b"\xef\xbb\xbf", b"lambda ", b"await ", b"async ", b"yield ", b"not ", b"match ", b"case ", b"type ", b"class ",
    b"def f(", b"if ", b"else ", b"for ", b"in ", b"with ", b"as ", b"del ", b"global ", b"nonlocal ", b"import ", b"from ", b"# coding: latin-1\n",
)  # fmt: skip


def mutated(source: bytes, choice: random.Random) -> bytes:
    """A few cuts, copies and insertions of tokens."""
    data = bytearray(source)
    for _ in range(choice.randint(1, 4)):
        at = choice.randrange(len(data) + 1)
        end = min(len(data), at + choice.choice((1, 1, 3, 20, 200)))
        kind = choice.randrange(4)
        if kind == 0:
            del data[at:end]
        elif kind == 1:
            data[at:at] = choice.choice(TOKENS) * choice.choice((1, 1, 1, 2, 250))
        elif kind == 2:
            other = choice.randrange(len(data) + 1)
            data[other:other] = data[at:end]
        else:
            data[at:end] = choice.choice(TOKENS)
    return bytes(data)


def read_by(extractor: str, source: bytes) -> bytes:
    """Serialised facts, or the words of the error."""
    os.environ["CLUSTRIX_EXTRACTOR"] = extractor
    try:
        return extract_facts(source, "fuzz.py").to_json()
    except SourceError as error:
        return b"rejected " + str(error).encode(errors="surrogatepass")


def main(seconds: float, seed: int) -> int:
    """Runs for so many seconds; the status of the process."""
    choice = random.Random(seed)
    library = Path(sysconfig.get_path("stdlib"))
    paths = sorted(
        path for path in library.rglob("*.py") if path.stat().st_size < MAX_SOURCE and "site-packages" not in path.parts
    )
    started = time.monotonic()
    read = rejected = apart = 0
    while time.monotonic() - started < seconds:
        source = mutated(choice.choice(paths).read_bytes(), choice)
        core, libcst = read_by("core", source), read_by("libcst", source)
        if core == libcst:
            rejected += core.startswith(b"rejected")
            read += 1
        elif core.startswith(b"rejected") or libcst.startswith(b"rejected"):
            apart += 1
            sys.stdout.write(f"one rejects: {core[:120]!r} {libcst[:120]!r}\n")
        else:
            found = Path(__file__).with_name("facts_differ.py.txt")
            found.write_bytes(source)
            sys.stdout.write(f"the extractors differ on {found}\n")
            return 1
    sys.stdout.write(f"{read} inputs agreed, {rejected} of them rejected by both; on {apart} only one rejects\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60, int(sys.argv[2]) if len(sys.argv) > 2 else 0))
