"""Folders that reached code makes its working directory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.evidence.callees import CallRule
from clustrix_bundle.bundler.evidence.paths import is_outside
from clustrix_bundle.bundler.folding.value import External, Text

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.evidence.reading import Reading

_CALLS = frozenset({"os.chdir", "os.fchdir", "contextlib.chdir"})
_CHANGING = CallRule(frozenset({"chdir", "fchdir"}).__contains__, None, _CALLS.__contains__)


def find_work_folders(reading: Reading, modules: list[LoadedModule]) -> list[str]:
    """Absolute folders that ``os.chdir`` and ``contextlib.chdir`` are given, in the order of the source; those that exist."""
    found: dict[str, None] = {}
    for module in modules:
        for call in reading.calls(module, _CHANGING):
            if not any(isinstance(one, External) and one.name in _CALLS for one in reading.folder.callee_of(call, module)):
                continue
            for value in reading.folder.arguments_of(call, module).get(0, "path") or ():
                if isinstance(value, Text) and value.constant and not is_outside(reading, value):
                    path = os.path.normpath(os.path.join(str(reading.world.cwd), value.constant))
                    if reading.disk.is_folder(path):
                        found.setdefault(path)
    return list(found)
