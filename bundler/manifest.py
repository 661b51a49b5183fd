"""The manifest: what running a bundle needs, and nothing else. The SHA-256 of its canonical text is the bundle's id.

The written form is described in ``docs/bundle-format.md`` and, for machines, in ``schemas/manifest-1.json``. The checks here
are written by hand, so that opening a bundle needs no schema library.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from clustrix_bundle.bundler.canonical_json import parse_json, render_canonical_json
from clustrix_bundle.bundler.digest import sha256
from clustrix_bundle.bundler.errors import BundleFormatError, UnsafePathError
from clustrix_bundle.bundler.graph import CapturedValue, FilesystemCall, Requirement
from clustrix_bundle.bundler.json_shape import Shape, ShapeError, boolean, integer, nullable, string, strings
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.lazy_pattern import compile_lazily
from clustrix_bundle.bundler.member_path import check_link, check_member_path, is_utf8, path_bytes

MANIFEST_SCHEMA = 1
MANIFEST_NAME = "manifest.json"
REPORT_NAME = "report.json"

KINDS = ("entry", "module", "data", "dir", "link", "value")
ENTRY_KINDS = ("module", "main", "value")
_DIGEST = compile_lazily(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a bundle, as its manifest lists it.

    Attributes:
        path: Name in the bundle: relative, ``/``-separated, surrogate escapes where it is not UTF-8.
        kind: entry, module, data, dir, link or value.
        size: Length of the content in bytes; 0 for a folder or link.
        sha256: Digest of the content, 64 lowercase hex digits; empty for a folder or link.
        executable: Whether the owner may execute it.
        target: Where a link points, relative to its own folder; empty for all else.
        detached: Whether the content is kept outside the archive, found by its digest.

    Raises:
        UnsafePathError: The path is absolute or climbs out of the bundle.
        BundleFormatError: Kind, size, digest and target do not fit together.
    """

    path: str
    kind: str
    size: int = 0
    sha256: str = ""
    executable: bool = False
    target: str = ""
    detached: bool = False

    def __post_init__(self) -> None:
        check_member_path(self.path)
        if self.kind not in KINDS:
            raise BundleFormatError(f"member {self.path!r} is of unknown kind {self.kind!r}")
        if self.size < 0 or (not self.is_file and self.size):
            raise BundleFormatError(f"member {self.path!r} has an impossible size ({self.size})")
        if bool(self.sha256) != self.is_file or (self.sha256 and not _DIGEST.match(self.sha256)):
            raise BundleFormatError(f"member {self.path!r} has no proper SHA-256: {self.sha256!r}")
        if bool(self.target) != (self.kind == "link") or ((self.executable or self.detached) and not self.is_file):
            raise BundleFormatError(f"member {self.path!r}: a {self.kind} cannot have that target or mode")

    @property
    def is_file(self) -> bool:
        """Whether it has content."""
        return self.kind not in ("dir", "link")

    def to_json(self) -> dict[str, Any]:
        """Its row in the manifest."""
        row: dict[str, Any] = {"path": self.path, "kind": self.kind}
        if not is_utf8(self.path):
            row["path64"] = _base64(self.path)
        if self.kind == "link":
            row["target"] = self.target
            if not is_utf8(self.target):
                row["target64"] = _base64(self.target)
        elif self.is_file:
            row.update(size=self.size, sha256=self.sha256)
            row.update({flag: True for flag in ("executable", "detached") if getattr(self, flag)})
        return row


@dataclass(frozen=True, slots=True)
class Entry:
    """What is called: see `clustrix_bundle.bundler.graph.EntryPoint`, which also knows the line."""

    kind: str
    member: str
    module: str
    qualname: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that running a bundle needs.

    Attributes:
        python: ``minimum`` and ``below`` (None: no limit) as pairs of major and minor version.
        arguments: Member with the pickled ``(args, kwargs)``; empty where the build was given none.
        values_python: The Python (major, minor) that pickled the values; None where there are none.
        members: Sorted by `path_bytes`; no two of one name, none below a file or link.

    Raises:
        BundleFormatError: Members are out of order or in each other's way, or something names a member that is not there.
        UnsafePathError: A link leads out of its tree.
    """

    entry: Entry
    members: tuple[Member, ...]
    python: tuple[tuple[int, int], tuple[int, int] | None] = ((3, 6), None)
    sys_path: tuple[str, ...] = ("project",)
    cwd: str = "project"
    requirements: tuple[Requirement, ...] = ()
    filesystem_calls: tuple[FilesystemCall, ...] = ()
    work_dir_names: tuple[str, ...] | None = ()
    values: tuple[CapturedValue, ...] = ()
    arguments: str = ""
    values_python: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        _check_members(self.members)
        names = {member.path for member in self.members if member.is_file}
        if self.entry.kind not in ENTRY_KINDS:
            raise BundleFormatError(f"entry point of unknown kind {self.entry.kind!r}")
        for what, name in (("entry point", self.entry.member), ("arguments", self.arguments)):
            if name and name not in names:
                raise BundleFormatError(f"the {what} should stand in {name!r}, which is no member")
        if self.entry.kind != "value" and not self.entry.member:
            raise BundleFormatError("the entry point names no member")
        for folder in (self.cwd, *self.sys_path):
            _check_folder(folder)

    def to_json(self) -> dict[str, Any]:
        """The manifest as plain values."""
        minimum, below = self.python
        value: dict[str, Any] = {
            "schema": MANIFEST_SCHEMA,
            "entry": {name: getattr(self.entry, name) for name in ("kind", "member", "module", "qualname")},
            "python": {"minimum": list(minimum), "below": None if below is None else list(below)},
            "sys_path": list(self.sys_path),
            "cwd": self.cwd,
            "requirements": [_row(requirement) for requirement in self.requirements],
            "filesystem_calls": [_row(call) for call in self.filesystem_calls],
            "work_dir_names": None if self.work_dir_names is None else list(self.work_dir_names),
            "values": [_row(captured) for captured in self.values],
            "members": [member.to_json() for member in self.members],
        }
        if self.arguments:
            value["arguments"] = {"member": self.arguments}
        if self.values_python is not None:
            value["values_python"] = list(self.values_python)
        return value

    def render(self) -> bytes:
        """The canonical text."""
        return render_canonical_json(self.to_json())


def manifest_id(text: bytes) -> str:
    """The id of the bundle whose manifest has this text."""
    return sha256(text).hexdigest()


def parse_manifest(text: bytes) -> Manifest:
    """The manifest of a canonical text.

    Raises:
        BundleFormatError: Not a manifest, not canonical, inconsistent, or of a newer schema.
        UnsafePathError: A member's path or a link's target leads out of the bundle.
    """
    try:
        value = parse_json(text)
        shape = Shape(value, "manifest")
        check_schema(value, MANIFEST_SCHEMA, "bundle")
        manifest = _manifest(shape)
    except ShapeError as error:
        raise BundleFormatError(f"the manifest is damaged: {error}") from error
    except ValueError as error:
        raise BundleFormatError(f"the manifest is damaged: not JSON ({error})") from error
    if manifest.render() != text:
        raise BundleFormatError("the manifest is not in canonical form: it was edited, or written by something else")
    return manifest


def check_schema(value: Mapping[str, Any], known: int, what: str) -> None:
    """Refuse what a newer version of this project wrote.

    Raises:
        BundleFormatError: The schema is newer than ``known``, or there is none.
    """
    schema = value.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise BundleFormatError(f"not a {what}: it says nothing of its schema")
    if schema > known:
        raise BundleFormatError(
            f"the {what} is of schema {schema} and this clustrix-bundle reads up to {known}: upgrade clustrix-bundle",
        )


def _manifest(shape: Shape) -> Manifest:
    shape.only(
        "schema",
        "entry",
        "python",
        "sys_path",
        "cwd",
        "requirements",
        "filesystem_calls",
        "work_dir_names",
        "values",
        "members",
        "arguments",
        "values_python",
    )
    entry, python = shape.object("entry"), shape.object("python")
    entry.only("kind", "member", "module", "qualname")
    python.only("minimum", "below")
    names = shape.get("work_dir_names", nullable(strings))
    arguments = shape.object("arguments") if "arguments" in shape.value else None
    below = python.get("below", nullable(_version))
    return Manifest(
        entry=Entry(*(entry.get(name, string) for name in ("kind", "member", "module", "qualname"))),
        python=(python.get("minimum", _version), below),
        sys_path=tuple(shape.get("sys_path", strings)),
        cwd=shape.get("cwd", string),
        requirements=tuple(_requirement(row) for row in shape.objects("requirements")),
        filesystem_calls=tuple(_call(row) for row in shape.objects("filesystem_calls")),
        work_dir_names=None if names is None else tuple(names),
        values=tuple(_captured(row) for row in shape.objects("values")),
        members=tuple(_member(row) for row in shape.objects("members")),
        arguments=arguments.get("member", string) if arguments is not None else "",
        values_python=shape.get("values_python", _version) if "values_python" in shape.value else None,
    )


def _member(row: Shape) -> Member:
    row.only("path", "path64", "kind", "size", "sha256", "executable", "target", "target64", "detached")
    return Member(
        path=row.get("path", string),
        kind=row.get("kind", string),
        size=row.get("size", integer, 0),
        sha256=row.get("sha256", string, ""),
        executable=row.get("executable", boolean, False),
        target=row.get("target", string, ""),
        detached=row.get("detached", boolean, False),
    )


def _requirement(row: Shape) -> Requirement:
    row.only("name", "version", "modules", "extras", "optional", "source", "url")
    return Requirement(
        name=row.get("name", string),
        version=row.get("version", string),
        modules=tuple(row.get("modules", strings)),
        extras=tuple(row.get("extras", strings)),
        optional=row.get("optional", boolean),
        source=row.get("source", string),
        url=row.get("url", string),
    )


def _call(row: Shape) -> FilesystemCall:
    row.only("function", "path", "pattern", "member", "line", "source")
    return FilesystemCall(
        function=row.get("function", string),
        path=row.get("path", nullable(string)),
        pattern=row.get("pattern", nullable(string)),
        member=row.get("member", string),
        line=row.get("line", integer),
        source=row.get("source", string),
    )


def _captured(row: Shape) -> CapturedValue:
    row.only("name", "member", "type", "size", "how", "requirements")
    return CapturedValue(
        name=row.get("name", string),
        member=row.get("member", string),
        type=row.get("type", string),
        size=row.get("size", integer),
        how=row.get("how", string),
        requirements=tuple(row.get("requirements", strings)),
    )


def _version(value: Any) -> tuple[int, int]:
    if not (isinstance(value, list) and len(value) == 2 and all(type(part) is int and part >= 0 for part in value)):
        raise TypeError("a version is a pair of whole numbers")
    return value[0], value[1]


def _row(fact: Requirement | FilesystemCall | CapturedValue) -> dict[str, Any]:
    row = {name: getattr(fact, name) for name in fact.__dataclass_fields__}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}


def _base64(name: str) -> str:
    import binascii  # noqa: PLC0415 - few names need it

    return binascii.b2a_base64(path_bytes(name), newline=False).decode("ascii")


def _check_folder(folder: str) -> None:
    parts = folder.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\0" in folder or parts[0] not in ("project", "extra"):
        raise UnsafePathError(f"{folder!r} is no folder of a bundle")


def _check_members(members: tuple[Member, ...]) -> None:
    keys = [path_bytes(member.path) for member in members]
    for before, after in itertools.pairwise(keys):
        if before >= after:
            what = "stands twice" if before == after else "is out of order"
            raise BundleFormatError(f"member {after.decode('utf-8', 'surrogateescape')!r} {what}")
    kinds = {member.path: member.kind for member in members}
    sound: set[str] = set()
    for member in members:
        folder = member.path.rpartition("/")[0]
        while folder and folder not in sound:
            sound.add(folder)
            if kinds.get(folder, "dir") != "dir":
                raise UnsafePathError(f"member {member.path!r} stands below {folder!r}, which is a {kinds[folder]}, no folder")
            folder = folder.rpartition("/")[0]
    links = {member.path: member.target for member in members if member.kind == "link"}
    for path in links:
        check_link(path, links)
