"""How jobs are, for whoever did not submit them: from their folders and their scheduler, looked at once."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.lazy_dataclass import dataclass, field
from clustrix_bundle.engines.engine import Submitted
from clustrix_bundle.engines.verdict import FINAL, STATES, UNDECIDED, UNKNOWN, Verdicts
from clustrix_bundle.errors import UnknownJobError
from clustrix_bundle.results import describe_cause

if TYPE_CHECKING:
    from clustrix_bundle.submission import Cluster

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
        started: Whether it was handed to anybody to run.
        made: When its folder was made, by the clock there.
        spec: What it is to run.
    """

    id: str
    name: str
    state: str
    tasks: tuple[str, ...] = field(repr=False)
    reason: str = ""
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
        (number, describe_cause(status.tasks[number], outcome, status.reason if outcome is None else ""))
        for number, outcome in zip(bad, outcomes, strict=True)
    ]


def check_id(job: str) -> None:
    """Refuse what is no job's id.

    Raises:
        UnknownJobError: It is none.
    """
    if not job or job.strip("0123456789abcdef"):
        raise UnknownJobError(job)


def _judged(cluster: Cluster, rows: list[dict[str, Any]]) -> list[JobStatus]:
    rows = [row for row in rows if "letters" in row]
    open_jobs = [Submitted(row["id"], row["letters"], row["submission"]) for row in rows if UNDECIDED & set(row["letters"])]
    told = cluster.engine.states(cluster.place, open_jobs) if open_jobs else {}
    verdicts = Verdicts(time.monotonic)
    found = []
    for row in rows:
        scheduled = [told.get((row["id"], number), UNKNOWN) for number in range(len(row["letters"]))]
        tasks = tuple(
            verdicts.judge(row["id"], number, letter, scheduled[number], row["beats"].get(str(number)))
            for number, letter in enumerate(row["letters"])
        )
        reasons = [one.reason for one in scheduled if one.reason and one.reason != "waiting"]
        started = row["submission"] is not None
        reason = (
            reasons[0] if reasons else "" if started or _overall(tasks) in FINAL else "made, but never started: attach starts it"
        )
        spec = row["spec"]
        found.append(JobStatus(row["id"], spec["name"], _overall(tasks), tasks, reason, started, row["made"], spec))
    return found


def _overall(tasks: tuple[str, ...]) -> str:
    there = set(tasks)
    if there <= FINAL:
        return next(state for state in _WORST if state in there)
    return "pending" if there == {"pending"} else "running"
