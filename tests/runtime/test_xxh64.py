"""XXH64 against vectors of the xxHash specification's reference implementation, and against itself in pieces."""

import struct

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from clustrix_bundle.runtime.xxh64 import XXH64


def digest(data: bytes) -> int:
    hasher = XXH64()
    hasher.update(data)
    return hasher.intdigest()


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"", 0xEF46DB3751D8E999), (b"a", 0xD24EC4F1A98C6E5B), (b"abc", 0x44BC2CF5AD770999)],
)
def test_known_digests(data: bytes, expected: int) -> None:
    assert digest(data) == expected


@given(st.binary(max_size=300))
def test_it_is_the_checksum_that_zstd_writes(data: bytes) -> None:
    """RFC 8878, 3.1.1: the low four bytes of XXH64 with seed 0 of the decoded data, little-endian."""
    frame = zstandard.ZstdCompressor(write_checksum=True).compress(data)
    assert struct.unpack("<I", frame[-4:])[0] == digest(data) & 0xFFFFFFFF


@settings(max_examples=30)
@given(st.lists(st.binary(max_size=100), max_size=8))
def test_pieces_give_what_the_whole_gives(pieces: list[bytes]) -> None:
    hasher = XXH64()
    for piece in pieces:
        hasher.update(piece)
    assert hasher.intdigest() == digest(b"".join(pieces))
