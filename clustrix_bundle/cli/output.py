"""What commands print: one JSON object, or text for people; errors in both."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

_UNPRINTABLE = "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on one line, in ASCII: no locale can refuse it, no file name break it."""
    sys.stdout.write(json.dumps(value) + "\n")


def print_text(text: str) -> None:
    """Text for people, as a line or several."""
    sys.stdout.write(text + "\n")


def print_error(error: BaseException, code: int, message: str, as_json: bool, before: str = "") -> int:
    """Tell what happened, where and what to do: on standard error, with ``--json`` as an object on standard output too."""
    if as_json:
        told: dict[str, Any] = {"type": type(error).__name__, "message": message}
        told.update({name: getattr(error, name) for name in ("path", "line", "target") if getattr(error, name, None)})
        print_json({"ok": False, "error": told})
    sys.stdout.flush()
    with contextlib.suppress(BrokenPipeError):
        sys.stderr.write(f"{before}clustrix-bundle: {printable(message, keep_lines=True)}\n")
        sys.stderr.flush()
    return code


def printable(text: str, *, keep_lines: bool = False) -> str:
    """Text that does to a terminal nothing but show: control characters and undecodable bytes as escapes."""

    def escape(match: re.Match[str]) -> str:
        if keep_lines and match[0] in "\n\t":
            return match[0]
        number = ord(match[0])
        if 0xDC80 <= number <= 0xDCFF:  # a byte that is no UTF-8 (PEP 383)
            number -= 0xDC00
        return f"\\x{number:02x}" if number <= 0xFF else f"\\u{number:04x}"

    return re.sub(_UNPRINTABLE, escape, text)


def render_size(size: int) -> str:
    """Bytes for people, in units of 1000: ``812 B``, ``1.2 kB``, ``34 MB``."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.5:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 99.5 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def render_count(number: int, singular: str, plural: str = "") -> str:
    """``1 file``, ``3 files``."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def render_table(rows: list[tuple[str, ...]], right: tuple[int, ...] = ()) -> str:
    """Columns side by side, those in ``right`` aligned to the right; a cell wider than 60 pushes the rest of its own row only."""
    if not rows:
        return ""
    widths = [min(60, max(len(row[i]) for row in rows)) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


@contextlib.contextmanager
def progress(what: str) -> Iterator[None]:
    """Say on standard error what is going on, if a terminal is there to show it; the line goes when it is done."""
    if not sys.stderr.isatty():
        yield
        return
    sys.stderr.write(f"{what} …")
    sys.stderr.flush()
    try:
        yield
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
