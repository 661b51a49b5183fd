"""Findings as lines for people: what was looked at, what was found, how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.cli.output import printable

if TYPE_CHECKING:
    from clustrix_bundle.checkup import Finding

_MARKS = {"ok": "ok     ", "warning": "warning", "failed": "FAILED "}


def render_findings(findings: Iterable[Finding]) -> Iterator[str]:
    """A line for each, and one for its remedy where it is not ok."""
    for one in findings:
        yield f"{_MARKS[one.level]}  {one.check:<15}  {printable(one.text)}"
        if one.remedy and one.level != "ok":
            yield f"{'':>26}-> {printable(one.remedy)}"
