"""The text of generated modules: functions and classes as people write them, from templates whose words are drawn by a seed.

A module's public names depend on its number alone (`public_names`), so that others can import them before it is written.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

NOUNS = (
    "account", "archive", "batch", "buffer", "cache", "catalog", "channel", "cluster", "column", "config", "contour", "cursor", "dataset", "digest", "edge",
    "event", "feature", "field", "filter", "frame", "gradient", "grid", "header", "index", "interval", "invoice", "job", "kernel", "label", "layer", "ledger",
    "lookup", "matrix", "measure", "mesh", "message", "metric", "model", "node", "order", "packet", "page", "parcel", "particle", "payload", "plan", "point",
    "policy", "profile", "query", "queue", "record", "region", "report", "request", "result", "route", "row", "sample", "schedule", "schema", "score",
    "segment", "series", "session", "shape", "signal", "snapshot", "source", "spectrum", "station", "stream", "summary", "symbol", "table", "task", "tensor",
    "token", "trace", "vector", "volume", "weight", "window", "worker",
)  # fmt: skip
VERBS = (
    "align", "build", "check", "collect", "compare", "convert", "count", "decode", "drop", "encode", "estimate", "expand", "filter", "find", "flatten",
    "format", "group", "index", "iterate", "join", "load", "map", "merge", "normalize", "pack", "parse", "plan", "read", "reduce", "refine", "render",
    "resolve", "sample", "scale", "score", "select", "shift", "sort", "split", "sum", "trim", "update", "validate", "weigh",
)  # fmt: skip
ADJECTIVES = (
    "active", "cached", "central", "common", "current", "daily", "default", "empty", "final", "first", "global", "hidden", "initial", "known", "last", "local",
    "lower", "main", "missing", "nested", "open", "partial", "pending", "raw", "remote", "sorted", "stable", "total", "upper", "valid", "weighted",
)  # fmt: skip
STANDARD = (
    "import os", "import re", "import sys", "import json", "import math", "import logging", "import itertools", "import functools", "import collections",
    "import datetime", "import operator", "import random", "import warnings", "import time", "import copy", "from collections import OrderedDict, defaultdict",
    "from dataclasses import dataclass, field", "from functools import lru_cache, partial", "from pathlib import Path", "from contextlib import contextmanager",
    "import hashlib", "from decimal import Decimal", "import uuid", "import threading", "from enum import Enum", "import urllib.parse", "import csv", "import io",
)  # fmt: skip

FUNCTIONS = (
    '''
def {name}({a}, {b}=None, *, strict=False):
    """Return the {adj} {noun} of `{a}`, or None if there is none.

    Parameters
    ----------
    {a} : sequence of {noun}
        What is looked at, in order of arrival.
    {b} : callable, optional
        Applied to each {noun} before it is compared.
    """
    if not {a}:
        raise ValueError("{a} holds no {noun}")
    best, best_score = None, -math.inf
    for position, item in enumerate({a}):
        score = {dep}(item) if {b} is None else {b}({dep}(item), position)
        if score is None and strict:
            raise KeyError(f"{noun} {{position}} of {{len({a})}} has no score")
        if score is not None and score > best_score:
            best, best_score = item, score
    logger.debug("%s of %d is %r", "{noun}", len({a}), best)
    return best
''',
    """
def {name}({a}, {b}={number}):
    # The {adj} part comes first: callers rely on the order of {noun}s.
    {c} = defaultdict(list)
    for key, value in sorted({a}.items()):
        if key.startswith("_") or value is None:
            continue
        {c}[key.partition(".")[0]].append(value * {b})
    totals = {{key: sum(values) / max(1, len(values)) for key, values in {c}.items() if len(values) > {small}}}
    return {dep}(totals, limit={number}) if totals else {{}}
""",
    '''
@lru_cache(maxsize={number})
def {name}({a}, {b}="{noun}"):
    """The {adj} {noun} called `{b}`; cached, as it is asked for in loops."""
    try:
        value = json.loads({a})
    except ValueError as error:
        logger.warning("no {noun} in %r: %s", {a}[:{small}0], error)
        return {dep}(None, {b})
    else:
        return {dep}(value.get({b}, {{}}), {b})
''',
    """
def {name}(*{a}, **options):
    {b}, {c} = options.pop("{noun}", {number}), options.pop("{adj}", False)
    if options:
        unknown = ", ".join(repr(option) for option in sorted(options))
        raise TypeError("{name}() got unexpected options: " + unknown)
    rows = [[x, y, (x - y) ** 2] for x, y in zip({a}, {a}[1:]) if x != y and (x > {small} or y < {number})]
    while rows and rows[-1][2] < {b}:
        rows.pop()
    return {dep}(rows) if {c} else rows
""",
    '''
def {name}(path, {a}=()):
    """Read `path` line by line and yield each {adj} {noun} with its number."""
    with open(path, encoding="utf-8") as stream:
        for number, line in enumerate(stream, start=1):
            line = line.rstrip("\\n")
            if not line or line.startswith("#"):
                continue
            match = PATTERN.match(line)
            if match is None:
                raise ValueError("%s:%d: not a {noun}: %r" % (path, number, line))
            {b} = match.groupdict()
            {b}["{noun}"] = {dep}({b}.get("value") or "0")
            yield number, {{**{b}, "tags": [tag.strip() for tag in {b}.get("tags", "").split(",")], "skip": number in {a}}}
''',
    """
def {name}({a}, {b}, {c}={number}.5):
    total = 0.0
    for i in range(len({a})):
        row = {a}[i]
        for j in range(i, min(i + {small}, len({b}))):
            delta = row[0] - {b}[j][0]
            if abs(delta) <= {c}:
                total += delta * delta / (1.0 + {c} * math.exp(-abs(delta)))
            elif delta > 0:
                total -= {c} * (delta - 0.5 * {c})
            else:
                total += {dep}(delta, {c}) or 0.0
    return math.sqrt(total) / len({a}) if len({a}) else float("nan")
""",
    '''
@contextmanager
def {name}({a}=None):
    """Set the {adj} {noun} for a while; nested uses come back in reverse order."""
    global _{noun}_stack
    previous = os.environ.get("{upper}_{small}")
    _{noun}_stack = getattr(sys.modules[__name__], "_{noun}_stack", ()) + ({a},)
    try:
        os.environ["{upper}_{small}"] = str({a})
        yield {dep}
    finally:
        _{noun}_stack = _{noun}_stack[:-1]
        if previous is None:
            os.environ.pop("{upper}_{small}", None)
        else:
            os.environ["{upper}_{small}"] = previous
''',
    """
def {name}({a}):
    kind = type({a}).__name__
    if isinstance({a}, (list, tuple, set, frozenset)):
        return [{name}(item) for item in {a}]
    if isinstance({a}, dict):
        return {{str(key): {name}(value) for key, value in {a}.items()}}
    if isinstance({a}, (int, float, str, bool)) or {a} is None:
        return {a}
    return {{"{noun}": kind, "repr": f"<{{kind}} {{id({a}):#x}}>", "value": {dep}({a})}}
""",
    '''
async def {name}({a}, {b}=None, timeout={number}):
    """Wait for each {noun} of `{a}`, at most `timeout` seconds in all."""
    results = {{}}
    started = time.monotonic()
    async for {c} in {a}:
        if time.monotonic() - started > timeout:
            raise TimeoutError(f"{{len(results)}} of the {noun}s came in {{timeout}} s")
        results[{c}.id] = await {c}.fetch({b} or {dep})
    return results
''',
    """
def {name}({a}, key=lambda {b}: ({b}.{noun}, -{b}.{noun2})):
    ordered = sorted({a}, key=key)
    groups = [(k, list(v)) for k, v in itertools.groupby(ordered, key=operator.attrgetter("{noun}"))]
    assert all(len(group) <= {number} for _, group in groups), "too many in one {noun}"
    return dict(groups[: {small}]) | {{"rest": [x for _, group in groups[{small} :] for x in {dep}(group)]}}
""",
)

CLASSES = (
    '''
class {title}({base}):
    """A {adj} {noun} with its {noun2}.

    Instances compare by {noun} and are hashable; the {noun2} is computed when it is first asked for.
    """

    default_{noun} = {number}
    registry = {{}}

    def __init__(self, {a}, {b}=None, *, name="{noun}"):
        self.{a} = list({a})
        self._{b} = {b} if {b} is not None else {{}}
        self.name = name
        self.registry[name] = self

    def __repr__(self):
        return "{{}}({{!r}}, name={{!r}})".format(type(self).__name__, self.{a}, self.name)

    def __eq__(self, other):
        if not isinstance(other, {title}):
            return NotImplemented
        return self.{a} == other.{a} and self.name == other.name

    def __hash__(self):
        return hash((self.name, len(self.{a})))

    @property
    def {noun}(self):
        if "{noun}" not in self._{b}:
            self._{b}["{noun}"] = {dep}(self.{a})
        return self._{b}["{noun}"]

    def update(self, {c}, *, replace=False):
        """Take over what `{c}` holds; with `replace`, drop what it does not."""
        if replace:
            self._{b}.clear()
        for key, value in {c}.items():
            if value is None:
                self._{b}.pop(key, None)
            else:
                self._{b}[key] = value
        return self

    @classmethod
    def from_{noun2}(cls, text, separator=","):
        parts = [part.strip() for part in text.split(separator) if part.strip()]
        return cls(parts[1:], name=parts[0] if parts else "{noun}")
''',
    '''
@dataclass(frozen=True)
class {title}:
    """One {noun}: where it starts, how long it is, and its {noun2}."""

    start: int
    size: int = {number}
    {noun}: str = "{adj}"
    tags: "tuple[str, ...]" = field(default_factory=tuple, compare=False)

    def __post_init__(self):
        if self.size < 0:
            raise ValueError(f"a {noun} of {{self.size}} is none")

    @property
    def stop(self) -> int:
        return self.start + self.size

    def overlaps(self, other: "{title}") -> bool:
        return self.start < other.stop and other.start < self.stop

    def {verb}(self, {a}: "list[{title}]") -> "list[{title}]":
        kept = [other for other in {a} if not self.overlaps(other) or {dep}(other) is self]
        return sorted(kept, key=lambda other: (other.start, -other.size))
''',
    '''
class {title}Error(Exception):
    """Raised where a {adj} {noun} was expected."""

    def __init__(self, {a}, expected=None):
        super().__init__(f"{{{a}!r}} is no {noun}" + (f", expected {{expected!r}}" if expected else ""))
        self.{a} = {a}
        self.expected = expected


class {title}({base}):
    STATES = ("{adj}", "{noun}", "{noun2}", None)

    def {verb}(self, {a}, {b}=0):
        state = self.STATES[{b} % len(self.STATES)]
        if state is None:
            raise {title}Error({a}, expected=self.STATES[0])
        yield from ((index, {dep}(item)) for index, item in enumerate({a}) if item not in (None, state))

    def close(self):
        for name in list(vars(self)):
            if name.startswith("_"):
                delattr(self, name)
''',
)


@dataclass(frozen=True, slots=True)
class PublicNames:
    """What others import from a module: one class, some functions."""

    title: str
    functions: tuple[str, ...]


def public_names(number: int) -> PublicNames:
    """The names of module ``number`` (each number has its own)."""
    choice = random.Random(f"names {number}")
    title = choice.choice(ADJECTIVES).title() + choice.choice(NOUNS).title() + f"{number:x}".title()
    return PublicNames(
        title, tuple(f"{choice.choice(VERBS)}_{choice.choice(ADJECTIVES)}_{choice.choice(NOUNS)}" for _ in range(3))
    )


def body(number: int, size: int, used: tuple[str, ...], choice: random.Random) -> str:
    """Definitions of about ``size`` characters, the public ones first, that call the names in ``used``."""
    names = public_names(number)
    callables = used or ("repr", "str", "bool")
    parts: list[str] = []
    length = 0
    waiting = ["class", *names.functions]
    while waiting or length < size:
        here = waiting.pop(0) if waiting else choice.choice(("class", "", "", "", "", ""))
        noun = choice.choice(NOUNS)
        a, b, c = choice.sample(NOUNS, 3)
        first = not parts
        template = choice.choice(CLASSES) if here == "class" else choice.choice(FUNCTIONS)
        part = template.format(
            name=here or f"_{choice.choice(VERBS)}_{noun}_{len(parts)}",
            title=names.title if first else f"{choice.choice(ADJECTIVES).title()}{noun.title()}{len(parts)}",
            a=f"{a}s", b=b, c=f"{c}_{choice.choice(ADJECTIVES)}",
            noun=noun, noun2=choice.choice(NOUNS), adj=choice.choice(ADJECTIVES), upper=noun.upper(), verb=choice.choice(VERBS),
            base="object" if first or choice.random() < 0.5 else names.title,
            dep=choice.choice(callables), number=choice.randrange(2, 500), small=choice.randrange(2, 9),
        )  # fmt: skip
        parts.append(part)
        length += len(part)
    return "\n".join(parts)
