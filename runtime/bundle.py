"""Reading a bundle: manifest first, then every member, each checked while it passes.

What is done with the members is a sink's business (`Sink`): `verify` drops them, `FolderSink` writes them to a folder.
"""

import os

from . import zstd
from .digest import sha256
from .errors import BundleFormatError, MissingBlobError, RefusedError, UnsafePathError
from .manifest import FILE_KINDS, MANIFEST, MAX_BYTES, REPORT, Manifest, check_id
from .seal import SealedReader
from .tar import FILE, FOLDER, LINK, Archive

_MAX_REPORT = 256 << 20
_CHUNK = 1 << 18


class Sink(object):
    """Takes members and keeps nothing; the base of those that do."""

    def folder(self, path):
        """A folder of its own in the manifest."""

    def link(self, path, target):
        """A link; its target stays inside the tree."""

    def open(self, path, executable):
        """An object with ``write`` and ``close`` for a file's content; None to drop it."""


class Bundle(object):
    """An open bundle, its manifest read and checked.

    Attributes:
        manifest: Its `Manifest`.

    Raises:
        RefusedError: It is no bundle, is damaged, newer than this runtime, or has unsafe members.
        OSError: The file cannot be read.
    """

    def __init__(self, path, expected_id=None):
        self.path = path
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - closed by __exit__
        try:
            self._raw = SealedReader(self._file)
            self._archive = Archive(zstd.open_decompressor(self._raw))
            text = self._guard(self._read_manifest)
            self.manifest = Manifest(text)
            check_id(self.manifest.id, path, expected_id)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.close()

    def deliver(self, sink, blobs=None):
        """Read everything else and give each member to the sink; once only.

        Args:
            sink: A `Sink`.
            blobs: Folder of detached members, each named by its digest.

        Returns:
            The digest that the bundle is sealed with.

        Raises:
            RefusedError: The archive and its manifest disagree, or a digest is wrong. What the sink got is then worth nothing.
        """
        return self._guard(self._deliver, sink, blobs)

    def _guard(self, step, *args):
        """Damaged compression is one more way of being no bundle."""
        try:
            return step(*args)
        except zstd.ZstdError as error:
            raise BundleFormatError("%s: %s" % (os.path.basename(self.path), error))

    def _read_manifest(self):
        first = self._archive.next()
        if first is None or first[0] != MANIFEST or first[1] != FILE:
            raise BundleFormatError("no bundle: its first member should be manifest.json")
        if first[2] > MAX_BYTES:
            raise BundleFormatError("manifest.json has %d bytes; it can have %d" % (first[2], MAX_BYTES))
        return b"".join(self._archive.content())

    def _deliver(self, sink, blobs):
        members = self.manifest.members
        awaited = {path for path, row in members.items() if not row.get("detached")}
        reported = False
        while True:
            item = self._archive.next()
            if item is None:
                break
            name, kind, size, target = item
            if name == REPORT and kind == FILE and not reported:
                reported = True
                self._report(sink, size)
                continue
            if name not in awaited:
                raise _stranger(name, members)
            awaited.discard(name)
            row = members[name]
            if row["kind"] in FILE_KINDS:
                if kind != FILE or size != row["size"]:
                    raise BundleFormatError("member %r is not as its manifest says: a %s of %d bytes" % (name, kind, size))
                self._file_member(sink, name, row, self._archive.content())
            elif row["kind"] == "link":
                if kind != LINK or target != row["target"]:
                    raise BundleFormatError("link %r is not as its manifest says" % name)
                sink.link(name, target)
            else:
                if kind != FOLDER:
                    raise BundleFormatError("folder %r is not as its manifest says" % name)
                sink.folder(name)
        if awaited:
            raise BundleFormatError("member %r is missing from the archive" % min(awaited))
        self._archive.finish()
        digest = self._raw.check()
        for path, row in members.items():
            if row.get("detached"):
                self._detached(sink, path, row, blobs)
        return digest

    def _report(self, sink, size):
        if size > _MAX_REPORT:
            raise BundleFormatError("report.json has %d bytes" % size)
        out = sink.open(REPORT, False)
        for data in self._archive.content():
            if out:
                out.write(data)
        if out:
            out.close()

    @staticmethod
    def _file_member(sink, name, row, chunks):
        digest = sha256(row["size"])
        out = sink.open(name, bool(row.get("executable")))
        try:
            for data in chunks:
                digest.update(data)
                if out:
                    out.write(data)
        finally:
            if out:
                out.close()
        if digest.hexdigest() != row["sha256"]:
            raise BundleFormatError("the content of member %r is not what its manifest says (SHA-256)" % name)

    def _detached(self, sink, name, row, blobs):
        if blobs is None:
            raise MissingBlobError("member %r is kept outside the bundle: name its folder with --blobs" % name)
        path = os.path.join(blobs, row["sha256"])
        try:
            with open(path, "rb") as blob:
                if os.fstat(blob.fileno()).st_size != row["size"]:
                    raise MissingBlobError("blob %s of member %r has another size" % (path, name))
                self._file_member(sink, name, row, _chunks(blob, row["size"]))
        except IOError as error:
            if isinstance(error, RefusedError) or error.filename != path:
                raise
            raise MissingBlobError("blob %s of member %r cannot be read: %s" % (path, name, error.strerror))


def _stranger(name, members):
    if name in members and members[name].get("detached"):
        return BundleFormatError("member %r should be kept outside the archive" % name)
    if name in members or name in (MANIFEST, REPORT):
        return UnsafePathError("member %r comes twice in the archive" % name)
    if name.startswith("/") or ".." in name.split("/"):
        return UnsafePathError("member %r would land outside the bundle's folders" % name)
    return BundleFormatError("member %r of the archive is not in its manifest" % name)


def _chunks(stream, size):
    left = size
    while left:
        data = stream.read(min(left, _CHUNK))
        if not data:
            raise MissingBlobError("%s is truncated" % stream.name)
        left -= len(data)
        yield data
