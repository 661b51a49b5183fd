"""Files that the function wrote in its own tree: found, kept and listed."""

import os

from .manifest import FILE_KINDS


def find_outputs(root, manifest, stamp):
    """Member-like paths of files and links in the tree that were not shipped, or were changed since; sorted.

    Byte code that Python cached is none. Links into the work dir are none: what was written through them is there.
    """
    found = []  # type: ignore[var-annotated]
    for head in ("project", "extra"):
        _walk(root, head, manifest.members, stamp, found)
    return sorted(found)


def _walk(root, path, members, stamp, found):
    try:
        entries = list(os.scandir(root + "/" + path))
    except OSError:
        return
    for entry in entries:
        inner = path + "/" + entry.name
        if entry.is_dir(follow_symlinks=False):
            if entry.name != "__pycache__":
                _walk(root, inner, members, stamp, found)
            continue
        row = members.get(inner)
        if entry.is_symlink():
            if row is None and not os.path.isabs(os.readlink(root + "/" + inner)):
                found.append(inner)
        elif entry.is_file(follow_symlinks=False):
            status = entry.stat(follow_symlinks=False)
            if row is None or row["kind"] not in FILE_KINDS or status.st_size != row["size"] or status.st_mtime_ns != stamp:
                found.append(inner)


def put_back(root, found, links):
    """Files that the function put in the place of a link into the work dir (written beside and renamed) go where it pointed.

    Returns:
        The other paths of ``found``.
    """
    rest = []
    for path in found:
        target = links.get(root + "/" + path)
        if target is None or os.path.isdir(target):
            rest.append(path)
        else:
            part = "%s.%s.part" % (target, os.urandom(4).hex())
            _move(root + "/" + path, part)
            os.replace(part, target)
    return rest


def keep_outputs(root, found, cwd, folder):
    """Move what was found below ``folder``, a new one (None: leave it where it is).

    Returns:
        Rows ``{"path", "size"}``: the path is relative to the function's working directory, or stands below ``_tree/`` where
        it was written elsewhere in the tree.
    """
    rows = []
    for path in found:
        name = path[len(cwd) + 1 :] if path.startswith(cwd + "/") else "_tree/" + path
        rows.append({"path": name, "size": os.lstat(root + "/" + path).st_size})
        if folder is not None:
            _move(root + "/" + path, folder + "/" + name)
    return rows


def _move(source, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        os.rename(source, target)
    except OSError:  # another file system
        import shutil

        shutil.move(source, target)
