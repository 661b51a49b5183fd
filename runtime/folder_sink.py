"""Writing members into a private folder that only a rename publishes."""

import os

from .bundle import Sink
from .errors import UnsafePathError
from .manifest import MANIFEST

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class FolderSink(Sink):
    """Members below ``root``, a new folder that nobody else writes to.

    Every file and folder is made exclusively: where the file system takes two names for one (case, Unicode forms), the second
    is refused. Links are made last, so that nothing is ever written through one.

    Args:
        root: Existing empty folder.
        file_mode: Permission bits of files; executable ones get theirs for those who may read.
        stamp: Modification time of files in ns, or None for now.
    """

    def __init__(self, root, file_mode=0o666, stamp=None):
        self._root = root
        self._mode = file_mode
        self._stamp = stamp
        self._folders = {""}
        self._links = []

    def folder(self, path):
        if path in self._folders:
            return
        parent = path.rpartition("/")[0]
        if parent not in self._folders:
            self.folder(parent)
        try:
            os.mkdir(self._root + "/" + path, 0o777)
        except FileExistsError:
            raise _clash(path)
        self._folders.add(path)

    def link(self, path, target):
        self._links.append((path, target))

    def open(self, path, executable):
        parent = path.rpartition("/")[0]
        if parent not in self._folders:
            self.folder(parent)
        mode = self._mode | (self._mode & 0o444) >> 2 if executable else self._mode
        try:
            fd = os.open(self._root + "/" + path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW, mode)
        except FileExistsError:
            raise _clash(path)
        return _Output(fd, self._stamp)

    def finish(self, manifest):
        """Make the links, and write the manifest last."""
        for path, target in self._links:
            parent = path.rpartition("/")[0]
            if parent not in self._folders:
                self.folder(parent)
            try:
                os.symlink(target, self._root + "/" + path)
            except FileExistsError:
                raise _clash(path)
        out = self.open(MANIFEST, False)
        out.write(manifest.text)
        out.close()


class _Output(object):
    def __init__(self, fd, stamp):
        self._fd = fd
        self._stamp = stamp

    def write(self, data):
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]

    def close(self):
        try:
            if self._stamp is not None:
                os.utime(self._fd, ns=(self._stamp, self._stamp))
        finally:
            os.close(self._fd)


def _clash(path):
    return UnsafePathError("member %r has the name of another one on this file system" % path)
