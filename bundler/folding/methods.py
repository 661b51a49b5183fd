"""Methods and attributes of texts, paths and collections, as far as they fold."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.folding import formatting, pattern
from clustrix_bundle.bundler.folding.command_words import split_words
from clustrix_bundle.bundler.folding.value import (
    ANY,
    ENV,
    FOREIGN,
    HOME,
    OPEN,
    STAR,
    UNKNOWN,
    Alternatives,
    Constant,
    Hole,
    Mapping,
    Number,
    Sequence,
    Text,
    Value,
    as_text,
    distinct,
    hole,
    is_none,
    literal,
    text,
)

if TYPE_CHECKING:
    from clustrix_bundle.bundler.folding.arguments import Arguments


def path_attribute(value: Text, name: str) -> Alternatives | None:
    """``path.parent`` and its like; None if the attribute is none of them."""
    if name == "parent":
        return (pattern.parent(value),)
    if name == "parents":
        return (Sequence(_parents(value)),)
    if name == "name":
        return (pattern.basename(pattern.normal(value)),)
    if name == "stem":
        return (pattern.split_extension(pattern.basename(pattern.normal(value)))[0],)
    if name == "suffix":
        return (pattern.split_extension(value)[1],)
    if name == "parts":
        segments = pattern.split_segments(pattern.normal(value))
        return (Sequence(tuple((text(segment or ("/",)),) for segment in segments)),)
    if name in ("anchor", "root"):
        return (literal("/" if value.prefix.startswith("/") else ""),)
    if name in ("value", "_value_"):
        return (value,)
    return None


def _parents(value: Text) -> tuple[Alternatives, ...]:
    found: list[Alternatives] = []
    current = pattern.normal(value)
    for _ in range(32):
        above = pattern.parent(current)
        if above == current:
            break
        found.append((above,))
        current = above
    return tuple(found)


def call_text(value: Text, name: str, arguments: Arguments) -> Alternatives:
    """A method of a string or path called; unknown methods give an unknown value."""
    if name in _PATH_METHODS:
        return _PATH_METHODS[name](value, arguments)
    if name == "format":
        return formatting.brace(
            value, arguments.positional, arguments.keywords, more=bool(arguments.more or arguments.open_keywords)
        )
    if name == "format_map" and arguments.positional:
        return formatting.brace(value, [], _by_name(arguments.positional[0]), more=False)
    if name in ("substitute", "safe_substitute"):
        return formatting.dollar(value, _by_name(arguments.get(0) or ()) | arguments.keywords)
    if name == "join":
        return formatting.join(value, arguments.get(0) or OPEN)
    if name in _STRING_METHODS:
        return _string_method(value, name, arguments)
    return OPEN


def _by_name(group: Alternatives) -> dict[str, Alternatives]:
    """The values of mappings by their keys."""
    return {
        key.constant: values
        for mapping in group
        if isinstance(mapping, Mapping)
        for keys, values in mapping.items
        for key in keys
        if isinstance(key, Text) and key.constant is not None
    }


_STRING_METHODS = frozenset(
    [
        "upper",
        "lower",
        "title",
        "capitalize",
        "casefold",
        "swapcase",
        "strip",
        "lstrip",
        "rstrip",
        "replace",
        "split",
        "rsplit",
        "partition",
        "rpartition",
        "removeprefix",
        "removesuffix",
        "zfill",
        "ljust",
        "rjust",
        "center",
        "expandtabs",
        "splitlines",
        "encode",
        "decode",
        "translate",
        "startswith",
        "endswith",
    ]
)
_KEEPING = frozenset(["strip", "lstrip", "rstrip", "expandtabs", "encode", "decode"])
_PARTWISE = frozenset(["upper", "lower", "casefold", "swapcase"])


def _string_method(value: Text, name: str, arguments: Arguments) -> Alternatives:
    if name in ("encode", "decode"):
        return (value,)
    if value.constant is None:
        if name in _PARTWISE:
            return (value.with_parts(getattr(part, name)() if isinstance(part, str) else part for part in value.parts),)
        if name in _KEEPING:
            return (value, hole(ANY)) if arguments.positional else (value,)
        if name == "replace" and len(arguments.positional) == 2:
            return _replace(value, arguments)
        if name in ("split", "rsplit", "splitlines", "partition", "rpartition"):
            return _split_with_holes(value, name, arguments)
        if name in {"removeprefix", "removesuffix"}:
            return _remove(value, name, arguments)
        return OPEN
    if arguments.more or arguments.keywords.keys() - {"maxsplit", "sep"}:
        return OPEN
    given: list[object] = []
    for group in arguments.positional:
        plain = _plain(group[0]) if len(group) == 1 else UNKNOWN
        if plain is UNKNOWN:
            return OPEN
        given.append(plain)
    keywords = {key: _plain(group[0]) if len(group) == 1 else UNKNOWN for key, group in arguments.keywords.items()}
    if UNKNOWN in keywords.values() or any(isinstance(one, int) and one > 4096 for one in given):
        return OPEN
    try:
        result = getattr(value.constant, name)(*given, **keywords)
    except (TypeError, ValueError, AttributeError, OverflowError):
        return OPEN
    return _value(result, value)


def _plain(value: Value) -> object:
    if isinstance(value, Text) and value.constant is not None:
        return value.constant
    if isinstance(value, Number):
        return value.value
    return None if is_none(value) else UNKNOWN


def _value(result: object, source: Text) -> Alternatives:
    if isinstance(result, str):
        return (source.with_parts((result,)) if len(result) < 65536 else hole(ANY),)
    if isinstance(result, bool):
        return (Constant(str(result)),)
    if isinstance(result, (list, tuple)):
        items = tuple(_value(item, Text((), anchored=source.anchored)) for item in result[:2048])
        return (Sequence(items, OPEN if len(result) > 2048 else ()),)
    return OPEN


def _replace(value: Text, arguments: Arguments) -> Alternatives:
    old, new = (group[0] if len(group) == 1 else UNKNOWN for group in arguments.positional)
    if not (isinstance(old, Text) and old.constant and isinstance(new, Text) and new.constant is not None):
        return (hole(ANY),)
    before, after = old.constant, new.constant
    return (value.with_parts(part.replace(before, after) if isinstance(part, str) else part for part in value.parts),)


def _split_with_holes(value: Text, name: str, arguments: Arguments) -> Alternatives:
    separator = arguments.get(0, "sep")
    first = separator[0] if separator and len(separator) == 1 else None
    if separator is None and name == "split" and not arguments.keywords:
        return (Sequence(tuple((word,) for word in split_words(value))),)
    if not (isinstance(first, Text) and first.constant):
        return (Sequence((), (hole(ANY),)),)
    mark = first.constant
    before = value.prefix.partition(mark)
    after = value.suffix.rpartition(mark)
    items: list[Alternatives] = []
    if before[1] and name in ("split", "partition"):
        items.append((value.with_parts((before[0],)),))
        return (Sequence(tuple(items), (hole(ANY),)),)
    if after[1] and name in ("rsplit", "rpartition"):
        cut = len(value.suffix) - len(after[0])
        rest = value.with_parts((*value.parts[:-1], value.suffix[: len(value.suffix) - cut]))
        tail = literal(after[2])
        middle: list[Alternatives] = [(literal(mark),)] if name == "rpartition" else []
        return (Sequence(((rest,), *middle, (tail,))),)
    return (Sequence((), (hole(ANY),)),)


def _remove(value: Text, name: str, arguments: Arguments) -> Alternatives:
    group = arguments.get(0) or OPEN
    affix = group[0] if len(group) == 1 else UNKNOWN
    if not (isinstance(affix, Text) and affix.constant):
        return (hole(ANY),)
    if name == "removeprefix" and value.prefix:
        return (value.with_parts((value.prefix.removeprefix(affix.constant), *value.parts[1:])),)
    if name == "removesuffix" and value.suffix:
        return (value.with_parts((*value.parts[:-1], value.suffix.removesuffix(affix.constant))),)
    return (hole(ANY),)


def _joinpath(value: Text, arguments: Arguments) -> Alternatives:
    found: list[Text] = [Text(value.parts, path=True, anchored=value.anchored)]
    for group in arguments.positional:
        found = [pattern.join(one, as_text(other)) for one in found[:256] for other in group[:256]]
    if arguments.more:
        found += [pattern.join(one, as_text(other)) for one in found[:256] for other in arguments.more[:256]]
        found += [pattern.join(one, hole(ANY)) for one in found[:256]]
    return distinct(found)


def _with_name(value: Text, arguments: Arguments) -> Alternatives:
    above = pattern.parent(value)
    return distinct(pattern.join(above, as_text(one)) for one in arguments.get(0, "name") or OPEN)


def _with_suffix(value: Text, arguments: Arguments) -> Alternatives:
    stem, _ = pattern.split_extension(value)
    return distinct(stem.with_parts((*stem.parts, *as_text(one).parts)) for one in arguments.get(0, "suffix") or OPEN)


def _with_stem(value: Text, arguments: Arguments) -> Alternatives:
    above = pattern.parent(value)
    _, extension = pattern.split_extension(value)
    return distinct(
        pattern.join(above, text((*as_text(one).parts, *extension.parts))) for one in arguments.get(0, "stem") or OPEN
    )


def _glob(value: Text, arguments: Arguments, *, deep: bool) -> Alternatives:
    found: list[Value] = []
    for one in arguments.get(0, "pattern") or OPEN:
        name = pattern.from_glob(as_text(one))
        if deep:
            name = text((pattern.DEEP, "/", *name.parts))
        joined = pattern.join(value, name)
        found.append(Text(joined.parts, path=True, anchored=value.anchored))
    return (Sequence((), distinct(found)),)


def _listed(value: Text, _arguments: Arguments) -> Alternatives:
    entry = pattern.join(value, hole(STAR))
    return (Sequence((), (Text(entry.parts, path=True, anchored=value.anchored),)),)


def expand_user(value: Text) -> Text:
    """``os.path.expanduser``: a leading ``~`` is a folder outside the project."""
    if value.prefix.startswith("~"):
        name, slash, rest = value.prefix.partition("/")
        return Text(text((HOME if name == "~" else FOREIGN, slash + rest, *value.parts[1:])).parts, value.path)
    return value


def expand_variables(value: Text) -> Text:
    """``os.path.expandvars``: ``$NAME`` and ``${NAME}`` are holes."""
    parts: list[str | Hole] = []
    for part in value.parts:
        if not isinstance(part, str) or "$" not in part:
            parts.append(part)
            continue
        pieces = re.split(r"\$(?:\w+|\{[^}]*\})", part)
        for index, piece in enumerate(pieces):
            parts += [ENV, piece] if index else [piece]
    return value.with_parts(parts)


def _relative_to(value: Text, arguments: Arguments) -> Alternatives:
    found: list[Value] = []
    for other in arguments.get(0, "other") or OPEN:
        base = as_text(other).constant
        if value.constant is not None and base is not None:
            found.append(
                Text(literal(posixpath.relpath(value.constant, base)).parts, value.path)
                if _same_kind(value.constant, base)
                else hole(ANY)
            )
        elif base is not None and value.prefix.startswith(base.rstrip("/") + "/"):
            found.append(text((value.prefix[len(base.rstrip("/")) + 1 :], *value.parts[1:]), path=value.path))
        else:
            found.append(hole(ANY))
    return distinct(found)


def _same_kind(first: str, second: str) -> bool:
    return first.startswith("/") == second.startswith("/")


def _same(value: Text, _arguments: Arguments) -> Alternatives:
    return (pattern.normal(value),)


def _itself(value: Text, _arguments: Arguments) -> Alternatives:
    return (value,)


def _as_string(value: Text, _arguments: Arguments) -> Alternatives:
    return (Text(value.parts, path=False, anchored=value.anchored),)


_PATH_METHODS: dict[str, Callable[[Text, Arguments], Alternatives]] = {
    "joinpath": _joinpath,
    "__truediv__": _joinpath,
    "with_name": _with_name,
    "with_suffix": _with_suffix,
    "with_stem": _with_stem,
    "resolve": _same,
    "absolute": _same,
    "readlink": _itself,
    "expanduser": lambda value, _arguments: (expand_user(value),),
    "as_posix": _as_string,
    "__str__": _as_string,
    "__fspath__": _as_string,
    "glob": lambda value, arguments: _glob(value, arguments, deep=False),
    "rglob": lambda value, arguments: _glob(value, arguments, deep=True),
    "iterdir": _listed,
    "walk": lambda value, _arguments: walked(value),
    "relative_to": _relative_to,
    "__enter__": _itself,
}


def walked(value: Text) -> Alternatives:
    """What ``os.walk(value)`` gives: triples of folder, names of folders, names of files."""
    below = pattern.join(value, hole(ANY))
    names = (Sequence((), (hole(STAR),)),)
    return (Sequence((), (Sequence(((value, below), names, names)),)),)
