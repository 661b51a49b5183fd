"""Warnings that point at the code which called this package."""

from __future__ import annotations

import os
import sys
import warnings

_OURS = os.path.dirname(__file__) + os.sep


def warn_caller(message: str, category: type[Warning]) -> None:
    """`warnings.warn` for the nearest caller outside of this package."""
    level, frame = 2, sys._getframe(1)  # noqa: SLF001 - as `warnings.warn` counts
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
        level += 1
    warnings.warn(message, category, stacklevel=level)
