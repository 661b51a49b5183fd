r"""Canonical JSON: one text for one value, so that a digest of the text names the value.

Keys sorted by code point, ``,`` and ``:`` without spaces, UTF-8 without escapes except where JSON demands them and for lone
surrogates (file names that are not UTF-8, written as ``\udcXX``), a newline at the end. Floats, NaN and infinities do not occur.
"""

from __future__ import annotations

import json
from typing import Any

from clustrix_bundle.bundler.lazy_pattern import compile_lazily

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
"""Of our own: a program that is bundled may have put something else in the place of ``json.dumps``."""

_PAIR = compile_lazily("[\ud800-\udbff][\udc00-\udfff]")


def render_canonical_json(value: Any) -> bytes:
    """The canonical text of ``value`` (what `json.dumps` takes, without floats).

    A string literal may hold a high and a low surrogate side by side; JSON's escapes cannot tell these from the one character
    that they encode, so they are written as that character.

    Raises:
        ValueError: A float that JSON has no form for.
    """
    text = _ENCODER.encode(value)
    if not text.isascii():
        text = _PAIR.sub(lambda pair: pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le"), text)
    return (text + "\n").encode("utf-8", "backslashreplace")


def parse_json(data: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: Not UTF-8, not JSON, a key that stands twice, or nesting deeper than the interpreter can follow.
    """
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_unique)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"key {twice!r} stands twice")
    return table
