"""Grimp's graph of all packages of a folder, without its cache."""

from __future__ import annotations

import sys
from pathlib import Path

import grimp

folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
grimp.build_graph(*sorted(path.parent.name for path in folder.glob("*/__init__.py")), cache_dir=None)
