"""The seal: a bundle's last bytes, which hold the SHA-256 of all bytes before them.

It is a zstd skippable frame (RFC 8878, 3.1.2), so every zstd decoder passes over it. Digests in the manifest guard the content;
the seal guards the file: bits that no decoder looks at, and a transfer that ended early.
"""

from __future__ import annotations

_MAGIC = (0x184D2A5C).to_bytes(4, "little")
_TAG = b"clustrix-bundle1"
_DIGEST_SIZE = 32
_HEAD = _MAGIC + (len(_TAG) + _DIGEST_SIZE).to_bytes(4, "little") + _TAG

SEAL_SIZE = len(_HEAD) + _DIGEST_SIZE


def render_seal(digest: bytes) -> bytes:
    """The seal of a file whose bytes so far have this SHA-256."""
    assert len(digest) == _DIGEST_SIZE
    return _HEAD + digest


class SealCheck:
    """Takes in a whole file and tells whether its last bytes are the seal of all before them."""

    def __init__(self) -> None:
        import hashlib  # noqa: PLC0415 - loads OpenSSL, which a small build does without

        self._digest = hashlib.sha256()
        self._tail = b""

    def update(self, data: bytes) -> None:
        """Take in more of the file."""
        data = self._tail + data
        cut = max(0, len(data) - SEAL_SIZE)
        self._digest.update(data[:cut])
        self._tail = data[cut:]

    @property
    def present(self) -> bool:
        """Whether the file ends in a seal of whatever digest."""
        return len(self._tail) == SEAL_SIZE and self._tail.startswith(_HEAD)

    @property
    def intact(self) -> bool:
        """Whether the seal is there and right."""
        return self._tail == render_seal(self._digest.digest())
