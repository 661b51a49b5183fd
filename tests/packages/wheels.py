"""Wheels at pinned versions, downloaded once and kept."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path


class NoIndexError(Exception):
    """pip could not give a wheel."""


def cache_folder() -> Path:
    """Where wheels of this Python are kept."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(cache) / "clustrix-bundle-tests" / f"wheels-{sys.implementation.cache_tag}"


def unpack(requirements: tuple[str, ...], folder: Path) -> None:
    """Unpacks the wheels into ``folder`` as if they were the user's own source.

    Raises:
        NoIndexError: pip's words.
    """
    missing = [one for one in requirements if not _kept(one)]
    if missing:
        cache_folder().mkdir(parents=True, exist_ok=True)
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary",
            ":all:",
        ]
        done = subprocess.run([*command, "--dest", str(cache_folder()), *missing], stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise NoIndexError(f"pip cannot download {' '.join(missing)}: {done.stderr.strip()[-500:]}")
    for requirement in requirements:
        with zipfile.ZipFile(_kept(requirement)[0]) as wheel:
            wheel.extractall(folder)


def _kept(requirement: str) -> list[Path]:
    name, _, version = requirement.partition("==")
    return [path for path in cache_folder().glob("*.whl") if path.name.lower().startswith(f"{name}-{version}-")]
