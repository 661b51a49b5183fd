"""Small trees of files, and interpreters that have no packages."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from clustrix_bundle.bundler.interpreter import this_interpreter


def _write_tree(root: Path, files: dict[str, str | bytes | None]) -> Path:
    """Writes files below ``root``; None makes a folder, text is dedented."""
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = root / name
        if content is None:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else textwrap.dedent(content).encode())
    return root


@pytest.fixture(scope="session")
def write_tree():
    return _write_tree


@pytest.fixture(scope="session")
def bare_interpreter():
    """Ours, with no site folder: what is installed for the tests does not count."""
    return replace(this_interpreter(), site_folders=())
