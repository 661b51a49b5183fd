"""What has to be known of a source text before it is parsed: brackets, indentation and comments.

Parsers recurse where brackets nest. CPython refuses more than 200 open brackets and 99 levels of indentation in its
tokenizer (``MAXLEVEL`` and ``MAXINDENT``), so no such file can run anywhere, and none reaches our parsers. This scan knows strings,
f-strings and comments, and nothing else of the grammar; what is malformed it leaves to the parser.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.facts.chains import MAX_CHAIN, MAX_ELIFS, MAX_PATTERN_BRACKETS, MAX_RIGHT, Chains
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

MAX_BRACKETS = 200
MAX_INDENTS = 99
DEEP_BRACKETS = 92
"""Python 3.8 and older refuse more open brackets than this."""

_CODE = compile_lazily(
    r"""(?P<quoted>(?<!\w)(?P<prefix>\w*)(?P<quote>'''|\"\"\"|'|"))|(?P<comment>\#[^\n]*)|(?P<newline>\n)"""
    r"""|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<colon>:)|(?P<escape>\\\n?)|(?P<separator>[,;])"""
    r"""|(?P<operator>[-+*/%@&|^~<>=!.]+|\b(?:not|lambda|if|else|await|and|or|in|is)\b)""",
    re.VERBOSE,
)
_PLAIN_ENDS = {
    "'": compile_lazily(r"[^'\\\n]*(?:\\.[^'\\\n]*)*'", re.DOTALL),
    '"': compile_lazily(r'[^"\\\n]*(?:\\.[^"\\\n]*)*"', re.DOTALL),
    "'''": compile_lazily(r"[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''", re.DOTALL),
    '"""': compile_lazily(r'[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""', re.DOTALL),
}
_TEMPLATE = {
    (quote, raw): compile_lazily(
        rf"(?P<end>{quote})|(?P<double>\{{\{{|\}}\}})|(?P<open>\{{)|(?P<close>\}})"
        + (r"|(?P<escape>\\(?:[^{}]|(?=[{}])))" if raw else r"|(?P<escape>\\N\{[^}\n]*\}|\\(?:[^{}]|(?=[{}])))")
        + (r"|(?P<newline>\n)" if len(quote) == 1 else r"|(?P<newline>(?!))"),
        re.DOTALL,
    )
    for quote in _PLAIN_ENDS
    for raw in (False, True)
}
_INDENT = compile_lazily(r"[ \t\f]*")
_CASE = compile_lazily(r"case\b(?!\s*[=.,:)])")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its ``#``; line from 1, column in code points from 0."""

    text: str
    line: int
    column: int


@dataclass(slots=True)
class Lexical:
    """What the scan saw: all comments, and the line of the 93rd open bracket (0 where there is none)."""

    comments: list[Comment] = field(default_factory=list)
    deep_brackets_line: int = 0


@dataclass(slots=True)
class _Template:
    """An f-string or t-string that is open: how it ends, and the brackets open in its current field."""

    pattern: re.Pattern[str]
    fields: list[int] = field(default_factory=list)
    in_spec: bool = False


class _Scan:
    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.found = Lexical()
        self.open = 0
        self.templates: list[_Template] = []
        self.indents = [0]
        self.elifs = [0]  # in a row, at each indentation
        self.in_case = False
        self.chains = Chains()

    def line(self, offset: int) -> int:
        return bisect_right(self.starts, offset)

    def run(self) -> Lexical:
        position = self.logical_line(0)
        while 0 <= position < len(self.text):
            template = self.templates[-1] if self.templates else None
            position = (
                self.in_code(position, template)
                if template is None or not self.in_text(template)
                else self.in_template(position, template)
            )
        return self.found

    @staticmethod
    def in_text(template: _Template) -> bool:
        """Whether the scan stands in the literal text of the template or of a format spec, not in a field."""
        return not template.fields or template.in_spec

    def in_code(self, position: int, template: _Template | None) -> int:
        """Past the next token that matters; -1 where the rest is malformed."""
        match = _CODE.search(self.text, position)
        if match is None:
            return -1
        kind, end = match.lastgroup, match.end()
        if kind == "quoted":
            return self.string(match["prefix"].lower(), match["quote"], end)
        if kind == "comment":
            line = self.line(match.start())
            self.found.comments.append(Comment(match[0], line, match.start() - self.starts[line - 1]))
        elif kind == "operator":
            self.nested(match[0], match.start())
        elif kind == "separator":
            self.chains.separated()
        elif kind == "open":
            self.nested(match[0], match.start())
            self.opened(match.start())
            if template is not None:
                template.fields[-1] += 1
        elif kind == "close":
            self.closed()
            if template is not None:
                if template.fields[-1]:
                    template.fields[-1] -= 1
                else:
                    template.fields.pop()
                    template.in_spec = bool(template.fields)
            elif self.open < 0:
                return -1
        elif kind == "colon":
            self.chains.colon()
            if template is not None and not template.fields[-1]:
                template.in_spec = True
        elif kind == "newline" and not self.open:
            self.chains.separated()
            return self.logical_line(end)
        return end

    def string(self, prefix: str, quote: str, position: int) -> int:
        """Past the string whose opening quote ends at ``position``, or into it if it is a template."""
        raw = "r" in prefix
        if prefix in {"f", "t", "fr", "rf", "tr", "rt"}:
            self.templates.append(_Template(_TEMPLATE[quote, raw]))
            return position
        match = _PLAIN_ENDS[quote].match(self.text, position)
        return match.end() if match else -1

    def in_template(self, position: int, template: _Template) -> int:
        match = template.pattern.search(self.text, position)
        if match is None:
            return -1
        kind, start, end = match.lastgroup, match.start(), match.end()
        if kind == "newline":
            return -1
        if kind == "end":
            if template.fields:  # the quote of a single-quoted string in its own format spec: unterminated
                return -1
            self.templates.pop()
        elif kind == "open" or (kind == "double" and template.in_spec and match[0] == "{{"):
            self.opened(start)
            template.fields.append(0)
            template.in_spec = False
            return start + 1
        elif kind in {"close", "double"} and template.in_spec:
            self.closed()
            template.fields.pop()
            template.in_spec = bool(template.fields)
            return start + 1
        return end

    def nested(self, token: str, offset: int) -> None:
        if not self.chains.operator(token, self.text, offset):
            raise SourceError(
                f"more than {MAX_CHAIN} operators ({MAX_RIGHT} that nest to the right) stand in one expression, too many to be read "
                "(remedy: build the value in steps)",
                self.path,
                self.line(offset),
            )

    def closed(self) -> None:
        self.open -= 1
        self.chains.closed()

    def opened(self, offset: int) -> None:
        self.open += 1
        self.chains.opened()
        if self.in_case and self.open > MAX_PATTERN_BRACKETS:
            raise SourceError(
                f"more than {MAX_PATTERN_BRACKETS} brackets are open at once in a case, too many to be read (remedy: match in steps)",
                self.path,
                self.line(offset),
            )
        if self.open > MAX_BRACKETS:
            raise SourceError(
                f"more than {MAX_BRACKETS} brackets are open at once, which no Python reads (remedy: build the value in steps)",
                self.path,
                self.line(offset),
            )
        if self.open == DEEP_BRACKETS + 1 and not self.templates and not self.found.deep_brackets_line:
            self.found.deep_brackets_line = self.line(offset)

    def logical_line(self, position: int) -> int:
        """Measures the indentation of the line that starts at ``position``: tabs fill to 8, a form feed starts anew."""
        match = _INDENT.match(self.text, position)
        assert match is not None
        end = match.end()
        if self.text[end : end + 1] in {"", "\n", "#", "\\"}:
            return end
        width = len(match[0].rpartition("\f")[2].expandtabs(8))
        while width < self.indents[-1]:
            self.indents.pop()
            self.elifs.pop()
        if width > self.indents[-1]:
            self.indents.append(width)
            self.elifs.append(0)
            if len(self.indents) > MAX_INDENTS + 1:
                raise SourceError(
                    f"more than {MAX_INDENTS} levels of indentation, which no Python reads (remedy: move inner blocks to functions)",
                    self.path,
                    self.line(position),
                )
        self.statement(end)
        return end

    def statement(self, start: int) -> None:
        """Looks at the first word of a line: libcst takes very long for what has a bound here."""
        self.in_case = _CASE.match(self.text, start) is not None
        self.elifs[-1] = self.elifs[-1] + 1 if self.text.startswith("elif", start) else 0
        if self.elifs[-1] > MAX_ELIFS:
            raise SourceError(
                f"more than {MAX_ELIFS} branches of one if, too many to be read (remedy: look them up in a dict)",
                self.path,
                self.line(start),
            )


def scan(text: str, path: str) -> Lexical:
    r"""Reads brackets and comments of a text whose lines end in ``\n``.

    Raises:
        SourceError: brackets or indentation nest deeper than any Python reads.
    """
    return _Scan(text, path).run()
