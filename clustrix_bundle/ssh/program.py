"""The runtime that agents run: rendered once a process."""

from __future__ import annotations

import functools
import hashlib


@functools.cache
def runtime_program() -> tuple[str, bytes]:
    """(digest, bytes) of this installation's ``runtime.pyz``."""
    from clustrix_bundle.runtime_program import render_runtime_program  # noqa: PLC0415 - where a connection is made

    content = render_runtime_program()
    return hashlib.sha256(content).hexdigest(), content
