"""`Job`: a call that runs somewhere else, as a future that can be found again by its id."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, InvalidStateError
from typing import TYPE_CHECKING, Any

from clustrix_bundle.engines.verdict import FINAL
from clustrix_bundle.errors import JobWarning

if TYPE_CHECKING:
    from clustrix_bundle.chunk import CallOutcome
    from clustrix_bundle.remote_failure import Captured
    from clustrix_bundle.tracker import Tracker

_LOGS = ("stdout", "stderr")


class Job(Future[Any]):
    """A submitted call.

    It is a `concurrent.futures.Future`: `result` waits and gives the result or raises what the function raised, `concurrent.futures.wait`
    and ``as_completed`` take it, and it can be awaited.

    Attributes:
        id: By which any process finds it again (``clustrix-bundle attach``).
        task: Its number among the job's tasks.
    """

    __module__ = "clustrix_bundle"

    def __init__(self, tracker: Tracker, id: str, task: int = 0, captured: Captured | None = None, of: int = 1) -> None:  # noqa: A002 - the name that users know
        super().__init__()
        self.id = id
        self.task = task
        self._of = of  # so many tasks has the job
        self._tracker = tracker
        self._captured = captured  # what comes home as itself, where this process submitted it
        self._word = "pending"
        self._reason = ""
        self._ending = threading.Lock()
        self._calls: list[CallOutcome] = []  # of a task that makes several and failed
        self._kept: list[str] = []
        self._warnings: list[str] = []
        self._voice: Callable[[str], None] | None = None  # hears of what keeps it from getting on

    @property
    def state(self) -> str:
        """Pending, running, completed, failed, cancelled, timeout or lost, in lower case."""
        return self._word

    @property
    def reason(self) -> str:
        """Why it waits, or of what it ended, in a line; empty where nothing is to be said."""
        return self._reason

    def result(self, timeout: float | None = None) -> Any:
        """What the function returned; of a task of several calls (`ClusterExecutor.map` with ``chunksize``) a list of what they did.

        Waits for it. What its user should know besides is a `JobWarning`, once.

        Raises:
            TimeoutError: It is not there after ``timeout`` seconds.
            CancelledError: The job was cancelled.
            RemoteError, JobLostError, Exception: As `exception` gives it.
        """
        try:
            value = super().result(timeout)
        except TimeoutError as error:
            raise self._late(error, timeout) from None
        if value is None and (raised := super().exception()) is not None:  # one that is false, which older Pythons forget
            raise raised
        told, self._warnings = self._warnings, []
        for text in told:
            warnings.warn(f"job {self.id}: {text}", JobWarning, stacklevel=2)
        return value

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """What the function raised, or of what its process died; None where it returned. Waits for it.

        Raises:
            TimeoutError: It has not ended after ``timeout`` seconds.
            CancelledError: The job was cancelled.
        """
        try:
            return super().exception(timeout)
        except TimeoutError as error:
            raise self._late(error, timeout) from None

    def _late(self, error: TimeoutError, timeout: float | None) -> TimeoutError:
        if self.done():  # the function's own
            return error
        return TimeoutError(f"job {self.id} is {self._word} after {timeout:.3g} s{': ' if self._reason else ''}{self._reason}")

    def results(self, timeout: float | None = None) -> Iterator[Any]:
        """What each call of a task gave that makes several, in their order; the first that failed raises what it raised. Waits for all.

        Raises:
            TimeoutError, CancelledError, RemoteError, JobLostError, Exception: As `result`; what calls gave before comes first.
        """
        error = self.exception(timeout)
        if error is None:
            yield from self.result()
            return
        for call in self._calls:
            yield call.result()
        raise error

    @property
    def left_nothing(self) -> bool:
        """Whether all went well and no files were written."""
        return self._word == "completed" and not self._kept

    def running(self) -> bool:
        """Whether it has begun and not ended."""
        return self._word == "running" and not self.done()

    def cancel(self) -> bool:
        """End it, running or not; whether it is cancelled now. Other tasks of the same job go on.

        Raises:
            ClusterConnectionError, SchedulerError: It cannot be reached, or its scheduler did not do so.
        """
        if self.done():
            return self.cancelled()
        self._tracker.cancel(self.id, None if self._of == 1 else [self.task])
        self._cancelled()
        return self.cancelled()

    def logs(self, follow: bool = False, stream: str | None = None) -> Any:
        """What it printed so far, while it runs and after.

        Args:
            follow: Give an iterator of pieces that ends with the job, instead of a text.
            stream: ``stdout`` or ``stderr``; both by default, the first before the second.

        Raises:
            ValueError: There is no such stream.
        """
        if stream is not None and stream not in _LOGS:
            raise ValueError(f"stream={stream!r}: choose stdout or stderr")
        names = _LOGS if stream is None else (stream,)
        if follow:
            return (text for _, text in self.follow(names))
        return "".join(self._read(name, 0).decode("utf-8", "replace") for name in names)

    def _read(self, name: str, offset: int) -> bytes:
        return self._tracker.place.fetch("jobs.read", job=self.id, name=name, task=self.task, offset=offset)

    def follow(self, names: tuple[str, ...] = _LOGS) -> Iterator[tuple[str, str]]:
        """Pieces of what it prints, as ``(stream, text)``, until it has ended."""
        import codecs  # noqa: PLC0415 - for those who follow

        offsets = dict.fromkeys(names, 0)
        decoders = {name: codecs.getincrementaldecoder("utf-8")("replace") for name in names}
        while True:
            ended = self.done()  # before the last look
            for name in names:
                data = self._read(name, offsets[name])
                offsets[name] += len(data)
                if text := decoders[name].decode(data, ended):
                    yield name, text
            if ended:
                return
            self._wait(self._tracker.interval_s)

    def fetch_outputs(self, folder: str) -> list[str]:
        """Fetch the files that it wrote into ``folder/<id>/<task>/``, over none that is there; those fetched now, relative to ``folder``."""
        from clustrix_bundle.results import fetch_outputs  # noqa: PLC0415 - for those who want them

        return fetch_outputs(self._tracker.place, self.id, [self.task], folder)

    def _wait(self, seconds: float) -> None:
        from concurrent.futures import wait  # noqa: PLC0415

        wait([self], timeout=seconds)

    def __await__(self) -> Generator[Any, None, Any]:
        import asyncio  # noqa: PLC0415 - for those who await

        return asyncio.wrap_future(self).__await__()

    def __repr__(self) -> str:
        where = f"{self.id}[{self.task}]" if self.task else self.id
        return f"<Job {where} {self._word}>"

    # What the tracker tells.

    def _moved(self, word: str, reason: str = "", *, stuck: bool = False) -> None:
        if self._word not in FINAL:
            self._word, self._reason = word, reason
            if stuck and self._voice is not None:
                self._voice(reason)

    def _completed(self, value: Any, kept: list[str]) -> None:
        """``kept``: names of the files that it wrote."""
        self._kept, self._calls = kept, []
        self._moved("completed")
        self._settle(value, None)

    def _failed(self, word: str, error: BaseException, reason: str = "") -> None:
        self._moved(word, reason)
        self._settle(None, error)

    def _cancelled(self) -> None:
        with self._ending:  # the tracker may see it at the same moment
            if not self.cancelled() and super().cancel():
                self._moved("cancelled")
                self.set_running_or_notify_cancel()

    def _settle(self, value: Any, error: BaseException | None) -> None:
        try:
            if error is None:
                self.set_result(value)
            else:
                self.set_exception(error)
        except InvalidStateError:  # cancelled at the same moment
            pass
