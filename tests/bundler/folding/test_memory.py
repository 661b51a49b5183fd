"""What is remembered of questions, cut off by their budget or not."""

import pytest
from clustrix_bundle.bundler.folding.memory import KEPT_SHARE, MAX_STEPS, MAX_TOTAL, SPARING_STEPS, Memory


@pytest.fixture
def memory():
    made = Memory()
    made.start()
    return made


def spend(memory, steps):
    for _ in range(steps):
        if memory.enter():
            memory.leave()


def ask(memory, key, steps, found="found"):
    """Asks a question that costs so many steps; whether it was computed."""
    computed = []

    def compute():
        computed.append(key)
        spend(memory, steps)
        return found

    assert memory.once(key, key, compute, "default") == found
    return bool(computed)


def test_what_was_cut_off_after_much_of_the_budget_is_not_tried_again(memory):
    assert ask(memory, "dear", MAX_STEPS + 1)
    memory.start()
    assert not ask(memory, "dear", MAX_STEPS + 1)


def test_what_was_cut_off_after_little_is_tried_again_by_the_next_question(memory):
    little = int(MAX_STEPS * KEPT_SHARE) - 1
    spend(memory, MAX_STEPS - little + 1)
    assert ask(memory, "cheap", little)
    assert not ask(memory, "cheap", little)
    memory.start()
    assert ask(memory, "cheap", little)
    memory.start()
    assert not ask(memory, "cheap", little)


def test_what_depends_on_an_answer_that_was_cut_off_is_not_taken_for_whole(memory):
    ask(memory, "dear", MAX_STEPS + 1)
    memory.start()
    computed = []

    def compute():
        computed.append(1)
        return memory.once("dear", "dear", lambda: "again", "default")

    for _ in range(2):
        memory.start()
        assert memory.once("outer", "outer", compute, "default") == "found"
    assert len(computed) == 2


def test_more_call_sites_make_what_was_cut_off_worth_another_try(memory):
    ask(memory, "dear", MAX_STEPS + 1)
    memory.forget_passing()
    memory.start()
    assert ask(memory, "dear", MAX_STEPS + 1)


def test_what_a_small_budget_cut_off_is_tried_again_with_a_larger_one(memory):
    spend(memory, MAX_TOTAL)
    memory.start()
    assert ask(memory, "dear", SPARING_STEPS + 1)
    rich = Memory()
    rich._cut_off = memory._cut_off
    rich.start()
    assert ask(rich, "dear", MAX_STEPS + 1)


def test_an_answer_that_depends_on_an_open_question_holds_as_long_as_that_is_open(memory):
    computed = []

    def inner():
        computed.append("inner")
        return memory.once("outer", "outer", lambda: "never", "default")

    def outer():
        return [memory.once("inner", "inner", inner, "default") for _ in range(2)]

    assert memory.once("outer", "outer", outer, "default") == ["default", "default"]
    assert computed == ["inner"]
    assert memory.once("inner", "inner", inner, "default") == ["default", "default"]
