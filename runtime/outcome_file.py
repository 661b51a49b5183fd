"""Where the child leaves what is to be told: a line of JSON without its end, a line of warnings.

Parent and child share the open file since before the user's code, which may remove the folder, change its root or user, or use
up the descriptors that a process may have. Where that code has closed it, the file is made anew, under its name.
"""

import os
from os import O_CREAT, O_EXCL, O_RDWR, O_TRUNC, O_WRONLY, close, fstat, ftruncate, pwrite, rename
from os import open as open_file


class OutcomeFile(object):
    """A new file; ``read`` is the parent's, ``write`` the child's."""

    def __init__(self, path):
        self._path = path
        self._fd = open_file(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
        self._id = _identity(self._fd)

    def close(self):
        close(self._fd)

    def write(self, text, warnings):
        """Leave the last word; an earlier one goes."""
        content = ("%s\n[%s]\n" % (text, ", ".join(warnings))).encode("ascii")
        if _identity(self._fd) == self._id:
            _write(self._fd, content)
            return
        fd = open_file(self._path + ".part", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        _write(fd, content)
        close(fd)
        rename(self._path + ".part", self._path)

    def is_written(self):
        """Whether the child has come to it, though it may not have ended."""
        return fstat(self._fd).st_size > 0

    def read(self):
        """Both lines; None where the child did not come to it."""
        with open(self._fd, "rb", closefd=False) as source:
            source.seek(0)
            content = source.read()
        if not content and os.path.exists(self._path):
            with open(self._path, "rb") as source:
                content = source.read()
        lines = content.decode("ascii").split("\n")
        return lines[:2] if len(lines) == 3 else None


def _identity(fd):
    """Which file a descriptor is of; None where it is closed."""
    try:
        status = fstat(fd)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _write(fd, content):
    ftruncate(fd, 0)
    at = 0
    while at < len(content):
        at += pwrite(fd, content[at:], at)
