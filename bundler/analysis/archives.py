"""Modules that stand in an archive on the search path: Python imports them from there, a bundle holds folders."""

from __future__ import annotations

import os
from collections.abc import Iterable

_ENDINGS = (".zip", ".egg", ".whl", ".pyz")


def archive_with(module: str, names: Iterable[str], folders: Iterable[str]) -> str:
    """The first archive that holds a module; empty where none does.

    Args:
        module: Its dotted name.
        names: What may be paths of archives.
        folders: Where relative ones are looked for.
    """
    folders = list(folders)
    start = module.replace(".", "/")
    for name in dict.fromkeys(names):
        if not name.lower().endswith(_ENDINGS):
            continue
        path = next((path for folder in folders if os.path.isfile(path := os.path.join(folder, name))), "")
        if path and not {f"{start}.py", f"{start}/__init__.py"}.isdisjoint(_members(path)):
            return path
    return ""


def _members(path: str) -> list[str]:
    from zipfile import BadZipFile, ZipFile  # noqa: PLC0415 - for a message only

    try:
        with ZipFile(path) as archive:
            return archive.namelist()
    except (OSError, BadZipFile):
        return []
