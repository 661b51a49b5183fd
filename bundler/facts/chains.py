"""How far operators nest, counted without parsing.

``a + b + c`` and ``- - a`` nest without brackets. CPython's compiler gives up after a few thousand levels; libcst's parser takes time
with the square of a chain's length (8 s for 5,000 sums, an hour for 100,000) and, where the chain nests to the right, as much
memory (4 GB for 5,000 lambdas). So both are bounded before it starts. The compiled core has a limit of its own, far higher.
"""

from __future__ import annotations

from clustrix_bundle.bundler.lazy_dataclass import dataclass

MAX_CHAIN = 6_000
"""Operators, attributes, calls and subscripts between two commas or line ends."""
MAX_RIGHT = 2_000
"""Those of them that nest to the right: ``lambda``, ``if``, ``**`` after ``**``, and prefix operators in a row."""

MAX_PATTERN_BRACKETS = 10
"""Brackets open at once in a ``case``: libcst's grammar of patterns takes three times as long for each (45 s for 12)."""
MAX_ELIFS = 3_000
"""``elif`` after ``elif``, which nest in libcst's tree (14 s for 10,000)."""


@dataclass(slots=True)
class _Level:
    """Operators at one level of brackets since the last comma; whether the parameters of a lambda are open."""

    total: int = 0
    right: int = 0
    row: int = 0
    in_parameters: bool = False


class Chains:
    """Counts the operators that enclose the present place; those around an open bracket count for what is in it."""

    def __init__(self) -> None:
        self._levels = [_Level()]
        self._total = 0
        self._right = 0
        self._last_end = -1

    def operator(self, symbol: str, text: str, start: int) -> bool:
        """Notes the operator at ``start``; whether the chain is still within bounds."""
        level = self._levels[-1]
        level.total += 1
        self._total += 1
        if symbol in {"lambda", "if"}:
            level.right += 1
            self._right += 1
            level.in_parameters = level.in_parameters or symbol == "lambda"
        elif symbol == "**" or self._is_prefix(text, start) or symbol[:2] in {"--", "++", "~~"}:
            added = len(symbol) if symbol[0] in "+-~" else 1
            level.row += added
            self._right += added
        else:
            self._right -= level.row
            level.row = 0
        self._last_end = start + len(symbol)
        return self._total <= MAX_CHAIN and self._right <= MAX_RIGHT

    def opened(self) -> None:
        """A bracket opens."""
        self._levels.append(_Level())

    def closed(self) -> None:
        """A bracket closes: what stood in it nests no further."""
        if len(self._levels) > 1:
            self._forget(self._levels.pop())

    def colon(self) -> None:
        """A colon, which ends the parameters of a lambda if they are open."""
        self._levels[-1].in_parameters = False

    def separated(self) -> None:
        """A comma, semicolon or line end: what came before at this level nests no further, unless parameters are listed."""
        if not self._levels[-1].in_parameters:
            self._forget(self._levels[-1])
            self._levels[-1] = _Level()

    def _forget(self, level: _Level) -> None:
        self._total -= level.total
        self._right -= level.right + level.row

    def _is_prefix(self, text: str, start: int) -> bool:
        """Whether only blanks stand between the last operator and ``start``."""
        return self._last_end >= 0 and start - self._last_end < 80 and not text[self._last_end : start].strip(" \t\n\\")
