"""Checking a bundle before it is trusted: the file against its seal, every member against the manifest."""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from clustrix_bundle.bundler.blobs import BlobFolder
from clustrix_bundle.bundler.compress import ZstdError
from clustrix_bundle.bundler.errors import BundleFormatError, UnsafePathError
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.reader import BundleReader
from clustrix_bundle.bundler.seal import SealCheck

if TYPE_CHECKING:
    from clustrix_bundle.bundler.manifest import Manifest, Member

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check found.

    Attributes:
        id: The bundle's id; empty where there is no manifest to have one.
        members: Number of members that the manifest lists.
        problems: What is wrong, in words; none if the bundle is as it was written.
    """

    id: str
    members: int
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify_bundle(path: str, blobs: str | None = None, expected_id: str = "") -> Verification:
    """Check a bundle; ``blobs`` is the folder with its detached members, ``expected_id`` what its id should begin with.

    Raises:
        OSError: The file cannot be read.
    """
    problems = list(_seal_problems(path))
    bundle_id, members = "", 0
    try:
        with BundleReader(path) as reader:
            bundle_id, members = reader.id, len(reader.manifest.members)
            if not bundle_id.startswith(expected_id):
                problems.append(f"the id is {bundle_id}, not {expected_id}: this is another bundle")
            problems += _member_problems(reader, reader.manifest, BlobFolder(blobs) if blobs is not None else None)
    except (BundleFormatError, UnsafePathError, ZstdError, tarfile.TarError, EOFError) as error:
        problems.append(str(error))
    return Verification(bundle_id, members, tuple(problems))


def check_seal(path: str) -> None:
    """That the file is as it was written; what `verify_bundle` finds beyond that, the runtime finds before it runs anything.

    Raises:
        BundleFormatError: It is damaged, changed or cut short.
        OSError: It cannot be read.
    """
    for problem in _seal_problems(path):
        raise BundleFormatError(f"{path}: {problem}")


def _seal_problems(path: str) -> Iterator[str]:
    check = SealCheck()
    with open(path, "rb") as file:
        while piece := file.read(_PIECE):
            check.update(piece)
    if not check.present:
        yield "the file does not end as a bundle does: it is cut short, or was not written by clustrix-bundle"
    elif not check.intact:
        yield "the file's bytes are not those that were written: it was damaged or changed"


def _member_problems(reader: BundleReader, manifest: Manifest, blobs: BlobFolder | None) -> Iterator[str]:
    expected = iter([member for member in manifest.members if not member.detached])
    for info, content in reader.members():
        member = next(expected, None)
        if member is None or _name(info) != member.path:
            yield f"the archive holds {info.name!r} where the manifest has {'no more' if member is None else repr(member.path)}"
            return
        yield from _header_problems(info, member)
        if member.is_file:
            yield from _content_problems(content, member)
    missing = next(expected, None)
    if missing is not None:
        yield f"the archive ends before {missing.path!r}"
    for member in manifest.members:
        if member.detached:
            yield from _blob_problems(member, blobs)


def _name(info: tarfile.TarInfo) -> str:
    return info.name.rstrip("/")


def _header_problems(info: tarfile.TarInfo, member: Member) -> Iterator[str]:
    kind = "dir" if info.isdir() else "link" if info.issym() else "file" if info.isreg() else "special file"
    wanted = "file" if member.is_file else member.kind
    if kind != wanted:
        yield f"{member.path!r} is a {kind} in the archive and a {wanted} in the manifest"
    elif kind == "link" and info.linkname != member.target:
        yield f"the link {member.path!r} points to {info.linkname!r}, the manifest says {member.target!r}"
    elif kind == "file" and bool(info.mode & 0o100) != member.executable:
        yield f"{member.path!r} is {'' if info.mode & 0o100 else 'not '}executable in the archive, unlike in the manifest"


def _content_problems(content: IO[bytes] | None, member: Member) -> Iterator[str]:
    if content is None:
        return  # said already: not a file
    digest = hashlib.sha256()
    size = 0
    while piece := content.read(_PIECE):
        digest.update(piece)
        size += len(piece)
    if size != member.size:
        yield f"{member.path!r} has {size} bytes, the manifest says {member.size}"
    elif digest.hexdigest() != member.sha256:
        yield f"{member.path!r} has another content than the manifest says (SHA-256 {digest.hexdigest()}, not {member.sha256})"


def _blob_problems(member: Member, blobs: BlobFolder | None) -> Iterator[str]:
    if blobs is None:
        yield f"{member.path!r} is kept outside the archive: give the folder that holds it with --blobs"
        return
    path = blobs.path(member.sha256)
    if not os.path.isfile(path):
        yield f"{member.path!r} is kept outside the archive and {path} does not exist"
        return
    with open(path, "rb") as file:
        yield from _content_problems(file, member)
