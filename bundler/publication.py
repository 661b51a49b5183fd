"""A file that appears whole or not at all: written beside its place, flushed to the disk, renamed."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from typing import BinaryIO

from clustrix_bundle.bundler.errors import PackagingError


class Publication:
    """A file in the making.

    Attributes:
        file: Open for writing.
    """

    def __init__(self, file: BinaryIO, temporary: str) -> None:
        self.file = file
        self._temporary = temporary

    def publish(self, path: str, mode: int = 0o666) -> None:
        """Give the file its name, over any file of that name, once its bytes are on the disk; the umask is taken from ``mode``.

        A link keeps its name and gets a new target file; what is no file (a device, a folder) is not replaced.

        Raises:
            OSError: The disk is full, the folder refuses, or something else than a file has that name.
        """
        path = os.path.realpath(path)
        if os.path.lexists(path) and not os.path.isfile(path):
            raise FileExistsError(errno.EEXIST, "something that is no file has that name", path)
        self.file.flush()
        os.fchmod(self.file.fileno(), mode & ~_umask())
        os.fsync(self.file.fileno())
        os.replace(self._temporary, path)
        _sync_folder(os.path.dirname(path))


@contextlib.contextmanager
def write_beside(folder: str) -> Iterator[Publication]:
    """A publication in ``folder``, which is made where it is missing; nothing stays if it is not published.

    Raises:
        OSError: The folder cannot be made or written.
    """
    made: list[str] = []
    try:
        _make_folders(folder, made)
        descriptor, temporary = _new_file(folder)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                yield Publication(file, temporary)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
    except BaseException:
        for one in made:
            with contextlib.suppress(OSError):
                os.rmdir(one)
        raise


def write_whole(path: str | os.PathLike[str], content: bytes, what: str, mode: int = 0o666) -> None:
    """Write a small file, over any of that name; ``what`` is what an error calls it, ``mode`` less the umask what it gets.

    Raises:
        PackagingError: It cannot be written; nothing is left behind.
    """
    target = os.path.abspath(path)
    try:
        if os.path.exists(target) and not os.path.isfile(target) and not os.path.isdir(target):  # such as /dev/stdout
            with open(target, "wb") as stream:
                stream.write(content)
            return
        with write_beside(os.path.dirname(os.path.realpath(target))) as publication:
            publication.file.write(content)
            publication.publish(target, mode)
    except OSError as error:
        words = f"cannot write {what} to {target}: {error.strerror or error}; choose another place. Nothing was left behind"
        raise PackagingError(words) from error


def _make_folders(folder: str, made: list[str]) -> None:
    """Make the folder and what it stands in; ``made`` gets what was made, innermost first."""
    missing = []
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for one in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(one)
            made.insert(0, one)


def _new_file(folder: str) -> tuple[int, str]:
    """A file that nobody else has or sees, open, and its path; `tempfile` would take a tenth of a small build to import."""
    while True:
        path = os.path.join(folder, f".clustrix-{os.urandom(8).hex()}.part")
        with contextlib.suppress(FileExistsError):
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), path


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder or ".", os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems refuse; the rename stands all the same
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    # POSIX offers no way to ask but to set; /proc does, without touching other threads.
    with contextlib.suppress(OSError), open("/proc/self/status", "rb") as status:
        for line in status:
            if line.startswith(b"Umask:"):
                return int(line.split()[1], 8)
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
