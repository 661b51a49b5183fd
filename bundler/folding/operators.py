"""Operators over alternatives: joining texts and collections, ``/`` of paths, ``%`` of texts, arithmetic."""

from __future__ import annotations

from clustrix_bundle.bundler.folding import formatting, pattern
from clustrix_bundle.bundler.folding.value import (
    OPEN,
    UNKNOWN,
    Alternatives,
    Constant,
    Mapping,
    Number,
    Sequence,
    Text,
    Value,
    as_text,
    distinct,
    items_of,
    literal,
)
from clustrix_bundle.bundler.lazy_dataclass import replace


def binary(operator: str, first: Alternatives, second: Alternatives) -> Alternatives:
    """What an operator gives for operands with alternatives."""
    if operator == "/":
        paths = [as_text(one) for one in _texts(first)][:256]
        others = [as_text(other) for other in _texts(second)][:256]
        return distinct(replace(pattern.join(one, other), path=True) for one in paths for other in others) or OPEN
    if operator == "%":
        return distinct(value for one in _texts(first) for value in formatting.percent(as_text(one), second)) or OPEN
    if operator == "+":
        return _add(first, second)
    if operator == "|":
        return _merge(first, second)
    return distinct(_arithmetic(operator, one, other) for one in first[:64] for other in second[:64])


def _merge(first: Alternatives, second: Alternatives) -> Alternatives:
    merged = [one for one in (*first, *second) if isinstance(one, Mapping)]
    if len(merged) < len(first) + len(second):
        return distinct([*first, *second])
    items = tuple(item for one in merged for item in one.items)
    return (Mapping(items, distinct(more for one in merged for more in one.more)),)


def negative(group: Alternatives) -> Alternatives:
    """What ``-x`` gives."""
    return distinct(Number(-value.value) if isinstance(value, Number) else UNKNOWN for value in group)


def _add(first: Alternatives, second: Alternatives) -> Alternatives:
    if any(isinstance(one, Sequence) for one in (*first, *second)):
        found: list[Value] = []
        for one in first[:32]:
            for other in second[:32]:
                if not isinstance(one, Sequence):
                    found.append(Sequence((), distinct([UNKNOWN, *items_of(other)])))
                elif not isinstance(other, Sequence):
                    found.append(Sequence(one.items, distinct([*one.more, UNKNOWN])))
                elif one.more:
                    found.append(Sequence(one.items, distinct([*one.more, *items_of(other)])))
                else:
                    found.append(Sequence((*one.items, *other.items), other.more))
        return distinct(found)
    if all(isinstance(one, Number) for one in (*first, *second)):
        return distinct(_arithmetic("+", one, other) for one in first[:64] for other in second[:64])
    left, right = _texts(first), _texts(second)
    return formatting.concatenate(left, right) if left and right else OPEN


def _texts(group: Alternatives) -> Alternatives:
    """Those that may be texts: text and number together are no text in Python, and arithmetic is full of unknown numbers."""
    return tuple(one for one in group if not isinstance(one, (Number, Constant)))


def _arithmetic(operator: str, left: Value, right: Value) -> Value:
    if (
        isinstance(left, Text)
        and operator == "*"
        and isinstance(right, Number)
        and left.constant is not None
        and len(left.constant) * right.value <= 4096
    ):
        return literal(left.constant * right.value)
    if not (isinstance(left, Number) and isinstance(right, Number)) or max(abs(left.value), abs(right.value)) > 10**15:
        return UNKNOWN
    one, other = left.value, right.value
    if operator == "+":
        return Number(one + other)
    if operator == "-":
        return Number(one - other)
    if operator == "*":
        return Number(one * other)
    if operator == "//" and other:
        return Number(one // other)
    return UNKNOWN
