"""Walks through all that is below a folder; through no link, past folders that may not be read or that vanish meanwhile."""

import errno
import os
import re
import stat
import sys
import warnings

from .confinement import READ_FOLDER, open_below

_SCANS_DESCRIPTORS = sys.version_info >= (3, 7)
_STATE_DIR = re.compile(r"\.clustrix-\d+\Z")
_VANISHED = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ESTALE)


class UnreadableFolderWarning(UserWarning):
    """Folders were left out of a walk, because they may not be read or a link to them leads out of the work dir."""

    __module__ = "clustrix_bundle"


def warn_unreadable(folders):
    """Name the folders in one warning, if there are any; it points at the code that called this package."""
    if not folders:
        return
    shown = ", ".join(repr(folder or ".") for folder in sorted(folders)[:10])
    if len(folders) > 10:
        shown += " and {} more".format(len(folders) - 10)
    level = 2
    here = os.path.dirname(__file__)
    frame = sys._getframe(1)
    while frame.f_back and os.path.dirname(frame.f_code.co_filename) == here:
        frame = frame.f_back
        level += 1
    warnings.warn("left out, for they may not be read: " + shown, UnreadableFolderWarning, stacklevel=level)


class _Entry(object):
    """What ``os.DirEntry`` is, for Python 3.6, whose ``os.scandir`` takes no descriptor, where there is no ``/proc``."""

    def __init__(self, folder, name):
        self._folder = folder
        self.name = name

    def stat(self, follow_symlinks=True):
        return os.stat(self.name, dir_fd=self._folder, follow_symlinks=follow_symlinks)

    def _mode(self, follow_symlinks):
        try:
            return self.stat(follow_symlinks).st_mode
        except FileNotFoundError:
            return 0

    def is_dir(self, follow_symlinks=True):
        return stat.S_ISDIR(self._mode(follow_symlinks))

    def is_file(self, follow_symlinks=True):
        return stat.S_ISREG(self._mode(follow_symlinks))

    def is_symlink(self):
        return stat.S_ISLNK(self._mode(False))


def _scan(folder):
    """``os.scandir`` of a descriptor, for Python 3.6: by the name that Linux has for it, else entry by entry."""
    try:
        return os.scandir("/proc/self/fd/%d" % folder)
    except OSError:
        return iter([_Entry(folder, name) for name in os.listdir(folder)])


class Entries(object):
    """The entries of an open folder, for ``with`` and ``for``; the state dir of a work dir is none of them.

    Args:
        folder: Descriptor of the folder; it stays open and the caller's.
        root: Path of the work dir.
    """

    def __init__(self, folder, root):
        self._folder = folder
        self._root = root
        self._scan = os.scandir(folder) if _SCANS_DESCRIPTORS else _scan(folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if hasattr(self._scan, "close"):
            self._scan.close()

    def __iter__(self):
        for entry in self._scan:
            if entry.name.startswith(".clustrix-") and self._hides(entry.name):
                continue
            yield entry

    def _hides(self, name):
        return _STATE_DIR.match(name) and os.path.samestat(os.fstat(self._folder), os.stat(self._root))


def is_file(entry):
    """Whether an entry is a regular file or a link to one."""
    try:
        return entry.is_file()
    except OSError:  # a link in a circle, or through a folder that may not be passed
        return False


class Walk(object):
    """All that is below an open folder.

    Attributes:
        unreadable: Folders below it that were left out so far, as paths relative to it.
    """

    def __init__(self, top, root):
        self._top = top
        self._root = root
        self.unreadable: set = set()

    def __iter__(self):
        """(prefix, entry, is folder) of everything below: the prefix is empty or ends with a slash. Folders come before what they hold."""
        waiting = [""]
        while waiting:
            prefix = waiting.pop()
            folder = self._open(prefix)
            if folder is None:
                continue
            below = []
            try:
                with Entries(folder, self._root) as entries:
                    for entry in entries:
                        try:
                            is_folder = entry.is_dir(follow_symlinks=False)
                        except PermissionError:  # it may be listed, but what the names are may not be asked
                            self.unreadable.add(prefix[:-1])
                            break
                        if is_folder:
                            below.append(prefix + entry.name + "/")
                        yield prefix, entry, is_folder
            finally:
                os.close(folder)
            waiting.extend(reversed(below))

    def _open(self, prefix):
        names = prefix[:-1].split("/") if prefix else []
        try:
            return open_below(self._top, names, READ_FOLDER)
        except OSError as error:
            if not prefix:
                raise
            if error.errno in (errno.EACCES, errno.EPERM):
                self.unreadable.add(prefix[:-1])
            elif error.errno not in _VANISHED:
                raise
            return None
