r"""The value of a string literal, by section 2.4.1 of the language reference.

`ast.literal_eval` would do, but it warns of invalid escapes such as ``"\d"``, and a warning filter is not this module's to change.
"""

from __future__ import annotations

import re
import unicodedata

from clustrix_bundle.bundler.lazy_pattern import compile_lazily

MAX_LITERAL = 65536
"""Longer values, in code points, are opaque."""

_LITERAL = compile_lazily(r"""(?P<prefix>[A-Za-z]*)(?P<quote>'''|\"\"\"|'|")""")
_ESCAPE = compile_lazily(
    r"""\\(?:(?P<newline>\n)|(?P<octal>[0-7]{1,3})|x(?P<byte>[0-9A-Fa-f]{2})|u(?P<short>[0-9A-Fa-f]{4})|U(?P<long>[0-9A-Fa-f]{8})"""
    r"""|N\{(?P<name>[^}]+)\}|(?P<bad>[xuUN])|(?P<simple>[\\'"abfnrtv]))""",
    re.VERBOSE,
)
_BYTES_ESCAPE = compile_lazily(
    r"""\\(?:(?P<newline>\n)|(?P<octal>[0-7]{1,3})|x(?P<byte>[0-9A-Fa-f]{2})|(?P<bad>x)|(?P<simple>[\\'"abfnrtv]))"""
)
_SIMPLE = {"\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class LiteralError(ValueError):
    """An escape that Python refuses."""


def literal_value(source: str) -> tuple[str, str]:
    """Tag (``str`` or ``bytes``) and value of one string token; a byte is the code point of its value.

    Raises:
        LiteralError: an escape that Python refuses.
    """
    match = _LITERAL.match(source)
    assert match is not None
    prefix, quote = match["prefix"].lower(), match["quote"]
    body = source[match.end() : len(source) - len(quote)]
    if "b" in prefix:
        if not body.isascii():
            raise LiteralError("bytes can only contain ASCII literal characters")
        return "bytes", body if "r" in prefix else _BYTES_ESCAPE.sub(_byte, body)
    return "str", body if "r" in prefix else unescape(body)


def template_text(source: str, *, raw: bool) -> str:
    """The value of a literal part of an f-string, as it is written."""
    if raw:
        return source.replace("{{", "{").replace("}}", "}")
    parts = re.split(r"(\\N\{[^}]*\}|\{\{|\}\})", source)
    return "".join(part[0] if part in {"{{", "}}"} else unescape(part) for part in parts)


def unescape(body: str) -> str:
    """The text with its escapes replaced; unknown ones stay as they are written."""
    return _ESCAPE.sub(_character, body) if "\\" in body else body


def _byte(match: re.Match[str]) -> str:
    return chr(ord(_character(match)) & 0xFF) if match["newline"] is None else ""


def _character(match: re.Match[str]) -> str:
    kind = match.lastgroup
    text = match[kind] if kind is not None else ""
    if kind == "simple":
        return _SIMPLE[text]
    if kind == "newline":
        return ""
    if kind == "octal":
        return chr(int(text, 8))
    if kind == "name":
        return _named(text)
    if kind == "bad":
        raise LiteralError(f"malformed \\{text} character escape")
    number = int(text, 16)
    if number > 0x10FFFF:
        raise LiteralError("illegal Unicode character")
    return chr(number)


def _named(name: str) -> str:
    try:
        found = unicodedata.lookup(name)
    except KeyError:
        found = ""
    if len(found) != 1:  # `unicodedata` knows named sequences too, literals do not
        raise LiteralError(f"unknown Unicode character name {name!r}")
    return found
