"""What an expression can be: texts with holes, numbers, collections, and references to modules, functions and classes.

An expression folds to *alternatives*, a tuple of distinct values in a fixed order. `UNKNOWN` among them says that there may be others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

MAX_ALTERNATIVES = 1024
"""A set that would grow beyond this is summed up (`generalise`)."""
MAX_SIZE = 20_000
"""Parts of one collection, in all its depth."""
MAX_TEXT = 4_096
"""Characters of a text that is put together."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A part of a text that the source does not tell.

    Attributes:
        kind: ``any`` (anything), ``star`` (no slash: a digit string, an entry of a folder), ``entry`` (an argument of the entry function),
            ``env`` (an environment variable), ``home``, ``temp`` and ``foreign`` (a folder outside the project).
    """

    kind: str


ANY = Hole("any")
STAR = Hole("star")
ENTRY = Hole("entry")
ENV = Hole("env")
HOME = Hole("home")
TEMP = Hole("temp")
FOREIGN = Hole("foreign")

Part: TypeAlias = str | Hole


@dataclass(frozen=True, slots=True)
class Text:
    """A string, or a path, with holes.

    Paths relative to the working directory are relative texts (``os.getcwd()`` is ``"."``), all others are absolute.

    Attributes:
        parts: Literal parts and holes; neighbours of one kind are merged, empty ones left out.
        path: Whether it is a `pathlib.Path` (or a resource), not a string.
        anchored: Whether it was found from ``__file__`` or a package.
    """

    parts: tuple[Part, ...]
    path: bool = False
    anchored: bool = False

    @property
    def constant(self) -> str | None:
        """The text if it has no holes."""
        if not self.parts:
            return ""
        first = self.parts[0]
        return first if len(self.parts) == 1 and isinstance(first, str) else None

    @property
    def prefix(self) -> str:
        """The literal part before the first hole."""
        return self.parts[0] if self.parts and isinstance(self.parts[0], str) else ""

    @property
    def suffix(self) -> str:
        """The literal part after the last hole."""
        return self.parts[-1] if self.parts and isinstance(self.parts[-1], str) else ""

    def with_parts(self, parts: Iterable[Part]) -> Text:
        """Another text with the same marks."""
        return text(parts, path=self.path, anchored=self.anchored)


@dataclass(frozen=True, slots=True)
class Number:
    """An integer."""

    value: int


@dataclass(frozen=True, slots=True)
class Constant:
    """``None``, ``True``, ``False`` or ``...``."""

    name: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list, tuple, set or iterator: ``items`` by position, then ``more`` in any number (empty: none)."""

    items: tuple[Alternatives, ...] = ()
    more: Alternatives = ()
    size: int = field(default=0, init=False, compare=False, repr=False)
    code: int = field(default=0, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", 1 + sum(map(_size, self.items)) + _size(self.more))
        object.__setattr__(self, "code", hash((self.items, self.more)))

    def __hash__(self) -> int:
        return self.code  # kept: nested values would be hashed again and again


@dataclass(frozen=True, slots=True)
class Mapping:
    """A dict, or a namespace: pairs of alternatives for key and value, and values under keys that are not known."""

    items: tuple[tuple[Alternatives, Alternatives], ...] = ()
    more: Alternatives = ()
    size: int = field(default=0, init=False, compare=False, repr=False)
    code: int = field(default=0, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", 1 + sum(_size(keys) + _size(values) for keys, values in self.items) + _size(self.more))
        object.__setattr__(self, "code", hash((self.items, self.more)))

    def __hash__(self) -> int:
        return self.code


@dataclass(frozen=True, slots=True)
class Module:
    """A local module, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """A local function: its module and scope; ``bound`` if its first parameter is taken."""

    module: str
    scope: int
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Class:
    """A local class."""

    module: str
    scope: int


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of a local class."""

    module: str
    scope: int


@dataclass(frozen=True, slots=True)
class External:
    """Something that is not local, by the dotted path that leads to it; ``()`` stands for a call: ``zipfile.ZipFile().read``."""

    name: str


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a text, sequence or mapping."""

    receiver: Text | Sequence | Mapping
    name: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything. ``entry`` if an argument of the entry function decides it."""

    entry: bool = False


Value: TypeAlias = (
    Text | Number | Constant | Sequence | Mapping | Module | Function | Class | Instance | External | Method | Unknown
)
Alternatives: TypeAlias = tuple[Value, ...]

UNKNOWN = Unknown()
ANY_NUMBER = External("builtins.int()")
UNKNOWN_ENTRY = Unknown(entry=True)
OPEN: Alternatives = (UNKNOWN,)


def text(parts: Iterable[Part], *, path: bool = False, anchored: bool = False) -> Text:
    """A text in its canonical form."""
    merged: list[Part] = []
    for part in parts:
        if part == "":
            continue
        if merged and isinstance(part, str) and isinstance(merged[-1], str):
            merged[-1] += part
        elif merged and isinstance(part, Hole) and isinstance(merged[-1], Hole):
            if merged[-1] != part:
                merged[-1] = ENTRY if ENTRY in (part, merged[-1]) else merged[-1] if merged[-1] in (HOME, TEMP, FOREIGN) else ANY
        else:
            merged.append(part)
    return Text(tuple(merged), path, anchored)


def literal(value: str) -> Text:
    """A string without holes."""
    return Text((value,) if value else ())


def hole(part: Hole) -> Text:
    """A text of which nothing is known but the kind of its hole."""
    return Text((part,))


def distinct(values: Iterable[Value]) -> Alternatives:
    """The values without duplicates, in order; summed up when they are too many."""
    found = tuple(dict.fromkeys(map(bounded, values)))
    return found if len(found) <= MAX_ALTERNATIVES else generalise(found)


def _size(group: Alternatives) -> int:
    return sum(value.size if isinstance(value, (Sequence, Mapping)) else 1 for value in group)


def bounded(value: Value) -> Value:
    """The value, or an unknown one in place of a collection too large to handle (shared parts count each time they are seen)."""
    if isinstance(value, (Sequence, Mapping)) and value.size > MAX_SIZE:
        return UNKNOWN
    return value


def generalise(values: Alternatives) -> Alternatives:
    """Fewer alternatives that cover all texts: one pattern of common prefix, hole and common suffix; other values become unknown."""
    texts = [value for value in values if isinstance(value, Text)]
    rest: Alternatives = OPEN if len(texts) < len(values) else ()
    if not texts:
        return rest
    prefix = _common([value.prefix for value in texts])
    shortest = min(len("".join(part for part in value.parts if isinstance(part, str))) for value in texts)
    suffix = _common([value.suffix[::-1] for value in texts])[::-1][max(0, len(prefix) - shortest) :]
    if len(prefix) + len(suffix) > shortest:
        suffix = ""
    one = text((prefix, ANY, suffix), path=texts[0].path, anchored=all(value.anchored for value in texts))
    return (one, *rest)


def _common(strings: list[str]) -> str:
    low, high = min(strings), max(strings)
    for index, char in enumerate(low):
        if char != high[index]:
            return low[:index]
    return low


def as_text(value: Value) -> Text:
    """What ``str(value)`` gives; a hole where that is not known."""
    if isinstance(value, Text):
        return value
    if isinstance(value, Number):
        return literal(str(value.value))
    if isinstance(value, Constant):
        return literal(value.name)
    if isinstance(value, Unknown) and value.entry:
        return hole(ENTRY)
    if value == ANY_NUMBER:
        return hole(STAR)
    return hole(ANY)


def items_of(value: Value) -> Alternatives:
    """What iterating over the value can give."""
    if isinstance(value, Sequence):
        return distinct([item for group in value.items for item in group] + list(value.more))
    if isinstance(value, Mapping):
        return distinct([key for keys, _ in value.items for key in keys] + (list(OPEN) if value.more else []))
    if (
        isinstance(value, Text)
        and not value.path
        and value.constant is not None
        and value.constant.isalnum()
        and len(value.constant) <= 26
    ):
        return distinct(literal(char) for char in value.constant)
    return (value,) if isinstance(value, Unknown) else OPEN


def is_none(value: Value) -> bool:
    """Whether it is ``None``."""
    return isinstance(value, Constant) and value.name == "None"
