"""What became of a task, from what its folder says and what its scheduler says; with the patience that shared file systems need."""

from __future__ import annotations

import re
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
        vague: Whether another of its scheduler's tools may say more of its end.
    """

    word: str = "unknown"
    state: str = "lost"
    reason: str = ""
    stuck: bool = False
    vague: bool = False


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
    _seen: dict[tuple[str, int], tuple[str, float]] = field(default_factory=dict)

    def judge(
        self,
        job: str,
        task: int,
        letter: str,
        scheduled: Scheduled = UNKNOWN,
        beat: int | None = None,
        *,
        waited_s: float | None = None,
    ) -> str:
        """One of `STATES`.

        Args:
            job: The job's id.
            task: Its number.
            letter: What its folder says (``docs/jobs.md``).
            scheduled: What the scheduler says.
            beat: Its heartbeat, if it has one.
            waited_s: Seconds for which it has been `doubted` as it is now, where somebody else counted them.
        """
        key = job, task
        if letter in _SETTLED:
            self._seen.pop(key, None)
            return _SETTLED[letter]
        doubt = doubted(letter, scheduled, beat)
        if not doubt:
            self._seen.pop(key, None)
            if scheduled.word == "ended":  # there is an outcome, or there will be none, or nobody wants it any more
                return self._end(letter, scheduled)
            if scheduled.word == "waiting" and letter in "eg":  # it is to begin again
                return "pending"
            return "pending" if letter == "p" and scheduled.word != "running" else "running"
        if waited_s is None:
            now = self.clock()
            word, since = self._seen.get(key, ("", now))
            waited_s = now - since if word == doubt else 0.0
            self._seen[key] = doubt, now - waited_s
        if waited_s < (self.lag_s if scheduled.word == "ended" else self.silence_s):
            return "pending" if letter == "p" and scheduled.word == "unknown" else "running"
        self._seen.pop(key, None)
        return self._end(letter, scheduled)

    def _end(self, letter: str, scheduled: Scheduled) -> str:
        if scheduled.word != "ended":  # forgotten by its scheduler; an outcome says that it was ended from outside
            return "failed" if letter == "e" else "lost"
        # "completed" for the scheduler, and no outcome: whatever it was, the result is not there.
        return "lost" if scheduled.state == "completed" else scheduled.state


def awaited(scheduled: Scheduled) -> str:
    """What to say of a task that has ended for its scheduler, while its files may be on their way."""
    cause = re.split("[:;] ", scheduled.reason)[0]  # the next step is for when it is sure
    return f"{cause or 'ended'}, says the scheduler; its files are awaited for {LAG_S:.0f} s"


def doubted(letter: str, scheduled: Scheduled, beat: int | None) -> str:
    """What has to stay as it is for a while before it is believed: a word that changes with the heartbeat; empty where nothing is doubted.

    A task that has ended for its scheduler may have left an outcome that is not seen yet; so may one whose submission was doubled,
    when the other one runs it. One that no scheduler knows may be on its way into the accounting.
    """
    if letter in _SETTLED or scheduled.word not in ("ended", "unknown"):
        return ""
    if scheduled.word == "ended" and (letter in "eg" or scheduled.state == "cancelled"):
        return ""
    return f"{scheduled.word} {'' if beat is None else beat}"
