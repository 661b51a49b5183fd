"""What running a bundle costs beside starting Python."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import corpora
from harness import Benchmark, Contender, Figure, command

OURS = (sys.executable, "-m", "clustrix_bundle")


def contenders() -> list[Contender]:
    """A trivial function, unpacked anew (cold) and from the copy that is kept (warm)."""
    folder, out = corpora.trivial(), corpora.BUILD / "trivial-out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    command([*OURS, "build", "trivial:run", "-o", str(out / "t.tar.zst")], cwd=folder)()
    command([*OURS, "runtime", "-o", str(out / "runtime.pyz")])()

    def run(state: str) -> list[str]:
        return [sys.executable, "runtime.pyz", "run", "t.tar.zst", "--json", "--state", str(out / state)]

    def forget() -> None:
        shutil.rmtree(out / "cold", ignore_errors=True)

    def start(state: str, name: str, prepare: bool) -> Contender:
        return Contender(name, command(run(state), cwd=Path(out)), prepare=forget if prepare else None)

    return [
        start("warm", "run, warm", prepare=False),
        start("cold", "run, cold", prepare=True),
        Contender("python -c pass", command([sys.executable, "-c", "pass"])),
    ]


BENCHMARKS = (
    Benchmark(
        "run",
        contenders,
        (
            Figure("run-warm", "run a trivial function from a bundle that is unpacked", "run, warm", ("python -c pass",), 2.5),
            Figure("run-cold", "run a trivial function from a bundle that is new here", "run, cold", ("python -c pass",), 2.5),
        ),
    ),
)
