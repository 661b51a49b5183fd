"""Metadata of distributions that lie in the project (``src/pkg.egg-info``, an unpacked ``*.dist-info``): what ``importlib.metadata`` reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.world import FileFinding, LoadedModule, ModuleFinding
from clustrix_bundle.bundler.evidence.call_shapes import is_of_import
from clustrix_bundle.bundler.evidence.callees import CallRule
from clustrix_bundle.bundler.evidence.words import call_words
from clustrix_bundle.bundler.folding.value import Alternatives, External, as_text
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    from clustrix_bundle.bundler.evidence.reading import Reading

_OF_ONE = frozenset({"version", "metadata", "requires", "files", "distribution", "from_name", "get_distribution"})
_OF_ALL = frozenset({"entry_points", "distributions", "packages_distributions", "iter_entry_points"})
_PACKAGES = ("importlib.metadata.", "importlib_metadata.", "pkg_resources.")
_ASKING = CallRule((_OF_ONE | _OF_ALL).__contains__, is_of_import, lambda name: name.startswith(_PACKAGES))
_FILES = ("METADATA", "PKG-INFO", "entry_points.txt", "requires.txt", "top_level.txt")
_LISTS = ("RECORD", "SOURCES.txt")
_ABOUT = ("METADATA", "PKG-INFO")
_READ_BY = {
    "version": _ABOUT,
    "metadata": _ABOUT,
    "requires": (*_ABOUT, "requires.txt"),
    "entry_points": ("entry_points.txt",),
    "files": (*_FILES, *_LISTS),
}
"""What functions of ``importlib.metadata`` read of a distribution; the others, and ``pkg_resources``, may read `_FILES`."""
_PROGRAMS = frozenset({"console_scripts", "gui_scripts"})
_FOLDER = compile_lazily(r"(?P<name>.+?)(-[^-]+)?(-py[\d.]+)?\.(dist|egg)-info")


def find_metadata(reading: Reading, module: LoadedModule) -> Iterator[FileFinding]:
    """Metadata files beside the project's packages that a module asks for: of the distribution that it names, of all where it names none."""
    for call in reading.calls(module, _ASKING):
        names = [one.name for one in reading.folder.callee_of(call, module) if isinstance(one, External)]
        last = [name.rpartition(".")[2] for name in names if name.startswith(_PACKAGES)]
        if not last:
            continue
        wanted = _FILES if any(name.startswith("pkg_resources.") for name in names) else _READ_BY.get(last[0], _FILES)
        given = (
            reading.folder.arguments_of(call, module).get(0, "distribution_name", "name", "dist") if last[0] in _OF_ONE else None
        )
        for folder, name in _folders(reading):
            if given is None or _may_be(given, name):
                for file in wanted:
                    if reading.disk.is_file(str(folder / file)):
                        yield FileFinding(folder / file, call.line, call_words(call), anchored=True)


def find_entry_points(reading: Reading, path: Path) -> Iterator[ModuleFinding]:
    """Local modules that an ``entry_points.txt`` names for whoever loads them; those of programs are for the command line, unless code asks for them."""
    from configparser import ConfigParser, Error  # noqa: PLC0415 - few projects have one

    parser = ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    try:
        parser.read(path, encoding="utf-8")
    except (Error, OSError, UnicodeDecodeError):
        return
    for group in parser.sections():
        if group in _PROGRAMS and not any(reading.world.may_hold(one, group.encode()) for one in reading.world.reached()):
            continue
        for value in parser[group].values():
            module = value.partition(":")[0].partition("[")[0].strip()
            if reading.world.locate(module) is not None:
                yield ModuleFinding(module, 0, "data", f"{path.name} names {value} in [{group}]")


def _folders(reading: Reading) -> Iterator[tuple[Path, str]]:
    """Metadata folders directly in the source roots, with the normalised name of their distribution."""
    for root in reading.world.source_roots:
        for entry, is_folder in reading.disk.listing(str(root)).items():
            match = _FOLDER.fullmatch(entry) if is_folder else None
            if match is not None:
                yield root / entry, _normalised(match["name"])


def _may_be(given: Alternatives, name: str) -> bool:
    texts = [as_text(one).constant for one in given]
    return any(text is None or _normalised(text) == name for text in texts)


def _normalised(name: str) -> str:
    """As PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()
