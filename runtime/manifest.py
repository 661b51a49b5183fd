"""Reading a manifest (``docs/bundle-format.md``) and refusing one whose members could do harm.

Everything that is written to disk later is decided here: the archive may only bring what a checked manifest lists.
"""

import os

from . import json_text
from .digest import sha256
from .errors import BundleFormatError, NewerFormatError, UnsafePathError

MANIFEST, REPORT = "manifest.json", "report.json"
SCHEMA = 1
MAX_BYTES = 64 << 20
MAX_MEMBERS = 250000
HEADS = ("project", "extra", "values")
FILE_KINDS = ("entry", "module", "data", "value")
_HEX = frozenset("0123456789abcdef")
_MAX_LINKS = 64  # followed on one way; Linux gives up after 40 (path_resolution(7))


class Manifest(object):
    """A checked manifest.

    Attributes:
        text: Its bytes, whose SHA-256 is the bundle's id.
        id: That digest.
        data: The parsed object.
        members: Path to the member's object, in the order of the manifest.
        size: Bytes of all members together.
    """

    def __init__(self, text):
        digest = sha256(len(text))
        digest.update(text)
        self.text = text
        self.id = digest.hexdigest()
        self.data = _parse(text)
        self.members = _members(self.data)
        self.size = sum(member["size"] for member in self.members.values() if member["kind"] in FILE_KINDS)
        _check_references(self.data, self.members)


def _parse(text):
    try:
        data = json_text.parse(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BundleFormatError("manifest.json is no JSON: %s" % error)
    if type(data) is not dict or type(data.get("schema")) is not int:
        raise BundleFormatError("manifest.json is no manifest: it has no schema number")
    if data["schema"] > SCHEMA:
        raise NewerFormatError(
            "the bundle is of format %d, this runtime reads formats up to %d: write a newer runtime.pyz with "
            "`clustrix-bundle runtime` of the version that built the bundle" % (data["schema"], SCHEMA)
        )
    if data["schema"] < 1:
        raise BundleFormatError("manifest.json has schema %d, which never was" % data["schema"])
    return data


def _members(data):
    rows = data.get("members")
    if type(rows) is not list:
        raise BundleFormatError("manifest.json lists no members")
    if len(rows) > MAX_MEMBERS:
        raise BundleFormatError("the bundle has %d members; a bundle can have %d" % (len(rows), MAX_MEMBERS))
    members = {}
    for row in rows:
        path = row.get("path") if type(row) is dict else None
        if type(path) is not str:
            raise BundleFormatError("manifest.json has a member without a path")
        check_path(path)
        if path in members:
            raise UnsafePathError("manifest.json lists %r twice" % path)
        _check_member(path, row)
        members[path] = row
    _check_nesting(members)
    links = {path: row["target"] for path, row in members.items() if row["kind"] == "link"}
    for path in links:
        _check_link(path, links)
    return members


def check_path(path):
    """Refuse a member path that is absolute, climbs, or stands outside the bundle's folders."""
    parts = path.split("/")
    if "" in parts or "." in parts or ".." in parts or "\0" in path:
        raise UnsafePathError("member %r is not a plain relative path" % path)
    if parts[0] not in HEADS or len(parts) < (3 if parts[0] == "extra" else 2):
        raise UnsafePathError("member %r stands outside project/, extra/<n>-<name>/ and values/" % path)
    if not path.isprintable():
        try:
            path.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise UnsafePathError("member %r has characters that no file name can hold" % path)


def _check_member(path, row):
    kind = row.get("kind")
    if kind in FILE_KINDS:
        size, digest = row.get("size"), row.get("sha256")
        if type(size) is not int or size < 0:
            raise BundleFormatError("member %r has no proper size" % path)
        if type(digest) is not str or len(digest) != 64 or not _HEX.issuperset(digest):
            raise BundleFormatError("member %r has no proper SHA-256" % path)
    elif kind == "link":
        if type(row.get("target")) is not str:
            raise BundleFormatError("link %r has no target" % path)
        _check_base64(path, row["target"], row.get("target64"))
    elif kind != "dir":
        raise BundleFormatError("member %r is of unknown kind %r" % (path, kind))
    _check_base64(path, path, row.get("path64"))


def _check_base64(path, name, encoded):
    if encoded is not None:
        from binascii import Error, a2b_base64

        try:
            agrees = a2b_base64(encoded) == name.encode("utf-8", "surrogateescape")
        except (Error, ValueError, TypeError):
            agrees = False
        if not agrees:
            raise BundleFormatError("member %r: the base64 form of a name says something else" % path)


def _check_nesting(members):
    """No member stands below a file or a link (which would lead elsewhere)."""
    checked = set()
    for path in members:
        parent = path.rpartition("/")[0]
        while parent and parent not in checked:
            checked.add(parent)
            if parent in members and members[parent]["kind"] != "dir":
                raise UnsafePathError("member %r stands below %r, which is no folder" % (path, parent))
            parent = parent.rpartition("/")[0]


def _check_link(path, links):
    """Refuse a link that leads out of its tree, through other links too. A loop is harmless."""
    parts = path.split("/")
    tree = parts[:2] if parts[0] == "extra" else parts[:1]
    at = parts[:-1]
    target = links[path]
    todo = []  # type: ignore[var-annotated]
    for _ in range(_MAX_LINKS):
        if not target or target.startswith("/") or "\0" in target:
            raise UnsafePathError("link %r points to %r, which is no relative path" % (path, target))
        todo.extend(part for part in reversed(target.split("/")) if part not in ("", "."))
        target = None
        while todo:
            part = todo.pop()
            if part == "..":
                at.pop()
            else:
                at.append(part)
            if at[: len(tree)] != tree:
                raise UnsafePathError("link %r points to %r, outside %s/" % (path, links[path], "/".join(tree)))
            target = links.get("/".join(at))
            if target is not None:
                at.pop()
                break
        if target is None:
            return


def _check_references(data, members):
    for folder in _strings(data, "sys_path") + [data.get("cwd")]:
        if type(folder) is not str:
            raise BundleFormatError("manifest.json names no working directory")
        check_path(folder + "/x")
        if folder in members and members[folder]["kind"] not in ("dir", "link"):
            raise BundleFormatError("%r should be a folder" % folder)
    entry = data.get("entry")
    if type(entry) is not dict or entry.get("kind") not in ("module", "main", "value"):
        raise BundleFormatError("manifest.json names no entry point that this runtime knows")
    wanted = [entry.get("member")] if entry["kind"] != "module" else []
    if data.get("arguments") is not None:
        wanted.append(data["arguments"].get("member") if type(data["arguments"]) is dict else None)
    for name in wanted:
        if type(name) is not str or name not in members or members[name]["kind"] not in FILE_KINDS:
            raise BundleFormatError("manifest.json names %r, which is no member" % (name,))
    if any(type(entry.get(key)) is not str for key in ("module", "qualname")):
        raise BundleFormatError("manifest.json names no function")
    if data.get("work_dir_names") is not None:
        _strings(data, "work_dir_names")


def _strings(data, key):
    value = data.get(key)
    if type(value) is not list or any(type(item) is not str for item in value):
        raise BundleFormatError("%s of manifest.json is no list of names" % key)
    return value


def check_id(actual, path, expected=None):
    """Refuse a bundle whose id is not the expected one, or not the one in its file's name."""
    if expected is not None and actual != expected:
        raise BundleFormatError("the bundle's id is %s, not %s" % (actual, expected))
    named = os.path.basename(path)
    if named.endswith(".tar.zst"):
        digits = named[: -len(".tar.zst")].rpartition("-")[2]
        if len(digits) == 16 and not digits.strip("0123456789abcdef") and not actual.startswith(digits):
            raise BundleFormatError("the file is named after id %s…, its manifest has id %s" % (digits, actual))


def check_python(data, version):
    """Refuse to run where the manifest's Python range does not hold ``version`` (major, minor)."""
    from .errors import UnsupportedPythonError

    bounds = data.get("python") or {}
    minimum, below = bounds.get("minimum"), bounds.get("below")
    if (minimum and tuple(version) < tuple(minimum)) or (below and tuple(version) >= tuple(below)):
        wanted = "Python %s or later" % ".".join(map(str, minimum)) if minimum else "Python"
        if below:
            wanted += ", before %s" % ".".join(map(str, below))
        raise UnsupportedPythonError("the bundle needs %s; this is Python %s" % (wanted, ".".join(map(str, version))))
