"""XXH64, seed 0: the checksum at the end of a zstd frame (RFC 8878, section 3.1.1; xxHash specification 0.1.1).

The four accumulators of the algorithm never meet before the end, so they live side by side in one Python integer, 128 bits
apart: sums, shifts and products of 64-bit lanes then cost one operation on that integer instead of four.
"""

import struct

_P1 = 0x9E3779B185EBCA87
_P2 = 0xC2B2AE3D27D4EB4F
_P3 = 0x165667B19E3779F9
_P4 = 0x85EBCA77C2B2AE63
_P5 = 0x27D4EB2F165667C5
_M = 0xFFFFFFFFFFFFFFFF
_LANES = _M | _M << 128 | _M << 256 | _M << 384
_START = (_P1 + _P2 & _M) | _P2 << 128 | (-_P1 & _M) << 384


def _rotl(x, n):
    return (x << n | x >> (64 - n)) & _M


class XXH64(object):
    """An incremental digest: ``update(data)`` any number of times, then ``intdigest()``."""

    def __init__(self):
        self._lanes = _START
        self._tail = b""
        self._length = 0

    def update(self, data):
        self._length += len(data)
        data = self._tail + bytes(data)
        whole = len(data) & ~31
        self._tail = data[whole:]
        if not whole:
            return
        words = bytearray(2 * whole)  # every 64-bit word followed by 64 zero bits, as the lanes are
        for i in range(8):
            words[i::16] = data[i:whole:8]
        spaced = bytes(words)
        lanes, mask, p1, p2, from_bytes = self._lanes, _LANES, _P1, _P2, int.from_bytes
        for at in range(0, 2 * whole, 64):
            lanes = (lanes + from_bytes(spaced[at : at + 64], "little") * p2) & mask
            lanes = ((lanes << 31 | lanes >> 33) & mask) * p1 & mask
        self._lanes = lanes

    def intdigest(self):
        """The 64-bit digest of what was given so far."""
        v = [self._lanes >> shift & _M for shift in (0, 128, 256, 384)]
        if self._length >= 32:
            h = _rotl(v[0], 1) + _rotl(v[1], 7) + _rotl(v[2], 12) + _rotl(v[3], 18) & _M
            for lane in v:
                h = ((h ^ _rotl(lane * _P2 & _M, 31) * _P1 & _M) * _P1 + _P4) & _M
        else:
            h = _P5
        h = h + self._length & _M
        tail, at = self._tail, 0
        while at + 8 <= len(tail):
            h ^= _rotl(struct.unpack_from("<Q", tail, at)[0] * _P2 & _M, 31) * _P1 & _M
            h = _rotl(h, 27) * _P1 + _P4 & _M
            at += 8
        if at + 4 <= len(tail):
            h ^= struct.unpack_from("<I", tail, at)[0] * _P1 & _M
            h = _rotl(h, 23) * _P2 + _P3 & _M
            at += 4
        for byte in bytearray(tail[at:]):
            h = _rotl(h ^ byte * _P5 & _M, 11) * _P1 & _M
        h = (h ^ h >> 33) * _P2 & _M
        h = (h ^ h >> 29) * _P3 & _M
        return h ^ h >> 32
