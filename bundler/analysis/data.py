"""Data files: from paths that the code can open to files, folders and notes (rules 8 and 9)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from clustrix_bundle.bundler.analysis.found import Found, FoundEdge, FoundFile
from clustrix_bundle.bundler.dir_entry import leads_to_file, leads_to_folder
from clustrix_bundle.bundler.errors import AnalysisError
from clustrix_bundle.bundler.graph import Note

if TYPE_CHECKING:
    from pathlib import Path

    from clustrix_bundle.bundler.analysis.context import AnalysisContext
    from clustrix_bundle.bundler.analysis.wishes import Wishes
    from clustrix_bundle.bundler.analysis.world import FileFinding, ModuleFinding
    from clustrix_bundle.bundler.layout import Layout

SYSTEM_FOLDERS = ("/bin", "/dev", "/etc", "/lib", "/opt", "/proc", "/run", "/sbin", "/sys", "/tmp", "/usr", "/var")  # noqa: S108 - names to leave alone


_DEAD_LINK = "a link that leads nowhere"
_UNREADABLE = "you may not read it"


class Policy(Protocol):
    """What ships never, and what bounds a folder (rule 9)."""

    def secret(self, path: str) -> str | None:
        """Why a file must not ship unless it is included by its exact name; None for an ordinary one."""

    def ignored(self, path: str) -> str | None:
        """Why a folder or pattern does not bring a file (ignore files, caches, secrets); None where it does."""


class LatePolicy:
    """The `Selection` of a project root, loaded and made when it is first asked: most functions bring no data."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @cached_property
    def _selection(self) -> Policy:
        from clustrix_bundle.bundler.selection import Selection  # noqa: PLC0415 - for data only

        return Selection(self._root)

    def secret(self, path: str) -> str | None:
        """As `Policy.secret`."""
        return self._selection.secret(path)

    def ignored(self, path: str) -> str | None:
        """As `Policy.ignored`."""
        return self._selection.ignored(path)


class DataFiles:
    """Turns findings into files that ship; says which paths each finding added."""

    def __init__(self, found: Found, layout: Layout, wishes: Wishes, context: AnalysisContext, policy: Policy) -> None:
        self.found = found
        self.layout = layout
        self.wishes = wishes
        self.cwd = str(context.cwd)
        self.limit = context.settings.max_file_size
        self.policy = policy
        self._by_exact_wish: set[str] = set()
        self._told: set[str] = set()
        self._told_at: set[tuple[str, str, int]] = set()
        self.around: set[str] = set()
        """Folders around the project root that the code opens by name (``../data``), or that hold what it opens so."""

    def add(self, finding: FileFinding, importer: str) -> list[str]:
        """Ships what a finding names.

        Raises:
            AnalysisError: the file is too large, unreadable, secret and opened for sure, or named in another spelling than on disk.
        """
        path = os.path.normpath(str(finding.path))
        if not finding.anchored and path.startswith(self.cwd + os.sep):
            self.found.relative_names[path[len(self.cwd) + 1 :].split(os.sep)[0]] = None
        base = self.layout.base_of(path)
        if (base is None or base.holds(self.layout.root.folder)) and base != self.layout.root:
            self._note_around(path, finding)
        if base is None:
            self._note_outside(path, finding, importer)
            return []
        edge = FoundEdge(importer, path, finding.line, "data", finding.detail)
        if finding.written:
            return self._add_written(path, edge)
        if not os.path.lexists(path):
            self._check_spelling(path, finding, importer)
            return []
        if os.path.isdir(path):
            return self._add_folder(path, edge) if finding.whole else self._add_empty(path, edge)
        return self._add_file(path, edge, exact=finding.exact, required=finding.required, anchored=finding.anchored)

    def include(self, path: str, importer: str, line: int, detail: str, *, exact: bool) -> list[str]:
        """Ships what the user names; an exact name ships even a secret."""
        if self.layout.base_of(path) is None:
            raise AnalysisError(f"{detail}: {path} lies outside the project root and the source roots", importer, line)
        edge = FoundEdge(importer, path, line, "included", detail)
        if os.path.isdir(path):
            return self._add_folder(path, edge)
        if exact:
            self._by_exact_wish.add(path)
        return self._add_file(path, edge, exact=True, required=False, anchored=True)

    def observe(self, path: str, importer: str, line: int, detail: str) -> list[str]:
        """Ships a file that a run opened, as if a literal named it; a folder that it listed ships as a folder."""
        edge = FoundEdge(importer, path, line, "observed", detail)
        if os.path.isdir(path):
            return self._add_empty(path, edge)
        return self._add_file(path, edge, exact=True, required=False, anchored=True)

    def add_package_data(self, folder: str, importer: str, finding: ModuleFinding) -> list[str]:
        """Ships what lies in the folder of a package that ships whole, its Python files left to the walk."""
        edge = FoundEdge(importer, folder, finding.line, finding.evidence, finding.detail)
        return self._add_folder(folder, edge, skip_python=True)

    def _add_file(self, path: str, edge: FoundEdge, *, exact: bool, required: bool, anchored: bool) -> list[str]:
        reason = self._kept_back(path, exact=exact)
        if reason is not None:
            secret = self.policy.secret(path)
            if secret and exact and required:
                message = (
                    f"{edge.detail} opens {path}, which {secret}: it never ships by accident. Ship it with --include "
                    f"{self._relative(path)}, read it from the environment, or put the call under a condition or try"
                )
                raise AnalysisError(message, edge.importer, edge.line)
            self._pass_over(path, reason, edge, told=exact)
            if not exact and secret == reason and edge.evidence == "data" and path not in self._told:
                self._told.add(path)
                relative = self._relative(path)
                words = (
                    f"{edge.detail} will not find {relative}, which {secret}: ship it with --include {relative} if it is needed"
                )
                self.found.warnings[Note(words, edge.importer, edge.line)] = None
            return []
        unreadable = None if required or edge.evidence == "included" else _why_unreadable(path)
        if unreadable is not None:
            self._pass_over(path, unreadable, edge, told=exact or unreadable == _UNREADABLE)
            return []
        self._check_readable(path, edge)
        if exact and edge.evidence != "included" and path not in self.found.files:
            ignored = self.policy.ignored(path)
            if ignored:
                words = f"{self._relative(path)} ships although it is ignored ({ignored}): {edge.detail} names it"
                self.found.warnings[Note(words, edge.importer, edge.line)] = None
        self.found.edges.setdefault(edge)
        known = self.found.files.get(path)
        if known is None or known.kind == "dir":
            self.found.files[path] = FoundFile(path, "data", anchored=anchored)
            return [path]
        return []

    def _pass_over(self, path: str, reason: str, edge: FoundEdge, *, told: bool) -> None:
        self.found.excluded[path] = reason
        place = (path, edge.importer, edge.line)
        if told and place not in self._told_at:  # a line tests, opens and names a file
            self._told_at.add(place)
            words = f"{edge.detail}: {self._relative(path)} does not ship: {reason}"
            self.found.warnings[Note(words, edge.importer, edge.line)] = None

    def _kept_back(self, path: str, *, exact: bool) -> str | None:
        if path in self._by_exact_wish:
            return None
        pattern = self.wishes.excludes(path)
        if pattern is not None:
            return f"excluded by {pattern}"
        return self.policy.secret(path) if exact else self.policy.ignored(path)

    def _check_readable(self, path: str, edge: FoundEdge) -> None:
        try:
            status = os.stat(path)
        except OSError as error:
            raise AnalysisError(f"{edge.detail}: {path} cannot be read: {error.strerror}", edge.importer, edge.line) from error
        if not os.access(path, os.R_OK):
            message = (
                f"{edge.detail}: {path} cannot be read: permission denied. Make it readable, leave it out with --exclude "
                f"{self._relative(path)}, or put the call under a condition or try"
            )
            raise AnalysisError(message, edge.importer, edge.line)
        if status.st_size > self.limit:
            message = (
                f"{edge.detail} brings {path} of {status.st_size / 2**20:.1f} MiB, more than max-file-size ({self.limit / 2**20:.1f} MiB): "
                "raise max-file-size, exclude the file, or let the function read it on the cluster (cluster_* helpers)"
            )
            raise AnalysisError(message, edge.importer, edge.line)

    def _add_folder(self, folder: str, edge: FoundEdge, *, skip_python: bool = False) -> list[str]:
        """A folder with all that the ignore rules let in; empty, it ships as a folder."""
        added: list[str] = []
        for path in self._walk(folder, edge):
            if skip_python and path.endswith((".py", ".pyc")):
                continue
            inner = FoundEdge(edge.importer, path, edge.line, edge.evidence, edge.detail)
            added += self._add_file(path, inner, exact=False, required=False, anchored=False)
        if folder not in self.found.files and not skip_python:
            self._add_empty(folder, edge)
        return added

    def _walk(self, folder: str, edge: FoundEdge) -> Iterator[str]:
        """Regular files below a folder, links to files among them; links to folders are followed once, loops are not.

        Folders in it that may not be listed are told and passed over, as `os.walk` does.
        """
        seen: set[str] = set()
        stack = [(folder, os.path.realpath(folder))]
        while stack:
            here, real = stack.pop()
            if real in seen:
                continue
            seen.add(real)
            try:
                entries = sorted(os.scandir(here), key=lambda entry: entry.name)
            except OSError as error:
                if here == folder:
                    raise AnalysisError(f"cannot be listed: {error.strerror}", here) from error
                self._pass_over(here, _UNREADABLE, edge, told=True)
                continue
            for entry in entries:
                if leads_to_folder(entry):
                    reason = self.policy.ignored(entry.path)
                    if reason is None:
                        inner = os.path.realpath(entry.path) if entry.is_symlink() else os.path.join(real, entry.name)
                        stack.append((entry.path, inner))
                    else:
                        self.found.excluded[entry.path] = reason
                elif leads_to_file(entry) or self._is_special(entry):
                    yield entry.path

    def _is_special(self, entry: os.DirEntry[str]) -> bool:
        """Notes what is neither file nor folder (a socket, a broken link); False, so that it is passed over."""
        mode = entry.stat(follow_symlinks=False).st_mode
        self.found.excluded[entry.path] = _DEAD_LINK if stat.S_ISLNK(mode) else "neither a file nor a folder"
        return False

    def _add_empty(self, folder: str, edge: FoundEdge) -> list[str]:
        self.found.edges.setdefault(FoundEdge(edge.importer, folder, edge.line, edge.evidence, edge.detail))
        self.found.files.setdefault(folder, FoundFile(folder, "dir"))
        return []

    def _add_written(self, path: str, edge: FoundEdge) -> list[str]:
        """The folder that the code writes into, if it is there: without its content."""
        folder = path if os.path.isdir(path) else os.path.dirname(path)
        base = self.layout.base_of(folder)
        if base is None or folder == base.folder or not os.path.isdir(folder):
            return []
        return self._add_empty(folder, edge)

    def _check_spelling(self, path: str, finding: FileFinding, importer: str) -> None:
        """A literal that misses a file by case or Unicode normal form only fails where file systems tell them apart."""
        if not finding.exact:
            return
        existing = _other_spelling(path)
        if existing is not None:
            message = f"{finding.detail}: {path} is called {existing!r} on disk; file systems of clusters tell the two apart: write it as it is called, or rename it"
            if finding.required:
                raise AnalysisError(message, importer, finding.line)
            self.found.warnings[Note(message, importer, finding.line)] = None
        elif finding.required:
            words = f"{finding.detail}: there is no {self._relative(path)} here, so nothing ships for it"
            self.found.warnings[Note(words, importer, finding.line)] = None

    def _note_outside(self, path: str, finding: FileFinding, importer: str) -> None:
        system = any(path == folder or path.startswith(folder + os.sep) for folder in SYSTEM_FOLDERS)
        if not finding.written and not system and os.path.exists(path):
            words = f"{finding.detail}: {path} lies outside the project root and does not ship; choose a root that holds it with --root"
            self.found.warnings[Note(words, importer, finding.line)] = None

    def _note_around(self, path: str, finding: FileFinding) -> None:
        """A folder that only holds the root (``parents[2]`` on the way to something) asks for nothing."""
        holds_root = f"{self.layout.root.folder}{os.sep}".startswith(path.rstrip(os.sep) + os.sep)
        if (finding.exact or finding.anchored) and not finding.written and not holds_root and os.path.exists(path):
            self.around.add(path if os.path.isdir(path) else os.path.dirname(path))

    def reason(self, path: str) -> str | None:
        """Why a file would not ship whoever asks for it; None where nothing is against it."""
        pattern = self.wishes.excludes(path)
        if pattern is not None:
            return f"excluded by {pattern}"
        reason = self.policy.secret(path) or self.policy.ignored(path)
        if reason is None and os.path.isfile(path) and os.path.getsize(path) > self.limit:
            reason = f"larger than max-file-size ({self.limit / 2**20:.1f} MiB)"
        return reason

    def _relative(self, path: str) -> str:
        root = self.layout.root.folder
        return os.path.relpath(path, root).replace(os.sep, "/") if path.startswith(root + os.sep) else path


def _why_unreadable(path: str) -> str | None:
    if not os.path.exists(path):
        return _DEAD_LINK
    return None if os.access(path, os.R_OK) else _UNREADABLE


def _other_spelling(path: str) -> str | None:
    """The name on disk of the first part that differs from ``path`` in case or normal form only."""
    folder, name = os.path.split(path)
    if folder == path:
        return None
    if not os.path.isdir(folder):
        return _other_spelling(folder)
    import unicodedata  # noqa: PLC0415 - where a file is missing

    wanted = unicodedata.normalize("NFC", name).casefold()
    try:
        names = os.listdir(folder)
    except OSError:
        return None
    if name in names:
        return None
    return next((entry for entry in sorted(names) if unicodedata.normalize("NFC", entry).casefold() == wanted), None)
