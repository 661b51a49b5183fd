"""The seal at a bundle's end (``docs/bundle-format.md``): the SHA-256 of all bytes before it."""

import os

from .digest import sha256
from .errors import BundleFormatError

HEAD = b"\x5c\x2a\x4d\x18\x30\0\0\0clustrix-bundle1"
SIZE = len(HEAD) + 32
_CHUNK = 1 << 18


class SealedReader(object):
    """The bundle file, hashed as it is read, so that its seal can be checked at the end."""

    def __init__(self, stream):
        self._stream = stream
        size = os.fstat(stream.fileno()).st_size
        self._digest = sha256(size)
        self._body = max(0, size - SIZE)
        self._seal = b""
        self._at = 0

    def read(self, n=-1):
        data = self._stream.read(min(n, _CHUNK) if n >= 0 else _CHUNK)
        inside = self._body - self._at
        self._at += len(data)
        if inside >= len(data):
            self._digest.update(data)
        else:
            self._digest.update(data[: max(0, inside)])
            self._seal += data[max(0, inside) :]
        return data

    def check(self):
        """Read what is left; the digest (hex). Raise unless the seal is right."""
        while self.read(_CHUNK):
            pass
        if self._seal[: len(HEAD)] != HEAD:
            raise BundleFormatError("the bundle is truncated or was changed: the seal at its end is missing")
        if self._seal != HEAD + self._digest.digest():
            raise BundleFormatError("the bundle is damaged or was changed: its seal is of other bytes")
        return self._digest.hexdigest()
