"""What ``doctor`` wants to know of a cluster."""

import errno
import os
import sys
import time

_LOOKED_AT = 20000


def probe(session, tools=()):
    """What is there.

    Args:
        session: Whose work dir is looked at.
        tools: Programs to look for.

    Returns:
        ``python``, ``executable``, ``zstd`` (the way to unpack), ``time`` (of its clock), ``host``, ``work_dir`` (its path), ``exists``,
        ``writable`` (of the work dir, or of the nearest folder above that is there), ``state_dir`` ("" if it is good or can be made, else
        what is wrong), ``free_bytes`` and ``free_inodes`` (None: no limit), ``tools`` (name to path or None), ``links_out`` (path and target of links that lead out of
        the bounds, the first 20) and ``complete`` (whether everything was looked at for them).
    """
    from shutil import which

    from . import zstd

    folder = session.work_dir
    while not os.path.isdir(folder) and folder != "/":
        folder = os.path.dirname(folder)
    disk = os.statvfs(folder)
    links, complete = _links_out(session)
    return {
        "python": list(sys.version_info[:3]),
        "executable": sys.executable,
        "zstd": zstd.ways()[0],
        "time": time.time(),
        "host": os.uname().nodename,
        "work_dir": session.work_dir,
        "exists": folder == session.work_dir,
        "writable": os.access(folder, os.W_OK | os.X_OK),
        "state_dir": _state(session),
        "free_bytes": disk.f_bavail * disk.f_frsize,
        "free_inodes": disk.f_favail if disk.f_files else None,
        "tools": {name: which(name) for name in tools},
        "links_out": links,
        "complete": complete,
    }


def _state(session):
    from .zip_loader import is_own

    try:
        return "" if is_own(session.state_dir) else session.state_dir + " is not a folder of ours with mode 0700"
    except OSError as error:
        return "" if error.errno == errno.ENOENT else "%s: %s" % (session.state_dir, error.strerror)


def _links_out(session):
    from .local_files import LocalFilesystem

    found = []
    try:
        bounds = LocalFilesystem(session.work_dir, session.allowed_paths).bounds
        seen = 0
        for where, folders, files in os.walk(bounds.root):
            if where == bounds.root:  # environments in the state dir lead out, and concern nobody
                folders[:] = [name for name in folders if not name.startswith(".clustrix-")]
            for name in folders + files:
                seen += 1
                path = os.path.join(where, name)
                if os.path.islink(path) and not bounds.admits(os.path.realpath(path)):
                    found.append([os.path.relpath(path, bounds.root), os.path.realpath(path)])
                if seen >= _LOOKED_AT or len(found) >= 20:
                    return found, False
    except OSError:
        return found, False
    return found, True
