"""Members on their way into the archive: read once, digested and compressed in one pass, never held in memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.archive import header, padding
from clustrix_bundle.bundler.digest import sha256
from clustrix_bundle.bundler.errors import PackagingError
from clustrix_bundle.bundler.manifest import Member

if TYPE_CHECKING:
    from clustrix_bundle.bundler.blobs import BlobFolder
    from clustrix_bundle.bundler.compress import FrameWriter
    from clustrix_bundle.bundler.graph import Node

DETACH_FROM = 1 << 20
"""Data of this many bytes and more is detached where there is a folder for it."""

_PIECE = 1 << 20
_SMALL = 1 << 20
_TRIES = 5


class FileChangedError(Exception):
    """A file changed while it was read into the archive, which cannot be taken back: the archive must be begun again."""


class Spool:
    """Writes members into a frame and tells what they turned out to be."""

    def __init__(self, frame: FrameWriter, blobs: BlobFolder | None = None) -> None:
        self._frame = frame
        self._blobs = blobs

    def add(self, node: Node) -> Member:
        """Write one member; its row in the manifest.

        Raises:
            PackagingError: The file cannot be read, or is none.
            FileChangedError: A large file changed under our hands.
        """
        if node.kind == "dir":
            return self._header(Member(node.member, "dir"))
        if node.kind == "link":
            return self._header(Member(node.member, "link", target=node.link_target or ""))
        if node.content is not None:
            return self._whole(node, node.content)
        if node.path is None:
            raise PackagingError(f"{node.member} has neither content nor a file to take it from")
        return self._from_file(node)

    def _from_file(self, node: Node) -> Member:
        for _ in range(_TRIES):
            with _open(node) as (descriptor, before):
                if self._blobs is not None and node.kind == "data" and before.st_size >= DETACH_FROM:
                    member = self._detached(node, descriptor, before)
                elif before.st_size > _SMALL:
                    return self._streamed(node, descriptor, before)
                else:
                    content = b"".join(_pieces(node, descriptor, before.st_size + 1))
                    member = None if _changed(descriptor, before, len(content)) else self._whole(node, content)
                if member is not None:
                    return member
        raise PackagingError(_unstable(node))

    def _whole(self, node: Node, content: bytes) -> Member:
        member = Member(node.member, node.kind, len(content), sha256(content).hexdigest(), node.executable)
        self._header(member)
        self._frame.write(content)
        self._frame.write(padding(len(content)))
        return member

    def _streamed(self, node: Node, descriptor: int, before: os.stat_result) -> Member:
        size = before.st_size
        import hashlib  # noqa: PLC0415 - loads OpenSSL, for large files

        digest = hashlib.sha256()
        # The header says nothing of the digest, so it can go first.
        self._frame.write(header(Member(node.member, node.kind, size, digest.hexdigest(), node.executable)))
        read = 0
        for piece in _pieces(node, descriptor, size):
            digest.update(piece)
            self._frame.write(piece)
            read += len(piece)
        if _changed(descriptor, before, read):
            raise FileChangedError(_unstable(node))
        self._frame.write(padding(size))
        return Member(node.member, node.kind, size, digest.hexdigest(), node.executable)

    def _detached(self, node: Node, descriptor: int, before: os.stat_result) -> Member | None:
        assert self._blobs is not None
        stored = self._blobs.store(_pieces(node, descriptor, before.st_size))
        if _changed(descriptor, before, stored.size):
            return None
        return Member(node.member, node.kind, stored.size, stored.sha256, node.executable, detached=True)

    def _header(self, member: Member) -> Member:
        self._frame.write(header(member))
        return member


@contextmanager
def _open(node: Node) -> Iterator[tuple[int, os.stat_result]]:
    assert node.path is not None
    try:
        # Without O_NONBLOCK, opening a FIFO that took the file's place would wait for a writer.
        descriptor = os.open(node.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise PackagingError(_unreadable(node, error)) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise PackagingError(f"{node.path} is no regular file, so it cannot be packed; leave it out with --exclude")
        yield descriptor, status
    finally:
        os.close(descriptor)


def _pieces(node: Node, descriptor: int, size: int) -> Iterator[bytes]:
    """The file's first ``size`` bytes, or as many as there are."""
    while size:
        try:
            piece = os.read(descriptor, min(size, _PIECE))
        except OSError as error:
            raise PackagingError(_unreadable(node, error)) from error
        if not piece:
            return
        size -= len(piece)
        yield piece


def _changed(descriptor: int, before: os.stat_result, read: int) -> bool:
    after = os.fstat(descriptor)
    return read != before.st_size or (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns)


def _unreadable(node: Node, error: OSError) -> str:
    return f"{node.path} cannot be read ({error.strerror or error}), and the function needs it: make it readable, or leave it out with --exclude"


def _unstable(node: Node) -> str:
    return f"{node.path} keeps changing while it is packed: wait until nothing writes to it, or leave it out with --exclude"
