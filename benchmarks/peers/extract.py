"""Facts of the files listed in a file, read into memory first: prints how many seconds the extractor then took.

The first argument says who reads: ``core-many`` (all files at once on all processors), ``core-each`` (one after the other), ``libcst``.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from clustrix_bundle.bundler import _core
from clustrix_bundle.bundler.facts.extract import extract_facts

who = sys.argv[1]
sources = [Path(line).read_bytes() for line in Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()]
os.environ["CLUSTRIX_EXTRACTOR"] = "libcst"
started = time.perf_counter()
if who == "core-many":
    _core.extract_many(sources)
elif who == "core-each":
    for source in sources:
        _core.extract_facts(source)
else:
    extract_facts(b"", "")  # imports libcst
    started = time.perf_counter()
    for source in sources:
        extract_facts(source, "").to_json()
sys.stdout.write(f"{time.perf_counter() - started}\n")
