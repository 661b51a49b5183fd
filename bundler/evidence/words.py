"""Source-like words for expressions, for edges and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Call, Expr

_LONGEST = 100


def call_words(call: Call) -> str:
    """The call roughly as written: ``open('data/x.csv')``."""
    arguments = [words(arg) for arg in call.args]
    arguments += [f"{name}={words(value)}" if name else f"**{words(value)}" for name, value in call.keywords]
    return _short(f"{words(call.func)}({', '.join(arguments)})")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def words(expr: Expr) -> str:
    """An expression roughly as written; ``…`` for what the facts leave out."""
    return _short(_words(expr, 0))


def _words(expr: Expr, depth: int) -> str:
    tag = expr[0]
    if depth > 6:
        return "…"
    deeper = depth + 1
    if tag in ("str", "bytes", "int"):
        return ("b" if tag == "bytes" else "") + _short(repr(expr[1]))
    if tag in ("name", "const"):
        return str(expr[1])
    if tag == "attr":
        return f"{_words(expr[1], deeper)}.{expr[2]}"
    if tag == "call":
        arguments = [_words(arg, deeper) for arg in expr[2]] + [
            f"{name or '**'}={_words(value, deeper)}" for name, value in expr[3]
        ]
        return f"{_words(expr[1], deeper)}({', '.join(arguments)})"
    if tag == "bin":
        return f"{_words(expr[2], deeper)} {expr[1]} {_words(expr[3], deeper)}"
    if tag == "join":
        return "f" + repr("".join(part[1] if part[0] == "str" else "{" + _words(part, deeper) + "}" for part in expr[1]))
    if tag == "index":
        return f"{_words(expr[1], deeper)}[{_words(expr[2], deeper)}]"
    if tag in ("list", "tuple", "set"):
        opening, closing = {"list": ("[", "]"), "tuple": ("(", ")"), "set": ("{", "}")}[tag]
        shown = [_words(item, deeper) for item in expr[1][:4]] + (["…"] if len(expr[1]) > 4 else [])
        return f"{opening}{', '.join(shown)}{closing}"
    if tag in ("star", "each"):
        return f"*{_words(expr[1], deeper)}"
    if tag == "either":
        return " or ".join(_words(item, deeper) for item in expr[1])
    return "…"
