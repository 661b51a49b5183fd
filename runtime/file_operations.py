"""The filesystem helpers as operations: what `local_files.LocalFilesystem` gives, names as a stream, values as lists."""

import os
import time

from .file_info import DiskUsage, FileInfo
from .local_files import OPERATIONS, LocalFilesystem

_NAMES = 4096
"""Names that make a chunk."""
_PAUSE_S = 0.1
"""Seconds of a batch after which others have their turn."""


def _files(session):
    return LocalFilesystem(session.work_dir, session.allowed_paths)


def _plain(value):
    return list(value._values()) if isinstance(value, (FileInfo, DiskUsage)) else value


def _packed(names):
    return os.fsencode("\0".join(names) + "\0") if names else b""


def _listed(names):
    for at in range(0, len(names), _NAMES):
        yield _packed(names[at : at + _NAMES])


def ls(session, path):
    """Stream of names, each ended by a NUL; so in `find` and `glob`."""
    return _listed(_files(session).ls(path))


def glob(session, pattern, path):
    """Stream of paths."""
    return _listed(_files(session).glob(pattern, path))


def find(session, pattern, path):
    """Stream of paths, in the order of the walk."""
    return _met(_files(session).find_steps(pattern, path))


def _met(steps):
    names: list = []
    for name in steps:
        if name is None:
            yield _packed(names)
            names = []
        else:
            names.append(name)
    yield _packed(names)


def count_files(session, path, pattern):
    """Number of files."""
    return _counted(_files(session).find_steps(pattern, path))


def _counted(steps):
    count = 0
    for name in steps:
        if name is None:
            yield b""
        else:
            count += 1
    return count


def du(session, path):
    """Fields of the `DiskUsage`."""
    return _measured(_files(session).du_steps(path))


def _measured(steps):
    usage = yield from steps
    return _plain(usage)


def stat(session, path):
    """Fields of the `FileInfo`."""
    return _plain(_files(session).stat(path))


def exists(session, path):
    """Whether it is there."""
    return _files(session).exists(path)


def isdir(session, path):
    """Whether it is a folder."""
    return _files(session).isdir(path)


def isfile(session, path):
    """Whether it is a regular file."""
    return _files(session).isfile(path)


def batch(session, calls):
    """Outcomes of many calls, ``[operation, arguments]`` each: ``[true, result]`` or ``[false, failure]``; names as lists."""
    from .agent import failure_of

    files = _files(session)
    outcomes = []
    due = 0.0
    for name, arguments in calls:
        if time.monotonic() > due:
            yield b""
            due = time.monotonic() + _PAUSE_S
        try:
            if name not in OPERATIONS:
                raise ValueError("unknown operation %r" % (name,))
            outcomes.append([True, _plain(getattr(files, name)(**arguments))])
        except Exception as error:
            outcomes.append([False, failure_of(error)])
    return outcomes
