"""`AgentClient`: asks an agent, from many threads at once; opens the connection again when it drops, and asks again."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from clustrix_bundle.agent.connection import Connection, Exchange
from clustrix_bundle.agent.errors import AgentProtocolError, ClusterConnectionError, ConnectionLost
from clustrix_bundle.agent.failures import failure
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.runtime import frames
from clustrix_bundle.runtime.operations import ONCE

if TYPE_CHECKING:
    from clustrix_bundle.agent.channel import Channel

_FIRST_TRIES, _TRIES = 3, 7
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.1, 5.0

Body = bytes | Callable[[], Iterable[bytes]]
"""What is sent along: bytes, or a function that gives chunks, from the first one each time it is called."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation gave.

    Attributes:
        value: Its result, as JSON has it.
        warnings: (category, text) of each warning that it gave.
    """

    value: Any
    warnings: list[tuple[str, str]]


class Stream:
    """Chunks of an operation as they come; ``answer`` at their end. To be closed where it is not read to its end.

    Args:
        exchange: What it comes over.
        timeout: Seconds between two messages.
    """

    def __init__(self, exchange: Exchange, timeout: float) -> None:
        self._exchange = exchange
        self._timeout = timeout
        self.answer: Answer | None = None

    def start(self) -> Stream:
        """Wait until the operation began to give something, or raise what it raised instead."""
        kind, payload = self._exchange.next_message(self._timeout)
        if kind != frames.STREAM:
            self._finish(kind, payload)
        return self

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        while self.answer is None:
            kind, payload = self._exchange.next_message(self._timeout)
            if kind in (frames.RESULT, frames.FAILURE):
                self._finish(kind, payload)
            elif payload:
                self._exchange.consumed(len(payload))
                return payload
        raise StopIteration

    def _finish(self, kind: bytes, payload: bytes) -> None:
        try:
            value, told = json.loads(payload)
            self.answer = Answer(value, [(category, text) for category, text in told])
        except (ValueError, TypeError) as error:
            raise AgentProtocolError(f"the agent's answer cannot be read: {error}") from None
        if kind == frames.FAILURE:
            raise failure(value)

    def close(self) -> None:
        """Let the rest of it not come."""
        self._exchange.cancel()


class AgentClient:
    """Asks an agent. All methods can be called from any thread.

    Args:
        open_channel: Starts an agent, and gives the channel to it; called again when the connection dropped.
        host: How errors call it.
        greeting_timeout: Seconds that an agent may take to start, and after which nothing more is tried to reach it.
        quiet_s: See `Connection`.
        silence_s: See `Connection`.
    """

    def __init__(
        self,
        open_channel: Callable[[], Channel],
        host: str = "",
        *,
        greeting_timeout: float = 30,
        quiet_s: float = 5,
        silence_s: float = 15,
    ) -> None:
        self._open_channel = open_channel
        self.host = host
        self._greeting_timeout = greeting_timeout
        self._patience = quiet_s, silence_s
        self._connection: Connection | None = None
        self._opening = threading.Lock()
        self._pid = os.getpid()
        self._of_parent: Connection | None = None
        self._failed = 0
        self._failure: ClusterConnectionError | None = None
        self._was_open = False

    def call(
        self,
        operation: str,
        place: list[Any],
        arguments: dict[str, Any],
        *,
        body: Body | None = None,
        timeout: float = 60,
        once: bool | None = None,
    ) -> Answer:
        """Ask for an operation, and wait for its result; chunks that it streams are passed over.

        Args:
            operation: Its name.
            place: Work dir and allowed paths.
            arguments: Its arguments.
            body: What to send along.
            timeout: Seconds that the agent may say nothing of it; an operation that is "still at work" says so.
            once: Whether it must not be asked for again when the connection drops; by default, whether it is in `ONCE`.

        Raises:
            ClusterConnectionError: There is no answer.
            Exception: What the operation raised.
        """

        def drain(stream: Stream) -> Answer:
            for _ in stream:
                pass
            assert stream.answer is not None
            return stream.answer

        return self.consume(drain, operation, place, arguments, body=body, timeout=timeout, once=once)

    def consume(
        self,
        use: Callable[[Stream], _T],
        operation: str,
        place: list[Any],
        arguments: dict[str, Any],
        *,
        body: Body | None = None,
        timeout: float = 60,
        once: bool | None = None,
    ) -> _T:
        """Ask for an operation and let ``use`` have what it streams; begun again, ``use`` too, when the connection drops."""
        tries = 0
        while True:
            connection = self._connected()
            try:
                exchange = connection.ask(operation, place, arguments, body=body is not None)
                stream = self._begin(exchange, body, timeout)
                try:
                    return use(stream)
                finally:
                    stream.close()
            except ClusterConnectionError as error:
                if not error.temporary:
                    raise
                tries += 1
                if operation in ONCE if once is None else once:
                    raise ConnectionLost(
                        f"{error.message}. {operation} may have been done or not: it is not asked for again by itself", self.host
                    ) from None
                if tries >= _TRIES:
                    raise ConnectionLost(
                        f"{error.message}. {operation} was asked for {tries} times; giving up", self.host
                    ) from None
                _pause(tries)

    def stream(self, operation: str, place: list[Any], arguments: dict[str, Any], *, timeout: float = 60) -> Stream:
        """Ask for an operation, and give its chunks as they come.

        It has begun when this returns: what is wrong with the arguments was raised. When the connection drops before, it is asked for again; later, the
        stream raises `ConnectionLost`.
        """
        tries = 0
        while True:
            connection = self._connected()
            try:
                return Stream(connection.ask(operation, place, arguments, body=False), timeout).start()
            except ClusterConnectionError as error:
                tries += 1
                if not error.temporary or tries >= _TRIES:
                    raise
                _pause(tries)

    def _begin(self, exchange: Exchange, body: Body | None, timeout: float) -> Stream:
        if body is not None:
            try:
                for chunk in [body] if isinstance(body, bytes) else body():
                    if not exchange.send_body(chunk, timeout):
                        break
                else:
                    exchange.end_body()
            except BaseException:
                exchange.cancel()
                raise
        return Stream(exchange, timeout)

    @property
    def hello(self) -> dict[str, Any]:
        """What the agent says of itself: protocol, python, uid, home, pid."""
        return self._connected().hello

    def close(self) -> None:
        """End the connection; it is opened again when something is asked for."""
        with self._opening:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _connected(self) -> Connection:
        """A connection that stands, as far as is known.

        Raises:
            ClusterConnectionError: There is none to be had.
        """
        if self._pid != os.getpid():  # a fork: the connection, its threads and the lock are the parent's
            self._pid, self._opening = os.getpid(), threading.Lock()
            self._of_parent, self._connection = self._connection, None  # kept, for ending it is not our business
        connection = self._connection
        if connection is not None and connection.is_alive:
            return connection
        failed = self._failed
        with self._opening:
            if self._connection is not None and self._connection.is_alive:
                return self._connection
            if self._failed != failed:  # another thread tried while this one waited
                assert self._failure is not None
                raise self._failure
            try:
                self._connection = self._open()
            except ClusterConnectionError as error:
                self._failed, self._failure = self._failed + 1, error
                raise
            return self._connection

    def _open(self) -> Connection:
        most = _TRIES if self._was_open else _FIRST_TRIES
        until = time.monotonic() + self._greeting_timeout
        tries = 0
        while True:
            try:
                connection = Connection(self._open_channel(), self.host, *self._patience)
                connection.open(self._greeting_timeout)
            except ClusterConnectionError as error:
                tries += 1
                if not error.temporary or tries >= most or time.monotonic() > until:
                    error.temporary = False
                    raise
            except OSError as error:
                tries += 1
                if tries >= most or time.monotonic() > until:
                    raise ClusterConnectionError(
                        f"cannot connect to {self.host or 'the agent'}: {error}; tried {tries} times", self.host
                    ) from error
            else:
                self._was_open = True
                return connection
            _pause(tries + 1)


def _pause(tries: int) -> None:
    """Wait before another try: not at all before the first, then twice as long each time."""
    if tries > 1:
        delay = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2 ** (tries - 2))
        time.sleep(delay * random.uniform(0.5, 1))  # noqa: S311 - so that many clients do not come back at once
