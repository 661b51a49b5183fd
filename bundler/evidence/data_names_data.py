"""Data that names data and modules: globals of pickles, files that a small text file names (rule 8)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.world import FileFinding, ModuleFinding
from clustrix_bundle.bundler.evidence.disk import SKIPPED
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    from clustrix_bundle.bundler.evidence.reading import Reading

MAX_TEXT = 256 * 1024
MAX_PICKLE = 64 * 2**20
MAX_NAMES = 20_000
MAX_FOLDERS = 64

_PICKLES = frozenset(
    {".pkl", ".pickle", ".p", ".pck", ".pcl", ".joblib", ".dill", ".pt", ".pth", ".dat", ".cache", ".sav", ".model"}
)
_WORD = compile_lazily(r"[\w@%+~.\-/\\]+")
_EXPANSION = compile_lazily(r"(?:\$\([^()]*\)|`[^`]*`|\$\{[^{}]*\}|\$\w+|%\(\w+\)s|\{+[\w. ]+\}+)\"?/")
"""What a shell, a template or an interpolating parser puts a folder in for, with the slash after it: ``$(dirname "$0")/``, ``%(here)s/``."""
_STRUCTURED = frozenset({".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".xml"})
_SECTIONED = frozenset({".ini", ".cfg", ".conf"})
_EXPANDED = compile_lazily(r"%\(\w+\)s|\$\{[\w:]+\}")
_QUOTED = compile_lazily(r"\"([^\"\n]{1,255})\"|'([^'\n]{1,255})'")
_LARK_IMPORT = compile_lazily(r"^\s*%import\s+(\.?)([\w.]+)", re.MULTILINE)
_MODULE_NAME = compile_lazily(
    r"(?<!\w)([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?::\w+)?)|[\"']([A-Za-z_]\w*(?::\w+)?)[\"']"
    r"|(?:^|(?<=[:=\-]))[ \t]*((?:[A-Za-z_]\w*(?::\w+)?[ \t]*,[ \t]*)*[A-Za-z_]\w*(?::\w+)?),?[ \t]*$",
    re.MULTILINE,
)
_PYTHON_MODULE = compile_lazily(r"\bpython[\d.]*\s+(?:-\w+\s+)*-m\s+([\w.]+)")


def find_in_data(reading: Reading, path: Path) -> Iterator[FileFinding | ModuleFinding]:
    """What a data file names: local modules, if it is a pickle, and files beside it, if it is a small text."""
    if path.suffix in (".py", ".pyc", ".so") or not reading.disk.is_file(str(path)):
        return
    try:
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            head = file.read(4)
    except OSError:
        return
    if _may_be_pickle(path, head) and size <= MAX_PICKLE:
        yield from _pickled(reading, path, head)
    elif size <= MAX_TEXT:
        try:
            content = path.read_bytes()
        except OSError:
            return
        if b"\0" not in content:
            yield from _named_in_text(reading, path, content.decode("utf-8", "replace"))


def _may_be_pickle(path: Path, head: bytes) -> bool:
    suffixes = set(path.suffixes)
    return (head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05") or bool(suffixes & _PICKLES)


def _pickled(reading: Reading, path: Path, head: bytes) -> Iterator[ModuleFinding]:
    from clustrix_bundle.bundler.evidence.pickles import pickle_globals, pickles_in  # noqa: PLC0415 - most projects have none

    names: dict[str, None] = {}
    for content in pickles_in(path, head, MAX_PICKLE):
        for module in pickle_globals(content):
            names.setdefault(module)
    for name in names:
        if name != "__main__" and reading.world.locate(name) is not None:
            yield ModuleFinding(name, 0, "data", f"pickle {path.name} names {name}")


def _named_in_text(reading: Reading, path: Path, content: str) -> Iterator[FileFinding | ModuleFinding]:
    """Names in a text file that lead to files seen from its own folder, from folders around it, or from the working directory."""
    folder = path.parent
    around = [str(folder)]
    for parent in folder.parents:
        if not str(parent).startswith(str(reading.world.root)):
            break
        around.append(str(parent))
    around.append(str(reading.world.cwd))
    seen: set[str] = set()
    candidates = list(_candidates(path, content))
    inner = _named_folders(reading, around, candidates) if path.suffix in _STRUCTURED else []
    bases = list(dict.fromkeys((*around, *inner)))
    for line, name in candidates:
        if name in seen or len(seen) > MAX_NAMES:
            continue
        seen.add(name)
        if not ("." in name or "/" in name) or name.startswith(("/", "http:", "https:")) or set(name) <= {".", "/"}:
            continue
        relative = name.replace("\\", "/")
        for base in bases:
            if not reading.disk.may_hold(base, relative):
                continue
            target = os.path.normpath(os.path.join(base, relative))
            if target != str(path) and reading.disk.is_file(target):
                script = target.endswith(".py") and path.suffix in (".sh", ".bash", "")
                if target.endswith((".py", ".pyc")) and not script:
                    break
                detail = f"{path.name} names {name}"
                exact = base == str(folder)
                yield FileFinding(Path(target), line, detail, exact=exact, anchored=True, script=script)
                break
    for match in _PYTHON_MODULE.finditer(content):
        if reading.world.locate(match[1]) is not None:
            yield ModuleFinding(match[1], 0, "data", f"{path.name} runs {match[1]}")


def _named_folders(reading: Reading, around: list[str], candidates: list[tuple[int, str]]) -> list[str]:
    """Folders that a file names, those in another one that it names too: the values of one key are often names of files in them."""
    names = list(dict.fromkeys(name.strip("/") for _, name in candidates))[:MAX_NAMES]
    found: dict[str, None] = {}
    for _ in range(2):
        for base in dict.fromkeys((*around, *found)):
            listing = reading.disk.listing(base)
            for name in names:
                first = name.partition("/")[0]
                if listing.get(first) and first not in SKIPPED and reading.disk.is_folder(target := os.path.join(base, name)):
                    found.setdefault(target)
        if not found or len(found) > MAX_FOLDERS:
            break
    return list(found)[:MAX_FOLDERS]


def _candidates(path: Path, content: str) -> Iterator[tuple[int, str]]:
    if path.suffix == ".lark":
        for match in _LARK_IMPORT.finditer(content):
            line = content.count("\n", 0, match.start()) + 1
            parts = match[2].split(".")
            for count in range(len(parts), 0, -1):
                yield line, "/".join(parts[:count]) + ".lark"
    if path.suffix in _SECTIONED and _EXPANDED.search(content):
        yield from ((0, value) for value in _expanded(content))
    only_files = path.suffix not in _STRUCTURED  # whose names of folders count too
    for number, line_text in enumerate(content.splitlines(), 1):
        if only_files and "." not in line_text and "/" not in line_text:
            continue
        for match in _QUOTED.finditer(line_text):
            yield number, match[1] or match[2]
        for match in _WORD.finditer(line_text):
            yield number, match[0].rstrip(".")
        if _EXPANSION.search(line_text):
            for match in _WORD.finditer(_EXPANSION.sub(" ", line_text)):
                yield number, match[0].rstrip(".")
        _, mark, rest = line_text.partition("=")
        if mark and rest.strip():
            yield number, rest.strip()
        _, mark, rest = line_text.partition(": ")
        if mark and rest.strip():
            yield number, rest.strip()


def _expanded(content: str) -> Iterator[str]:
    """Values of sections with the options put in that they name: ``%(base)s/a.csv``, ``${paths:base}/a.csv``."""
    from configparser import BasicInterpolation, ConfigParser, Error, ExtendedInterpolation  # noqa: PLC0415 - few files need it

    for interpolation in (BasicInterpolation(), ExtendedInterpolation()):
        parser = ConfigParser(interpolation=interpolation, strict=False, allow_no_value=True)
        try:
            parser.read_string(content)
            values = [value for section in parser.sections() for _, value in parser.items(section)]
        except (Error, ValueError):
            continue
        yield from (line.strip() for value in values if value for line in value.splitlines())


def dotted_names(path: Path) -> list[str]:
    """Dotted names, and bare ones that are a whole line or value, or lists of them, in a small text file, as rule 4 (b) looks for modules in them."""
    try:
        if path.suffix in (".py", ".pyc") or os.path.getsize(path) > MAX_TEXT:
            return []
        content = path.read_bytes()
    except OSError:
        return []
    if b"\0" in content:
        return []
    text = content.decode("utf-8", "replace")
    found = [name.strip() for match in _MODULE_NAME.findall(text) for name in (match[0] or match[1] or match[2]).split(",")]
    return list(dict.fromkeys(found))[:MAX_NAMES]
