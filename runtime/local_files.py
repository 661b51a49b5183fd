"""The filesystem helpers on this machine's disk. ``docs/filesystem.md`` has the table of what each gives."""

import errno
import os
import stat

from .confinement import READ_FOLDER, Confinement, PathOutsideWorkDir
from .file_info import DiskUsage, FileInfo
from .globbing import Globbing
from .matching import matcher, text_of
from .walking import Entries, Walk, is_file, warn_unreadable

OPERATIONS = ("ls", "find", "stat", "exists", "isdir", "isfile", "glob", "du", "count_files")
"""What a filesystem can be asked, and a batch can hold."""
_PAUSE = 1024


class LocalFilesystem(object):
    """Files below a work dir.

    Args:
        work_dir: Absolute path that paths are relative to and stay within.
        allowed_paths: Folders besides it that paths and links may lead to.
    """

    def __init__(self, work_dir, allowed_paths=()):
        self.bounds = Confinement(work_dir, allowed_paths)

    def ls(self, path="."):
        """Sorted names of what a folder holds, dotfiles too."""
        folder = self._open(path)
        try:
            with Entries(folder, self.bounds.root) as entries:
                return sorted(entry.name for entry in entries)
        finally:
            os.close(folder)

    def find(self, pattern, path="."):
        """Sorted paths, relative to ``path``, of the files below it whose name matches."""
        return sorted(self.iter_find(pattern, path))

    def iter_find(self, pattern, path="."):
        """What `find` gives, one by one, as the walk meets them."""
        return filter(None, self.find_steps(pattern, path))

    def find_steps(self, pattern, path="."):
        """What `iter_find` gives; and None after every `_PAUSE` entries, whether or not they match."""
        pattern, path = text_of(pattern), text_of(path)
        os.close(self._open(path))  # what is wrong with it shows at the call already
        return self._find_steps(matcher(pattern), path)

    def _find_steps(self, match, path):
        top = self._open(path)
        try:
            walk = Walk(top, self.bounds.root)
            for n, (prefix, entry, is_folder) in enumerate(walk, 1):
                if not is_folder and match(entry.name) and is_file(entry):
                    yield prefix + entry.name
                if n % _PAUSE == 0:
                    yield None
        finally:
            os.close(top)
        warn_unreadable(_below(path, walk.unreadable))

    def stat(self, path):
        """The `FileInfo` of a file or folder."""
        path = text_of(path)
        with self.bounds.find(path) as found:
            status = found.stat
        names = [name for name in path.split("/") if name not in ("", ".")]
        return FileInfo(
            status.st_size,
            status.st_mtime,
            stat.S_ISDIR(status.st_mode),
            "{:03o}".format(status.st_mode & 0o777),
            names[-1] if names else ".",
        )

    def exists(self, path):
        """Whether there is something, at the end of links."""
        return self._mode(path) is not None

    def isdir(self, path):
        """Whether it is a folder, or a link to one."""
        return stat.S_ISDIR(self._mode(path) or 0)

    def isfile(self, path):
        """Whether it is a regular file, or a link to one."""
        return stat.S_ISREG(self._mode(path) or 0)

    def glob(self, pattern, path="."):
        """Sorted paths, relative to ``path``, that match the pattern."""
        pattern, path = text_of(pattern), text_of(path)
        with self.bounds.find(path) as found:
            _require_folder(found, path)
        globbing = Globbing(self.bounds, path)
        matches = globbing.matches(pattern)
        warn_unreadable(_below(path, globbing.unreadable))
        return matches

    def du(self, path="."):
        """The `DiskUsage` of what is below a folder, or of a file."""
        steps = self.du_steps(path)
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                return stop.value

    def du_steps(self, path="."):
        """A generator whose return value is what `du` gives; it pauses now and then, with ``b""``."""
        path = text_of(path)
        with self.bounds.find(path) as found:
            if not found.is_folder:
                regular = stat.S_ISREG(found.stat.st_mode)
                return DiskUsage(found.stat.st_size if regular else 0, int(regular))
        size = count = 0
        top = self._open(path)
        try:
            walk = Walk(top, self.bounds.root)
            for n, (prefix, entry, is_folder) in enumerate(walk, 1):
                if n % _PAUSE == 0:
                    yield b""
                if not is_folder:
                    try:
                        if entry.is_file(follow_symlinks=False):
                            size += entry.stat(follow_symlinks=False).st_size
                            count += 1
                    except FileNotFoundError:  # it vanished meanwhile
                        pass
                    except PermissionError:  # the folder may be listed, but not passed
                        walk.unreadable.add(prefix[:-1])
        finally:
            os.close(top)
        warn_unreadable(_below(path, walk.unreadable))
        return DiskUsage(size, count)

    def count_files(self, path=".", pattern="*"):
        """How many files `find` gives."""
        return sum(1 for _ in self.iter_find(pattern, path))

    def _mode(self, path):
        try:
            with self.bounds.find(path) as found:
                return found.stat.st_mode
        except PathOutsideWorkDir:
            raise
        except OSError:  # as os.path.exists: what can't be looked up is not there
            return None

    def _open(self, path):
        """Descriptor of the folder that a path means, for reading."""
        with self.bounds.find(path) as found:
            _require_folder(found, path)
            try:
                return os.open(found.name, READ_FOLDER, dir_fd=found.folder)
            except OSError as error:
                raise type(error)(error.errno, error.strerror, path) from None


def _require_folder(found, path):
    if not found.is_folder:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)


def _below(path, folders):
    start = "" if path in ("", ".") else path.rstrip("/") + "/"
    return [start + folder for folder in folders]
