"""`Place`: a work dir and what can be done there, on this machine or over an agent; the same operations either way."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, Protocol, cast

from clustrix_bundle.runtime.operations import Session, perform
from clustrix_bundle.runtime.walking import UnreadableFolderWarning

if TYPE_CHECKING:
    from clustrix_bundle.agent.client import AgentClient, Answer, Body, Stream

_OWN_FOLDERS = (os.path.dirname(__file__), os.path.dirname(sys.modules[Session.__module__].__file__ or ""))


class Place(Protocol):
    """A work dir, and the operations of `clustrix_bundle.runtime.operations` there.

    All raise what the operation raises and, over a connection, `ClusterConnectionError`. ``timeout`` (seconds) and ``once`` are as
    in `AgentClient.call`; in process they mean nothing.
    """

    def call(
        self,
        operation: str,
        *,
        body: Body | None = None,
        timeout: float | None = None,
        once: bool | None = None,
        **arguments: Any,
    ) -> Any:
        """The result of an operation, as JSON has it (a tuple is a list)."""

    def fetch(self, operation: str, *, body: Body | None = None, timeout: float | None = None, **arguments: Any) -> bytes:
        """The bytes that an operation gives, all of them."""

    def stream(self, operation: str, *, timeout: float | None = None, **arguments: Any) -> Iterator[bytes]:
        """The chunks that an operation gives, as they come."""


class LocalPlace:
    """A work dir on this machine.

    Args:
        work_dir: Absolute path, or one that begins with ``~``.
        allowed_paths: Folders besides it.
    """

    def __init__(self, work_dir: str, allowed_paths: list[str] | tuple[str, ...] = ()) -> None:
        self._session = Session(work_dir, allowed_paths)

    def call(
        self,
        operation: str,
        *,
        body: Body | None = None,
        timeout: float | None = None,  # noqa: ARG002
        once: bool | None = None,  # noqa: ARG002
        **arguments: Any,
    ) -> Any:
        result = self._perform(operation, body, arguments)
        if hasattr(result, "__next__"):
            result = _drained(result, lambda _: None)
        return json.loads(json.dumps(result))

    def fetch(self, operation: str, *, body: Body | None = None, timeout: float | None = None, **arguments: Any) -> bytes:  # noqa: ARG002
        result = self._perform(operation, body, arguments)
        if isinstance(result, bytes):
            return result
        chunks: list[bytes] = []
        _drained(result, chunks.append)
        return b"".join(chunks)

    def stream(self, operation: str, *, timeout: float | None = None, **arguments: Any) -> Iterator[bytes]:  # noqa: ARG002
        result = self._perform(operation, None, arguments)
        return iter([result]) if isinstance(result, bytes) else filter(None, result)

    def _perform(self, operation: str, body: Body | None, arguments: dict[str, Any]) -> Any:
        chunks = None if body is None else iter([body]) if isinstance(body, bytes) else iter(body())
        return perform(self._session, operation, arguments, chunks)


def _drained(chunks: Generator[bytes, None, Any], use: Callable[[bytes], Any]) -> Any:
    while True:
        try:
            use(next(chunks))
        except StopIteration as stop:
            return stop.value


class RemotePlace:
    """A work dir that an agent reaches.

    Args:
        client: Who asks it; many places may share one.
        work_dir: Absolute path there, or one that begins with ``~``.
        allowed_paths: Folders besides it.
        timeout: Seconds until an answer counts as lost.
    """

    def __init__(
        self, client: AgentClient, work_dir: str, allowed_paths: list[str] | tuple[str, ...] = (), timeout: float = 60
    ) -> None:
        self.client = client
        self._where = [work_dir, list(allowed_paths)]
        self._timeout = timeout

    def call(
        self,
        operation: str,
        *,
        body: Body | None = None,
        timeout: float | None = None,
        once: bool | None = None,
        **arguments: Any,
    ) -> Any:
        answer = self.client.call(operation, self._where, arguments, body=body, timeout=timeout or self._timeout, once=once)
        _warn(answer)
        return answer.value

    def fetch(self, operation: str, *, body: Body | None = None, timeout: float | None = None, **arguments: Any) -> bytes:
        def collect(stream: Stream) -> tuple[bytes, Answer]:
            content = b"".join(stream)
            return content, cast("Answer", stream.answer)

        content, answer = self.client.consume(
            collect, operation, self._where, arguments, body=body, timeout=timeout or self._timeout
        )
        _warn(answer)
        return content

    def stream(self, operation: str, *, timeout: float | None = None, **arguments: Any) -> Iterator[bytes]:
        return _chunks(self.client.stream(operation, self._where, arguments, timeout=timeout or self._timeout))


def _chunks(stream: Stream) -> Iterator[bytes]:
    try:
        yield from stream
        if stream.answer is not None:
            _warn(stream.answer)
    finally:
        stream.close()


def _warn(answer: Answer) -> None:
    """Give the warnings of an operation again; they point at the code that called this package."""
    if not answer.warnings:
        return
    level = 2
    frame = sys._getframe(1)  # noqa: SLF001 - as `warnings.warn` counts
    while frame.f_back is not None and os.path.dirname(frame.f_code.co_filename) in _OWN_FOLDERS:
        frame = frame.f_back
        level += 1
    for category, text in answer.warnings:
        kind = UnreadableFolderWarning if category == UnreadableFolderWarning.__name__ else RuntimeWarning
        warnings.warn(text, kind, stacklevel=level)
