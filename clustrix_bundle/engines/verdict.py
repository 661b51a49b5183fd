"""What became of a task, from what its folder says and what its scheduler says; with the patience that shared file systems need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

STATES = ("pending", "running", "completed", "failed", "cancelled", "timeout", "lost")
FINAL = frozenset(STATES[2:])
LAG_S = 90.0
"""Seconds for which a task that ended for its scheduler, but left no outcome, is looked at again (NFS shows files up to 60 s late)."""

_SETTLED = {"c": "completed", "f": "failed", "x": "cancelled", "t": "timeout", "b": "failed", "g": "lost"}


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What a scheduler says of a task.

    Attributes:
        word: ``unknown`` (nothing, not even that it ended), ``waiting``, ``running`` or ``ended``.
        state: Where it ended, what became of it by the scheduler's account: one of `STATES`.
        reason: Why it waits, or of what it ended, for people.
    """

    word: str = "unknown"
    state: str = "lost"
    reason: str = ""


UNKNOWN = Scheduled()


@dataclass(slots=True)
class Verdicts:
    """Judges tasks one look after the other.

    Attributes:
        clock: Seconds, growing; of this process alone.
        lag_s: See `LAG_S`.
    """

    clock: Callable[[], float]
    lag_s: float = LAG_S
    _ended_at: dict[tuple[str, int], float] = field(default_factory=dict)

    def judge(self, job: str, task: int, letter: str, scheduled: Scheduled = UNKNOWN) -> str:
        """One of `STATES`.

        Args:
            job: The job's id.
            task: Its number.
            letter: What its folder says (``docs/jobs.md``).
            scheduled: What the scheduler says.
        """
        key = job, task
        if letter in _SETTLED:
            self._ended_at.pop(key, None)
            return _SETTLED[letter]
        if scheduled.word != "ended":
            self._ended_at.pop(key, None)
            return "pending" if letter == "p" and scheduled.word != "running" else "running"
        now = self.clock()
        if now - self._ended_at.setdefault(key, now) < self.lag_s:
            return "running"
        del self._ended_at[key]
        # "completed" for the scheduler, and no outcome: whatever it was, the result is not there.
        return "lost" if scheduled.state == "completed" else scheduled.state
