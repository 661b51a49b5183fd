"""Deployment: the runtime, bundles and large data go to the state dir of a place by content, each once."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any

from clustrix_bundle.agent.errors import ConnectionLost
from clustrix_bundle.bundler.errors import BundleFormatError
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.runtime_program import runtime_program

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place
    from clustrix_bundle.api import Bundle
    from clustrix_bundle.order import Order
    from clustrix_bundle.runtime.config import ClusterConfig

_PIECE = 1 << 18
_TRIES = 6
"""Attempts in a row that bring an upload no further."""
_HELD, _PAUSE_S = 4, 0.1
"""So often a part that somebody holds is tried again, with a pause that grows: what a dropped connection left running ends soon."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file that belongs into the state dir.

    Attributes:
        name: Path there: ``bundles/<id>.tar.zst``.
        size: Bytes.
        sha256: Digest of its bytes.
        source: The file here, or its content.
    """

    name: str
    size: int
    sha256: str
    source: str | bytes

    def open(self) -> IO[bytes]:
        """Its content, readable from the beginning."""
        import io  # noqa: PLC0415 - for what is in memory

        return io.BytesIO(self.source) if isinstance(self.source, bytes) else open(self.source, "rb")


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a job needs to know of what was deployed.

    Attributes:
        bundle: The bundle's id.
        runtime: Digest of the runtime.
        sent: Bytes that had to be sent.
    """

    bundle: str
    runtime: str
    sent: int


class RemoteDeployer:
    """Brings bundles to a cluster: what is there already, by content, is not sent again.

    Args:
        config: Which; the active configuration by default.
        progress: Called with (bytes sent so far, bytes to send); by default a line on standard error, if that is a terminal.
        place: Where to, instead of what the configuration leads to.
    """

    __module__ = "clustrix_bundle"

    def __init__(
        self,
        config: ClusterConfig | None = None,
        progress: Callable[[int, int], None] | None = None,
        *,
        place: Place | None = None,
    ) -> None:
        if place is None:
            from clustrix_bundle.agent.pool import place_of  # noqa: PLC0415 - where none is given
            from clustrix_bundle.configuration import get_config  # noqa: PLC0415 - where none was given

            place = place_of(config if config is not None else get_config())
        self._place = place
        self._progress = progress if progress is not None else _terminal_progress()

    def deploy(self, bundle: Bundle | Order | str | os.PathLike[str], blobs: str | None = None) -> Deployment:
        """Send what the cluster lacks of a bundle, and of the runtime; one question if it lacks nothing.

        Args:
            bundle: What `bundle` gave, or a bundle's file.
            blobs: Folder with its detached members, if it has any.

        Raises:
            BundleFormatError: The file is no bundle, or it or a detached member is damaged.
            ClusterConnectionError: The way there.
            OSError: There is no room, or no right to write there; or a file here cannot be read.
        """
        from clustrix_bundle.order import Order, bundle_order  # noqa: PLC0415 - it reads bundles

        order = bundle if isinstance(bundle, Order) else bundle_order(bundle, None, blobs)
        runtime = _runtime()
        files = [runtime, _file(f"bundles/{order.bundle}.tar.zst", order.path)]
        detached = {member.sha256: member.size for member in order.manifest.members if member.detached}
        for sha256, size in sorted(detached.items()):
            files.append(Artefact(f"blobs/{sha256}", size, sha256, os.path.join(order.blobs or "", sha256)))
        return Deployment(order.bundle, runtime.sha256, self.send(files))

    def send(self, files: list[Artefact]) -> int:
        """Send those of the files that are missing there, from where a broken upload ended; how many bytes that were."""
        by_name = {file.name: file for file in files}
        lacking = self._place.call("store.missing", files=[[one.name, one.size, one.sha256] for one in files])
        total = sum(by_name[name].size - there for name, there in lacking)
        report = _Report(total, self._progress)
        for name, _ in lacking:
            _check_there(by_name[name])
        for name, there in lacking:
            self._put(by_name[name], there, report)
        return report.done

    def _put(self, file: Artefact, there: int, report: _Report) -> None:
        """Send a file from where an upload ended, again so when the connection drops meanwhile."""
        idle = 0
        while True:
            before = report.done
            try:
                self._place.call(
                    "store.put",
                    body=lambda there=there: _pieces(file, there, report),
                    once=True,
                    name=file.name,
                    size=file.size,
                    sha256=file.sha256,
                    offset=there,
                )
            except (BlockingIOError, ValueError) as error:
                # Another upload holds it, perhaps our own of before, or what was there is damaged.
                idle += 1
                if there == 0 and idle > _TRIES:
                    raise _worse(file, error) from error
                now = 0 if isinstance(error, ValueError) or idle > _HELD else there
                time.sleep(_PAUSE_S * idle if now else 0)
            except ConnectionLost:
                lacking = self._place.call("store.missing", files=[[file.name, file.size, file.sha256]])
                if not lacking:  # the answer alone was lost
                    return
                ((_, now),) = lacking
                idle = 0 if now > there else idle + 1
                if idle > _TRIES:
                    raise
            else:
                return
            report.repeat(there + report.done - before - now)
            there = now


def _check_there(file: Artefact) -> None:
    """That a file here, which has to be sent, is here."""
    if isinstance(file.source, str) and not os.path.isfile(file.source):
        folder = os.path.dirname(file.source)
        where = f", nor in {folder}" if folder else ""
        words = f"data of {file.size} bytes that the bundle keeps outside (SHA-256 {file.sha256}) is not there yet{where}"
        raise BundleFormatError(f"{words}: give the folder that holds it with --blobs (blobs=)")


def _worse(file: Artefact, error: Exception) -> Exception:
    """What to raise of a file that never arrives as announced: if it is a file here, it is not what it was."""
    if isinstance(error, ValueError) and isinstance(file.source, str):
        words = f"{file.source} does not have the content that it should (SHA-256 {file.sha256}): it was damaged or changed; build again"
        return BundleFormatError(words)
    return error


class _Report:
    def __init__(self, total: int, tell: Callable[[int, int], None]) -> None:
        self.done = 0
        self._total = total
        self._tell = tell

    def add(self, count: int) -> None:
        self.done += count
        self._tell(self.done, self._total)

    def repeat(self, count: int) -> None:
        """So many bytes that were sent have to be sent again."""
        self._total += count


def _pieces(file: Artefact, offset: int, report: _Report) -> Iterator[bytes]:
    with file.open() as stream:
        stream.seek(offset)
        while piece := stream.read(_PIECE):
            report.add(len(piece))
            yield piece


_known: dict[tuple[Any, ...], str] = {}


def _file(name: str, path: str) -> Artefact:
    status = os.stat(path)
    key = (path, status.st_ino, status.st_size, status.st_mtime_ns)
    if key not in _known:
        with open(path, "rb") as stream:
            _known[key] = hashlib.file_digest(stream, "sha256").hexdigest()
    return Artefact(name, status.st_size, _known[key], path)


def _runtime() -> Artefact:
    digest, content = runtime_program()
    return Artefact(f"runtime/{digest}.pyz", len(content), digest, content)


def _terminal_progress() -> Callable[[int, int], None]:
    """Bytes and rate on one line of standard error; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        return lambda _done, _total: None
    begin = shown = 0.0
    last = 0

    def tell(done: int, total: int) -> None:
        nonlocal begin, shown, last
        from clustrix_bundle.cli.output import render_size  # noqa: PLC0415 - for terminals

        now = time.monotonic()
        if done < last or not last:  # the first piece of a deployment
            begin = now
        last = done if done < total else 0
        if done < total and now - shown < 0.1:
            return
        shown = now
        rate = render_size(int(done / max(now - begin, 0.001)))
        sys.stderr.write(f"\r\x1b[Ksending {render_size(done)} of {render_size(total)}, {rate}/s")
        if done >= total:
            sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    return tell
