"""Project root and source roots: which folders hold the user's own code (docs/analysis.md)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from clustrix_bundle.bundler.editable import find_editables
from clustrix_bundle.bundler.lazy_dataclass import dataclass

SERVED_BY_RUNTIME = frozenset({"clustrix_bundle", "clustrix"})
"""Packages that the runtime stands in for on the other side; a project's own package of that name wins."""

PROJECT_MARKERS = ("pyproject.toml", "setup.cfg", "setup.py", ".git")

MAX_LEVELS_UP = 3


@dataclass(frozen=True, slots=True)
class SourceRoot:
    """A folder on the import path for the user's code.

    Attributes:
        path: The folder, absolute; for a mapped package of an editable install the package's own folder or file.
        origin: Why it is one, in words.
        after_packages: Whether installed packages and the standard library come first (editable installs).
        package: Dotted name of the mapped package; empty for a folder that is searched.
    """

    path: Path
    origin: str
    after_packages: bool = False
    package: str = ""


def find_project_root(start: Path, home: Path | None = None) -> Path | None:
    """Nearest of ``start`` and its ancestors that holds a project marker; never the home folder or the root of the file system."""
    for folder in (start, *start.parents):
        if folder in (home, folder.parent):
            return None
        if any(os.path.lexists(folder / marker) for marker in PROJECT_MARKERS):
            return folder
    return None


def choose_project_root(entry_folder: Path, cwd: Path, home: Path | None) -> Path:
    """The project root for an entry whose script, or top-level package, lies in ``entry_folder``.

    Without a marker it is the current folder if that contains the entry (what the code opens relative to it must keep its place),
    else ``entry_folder`` itself. A project found below the current folder reaches up to it for the same reason.
    """
    marked = find_project_root(entry_folder, home)
    inner = marked or entry_folder
    usable = cwd not in (home, cwd.parent)
    return cwd if usable and inner.is_relative_to(cwd) else inner


def widen_project_root(root: Path, folders: Iterable[str], home: Path | None) -> Path | None:
    """A root that also holds these folders, which lie around the one chosen without the user; None where none would do.

    Code that opens ``../data/x.csv`` says that its project begins above. A root is never the home folder or above it, a folder
    right below the file system's root, or more than `MAX_LEVELS_UP` above the one chosen first.
    """
    wider = root
    for folder in sorted(folders):
        common = Path(os.path.commonpath((wider, folder)))
        too_wide = len(common.parts) < 3 or len(root.parts) - len(common.parts) > MAX_LEVELS_UP
        if not too_wide and not (home is not None and home.is_relative_to(common)):
            wider = common
    return wider if wider != root else None


def find_source_roots(
    *,
    script_folder: Path | None,
    cwd: Path,
    project_root: Path | None,
    python_path: Sequence[str] = (),
    site_folders: Iterable[str] = (),
    first: Sequence[Path] = (),
    last: Sequence[Path] = (),
) -> list[SourceRoot]:
    """Every source root in the order of the search, existing folders only, each once.

    ``first`` and ``last`` are folders that reached code puts at either end of ``sys.path``.
    """
    candidates: list[SourceRoot] = [SourceRoot(path, "put first on sys.path by the code") for path in first]
    if script_folder is not None:
        candidates.append(SourceRoot(script_folder, "folder of the script"))
    candidates += [SourceRoot(cwd, "current folder"), SourceRoot(cwd / "src", "src in the current folder")]
    if project_root is not None:
        candidates += [SourceRoot(project_root, "project root"), SourceRoot(project_root / "src", "src in the project root")]
    candidates += [SourceRoot(absolute(cwd, entry), "on the import path") for entry in python_path if entry]
    candidates += [SourceRoot(path, "put last on sys.path by the code", after_packages=True) for path in last]
    for editable in find_editables(site_folders):
        if editable.package.partition(".")[0] in SERVED_BY_RUNTIME:
            continue
        path = Path(os.path.normpath(editable.path))
        candidates.append(SourceRoot(path, "editable install", after_packages=True, package=editable.package))
    chosen: dict[tuple[Path, str], SourceRoot] = {}
    for root in candidates:
        if (root.package or root.path.is_dir()) and (root.path, root.package) not in chosen:
            chosen[root.path, root.package] = root
    return list(chosen.values())


def absolute(folder: Path, path: str) -> Path:
    """``path`` seen from ``folder``, without ``.`` and ``..``, links left as they are."""
    return Path(os.path.normpath(os.path.join(folder, path)))
