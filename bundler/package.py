"""Packing: a dependency graph becomes one reproducible file, published whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO, cast

from clustrix_bundle.bundler.archive import END_OF_ARCHIVE, file_header, padding
from clustrix_bundle.bundler.compress import FrameWriter
from clustrix_bundle.bundler.digest import sha256
from clustrix_bundle.bundler.errors import PackagingError, SettingsError
from clustrix_bundle.bundler.graph import DependencyGraph, Node
from clustrix_bundle.bundler.lazy_dataclass import astuple, dataclass
from clustrix_bundle.bundler.manifest import MANIFEST_NAME, REPORT_NAME, Entry, Manifest, Member, manifest_id
from clustrix_bundle.bundler.member_path import path_bytes
from clustrix_bundle.bundler.publication import write_beside
from clustrix_bundle.bundler.report import BuiltWith, report_of
from clustrix_bundle.bundler.seal import SEAL_SIZE, render_seal
from clustrix_bundle.bundler.spool import FileChangedError, Spool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clustrix_bundle.bundler.blobs import BlobFolder

SUFFIX = ".tar.zst"
ARGUMENTS_MEMBER = "values/arguments.pkl"

_OTHER_ARCHIVES = (".tar", ".gz", ".tgz", ".zip", ".bz2", ".xz", ".whl", ".pyz")
_IN_MEMORY = 8 << 20
_COPY = 1 << 20
_TRIES = 3
_ID_IN_NAME = 16


@dataclass(frozen=True, slots=True)
class PackageInfo:
    """A bundle that was written.

    Attributes:
        package_id: The bundle's id: SHA-256 of its manifest, 64 hex digits.
        package_path: The file, an absolute path.
        dependencies: What it was made from.
        size_bytes: Length of the file, detached members not counted.
        manifest: What it says of itself.
    """

    package_id: str
    package_path: str
    dependencies: DependencyGraph
    size_bytes: int
    manifest: Manifest


class FilePackager:
    """Writes bundles.

    Args:
        output: A file name ending in ``.zst``, or a folder, made where it is missing, in which the bundle is named
            ``<entry>-<first 16 of id>.tar.zst``; the current folder by default.
        blobs: A folder that takes data of 1 MiB and more by digest instead of the archive; None packs all.

    Raises:
        SettingsError: A file name that says another kind of archive.
    """

    def __init__(self, output: str | os.PathLike[str] | None = None, blobs: str | os.PathLike[str] | None = None) -> None:
        given = os.fspath(output) if output is not None else ""
        is_folder = not given or given.endswith(os.sep) or os.path.isdir(given) or not given.endswith(".zst")
        _check_name(given)
        path = os.path.abspath(given)
        self._folder = path if is_folder else os.path.dirname(os.path.realpath(path))
        self._file = None if is_folder else path
        self._blobs: BlobFolder | None = None
        if blobs is not None:
            from clustrix_bundle.bundler.blobs import BlobFolder  # noqa: PLC0415 - few bundles are made with one

            self._blobs = BlobFolder(os.fspath(blobs))

    def package_dependencies(self, graph: DependencyGraph, context: BuiltWith | None = None) -> PackageInfo:
        """Pack a graph; ``context`` is what the report says the bundle was built with.

        Raises:
            PackagingError: A file cannot be read, changes all the time, or the bundle cannot be written. Nothing is left behind.
            UnsafePathError: A member would land outside the bundle.
        """
        for attempt in range(_TRIES):
            try:
                return self._package(graph, context or BuiltWith())
            except FileChangedError as error:
                if attempt == _TRIES - 1:
                    raise PackagingError(str(error)) from error
            except OSError as error:
                place = self._file or self._folder
                if self._blobs is not None and str(error.filename or "").startswith(self._blobs.folder):
                    place = self._blobs.folder
                raise PackagingError(_refused(place, error)) from error
        raise AssertionError("unreachable")

    def _package(self, graph: DependencyGraph, context: BuiltWith) -> PackageInfo:
        with write_beside(self._folder) as publication, contextlib.closing(_Held(self._folder)) as rest:
            # The manifest comes first and holds every digest, so the members are made before it.
            frame = FrameWriter(rest.write)
            spool = Spool(frame, self._blobs)
            manifest = manifest_of(graph, [spool.add(node) for node in packing_order(graph)])
            frame.write(END_OF_ARCHIVE)
            frame.close()
            text = manifest.render()
            bundle_id = manifest_id(text)
            head = _frame_of(MANIFEST_NAME, text) + _frame_of(REPORT_NAME, report_of(graph, context).render())
            size = _write_sealed(publication.file, head, rest.from_start())
            path = self._file or os.path.join(self._folder, bundle_name(graph.entry.qualname, bundle_id))
            publication.publish(path)
        return PackageInfo(bundle_id, path, graph, size, manifest)


class _Held:
    """Bytes that wait for what goes before them: in memory, on the disk of ``folder`` once they are many."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._file: BinaryIO = io.BytesIO()

    def write(self, data: bytes) -> None:
        self._file.write(data)
        if isinstance(self._file, io.BytesIO) and self._file.tell() > _IN_MEMORY:
            import tempfile  # noqa: PLC0415 - for large bundles

            held, self._file = self._file, cast("BinaryIO", tempfile.TemporaryFile(dir=self._folder))  # noqa: SIM115 - closed by `close`
            self._file.write(held.getbuffer())

    def from_start(self) -> BinaryIO:
        """The file, at its start."""
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        self._file.close()


def bundle_name(qualname: str, bundle_id: str) -> str:
    """The file name of a bundle: last part of the entry point's name and first digits of the id."""
    label = re.sub(r"[^A-Za-z0-9._-]+", "", qualname.replace("<locals>.", "").rpartition(".")[2])[:64].lstrip(".-")
    return f"{label or 'function'}-{bundle_id[:_ID_IN_NAME]}{SUFFIX}"


def packing_order(graph: DependencyGraph) -> Sequence[Node]:
    """The graph's nodes in the order of the manifest, without folders that hold another member.

    The folder in which the function runs is among them even if nothing ships below it.
    """
    nodes = dict(graph.nodes)
    if graph.cwd not in nodes and "/" in graph.cwd.removeprefix("extra/"):
        nodes[graph.cwd] = Node(graph.cwd, "dir")
    holding: set[str] = set()
    for member in nodes:
        folder = member.rpartition("/")[0]
        while folder and folder not in holding:
            holding.add(folder)
            folder = folder.rpartition("/")[0]
    kept = (node for node in nodes.values() if node.kind != "dir" or node.member not in holding)
    return sorted(kept, key=lambda node: path_bytes(node.member))


def manifest_of(graph: DependencyGraph, members: Iterable[Member]) -> Manifest:
    """The manifest of a graph whose members turned out to be these; every list in an order that discovery does not move."""
    entry = graph.entry
    names = graph.work_dir_names
    return Manifest(
        entry=Entry(entry.kind, entry.member, entry.module, entry.qualname),
        members=tuple(members),
        python=(graph.python.minimum, graph.python.below),
        sys_path=graph.sys_path,
        cwd=graph.cwd,
        requirements=tuple(sorted(set(graph.requirements), key=lambda one: (one.name.lower(), astuple(one)))),
        filesystem_calls=tuple(
            sorted(
                set(graph.filesystem_calls), key=lambda c: (c.member, c.line, c.function, c.path or "", c.pattern or "", c.source)
            ),
        ),
        work_dir_names=None if names is None else tuple(sorted(set(names))),
        values=tuple(sorted(set(graph.values), key=lambda one: (one.name, one.member))),
        arguments=ARGUMENTS_MEMBER if ARGUMENTS_MEMBER in graph.nodes else "",
        values_python=sys.version_info[:2] if any(node.kind == "value" for node in graph.nodes.values()) else None,
    )


def _frame_of(name: str, content: bytes) -> bytes:
    """One of the bundle's own files as a member in a frame of its own."""
    out = io.BytesIO()
    frame = FrameWriter(out.write)
    frame.write(file_header(name, len(content)) + content + padding(len(content)))
    frame.close()
    return out.getvalue()


def _write_sealed(file: BinaryIO, head: bytes, rest: BinaryIO) -> int:
    """The head, the rest and the seal over both; how many bytes that is."""
    piece = head + rest.read(_COPY)
    digest = sha256(piece)
    file.write(piece)
    size = len(piece) + SEAL_SIZE
    while piece := rest.read(_COPY):
        digest.update(piece)
        file.write(piece)
        size += len(piece)
    file.write(render_seal(digest.digest()))
    return size


def _check_name(given: str) -> None:
    """Refuse a name that would be taken for a folder's and was meant as a file's."""
    if given.endswith(_OTHER_ARCHIVES) and not os.path.isdir(given):
        raise SettingsError(f"a bundle is a {SUFFIX} file and cannot be named {given!r}: end the name in .zst, or give a folder")


def _refused(place: str, error: OSError) -> str:
    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    remedy = "free some space" if error.errno in full else "check the folder's permissions"
    return f"cannot write the bundle to {place}: {error.strerror or error}; {remedy}, or choose another place with -o (TMPDIR for what is temporary). Nothing was left behind"
