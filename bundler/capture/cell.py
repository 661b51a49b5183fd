"""Cells of closures."""

from __future__ import annotations

from types import CellType


def is_filled(cell: CellType) -> bool:
    """Whether a variable that a closure reads has a value."""
    try:
        cell.cell_contents  # noqa: B018 - it raises where there is nothing
    except ValueError:
        return False
    return True
