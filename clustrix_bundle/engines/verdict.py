"""What became of a task, from what its folder says and what its scheduler says; with the patience that shared file systems need."""

from __future__ import annotations

from collections.abc import Callable

from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

STATES = ("pending", "running", "completed", "failed", "cancelled", "timeout", "lost")
FINAL = frozenset(STATES[2:])
LAG_S = 90.0
"""Seconds for which a task that ended for its scheduler, but left no outcome, is looked at again (NFS shows files up to 60 s late)."""
SILENCE_S = 180.0
"""Seconds after which a task counts as lost whose heart does not beat and that no scheduler knows."""

_SETTLED = {"c": "completed", "f": "failed", "x": "cancelled", "t": "timeout", "b": "failed"}
UNDECIDED = frozenset("preg")
"""Letters of tasks whose engine has to be asked."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What a scheduler says of a task.

    Attributes:
        word: ``unknown`` (nothing, not even that it ended), ``unasked`` (it does not answer), ``waiting``, ``running`` or ``ended``.
        state: Where it ended, what became of it by the scheduler's account: one of `STATES`.
        reason: Why it waits, or of what it ended, for people.
        stuck: Whether it will not get on unless somebody does something.
    """

    word: str = "unknown"
    state: str = "lost"
    reason: str = ""
    stuck: bool = False


UNKNOWN = Scheduled()
UNASKED = Scheduled("unasked")


@dataclass(slots=True)
class Verdicts:
    """Judges tasks one look after the other.

    Attributes:
        clock: Seconds, growing; of this process alone.
        lag_s, silence_s: See `LAG_S`, `SILENCE_S`.
    """

    clock: Callable[[], float]
    lag_s: float = LAG_S
    silence_s: float = SILENCE_S
    _ended_at: dict[tuple[str, int], float] = field(default_factory=dict)
    _silent: dict[tuple[str, int], tuple[int | None, float]] = field(default_factory=dict)

    def judge(self, job: str, task: int, letter: str, scheduled: Scheduled = UNKNOWN, beat: int | None = None) -> str:
        """One of `STATES`.

        Args:
            job: The job's id.
            task: Its number.
            letter: What its folder says (``docs/jobs.md``).
            scheduled: What the scheduler says.
            beat: Its heartbeat, if it has one.
        """
        key = job, task
        if letter in _SETTLED:
            self._forget(key)
            return _SETTLED[letter]
        now = self.clock()
        if scheduled.word != "ended":
            self._ended_at.pop(key, None)
            if scheduled.word == "unknown" and self._is_silent(key, beat, now):
                self._forget(key)
                return "lost"
            if scheduled.word != "unknown":
                self._silent.pop(key, None)
            return "pending" if letter == "p" and scheduled.word != "running" else "running"
        self._silent.pop(key, None)
        if letter not in "eg" and now - self._ended_at.setdefault(key, now) < self.lag_s:
            return "running"
        self._forget(key)
        # "completed" for the scheduler, and no outcome: whatever it was, the result is not there.
        return "lost" if scheduled.state == "completed" else scheduled.state

    def _is_silent(self, key: tuple[str, int], beat: int | None, now: float) -> bool:
        """Whether nobody has known anything of it for long; called where no scheduler knows it."""
        last, since = self._silent.get(key, (beat, now))
        if last != beat:
            since = now
        self._silent[key] = beat, since
        return now - since >= self.silence_s

    def _forget(self, key: tuple[str, int]) -> None:
        self._ended_at.pop(key, None)
        self._silent.pop(key, None)
