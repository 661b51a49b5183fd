"""Functions that open files: which they are, by the tables of `known_openers` and by how they are called, and which calls look like them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.evidence.deeds import COPY, LIST, LOAD, WALK, WRITE, Opener
from clustrix_bundle.bundler.evidence.known_openers import BY_NAME, PATH_METHODS, RESOURCES
from clustrix_bundle.bundler.folding.foreign_names import is_path_class
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    from clustrix_bundle.bundler.evidence.call_shapes import CallShape

_READING = compile_lazily(
    r"(?:read|scan|load|open|imread|parse|import|iter|from)(?:_\w+)?|\w+_(?:load|read|open)|fromfile|genfromtxt|loadtxt|memmap|from[a-z]+|"
    r"\w*(?:Dataset|File|Reader|Loader|Archive|Database|Lookup|Folder|Staticfiles|Source|Image)"
)
WRITING = compile_lazily(
    r"(?:to|write|save|dump|export)(?:_\w+)?|savefig|imwrite|imsave|savez\w*|savetxt|tofile|\w+_(?:save|dump|write)"
)
_NEVER = compile_lazily(
    r"builtins\.|os\.path\.|re\.|string\.|logging\.(?!config)|argparse\.|click\.|typing\.|collections\.|itertools\.|functools\.|time\.|datetime\."
    r"|urllib\.|http\.|webbrowser\.|requests\.|importlib\.(?!resources)|unittest\.|warnings\.|struct\.|math\.|random\.|json\.loads|clustrix"
)


def opener_of(name: str) -> Opener | None:
    """What an external function does with a path; None if it is no opener. Third-party functions are told by their names."""
    known = BY_NAME.get(name)
    if known is not None:
        return known
    if _NEVER.match(name):
        return None
    last = name.rpartition(".")[2]
    if _READING.fullmatch(last):
        return _GENERIC_LOAD
    if WRITING.fullmatch(last):
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
    return last_name in LAST_NAMES or bool(_READING.fullmatch(last_name) or WRITING.fullmatch(last_name))


def is_named_as_reading(last_name: str) -> bool:
    """Whether any foreign function of that last name is taken for one that reads."""
    return bool(_READING.fullmatch(last_name))


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
