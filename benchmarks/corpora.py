"""The folders that benchmarks read, made when they are first asked for, below ``build/bench`` (never in git).

A generated project of 10,000 modules (`generated_tree`), the same of 30, a real tree of 2,000 files (SymPy and Django from the package
index), and a trivial function.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from harness import MissingPeerError

BUILD = Path(__file__).resolve().parents[1] / "build" / "bench"
REAL = ("sympy==1.14.0", "django==5.2.8", "mpmath==1.3.0", "asgiref==3.10.0", "sqlparse==0.5.3")
REAL_ENTRY = '''"""Reaches most of two packages."""

import django.db.models
import sympy


def run():
    return sympy.__name__, django.db.models.__name__
'''


def made(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of that name; one that was begun but not finished is made anew."""
    folder = BUILD / name
    if not folder.exists():
        begun = BUILD / f"{name}.begun"
        shutil.rmtree(begun, ignore_errors=True)
        begun.mkdir(parents=True)
        make(begun)
        (begun / ".git").mkdir()  # a repository of its own: what ours ignores says nothing about it
        begun.rename(folder)
    return folder


def generated(folder: Path, *numbers: str) -> None:
    """Writes a generated tree, in a process of its own: the size of this one would count as that of its children."""
    subprocess.run([sys.executable, str(Path(__file__).with_name("generated_tree.py")), str(folder), *numbers], check=True)  # noqa: S603


def big() -> Path:
    """10,000 modules, 100 MB; ``workbench.everything:run`` reaches all, ``workbench.few:run`` 200."""
    return made("modules-10000", generated)


def small() -> Path:
    """30 modules of a few hundred lines; ``workbench.everything:run`` reaches all."""

    def make(folder: Path) -> None:
        generated(folder, "30", "200000", "5")

    return made("modules-30", make)


def real() -> Path:
    """SymPy and Django as a project's own source, 2,400 files; ``reaches:run``.

    Raises:
        MissingPeerError: the package index can't be reached.
    """

    def make(folder: Path) -> None:
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--target", str(folder), *REAL]
        if subprocess.run(install, check=False).returncode:  # noqa: S603 (pip of this interpreter)
            raise MissingPeerError("pip could not install sympy and django")
        for left in [*folder.glob("*.dist-info"), folder / "bin", folder / "share"]:
            shutil.rmtree(left, ignore_errors=True)
        (folder / "reaches.py").write_text(REAL_ENTRY, encoding="utf-8")
        (folder / "pyproject.toml").write_text('[project]\nname = "real"\nversion = "1"\n', encoding="utf-8")

    return made("real", make)


def trivial() -> Path:
    """One module with one function: ``trivial:run``."""

    def make(folder: Path) -> None:
        (folder / "trivial.py").write_text("def run():\n    return 1\n", encoding="utf-8")
        (folder / "pyproject.toml").write_text('[project]\nname = "trivial"\nversion = "1"\n', encoding="utf-8")

    return made("trivial", make)


def python_files(folder: Path) -> list[Path]:
    """All its Python files, in the order of their paths."""
    return sorted(folder.rglob("*.py"))


def python_bytes(folder: Path) -> int:
    """What they hold together."""
    return sum(path.stat().st_size for path in python_files(folder))


def listed(name: str, files: Sequence[Path]) -> Path:
    """A file that lists these files, one a line."""
    path = BUILD / f"{name}.list"
    path.write_text("".join(f"{file}\n" for file in files), encoding="utf-8")
    return path


def sampled(folder: Path, name: str, every: int) -> tuple[Path, float, str]:
    """A list of every so many-th file, what to scale with, and words for it."""
    files = python_files(folder)
    chosen = files[every // 2 :: every]
    share = sum(path.stat().st_size for path in chosen) / python_bytes(folder)
    return listed(f"{name}-{every}", chosen), 1 / share, f"on every {every}th file, scaled by bytes"
