"""XXH64 (xxHash specification 0.1.1), the content checksum of zstd frames, for Pythons without any zstd library."""

from __future__ import annotations

_MASK = 2**64 - 1
_P1, _P2, _P3, _P4, _P5 = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)
_STRIPE = 32


class Xxh64:
    """A running XXH64 with seed 0."""

    def __init__(self) -> None:
        self._lanes = [(_P1 + _P2) & _MASK, _P2, 0, -_P1 & _MASK]
        self._tail = b""
        self._length = 0

    def update(self, data: bytes) -> None:
        """Take in more bytes."""
        self._length += len(data)
        data = self._tail + data
        whole = len(data) - len(data) % _STRIPE
        a, b, c, d = self._lanes
        words = memoryview(data[:whole]).cast("Q") if _LITTLE else _swapped(data[:whole])
        for i in range(0, len(words), 4):
            a = (a + words[i] * _P2) & _MASK
            a = (a << 31 | a >> 33) * _P1 & _MASK
            b = (b + words[i + 1] * _P2) & _MASK
            b = (b << 31 | b >> 33) * _P1 & _MASK
            c = (c + words[i + 2] * _P2) & _MASK
            c = (c << 31 | c >> 33) * _P1 & _MASK
            d = (d + words[i + 3] * _P2) & _MASK
            d = (d << 31 | d >> 33) * _P1 & _MASK
        self._lanes = [a, b, c, d]
        self._tail = data[whole:]

    def value(self) -> int:
        """The checksum of everything so far."""
        if self._length >= _STRIPE:
            rotated = (_rotate(lane, bits) for lane, bits in zip(self._lanes, (1, 7, 12, 18), strict=True))
            acc = sum(rotated) & _MASK
            for lane in self._lanes:
                acc = ((acc ^ _round(0, lane)) * _P1 + _P4) & _MASK
        else:
            acc = _P5
        acc = (acc + self._length) & _MASK
        tail = self._tail
        while len(tail) >= 8:
            acc = (_rotate(acc ^ _round(0, int.from_bytes(tail[:8], "little")), 27) * _P1 + _P4) & _MASK
            tail = tail[8:]
        if len(tail) >= 4:
            acc = (_rotate(acc ^ int.from_bytes(tail[:4], "little") * _P1 & _MASK, 23) * _P2 + _P3) & _MASK
            tail = tail[4:]
        for byte in tail:
            acc = _rotate(acc ^ byte * _P5 & _MASK, 11) * _P1 & _MASK
        acc = (acc ^ acc >> 33) * _P2 & _MASK
        acc = (acc ^ acc >> 29) * _P3 & _MASK
        return acc ^ acc >> 32


_LITTLE = memoryview(b"\1" + b"\0" * 7).cast("Q")[0] == 1


def _swapped(data: bytes) -> list[int]:
    return [int.from_bytes(data[i : i + 8], "little") for i in range(0, len(data), 8)]


def _rotate(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & _MASK


def _round(acc: int, word: int) -> int:
    return _rotate((acc + word * _P2) & _MASK, 31) * _P1 & _MASK
