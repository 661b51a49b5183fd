"""Editable installs: where the source of a distribution lies when its site folder only points to it (PEP 660, ``setup.py develop``)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.interpreter import is_site_folder, pth_folders
from clustrix_bundle.bundler.lazy_dataclass import dataclass

if TYPE_CHECKING:
    import ast


@dataclass(frozen=True, slots=True)
class Editable:
    """One folder, or one mapped package, that an editable install puts within reach of ``import``.

    Attributes:
        path: Folder on ``sys.path``; for a mapped package the package's own folder or file (without ``.py``).
        package: Dotted name of the mapped package, empty for a folder on ``sys.path``.
    """

    path: str
    package: str = ""


def find_editables(site_folders: Iterable[str]) -> list[Editable]:
    """Every editable install that these site folders point to, in the order in which imports find them, without duplicates."""
    folders = [Editable(path) for site in site_folders for path in pth_folders(site) if not is_site_folder(path)]
    mapped = [editable for site in site_folders for editable in _mapped(site)]
    return list(dict.fromkeys([*folders, *mapped]))


def _mapped(site_folder: str) -> list[Editable]:
    """The ``MAPPING`` of setuptools' editable finders: a dict literal of package names and paths."""
    try:
        names = sorted(
            name for name in os.listdir(site_folder) if name.startswith("__editable__") and name.endswith("_finder.py")
        )
    except OSError:
        return []
    found: list[Editable] = []
    for name in names:
        try:
            with open(os.path.join(site_folder, name), "rb") as file:
                found += [Editable(str(path), str(package)) for package, path in _mapping(file.read()).items()]
        except (OSError, SyntaxError, ValueError):
            continue
    return found


def _mapping(source: bytes) -> dict[object, object]:
    """What the source of a finder assigns to ``MAPPING``; empty if that is no literal.

    Raises:
        SyntaxError, ValueError: it is no Python.
    """
    import ast  # noqa: PLC0415 - where there is a finder

    found: dict[object, object] = {}
    for statement in _assignments(source).body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        value = getattr(statement, "value", None)
        if isinstance(target, ast.Name) and target.id == "MAPPING" and isinstance(value, ast.Dict):
            with contextlib.suppress(ValueError):
                found.update(ast.literal_eval(value))
    return found


def _assignments(source: bytes) -> ast.Module:
    """The lines that begin with ``MAPPING`` if each is whole, as setuptools writes them, else all of it: parsing takes as long as the rest here.

    Raises:
        SyntaxError, ValueError: it is no Python.
    """
    import ast  # noqa: PLC0415

    try:
        return ast.parse(b"\n".join(line for line in source.splitlines() if line.startswith(b"MAPPING")))
    except SyntaxError:
        return ast.parse(source)
