"""Glob patterns over paths: ``*`` does not match dotfiles, ``**`` is any number of folders, links not followed.

As the last part ``**`` brings files and folders. Parts with other magic, and plain ones, pass through links to folders.
"""

import errno
import os

from .confinement import READ_FOLDER, PathOutsideWorkDir
from .matching import has_magic, matcher, split_pattern
from .walking import Entries

_LINK = "link"


def _kind(entry):
    """True for a folder, "link" for a link, else False."""
    try:
        return entry.is_dir(follow_symlinks=False) or (_LINK if entry.is_symlink() else False)
    except OSError:  # its folder may be listed, but what the names are may not be asked
        return False


class Globbing(object):
    """The matches of patterns below one folder.

    Args:
        bounds: The `confinement.Confinement` that all paths stay in.
        path: The folder, as it was given.

    Attributes:
        unreadable: Folders that were left out, as paths relative to it.
    """

    def __init__(self, bounds, path):
        self._bounds = bounds
        self._path = path.rstrip("/") + "/" if path else ""
        self.unreadable: set = set()
        self._last_read: tuple = (None, [])

    def matches(self, pattern):
        """Sorted paths relative to the folder.

        Raises:
            ValueError: The pattern is absolute.
            PathOutsideWorkDir: A part without magic leads out. (What magic finds and leads out counts as unreadable.)
        """
        parts, folders_only = split_pattern(pattern)
        if not parts:
            return ["."] if pattern else []
        return sorted(set(self._expand("", parts, folders_only)))

    def _expand(self, prefix, parts, folders_only):
        part, rest = parts[0], parts[1:]
        if part == "**":
            for found in self._any_depth(prefix, rest, folders_only):
                yield found
        elif has_magic(part):
            match = matcher(part)
            for name, kind in self._read(prefix):
                if (name[0] != "." or part[0] == ".") and match(name):
                    if not rest and not folders_only:
                        yield prefix + name
                    elif kind is True or (kind is _LINK and self._leads_to_folder(prefix + name)):
                        for found in self._go_on(prefix + name, rest, folders_only):
                            yield found
        elif rest or folders_only:
            if self._is_folder(prefix + part):
                for found in self._go_on(prefix + part, rest, folders_only):
                    yield found
        elif self._is_there(prefix + part):
            yield prefix + part

    def _go_on(self, folder, rest, folders_only):
        return self._expand(folder + "/", rest, folders_only) if rest else [folder]

    def _any_depth(self, prefix, rest, folders_only):
        if prefix and not rest:
            yield prefix[:-1]
        waiting = [prefix]
        while waiting:
            where = waiting.pop()
            names = self._read(where)
            waiting.extend(where + name + "/" for name, kind in reversed(names) if kind is True and name[0] != ".")
            if rest:
                for found in self._expand(where, rest, folders_only):
                    yield found
                continue
            for name, kind in names:
                if name[0] != "." and (
                    not folders_only or kind is True or (kind is _LINK and self._leads_to_folder(where + name))
                ):
                    yield where + name

    def _read(self, prefix):
        """(name, True for a folder, "link" for a link, else False) of each entry of a folder; none if it may not be read."""
        if self._last_read[0] != prefix:
            self._last_read = prefix, self._entries(prefix)
        return self._last_read[1]

    def _entries(self, prefix):
        try:
            with self._bounds.find(self._path + prefix) as found:
                folder = os.open(found.name, READ_FOLDER, dir_fd=found.folder)
            try:
                with Entries(folder, self._bounds.root) as entries:
                    return [(entry.name, _kind(entry)) for entry in entries]
            finally:
                os.close(folder)
        except OSError as error:
            if not prefix:
                raise
            if error.errno in (errno.EACCES, errno.EPERM):
                self.unreadable.add(prefix[:-1])
            return []

    def _leads_to_folder(self, path):
        try:
            return self._is_folder(path)
        except PathOutsideWorkDir:
            if os.path.isdir(os.path.join(self._bounds.root, self._path + path)):
                self.unreadable.add(path)
            return False

    def _is_folder(self, path):
        return self._status(path, True, lambda found: found.is_folder)

    def _is_there(self, path):
        return self._status(path, False, lambda _: True)

    def _status(self, path, follow, tell):
        try:
            with self._bounds.find(self._path + path, follow) as found:
                return tell(found)
        except PathOutsideWorkDir:
            raise
        except OSError:
            return False
