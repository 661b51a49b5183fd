"""What a folder has found before, what it is finding just now, and how much work it may still do.

Finding a value may ask for itself (a name made from itself, mutually recursive functions). The inner question is then answered
with a default, and what was found on the way to it holds only as long as the outer question is open: until then it is
remembered, or programs of many mutual calls would be gone through again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar, cast

MAX_STEPS = 2_000
"""For one question from outside."""
SPARING_STEPS = 300
"""For one question, once `MAX_TOTAL` steps have been taken for all: large programs get plainer answers, not slow ones."""
MAX_TOTAL = 150_000
MAX_DEPTH = 90

KEPT_SHARE = 0.5
"""What cost at least this share of a question's budget before it was cut off is not tried again with no more of it."""

_NEVER = 1 << 30
_T = TypeVar("_T")


class _Within(NamedTuple):
    """An answer that holds for the question from outside under way (`lowest` is `_NEVER`, or it was cut off), or as long as an open one."""

    lowest: int
    opened: object
    is_cut: bool
    keep: object
    found: Any


class Memory:
    """Answers by question.

    Attributes:
        asked: Grows whenever an answer depends on the call sites seen so far.
    """

    def __init__(self) -> None:
        self.asked = 0
        self._lasting: dict[Hashable, tuple[object, Any]] = {}
        self._passing: dict[Hashable, tuple[object, Any]] = {}
        self._cut_off: dict[Hashable, tuple[object, Any, int]] = {}
        self._active: dict[Hashable, int] = {}
        self._open: list[object] = []
        self._within: dict[Hashable, _Within] = {}
        self._lowest = _NEVER
        self._is_cut = False
        self._steps = 0
        self._total = 0
        self._limit = MAX_STEPS
        self._depth = 0

    def start(self) -> None:
        """A new question from outside: the whole budget is there again."""
        self._total += self._steps
        self._steps = self._depth = 0
        self._limit = MAX_STEPS if self._total < MAX_TOTAL else SPARING_STEPS
        self._active.clear()
        self._open.clear()
        self._within.clear()
        self._lowest = _NEVER
        self._is_cut = False

    def forget_passing(self) -> None:
        """More call sites have been seen: answers that depend on them are found again."""
        self._passing.clear()
        self._cut_off.clear()

    def enter(self, cost: int = 1) -> bool:
        """Takes a step one level deeper; False (and nothing to leave) if the budget is spent."""
        self._steps += cost
        if self._depth >= MAX_DEPTH or self._steps > self._limit:
            self._is_cut = True
            return False
        self._depth += 1
        return True

    def leave(self) -> None:
        """The step is done."""
        self._depth -= 1

    def once(self, key: Hashable, keep: object, compute: Callable[[], _T], default: _T) -> _T:
        """The answer to ``key``, found by ``compute`` at most once; ``default`` while it is being found.

        Args:
            key: The question; identities of objects may be part of it.
            keep: An object that lives as long as the answer, so that its identity stays its own.
            compute: Finds the answer.
            default: The answer to the same question inside.
        """
        if key in self._lasting:
            return cast("_T", self._lasting[key][1])
        if key in self._passing:
            self.asked += 1
            return cast("_T", self._passing[key][1])
        if key in self._active:
            self._lowest = min(self._lowest, self._active[key])
            return default
        known = self._known_in_part(key)
        if known is not None:
            return cast("_T", known[0])
        level = len(self._active)
        self._active[key] = level
        self._open.append(object())
        outer, self._lowest = self._lowest, _NEVER
        was_cut, self._is_cut = self._is_cut, False
        asked, started = self.asked, self._steps
        try:
            found = compute()
        finally:
            self._active.pop(key, None)
            del self._open[level:]
            lowest, is_cut = self._lowest, self._is_cut
            closed = lowest >= level
            self._lowest = outer if closed else min(outer, lowest)
            self._is_cut = was_cut or is_cut
        spent = self._steps - started
        if closed and not is_cut:
            (self._lasting if asked == self.asked else self._passing)[key] = (keep, found)
        elif closed and spent >= self._limit * KEPT_SHARE:
            self._cut_off[key] = (keep, found, spent)
        else:
            opened = None if closed or is_cut else self._open[lowest]
            self._within[key] = _Within(_NEVER if closed else lowest, opened, is_cut, keep, found)
        return found

    def _known_in_part(self, key: Hashable) -> tuple[Any] | None:
        """An answer that was cut off by the budget, or depends on a question that is still open."""
        cut = self._cut_off.get(key)
        if cut is not None and cut[2] >= self._limit * KEPT_SHARE:
            self.asked += 1
            self._is_cut = True
            return (cut[1],)
        within = self._within.get(key)
        if within is None or not (within.is_cut or self._is_open(within.lowest, within.opened)):
            return None
        self._lowest = min(self._lowest, within.lowest)
        self._is_cut |= within.is_cut
        return (within.found,)

    def _is_open(self, level: int, opened: object) -> bool:
        """Whether the question that an answer depends on, if there is one, is that which is open at its level."""
        return level == _NEVER or (level < len(self._open) and self._open[level] is opened)

    def while_active(self, key: Hashable, compute: Callable[[], _T], default: _T) -> _T:
        """As `once`, for what depends on a call under way and is not worth remembering."""
        if key in self._active:
            self._lowest = min(self._lowest, self._active[key])
            return default
        level = len(self._active)
        self._active[key] = level
        self._open.append(object())
        try:
            return compute()
        finally:
            self._active.pop(key, None)
            del self._open[level:]
