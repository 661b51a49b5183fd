"""Folders of our own: made so that nobody else can be in them, and removed whole."""

import errno
import os

from .errors import NoSpaceError


def make_private_folder(parent, prefix):
    """A new folder below ``parent`` with a name of its own, 0700; its path."""
    while True:
        path = os.path.join(parent, prefix + os.urandom(6).hex())
        try:
            os.mkdir(path, 0o700)
            return path
        except FileExistsError:
            pass


def check_space(folder, size):
    """Refuse early what cannot fit."""
    free = os.statvfs(folder)
    if free.f_bavail * free.f_frsize < size:
        raise NoSpaceError("%s has %d bytes free, the bundle needs %d" % (folder, free.f_bavail * free.f_frsize, size))


def remove_tree(path):
    """Remove a file or folder and all below it, whatever permissions it was left with; what cannot go stays, in silence."""
    try:
        os.unlink(path)
        return
    except OSError as error:
        if error.errno not in (errno.EISDIR, errno.EPERM, errno.EACCES):
            return
    try:
        names = os.listdir(path)
    except PermissionError:
        try:
            os.chmod(path, 0o700)
            names = os.listdir(path)
        except OSError:
            return
    except OSError:
        return
    if names and not os.access(path, os.W_OK | os.X_OK):
        try:
            os.chmod(path, 0o700)
        except OSError:
            return
    for name in names:
        remove_tree(path + "/" + name)
    try:
        os.rmdir(path)
    except OSError:
        pass
