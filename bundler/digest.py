"""SHA-256 of little content without OpenSSL: loading that takes as long as Python's own code needs for a mebibyte.

A small bundle is digested before `hashlib` would be there. Where much is to be digested, or OpenSSL is loaded already, it is faster by far.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Protocol

    class Digest(Protocol):
        """What `hashlib` gives."""

        def update(self, data: bytes, /) -> None:
            """Take in more."""

        def digest(self) -> bytes:
            """32 bytes."""

        def hexdigest(self) -> str:
            """The same as 64 hex digits."""


LITTLE = 1 << 20
"""So many bytes of one process are digested without OpenSSL."""

_MODULES = ("_sha256", "_sha2")
"""Python's own code: until 3.11, and since 3.12."""
_left = LITTLE


def sha256(content: bytes) -> Digest:
    """The SHA-256 of some content, which can take in more (a little, if the content is little)."""
    global _left  # noqa: PLW0603 - what the whole process has digested
    _left -= len(content)
    if _left >= 0 and "_hashlib" not in sys.modules:
        for name in _MODULES:
            try:
                module: Any = importlib.import_module(name)
            except ImportError:
                continue
            return module.sha256(content)  # type: ignore[no-any-return]
    import hashlib  # noqa: PLC0415 - loads OpenSSL

    return hashlib.sha256(content)
