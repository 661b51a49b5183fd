"""Reading zstd streams on any Python: a library where there is one, else our own decoder.

``open_decompressor(fileobj).read(n)`` gives the decompressed bytes. Frame and block headers (RFC 8878, section 3.1) are read
here, so that every way refuses the same input with the same words and never holds more than one block and the window; only
the content of blocks is a decoder's business. The ways, in order of preference:

* ``compression.zstd``: the standard library of Python 3.14 and later
* ``zstandard``: the package of that name
* ``libzstd``: the system's shared library, through ctypes
* ``pure``: ``zstd_pure``, which needs nothing

The environment variable ``CLUSTRIX_ZSTD`` names one to use instead.
"""

import collections
import os
import sys

WAYS = ("compression.zstd", "zstandard", "libzstd", "pure")
MAX_WINDOW = 1 << 27
"""Bytes of history a frame may ask for: 128 MiB, what ``zstd --long=27`` writes and zstd accepts unasked."""

_MAGIC = 0xFD2FB528
_BLOCK_MAX = 1 << 17

FrameHeader = collections.namedtuple("FrameHeader", "raw window content_size checksum")
"""Bytes of the header; bytes of history; decompressed bytes or None; whether four bytes of XXH64 follow the blocks."""


class ZstdError(Exception):
    """The input is no zstd stream, is damaged or truncated, or asks for what is refused."""


class _Compression(object):
    """One frame by ``compression.zstd`` (Python 3.14 and later)."""

    @staticmethod
    def load():
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]

        return zstd.ZstdDecompressor, zstd.ZstdError

    def __init__(self, library, header):
        make, self._error = library
        self._stream = make()
        self._feed(header.raw)

    def _feed(self, data):
        try:
            return self._stream.decompress(data)
        except (self._error, EOFError, ValueError) as error:
            raise ZstdError("damaged zstd data: " + str(error))

    def block(self, kind, size, raw):  # noqa: ARG002
        return self._feed(raw)

    def finish(self, checksum):
        out = self._feed(checksum) if checksum else b""
        if not self._stream.eof:
            raise ZstdError("damaged zstd data: the frame does not end where its last block says")
        return out


class _Zstandard(_Compression):
    """One frame by the package ``zstandard``."""

    @staticmethod
    def load():
        import zstandard

        return (lambda: zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).decompressobj()), zstandard.ZstdError

    def finish(self, checksum):
        out = self._feed(checksum) if checksum else b""
        if not getattr(self._stream, "eof", True):  # releases for Python 3.6 do not tell
            raise ZstdError("damaged zstd data: the frame does not end where its last block says")
        return out


class _Libzstd(object):
    """One frame by the shared library."""

    @staticmethod
    def load():
        import ctypes

        class Buffer(ctypes.Structure):
            _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t), ("pos", ctypes.c_size_t)]

        # The loader knows its own folders; find_library would ask compilers and ldconfig for the same in 0.1 s.
        names = ["libzstd.so.1", "libzstd.1.dylib", "/opt/homebrew/lib/libzstd.1.dylib"]
        names += [os.path.join(sys.prefix, "lib", name) for name in names[:2]]  # conda's
        for name in names:
            try:
                lib = ctypes.CDLL(name)
                lib.ZSTD_createDStream.restype = ctypes.c_void_p
                lib.ZSTD_freeDStream.argtypes = [ctypes.c_void_p]
                lib.ZSTD_decompressStream.argtypes = [ctypes.c_void_p, ctypes.POINTER(Buffer), ctypes.POINTER(Buffer)]
                lib.ZSTD_decompressStream.restype = ctypes.c_size_t
                lib.ZSTD_isError.argtypes = lib.ZSTD_getErrorName.argtypes = [ctypes.c_size_t]
                lib.ZSTD_getErrorName.restype = ctypes.c_char_p
                return ctypes, lib, Buffer
            except (OSError, AttributeError):
                pass
        raise ImportError("no libzstd")

    def __init__(self, library, header):
        self._ctypes, self._lib, self._buffer = library
        self._stream = self._lib.ZSTD_createDStream()
        if not self._stream:
            raise MemoryError("libzstd has no memory for a stream")
        self._space = self._ctypes.create_string_buffer(_BLOCK_MAX)
        self._left = 1
        self._feed(header.raw)

    def __del__(self):
        if getattr(self, "_stream", None):
            self._lib.ZSTD_freeDStream(self._stream)

    def _feed(self, data):
        ctypes, lib = self._ctypes, self._lib
        source = self._buffer(ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p), len(data), 0)
        parts = []
        while True:
            target = self._buffer(ctypes.addressof(self._space), _BLOCK_MAX, 0)
            self._left = lib.ZSTD_decompressStream(self._stream, ctypes.byref(target), ctypes.byref(source))
            if lib.ZSTD_isError(self._left):
                raise ZstdError("damaged zstd data: " + lib.ZSTD_getErrorName(self._left).decode("ascii", "replace"))
            parts.append(ctypes.string_at(self._space, target.pos))
            if source.pos == len(data) and target.pos < _BLOCK_MAX:
                return b"".join(parts)
            if self._left == 0:
                if source.pos < len(data):
                    raise ZstdError("damaged zstd data: the frame ends before its last block does")
                return b"".join(parts)

    def block(self, kind, size, raw):  # noqa: ARG002
        return self._feed(raw)

    def finish(self, checksum):
        out = self._feed(checksum) if checksum else b""
        if self._left:
            raise ZstdError("damaged zstd data: the frame does not end where its last block says")
        return out


class _Pure(object):
    """One frame by our own decoder."""

    @staticmethod
    def load():
        from . import zstd_pure

        return zstd_pure

    def __init__(self, library, header):
        from .xxh64 import XXH64

        self._history = library.History(min(header.window, MAX_WINDOW), min(header.window, _BLOCK_MAX))
        self._error = library.DamagedBlockError
        self._xxh64 = XXH64()
        self._checksum = header.checksum

    def block(self, kind, size, raw):
        try:
            out = self._history.block(kind, size, raw[3:])
        except self._error as error:
            raise ZstdError("damaged zstd data: " + str(error))
        if self._checksum:
            self._xxh64.update(out)
        return out

    def finish(self, checksum):
        if checksum and int.from_bytes(checksum, "little") != self._xxh64.intdigest() & 0xFFFFFFFF:
            raise ZstdError("damaged zstd data: the checksum does not match")
        return b""


_KINDS: dict = dict(zip(WAYS, (_Compression, _Zstandard, _Libzstd, _Pure)))


def _load(way):
    """(class, library) of a way; None where it is not there."""
    kind = _KINDS[way]
    try:
        return kind, kind.load()
    except (ImportError, AttributeError):  # no such module, or a stranger of that name
        return None


def ways():
    """Names of the ways that work here, best first; "pure" always does."""
    return [way for way in WAYS if _load(way)]


def _choose():
    forced = os.environ.get("CLUSTRIX_ZSTD", "")
    if forced and forced not in _KINDS:
        raise ZstdError("CLUSTRIX_ZSTD is {!r}: it can be one of {}".format(forced, ", ".join(WAYS)))
    for way in [forced] if forced else WAYS:
        found = _load(way)
        if found:
            return found
    raise ZstdError("CLUSTRIX_ZSTD asks for {}, which is not there; available: {}".format(forced, ", ".join(ways())))


def open_decompressor(fileobj):
    """Decompress what the binary file object holds: frames one after another, skippable ones passed over.

    Args:
        fileobj: Has ``read(n)``; may give less than n bytes, b"" at its end. It is not closed.

    Returns:
        An object with ``read(n)``: n bytes, fewer only at the end of the last frame; raises ZstdError.
    """
    chosen: list = []

    def make_decoder(header):
        if not chosen:
            chosen.append(_choose())
        kind, library = chosen[0]
        return kind(library, header)

    return Decompressor(fileobj, make_decoder)


class Decompressor(object):
    """A binary stream of decompressed bytes; after an error it gives that error again."""

    def __init__(self, fileobj, make_decoder):
        self._source = fileobj
        self._make_decoder = make_decoder
        self._chunks = self._decompress()
        self._chunk = b""
        self._at = 0
        self._failed = None

    def read(self, n=-1):
        """The next n bytes (all that follow if negative); fewer only at the end.

        Raises:
            ZstdError: The input is damaged, truncated, no zstd at all, or asks for a dictionary or too large a window.
        """
        parts, missing = [], n
        while n < 0 or missing > 0:
            if self._at == len(self._chunk):
                chunk = self._next()
                if chunk is None:
                    break
                self._chunk, self._at = chunk, 0
            end = len(self._chunk) if n < 0 else min(len(self._chunk), self._at + missing)
            parts.append(self._chunk[self._at : end])
            missing -= end - self._at
            self._at = end
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _next(self):
        if self._failed:
            raise self._failed
        try:
            return next(self._chunks, None)
        except BaseException as error:  # whatever it was: the stream is not at its end
            self._failed = error
            raise

    def _exactly(self, n):
        data = self._source.read(n)
        while len(data) < n:
            more = self._source.read(n - len(data))
            if not more:
                raise ZstdError("truncated zstd data: {} bytes missing at the least".format(n - len(data)))
            data += more
        return data

    def _decompress(self):
        magic = self._source.read(4)
        if not magic:
            raise ZstdError("no zstd data: the input is empty")
        while magic:
            if len(magic) < 4:
                magic += self._exactly(4 - len(magic))
            number = int.from_bytes(magic, "little")
            if number >> 4 == 0x184D2A5:
                self._skip(int.from_bytes(self._exactly(4), "little"))
            elif number == _MAGIC:
                for chunk in self._frame(magic):
                    yield chunk
            else:
                raise ZstdError(
                    "no zstd data: a frame would begin with 28b52ffd, here is " + "".join(map("{:02x}".format, bytearray(magic)))
                )
            magic = self._source.read(4)

    def _skip(self, size):
        while size:
            size -= len(self._exactly(min(size, 1 << 16)))

    def _header(self, magic):
        descriptor = self._exactly(1)
        flags = bytearray(descriptor)[0]
        single = flags >> 5 & 1
        if flags & 8:
            raise ZstdError("damaged zstd data: a reserved bit is set in a frame header")
        size_bytes = (single, 2, 4, 8)[flags >> 6]
        id_bytes = (0, 1, 2, 4)[flags & 3]
        fields = self._exactly(1 - single + id_bytes + size_bytes)
        at = 1 - single + id_bytes
        if any(bytearray(fields[at - id_bytes : at])):
            raise ZstdError("the zstd data needs a dictionary: those are not supported")
        content_size = int.from_bytes(fields[at:], "little") + (256 if size_bytes == 2 else 0)
        if single:
            window = content_size
        else:
            base = 1 << 10 + (bytearray(fields)[0] >> 3)
            window = base + (base >> 3) * (bytearray(fields)[0] & 7)
        if window > MAX_WINDOW:
            raise ZstdError("the zstd data asks for a window of {} bytes: at most {} are granted".format(window, MAX_WINDOW))
        return FrameHeader(magic + descriptor + fields, window, content_size if size_bytes else None, bool(flags & 4))

    def _frame(self, magic):
        header = self._header(magic)
        decoder = self._make_decoder(header)
        block_max = min(header.window, _BLOCK_MAX)
        total = 0
        last = 0
        while not last:
            raw = self._exactly(3)
            word = int.from_bytes(raw, "little")
            last, kind, size = word & 1, word >> 1 & 3, word >> 3
            if kind == 3 or size > block_max:
                raise ZstdError(
                    "damaged zstd data: a block of {}".format("unknown kind" if kind == 3 else "{} bytes".format(size))
                )
            chunk = decoder.block(kind, size, raw + self._exactly(1 if kind == 1 else size))
            total += len(chunk)
            self._check_size(header, total, False)
            yield chunk
        chunk = decoder.finish(self._exactly(4) if header.checksum else b"")
        self._check_size(header, total + len(chunk), True)
        yield chunk

    @staticmethod
    def _check_size(header, total, complete):
        if header.content_size is not None and (total > header.content_size or (complete and total < header.content_size)):
            raise ZstdError("damaged zstd data: a frame of {} bytes announced {}".format(total, header.content_size))
