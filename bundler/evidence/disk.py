"""What is on disk: listings read once, and the files that a path with holes can mean."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import groupby

from clustrix_bundle.bundler.dir_entry import leads_to_folder
from clustrix_bundle.bundler.folding import pattern
from clustrix_bundle.bundler.folding.value import STAR, Hole, Part, Text

SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "env", "build", "dist"})
"""Folders into which a hole does not reach (besides those whose name begins with a dot)."""

MAX_VISITED = 200_000
"""Entries looked at for one pattern."""


class Disk:
    """Folders, each listed once."""

    def __init__(self) -> None:
        self._listings: dict[str, dict[str, bool]] = {}
        self._links: set[str] = set()
        self._is_folder: dict[str, bool] = {}
        self._below: dict[str, list[str]] = {}
        self._holders: dict[str, dict[str, list[str]]] = {}
        self._matches: dict[tuple[str, tuple[tuple[Part, ...], ...], bool], tuple[str, ...]] = {}

    def listing(self, folder: str) -> dict[str, bool]:
        """Names in a folder, sorted, and whether each is a folder itself (links followed); empty where it cannot be read."""
        known = self._listings.get(folder)
        if known is None:
            known = {}
            try:
                with os.scandir(folder) as entries:
                    for entry in sorted(entries, key=lambda one: one.name):
                        known[entry.name] = leads_to_folder(entry)
                        if known[entry.name] and entry.is_symlink():
                            self._links.add(os.path.join(folder, entry.name))
            except OSError:
                pass
            self._listings[folder] = known
        return known

    def folders_below(self, folder: str) -> Iterator[str]:
        """A folder and all below it into which a hole reaches: not those of tools, hidden ones, or links."""
        known = self._below.get(folder)
        if known is not None:
            yield from known
            return
        found: list[str] = []
        for path in self._reached_below(folder):
            found.append(path)
            yield path
        self._below[folder] = found  # whoever has seen enough did not come here

    def _reached_below(self, folder: str) -> Iterator[str]:
        yield folder
        for name, is_folder in self.listing(folder).items():
            if is_folder and not name.startswith(".") and name not in SKIPPED:
                path = os.path.join(folder, name)
                if not self.is_link(path):
                    yield from self._reached_below(path)

    def holders(self, folder: str) -> dict[str, list[str]]:
        """The folders below one, by the names of what they hold: many patterns ask for a name at any depth."""
        known = self._holders.get(folder)
        if known is None:
            known = self._holders[folder] = {}
            visited = 0
            for inner in self._entered_below(folder):
                listed = self.listing(inner)
                visited += len(listed)
                if visited > MAX_VISITED:
                    break
                for name in listed:
                    known.setdefault(name, []).append(inner)
        return known

    def _entered_below(self, folder: str) -> Iterator[str]:
        for name, is_folder in self.listing(folder).items():
            if is_folder and not name.startswith("."):
                path = f"{folder.rstrip('/')}/{name}"
                yield path
                if name not in SKIPPED and not self.is_link(path):
                    yield from self._entered_below(path)

    def is_link(self, path: str) -> bool:
        """Whether a folder in a listed folder is a link."""
        return path in self._links

    def is_file(self, path: str) -> bool:
        """Whether a file (or a link to one) is there."""
        folder, name = os.path.split(path)
        return self.listing(folder).get(name) is False and os.path.isfile(path)

    def may_hold(self, folder: str, path: str) -> bool:
        """Whether the first part of a relative path lies in a folder, as far as its listing tells."""
        first = path.partition("/")[0]
        return first in self.listing(folder) or first in ("", ".", "..")

    def is_folder(self, path: str) -> bool:
        """Whether a folder is there."""
        known = self._is_folder.get(path)
        if known is None:
            known = self._is_folder[path] = os.path.isdir(path)
        return known

    def exists(self, path: str) -> bool:
        """Whether anything is there, a dangling link too."""
        return os.path.lexists(path)

    def holds_code(self, folder: str) -> bool:
        """Whether Python files lie directly in it."""
        return any(name.endswith(".py") for name in self.listing(folder))

    def match(self, value: Text, base: str, *, crossing: bool) -> tuple[str, ...]:
        """Paths of files and folders that a text with holes can mean, seen from ``base``, sorted by folder.

        Args:
            value: A path; relative ones are joined to ``base``.
            base: An absolute folder.
            crossing: Whether a hole that fills a whole segment may hold slashes.
        """
        normal = pattern.normal(value)
        segments = [segment for segment in pattern.split_segments(normal) if segment and segment != (".",)]
        if crossing:
            segments = _with_runs_joined(segments)
        start = "/" if normal.prefix.startswith("/") else base
        key = (start, tuple(segments), crossing)
        if key not in self._matches:
            self._matches[key] = tuple(dict.fromkeys(_Match(self, segments, crossing=crossing).below(start, 0)))
        return self._matches[key]


class _Match:
    def __init__(self, disk: Disk, segments: list[tuple[Part, ...]], *, crossing: bool) -> None:
        self.disk = disk
        self.segments = segments
        self.crossing = crossing
        self.visited = 0
        self._seen: set[tuple[str, int]] = set()
        self.expressions = [_expression(segment) for segment in segments]

    def below(self, folder: str, index: int) -> Iterator[str]:
        """What the segments from one on lead to in a folder; nothing where that has been given before."""
        if (folder, index) in self._seen:  # holes side by side lead to the same folder on many ways
            return
        self._seen.add((folder, index))
        if index == len(self.segments):
            yield folder
            return
        segment = self.segments[index]
        last = index == len(self.segments) - 1
        if len(segment) == 1 and isinstance(segment[0], str):
            listed = self.disk.listing(folder) if index and self.crossing else {}
            if listed and segment[0] != ".." and segment[0] not in listed:
                return
            path = os.path.normpath(os.path.join(folder, segment[0]))
            if (last or os.path.isdir(path)) and os.path.lexists(path):
                yield from self.below(path, index + 1)
            return
        deep = segment == (pattern.DEEP,)
        whole = len(segment) == 1 and segment[0] != STAR
        if deep or (whole and self.crossing):
            yield from self._across(folder, index, deep=deep)
            return
        expression = self.expressions[index]
        for name, is_folder in self.disk.listing(folder).items():
            self.visited += 1
            if self.visited > MAX_VISITED:
                return
            if expression.fullmatch(name) and (not name.startswith(".") or _dotted(segment)) and (last or is_folder):
                yield from self.below(f"{folder.rstrip('/')}/{name}", index + 1)

    def _across(self, folder: str, index: int, *, deep: bool) -> Iterator[str]:
        """What a segment that may hold slashes leads to: whatever lies below, at any depth."""
        last = index == len(self.segments) - 1
        following = () if last or deep else self.segments[index + 1]
        if len(following) == 1 and isinstance(following[0], str) and following[0] != "..":
            for here in self.disk.holders(folder).get(following[0], ()):
                path = f"{here}/{following[0]}"
                if index + 2 == len(self.segments) or os.path.isdir(path):
                    yield from self.below(path, index + 2)
            return
        for here in self.disk.folders_below(folder):
            if deep and not last:
                yield from self.below(here, index + 1)
                continue
            listed = self.disk.listing(here)
            self.visited += len(listed)
            if self.visited > MAX_VISITED:
                return
            start = here.rstrip("/")
            for name, is_folder in listed.items():
                if name.startswith(".") or not (last or is_folder):
                    continue
                if last:
                    yield f"{start}/{name}"
                else:
                    yield from self.below(f"{start}/{name}", index + 1)


def _with_runs_joined(segments: list[tuple[Part, ...]]) -> list[tuple[Part, ...]]:
    """Of neighbouring segments that are all hole, those of one name as those that hold slashes, if one of them does: at least so many names."""
    found: list[tuple[Part, ...]] = []
    for is_hole, run in groupby(segments, key=lambda segment: len(segment) == 1 and isinstance(segment[0], Hole)):
        group = list(run)
        holes = [segment for segment in group if segment not in ((STAR,), (pattern.DEEP,))] if is_hole else []
        found += [holes[0] if holes and segment != (pattern.DEEP,) else segment for segment in group]
    return found


def _expression(segment: tuple[Part, ...]) -> re.Pattern[str]:
    return re.compile("".join(re.escape(part) if isinstance(part, str) else ".*" for part in segment), re.DOTALL)


def _dotted(segment: tuple[Part, ...]) -> bool:
    return isinstance(segment[0], str) and segment[0].startswith(".")


def static_folder(value: Text) -> Text:
    """The part of a path before the segment that holds its first hole; the path itself without holes."""
    kept: list[tuple[Part, ...]] = []
    for segment in pattern.split_segments(value):
        if any(isinstance(part, Hole) for part in segment):
            break
        kept.append(segment)
    else:
        return value
    if kept == [()]:
        return value.with_parts(("/",))
    return pattern.join_segments(value, kept) if kept else value.with_parts((".",))


def is_below(path: str, folder: str) -> bool:
    """Whether the path is the folder or lies in it, by its text."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")
