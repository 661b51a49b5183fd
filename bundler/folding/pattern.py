"""Texts with holes as paths and as patterns: joining, climbing, matching.

The operations are those of `posixpath` and `pathlib.PurePosixPath` on the literal parts; a hole counts as part of a name until a
literal slash ends it. Where a hole could hide a slash that matters (``dirname`` of ``a/<hole>``), the nearest certain answer is given
besides a hole.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath

from clustrix_bundle.bundler.folding.value import ANY, FOREIGN, HOME, STAR, TEMP, Hole, Part, Text, literal, text

OUTSIDE = (HOME, TEMP, FOREIGN)
"""Holes that stand for folders outside the project."""


def split_segments(value: Text) -> list[tuple[Part, ...]]:
    """Parts between slashes: ``("/a/", hole, ".csv")`` gives ``[(), ("a",), (hole, ".csv")]``."""
    segments: list[list[Part]] = [[]]
    for part in value.parts:
        if isinstance(part, Hole):
            segments[-1].append(part)
            continue
        first, *rest = part.split("/")
        if first:
            segments[-1].append(first)
        segments.extend([name] if name else [] for name in rest)
    return [tuple(segment) for segment in segments]


def join_segments(value: Text, segments: list[tuple[Part, ...]]) -> Text:
    """The inverse of `split_segments`, with the marks of ``value``."""
    parts: list[Part] = []
    for index, segment in enumerate(segments):
        if index:
            parts.append("/")
        parts.extend(segment)
    return text(parts, path=value.path, anchored=value.anchored)


def is_absolute(value: Text) -> bool:
    """Whether the path starts at the root, or at a folder outside the project."""
    return value.prefix.startswith("/") or bool(value.parts and value.parts[0] in OUTSIDE)


def join(first: Text, *rest: Text) -> Text:
    """``os.path.join``: an absolute part starts anew."""
    result = first
    for other in rest:
        path = result.path or other.path
        if is_absolute(other):
            result = Text(other.parts, path, other.anchored)
        elif result.constant in ("", ".") or not result.parts:
            result = Text(other.parts, path, result.anchored or other.anchored)
        elif not other.parts:
            slash = "" if path or result.suffix.endswith("/") else "/"
            result = text((*result.parts, slash), path=path, anchored=result.anchored)
        else:
            slash = "" if result.suffix.endswith("/") else "/"
            result = text((*result.parts, slash, *other.parts), path=path, anchored=result.anchored)
    return spelled(result) if result.path else result


def spelled(path: Text) -> Text:
    """A constant path as pathlib writes it: without ``.`` parts, doubled and trailing slashes."""
    constant = path.constant
    return path if constant is None else path.with_parts((str(PurePosixPath(constant)),))


def normal(value: Text) -> Text:
    """``os.path.normpath``, as far as holes let ``..`` be resolved: empty and ``.`` segments go, ``name/..`` too."""
    segments = split_segments(value)
    absolute = segments[0] == () and len(segments) > 1
    kept: list[tuple[Part, ...]] = []
    for segment in segments:
        if segment in ((), (".",)):
            continue
        if segment == ("..",) and kept and kept[-1] != ("..",):
            kept.pop()
        elif segment == ("..",) and absolute and not kept:
            continue
        else:
            kept.append(segment)
    result = join_segments(value, [(), *kept] if absolute else kept)
    return result if result.parts else value.with_parts(("/",) if absolute else (".",))


def parent(value: Text) -> Text:
    """``Path.parent``: without the last segment; of ``.`` it is ``..``, as the working directory has a parent."""
    value = normal(value)
    segments = split_segments(value)
    if segments[-1] in ((".",), ("..",)):
        return normal(join(value, literal("..")))
    if len(segments) == 1:
        return value.with_parts(value.parts if value.parts and value.parts[0] in OUTSIDE else (".",))
    return normal(join_segments(value, segments[:-1] if len(segments) > 2 or segments[0] else [(), ()]))


def dirname(value: Text) -> Text:
    """``os.path.dirname``: up to the last slash."""
    constant = value.constant
    if constant is not None:
        return value.with_parts((posixpath.dirname(constant),))
    segments = split_segments(value)
    if len(segments) == 1:
        return value.with_parts((ANY,)) if segments[0] and segments[0][0] not in OUTSIDE else value
    return join_segments(value, segments[:-1] if len(segments) > 2 or segments[0] else [(), ()])


def basename(value: Text) -> Text:
    """``os.path.basename``: the last segment, a plain string."""
    return Text(()).with_parts(split_segments(value)[-1])


def split_extension(value: Text) -> tuple[Text, Text]:
    """``os.path.splitext``: a hole at the end may hide an extension."""
    constant = value.constant
    if constant is not None:
        root, ending = posixpath.splitext(constant)
        return value.with_parts((root,)), literal(ending)
    last = split_segments(value)[-1]
    tail = last[-1] if last else ""
    if isinstance(tail, Hole):
        return value, literal("").with_parts((STAR,))
    stem, dot, extension = tail.rpartition(".")
    if not dot or (not stem and len(last) == 1):
        return value, literal("")
    return value.with_parts((*value.parts[:-1], value.suffix[: -len(extension) - 1])), literal(dot + extension)


def expression(value: Text, *, separator: str = "/", deep: tuple[int, ...] = ()) -> re.Pattern[str]:
    """A pattern that matches what the text can be: holes match without the separator, those whose index is in ``deep`` with it."""
    pieces: list[str] = []
    for index, part in enumerate(value.parts):
        if isinstance(part, str):
            pieces.append(re.escape(part))
        elif index in deep:
            pieces.append(".*")
        else:
            pieces.append(f"[^{re.escape(separator)}]*")
    return re.compile("".join(pieces), re.DOTALL)


def matches(value: Text, concrete: str) -> bool:
    """Whether the text can be ``concrete``, whatever its holes hold."""
    holes = tuple(index for index, part in enumerate(value.parts) if isinstance(part, Hole) and part != STAR)
    return expression(value, deep=holes).fullmatch(concrete) is not None


def from_glob(pattern: Text) -> Text:
    """A glob pattern's wildcards as holes: ``*``, ``?`` and ``[…]`` within a segment, ``**`` across.

    A character that glob.escape put in brackets (``[*]``) is itself.
    """
    parts: list[Part] = []
    for part in pattern.parts:
        if isinstance(part, Hole):
            parts.append(part)
            continue
        position = 0
        for found in re.finditer(r"\*\*/|\*+|\?|\[[!^]?\]?[^\]/]*\]", part):
            parts.append(part[position : found.start()])
            position = found.end()
            wildcard = found.group()
            if wildcard in ("[*]", "[?]", "[[]"):
                parts.append(wildcard[1])
            elif wildcard == "**/":
                parts += [DEEP, "/"]
            else:
                parts.append(DEEP if wildcard == "**" else STAR)
        parts.append(part[position:])
    return pattern.with_parts(parts)


DEEP = Hole("deep")
"""Any number of folders: ``**``."""


def has_literal(value: Text) -> bool:
    """Whether some literal part says more than separators and dots."""
    return any(isinstance(part, str) and re.search(r"\w", part) for part in value.parts)
