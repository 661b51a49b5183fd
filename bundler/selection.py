"""Selection: what a folder or a pattern brings, and what never ships (rule 9).

`Selection.secret` binds everything but an exact ``--include``; `Selection.ignored` binds what a folder, a pattern or a package
brings: secrets, files that tools and version control make, virtual environments, and what ``.gitignore`` and ``.clustrixignore``
name. A file that code opens by its full name ships even if it is ignored.
"""

from __future__ import annotations

import fnmatch
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_pattern import compile_lazily
from clustrix_bundle.bundler.secrets import secret_content, secret_folder, secret_name

if TYPE_CHECKING:
    import pathspec

IGNORE_FILES = (".gitignore", ".clustrixignore")
"""Read in every folder, in this order: a later one overrides an earlier one."""

TOOL_FOLDERS = {
    **dict.fromkeys((".git", ".hg", ".svn", ".bzr", ".jj", "CVS"), "version control"),
    **dict.fromkeys(
        (
            "__pycache__",
            ".mypy_cache",
            ".pytest_cache",
            ".ruff_cache",
            ".cache",
            ".hypothesis",
            ".tox",
            ".nox",
            ".ipynb_checkpoints",
            ".joblib_cache",
        ),
        "a cache",
    ),
    **dict.fromkeys(
        (".venv", "virtualenv", ".virtualenv", "site-packages", ".conda", "conda-meta", ".pixi"), "a virtual environment"
    ),
    **dict.fromkeys(("node_modules", "bower_components"), "installed packages"),
    **dict.fromkeys((".eggs", ".idea", ".vscode", ".vs", ".gradle", ".terraform", ".serverless"), "made by a tool"),
}
"""Folders that never travel with others, and what they are."""

TOOL_FILES = (
    ("*.py[co]", "byte code"),
    (".DS_Store", "made by a tool"),
    ("Thumbs.db", "made by a tool"),
    ("*.sw[op]", "an editor's"),
    ("*~", "an editor's"),
    (".coverage", "made by a tool"),
    (".coverage.*", "made by a tool"),
    (".gitignore", "version control"),
    (".gitattributes", "version control"),
    (".gitmodules", "version control"),
    (".clustrixignore", "a list of what stays"),
    (".python-version", "made by a tool"),
)
"""Files that never travel with a folder, as `fnmatch` patterns, and what they are."""

_BUILD_FOLDERS = ("build", "dist")
_EGG_INFO = (".egg-info", ".dist-info")
_TOOL_FILES = [(compile_lazily(fnmatch.translate(pattern)), reason) for pattern, reason in TOOL_FILES]


class Selection:
    """Answers for paths below one project root; folders are looked at once.

    Args:
        root: Project root. Ignore files count from the top of the git repository around it (or from it) downwards. Those that
            ignore the root itself, or a folder around it, say nothing of what to take from it, and do not count.
    """

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self._specs: dict[str, pathspec.GitIgnoreSpec | None] = {}
        self.top = _repository(self.root)
        folder = self.top
        for name in _parts(self.root, self.top):
            folder = os.path.join(folder, name)
            if self._listed(folder, is_folder=True):
                self.top = folder
        self._folders: dict[str, str | None] = {}
        self._secrets: dict[str, str | None] = {}
        self._ignored: dict[str, str | None] = {}

    def secret(self, path: str) -> str | None:
        """Why a file must not ship unless it is included by its exact name (a clause: "holds passwords"); None for an ordinary one."""
        path = os.path.normpath(path)
        if path not in self._secrets:
            self._secrets[path] = self._secret(path)
        return self._secrets[path]

    def _secret(self, path: str) -> str | None:
        for name in self._parts_below(path)[:-1]:
            kind = secret_folder(name)
            if kind is not None and not (name == "secrets" and self._is_package(path, name)):
                return f"lies in {kind}"
        name = os.path.basename(path)
        if os.path.isdir(path):
            kind = secret_folder(name)
            return f"is {kind}" if kind is not None and not self._is_package(os.path.join(path, "x"), name) else None
        return secret_name(name) or (None if name.endswith(".py") else secret_content(path))

    def ignored(self, path: str) -> str | None:
        """Why a folder or a pattern does not bring a file or folder; None where it does."""
        path = os.path.normpath(path)
        if path not in self._ignored:
            self._ignored[path] = self._path(path)
        return self._ignored[path]

    def _path(self, path: str) -> str | None:
        is_folder = os.path.isdir(path)
        reason = self._folder(path if is_folder else os.path.dirname(path))
        if reason is not None:
            return reason
        if is_folder:
            return self.secret(path)
        name = os.path.basename(path)
        found = next((kind for pattern, kind in _TOOL_FILES if pattern.match(name)), None)
        return found or self.secret(path) or self._listed(path, is_folder=False)

    def _folder(self, folder: str) -> str | None:
        """Why a folder, or one around it below the root, does not ship with what is around it."""
        if len(folder) <= len(self.root) or not folder.startswith(self.root + os.sep):
            return None
        if folder not in self._folders:
            above = self._folder(os.path.dirname(folder))
            self._folders[folder] = above if above is not None else self._folder_itself(folder)
        return self._folders[folder]

    def _folder_itself(self, folder: str) -> str | None:
        name = os.path.basename(folder)
        kind = TOOL_FOLDERS.get(name)
        if kind is not None:
            return kind
        if name.endswith(_EGG_INFO):
            return "made by a build"
        if os.path.lexists(os.path.join(folder, "pyvenv.cfg")) or os.path.isdir(os.path.join(folder, "conda-meta")):
            return "a virtual environment"
        if name in _BUILD_FOLDERS and os.path.dirname(folder) == self.root and _is_build(folder):
            return "made by a build"
        return self._listed(folder, is_folder=True)

    def _listed(self, path: str, *, is_folder: bool) -> str | None:
        """Which ignore file names a path, by git's rules: the deepest file decides, in it the last line."""
        if not _parts(path, self.top):
            return None
        verdict: str | None = None
        base = self.top
        for part in ["", *_parts(os.path.dirname(path), self.top)]:
            base = os.path.join(base, part) if part else base
            for file_name in IGNORE_FILES:
                spec = self._spec(os.path.join(base, file_name))
                if spec is None:
                    continue
                relative = os.path.relpath(path, base).replace(os.sep, "/")
                result = spec.check_file(f"{relative}/" if is_folder else relative)
                if result.include is not None:
                    where = os.path.relpath(os.path.join(base, file_name), self.root).replace(os.sep, "/")
                    verdict = f"ignored by {where}" if result.include else None
        return verdict

    def _spec(self, path: str) -> pathspec.GitIgnoreSpec | None:
        if path not in self._specs:
            self._specs[path] = _read_spec(path)
        return self._specs[path]

    def _parts_below(self, path: str) -> list[str]:
        return _parts(path, self.root) if path.startswith(self.root + os.sep) else path.strip(os.sep).split(os.sep)[-2:]

    def _is_package(self, path: str, name: str) -> bool:
        """Whether the folder called ``name`` on the way to a path is a package of Python modules."""
        folder = path
        while os.path.basename(folder) != name and os.path.dirname(folder) != folder:
            folder = os.path.dirname(folder)
        return os.path.isfile(os.path.join(folder, "__init__.py"))


def _parts(path: str, base: str) -> list[str]:
    """The names between a folder and a path below it; none for the folder itself or what lies elsewhere."""
    if not path.startswith(base.rstrip(os.sep) + os.sep):
        return []
    return path[len(base.rstrip(os.sep)) + 1 :].split(os.sep)


def _repository(root: str) -> str:
    """The top of the git repository that holds the root, else the root."""
    folder = root
    while True:
        if os.path.lexists(os.path.join(folder, ".git")):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return root
        folder = above


def _is_build(folder: str) -> bool:
    """Whether ``build`` or ``dist`` in the root holds what setuptools and its like leave there."""
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    made = re.compile(r"(?:lib|bdist|temp|scripts)(?:[.-].*)?|.*\.(?:whl|tar\.gz|egg)")
    return bool(names) and all(made.fullmatch(name) for name in names)


def _read_spec(path: str) -> pathspec.GitIgnoreSpec | None:
    if not os.path.isfile(path):
        return None
    import pathspec as library  # noqa: PLC0415 - only where there is an ignore file

    lines: list[str] = []
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    try:
        return library.GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return library.GitIgnoreSpec.from_lines(line for line in lines if _is_pattern(line))


def _is_pattern(line: str) -> bool:
    """Whether git reads a line as a pattern (a lone ``!`` or a bad range is none)."""
    import pathspec as library  # noqa: PLC0415 - as above

    try:
        library.GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
