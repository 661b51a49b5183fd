"""Name patterns: ``*``, ``?``, ``[abc]``, ``[a-z]``, ``[!abc]``. Written out, for `fnmatch` differs between Python versions.

A pattern means one name, never a path; case counts; a backslash is a character like others; a ``[`` without its ``]`` is
itself; a range that runs backwards holds nothing.
"""

import os
import re


def has_magic(pattern):
    """Whether the pattern can match another name than itself."""
    return "*" in pattern or "?" in pattern or "[" in pattern


def matcher(pattern):
    """A function that tells whether a name matches the pattern as a whole; a true value, not always a bool."""
    if pattern == "*":
        return _always
    if pattern[:1] == "*" and not has_magic(pattern[1:]):
        end = pattern[1:]
        return lambda name: name.endswith(end)
    return re.compile(_regex(pattern), re.DOTALL).match


def _always(_name):
    return True


def _regex(pattern):
    pieces = [""]  # what stands between the stars
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            if len(pieces) == 1 or pieces[-1]:
                pieces.append("")
        elif char == "?":
            pieces[-1] += "."
        elif char == "[":
            end = pattern.find("]", at + 2 if pattern[at : at + 1] == "!" else at + 1)
            if end < 0:
                pieces[-1] += r"\["
            else:
                pieces[-1] += _one_of(pattern[at:end])
                at = end + 1
        else:
            pieces[-1] += re.escape(char)
    if len(pieces) == 1:
        return pieces[0] + r"\Z"
    # Each piece is taken where it first fits, and no other place is tried: the lookahead commits to it. So the time is
    # the product of the lengths at the worst, never exponential.
    middle = "".join("(?=(?P<g{0}>.*?{1}))(?P=g{0})".format(n, piece) for n, piece in enumerate(pieces[1:-1]))
    return pieces[0] + middle + ".*" + pieces[-1] + r"\Z"


def _one_of(text):
    negated = text[0] == "!"
    members = text[1:] if negated else text
    items = ""
    at = 0
    while at < len(members):
        if members[at + 1 : at + 2] == "-" and at + 2 < len(members):
            if members[at] <= members[at + 2]:
                items += _escaped(members[at]) + "-" + _escaped(members[at + 2])
            at += 3
        else:
            items += _escaped(members[at])
            at += 1
    if not items:
        return "." if negated else "(?!)"
    return "[" + ("^" if negated else "") + items + "]"


def _escaped(char):
    return "\\" + char if char in "^-]\\[&~|" else char


def split_pattern(pattern):
    """(parts, folders only) of a glob pattern; neighbouring parts without magic make one part, ``**`` stands alone.

    Raises:
        ValueError: It is absolute, and so can't be relative to a folder.
    """
    if pattern.startswith("/"):
        raise ValueError("a glob pattern is relative to the folder it is used in: {!r}".format(pattern))
    parts: list = []
    literal = False
    for part in pattern.split("/"):
        if part in ("", "."):
            continue
        magic = has_magic(part)
        if part == "**" and parts and parts[-1] == "**":
            continue
        if literal and not magic:
            parts[-1] += "/" + part
        else:
            parts.append(part)
        literal = not magic
    return parts, pattern.endswith(("/", "/."))


def text_of(pattern):
    """The pattern as text.

    Raises:
        TypeError: It is neither text nor a path.
        ValueError: It holds a NUL, which no name does.
    """
    pattern = os.fspath(pattern)
    if not isinstance(pattern, str):
        raise TypeError("a pattern or path is a text, not {}".format(type(pattern).__name__))
    if "\0" in pattern:
        raise ValueError("embedded null character in {!r}".format(pattern))
    return pattern
