import random

import pytest
import zstandard
from clustrix_bundle.bundler.xxh64 import Xxh64


@pytest.mark.parametrize("size", [*range(70), 1000, 131_073])
def test_it_is_the_checksum_that_zstd_writes(size):
    """RFC 8878, 3.1.1: Content_Checksum is the low four bytes of XXH64 of the content with seed 0."""
    content = random.Random(size).randbytes(size)
    frame = zstandard.ZstdCompressor(write_checksum=True, write_content_size=True).compress(content)
    digest = Xxh64()
    digest.update(content[: size // 3])
    digest.update(content[size // 3 :])
    assert (digest.value() & 0xFFFFFFFF).to_bytes(4, "little") == frame[-4:]


def test_known_values():
    """Of the reference implementation's own test vectors: empty input, and "abc"."""
    assert Xxh64().value() == 0xEF46DB3751D8E999
    digest = Xxh64()
    digest.update(b"abc")
    assert digest.value() == 0x44BC2CF5AD770999
