"""Functions that open files: which they are, by the tables of `known_openers` and by how they are called, and which calls look like them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.evidence.deeds import COPY, LIST, LOAD, WALK, WRITE, Opener
from clustrix_bundle.bundler.evidence.known_openers import BY_NAME, PATH_METHODS, RESOURCES
from clustrix_bundle.bundler.folding.foreign_names import is_path_class

if TYPE_CHECKING:
    from collections.abc import Collection

    from clustrix_bundle.bundler.evidence.call_shapes import CallShape

_READ_VERBS = frozenset({"read", "scan", "load", "open", "imread", "parse", "import", "iter", "from"})
_READ_ENDS = frozenset({"load", "read", "open"})
_READ_NAMES = frozenset({"genfromtxt", "loadtxt", "memmap"})
_READ_NOUNS = ("Dataset", "File", "Reader", "Loader", "Archive", "Database", "Lookup", "Folder", "Staticfiles", "Source", "Image")
_WRITE_VERBS = frozenset({"to", "write", "save", "dump", "export"})
_WRITE_ENDS = frozenset({"save", "dump", "write"})
_WRITE_NAMES = frozenset({"savefig", "imwrite", "imsave", "savetxt", "tofile"})
_NEVER = (
    "builtins.", "os.path.", "re.", "string.", "logging.", "argparse.", "click.", "typing.", "collections.", "itertools.", "functools.", "time.",
    "datetime.", "urllib.", "http.", "webbrowser.", "requests.", "importlib.", "unittest.", "warnings.", "struct.", "math.", "random.", "json.loads",
    "clustrix",
)  # fmt: skip
_YET = ("logging.config", "importlib.resources")


def is_named_as_reading(last_name: str) -> bool:
    """Whether any foreign function of that last name is taken for one that reads: ``read_csv``, ``np_load``, ``fromfile``, ``ImageFolder``."""
    return (
        _has_verb(last_name, _READ_VERBS, _READ_ENDS)
        or last_name in _READ_NAMES
        or (last_name.startswith("from") and last_name.isascii() and last_name.isalpha() and last_name.islower())
        or last_name.endswith(_READ_NOUNS)
    )


def is_named_as_writing(last_name: str) -> bool:
    """The same for one that writes: ``to_csv``, ``model_save``, ``savetxt``."""
    return _has_verb(last_name, _WRITE_VERBS, _WRITE_ENDS) or last_name in _WRITE_NAMES or last_name.startswith("savez")


def _has_verb(name: str, first: Collection[str], last: Collection[str]) -> bool:
    """Whether a name is one of the verbs ``first`` or begins with it, or ends in one of ``last``; an underscore parts it from the rest."""
    verb, _, rest = name.partition("_")
    before, _, end = name.rpartition("_")
    return (verb in first and (bool(rest) or verb == name)) or (bool(before) and end in last)


def opener_of(name: str) -> Opener | None:
    """What an external function does with a path; None if it is no opener. Third-party functions are told by their names."""
    known = BY_NAME.get(name)
    if known is not None:
        return known
    if name.startswith(_NEVER) and not name.startswith(_YET):
        return None
    last = name.rpartition(".")[2]
    if is_named_as_reading(last):
        return _GENERIC_LOAD
    if is_named_as_writing(last):
        return _GENERIC_WRITE
    return None


_GENERIC_LOAD = Opener(
    LOAD,
    names=(
        "path", "filepath", "filepath_or_buffer", "path_or_buf", "io", "file", "fname", "filename", "source", "src", "path_or_file", "fp", "uri",
        "filename_or_obj", "paths", "input", "input_file", "model_path", "root", "root_dir", "data_dir", "data_files", "directory", "folder",
        "searchpath", "template_folder", "static_folder", "config_path", "pretrained_model_name_or_path", "grammar_filename",
    ),
)  # fmt: skip
_GENERIC_WRITE = Opener(
    WRITE,
    names=("path", "path_or_buf", "filepath", "fname", "filename", "file", "excel_writer", "buf", "fp", "path_or_buffer", "f"),
)

LAST_NAMES = frozenset({name.rpartition(".")[2] for name in (*BY_NAME, *RESOURCES)} | set(PATH_METHODS))
"""Last names of everything known here."""


@lru_cache(maxsize=4096)
def may_open(last_name: str) -> bool:
    """Whether a callee of that last name can be an opener, by any rule here."""
    return last_name in LAST_NAMES or is_named_as_reading(last_name) or is_named_as_writing(last_name)


def is_opener(name: str) -> bool:
    """Whether a function of that full name, which is not the user's own, is one by any rule here."""
    owner, _, _ = name.rpartition(".")
    return name in RESOURCES or opener_of(name) is not None or is_path_class(owner)


def opens_its_first(name: str) -> bool:
    """Whether a function opens its first positional argument and no other: the likes of ``open(path, mode)``."""
    opener = BY_NAME.get(name)
    return opener is not None and opener.mode >= 0


def is_plausible(shape: CallShape) -> bool:
    """Whether a call of such a name looks as if it did anything with a path."""
    name = shape.name
    deed = PATH_METHODS.get(name) if shape.is_method else None
    if shape.starred:
        return True
    if deed is None:
        return (shape.given and shape.textual) or name in _WITHOUT_ARGUMENTS
    if deed == COPY:  # `Path.replace(target)`; `text.replace(old, new)`, `items.copy()`
        return shape.given and not (shape.of_unknown and shape.positional > 1 and name in _COMMON)
    return not (shape.of_unknown and shape.positional > 0 and name in _COMMON)


_WITHOUT_ARGUMENTS = frozenset(name.rpartition(".")[2] for name, opener in BY_NAME.items() if opener.deed in (LIST, WALK))
"""Functions that take the working directory where they are given nothing."""

_COMMON = frozenset({"replace", "rename", "group", "owner"})
"""Methods of paths that other things have with more arguments."""
