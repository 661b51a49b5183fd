"""A task's own tree: copies of the node's copy, so that no task sees what another one writes.

Files are copied, by reflink where the file system shares blocks. (Hard links or linked folders would be cheaper for code, but
a task that writes to its own source, or resolves a link to it, would write to everybody's.)
"""

import os

from .manifest import FILE_KINDS

_SMALL = 1 << 20
_FICLONE = 0x40049409  # linux/fs.h
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


def build_tree(copy, manifest, root, stamp):
    """Fill the existing empty folder ``root``.

    Args:
        copy: The node's copy.
        manifest: Its manifest.
        root: Existing empty folder.
        stamp: Modification time in ns that all files get, by which `outputs` tells what was written later.
    """
    made = {""}
    clone = _Cloning()
    links = []
    for path, row in manifest.members.items():
        kind = row["kind"]
        if kind == "link":
            links.append((path, row["target"]))
            _folder(root, path.rpartition("/")[0], made)
        elif kind in FILE_KINDS:
            _folder(root, path.rpartition("/")[0], made)
            mode = 0o777 if row.get("executable") else 0o666
            target = os.open(root + "/" + path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CLOEXEC, mode)
            try:
                _copy(copy + "/" + path, target, row["size"], clone)
                os.utime(target, ns=(stamp, stamp))
            finally:
                os.close(target)
        else:
            _folder(root, path, made)
    for path, target in links:
        os.symlink(target, root + "/" + path)
    for path in [manifest.data["cwd"]] + manifest.data["sys_path"]:
        if not os.path.isdir(root + "/" + path):
            _folder(root, path, made)


def _folder(root, path, made):
    if path not in made:
        _folder(root, path.rpartition("/")[0], made)
        os.mkdir(root + "/" + path)
        made.add(path)


class _Cloning(object):
    """Whether the file system can share blocks: found out once."""

    def __init__(self):
        self.works = os.uname().sysname == "Linux"

    def clone(self, source, target):
        if self.works:
            import fcntl

            try:
                fcntl.ioctl(target, _FICLONE, source)
                return True
            except (OSError, OverflowError):
                self.works = False
        return False


def _copy(path, target, size, clone):
    source = os.open(path, os.O_RDONLY | _CLOEXEC)
    try:
        if size >= _SMALL and clone.clone(source, target):
            return
        left = size
        while left > 0:
            data = os.read(source, min(left, _SMALL))
            if not data:
                raise EOFError("%s became shorter while it was copied" % path)
            left -= len(data)
            view = memoryview(data)
            while view:
                view = view[os.write(target, view) :]
    finally:
        os.close(source)
