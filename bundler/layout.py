"""Layout: which path in the archive a file on disk gets (docs/analysis.md).

Everything below the project root keeps its path under ``project/``; what lies in a source root elsewhere goes below
``extra/<n>-<name>/``, with the project of that root around it, so that paths from one file to another stay true.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.lazy_pattern import compile_lazily
from clustrix_bundle.bundler.roots import SourceRoot, find_project_root

_UNUSUAL = compile_lazily(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Base:
    """A folder on disk that has a place in the archive; ``inner`` is where below that place its content begins."""

    folder: str
    inner: str = ""

    def holds(self, path: str) -> bool:
        """Whether the path is the folder or lies below it, by its text."""
        return path == self.folder or path.startswith(self.folder.rstrip(os.sep) + os.sep)


class Layout:
    """Maps paths on disk to members.

    Bases outside the project root are numbered in the order of the source roots, those in use only: an unrelated entry of
    PYTHONPATH changes no name.
    """

    def __init__(self, root: Path, source_roots: Sequence[SourceRoot], cwd: Path, home: Path | None) -> None:
        self.root = Base(str(root))
        self._mapped: list[Base] = []
        outside: list[Base] = []
        for source in source_roots:
            if source.package:
                tail = source.package.rpartition(".")[2]
                if source.path.name != tail:
                    self._mapped.append(Base(str(source.path), source.package.replace(".", "/")))
                    continue
                folder = source.path.parents[source.package.count(".")]
            else:
                folder = source.path
            if not self.root.holds(str(folder)):
                outside.append(Base(str(find_project_root(folder, home) or folder)))
        if not self.root.holds(str(cwd)):
            outside.append(Base(str(cwd)))
        distinct = dict.fromkeys(outside)
        self._outside = [base for base in distinct if not any(other != base and other.holds(base.folder) for other in distinct)]
        self._numbers: dict[Base, int] = {}

    def base_of(self, path: str) -> Base | None:
        """The base that holds a path; None for what has no place in a bundle."""
        for base in (*self._mapped, self.root, *self._outside):
            if base.holds(path):
                return base
        return None

    def settle(self, paths: Iterable[str]) -> None:
        """Numbers the bases that hold one of these paths."""
        used = {self.base_of(path) for path in paths}
        chosen = [base for base in (*self._outside, *self._mapped) if base in used]
        self._numbers = {base: number for number, base in enumerate(chosen, 1)}

    def mapped_roots(self) -> list[str]:
        """Folders in the archive from which packages are imported that lie under another name on disk."""
        return [self.prefix(base).removesuffix(f"/{base.inner}") for base in self._mapped if base in self._numbers]

    def prefix(self, base: Base) -> str:
        """The folder in the archive that stands for a base."""
        if base == self.root:
            return "project"
        name = _UNUSUAL.sub("-", os.path.basename(base.folder)) or "root"
        prefix = f"extra/{self._numbers[base]}-{name}"
        return f"{prefix}/{base.inner}" if base.inner else prefix

    def is_used(self, base: Base) -> bool:
        """Whether something of this base ships."""
        return base == self.root or base in self._numbers

    def member(self, path: str) -> str:
        """The member that a path below a base becomes, links not looked at."""
        base = self.base_of(path)
        assert base is not None, path
        if path == base.folder:
            return self.prefix(base)
        return f"{self.prefix(base)}/{path[len(base.folder.rstrip(os.sep)) + 1 :].replace(os.sep, '/')}"


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link that ships as one: where it stands, and where it points (both absolute, on disk)."""

    path: str
    target: str


def follow_links(path: str, base: Base) -> tuple[str, list[Link]]:
    """Where a path below ``base`` really lies, and the links on the way that stay inside it.

    Links inside are followed, so that their target ships beside them; a link that leads out is left in the path: what it
    points to ships in its place.
    """
    links: list[Link] = []
    inside = os.path.realpath(base.folder)
    seen: set[str] = set()
    current = base.folder
    parts = [part for part in path[len(base.folder) :].split(os.sep) if part]
    index = 0
    while index < len(parts):
        here = os.path.join(current, parts[index])
        if os.path.islink(here) and here not in seen:
            seen.add(here)
            target = os.path.normpath(os.path.join(os.path.realpath(current), os.readlink(here)))
            real = os.path.realpath(here)
            if real == inside or real.startswith(inside + os.sep):
                if not (target == inside or target.startswith(inside + os.sep)):
                    target = real
                target = os.path.join(base.folder, os.path.relpath(target, inside)) if target != inside else base.folder
                links.append(Link(here, target))
                parts = [*target[len(base.folder) :].split(os.sep), *parts[index + 1 :]]
                parts = [part for part in parts if part]
                current, index = base.folder, 0
                continue
            return os.path.join(current, *parts[index:]), links
        current = here
        index += 1
    return current, links


class Links:
    """`follow_links` for many paths: what is known of a folder serves for everything in it."""

    def __init__(self) -> None:
        self._folders: dict[tuple[str, Base], tuple[str, list[Link], bool]] = {}

    def follow(self, path: str, base: Base) -> tuple[str, list[Link]]:
        """As `follow_links`."""
        folder, _, name = path.rpartition(os.sep)
        if not base.holds(folder):
            return follow_links(path, base)
        real, links, leads_out = self._folder(folder, base)
        here = os.path.join(real, name)
        if not leads_out and os.path.islink(here):
            return follow_links(path, base)
        return here, links

    def _folder(self, folder: str, base: Base) -> tuple[str, list[Link], bool]:
        """Where a folder really lies, the links on the way, and whether it leads out of the base."""
        known = self._folders.get((folder, base))
        if known is None:
            known = self._folders[folder, base] = self._plain_folder(folder, base) or _linked_folder(folder, base)
        return known

    def _plain_folder(self, folder: str, base: Base) -> tuple[str, list[Link], bool] | None:
        """The same for one that is no link, in one that leads nowhere else; None for others."""
        parent, _, name = folder.rpartition(os.sep)
        if folder == base.folder or not base.holds(parent):
            return None
        real, links, leads_out = self._folder(parent, base)
        here = os.path.join(real, name)
        return None if leads_out or not name or os.path.islink(here) else (here, links, False)


def _linked_folder(folder: str, base: Base) -> tuple[str, list[Link], bool]:
    real, links = follow_links(folder, base)
    inside = os.path.normpath(os.path.join(os.path.realpath(base.folder), os.path.relpath(real, base.folder)))
    return real, links, os.path.realpath(real) != inside
