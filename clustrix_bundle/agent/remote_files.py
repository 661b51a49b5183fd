"""`RemoteFilesystem`: what `clustrix_bundle.runtime.local_files.LocalFilesystem` is, over an agent; each operation one round trip."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from clustrix_bundle.agent.failures import failure
from clustrix_bundle.runtime.file_info import DiskUsage, FileInfo
from clustrix_bundle.runtime.matching import text_of

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place

Path = str | os.PathLike[str]


class _Arguments:
    """Arguments of each operation as they travel; what is wrong with them is said before."""

    @staticmethod
    def ls(path: Path = ".") -> dict[str, Any]:
        return {"path": _path(path)}

    @staticmethod
    def find(pattern: str, path: Path = ".") -> dict[str, Any]:
        return {"pattern": text_of(pattern), "path": _path(path)}

    glob = find

    @staticmethod
    def stat(path: Path) -> dict[str, Any]:
        return {"path": _path(path)}

    exists = isdir = isfile = stat
    du = ls

    @staticmethod
    def count_files(path: Path = ".", pattern: str = "*") -> dict[str, Any]:
        return {"path": _path(path), "pattern": text_of(pattern)}


def _path(path: Path) -> str:
    text: str = text_of(path)
    text.encode("utf-8", "surrogateescape")  # half a character that no name can hold, as the far side's Python would say
    return text


def _names(content: bytes) -> list[str]:
    return content.decode("utf-8", "surrogateescape").split("\0")[:-1]


def _value(operation: str, result: Any) -> Any:
    if operation == "stat":
        return FileInfo(*result)
    return DiskUsage(*result) if operation == "du" else result


class RemoteFilesystem:
    """Files below a work dir on a cluster.

    Args:
        place: Where.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    def ls(self, path: Path = ".") -> list[str]:
        """Sorted names of what a folder holds, dotfiles too."""
        return _names(self._place.fetch("files.ls", **_Arguments.ls(path)))

    def find(self, pattern: str, path: Path = ".") -> list[str]:
        """Sorted paths, relative to ``path``, of the files below it whose name matches."""
        return sorted(_names(self._place.fetch("files.find", **_Arguments.find(pattern, path))))

    def iter_find(self, pattern: str, path: Path = ".") -> Iterator[str]:
        """What `find` gives, one by one, as the walk meets them.

        Raises:
            ConnectionLost: While names come. (A walk that begins anew may meet them in another order; `find` begins anew by itself.)
        """
        return _one_by_one(self._place.stream("files.find", **_Arguments.find(pattern, path)))

    def glob(self, pattern: str, path: Path = ".") -> list[str]:
        """Sorted paths, relative to ``path``, that match the pattern."""
        return _names(self._place.fetch("files.glob", **_Arguments.glob(pattern, path)))

    def stat(self, path: Path) -> FileInfo:
        """The `FileInfo` of a file or folder."""
        return FileInfo(*self._place.call("files.stat", **_Arguments.stat(path)))

    def exists(self, path: Path) -> bool:
        """Whether there is something, at the end of links."""
        return bool(self._place.call("files.exists", **_Arguments.exists(path)))

    def isdir(self, path: Path) -> bool:
        """Whether it is a folder, or a link to one."""
        return bool(self._place.call("files.isdir", **_Arguments.isdir(path)))

    def isfile(self, path: Path) -> bool:
        """Whether it is a regular file, or a link to one."""
        return bool(self._place.call("files.isfile", **_Arguments.isfile(path)))

    def du(self, path: Path = ".") -> DiskUsage:
        """The `DiskUsage` of what is below a folder, or of a file."""
        return DiskUsage(*self._place.call("files.du", **_Arguments.du(path)))

    def count_files(self, path: Path = ".", pattern: str = "*") -> int:
        """How many files `find` gives."""
        return int(self._place.call("files.count_files", **_Arguments.count_files(path, pattern)))

    def run_batch(self, calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]]) -> list[tuple[bool, Any]]:
        """Outcomes of many calls, in one round trip: (True, result) or (False, exception) each."""
        outcomes: list[tuple[bool, Any]] = []
        asked = []
        for operation, args, kwargs in calls:
            try:
                asked.append([operation, getattr(_Arguments, operation)(*args, **kwargs)])
                outcomes.append((True, None))
            except Exception as error:  # noqa: BLE001 - it goes to that call's future
                outcomes.append((False, error))
        answers = iter(self._place.call("files.batch", calls=asked) if asked else ())
        for n, (operation, _, _) in enumerate(calls):
            if outcomes[n][0]:
                done, result = next(answers)
                outcomes[n] = (True, _value(operation, result)) if done else (False, failure(result))
        return outcomes


def _one_by_one(chunks: Iterator[bytes]) -> Iterator[str]:
    begun = b""
    for chunk in chunks:
        whole, end, begun_next = (begun + chunk).rpartition(b"\0")
        yield from _names(whole + end)
        begun = begun_next
