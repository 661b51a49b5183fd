"""Formatting with holes: ``%``, `str.format`, `str.join`, concatenation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from clustrix_bundle.bundler.folding.value import (
    ANY,
    MAX_ALTERNATIVES,
    MAX_TEXT,
    STAR,
    Alternatives,
    Mapping,
    Number,
    Part,
    Sequence,
    Text,
    Value,
    as_text,
    distinct,
    generalise,
    hole,
    literal,
    text,
)
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

MAX_PARTS = 64

_PERCENT = compile_lazily(
    r"%(?:\((?P<key>[^)]*)\))?(?P<flags>[#0\- +]*)(?P<width>\*|\d+)?(?:\.(?P<digits>\*|\d+))?[hlL]?(?P<kind>[diouxXeEfFgGcrsa%])"
)

_DOLLAR = compile_lazily(r"\$(?:\$|(\w+)|\{(\w+)\})")


def concatenate(*groups: Alternatives) -> Alternatives:
    """Every combination of one text a group, side by side; summed up where there are too many."""
    results: list[Text] = [Text(())]
    for group in groups:
        texts = [as_text(value) for value in group] or [hole(ANY)]
        if len(results) * len(texts) > MAX_ALTERNATIVES:
            texts = [as_text(value) for value in generalise(tuple(texts))]
        if len(results) * len(texts) > MAX_ALTERNATIVES:
            results = [as_text(value) for value in generalise(tuple(results))]
        results = [_beside(left, right) for left in results for right in texts]
    return distinct(results)


def _beside(left: Text, right: Text) -> Text:
    if len(left.parts) + len(right.parts) > MAX_PARTS or len(left.prefix) + len(right.prefix) > MAX_TEXT:
        return text((left.prefix[:MAX_TEXT], ANY), anchored=left.anchored)
    return text((*left.parts, *right.parts), anchored=left.anchored or (right.anchored and not left.parts))


def join(separator: Text, value: Alternatives) -> Alternatives:
    """``separator.join(value)``; a collection of unknown length gives a hole after its known items."""
    found: list[Text] = []
    for collection in value:
        if not isinstance(collection, Sequence) or len(collection.items) > 64:
            found.append(hole(ANY))
            continue
        groups: list[Alternatives] = []
        for index, item in enumerate(collection.items):
            if index:
                groups.append((separator,))
            groups.append(item)
        if collection.more:
            groups.append((hole(ANY),) if not collection.items else (Text((*separator.parts, ANY)),))
        found.extend(as_text(one) for one in concatenate(*groups)) if groups else found.append(literal(""))
    return distinct(found)


def percent(pattern: Text, values: Alternatives) -> Alternatives:
    """``pattern % values``: the text with each conversion filled in, a hole where that needs more than ``str()``."""
    if pattern.constant is None:
        return (pattern.with_parts(part if not isinstance(part, str) else _PERCENT.sub("", part) for part in _spread(pattern)),)
    found: list[Text] = []
    for value in values:
        arguments: Callable[[int, str | None], Alternatives]
        if isinstance(value, Sequence):
            arguments = _by_position(value)
        elif isinstance(value, Mapping):
            arguments = _by_key(value)
        else:
            arguments = _single((value,))
        position = 0
        index = 0
        groups: list[Alternatives] = []
        for match in _PERCENT.finditer(pattern.constant):
            groups.append((literal(pattern.constant[position : match.start()]),))
            position = match.end()
            if match["kind"] == "%":
                groups.append((literal("%"),))
                continue
            index += (match["width"] == "*") + (match["digits"] == "*")
            groups.append(_converted(match, arguments(index, match["key"])))
            index += 1
        groups.append((literal(pattern.constant[position:]),))
        found.extend(as_text(one) for one in concatenate(*groups))
    return distinct(found)


def _spread(pattern: Text) -> Iterable[Part]:
    for part in pattern.parts:
        if not isinstance(part, str):
            yield part
            continue
        for index, piece in enumerate(_PERCENT.split(part)[:: _PERCENT.groups + 1]):
            if index:
                yield ANY
            yield piece


def _single(value: Alternatives) -> Callable[[int, str | None], Alternatives]:
    return lambda index, _key: value if index == 0 else (hole(ANY),)


def _by_position(value: Sequence) -> Callable[[int, str | None], Alternatives]:
    return lambda index, _key: value.items[index] if index < len(value.items) else (value.more or (hole(ANY),))


def _by_key(value: Mapping) -> Callable[[int, str | None], Alternatives]:
    def of_key(_index: int, key: str | None) -> Alternatives:
        for keys, values in value.items:
            if literal(key or "") in keys:
                return values
        return (hole(ANY),)

    return of_key


def _converted(match: re.Match[str], value: Alternatives) -> Alternatives:
    return distinct(_convert(match, one) for one in value)


def _convert(match: re.Match[str], one: Value) -> Text:
    if match["kind"] == "s" and not match["flags"] and not match["width"] and not match["digits"]:
        return as_text(one)
    conversion = re.sub(r"\(.*?\)", "", match.group())
    if "*" not in conversion and not _wide(conversion):
        if isinstance(one, Number):
            return _formatted(conversion, one.value)
        if isinstance(one, Text) and one.constant is not None and match["kind"] == "s":
            return _formatted(conversion, one.constant)
    return hole(STAR if match["kind"] in "diouxX" else ANY)


def _formatted(conversion: str, value: int | str) -> Text:
    try:
        return literal(conversion % value)
    except (ValueError, TypeError, OverflowError):
        return hole(ANY)


def brace(pattern: Text, positional: list[Alternatives], keywords: dict[str, Alternatives], *, more: bool) -> Alternatives:
    """``pattern.format(…)``; fields with attributes, keys or conversions are holes."""
    if pattern.constant is None:
        return (hole(ANY),)
    import string  # noqa: PLC0415 - compiles a pattern that nobody needs here

    try:
        fields = list(string.Formatter().parse(pattern.constant))
    except ValueError:
        return (hole(ANY),)
    groups: list[Alternatives] = []
    automatic = 0
    for before, name, specification, conversion in fields:
        groups.append((literal(before),))
        if name is None:
            continue
        value: Alternatives = (hole(ANY),)
        field = name or str(automatic)
        automatic += not name
        if field.isdecimal():
            if int(field) < len(positional) and not more:
                value = positional[int(field)]
        elif field in keywords:
            value = keywords[field]
        if conversion not in (None, "s"):
            value = (hole(ANY),)
        groups.append(distinct(_specified(one, specification or "") for one in value))
    return concatenate(*groups)


def dollar(pattern: Text, keywords: dict[str, Alternatives]) -> Alternatives:
    """``string.Template(pattern).substitute(…)``; a hole for what is not given by name."""
    groups: list[Alternatives] = []
    for part in pattern.parts:
        if not isinstance(part, str):
            groups.append((hole(ANY),))
            continue
        position = 0
        for match in _DOLLAR.finditer(part):
            groups.append((literal(part[position : match.start()]),))
            position = match.end()
            groups.append((literal("$"),) if match[0] == "$$" else keywords.get(match[1] or match[2], (hole(ANY),)))
        groups.append((literal(part[position:]),))
    return concatenate(*groups)


def _specified(value: Value, specification: str) -> Text:
    if not specification:
        return as_text(value)
    plain = value.value if isinstance(value, Number) else value.constant if isinstance(value, Text) else None
    if plain is not None and "{" not in specification and not _wide(specification):
        try:
            return literal(format(plain, specification))
        except (ValueError, TypeError, OverflowError):
            return hole(ANY)
    return hole(STAR if specification[-1] in "dxXob" else ANY)


def _wide(specification: str) -> bool:
    """A width that would make a huge text."""
    return any(len(number) > 3 for number in re.findall(r"\d+", specification))
