"""Files of the state dir: which are missing, bringing them in pieces, fetching them.

A name is a path in the state dir. Files appear by rename once their SHA-256 was verified here; what of one is there already,
after a connection dropped, stands beside it as ``.part-<sha256>.<random>``, locked by who writes it.
"""

import errno
import fcntl
import os
import stat

from .confinement import READ_FOLDER, open_below
from .digest import sha256 as new_sha256
from .frames import CHUNK
from .zip_loader import is_own

_STALE_S = 86400


class DigestMismatch(ValueError):  # noqa: N818 - as the client calls it
    """What arrived is not what was announced; nothing of it is kept."""


def make_private(path):
    """Make a folder that only we may enter, or see that it is one.

    Raises:
        PermissionError: Something else stands there: a link, somebody else's, or open to others.
    """
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    if not is_own(path):
        raise PermissionError(
            errno.EACCES,
            "not a folder of ours that others may not enter (mode 0700, no link): remove it, or choose another work dir",
            path,
        )


def _split(name):
    parts = name.split("/")
    if not all(parts) or any(part[0] == "." or "\0" in part for part in parts) or len(parts) < 2:
        raise ValueError("no name of a file in the state dir: %r" % (name,))
    return "/".join(parts[:-1]), parts[-1]


def _parts(folder, sha256):
    start = ".part-" + sha256 + "."
    return [folder + "/" + name for name in os.listdir(folder) if name.startswith(start)]


def missing(session, files):
    """What has to be sent.

    Args:
        session: Whose state dir.
        files: (name, size, SHA-256) of each.

    Returns:
        [name, bytes of it that a broken upload left here] of each that is not there in that size.
    """
    wanted = []
    for name, size, sha256 in files:
        folder, last = _split(name)
        folder = session.state_dir + "/" + folder
        try:
            status = os.lstat(folder + "/" + last)
            if stat.S_ISREG(status.st_mode) and status.st_size == size and status.st_uid == os.geteuid():
                os.utime(folder + "/" + last)  # needed now: whoever cleans up sees that
                continue
        except OSError:
            pass
        there = 0
        try:
            there = max([0] + [os.lstat(part).st_size for part in _parts(folder, sha256)])
        except OSError:  # no such folder, or an upload that ends right now
            pass
        wanted.append([name, min(there, size)])
    return wanted


def put(session, body, name, size, sha256, offset=0):
    """Take a file.

    Args:
        session: Whose state dir.
        body: Its bytes, from ``offset`` on.
        name: Where it goes.
        size: How long it is as a whole.
        sha256: Its digest.
        offset: Where the body begins: 0, or what `missing` said.

    Raises:
        DigestMismatch: It is another file.
        BlockingIOError: What was there is gone or in use: send it from its beginning.
    """
    below, last = _split(name)
    folder = session.make_state_dir(below)
    part, out = _take_part(folder, sha256, offset)
    with out:
        digest = new_sha256(size)
        out.seek(0)
        at = 0
        while at < offset:
            piece = out.read(min(1 << 20, offset - at))
            digest.update(piece)
            at += len(piece)
        out.truncate(offset)
        out.seek(offset)
        try:
            for piece in body:
                out.write(piece)
                digest.update(piece)
                at += len(piece)
            out.flush()
            os.fsync(out.fileno())
        except OSError as error:  # the disk is full: make room again
            _remove(part)
            raise type(error)(error.errno, error.strerror, folder + "/" + last)
        if at != size or digest.hexdigest() != sha256:
            _remove(part)
            raise DigestMismatch(
                "%s: %d bytes with SHA-256 %s arrived, not %d with %s" % (name, at, digest.hexdigest(), size, sha256)
            )
        try:
            os.rename(part, folder + "/" + last)
        except FileNotFoundError:
            if not os.path.exists(folder + "/" + last):
                raise
        now = os.fstat(out.fileno()).st_mtime
    _sweep(folder, sha256, now)
    return at


def _sweep(folder, sha256, now):
    """Remove what nobody will go on with: other uploads of what is here now, and those of a day ago."""
    done = _parts(folder, sha256)
    for path in [folder + "/" + name for name in os.listdir(folder) if name.startswith(".part-")]:
        try:
            if path in done or os.lstat(path).st_mtime < now - _STALE_S:
                os.unlink(path)
        except OSError:
            pass


def _remove(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def _take_part(folder, sha256, offset):
    """(path, open and locked file) of what is there of an upload, or of a new one."""
    if offset:
        for path in _parts(folder, sha256):
            try:
                found = os.fdopen(os.open(path, os.O_RDWR | os.O_NOFOLLOW), "r+b")
            except OSError:
                continue
            try:
                fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(found.fileno()).st_size >= offset and os.path.exists(path):
                    return path, found
            except OSError:  # somebody writes it
                pass
            found.close()
        raise BlockingIOError(errno.EAGAIN, "what was there of the file is gone or in use", sha256)
    path = "%s/.part-%s.%s" % (folder, sha256, os.urandom(6).hex())
    made = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "r+b")
    try:
        fcntl.flock(made, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # a file system without locks: nobody will go on with it
        pass
    return path, made


def get(session, name, offset=0, length=None):
    """Stream of a file's bytes; the result is how long it is as a whole.

    Raises:
        PermissionError: It is no regular file of ours.
    """
    folder, last = _split(name)
    top = os.open(session.state_dir, READ_FOLDER)
    try:
        below = open_below(top, folder.split("/"))
    finally:
        os.close(top)
    try:
        source = os.fdopen(os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=below), "rb", 0)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, name)
    finally:
        os.close(below)
    return _pieces(source, name, offset, length)


def _pieces(source, name, offset, length):
    with source:
        status = os.fstat(source.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            raise PermissionError(errno.EACCES, "no regular file of ours", name)
        source.seek(offset)
        rest = status.st_size if length is None else length
        while rest > 0:
            piece = source.read(min(CHUNK, rest))
            if not piece:
                break
            rest -= len(piece)
            yield piece
    return status.st_size
