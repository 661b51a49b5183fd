"""The libcst extractor: facts of a text, read from libcst's tree. Importing this imports libcst (0.3 s)."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING

import libcst as cst
from clustrix_bundle.bundler.facts.expression_walk import EXPRESSIONS
from clustrix_bundle.bundler.facts.literals import LiteralError
from clustrix_bundle.bundler.facts.model import Directive, ModuleFacts
from clustrix_bundle.bundler.facts.pattern_walk import PATTERNS
from clustrix_bundle.bundler.facts.statement_walk import STATEMENTS, visit_block
from clustrix_bundle.bundler.facts.walk import UnknownSyntaxError, Visitors, Walk
from clustrix_bundle.bundler.lazy_pattern import compile_lazily
from libcst import CSTLogicError, CSTValidationError

if TYPE_CHECKING:
    import re

    from clustrix_bundle.bundler.facts.lexical import Lexical

_VISITORS: Visitors = {**EXPRESSIONS, **STATEMENTS, **PATTERNS}
_ASYNC_AT_END = compile_lazily(r"\basync[ \t\f]*(?:#[^\n]*)?\\?\n")
_KEYWORD_AND_LAMBDA = compile_lazily(rf"\b({'|'.join(keyword.kwlist)})\([(\s]*lambda\b")
_DIRECTIVE = compile_lazily(r"#[ \t]*clustrix:[ \t]*([^ \t]+)[ \t]*(.*)")


class UnparsableError(Exception):
    """The parser's words, and its line (0 where it gives none)."""

    def __init__(self, words: str, line: int = 0) -> None:
        super().__init__(words, line)
        self.words = words
        self.line = line


def read_facts(text: str, lexical: Lexical) -> ModuleFacts:
    r"""The facts of a text whose lines end in ``\n``, already scanned.

    Raises:
        UnparsableError: libcst does not read it.
    """
    try:
        module = _parsed(text)
        walk = Walk(module, text, lexical, _VISITORS)
        visit_block(walk, module.body)
    except cst.ParserSyntaxError as error:
        raise UnparsableError(error.message, error.raw_line) from None
    except (CSTLogicError, CSTValidationError, LiteralError) as error:
        raise UnparsableError(str(error)) from None
    except UnknownSyntaxError as error:
        kind, line = error.args
        raise UnparsableError(f"this syntax is newer than the analysis ({kind})", line) from None
    except (RecursionError, MemoryError):
        raise UnparsableError("nests too deeply to be read") from None
    if lexical.deep_brackets_line:
        walk.feature("deep_brackets", lexical.deep_brackets_line)
    return walk.facts(_directives(lexical))


def _parsed(text: str) -> cst.Module:
    """The tree.

    Raises:
        UnparsableError: libcst refuses it, or fails on it with an error of its own.
    """
    try:
        return cst.parse_module(text)
    except AttributeError:
        raise UnparsableError("'async' cannot be read where it ends a line", _line(_ASYNC_AT_END.search(text), text)) from None
    except TypeError:
        found = _KEYWORD_AND_LAMBDA.search(text)
        words = f"a space is needed between '{found[1] if found else 'a keyword'}' and the bracket before 'lambda'"
        raise UnparsableError(words, _line(found, text)) from None


def _line(found: re.Match[str] | None, text: str) -> int:
    return text.count("\n", 0, found.start()) + 1 if found else 0


def _directives(lexical: Lexical) -> list[Directive]:
    matches = ((_DIRECTIVE.match(comment.text), comment.line) for comment in lexical.comments)
    return [Directive(match[1], match[2].rstrip(" \t"), line) for match, line in matches if match]
