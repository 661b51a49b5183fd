"""The standard library's `modulefinder` from one file on, with no path but the folder and the standard library."""

from __future__ import annotations

import modulefinder
import sys

finder = modulefinder.ModuleFinder([sys.argv[1], *sys.path])
finder.run_script(sys.argv[2])
