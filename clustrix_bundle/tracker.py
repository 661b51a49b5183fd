"""Keeps jobs of one place up to date: one question about the folders of all of them, which is answered when there is news."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.lazy_dataclass import dataclass, field
from clustrix_bundle.chunk import fetch_calls
from clustrix_bundle.engines.answers import Answers
from clustrix_bundle.engines.engine import Engine, Submitted
from clustrix_bundle.engines.verdict import FINAL, UNDECIDED, UNKNOWN, Scheduled, Verdicts, awaited
from clustrix_bundle.errors import JobLostError
from clustrix_bundle.results import NotThereYetError, describe_cause, failure_of, fetch_result

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place
    from clustrix_bundle.job import Job

_SOON_S = 0.25
_PATIENCE = 0.2
"""A question without news is answered after this part of the time that has gone by since the last news."""


@dataclass(slots=True)
class _Watched:
    """A job that somebody waits for: futures of tasks that have not ended, by number, and what its folder said last."""

    open: dict[int, list[Job]]
    letters: str = ""
    seen: dict[int, str] = field(default_factory=dict)


class Tracker:
    """Follows jobs.

    Args:
        place: Where their folders are.
        engine: Who runs them.
        interval_s: Most seconds until a question is answered, and least between two questions to a scheduler.
        verdicts: Who judges; its clock is patient for real by default.
    """

    def __init__(self, place: Place, engine: Engine, interval_s: float = 5, verdicts: Verdicts | None = None) -> None:
        self.place = place
        self.engine = engine
        self.interval_s = interval_s
        self._verdicts = verdicts or Verdicts(time.monotonic)
        self._watched: dict[str, _Watched] = {}
        self._changed = threading.Condition()
        self._looking = threading.Lock()
        self._thread: threading.Thread | None = None
        self._news = 0.0
        self._late: dict[tuple[str, int], float] = {}
        self._token = secrets.token_hex(8)
        self._asking = False
        self._woken = False
        self._answers = Answers(lambda jobs: engine.states(place, jobs), interval_s, self._wake)

    def watch(self, jobs: Iterable[Job]) -> None:
        """Follow jobs until they end, in a thread of this process."""
        with self._changed:
            for job in jobs:
                self._watched.setdefault(job.id, _Watched({})).open.setdefault(job.task, []).append(job)
            self._news = time.monotonic()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="clustrix-jobs", daemon=True)
                self._thread.start()
        self._wake()

    def cancel(self, job: str, tasks: list[int] | None = None) -> None:
        """End a job, or some tasks of it."""
        self.engine.cancel(self.place, job, tasks)

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._watched:
                    self._thread = None
                    self._answers.rest()
                    return
            try:
                self.look()
            except BaseException as error:  # noqa: BLE001 - whoever waits has to hear of it
                self._give_up(error)
                continue

    def _wake(self) -> None:
        """Have the question that is open answered now: there is something else to ask, or to judge."""
        with self._changed:
            if self._woken:
                return
            self._woken = True
            if not self._asking:  # the next question does not wait
                return
        with contextlib.suppress(RuntimeError):  # the program is ending (Python 3.12 and later)
            threading.Thread(target=self._send_wake, name="clustrix-wake", daemon=True).start()

    def _send_wake(self) -> None:
        with contextlib.suppress(Exception):  # what is wrong with the way there, the question meets too
            self.place.call("watching.wake", token=self._token)

    def _give_up(self, error: BaseException) -> None:
        with self._changed:
            watched, self._watched = self._watched, {}
        shown = " | ".join([*list(watched)[:3], *["…"][: len(watched) > 3]])
        error.add_note(f"What was submitted goes on without us; `clustrix-bundle attach {shown}` follows it again.")
        for job in (job for one in watched.values() for jobs in one.open.values() for job in jobs):
            job._failed(job.state, error)  # noqa: SLF001 - the job itself goes on; it can be attached to

    def look(self) -> None:
        """Wait for news, and settle what has ended."""
        with self._looking:
            with self._changed:
                watched = dict(self._watched)
                quiet = time.monotonic() - self._news
                wait_s = 0 if self._woken else min(self.interval_s, max(_SOON_S, quiet * _PATIENCE))
                self._asking, self._woken = bool(watched), False
            if not watched:
                return
            known = {job: one.letters for job, one in watched.items()}
            try:
                looks = self.place.call("watching.watch", jobs=known, wait_s=wait_s, token=self._token)
            finally:
                with self._changed:
                    self._asking = False
            told = self._scheduled(looks)
            for id_, one in watched.items():
                self._update(id_, one, looks[id_], told)
            with self._changed:
                for id_, one in watched.items():
                    if not one.open:
                        self._watched.pop(id_, None)

    def _scheduled(self, looks: dict[str, Any]) -> dict[tuple[str, int], Scheduled]:
        open_jobs = [
            Submitted(id_, look["letters"], look["submission"])
            for id_, look in looks.items()
            if look is not None and UNDECIDED & set(look["letters"])
        ]
        if not self.engine.limits_itself:  # a machine's processes: the folder says it all
            return self.engine.states(self.place, open_jobs) if open_jobs else {}
        return self._answers.latest(open_jobs)

    def _update(self, id_: str, one: _Watched, look: dict[str, Any] | None, told: dict[tuple[str, int], Scheduled]) -> None:
        if look is None:
            for job in (job for jobs in list(one.open.values()) for job in jobs):
                job._failed("lost", JobLostError(id_, "its folder is gone: somebody removed it"))  # noqa: SLF001
            one.open.clear()
            return
        one.letters = look["letters"]
        ended: list[tuple[Job, str, str]] = []
        for number, jobs in list(one.open.items()):
            scheduled = told.get((id_, number), UNKNOWN)
            word = self._verdicts.judge(id_, number, one.letters[number], scheduled, look["beats"].get(str(number)))
            if word in FINAL:
                ended += [(job, word, scheduled.reason if scheduled.word == "ended" else "") for job in list(jobs)]
                continue
            reason = awaited(scheduled) if scheduled.word == "ended" else scheduled.reason
            for job in list(jobs):
                if word != job.state or reason != job.reason:
                    self._news = time.monotonic()
                    job._moved(word, reason, stuck=scheduled.stuck)  # noqa: SLF001
        if ended:
            self._news = time.monotonic()
            self._settle(id_, one, ended, look["outcomes"])

    def _settle(self, id_: str, one: _Watched, ended: list[tuple[Job, str, str]], outcomes: dict[str, Any]) -> None:
        """``outcomes``: those that came with the news, by number."""
        others = [job.task for job, _, _ in ended if str(job.task) not in outcomes]
        if others:
            asked = self.place.call("jobs.outcomes", job=id_, tasks=others)
            outcomes = outcomes | dict(zip(map(str, others), asked, strict=True))
        for job, word, reason in ended:
            try:
                self._finish(job, word, reason, outcomes[str(job.task)])
            except NotThereYetError as error:
                if self._verdicts.clock() < self._late.setdefault((id_, job.task), self._verdicts.clock() + self._verdicts.lag_s):
                    job._moved("running", "it is done; its files are awaited")  # noqa: SLF001
                    continue
                job._failed("failed", error)  # noqa: SLF001
            except Exception as error:  # noqa: BLE001 - it is the job's
                job._failed(word if word != "completed" else "failed", error)  # noqa: SLF001
            with self._changed:  # somebody may attach to it right now
                one.open[job.task].remove(job)
                if not one.open[job.task]:
                    del one.open[job.task]

    def _finish(self, job: Job, word: str, reason: str, outcome: dict[str, Any] | None) -> None:
        calls = fetch_calls(self.place, job.id, job.task, outcome, job._captured) if word != "cancelled" else []  # noqa: SLF001
        job._calls = calls  # noqa: SLF001 - should the task have failed, or one of their results not be readable
        if word == "completed" and outcome is not None:
            kept = [row["path"] for row in outcome["outputs"]]
            job._warnings = list(outcome["warnings"])  # noqa: SLF001
            one = None if calls else fetch_result(self.place, job.id, job.task, outcome, job._captured)  # noqa: SLF001
            job._completed([call.result() for call in calls] if calls else one, kept)  # noqa: SLF001
        elif word == "cancelled":
            job._moved(word, describe_cause(word, outcome, reason))  # noqa: SLF001
            job._cancelled()  # noqa: SLF001
        else:
            error = failure_of(
                self.place,
                job.id,
                job.task,
                word,
                outcome=outcome,
                reason=reason,
                captured=job._captured,  # noqa: SLF001
            )
            job._failed(word, error, describe_cause(word, outcome, reason))  # noqa: SLF001
