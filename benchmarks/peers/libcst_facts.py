"""The extractor that stands on libcst, over the files listed in a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from clustrix_bundle.bundler.facts.extract import extract_facts

os.environ["CLUSTRIX_EXTRACTOR"] = "libcst"
for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
    extract_facts(Path(line).read_bytes(), line)
