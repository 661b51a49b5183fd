"""`Connection`: one channel with an agent behind it, and the exchanges that go on over it."""

from __future__ import annotations

import collections
import itertools
import json
import threading
import time
from typing import TYPE_CHECKING, Any

from clustrix_bundle.agent.errors import AgentProtocolError, AnswerTimeout, ClusterConnectionError, ConnectionLost
from clustrix_bundle.runtime import frames

if TYPE_CHECKING:
    from clustrix_bundle.agent.channel import Channel

_READ_SIZE = 1 << 18


class Exchange:
    """A request, and what came back of it. Used by one thread; the connection's reader adds to it."""

    def __init__(self, connection: Connection, number: int) -> None:
        self._connection = connection
        self._number = number
        self._changed = threading.Condition()
        self._messages: collections.deque[tuple[bytes, bytes]] = collections.deque()
        self._room = frames.WINDOW
        self._consumed = 0
        self._over = False

    def take(self, kind: bytes, payload: bytes) -> None:
        """Called by the reader: a message arrived."""
        with self._changed:
            if kind == frames.CREDIT:
                self._room += int(payload)
            else:
                self._messages.append((kind, payload))
            self._changed.notify()

    def wake(self) -> None:
        """Called by the reader: the connection ended."""
        with self._changed:
            self._changed.notify()

    def next_message(self, timeout: float) -> tuple[bytes, bytes]:
        """Kind and payload of the next message.

        Raises:
            AnswerTimeout: There was none for so many seconds.
            ClusterConnectionError: The connection ended.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while not self._messages:
                self._wait(deadline, timeout)
            kind, payload = self._messages.popleft()
        if kind in (frames.RESULT, frames.FAILURE):
            self._over = True
            self._connection.forget(self._number)
        return kind, payload

    def consumed(self, size: int) -> None:
        """So many bytes of the stream were used: let more come."""
        self._consumed += size
        if self._consumed >= frames.WINDOW // 4 and not self._over:
            self._connection.send(frames.CREDIT, self._number, b"%d" % self._consumed)
            self._consumed = 0

    def send_body(self, chunk: bytes, timeout: float) -> bool:
        """Send a chunk along when there is room for it. Whether it is still wanted: there is no last word yet."""
        for at in range(0, len(chunk), frames.CHUNK):
            piece = chunk[at : at + frames.CHUNK]
            deadline = time.monotonic() + timeout
            with self._changed:
                while self._room <= 0 and not self._answered:
                    self._wait(deadline, timeout)
                if self._answered:
                    return False
                self._room -= len(piece)
            self._connection.send(frames.BODY, self._number, piece)
        return True

    @property
    def _answered(self) -> bool:
        """Whether the last message arrived; a stream begins before all of its body was sent."""
        return bool(self._messages) and self._messages[-1][0] in (frames.RESULT, frames.FAILURE)

    def end_body(self) -> None:
        """Nothing more is sent along."""
        self._connection.send(frames.BODY_END, self._number)

    def _wait(self, deadline: float, timeout: float) -> None:
        self._connection.check()
        left = deadline - time.monotonic()
        if left <= 0:
            raise AnswerTimeout(
                f"{self._connection.host or 'the agent'} gave no answer within {timeout:g} seconds, though the connection stands: "
                "its disks may hang, or the operation takes long; operation_timeout in the configuration says how long to wait",
                self._connection.host,
            )
        self._changed.wait(left)

    def cancel(self) -> None:
        """Nobody wants it any more."""
        if not self._over:
            self._over = True
            self._connection.abandon(self._number)


class Connection:
    """One channel with an agent behind it.

    Args:
        channel: What carries it; closed with it.
        host: How errors call it.
        quiet_s: Seconds without a word, while something waits, after which the agent is asked whether it is there.
        silence_s: Seconds after that in which it has to say something.

    Attributes:
        hello: What the agent said of itself: protocol, python, uid, home, pid.
    """

    def __init__(self, channel: Channel, host: str, quiet_s: float, silence_s: float) -> None:
        self.host = host
        self.hello: dict[str, Any] = {}
        self._channel = channel
        self._quiet_s, self._silence_s = quiet_s, silence_s
        self._numbers = itertools.count(1)
        self._exchanges: dict[int, Exchange] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._error: ClusterConnectionError | None = None
        self._greeted = threading.Event()
        self._ended = threading.Event()
        self._busy = threading.Event()
        self._heard_at = time.monotonic()

    def open(self, timeout: float) -> None:
        """Wait until the agent is there.

        Raises:
            ClusterConnectionError: It does not come.
        """
        threading.Thread(target=self._read, name=f"agent of {self.host}", daemon=True).start()
        if not self._greeted.wait(timeout):
            self.fail(
                AgentProtocolError(
                    f"what was started on {self.host or 'the far side'} said nothing of the agent's within {timeout:g} seconds",
                    self.host,
                )
            )
        self.check()
        threading.Thread(target=self._watch, name=f"watch of {self.host}", daemon=True).start()

    def check(self) -> None:
        """Raise what the connection ended of, if it did."""
        if self._error is not None:
            error = self._error
            raise type(error)(error.message, error.host, temporary=error.temporary)

    @property
    def is_alive(self) -> bool:
        """Whether it did not end yet, as far as is known."""
        return self._error is None

    def ask(self, operation: str, place: list[Any], arguments: dict[str, Any], *, body: bool) -> Exchange:
        """Begin an exchange.

        Raises:
            ClusterConnectionError: The connection ended.
        """
        request: dict[str, Any] = {"operation": operation, "place": place, "arguments": arguments}
        if body:
            request["body"] = True
        text = json.dumps(request, separators=(",", ":")).encode("ascii")
        with self._lock:
            number = next(self._numbers) & 0xFFFFFFFF
            exchange = self._exchanges[number] = Exchange(self, number)
            if not self._busy.is_set():
                self._heard_at = time.monotonic()
                self._busy.set()
        try:
            self.check()
            self.send(frames.REQUEST, number, text)
        except BaseException:
            self.forget(number)
            raise
        return exchange

    def send(self, kind: bytes, number: int, payload: bytes = b"") -> None:
        """Write a message.

        Raises:
            ClusterConnectionError: The connection ended.
        """
        for frame in frames.frames(kind, number, payload):
            with self._writing:
                try:
                    self._channel.write(frame)
                except Exception as error:  # noqa: BLE001 - as in `_read`
                    self._end(error)
            self.check()

    def forget(self, number: int) -> None:
        """An exchange is over."""
        with self._lock:
            self._exchanges.pop(number, None)

    def abandon(self, number: int) -> None:
        """An exchange is not wanted any more."""
        self.forget(number)
        self._send_soon(frames.CANCEL, number)

    def _send_soon(self, kind: bytes, number: int) -> None:
        """Write a message, unless others have been writing for a while, or the connection ended."""
        if self._error is None and self._writing.acquire(timeout=1):
            try:
                for frame in frames.frames(kind, number):
                    self._channel.write(frame)
            except Exception as error:  # noqa: BLE001 - as in `_read`
                self._end(error)
            finally:
                self._writing.release()

    def close(self) -> None:
        """End it; who still waits gets an error."""
        self.fail(ConnectionLost(f"the connection to {self.host or 'the agent'} was closed here", self.host))

    def fail(self, error: ClusterConnectionError) -> None:
        """End it with an error, unless it ended already."""
        with self._lock:
            if self._error is None:
                self._error = error
            waiting = list(self._exchanges.values())
        self._channel.close()
        for event in (self._greeted, self._ended, self._busy):
            event.set()
        for exchange in waiting:
            exchange.wake()

    def _end(self, error: Exception | None = None) -> None:
        if self._error is not None:
            return
        known = self._channel.failure().strip()
        why = ": ".join(part for part in (str(error or "").strip(), known) if part)
        what = "ended" if self.hello else "ended before the agent said anything"
        self.fail(
            ConnectionLost(
                f"the connection to {self.host or 'the agent'} {what}{': ' + why if why else ''}", self.host, temporary=True
            )
        )

    def _read(self) -> None:
        try:
            parser = frames.Parser()
            data = self._after_noise()
            while data:
                for kind, number, payload in parser.feed(data):
                    self._take(kind, number, payload)
                data = self._channel.read(_READ_SIZE)
                self._heard_at = time.monotonic()
            self._end()
        except (frames.FrameError, LookupError, ValueError, TypeError) as error:
            if self._error is None:
                self.fail(
                    AgentProtocolError(
                        f"{self.host or 'the far side'} sent what is none of the agent's messages: {error}", self.host
                    )
                )
        except Exception as error:  # noqa: BLE001 - whatever a channel raises, nobody is left waiting
            self._end(error)

    def _after_noise(self) -> bytes:
        """What follows the agent's first bytes; empty if the end came first."""
        seen = b""
        while True:
            data = self._channel.read(_READ_SIZE)
            if not data:
                self._end(EOFError(f"it said {_shown(seen)}") if seen.strip() else None)
                return b""
            seen += data
            noise, magic, rest = seen.partition(frames.MAGIC)
            if len(noise) > frames.NOISE_MAX + len(frames.MAGIC):
                raise frames.FrameError(f"it did not come within {frames.NOISE_MAX} bytes, which begin with {_shown(seen)}")
            if magic:
                return rest or self._channel.read(_READ_SIZE)

    def _take(self, kind: bytes, number: int, payload: bytes) -> None:
        if kind == frames.HELLO:
            self.hello = json.loads(payload)
            if self.hello["protocol"] != frames.PROTOCOL:
                raise frames.FrameError(f"it speaks protocol {self.hello['protocol']}, this side {frames.PROTOCOL}")
            self._greeted.set()
        elif kind != frames.PONG:
            exchange = self._exchanges.get(number)
            if exchange is not None:
                exchange.take(kind, payload)

    def _watch(self) -> None:
        """Find out that nobody is there any more, while something waits."""
        asked_at = 0.0
        while True:
            self._busy.wait()
            if self._ended.wait(self._quiet_s / 2):
                return
            with self._lock:
                if not self._exchanges:
                    self._busy.clear()
                    continue
            now = time.monotonic()
            silent = now - self._heard_at
            if asked_at <= self._heard_at:
                if silent > self._quiet_s:
                    asked_at = now
                    self._send_soon(frames.PING, 0)
            elif now - asked_at > self._silence_s:
                host = self.host or "the agent"
                self.fail(ConnectionLost(f"{host} said nothing for {silent:.0f} seconds", self.host, temporary=True))


def _shown(data: bytes) -> str:
    text = data[:300].decode("utf-8", "replace")
    return repr(text) + ("..." if len(data) > 300 else "")
