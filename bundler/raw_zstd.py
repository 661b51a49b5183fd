"""zstd frames of uncompressed blocks (RFC 8878, 3.1.1): what remains where no zstd library can be loaded.

Any zstd decoder reads what is written here; read here is only what was written here.
"""

from __future__ import annotations

from typing import BinaryIO

from clustrix_bundle.runtime.xxh64 import XXH64

_MAGIC = b"\x28\xb5\x2f\xfd"
_DESCRIPTOR = b"\x04\x38"  # content checksum, no content size; window of 128 KiB
_BLOCK = 1 << 17
_LAST, _TYPE, _RAW = 1, 6, 0
_SKIPPABLE = 0x184D2A50
_UNREADABLE = "compressed with zstd, which this Python cannot read; install the package zstandard for it"


class RawZstdError(Exception):
    """The data is damaged, or really compressed."""


class RawZstdCompressor:
    """One frame, written piece by piece."""

    def __init__(self) -> None:
        self._digest = XXH64()
        self._begun = False

    def compress(self, data: bytes) -> bytes:
        """Blocks that hold the data."""
        pieces = [] if self._begun else [_MAGIC + _DESCRIPTOR]
        self._begun = True
        self._digest.update(data)
        for start in range(0, len(data), _BLOCK):
            block = data[start : start + _BLOCK]
            pieces += [(len(block) << 3).to_bytes(3, "little"), block]
        return b"".join(pieces)

    def flush(self) -> bytes:
        """An empty last block and the checksum."""
        checksum: int = self._digest.intdigest() & 0xFFFFFFFF
        return self.compress(b"") + _LAST.to_bytes(3, "little") + checksum.to_bytes(4, "little")


class RawZstdReader:
    """The content of the frames of a file, one after the other."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest: XXH64 | None = None
        self._block = b""

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; empty at the end.

        Raises:
            RawZstdError: The data is damaged, or really compressed.
        """
        while not self._block:
            if self._digest is None and not self._begin():
                return b""
            self._next_block()
        out, self._block = self._block[:size], self._block[size:]
        return out

    def _begin(self) -> bool:
        magic = self._file.read(4)
        while len(magic) == 4 and int.from_bytes(magic, "little") & ~0xF == _SKIPPABLE:
            self._exactly(int.from_bytes(self._exactly(4), "little"))
            magic = self._file.read(4)
        if not magic:
            return False
        if magic != _MAGIC or self._exactly(2) != _DESCRIPTOR:
            raise RawZstdError(_UNREADABLE)
        self._digest = XXH64()
        return True

    def _next_block(self) -> None:
        assert self._digest is not None
        head = int.from_bytes(self._exactly(3), "little")
        if head & _TYPE != _RAW:
            raise RawZstdError(_UNREADABLE)
        self._block = self._exactly(head >> 3)
        self._digest.update(self._block)
        if head & _LAST:
            if self._exactly(4) != (self._digest.intdigest() & 0xFFFFFFFF).to_bytes(4, "little"):
                raise RawZstdError("wrong checksum")
            self._digest = None

    def _exactly(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) != size:
            raise RawZstdError("the data ends within a frame")
        return data
