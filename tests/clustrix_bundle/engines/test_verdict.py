"""What became of tasks: docs/jobs.md, "What a client sees". Time is a number here; nobody waits."""

from __future__ import annotations

import pytest
from clustrix_bundle.engines.verdict import LAG_S, SILENCE_S, UNKNOWN, Scheduled, Verdicts, doubted

WAITING, RUNNING, UNASKED = Scheduled("waiting"), Scheduled("running"), Scheduled("unasked")
TIMEOUT, COMPLETED = Scheduled("ended", "timeout"), Scheduled("ended", "completed")
CANCELLED = Scheduled("ended", "cancelled")


class Watch:
    """Judges one task at moments of its own clock."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._verdicts = Verdicts(lambda: self.now)

    def judge(self, letter: str, scheduled: Scheduled, beat: int | None = None, after: float = 0.0) -> str:
        self.now += after
        return self._verdicts.judge("0a", 0, letter, scheduled, beat)


@pytest.fixture
def watch() -> Watch:
    return Watch()


SETTLED = {"c": "completed", "f": "failed", "x": "cancelled", "t": "timeout", "b": "failed"}


@pytest.mark.parametrize("letter", SETTLED)
def test_what_the_folder_says_of_an_end_needs_no_scheduler(watch: Watch, letter: str) -> None:
    for scheduled in (UNKNOWN, WAITING, RUNNING, UNASKED, TIMEOUT):
        assert watch.judge(letter, scheduled) == SETTLED[letter]


TABLE = {
    "p": ("pending", "pending", "running"),
    "r": ("running", "running", "running"),
    "e": ("running", "pending", "running"),
    "g": ("running", "pending", "running"),
}


@pytest.mark.parametrize("letter", TABLE)
def test_while_a_scheduler_has_it_nothing_has_ended(watch: Watch, letter: str) -> None:
    for scheduled, state in zip((UNASKED, WAITING, RUNNING), TABLE[letter], strict=True):
        assert watch.judge(letter, scheduled, after=10 * SILENCE_S) == state


@pytest.mark.parametrize("letter", "pr")
def test_an_outcome_may_come_late_by_as_much_as_a_file_system_lags(watch: Watch, letter: str) -> None:
    assert watch.judge(letter, COMPLETED) == "running"
    assert watch.judge(letter, COMPLETED, after=LAG_S - 1) == "running"
    assert watch.judge("c", COMPLETED) == "completed"


def test_without_an_outcome_the_schedulers_word_is_the_verdict_in_the_end(watch: Watch) -> None:
    assert watch.judge("r", TIMEOUT) == "running"
    assert watch.judge("r", TIMEOUT, after=LAG_S) == "timeout"


def test_completed_for_the_scheduler_and_without_a_result_is_lost(watch: Watch) -> None:
    watch.judge("r", COMPLETED)
    assert watch.judge("r", COMPLETED, after=LAG_S) == "lost"


def test_a_requeue_begins_the_patience_anew(watch: Watch) -> None:
    node_failed = Scheduled("ended", "failed", "its node failed")
    assert watch.judge("r", node_failed) == "running"
    assert watch.judge("r", WAITING, after=LAG_S - 1) == "running"
    assert watch.judge("r", node_failed, after=5) == "running"
    assert watch.judge("r", node_failed, after=LAG_S) == "failed"


def test_a_heart_that_beats_is_believed_more_than_a_scheduler(watch: Watch) -> None:
    for beat in range(1, 30):  # a doubled submission: the one that is known ended at once, the other one has the task
        assert watch.judge("r", COMPLETED, beat, after=LAG_S - 1) == "running"
    assert watch.judge("r", COMPLETED, 29, after=LAG_S) == "lost"


@pytest.mark.parametrize("letter", "eg")
def test_what_was_ended_from_outside_or_is_surely_gone_needs_no_patience(watch: Watch, letter: str) -> None:
    assert watch.judge(letter, TIMEOUT) == "timeout"


def test_nobody_waits_for_files_of_what_was_cancelled(watch: Watch) -> None:
    assert watch.judge("p", CANCELLED) == "cancelled"


def test_what_no_scheduler_knows_is_lost_when_its_heart_is_silent(watch: Watch) -> None:
    assert watch.judge("r", UNKNOWN, 1) == "running"
    assert watch.judge("r", UNKNOWN, 2, after=SILENCE_S) == "running"
    assert watch.judge("r", UNKNOWN, 2, after=SILENCE_S - 1) == "running"
    assert watch.judge("r", UNKNOWN, 2, after=1) == "lost"


def test_a_scheduler_that_does_not_answer_makes_nothing_lost(watch: Watch) -> None:
    assert watch.judge("r", UNKNOWN, 2) == "running"
    assert watch.judge("r", UNASKED, 2, after=SILENCE_S) == "running"
    assert watch.judge("r", UNKNOWN, 2) == "running"


def test_an_outcome_from_outside_that_no_scheduler_explains_is_a_failure(watch: Watch) -> None:
    assert watch.judge("e", UNKNOWN) == "running"
    assert watch.judge("e", UNKNOWN, after=SILENCE_S) == "failed"


def test_who_looks_but_once_is_told_how_long_it_has_been_so() -> None:
    verdicts = Verdicts(lambda: 0.0)
    assert verdicts.judge("0a", 0, "r", TIMEOUT, 3, waited_s=LAG_S - 1) == "running"
    assert verdicts.judge("0a", 0, "r", TIMEOUT, 3, waited_s=LAG_S) == "timeout"
    assert doubted("r", TIMEOUT, 3) != doubted("r", TIMEOUT, 4)
    assert [doubted(letter, TIMEOUT, None) != "" for letter in "prcfxtbeg"] == [True, True] + [False] * 7
