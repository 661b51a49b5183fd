"""What an entry of a folder is, links followed.

`os.DirEntry` takes a link to a file that is not there for no folder, and raises for one that leads to itself, through a file, or to where
nobody may look (``ELOOP``, ``ENOTDIR``, ``EACCES``): one such link must not hide its neighbours.
"""

from __future__ import annotations

import os


def leads_to_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def leads_to_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is a regular file, or a link to one."""
    try:
        return entry.is_file()
    except OSError:
        return False
