import hashlib

import pytest
from clustrix_bundle.bundler.seal import SEAL_SIZE, SealCheck, render_seal

BODY = b"anything" * 30
SEALED = BODY + render_seal(hashlib.sha256(BODY).digest())


def check(data, piece):
    seal = SealCheck()
    for start in range(0, len(data), piece):
        seal.update(data[start : start + piece])
    return seal.present, seal.intact


@pytest.mark.parametrize("piece", [1, 55, 56, 57, 1000])
def test_a_seal_is_found_however_the_file_is_read(piece):
    assert check(SEALED, piece) == (True, True)
    assert check(b"?" + SEALED[1:], piece) == (True, False)
    assert check(SEALED[:-1], piece) == (False, False)
    assert check(SEALED + b"\0", piece) == (False, False)
    assert check(SEALED[-SEAL_SIZE:], piece) == (True, False)
    assert check(b"", piece) == (False, False)


def test_it_is_a_skippable_frame_as_rfc_8878_has_it():
    """3.1.2: a magic number 0x184D2A5?, the length of the user data in four bytes, little endian."""
    seal = render_seal(b"\0" * 32)
    assert int.from_bytes(seal[:4], "little") & 0xFFFFFFF0 == 0x184D2A50
    assert int.from_bytes(seal[4:8], "little") == len(seal) - 8
    assert len(seal) == SEAL_SIZE == 56
