"""From a folded path to what it can mean on disk: relative to the working directory, the module's folder, the root; holes matched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.evidence.disk import is_below, static_folder
from clustrix_bundle.bundler.folding import pattern
from clustrix_bundle.bundler.folding.value import Hole, Text
from clustrix_bundle.bundler.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.evidence.reading import Reading


@dataclass(frozen=True, slots=True)
class Located:
    """One path that a text can mean.

    Attributes:
        path: Absolute; need not exist if ``exact``.
        exact: The text has no holes.
        anchored: Found from ``__file__`` or a package.
        pattern: The text, holes written as ``*``; empty if exact.
    """

    path: Path
    exact: bool
    anchored: bool
    pattern: str = ""


def is_outside(reading: Reading, value: Text) -> bool:
    """Whether a path lies outside the project for sure: the home folder, a temporary one, an absolute path elsewhere."""
    if value.parts and value.parts[0] in pattern.OUTSIDE:
        return True
    start = value.prefix
    if not start.startswith("/") or (value.anchored and start):
        return False
    return not any(
        is_below(start, str(root)) or is_below(str(root), start.rstrip("/") or "/")
        for root in (reading.world.root, *reading.world.source_roots)
    )


def bases(reading: Reading) -> list[str]:
    """Folders that relative paths are seen from: the working directory, those that reached code changes to."""
    return list(dict.fromkeys([str(reading.world.cwd), *reading.work_folders]))


def fallback_bases(reading: Reading, module: LoadedModule) -> list[str]:
    """Folders tried where nothing is found from `bases`: the module's own, the project root."""
    return list(dict.fromkeys([str(module.path.parent), str(reading.world.root)]))


def find_paths(reading: Reading, module: LoadedModule, value: Text) -> Iterator[Located]:
    """Paths that the text can mean; nothing for what lies outside the project or is all hole."""
    if is_outside(reading, value):
        return
    if value.constant is not None:
        yield from _exact(reading, module, value)
    elif value.anchored or pattern.has_literal(value):
        yield from _matching(reading, module, value)


def _exact(reading: Reading, module: LoadedModule, value: Text) -> Iterator[Located]:
    name = value.constant or ""
    if "\0" in name or len(name) > 4096 or not name.strip():
        return
    if name.startswith("/"):
        yield Located(Path(os.path.normpath(name)), exact=True, anchored=value.anchored)
        return
    candidates = [os.path.normpath(os.path.join(base, name)) for base in bases(reading)]
    present = [path for path in candidates if reading.disk.exists(path)]
    if not present:
        others = [os.path.normpath(os.path.join(base, name)) for base in fallback_bases(reading, module)]
        present = [path for path in others if reading.disk.exists(path)][:1]
    for path in present or candidates[:1]:
        yield Located(Path(path), exact=True, anchored=False)


def _matching(reading: Reading, module: LoadedModule, value: Text) -> Iterator[Located]:
    shown = show(value)
    if value.prefix.startswith("/"):
        for path in reading.disk.match(value, "/", crossing=_may_cross(reading, module, value)):
            yield Located(Path(path), exact=False, anchored=value.anchored, pattern=shown)
        return
    found = False
    for base in bases(reading):
        for path in reading.disk.match(value, base, crossing=_may_cross(reading, module, value)):
            found = True
            yield Located(Path(path), exact=False, anchored=False, pattern=shown)
    for base in () if found else fallback_bases(reading, module):
        for path in reading.disk.match(value, base, crossing=_may_cross(reading, module, value)):
            yield Located(Path(path), exact=False, anchored=False, pattern=shown)


def _may_cross(reading: Reading, module: LoadedModule, value: Text) -> bool:
    """Whether a hole that is a whole segment may be a path of several.

    It may below a folder that the source names, or before a name that it does (``<hole>/params.json``); not right below the folder
    of the module, the working directory or the root, which hold everything.
    """
    segments = [segment for segment in pattern.split_segments(pattern.normal(value)) if segment and segment != (".",)]
    first = next((index for index, segment in enumerate(segments) if any(isinstance(part, Hole) for part in segment)), None)
    if first is None:
        return False
    if first < len(segments) - 1 and any(pattern.has_literal(value.with_parts(segment)) for segment in segments[first + 1 :]):
        return True
    static = static_folder(value).constant or "."
    folder = os.path.normpath(os.path.join(str(reading.world.cwd), static))
    return not is_code_folder(reading, module, folder)


def is_code_folder(reading: Reading, module: LoadedModule, folder: str) -> bool:
    """Whether a folder holds more than what the code means by naming it: the project, a source root, a package, what lies above them."""
    world = reading.world
    known = [str(world.cwd), str(world.root), *(str(root) for root in world.source_roots), str(module.path.parent)]
    return any(is_below(one, folder) for one in known) or reading.disk.holds_code(folder)


def show(value: Text) -> str:
    """The text with its holes written as in a glob."""
    return "".join(part if isinstance(part, str) else "**" if part == pattern.DEEP else "*" for part in value.parts)
