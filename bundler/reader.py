"""Reading a bundle as a stream: manifest and report at once, members one after the other."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from types import TracebackType
from typing import IO, BinaryIO, Self, cast

from clustrix_bundle.bundler.compress import Reader, ZstdError, open_reader
from clustrix_bundle.bundler.errors import BundleFormatError
from clustrix_bundle.bundler.manifest import MANIFEST_NAME, REPORT_NAME, Manifest, manifest_id, parse_manifest
from clustrix_bundle.bundler.report import Report, parse_report

_MAX_OWN_FILE = 256 << 20
"""Bytes of manifest or report above which a file is refused unread: what a million members take."""

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"  # RFC 8878, section 3.1.1


class BundleReader:
    """An open bundle.

    Attributes:
        manifest_text: Bytes of the manifest.
        manifest: What they say.
        report: What there is to tell about it.

    Raises:
        BundleFormatError: Not a bundle, damaged, or of a newer format.
        UnsafePathError: A member would land outside the bundle.
        OSError: The file cannot be read.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = open(path, "rb")  # noqa: SIM115 - closed by __exit__
        try:
            self._tar = _open_tar(path, self._file)
            self.manifest_text = self._own_file(MANIFEST_NAME)
            self.manifest: Manifest = parse_manifest(self.manifest_text)
            self.report: Report = parse_report(self._own_file(REPORT_NAME))
        except BaseException:
            self._file.close()
            raise

    @property
    def id(self) -> str:
        """The bundle's id."""
        return manifest_id(self.manifest_text)

    def members(self) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
        """What stands in the archive after manifest and report: header and content, to be read before the next one.

        Raises:
            BundleFormatError: The archive is damaged.
        """
        while True:
            info = self._next()
            if info is None:
                return
            yield info, self._tar.extractfile(info) if info.isreg() else None

    def _next(self) -> tarfile.TarInfo | None:
        try:
            return self._tar.next()
        except (tarfile.TarError, ZstdError, EOFError) as error:
            raise BundleFormatError(f"{self.path} is damaged: {error}") from error

    def _own_file(self, name: str) -> bytes:
        info = self._next()
        if info is None or info.name != name or not info.isreg():
            raise BundleFormatError(f"{self.path} is not a bundle: {name} does not stand where it should")
        if info.size > _MAX_OWN_FILE:
            raise BundleFormatError(f"{self.path} is not a bundle: a {name} of {info.size} bytes")
        file = self._tar.extractfile(info)
        assert file is not None
        try:
            content = file.read()
        except (tarfile.TarError, ZstdError, EOFError) as error:
            raise BundleFormatError(f"{self.path} is damaged: {error}") from error
        if len(content) != info.size:
            raise BundleFormatError(f"{self.path} is cut short within {name}")
        return content

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()


class _Stream:
    """Decoded content as the file object that `tarfile` reads a stream from: as many bytes as asked for, except at the end."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def read(self, size: int) -> bytes:
        pieces = []
        while size:
            piece = self._reader.read(size)
            if not piece:
                break
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)


def _open_tar(path: str, file: BinaryIO) -> tarfile.TarFile:
    stream = cast("IO[bytes]", _Stream(open_reader(file)))
    try:
        return tarfile.open(fileobj=stream, mode="r|", encoding="utf-8", errors="surrogateescape")
    except (tarfile.TarError, ZstdError, EOFError) as error:
        raise BundleFormatError(f"{path} {_what_it_is(file, error)}") from error


def _what_it_is(file: BinaryIO, error: Exception) -> str:
    """Of a file whose beginning cannot be read as a bundle's."""
    file.seek(0)
    start = file.read(len(_ZSTD_MAGIC))
    if start == _ZSTD_MAGIC:
        return f"is damaged or cut short: {error}" if isinstance(error, ZstdError) else "is damaged or cut short"
    return "is not a bundle: it is no zstd file" if start else "is not a bundle: the file is empty"
