"""A plain walk with the standard library: parses the files listed in a file and collects what they import."""

from __future__ import annotations

import ast
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
imported = set()
for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
    for node in ast.walk(ast.parse(Path(line).read_bytes())):
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            imported.update((node.level, node.module, alias.name) for alias in node.names)
