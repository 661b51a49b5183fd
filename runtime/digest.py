"""SHA-256 without OpenSSL where there is little to hash: loading its library takes longer than a small bundle."""

LITTLE = 4 << 20
"""Bytes up to which the interpreter's own code is as fast, all told."""


def sha256(amount):
    """A new SHA-256 object, chosen for about so many bytes."""
    if amount <= LITTLE:
        try:
            from _sha2 import sha256 as new  # type: ignore[import-not-found]  # Python 3.12 and later
        except ImportError:
            try:
                from _sha256 import sha256 as new  # type: ignore[import-not-found]
            except ImportError:
                from hashlib import sha256 as new
    else:
        from hashlib import sha256 as new
    return new()


def file_digest(path):
    """SHA-256 of a file, as 64 hex digits."""
    import os

    digest = sha256(os.path.getsize(path))
    with open(path, "rb") as source:
        for piece in iter(lambda: source.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()
