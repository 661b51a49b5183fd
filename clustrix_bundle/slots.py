"""Places for tasks that run at a time: jobs whose folders are there start when there is room."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from clustrix_bundle.before_exit import drain_before_exit

if TYPE_CHECKING:
    from clustrix_bundle.job import Job


class Slots:
    """Starts jobs in their order, so that at most ``limit`` tasks run at a time.

    Args:
        limit: Of tasks. A job with more of them runs so many at a time by itself.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._used = 0
        self._starting = 0
        self._queue: deque[tuple[list[Job], Callable[[], None]]] = deque()
        self._lock = threading.Lock()
        self._moved = threading.Condition(self._lock)

    def add(self, jobs: list[Job], start: Callable[[], None]) -> None:
        """Start a job now or later.

        Args:
            jobs: The futures of its tasks.
            start: Starts it. What it raises is raised here if it is called at once, else it becomes what the futures raise.
        """
        jobs = list(jobs)  # a map forgets those whose results were taken
        with self._lock:
            weight = min(len(jobs), self.limit)
            at_once = not self._queue and self._used + weight <= self.limit
            if at_once:
                self._used += weight
            else:
                self._queue.append((jobs, start))
                drain_before_exit(self)
        if at_once:
            self._start(jobs, start, raising=True)

    def drain(self) -> None:
        """Wait until nothing waits for a place any more; all of it has been started by then, or has ended."""
        with self._lock:
            while self._starting or not all(job.done() for jobs, _ in self._queue for job in jobs):
                self._moved.wait(1)

    @property
    def waiting(self) -> list[str]:
        """Ids of jobs that have not been started."""
        with self._lock:
            return [jobs[0].id for jobs, _ in self._queue]

    def _start(self, jobs: list[Job], start: Callable[[], None], *, raising: bool = False) -> None:
        weight = min(len(jobs), self.limit)
        try:
            if not all(job.done() for job in jobs):  # cancelled while it waited
                start()
        except Exception as error:
            if raising:
                self._free(weight)
                raise
            for job in jobs:
                job._failed("failed", error)  # noqa: SLF001 - whoever waits has to hear of it
        left = [len(jobs)]
        lock = threading.Lock()

        def ended(_: object) -> None:  # which holds none of the jobs, and so no result
            with lock:
                left[0] -= 1
                last = left[0] == 0
            if last:
                self._free(weight)

        for job in jobs:
            job.add_done_callback(ended)

    def _free(self, weight: int) -> None:
        with self._lock:
            self._used -= weight
        while True:
            with self._lock:
                if not self._queue:
                    return
                jobs, start = self._queue[0]
                weight = min(len(jobs), self.limit)
                if self._used + weight > self.limit:
                    return
                self._queue.popleft()
                self._used += weight
                self._starting += 1
            try:
                self._start(jobs, start)
            finally:
                with self._lock:
                    self._starting -= 1
                    self._moved.notify_all()
