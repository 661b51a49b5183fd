"""How jobs are, for whoever did not submit them: from their folders and their scheduler, looked at once."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.lazy_dataclass import dataclass, field
from clustrix_bundle.engines.engine import Submitted
from clustrix_bundle.engines.verdict import FINAL, STATES, UNDECIDED, UNKNOWN, Scheduled, Verdicts, awaited, doubted
from clustrix_bundle.errors import UnknownJobError
from clustrix_bundle.results import describe_cause, log_tail

if TYPE_CHECKING:
    from clustrix_bundle.submission import Cluster

_TAIL = 10
"""Lines of a log that a status shows."""
_WORST = ("failed", "timeout", "lost", "cancelled", "completed")


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job and how it is.

    Attributes:
        id: Of the job.
        name: Of its function.
        state: One of `STATES`: of a job that has not ended running if any task has begun, else the worst of its tasks.
        tasks: State of each task.
        reason: Why it waits, in a line.
        reasons: What is known of each task besides, from its scheduler.
        started: Whether all of it was handed to somebody to run.
        made: When its folder was made, by the clock there.
        spec: What it is to run.
    """

    id: str
    name: str
    state: str
    tasks: tuple[str, ...] = field(repr=False)
    reason: str = ""
    reasons: tuple[str, ...] = field(default=(), repr=False)
    started: bool = True
    made: float = 0.0
    spec: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def counts(self) -> dict[str, int]:
        """How many tasks are in which state."""
        counted = Counter(self.tasks)
        return {state: counted[state] for state in STATES if counted[state]}


def list_statuses(cluster: Cluster) -> list[JobStatus]:
    """All jobs of a cluster that were submitted from anywhere, oldest first."""
    return _judged(cluster, cluster.place.call("jobs.listing"))


def find_status(cluster: Cluster, job: str) -> JobStatus:
    """One job.

    Raises:
        UnknownJobError: There is none of that id.
    """
    check_id(job)
    try:
        spec = cluster.place.call("jobs.read_spec", job=job)
        look = cluster.place.call("jobs.look", jobs={job: ""})[job]
    except FileNotFoundError:
        look = None
    if look is None:
        raise UnknownJobError(job)
    return _judged(cluster, [dict(look, id=job, made=0.0, spec=spec)])[0]


def causes(cluster: Cluster, status: JobStatus) -> list[tuple[int, str]]:
    """Task and cause, in one line, of the tasks that ended badly; a hundred of them at most."""
    bad = [number for number, state in enumerate(status.tasks) if state in FINAL and state != "completed"][:100]
    if not bad:
        return []
    outcomes = cluster.place.call("jobs.outcomes", job=status.id, tasks=bad)
    return [
        (number, describe_cause(status.tasks[number], outcome, status.reasons[number]))
        for number, outcome in zip(bad, outcomes, strict=True)
    ]


def tail_of(cluster: Cluster, status: JobStatus, task: int) -> list[str]:
    """The last lines of what is to be read about a task that ended badly."""
    outcome = cluster.place.call("jobs.outcomes", job=status.id, tasks=[task])[0]
    return log_tail(cluster.place, status.id, task, outcome).rstrip().splitlines()[-_TAIL:]


def unknown_jobs(cluster: Cluster) -> list[str]:
    """Ids of jobs that have not ended for their folders, and of which the scheduler knows nothing more: perhaps lost with their node."""
    rows = [row for row in cluster.place.call("jobs.listing") if UNDECIDED & set(row.get("letters", ""))]
    told = _asked(cluster, rows)
    return [
        row["id"]
        for row in rows
        if row["spec"]["engine"] == cluster.engine.name
        and (
            row["submission"] is None
            or not cluster.engine.limits_itself
            or all(
                told.get((row["id"], number), UNKNOWN).word in ("unknown", "ended")
                for number, letter in enumerate(row["letters"])
                if letter in UNDECIDED
            )
        )
    ]


def _asked(cluster: Cluster, rows: list[dict[str, Any]]) -> dict[tuple[str, int], Scheduled]:
    """What is said of the tasks of jobs whose folders do not tell their ends."""
    mine, others = [], {}
    for row in rows:
        if not UNDECIDED & set(row["letters"]):
            continue
        kind = row["spec"]["engine"]
        if kind == cluster.engine.name:
            mine.append(Submitted(row["id"], row["letters"], row["submission"]))
        else:
            told = Scheduled(
                "unasked", reason=f"ask for it with cluster_type {kind!r}: how it is cannot be said with another one"
            )
            others.update({(row["id"], number): told for number in range(len(row["letters"]))})
    return {**(cluster.engine.states(cluster.place, mine) if mine else {}), **others}


def check_id(job: str) -> None:
    """Refuse what is no job's id.

    Raises:
        UnknownJobError: It is none.
    """
    if not job or job.strip("0123456789abcdef"):
        raise UnknownJobError(job)


def _judged(cluster: Cluster, rows: list[dict[str, Any]]) -> list[JobStatus]:
    rows = [row for row in rows if "letters" in row]
    told = _asked(cluster, rows)
    verdicts = Verdicts(time.monotonic)
    found = []
    for row in rows:
        scheduled = [told.get((row["id"], number), UNKNOWN) for number in range(len(row["letters"]))]
        waited = _waited(cluster, row, scheduled)
        tasks = tuple(
            verdicts.judge(row["id"], number, letter, scheduled[number], _beat(row, number), waited_s=waited.get(str(number)))
            for number, letter in enumerate(row["letters"])
        )
        reasons = tuple(
            "" if one.reason == "waiting" else one.reason if one.word != "ended" or state in FINAL else awaited(one)
            for one, state in zip(scheduled, tasks, strict=True)
        )
        submission = row["submission"]
        started = submission is not None and submission.get("until", len(tasks)) >= len(tasks)
        reason = next(filter(None, reasons), "")
        if not reason and not started and _overall(tasks) not in FINAL:
            reason = f"{'not all of it was' if submission else 'made, but never'} started: attach starts it"
        spec = row["spec"]
        found.append(JobStatus(row["id"], spec["name"], _overall(tasks), tasks, reason, reasons, started, row["made"], spec))
    return found


def _waited(cluster: Cluster, row: dict[str, Any], scheduled: list[Scheduled]) -> dict[str, float]:
    """Seconds for which tasks have been doubted, counted in the job's folder: whoever asks but once has no clock for it."""
    seen = {
        str(number): doubt
        for number, letter in enumerate(row["letters"])
        if (doubt := doubted(letter, scheduled[number], _beat(row, number)))
    }
    ages: dict[str, float] = cluster.place.call("jobs.since", job=row["id"], seen=seen) if seen else {}
    return ages


def _beat(row: dict[str, Any], number: int) -> int | None:
    beat: int | None = row["beats"].get(str(number))
    return beat


def _overall(tasks: tuple[str, ...]) -> str:
    there = set(tasks)
    if there <= FINAL:
        return next(state for state in _WORST if state in there)
    return "pending" if there == {"pending"} else "running"
