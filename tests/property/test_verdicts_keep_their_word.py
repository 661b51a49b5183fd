"""docs/jobs.md: a shared file system may show a node's files 60 s late, so an end without an outcome is looked at for 90 s."""

from clustrix_bundle.engines.verdict import FINAL, LAG_S, SILENCE_S, STATES, UNKNOWN, Scheduled, Verdicts
from hypothesis import given, settings
from hypothesis import strategies as st

OUTCOMES = {"c": "completed", "f": "failed", "x": "cancelled", "t": "timeout"}
WORDS = st.sampled_from(["unknown", "unasked", "waiting", "running", "ended"])
SAID = st.builds(Scheduled, WORDS, st.sampled_from(["completed", "failed", "cancelled", "timeout"]))
LOOKS = st.lists(st.tuples(st.integers(0, 40), st.sampled_from("pre"), SAID, st.integers(0, 3)), max_size=30)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(LOOKS)
@settings(max_examples=200)
def test_no_verdict_comes_before_its_time(looks: list[tuple[int, str, Scheduled, int]]) -> None:
    clock = Clock()
    verdicts = Verdicts(clock)
    ended_for = unknown_for = 0.0
    last_beat: int | None = None
    for step, letter, said, beat in looks:
        clock.now += step
        ended_for = ended_for + step if said.word == "ended" else -1.0
        unknown_for = unknown_for + step if said.word == "unknown" and beat == last_beat else 0.0
        ended_for, last_beat = max(ended_for, -1.0), beat
        word = verdicts.judge("aa", 0, letter, said, beat)
        assert word in STATES
        if word in FINAL:
            cancelled = said.word == "ended" and said.state == "cancelled"  # nobody wants its result any more
            assert letter == "e" or cancelled or ended_for + step >= LAG_S or unknown_for + step >= SILENCE_S
            assert word != "completed"
            return


@given(LOOKS, st.sampled_from("cfxt"))
@settings(max_examples=100)
def test_an_outcome_that_shows_late_is_what_counts(looks: list[tuple[int, str, Scheduled, int]], letter: str) -> None:
    clock = Clock()
    verdicts = Verdicts(clock)
    for step, seen, said, beat in looks:
        clock.now += step
        if verdicts.judge("aa", 0, seen, said, beat) in FINAL:
            return
    assert verdicts.judge("aa", 0, letter, Scheduled("ended", "failed")) == OUTCOMES[letter]


def test_a_result_that_a_file_system_shows_after_a_minute_is_found() -> None:
    clock = Clock()
    verdicts = Verdicts(clock)
    ended = Scheduled("ended", "completed")
    assert verdicts.judge("aa", 0, "r", ended) == "running"
    clock.now += 60
    assert verdicts.judge("aa", 0, "r", ended) == "running"
    assert verdicts.judge("aa", 0, "c", ended) == "completed"


def test_what_ended_without_a_word_is_told_after_the_lag() -> None:
    clock = Clock()
    verdicts = Verdicts(clock)
    for state, verdict in (("timeout", "timeout"), ("failed", "failed"), ("completed", "lost")):
        assert verdicts.judge(state, 0, "r", Scheduled("ended", state)) == "running"
        clock.now += LAG_S
        assert verdicts.judge(state, 0, "r", Scheduled("ended", state)) == verdict


def test_a_heart_that_beats_keeps_a_task_alive_that_nobody_knows() -> None:
    clock = Clock()
    verdicts = Verdicts(clock)
    for beat in range(100):
        assert verdicts.judge("aa", 0, "r", UNKNOWN, beat) == "running"
        clock.now += SILENCE_S - 1
    clock.now += 1
    assert verdicts.judge("aa", 0, "r", UNKNOWN, 99) == "lost"


def test_a_scheduler_that_does_not_answer_has_ended_nothing() -> None:
    clock = Clock()
    verdicts = Verdicts(clock)
    for _ in range(10):
        assert verdicts.judge("aa", 0, "r", Scheduled("unasked")) == "running"
        clock.now += 1000


def test_a_requeued_task_begins_to_wait_again() -> None:
    clock = Clock()
    verdicts = Verdicts(clock)
    assert verdicts.judge("aa", 0, "r", Scheduled("ended", "failed")) == "running"
    clock.now += LAG_S
    assert verdicts.judge("aa", 0, "p", Scheduled("waiting")) == "pending"
    assert verdicts.judge("aa", 0, "r", Scheduled("ended", "failed")) == "running"


def test_a_task_whose_process_is_surely_gone_is_what_its_scheduler_says_without_patience():
    verdicts = Verdicts(lambda: 0.0)
    assert verdicts.judge("aa", 0, "g", Scheduled("running")) == "running"  # a requeue may be on its way
    assert verdicts.judge("aa", 0, "g", Scheduled("ended", "failed", "over its memory")) == "failed"
    assert verdicts.judge("aa", 0, "g", Scheduled("ended", "completed")) == "lost"
