"""zstd, with whatever this Python has: `zstandard`, `compression.zstd`, the system's libzstd, or frames of raw blocks.

A Python that cannot load the compiled `zstandard` still builds: a bundle is zstd in any case, and its id does not depend on the
compressor. Frames carry zstd's checksum and are written single-threaded, from pieces of one size, so that one libzstd release gives
the same bytes for the same content however it arrives. Of content below one piece the compressor is told the size: it takes memory
to that measure, which for a small bundle is half of the time.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

LEVEL = 5
"""Source code: 14 % larger than level 10 leaves it, in a third of the time; level 3 saves half of that and costs a tenth in size."""

_PIECE = 1 << 20


class ZstdError(Exception):
    """Damaged zstd data."""


class Compressor(Protocol):
    """Makes one frame."""

    def compress(self, data: bytes) -> bytes:
        """What is ready of the frame after more content; may be empty."""

    def flush(self) -> bytes:
        """The rest of the frame."""


class Reader(Protocol):
    """The content of the frames of a file, one after the other; skippable frames have none."""

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; empty at the end."""


class FrameWriter:
    """Writes content as one zstd frame into a sink; ``make`` gives the compressor, as `open_compressor` does.

    From the first mebibyte on, compressing runs beside the caller, who reads and digests the next piece meanwhile: libraries release
    the interpreter's lock for it. One piece is on its way at a time, so the bytes and their order are those of a single thread. What
    compressor or sink raise comes out of the next call.
    """

    def __init__(self, sink: Callable[[bytes], object], make: Callable[[int | None], Compressor] | None = None) -> None:
        self._sink = sink
        self._make = make or open_compressor
        self._compressor: Compressor | None = None
        self._held: list[bytes] = []
        self._size = 0
        self._worker: ThreadPoolExecutor | None = None
        self._running: Future[None] | None = None

    def write(self, data: bytes) -> None:
        """Take in more content."""
        self._held.append(data)
        self._size += len(data)
        if self._size >= _PIECE:
            held = b"".join(self._held)
            whole = len(held) - len(held) % _PIECE
            for start in range(0, whole, _PIECE):
                self._start(held[start : start + _PIECE])
            self._held, self._size = [held[whole:]], len(held) - whole

    def close(self) -> None:
        """End the frame."""
        self._finish_running()
        rest = b"".join(self._held)
        if self._compressor is None:
            self._compressor = self._make(len(rest))
        self._sink(self._compressor.compress(rest) + self._compressor.flush())
        self._held = []
        if self._worker is not None:
            self._worker.shutdown()

    def _start(self, piece: bytes) -> None:
        if self._worker is None or self._compressor is None:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - small bundles do without

            self._compressor = self._make(None)
            self._worker = ThreadPoolExecutor(1)
        self._finish_running()
        self._running = self._worker.submit(self._compress, self._compressor, piece)

    def _finish_running(self) -> None:
        if self._running is not None:
            self._running.result()

    def _compress(self, compressor: Compressor, piece: bytes) -> None:
        self._sink(compressor.compress(piece))


def open_compressor(size: int | None = None) -> Compressor:
    """The best compressor that this Python can load; ``size`` is that of the content in bytes, where all of it comes at once."""
    for make in (_zstandard_compressor, _standard_library_compressor, _libzstd_compressor):
        try:
            return make(size)
        except ImportError:
            continue
    from clustrix_bundle.bundler.raw_zstd import RawZstdCompressor  # noqa: PLC0415 - where nothing else is there

    return RawZstdCompressor()


def _zstandard_compressor(size: int | None) -> Compressor:
    zstandard: Any = importlib.import_module("zstandard")
    return zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compressobj(-1 if size is None else size)  # type: ignore[no-any-return]


def _standard_library_compressor(size: int | None) -> Compressor:
    zstd: Any = importlib.import_module("compression.zstd")  # Python 3.14
    parameter = zstd.CompressionParameter
    compressor = zstd.ZstdCompressor(options={parameter.compression_level: LEVEL, parameter.checksum_flag: 1})
    return compressor if size is None else _AtOnce(compressor)


class _AtOnce:
    """A compressor of the standard library's, which takes what it is given for the whole content if the frame ends with it."""

    def __init__(self, compressor: Any) -> None:
        self._compressor = compressor

    def compress(self, data: bytes) -> bytes:
        return self._compressor.compress(data, self._compressor.FLUSH_FRAME)  # type: ignore[no-any-return]

    def flush(self) -> bytes:
        return b""


def _libzstd_compressor(size: int | None) -> Compressor:
    from clustrix_bundle.bundler.libzstd import LibzstdCompressor, LibzstdError  # noqa: PLC0415 - ctypes, where nothing better is there

    try:
        return LibzstdCompressor(LEVEL, size)
    except LibzstdError as error:
        raise ImportError(str(error)) from error


def open_reader(file: BinaryIO) -> Reader:
    """The best decoder that this Python can load, over an open file. Its `read` raises `ZstdError`."""
    for make in (_zstandard_reader, _standard_library_reader, _libzstd_reader):
        try:
            return make(file)
        except ImportError:
            continue
    from clustrix_bundle.bundler.raw_zstd import RawZstdError, RawZstdReader  # noqa: PLC0415 - where nothing else is there

    return _Translated(RawZstdReader(file), (RawZstdError,))


def _zstandard_reader(file: BinaryIO) -> Reader:
    zstandard: Any = importlib.import_module("zstandard")
    reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True, closefd=False)
    return _Translated(reader, (zstandard.ZstdError,))


def _standard_library_reader(file: BinaryIO) -> Reader:
    zstd: Any = importlib.import_module("compression.zstd")
    return _Translated(zstd.ZstdFile(file), (zstd.ZstdError, EOFError))


def _libzstd_reader(file: BinaryIO) -> Reader:
    from clustrix_bundle.bundler.libzstd import LibzstdError, LibzstdReader  # noqa: PLC0415 - ctypes, where nothing better is there

    try:
        return _Translated(LibzstdReader(file), (LibzstdError,))
    except LibzstdError as error:
        raise ImportError(str(error)) from error


class _Translated:
    """A reader whose library's own errors come out as `ZstdError`."""

    def __init__(self, reader: Reader, errors: tuple[type[Exception], ...]) -> None:
        self._reader = reader
        self._errors = errors

    def read(self, size: int) -> bytes:
        try:
            return self._reader.read(size)
        except self._errors as error:
            raise ZstdError(str(error)) from error
