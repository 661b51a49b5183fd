"""One immutable copy of a bundle per node and id; every task makes its own tree from it.

It stands in a folder that only we can write (0700, owned by us), on the node's own disk where there is one. Copies appear by
rename, so a task sees a whole one or none. Files in it carry one common time: a copy in which a size or time differs (a
cleaner of temporary files, a careless hand) is set aside and made again.
"""

import errno
import os
import time

from .errors import NoSpaceError
from .manifest import FILE_KINDS, MANIFEST, Manifest
from .owner import OWNER, is_abandoned
from .private_folder import check_space, make_private_folder, remove_tree
from .seal import SealedReader
from .zip_loader import bases, is_own


def find_base(state, size):
    """The folder for copies and trees of tasks: on the node's disk if one has room, else in the state dir.

    Args:
        state: The state dir, made if needed.
        size: Bytes that will be written.
    """
    for base in bases():
        try:
            if os.statvfs(os.path.dirname(base)).f_flag & getattr(os, "ST_NOEXEC", 0):
                continue  # extension modules that were shipped could not be loaded from it
            own_folder(base, with_parents=False)
            check_space(base, size)
            return base
        except (OSError, NoSpaceError):
            pass
    there = state
    while not os.path.isdir(there):
        there = os.path.dirname(there)
    check_space(there, size)  # before anything is made
    return own_folder(state)


def own_folder(path, with_parents=True):
    """The folder, made if needed, if it is ours and closed to others.

    Raises:
        PermissionError: It belongs to someone else or is a link.
    """
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    except FileNotFoundError:
        if not with_parents:
            raise
        os.makedirs(path, 0o700)
    if not is_own(path):
        status = os.lstat(path)
        if status.st_mode & 0o170000 != 0o040000 or status.st_uid != os.geteuid():
            raise PermissionError(1, "not a folder of our own", path)
        os.chmod(path, 0o700)
    return path


MAX_HASHED = 64 << 20
"""A bundle file up to this size is hashed whole whenever it is run."""


def find_known(path):
    """The copy of a bundle file that was unpacked here before, without decompressing anything.

    The whole file is hashed, so damage is found as if it were unpacked again.

    Returns:
        ``(base, copy, stamp, manifest)``; None if there is no such copy, or the file is large.

    Raises:
        BundleFormatError: The seal is wrong or missing.
    """
    if os.path.getsize(path) > MAX_HASHED:
        return None
    own = [base for base in bases() if os.path.isdir(base + "/seals") and is_own(base)]
    if not own:
        return None
    with open(path, "rb", buffering=0) as stream:
        digest = SealedReader(stream).check()
    for base in own:
        try:
            copy = base + "/copies/" + os.readlink(base + "/seals/" + digest)
            with open(copy + "/" + MANIFEST, "rb") as source:
                manifest = Manifest(source.read())
        except OSError:
            continue
        stamp = _stamp_of(copy, manifest)
        if stamp is not None and os.path.basename(copy) == manifest.id:
            return base, copy, stamp, manifest
    return None


def _note_seal(base, digest, identity):
    """Remember which bundle a file with this seal is."""
    try:
        os.symlink(identity, _subfolder(base, "seals") + "/" + digest)
    except OSError:
        pass


def ensure_copy(bundle, base, blobs=None):
    """The node's copy of an open bundle, made now if it is not there.

    Returns:
        ``(folder, stamp)``; stamp is the modification time in ns of all its files.

    Raises:
        FileNotFoundError: Another process took it away. A bundle is delivered once only, so it has to be opened anew.
    """
    manifest = bundle.manifest
    copies = _subfolder(base, "copies")
    target = os.path.join(copies, manifest.id)
    judged = _identity(target)
    stamp = _stamp_of(target, manifest)
    if stamp is None:
        if judged is not None:
            _set_aside(target, base, lambda path: _identity(path) == judged)
        _sweep(base)
        digest = stage(bundle, _subfolder(base, "staging"), target, blobs, 0o444, _past())[1]
        _note_seal(base, digest, manifest.id)
        stamp = _stamp_of(target, manifest)
        if stamp is None:
            raise FileNotFoundError(errno.ENOENT, "the unpacked copy was taken away", target)
    return target, stamp


def stage(bundle, staging, target, blobs=None, file_mode=0o666, stamp=None):
    """Unpack a bundle into a private folder and rename it to ``target``; leave nothing if it fails.

    Returns:
        ``(ours, digest)``: whether ours became the target (False: another task's did), and the digest of the bundle's seal.
    """
    from .folder_sink import FolderSink

    private = make_private_folder(staging, bundle.manifest.id[:16] + ".")
    try:
        sink = FolderSink(private, file_mode, stamp)
        digest = bundle.deliver(sink, blobs)
        sink.finish(bundle.manifest)
        os.chmod(private, 0o755)
        try:
            os.rename(private, target)
        except OSError:
            if not os.path.isdir(target):  # not a lost race but a real failure
                raise
            return False, digest
        private = None
        return True, digest
    finally:
        if private is not None:
            remove_tree(private)


def _past():
    """Now, less than two whole seconds ago: a file that is written later differs even on a coarse clock."""
    return (int(time.time()) - 1) * 1000000000


def _stamp_of(target, manifest):
    try:
        marker = os.lstat(os.path.join(target, MANIFEST))
        if marker.st_size != len(manifest.text):
            return None
        for path, row in manifest.members.items():
            status = os.lstat(target + "/" + path)
            if row["kind"] in FILE_KINDS and (status.st_size, status.st_mtime_ns) != (row["size"], marker.st_mtime_ns):
                return None
        os.utime(target)  # in use
    except OSError:
        return None
    return marker.st_mtime_ns


UNUSED = 14 * 86400
"""Seconds after which a copy that nothing used goes, when another one is made."""

ABANDONED = 86400
"""Seconds after which the tree of a task goes whose process was killed."""


def _sweep(base):
    """Remove what nobody needs any more: copies and kept code unused for long, what killed processes left in staging and tasks."""
    now = time.time()
    for folder in ("copies", "code", "staging"):
        for path in _entries(base, folder):
            if _is_older(path, now - UNUSED):
                if folder == "copies":
                    _set_aside(path, base, lambda path: _is_older(path, now - UNUSED))
                else:
                    remove_tree(path)
    for path in _entries(base, "tasks"):
        if _is_older(path + "/" + OWNER, now - ABANDONED) and is_abandoned(path):
            remove_tree(path)


def _entries(base, folder):
    path = base + "/" + folder
    try:
        return [path + "/" + name for name in os.listdir(path)]
    except OSError:
        return []


def _is_older(path, time_s):
    try:
        return os.lstat(path).st_mtime < time_s
    except OSError:
        return False


def _identity(path):
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _set_aside(target, base, is_meant):
    """Remove a copy in one step for whoever looks, if it is still the one that is meant: another task may have renewed or used it."""
    aside = make_private_folder(_subfolder(base, "staging"), "stale.")
    try:
        moved = os.path.join(aside, "copy")
        if is_meant(target):
            os.rename(target, moved)
            if not is_meant(moved):
                os.rename(moved, target)
    except OSError:
        pass  # another task was faster
    remove_tree(aside)


def _subfolder(base, name):
    path = os.path.join(base, name)
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    return path
