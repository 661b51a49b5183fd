"""Detached members: contents kept outside archives, each a file named by its digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable

from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.publication import write_beside

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored content: its digest and its size in bytes."""

    sha256: str
    size: int


class BlobFolder:
    """A folder of contents; the same content is stored once, whoever stores it."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.abspath(folder)

    def path(self, sha256: str) -> str:
        """Where the content of this digest is, if it is there."""
        return os.path.join(self.folder, sha256)

    def store(self, pieces: Iterable[bytes]) -> Blob:
        """Keep a content.

        Raises:
            OSError: The folder cannot be written.
        """
        digest = hashlib.sha256()
        size = 0
        with write_beside(self.folder) as publication:
            for piece in pieces:
                digest.update(piece)
                publication.file.write(piece)
                size += len(piece)
            blob = Blob(digest.hexdigest(), size)
            target = self.path(blob.sha256)
            if not _holds(target, blob):  # a damaged one is mended by building again
                publication.publish(target)
        return blob


def _holds(path: str, blob: Blob) -> bool:
    """Whether a file is there and has the content that its name says."""
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size != blob.size:
                return False
            digest = hashlib.sha256()
            while piece := file.read(_PIECE):
                digest.update(piece)
    except OSError:
        return False
    return digest.hexdigest() == blob.sha256
