"""The system's libzstd through ctypes, for Pythons in which no zstd extension module can be loaded.

Functions are those of zstd.h's stable part, version 1.4 and later.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint, c_ulonglong, c_void_p
from typing import BinaryIO

_LEVEL, _CHECKSUM = 100, 201  # ZSTD_c_compressionLevel, ZSTD_c_checksumFlag
_CONTINUE, _END = 0, 2  # ZSTD_EndDirective
_CHUNK = 1 << 17
_OLDEST = 10400


class LibzstdError(Exception):
    """libzstd is not there, is too old, or reports an error."""


class _InBuffer(ctypes.Structure):
    _fields_ = (("src", c_char_p), ("size", c_size_t), ("pos", c_size_t))


class _OutBuffer(ctypes.Structure):
    _fields_ = (("dst", c_void_p), ("size", c_size_t), ("pos", c_size_t))


def load() -> ctypes.CDLL:
    """The library, with its functions' types declared.

    Raises:
        LibzstdError: There is none, or it is too old.
    """
    for name in ("libzstd.so.1", "libzstd.1.dylib", "libzstd.dylib", "libzstd.so"):
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        try:
            return _declared(library)
        except AttributeError:
            continue
    raise LibzstdError("no libzstd of 1.4 or later is installed")


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    types = {
        "ZSTD_versionNumber": (c_uint, []),
        "ZSTD_isError": (c_uint, [c_size_t]),
        "ZSTD_getErrorName": (c_char_p, [c_size_t]),
        "ZSTD_createCCtx": (c_void_p, []),
        "ZSTD_freeCCtx": (c_size_t, [c_void_p]),
        "ZSTD_CCtx_setParameter": (c_size_t, [c_void_p, c_int, c_int]),
        "ZSTD_CCtx_setPledgedSrcSize": (c_size_t, [c_void_p, c_ulonglong]),
        "ZSTD_compressStream2": (c_size_t, [c_void_p, POINTER(_OutBuffer), POINTER(_InBuffer), c_int]),
        "ZSTD_createDCtx": (c_void_p, []),
        "ZSTD_freeDCtx": (c_size_t, [c_void_p]),
        "ZSTD_decompressStream": (c_size_t, [c_void_p, POINTER(_OutBuffer), POINTER(_InBuffer)]),
    }
    for name, (result, arguments) in types.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    if library.ZSTD_versionNumber() < _OLDEST:
        raise AttributeError("too old")
    return library


class LibzstdCompressor:
    """One frame, written piece by piece; ``size`` is that of the content in bytes, where it is known."""

    def __init__(self, level: int, size: int | None = None) -> None:
        self._library = load()
        self._context = self._library.ZSTD_createCCtx()
        for parameter, value in ((_LEVEL, level), (_CHECKSUM, 1)):
            self._checked(self._library.ZSTD_CCtx_setParameter(self._context, parameter, value))
        if size is not None:
            self._checked(self._library.ZSTD_CCtx_setPledgedSrcSize(self._context, size))

    def compress(self, data: bytes) -> bytes:
        """What is ready of the frame after more content; may be empty."""
        return self._run(data, _CONTINUE)

    def flush(self) -> bytes:
        """The rest of the frame."""
        return self._run(b"", _END)

    def _run(self, data: bytes, directive: int) -> bytes:
        out = ctypes.create_string_buffer(_CHUNK)
        source = _InBuffer(data, len(data), 0)
        pieces = []
        while True:
            sink = _OutBuffer(ctypes.addressof(out), _CHUNK, 0)
            left = self._checked(self._library.ZSTD_compressStream2(self._context, byref(sink), byref(source), directive))
            pieces.append(out.raw[: sink.pos])
            if source.pos == source.size and (directive == _CONTINUE or left == 0):
                return b"".join(pieces)

    def _checked(self, result: int) -> int:
        if self._library.ZSTD_isError(result):
            raise LibzstdError(self._library.ZSTD_getErrorName(result).decode())
        return result

    def __del__(self) -> None:
        if getattr(self, "_context", None):
            self._library.ZSTD_freeCCtx(self._context)


class LibzstdReader:
    """The content of the frames of a file, one after the other."""

    def __init__(self, file: BinaryIO) -> None:
        self._library = load()
        self._context = self._library.ZSTD_createDCtx()
        self._file = file
        self._data = b""
        self._source = _InBuffer(b"", 0, 0)
        self._pending = 0

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; empty at the end.

        Raises:
            LibzstdError: The data is damaged, or ends within a frame.
        """
        out = ctypes.create_string_buffer(size)
        sink = _OutBuffer(ctypes.addressof(out), size, 0)
        while sink.pos == 0:
            if self._source.pos == self._source.size and not self._refill():
                if self._pending:
                    raise LibzstdError("the data ends within a frame")
                return b""
            self._pending = self._library.ZSTD_decompressStream(self._context, byref(sink), byref(self._source))
            if self._library.ZSTD_isError(self._pending):
                raise LibzstdError(self._library.ZSTD_getErrorName(self._pending).decode())
        return out.raw[: sink.pos]

    def _refill(self) -> bool:
        self._data = self._file.read(_CHUNK)
        self._source = _InBuffer(self._data, len(self._data), 0)
        return bool(self._data)

    def __del__(self) -> None:
        if getattr(self, "_context", None):
            self._library.ZSTD_freeDCtx(self._context)
