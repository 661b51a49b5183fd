"""Structure-aware mutation of Python source: cuts at brackets, lines and words, so that much of what comes out still parses."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

TOKENS = (
    b"(", b")", b"[", b"]", b"{", b"}", b":", b",", b";", b"=", b":=", b"*", b"**", b"@", b"'", b'"', b'"""', b"f'", b"t'", b"\\", b"#", b"\n", b"\r", b"\r\n",
    b"\f", b"\t", b" ", b"\0", b"\xff", b"\xef\xbb\xbf", b"lambda ", b"await ", b"async ", b"yield ", b"not ", b"match ", b"case ", b"type ", b"class ",
    b"def f(", b"if ", b"else ", b"for ", b"in ", b"with ", b"as ", b"del ", b"global ", b"nonlocal ", b"import ", b"from ", b"# coding: latin-1\n",
    b"# coding: latin-1 \xe9\n", b"\\\n", b"...", b"->", b"!r", b"{{", b"}}", b"\\N{BULLET}", b"\\ud800", b"\xf0\x9f\x98\x80", b"__class__", b"except* ", b"0x", b"1_0", b"rb'",
)  # fmt: skip
LINES = (
    b"with (a as b, c):\n    pass", b"match a:\n    case [b, *c] if d: e", b"type A[T: b = c] = d", b"x = f'{a!r:>{b}}' 'c'", b"def f(a, /, b=c, *d, e: g = 1, **h) -> i: return j",
    b"@a.b(c)[d]\nclass E[T](f, g=h): i = j", b"try: a\nexcept (B, C) as d: e\nelse: f\nfinally: g", b"a, *b = c = d, e", b"x: (y := z) = w", b"del a.b, c[d], (e, [f])",
    b"if TYPE_CHECKING: import a\nelif b: c\nelse: d", b"for a, (b, *c) in d: e\nelse: f", b"global g; g += 1", b"lambda *a, b=(yield): [c async for c in d if e]", b"from . import (a as b,)",
    b"async def f():\n    async with a as b, c: await d", b"# clustrix: include a/*.b", b"class A:\n    x = x\n    def f(self): return __class__, x", b"return *a, b", b"a[b:c, *d]",
    b"x = f'{a=}' f'{b=!r:{c}}' 'd'", b"x = f'{a[\"b\"]}{(lambda: c)()}' if d else u'\\u00e9'", b"x = ('a'\n     'b' % c, 'd'.join(e),\n     \"\"\"f\ng\"\"\")",
    b"def f(\n    a=b(c),\n    /,\n    d: e = g, *,\n    h,\n) -> i:\n    global j, k\n    j += k; del k", b"@a\n@b.c(\n    d)\nasync def e(): yield (await f)(g)[h].i",
    b"match a, b:\n    case {'c': d, **e} | F(g, h=[1, -2j]) as i if j:\n        k\n    case 'l' | None | m.n: pass\n    case (o as p), *_: q", b"if __name__ == '__main__': a()\nelif b: c = d\nelse: exit()",
    b"with suppress(ImportError), a(\n) as (b): from c.d import e as f, g", b"def f():\n    def g():\n        nonlocal h\n        h = i\n    h = j\n    return g", b"import a.b, c.d as e; from .f import *",
    b"[a for b in c if (d := b) for e in d], {f: g for f, g in h}, {*i, j}, (k async for k in l)", b"x.y[z](w)(*a, **b).c = d, *e = [f, *g]", b"not a < b <= c is not d in e and f or -g ** ~h @ i // j",
    b"class A[**P, *T](B, metaclass=C, **D):\n    'doc'\n    global E\n    E: F\n    G = E[0, ...]", b"while a:\n    if b: break\n    else: continue\nelse: raise C from d\nassert e, f'{g!a}'",
    b"x = \\\n    a + \\\n    b", b"try: import a\nexcept ImportError: a = None\nelse: return e", b"try: a\nexcept* (B, C) as d: e\nfinally: raise", b"for a.b, c[d] in e: f = lambda *, g=h, **i: (yield from j)", b"(a := b); c: d; e = g = h",
    b"#clustrix: ignore\nimport_module(f'{a}.b')  # clustrix:  include  c d ", b"if not TYPE_CHECKING and a: import b\nif typing.TYPE_CHECKING: import c",
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


def mutated(source: bytes, choice: random.Random, most: int = 4) -> bytes:
    """One to so many mutations of a source."""
    for _ in range(choice.randint(1, most)):
        source = choice.choice(MUTATIONS)(source, choice)
    return source
