"""Places for tasks: what waits for one gets it, in whatever order ends are noticed and results taken."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from clustrix_bundle.slots import Slots


def test_a_place_is_free_again_though_results_are_taken_before_it_is_noticed() -> None:
    """Whoever waits for a future may be woken before its callbacks are called; a map forgets then what it has taken."""
    slots, started = Slots(2), []
    first: list[Any] = [Future() for _ in range(3)]
    second: list[Any] = [Future() for _ in range(2)]
    slots.add(first, lambda: started.append("first"))
    slots.add(second, lambda: started.append("second"))
    assert started == ["first"]
    while first:
        first.pop().set_result(None)
    assert started == ["first", "second"]
    for one in second:
        one.set_result(None)
    slots.add([Future(), Future()], lambda: started.append("third"))
    assert started == ["first", "second", "third"]


def test_a_waiting_job_is_started_whole_though_whoever_submitted_it_gave_it_up() -> None:
    slots, started = Slots(1), []
    first: list[Any] = [Future()]
    second: list[Any] = [Future()]
    slots.add(first, lambda: started.append("first"))
    slots.add(second, lambda: started.append("second"))
    gone = second.pop()
    first[0].set_result(None)
    assert started == ["first", "second"]
    gone.set_result(None)
    slots.drain()
    assert slots.waiting == []
