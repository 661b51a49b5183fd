"""Paths stay within the work dir, or within what is allowed besides it; links are followed by hand, so that none leads out unseen.

A path is looked up name by name from an open folder (``openat`` with ``O_NOFOLLOW``), and what is found is used through the
descriptor of its folder. So nothing that somebody renames or links meanwhile makes a call act elsewhere than was checked.
"""

import errno
import os
import stat

from .matching import text_of

_LINKS_MAX = 40  # as Linux, path_resolution(7)
_PASS = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
READ_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class PathOutsideWorkDir(PermissionError):  # noqa: N818 - named by the design of the public API
    """A path leads out of the work dir, and into nothing that ``allowed_paths`` admits."""

    __module__ = "clustrix_bundle"


class Found(object):
    """Something that exists within the bounds, held by the open folder it stands in; to be used in a ``with`` statement.

    Attributes:
        folder: Descriptor of the folder that holds it.
        name: Its name there; "." if it is that folder.
        stat: What ``lstat`` says of it.
    """

    def __init__(self, folder, name, status):
        self.folder = folder
        self.name = name
        self.stat = status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.folder)

    @property
    def is_folder(self):
        return stat.S_ISDIR(self.stat.st_mode)


class Confinement(object):
    """The folders that paths may lead to: the work dir, and the allowed ones.

    Args:
        root: The work dir, which relative paths start from.
        allowed: Further folders; ``~`` is the home folder.
    """

    def __init__(self, root, allowed=()):
        self.root = os.path.realpath(root)
        self.given = root.rstrip("/") or "/"
        self._bounds = [self.root]
        self._bounds += [os.path.realpath(os.path.expanduser(path)) for path in allowed]

    def admits(self, real):
        """Whether an absolute path without links lies within the bounds."""
        return any(real == bound or real.startswith(bound.rstrip("/") + "/") for bound in self._bounds)

    def find(self, path, follow=True):
        """What the path means, links in it resolved; with ``follow`` false a link at its end stands for itself.

        Raises:
            PathOutsideWorkDir: It leads out, whether or not there is something.
            FileNotFoundError, NotADirectoryError, PermissionError: As ``os.stat``, with the path as it was given.
        """
        path = text_of(path)
        steps = _Steps(self, path)
        try:
            found = steps.walk(follow)
        except BaseException:
            steps.close()
            raise
        return found

    def refusal(self, path, real):
        """The error for a path that leads to ``real``."""
        admit = real if os.path.isdir(real) else os.path.dirname(real)
        return PathOutsideWorkDir(
            errno.EACCES,
            "it leads to {}, out of the work dir {}; allowed_paths=[{!r}] in the configuration would admit it".format(
                real, self.given, admit
            ),
            path,
        )


class _Steps(object):
    """The walk along one path: the names passed so far, and open descriptors of the last few of them."""

    def __init__(self, bounds, path):
        self._bounds = bounds
        self._path = path
        self._fds = []
        self._ends_in_folder = path.endswith(("/", "/."))
        start = "/" if path.startswith("/") else bounds.root
        for root in (bounds.root, bounds.given):
            if root != "/" and (path == root or path.startswith(root + "/")):
                start = bounds.root
                path = path[len(root) :]
                break
        self._pending = path.split("/")[::-1]
        self._restart(start)

    def close(self):
        while self._fds:
            os.close(self._fds.pop())

    def _restart(self, start):
        self.close()
        self._where = [name for name in start.split("/") if name]
        try:
            self._fds = [os.open(start, _PASS & ~os.O_NOFOLLOW)]
        except FileNotFoundError:
            raise FileNotFoundError(errno.ENOENT, "the work dir does not exist", start) from None

    def _real(self, *more):
        return "/" + "/".join(self._where + list(more))

    def _fail(self, error, name):
        """Raise what becomes of an error at ``name``: within the bounds the error itself, outside nothing but that."""
        rest = [part for part in reversed(self._pending) if part not in ("", ".")]
        if error.errno == errno.ELOOP:  # what is left of a circle leads nowhere: where it runs counts
            rest = []
        real = os.path.normpath(self._real(name, *rest))
        if not self._bounds.admits(real):
            raise self._bounds.refusal(self._path, real) from None
        raise type(error)(error.errno, error.strerror, self._path) from None

    def walk(self, follow):
        links = 0
        while self._pending:
            name = self._pending.pop()
            if name in ("", "."):
                continue
            last = all(part in ("", ".") for part in self._pending)
            try:
                if name == "..":
                    name = "."
                    self._up()
                    continue
                status = os.lstat(name, dir_fd=self._fds[-1])
                if stat.S_ISLNK(status.st_mode) and (follow or not last or self._ends_in_folder):
                    links += 1
                    if links > _LINKS_MAX:
                        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
                    self._follow(os.readlink(name, dir_fd=self._fds[-1]), last)
                    continue
                if not last:
                    self._fds.append(os.open(name, _PASS, dir_fd=self._fds[-1]))
                    self._where.append(name)
                    continue
                if self._ends_in_folder and not stat.S_ISDIR(status.st_mode):
                    raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            except OSError as error:
                self._fail(error, name)
            return self._arrive(name, status)
        return self._arrive(".", os.fstat(self._fds[-1]))

    def _arrive(self, name, status):
        real = self._real() if name == "." else self._real(name)
        if not self._bounds.admits(real):
            raise self._bounds.refusal(self._path, real)
        folder = self._fds.pop()
        self.close()
        return Found(folder, name, status)

    def _up(self):
        if self._where:
            self._where.pop()
            os.close(self._fds.pop())
            if not self._fds:  # above where this walk began
                self._fds.append(open_below(None, self._where))

    def _follow(self, target, last):
        if last and target.endswith("/"):
            self._ends_in_folder = True
        self._pending.extend(target.split("/")[::-1])
        if target.startswith("/"):
            if target == self._bounds.root or target.startswith(self._bounds.root + "/"):
                self._pending = self._pending[: -len(self._bounds.root.split("/"))]
                self._restart(self._bounds.root)
            else:
                self._restart("/")


def open_below(base, names, flags=_PASS):
    """Descriptor of the folder that ``names`` lead to from the open folder ``base`` (None: from ``/``), through no link."""
    fd = os.open("/" if base is None else ".", flags if not names else _PASS, dir_fd=base)
    for n, name in enumerate(names, 1):
        try:
            below = os.open(name, flags if n == len(names) else _PASS, dir_fd=fd)
        finally:
            os.close(fd)
        fd = below
    return fd
