"""A source text without some of its module-level statements, every other one on its own lines.

Dropped statements become blank lines, or spaces where another statement shares the line; a block that loses all of its
statements gets a ``pass``. What remains parses to exactly the kept statements (and these ``pass``), each on its original lines and,
except after a dropped first statement of a ``;`` chain, in its original columns. Positions come from the parser through the facts,
so the text is cut exactly and nothing is written anew.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.facts.decode import declared_encoding, decode_source
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Statement

_COOKIE = compile_lazily(r"[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+|#!")  # PEP 263, and the first line of a program
_SEMICOLON = compile_lazily(r"(?:[ \t\f]|\\\n)*;")
_SPACE = compile_lazily(r"(?:[ \t\f]|\\\n)*")
_REST = compile_lazily(r"[ \t\f]*(#[^\n]*)?(?=\n|\Z)")
_BETWEEN = compile_lazily(r"(?:[ \t\f\n;]|\\\n|#[^\n]*)*")
_COMMENT = compile_lazily(r"#[^\n]*")


def without(source: bytes, path: str, statements: Sequence[Statement], kept: frozenset[int]) -> bytes:
    """The source with only the kept statements (a kept statement's ancestors are kept, in their headers)."""
    text = decode_source(source, path)
    blanking = _Blanking(text, statements, kept)
    blanking.run()
    encoding = declared_encoding(source, path)
    data = blanking.text().encode("utf-8" if encoding == "utf-8-sig" else encoding)
    return codecs.BOM_UTF8 + data if encoding == "utf-8-sig" else data


class _Blanking:
    """Marks characters of a text as gone and writes what is left."""

    def __init__(self, text: str, statements: Sequence[Statement], kept: frozenset[int]) -> None:
        self._text = text
        self._kept = kept
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self._starts = [self._offset(item.first_line, item.column) for item in statements]
        self._ends = [self._offset(item.end_line, item.end_column) for item in statements]
        self._children: dict[int, list[int]] = {}
        self._branches = [item.branch for item in statements]
        for number, item in enumerate(statements):
            self._children.setdefault(item.parent, []).append(number)
        self._erased = bytearray(len(text))  # 1: a space if something follows on the line; 2: nothing
        self._inserted: dict[int, str] = {}

    def _offset(self, line: int, column: int) -> int:
        return self._lines[line - 1] + column

    def run(self) -> None:
        """Marks everything that goes."""
        top = self._children.get(-1, [])
        self._comments(top)
        self._block(top, needs_statement=False)

    def text(self) -> str:
        """What is left, with as many lines as before."""
        out: list[str] = []
        for start, end in pairwise([*self._lines, len(self._text)]):
            line = self._line(start, end)
            out.append(line)
        return "".join(out)

    def _line(self, start: int, end: int) -> str:
        if not any(self._erased[start:end]) and not any(start <= position < end for position in self._inserted):
            return self._text[start:end]
        parts: list[str] = []
        for position in range(start, end):
            parts.append(self._inserted.get(position, ""))
            mark = self._erased[position]
            parts.append(self._text[position] if not mark or self._text[position] == "\n" else (" " if mark == 1 else ""))
        line = "".join(parts)
        newline = "\n" if line.endswith("\n") else ""
        erased_to_end = end - len(newline) > start and self._erased[end - len(newline) - 1] and not line.endswith("\\\n")
        return (line.rstrip() + newline) if erased_to_end or not line.strip() else line

    # -- blocks

    def _block(self, block: list[int], *, needs_statement: bool) -> None:
        kept = [number for number in block if number in self._kept]
        for chain in self._chains(block):
            self._chain(chain)
        if needs_statement and block and not kept and not self._text.startswith("elif", self._starts[block[0]]):
            self._inserted[self._starts[block[0]]] = "pass"
        for number in kept:
            for inner in self._blocks(self._children.get(number, [])):
                self._block(inner, needs_statement=True)

    def _blocks(self, children: list[int]) -> list[list[int]]:
        """The blocks of a compound statement: neighbours with nothing but space between them, in one branch."""
        blocks: list[list[int]] = []
        for number in children:
            before = blocks[-1][-1] if blocks else None
            joined = (
                before is not None
                and self._branches[before] == self._branches[number]
                and _BETWEEN.fullmatch(self._text, self._ends[before], self._starts[number])
            )
            if joined:
                blocks[-1].append(number)
            else:
                blocks.append([number])
        return blocks

    def _chains(self, block: list[int]) -> list[list[int]]:
        """The block's logical lines: statements joined by ``;``."""
        chains: list[list[int]] = []
        for number in block:
            if chains and self._follows(chains[-1][-1], number):
                chains[-1].append(number)
            else:
                chains.append([number])
        return chains

    def _follows(self, first: int, second: int) -> bool:
        match = _SEMICOLON.match(self._text, self._ends[first])
        if match is None:
            return False
        space = _SPACE.match(self._text, match.end())
        assert space is not None
        return space.end() == self._starts[second]

    def _chain(self, chain: list[int]) -> None:
        kept = [number for number in chain if number in self._kept]
        if len(kept) == len(chain):
            return
        if not kept:
            self._erase(self._starts[chain[0]], self._tail(chain[-1]))
            return
        start = self._starts[chain[0]]
        line_start = self._text.rfind("\n", 0, start) + 1
        first = 0
        if not self._text[line_start:start].strip():  # not after a header's colon
            first = chain.index(kept[0])
            self._lead(start, self._starts[kept[0]], self._text[line_start:start])
        for number in chain[first:]:
            if number not in self._kept:
                semicolon = _SEMICOLON.match(self._text, self._ends[number])
                self._erase(self._starts[number], self._ends[number])
                if number < kept[-1]:
                    self._continue(self._starts[number], self._ends[number])
                if semicolon is not None:
                    self._erase(semicolon.end() - 1, semicolon.end())

    def _lead(self, start: int, kept: int, indentation: str) -> None:
        """Moves a kept statement to where its chain starts, as dropped ones stood before it."""
        self._erase(start, kept)
        own_line = self._text.rfind("\n", 0, kept) + 1
        from_here = max(start, own_line)
        self._erased[from_here:kept] = bytes([2]) * (kept - from_here)
        if own_line > start:
            self._inserted[kept] = indentation

    def _continue(self, start: int, end: int) -> None:
        """Lines of a dropped statement go on: a kept one follows on the same logical line."""
        position = self._text.find("\n", start, end)
        while position >= 0:
            self._inserted[position] = "\\"
            position = self._text.find("\n", position + 1, end)

    def _tail(self, number: int) -> int:
        """The end of a dropped logical line: its last ``;`` and a comment beside it go too."""
        end = self._ends[number]
        semicolon = _SEMICOLON.match(self._text, end)
        if semicolon is not None:
            end = semicolon.end()
        rest = _REST.match(self._text, end)
        return rest.end() if rest is not None else end

    def _erase(self, start: int, end: int) -> None:
        self._erased[start:end] = b"\1" * (end - start)

    def _comments(self, top: list[int]) -> None:
        """Comments that stand by themselves between top-level statements go, but for the first two lines' cookie."""
        position = 0
        for number in [*top, None]:
            end = self._starts[number] if number is not None else len(self._text)
            for comment in _COMMENT.finditer(self._text, position, end):
                line_start = self._text.rfind("\n", 0, comment.start()) + 1
                alone = not self._text[line_start : comment.start()].strip()
                is_cookie = line_start < (self._lines[2] if len(self._lines) > 2 else len(self._text) + 1) and _COOKIE.match(
                    self._text, line_start
                )
                if alone and not is_cookie:
                    self._erase(comment.start(), comment.end())
            if number is not None:
                position = self._ends[number]
