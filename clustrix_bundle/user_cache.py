"""The user's cache: files that any process may make again, and that may be deleted at any time."""

from __future__ import annotations

import os


def cache_folder(name: str) -> str | None:
    """``$XDG_CACHE_HOME/clustrix-bundle/NAME``, ``~/.cache`` without that variable; made if it is missing. None if it cannot be written.

    A relative one is ignored, as the XDG specification has it: so is that of a user without a home, for whom ``~`` means nothing.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    if not os.path.isabs(cache):
        return None
    folder = os.path.join(cache, "clustrix-bundle", name)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None
