"""The target interpreter: the Python whose standard library and packages count.

A plain value. It is made here for the Python that runs this code (`this_interpreter`) and, for any other, from the JSON that
`clustrix_bundle.ask_interpreter` gets from it: nothing here starts a program.
"""

from __future__ import annotations

import importlib.machinery
import os
import site
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from clustrix_bundle.bundler.lazy_dataclass import dataclass

ALWAYS_LOADED = frozenset(
    [
        "sys",
        "builtins",
        "marshal",
        "posix",
        "time",
        "zipimport",
        "codecs",
        "encodings",
        "abc",
        "io",
        "stat",
        "os",
        "posixpath",
        "genericpath",
        "site",
        "_frozen_importlib",
        "_frozen_importlib_external",
        "_imp",
        "_thread",
        "_warnings",
        "_weakref",
        "_io",
        "_codecs",
        "_signal",
        "_abc",
        "_stat",
        "_collections_abc",
        "_sitebuiltins",
    ]
)
"""Modules that every CPython has imported before the user's code starts, so that no file of the user's can take their names."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What an interpreter finds where, before any user code has run.

    Attributes:
        executable: Its path, for messages.
        version: ``(3, 11, 7)``.
        stdlib_names: Top-level names of its standard library, built-in modules among them.
        unshadowed: Names that no file on ``sys.path`` can take: built in, frozen, or imported at start.
        stdlib_folders: Folders (and zip files) of the standard library, in the order of ``sys.path``.
        site_folders: Folders that hold installed distributions, in the order of ``sys.path``.
        extension_suffixes: Endings of its extension modules, in the order in which they are tried.
    """

    executable: str
    version: tuple[int, int, int]
    stdlib_names: frozenset[str]
    unshadowed: frozenset[str]
    stdlib_folders: tuple[str, ...]
    site_folders: tuple[str, ...]
    extension_suffixes: tuple[str, ...]

    @classmethod
    def from_json(cls, answer: Mapping[str, Any]) -> Interpreter:
        """The interpreter that gave this answer to `clustrix_bundle.ask_interpreter`."""
        major, minor, micro = answer["version"]
        return cls(
            executable=str(answer["executable"]),
            version=(int(major), int(minor), int(micro)),
            stdlib_names=frozenset(answer["stdlib_names"]),
            unshadowed=frozenset(answer["unshadowed"]),
            stdlib_folders=tuple(answer["stdlib_folders"]),
            site_folders=with_linked_site_folders(answer["site_folders"]),
            extension_suffixes=tuple(answer["extension_suffixes"]),
        )


def this_interpreter() -> Interpreter:
    """The Python that runs this code; what its caller did to ``sys.path`` does not count."""
    # As `sysconfig` has them, which reads how Python was built first.
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    stdlib = {os.path.dirname(os.__file__), os.path.join(sys.base_exec_prefix, sys.platlibdir, version)}
    stdlib |= {os.path.join(folder, "lib-dynload") for folder in stdlib}
    zipped = f"python{sys.version_info[0]}{sys.version_info[1]}.zip"
    known = set(site.getsitepackages())
    if site.ENABLE_USER_SITE:
        known.add(site.getusersitepackages())
    return Interpreter(
        executable=sys.executable,
        version=sys.version_info[:3],
        stdlib_names=sys.stdlib_module_names,
        unshadowed=ALWAYS_LOADED | frozenset(sys.builtin_module_names) | _frozen_names(),
        stdlib_folders=tuple(path for path in sys.path if path in stdlib or os.path.basename(path) == zipped),
        site_folders=with_linked_site_folders(path for path in sys.path if path in known or is_site_folder(path)),
        extension_suffixes=tuple(importlib.machinery.EXTENSION_SUFFIXES),
    )


def _frozen_names() -> frozenset[str]:
    """Top-level frozen modules: since 3.11 they are found before ``sys.path`` is looked at."""
    import _imp  # noqa: PLC0415 - a private module that other implementations lack: asked for where it is used

    names: Iterable[str] = getattr(_imp, "_frozen_module_names", tuple)()
    return frozenset(name for name in names if "." not in name)


def is_site_folder(path: str) -> bool:
    """Whether distributions are installed there, by its name (PEP 370, Debian) or what it holds."""
    if os.path.basename(path) in {"site-packages", "dist-packages"}:
        return os.path.isdir(path)
    try:
        return any(name.endswith(".dist-info") for name in os.listdir(path))
    except OSError:
        return False


def with_linked_site_folders(folders: Iterable[str]) -> tuple[str, ...]:
    """The folders, then those that their ``.pth`` files name and that hold distributions themselves; without duplicates."""
    known = list(dict.fromkeys(folders))
    for folder in list(known):
        known += [path for path in pth_folders(folder) if path not in known and is_site_folder(path)]
    return tuple(known)


def pth_folders(site_folder: str) -> list[str]:
    """Existing folders named by ``.pth`` files there, in the order in which `site` adds them; lines that are code are skipped."""
    found: list[str] = []
    for name in sorted(_names(site_folder)):
        if not name.endswith(".pth") or name.startswith("."):
            continue
        try:
            with open(os.path.join(site_folder, name), encoding="utf-8", errors="surrogateescape") as file:
                lines = file.read().removeprefix("\ufeff").splitlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith(("#", "import ", "import\t")) or not line.strip():
                continue
            path = os.path.normpath(os.path.join(site_folder, line.strip()))
            if os.path.isdir(path) and path not in found:
                found.append(path)
    return found


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
