"""A scheduler is asked seldom, beside the looks at folders, and its silence delays nobody."""

from __future__ import annotations

import threading

import pytest
from clustrix_bundle.engines.answers import Answers, States
from clustrix_bundle.engines.engine import Submitted
from clustrix_bundle.engines.verdict import Scheduled
from clustrix_bundle.errors import ConnectionLost

JOB = Submitted("0a", "pr", {"ids": ["7"]})


class Site:
    """A scheduler that is asked through `Answers`; it answers when it is let.

    Attributes:
        now: What the clock says.
        questions: So many were asked.
        answer: What it says of every task, or raises.
    """

    def __init__(self, interval_s: float = 5.0) -> None:
        self.now = 100.0
        self.questions = 0
        self.answer: Scheduled | Exception = Scheduled("running")
        self.open = threading.Event()
        self.open.set()
        self._arrived = threading.Semaphore(0)
        self.answers = Answers(self._ask, interval_s, self._arrived.release, lambda: self.now)

    def _ask(self, jobs: list[Submitted]) -> States:
        self.questions += 1
        assert self.open.wait(60)
        if isinstance(self.answer, Exception):
            raise self.answer
        return {(job.id, number): self.answer for job in jobs for number in range(len(job.letters))}

    def latest(self, job: Submitted = JOB, after: float = 0.0) -> list[str]:
        self.now += after
        return [state.word for _, state in sorted(self.answers.latest([job]).items())]

    def await_answer(self) -> None:
        assert self._arrived.acquire(timeout=60)


@pytest.fixture
def site() -> Site:
    return Site()


def test_jobs_are_left_alone_at_first_and_then_asked_for_once_an_interval(site: Site) -> None:
    assert site.latest() == site.latest(after=0.9) == ["unasked", "unasked"]
    assert site.questions == 0
    site.latest(after=0.1)
    site.await_answer()
    assert site.latest() == site.latest(after=4.9) == ["running", "running"]
    assert site.questions == 1
    site.latest(after=0.1)
    site.await_answer()
    assert site.questions == 2


def test_while_it_does_not_answer_what_is_known_stands_and_nothing_else_is_asked(site: Site) -> None:
    site.latest()
    site.open.clear()
    for _ in range(5):
        assert site.latest(after=10) == ["unasked", "unasked"]
    assert site.questions == 1
    site.open.set()
    site.await_answer()
    assert site.latest() == ["running", "running"]


def test_a_task_that_was_ended_from_outside_is_asked_for_early_and_once(site: Site) -> None:
    site.latest()
    site.latest(after=1)
    site.await_answer()
    ended = Submitted("0a", "pe", JOB.submission)
    site.latest(ended, after=0.1)
    site.await_answer()
    assert site.questions == 2
    site.latest(ended, after=0.1)
    assert site.questions == 2


def test_a_connection_that_drops_is_a_reason_and_no_error(site: Site) -> None:
    site.answer = ConnectionLost("gone")
    site.latest()
    site.latest(after=1)
    site.await_answer()
    (state, *_) = site.answers.latest([JOB]).values()
    assert (state.word, "cannot be asked: gone" in state.reason) == ("unasked", True)


def test_what_is_wrong_with_the_question_is_raised_where_answers_are_taken(site: Site) -> None:
    site.answer = KeyError("a bug")
    site.latest()
    site.latest(after=1)
    site.await_answer()
    with pytest.raises(KeyError, match="a bug"):
        site.latest()


def test_when_nobody_waits_any_more_it_forgets(site: Site) -> None:
    site.latest()
    site.latest(after=1)
    site.await_answer()
    site.answers.rest()
    assert site.latest() == ["unasked", "unasked"]
    assert site.questions == 1
