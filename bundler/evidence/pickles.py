"""Pickles in data files, and the modules that they load globals from.

Nothing is unpickled: `pickletools.genops` reads the opcodes.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickletools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

MAX_OPCODES = 2_000_000

_MAGIC = {b"\x1f\x8b": "gzip", b"BZ": "bz2", b"\xfd7": "lzma"}


def pickles_in(path: Path, head: bytes, limit: int) -> Iterator[bytes]:
    """The pickles of a file that starts with these four bytes, unpacked, cut at ``limit`` bytes each; none where it cannot be read."""
    try:
        if head == b"PK\x03\x04":
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist():
                    if info.filename.endswith(("data.pkl", ".pkl")) and info.file_size <= limit:
                        yield archive.read(info)
            return
        with _opened(path, _MAGIC.get(head[:2], "")) as file:
            yield file.read(limit)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, lzma.LZMAError):
        return


def _opened(path: Path, compression: str) -> IO[bytes]:
    if compression == "gzip":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if compression == "bz2":
        return cast("IO[bytes]", bz2.open(path, "rb"))
    return cast("IO[bytes]", lzma.open(path, "rb")) if compression else open(path, "rb")


def pickle_globals(content: bytes) -> list[str]:
    """Modules whose names a pickle loads globals from, in order; what cannot be read ends the list."""
    found: dict[str, None] = {}
    strings: list[str] = []
    memo: dict[int, str] = {}
    stream = io.BytesIO(content)
    try:
        while stream.tell() < len(content):
            for count, (opcode, argument, _position) in enumerate(pickletools.genops(stream)):
                if count > MAX_OPCODES:
                    return list(found)
                name = opcode.name
                if name in ("GLOBAL", "INST"):
                    found.setdefault(str(argument).split(" ", 1)[0])
                elif name == "STACK_GLOBAL" and len(strings) >= 2:
                    found.setdefault(strings[-2])
                elif name == "MEMOIZE":
                    if strings:
                        memo[len(memo)] = strings[-1]
                    else:
                        memo[len(memo)] = ""
                elif name in ("BINPUT", "LONG_BINPUT", "PUT") and isinstance(argument, int):
                    memo[argument] = strings[-1] if strings else ""
                elif name in ("BINGET", "LONG_BINGET", "GET") and isinstance(argument, int):
                    strings.append(memo.get(argument, ""))
                elif "UNICODE" in name or "STRING" in name:
                    strings.append(str(argument))
                del strings[:-64]
    except (ValueError, IndexError, KeyError, UnicodeDecodeError, OverflowError, AttributeError, TypeError):
        pass
    return list(found)
