"""Paths of members: relative, ``/``-separated, below one of the bundle's own folders, never climbing out.

In memory a name that is not UTF-8 holds surrogate escapes (PEP 383) for its undecodable bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

from clustrix_bundle.bundler.errors import UnsafePathError

HEADS = ("project", "extra", "values")
"""The folders of a bundle."""


def path_bytes(path: str) -> bytes:
    """The name's bytes, as the archive and the file system have them; also the key by which members are sorted."""
    return path.encode("utf-8", "surrogateescape")


def is_utf8(path: str) -> bool:
    """Whether the name is text (no surrogate escapes in it)."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def check_member_path(path: str) -> None:
    """Refuse a path that would land outside the bundle's own folders.

    Raises:
        UnsafePathError: Absolute, empty, with an empty, ``.`` or ``..`` part, with NUL, or under a folder that no bundle has.
    """
    parts = path.split("/")
    if "\0" in path:
        raise UnsafePathError(f"member {path!r} has a NUL byte in its name")
    if any(part in ("", ".", "..") for part in parts):
        raise UnsafePathError(f"member {path!r} is not a plain relative path")
    if parts[0] not in HEADS:
        raise UnsafePathError(f"member {path!r} stands outside {', '.join(head + '/' for head in HEADS)}")
    if len(parts) == 1 or (parts[0] == "extra" and len(parts) < 3):
        raise UnsafePathError(f"member {path!r} takes the place of a folder of the bundle")
    try:
        path_bytes(path)
    except UnicodeEncodeError:
        raise UnsafePathError(f"member {path!r} has characters that no file name can hold") from None


def tree_of(path: str) -> str:
    """The tree a member stands in: ``project``, ``values`` or ``extra/<n>-<name>``."""
    parts = path.split("/", 2)
    return "/".join(parts[:2]) if parts[0] == "extra" else parts[0]


def check_link(path: str, links: Mapping[str, str]) -> None:
    """Refuse a link that leads out of its own tree, through other links too.

    Args:
        path: The link, a member path.
        links: Every link of the bundle, member path to target.

    Raises:
        UnsafePathError: An absolute or empty target, or one that climbs above the link's tree on its way. A loop is harmless.
    """
    tree = tree_of(path).split("/")
    at = path.split("/")[:-1]
    todo = [links[path]]
    for _ in range(_MAX_LINKS):
        target = todo.pop()
        if not target or target.startswith("/") or "\0" in target:
            raise UnsafePathError(f"link {path!r} points to {target!r}, which is no relative path")
        todo.extend(part for part in reversed(target.split("/")) if part not in ("", "."))
        while todo:
            part = todo.pop()
            if part == "..":
                at.pop()
            else:
                at.append(part)
            if at[: len(tree)] != tree:
                raise UnsafePathError(f"link {path!r} points to {links[path]!r}, outside {'/'.join(tree)}/")
            further = links.get("/".join(at))
            if further is not None:
                at.pop()
                todo.append(further)
                break
        else:
            return


_MAX_LINKS = 64
"""Links followed on one way; Linux gives up after 40 (path_resolution(7))."""
