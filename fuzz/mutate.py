"""Structure-aware mutation of Python source: cuts at brackets, lines and words, so that much of what comes out still parses."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

TOKENS = (
    b"(", b")", b"[", b"]", b"{", b"}", b":", b",", b";", b"=", b":=", b"*", b"**", b"@", b"'", b'"', b'"""', b"f'", b"t'", b"\\", b"#", b"\n", b"\r", b"\r\n",
    b"\f", b"\t", b" ", b"\0", b"\xff", b"\xef\xbb\xbf", b"lambda ", b"await ", b"async ", b"yield ", b"not ", b"match ", b"case ", b"type ", b"class ",
    b"def f(", b"if ", b"else ", b"for ", b"in ", b"with ", b"as ", b"del ", b"global ", b"nonlocal ", b"import ", b"from ", b"# coding: latin-1\n",
    b"\\\n", b"...", b"->", b"!r", b"{{", b"}}", b"\\N{BULLET}", b"\\ud800", b"\xf0\x9f\x98\x80", b"__class__", b"except* ", b"0x", b"1_0", b"rb'",
)  # fmt: skip
LINES = (
    b"with (a as b, c):\n    pass", b"match a:\n    case [b, *c] if d: e", b"type A[T: b = c] = d", b"x = f'{a!r:>{b}}' 'c'", b"def f(a, /, b=c, *d, e: g = 1, **h) -> i: return j",
    b"@a.b(c)[d]\nclass E[T](f, g=h): i = j", b"try: a\nexcept (B, C) as d: e\nelse: f\nfinally: g", b"a, *b = c = d, e", b"x: (y := z) = w", b"del a.b, c[d], (e, [f])",
    b"if TYPE_CHECKING: import a\nelif b: c\nelse: d", b"for a, (b, *c) in d: e\nelse: f", b"global g; g += 1", b"lambda *a, b=(yield): [c async for c in d if e]", b"from . import (a as b,)",
    b"async def f():\n    async with a as b, c: await d", b"# clustrix: include a/*.b", b"class A:\n    x = x\n    def f(self): return __class__, x", b"return *a, b", b"a[b:c, *d]",
)  # fmt: skip
WORD = re.compile(rb"[^\W\d]\w*")
BRACKETED = re.compile(rb"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|f?\"[^\"\n]*\"|f?'[^'\n]*'")


def _cut(data: bytes, choice: random.Random) -> bytes:
    at = choice.randrange(len(data) + 1)
    return data[:at] + data[at + choice.choice((1, 1, 3, 20, 200)) :]


def _insert(data: bytes, choice: random.Random) -> bytes:
    at = choice.randrange(len(data) + 1)
    return data[:at] + choice.choice(TOKENS) * choice.choice((1, 1, 1, 2, 250)) + data[at:]


def _replace(data: bytes, choice: random.Random) -> bytes:
    at = choice.randrange(len(data) + 1)
    return data[:at] + choice.choice(TOKENS) + data[at + choice.choice((1, 1, 3)) :]


def _copy(data: bytes, choice: random.Random) -> bytes:
    at, other = choice.randrange(len(data) + 1), choice.randrange(len(data) + 1)
    return data[:other] + data[at : at + choice.choice((3, 20, 200))] + data[other:]


def _line(data: bytes, choice: random.Random) -> bytes:
    """Puts a line of ours among the lines, at the depth of the one it comes before."""
    lines = data.split(b"\n")
    at = choice.randrange(len(lines))
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip(b" \t"))]
    lines[at:at] = [indent + line for line in choice.choice(LINES).split(b"\n")]
    return b"\n".join(lines)


def _move_lines(data: bytes, choice: random.Random) -> bytes:
    lines = data.split(b"\n")
    at, to = choice.randrange(len(lines)), choice.randrange(len(lines))
    end = at + choice.randint(1, 4)
    lines[at:end], moved = [], lines[at:end]
    lines[to:to] = moved
    return b"\n".join(lines)


def _indent(data: bytes, choice: random.Random) -> bytes:
    lines = data.split(b"\n")
    at = choice.randrange(len(lines))
    for number in range(at, min(len(lines), at + choice.randint(1, 6))):
        lines[number] = choice.choice((b"    ", b"\t", b" ")) + lines[number]
    head = choice.choice(
        (b"if a:", b"try:", b"class A:", b"def f():", b"while a:", b"with a:", b"for a in b:", b"else:", b"match a:")
    )
    depth = lines[at][: len(lines[at]) - len(lines[at].lstrip(b" \t"))]
    lines[at:at] = [depth[:-1] + head]
    return b"\n".join(lines)


def _word(data: bytes, choice: random.Random) -> bytes:
    """One name instead of another."""
    found = list(WORD.finditer(data))
    if not found:
        return data
    here, there = choice.choice(found), choice.choice(found)
    return data[: here.start()] + there.group() + data[here.end() :]


def _group(data: bytes, choice: random.Random) -> bytes:
    """A bracketed group or a string in place of another, or inside another's last item."""
    found = list(BRACKETED.finditer(data))
    if not found:
        return data
    here, there = choice.choice(found), choice.choice(found)
    form = choice.choice(
        (
            b"%s",
            b"(%s)",
            b"[%s for a in b]",
            b"-%s",
            b"f'{%s}'",
            b"(lambda a: %s)",
            b"(a if %s else b)",
            b"(c := %s)",
            b"*%s",
            b"await %s",
        )
    )
    return data[: here.start()] + form.replace(b"%s", there.group()) + data[here.end() :]


def _newlines(data: bytes, choice: random.Random) -> bytes:
    at = data.find(b"\n", choice.randrange(len(data) + 1))
    return (
        data if at < 0 else data[:at] + choice.choice((b"\r\n", b"\r", b"\n\n", b"\n\f", b"\\\n", b" #\n", b";")) + data[at + 1 :]
    )


MUTATIONS: Sequence[Callable[[bytes, random.Random], bytes]] = (
    _cut, _insert, _replace, _copy, _line, _line, _move_lines, _indent, _word, _word, _group, _group, _newlines,
)  # fmt: skip


def mutated(source: bytes, choice: random.Random) -> bytes:
    """One to four mutations of a source."""
    for _ in range(choice.randint(1, 4)):
        source = choice.choice(MUTATIONS)(source, choice)
    return source
