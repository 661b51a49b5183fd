"""Jobs for whose tasks a site's queue has no places yet: the rest is submitted as places become free, while this process lives."""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

from clustrix_bundle.agent.errors import ClusterConnectionError
from clustrix_bundle.before_exit import drain_before_exit
from clustrix_bundle.engines.scheduler import QueueFullError
from clustrix_bundle.errors import JobWarning
from clustrix_bundle.warn import warn_caller

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place
    from clustrix_bundle.job import Job

_PAUSE_S = 1.0
"""At least so long between two attempts: each is the scheduler's work."""


class Filling:
    """Submits the rest of jobs.

    Args:
        place: Where their folders are.
        interval_s: Most seconds between two attempts; sooner when a task of the job has ended.
    """

    def __init__(self, place: Place, interval_s: float) -> None:
        self._place, self._interval_s = place, interval_s
        self._threads: dict[str, threading.Thread] = {}

    def add(self, jobs: list[Job], start: Callable[[], None], error: QueueFullError) -> None:
        """Go on with a job.

        Args:
            jobs: Futures of its tasks.
            start: Submits the rest; doing so again is safe.
            error: What was said to the last attempt.
        """
        job = jobs[0].id
        warn_caller(
            f"job {job}: {self._submitted(job)} of {len(jobs)} tasks are submitted, the others will be when some have ended, while "
            f"this program runs; `clustrix-bundle attach {job}` goes on later ({error.message})",
            JobWarning,
        )
        held = [weakref.ref(one) for one in jobs]
        ended = threading.Event()
        for one in jobs:
            one.add_done_callback(lambda _: ended.set())
        thread = threading.Thread(target=self._fill, args=(job, held, start, ended), name="clustrix-filling", daemon=True)
        self._threads[job] = thread
        thread.start()
        drain_before_exit(self)

    def _submitted(self, job: str) -> int:
        submission = (self._place.call("jobs.look", jobs={job: ""})[job] or {}).get("submission")
        return int(submission["until"]) if submission else 0

    def _fill(self, job: str, held: list[weakref.ref[Job]], start: Callable[[], None], ended: threading.Event) -> None:
        try:
            while True:
                begun = time.monotonic()
                ended.wait(self._interval_s)
                threading.Event().wait(max(0.0, min(_PAUSE_S, self._interval_s) - (time.monotonic() - begun)))
                ended.clear()
                if all(one is None or one.done() for one in (ref() for ref in held)):  # cancelled, or given up
                    return
                with contextlib.suppress(
                    QueueFullError, ClusterConnectionError
                ):  # a lost connection is told by who follows the job
                    start()
                    return
        except Exception as error:  # noqa: BLE001 - whoever waits has to hear of it
            self._give_up(job, held, error)
        finally:
            self._threads.pop(job, None)

    def _give_up(self, job: str, held: list[weakref.ref[Job]], error: Exception) -> None:
        until = 0
        with contextlib.suppress(Exception):  # then it is told to all of them
            until = self._submitted(job)
        for one in (ref() for ref in held[until:]):
            if one is not None:
                one._failed("failed", error)  # noqa: SLF001 - ours

    @property
    def waiting(self) -> list[str]:
        """Ids of jobs of which not all has been submitted."""
        return list(self._threads)

    def drain(self) -> None:
        """Wait until all has been submitted, or was given up."""
        for thread in list(self._threads.values()):
            thread.join()
