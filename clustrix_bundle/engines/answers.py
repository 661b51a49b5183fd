"""What a scheduler said last of jobs: asked beside the looks at their folders, so that a slow or silent one delays no result."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from clustrix_bundle.agent.errors import ClusterConnectionError
from clustrix_bundle.engines.verdict import UNASKED, Scheduled

if TYPE_CHECKING:
    from clustrix_bundle.engines.engine import Submitted

_FIRST_S = 1.0
"""A job is left alone for so long; most that end sooner need no question."""

States = dict[tuple[str, int], Scheduled]


class Answers:
    """Asks a scheduler at most once an interval, for all jobs at once, in a thread of its own.

    Args:
        ask: `clustrix_bundle.engines.engine.Engine.states` of a place.
        interval_s: Least seconds between two questions.
        arrived: Called, in that thread, when an answer is there.
        clock: Seconds, growing.
    """

    def __init__(
        self,
        ask: Callable[[list[Submitted]], Mapping[tuple[str, int], Scheduled]],
        interval_s: float,
        arrived: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask, self._interval_s, self._arrived, self._clock = ask, interval_s, arrived, clock
        self._lock = threading.Lock()
        self._states: States = {}
        self._suspect: frozenset[tuple[str, int]] = frozenset()
        self._due = 0.0
        self._asking = False
        self._error: BaseException | None = None

    def latest(self, jobs: list[Submitted]) -> States:
        """What is known by now of these jobs; asks anew if it is time.

        A task that has not been asked for yet is ``unasked``. When a task's folder begins to say that it died without a word, or was
        ended from outside, the scheduler is asked early, once.
        """
        suspect = frozenset((job.id, number) for job in jobs for number, letter in enumerate(job.letters) if letter in "eg")
        with self._lock:
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            now = self._clock()
            if not self._due:
                self._due = now + min(_FIRST_S, self._interval_s)
            if jobs and not self._asking and (now >= self._due or suspect - self._suspect):
                self._asking = True
                self._suspect = suspect
                try:
                    threading.Thread(target=self._work, args=(jobs,), name="clustrix-scheduler", daemon=True).start()
                except RuntimeError:  # the program is ending (Python 3.12 and later)
                    self._asking = False
            keys = [(job.id, number) for job in jobs for number in range(len(job.letters))]
            return {key: self._states.get(key, UNASKED) for key in keys}

    def rest(self) -> None:
        """Nobody waits for a job: forget what was said, and leave the next ones alone at first."""
        with self._lock:
            self._states, self._suspect, self._due = {}, frozenset(), 0.0

    def _work(self, jobs: list[Submitted]) -> None:
        states: Mapping[tuple[str, int], Scheduled] | None = None
        error: BaseException | None = None
        try:
            states = self._ask(jobs)
        except ClusterConnectionError as lost:  # whoever looks at the folders meets it too, and tells
            told = Scheduled("unasked", reason=f"the scheduler cannot be asked: {str(lost).splitlines()[0]}")
            states = {(job.id, number): told for job in jobs for number in range(len(job.letters))}
        except BaseException as bug:  # noqa: BLE001 - raised where it is heard
            error = bug
        with self._lock:
            if states is not None:
                self._states = dict(states)
            self._error = error
            self._due = self._clock() + self._interval_s
            self._asking = False
        self._arrived()
