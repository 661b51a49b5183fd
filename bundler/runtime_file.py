"""Writing ``runtime.pyz``: the runtime's modules as one zip file that Python runs, the same bytes every time.

The runtime's files are copied as text, without docstrings and comments; nothing of them is imported. Inside, they form the package ``_clustrix_runtime``, whose
``__init__`` is `runtime/zip_loader.py`; beside it stand ``__main__`` and the modules by which shipped code finds `clustrix_bundle`
and `clustrix` in a job.
"""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from clustrix_bundle.bundler.errors import PackagingError

MAX_RUNTIME_SIZE = 64 * 1024
"""Bytes that ``runtime.pyz`` may have."""

PACKAGE = "_clustrix_runtime"
LOADER = "zip_loader"
"""The module that becomes the package's ``__init__``; it says how the others stand in the zip file."""

_SHEBANG = b"#!/usr/bin/env python3\n"
_TIME = (1980, 1, 1, 0, 0, 0)
_FILE_MODE = 0o644 << 16

_STUBS = {
    "__main__.py": b"""import os, sys
sys.path[0] = os.path.abspath(sys.path[0])
from _clustrix_runtime.command_line import main
code = main(sys.argv[1:])
if callable(code):  # the process that is to run the user's function
    sys.exit(code())
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)
""",
    "clustrix_bundle/__init__.py": b"from _clustrix_runtime import shim\n\nshim.stand_in(__name__)\n",
    "clustrix/__init__.py": b"from _clustrix_runtime import shim\n\nshim.stand_in(__name__)\n",
}


def runtime_folder() -> Path:
    """Where the runtime's modules stand in this installation."""
    installed = Path(__file__).resolve().parent.parent / "runtime"
    if not installed.is_dir():
        raise PackagingError(f"this installation is incomplete: {installed} is missing")
    return installed


def runtime_modules(folder: Path) -> dict[str, bytes]:
    """Name and source of every module in the folder, without its ``__init__``."""
    return {path.stem: path.read_bytes() for path in folder.glob("*.py") if path.stem != "__init__"}


def without_prose(source: bytes) -> bytes:
    """A module's source without docstrings, comments and spaces that part no words, every line where it was: a quarter of the size, and quicker
    to compile.
    """
    text = source.decode()
    lines = text.split("\n")
    for prose, kept in _prose_of(ast.parse(text)):
        assert prose.end_lineno is not None
        first, last = prose.lineno - 1, prose.end_lineno
        before = lines[first].encode()[: prose.col_offset].decode()
        after = lines[last - 1].encode()[prose.end_col_offset :].decode()
        if not before.strip() and not after.strip():  # it has its lines for itself
            lines[first:last] = [before + kept] + [""] * (last - first - 1)
    return "\n".join(_narrow("\n".join(lines))).encode()


def _prose_of(module: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """Docstrings, and texts behind assignments that say what they are for; with what stays of each: a body must not be empty."""
    for node in ast.walk(module):
        found = getattr(node, "body", None)
        body = found if isinstance(found, list) else []
        for statement in body:
            if (
                isinstance(statement, ast.Expr)
                and isinstance(statement.value, ast.Constant)
                and isinstance(statement.value.value, str)
            ):
                yield statement, "" if len(body) > 1 else '""'


def _narrow(text: str) -> list[str]:
    """Lines without comments, without spaces that part no words, and indented by single spaces."""
    lines = text.split("\n")
    narrow = [""] * len(lines)
    at, deep, brackets, begun = (1, 0), 0, 0, False
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.INDENT:
            deep += 1
        elif token.type == tokenize.DEDENT:
            deep -= 1
        if token.type in _NO_TEXT:
            continue
        row, column = token.start
        between = lines[row - 1][at[1] : column] if row == at[0] else ""
        written = narrow[row - 1]
        if not written and not brackets and not begun:
            between = " " * deep
        elif not (between and _parts_words(written[-1:], token.string[:1])):
            between = ""
        first, *rest = token.string.split("\n")
        narrow[row - 1] = written + between + first
        for number, line in enumerate(rest, row):
            narrow[number] = line
        if token.type == tokenize.OP:
            brackets += (token.string in "([{") - (token.string in ")]}")
        begun = token.type != tokenize.NEWLINE
        at = token.end
    return narrow


_NO_TEXT = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def _parts_words(before: str, after: str) -> bool:
    """Whether a space between these characters means something."""
    return all(one.isalnum() or one in "_\"'" for one in (before, after))


_NEIGHBOURS = """
active filesystem config file_info answer_cache shim in_place batch file_operations matching local_files globbing quantities
work_links operations process_operations watch_operations sweep_operations store_operations confinement walking job_folder
private_folder tree job_operations node_copy digest probe_operations owner seal bundle outcome_file folder_sink outputs manifest
errors json_text value_needs intact tar call whole_pickle values quick_exit chunk outcome entry made_classes locale_utf8 initialized
failure_file run definitions unpack job frames command_line verify supervisor agent xxh64 zstd zstd_entropy zstd_pure
"""
"""Modules in an order that Deflate packs well, since it sees 32 KiB back (RFC 1951): found by moving them about until none made the
file smaller. 3 kB of 60; what is not named here stands behind, and costs no more than its own size."""


def _like_beside_like(modules: Mapping[str, bytes]) -> list[str]:
    known = {name: place for place, name in enumerate(_NEIGHBOURS.split())}
    return sorted(modules, key=lambda name: (known.get(name, len(known)), name))


def render_runtime(modules: Mapping[str, bytes]) -> bytes:
    """The bytes of ``runtime.pyz``.

    Args:
        modules: Name to source of each module.

    Raises:
        PackagingError: The file would be larger than `MAX_RUNTIME_SIZE`.
    """
    modules = {name: without_prose(source) for name, source in modules.items()}
    sources = b"".join(name.encode() + b"\0" + modules[name] + b"\0" for name in _like_beside_like(modules) if name != LOADER)
    version = hashlib.sha256(modules[LOADER] + sources).hexdigest()[:16]
    start = f"\n\nmodules = Modules(__spec__, {version!r})\nmodules.install(__name__)\n"
    files = _STUBS | {f"{PACKAGE}/__init__.py": modules[LOADER] + start.encode(), f"{PACKAGE}/sources": sources}
    buffer = io.BytesIO()
    buffer.write(_SHEBANG)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _TIME)
            info.create_system = 3  # Unix, wherever this runs
            info.external_attr = _FILE_MODE
            # What is small is not worth it.
            info.compress_type = zipfile.ZIP_DEFLATED if name.startswith(PACKAGE) else zipfile.ZIP_STORED
            archive.writestr(info, files[name], compresslevel=9)
    data = buffer.getvalue()
    if len(data) > MAX_RUNTIME_SIZE:
        raise PackagingError(f"runtime.pyz has {len(data)} bytes; it may have {MAX_RUNTIME_SIZE}")
    return data
