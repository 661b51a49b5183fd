"""What analysing and building cost beside tools that read the same files."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import corpora
from harness import Benchmark, Contender, Figure, MissingPeerError, command, peer

PEERS = Path(__file__).resolve().parents[1] / "peers"
OURS = "clustrix-bundle"


def program(name: str) -> str:
    """A program beside this Python, or on the path.

    Raises:
        MissingPeerError: it is in neither.
    """
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise MissingPeerError("not installed")
    return found


def module(name: str) -> str:
    """A module that a peer imports, by its name.

    Raises:
        MissingPeerError: it is not there.
    """
    if importlib.util.find_spec(name) is None:
        raise MissingPeerError("not installed")
    return name


def analyses(folder: Path, target: str) -> Contender:
    """Our graph of a function."""
    return Contender("clustrix-bundle graph", command([program(OURS), "graph", target, "--json"], cwd=folder))


def ruff(folder: Path) -> Contender:
    """Ruff's graph of everything in the folder."""
    name = "ruff analyze graph"
    return peer(name, lambda: Contender(name, command([program("ruff"), "analyze", "graph", "--preview", str(folder)])))


def grimp(folder: Path) -> Contender:
    """Grimp's graph of everything in the folder."""
    script = str(PEERS / f"{module('grimp')}_graph.py")
    return Contender("grimp", command([sys.executable, script, str(folder)]))


def reading(name: str, files: Sequence[Path]) -> Contender:
    """The floor: `cat` of the same files."""
    path = corpora.listed(name, files)
    return Contender("cat", command(["sh", "-c", f"tr '\\n' '\\0' < '{path}' | xargs -0 cat"]))


def whole_graph() -> list[Contender]:
    """Everything of the 10,000 modules."""
    folder = corpora.big()
    few = [path for path in corpora.python_files(folder) if path.parts[len(folder.parts)] == "foundation"]
    share = sum(path.stat().st_size for path in few) / corpora.python_bytes(folder)
    files, scale, words = corpora.sampled(folder, "modules-10000", 10)
    fewer, larger, sample = corpora.sampled(folder, "modules-10000", 200)
    python = sys.executable
    return [
        analyses(folder, "workbench.everything:run"),
        ruff(folder),
        peer("grimp", lambda: grimp(folder)),
        Contender("ast walk", command([python, str(PEERS / "ast_walk.py"), str(files)]), scale, note=words),
        Contender(
            "modulefinder",
            command([python, str(PEERS / "find_modules.py"), str(folder), str(folder / "workbench" / "few.py")]),
            1 / share,
            note="on 200 modules, scaled by bytes",
        ),
        Contender("libcst extractor", command([python, str(PEERS / "libcst_facts.py"), str(fewer)]), larger, note=sample),
        reading("modules-10000", corpora.python_files(folder)),
    ]


def part_of_graph() -> list[Contender]:
    """200 of the 10,000 modules."""
    folder = corpora.big()
    few = [path for path in corpora.python_files(folder) if path.parts[len(folder.parts)] == "foundation"]
    return [
        analyses(folder, "workbench.few:run"),
        ruff(folder),
        Contender("ast walk", command([sys.executable, str(PEERS / "ast_walk.py"), str(corpora.listed("few", few))])),
        reading("few", few),
    ]


def real_graph() -> list[Contender]:
    """SymPy and Django."""
    folder = corpora.real()
    return [analyses(folder, "reaches:run"), ruff(folder), reading("real", corpora.python_files(folder))]


def built(folder: Path, target: str) -> Contender:
    """Our bundle of a function, written into an empty folder."""
    out = corpora.BUILD / "out"

    def empty() -> None:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)

    return Contender(
        "clustrix-bundle build", command([program(OURS), "build", target, "-o", str(out), "--json"], cwd=folder), prepare=empty
    )


def packed(folder: Path) -> Contender:
    """The whole folder by tar and zstd."""
    archive = corpora.BUILD / "whole.tar.zst"
    name = "tar, zstd -3"
    return peer(
        name,
        lambda: Contender(name, command([program("tar"), "-I", f"{program('zstd')} -3", "-cf", str(archive), str(folder)])),
    )


def whole_build() -> list[Contender]:
    """A bundle of the 10,000 modules."""
    folder = corpora.big()
    return [built(folder, "workbench.everything:run"), ruff(folder), packed(folder)]


def small_build() -> list[Contender]:
    """A bundle of 30 modules."""
    folder = corpora.small()
    imports = Contender("import click, zstandard", command([sys.executable, "-c", "import click, zstandard"]))
    nothing = Contender("python -c pass", command([sys.executable, "-c", "pass"]))
    return [built(folder, "workbench.everything:run"), imports, nothing]


def allowed_memory() -> float:
    """1.5 times the bytes of the sources, and 150 MB."""
    return 1.5 * corpora.python_bytes(corpora.big()) + 150e6


def benchmark(name: str, contenders: Callable[[], Sequence[Contender]], *figures: Figure) -> Benchmark:
    """In one line."""
    return Benchmark(name, contenders, figures)


GRAPH, BUILD = "clustrix-bundle graph", "clustrix-bundle build"
RUFF = ("ruff analyze graph",)
BENCHMARKS = (
    benchmark(
        "graph-all",
        whole_graph,
        Figure("graph-all", "analyse a function that reaches all of 10,000 modules", GRAPH, RUFF, 0.7),
        Figure(
            "graph-all-memory",
            "peak memory of that, by 1.5 × sources + 150 MB",
            GRAPH,
            (),
            1.0,
            quantity="peak_bytes",
            limit=allowed_memory,
        ),
    ),
    benchmark(
        "graph-few",
        part_of_graph,
        Figure("graph-few", "analyse a function that reaches 200 of 10,000 modules", GRAPH, RUFF, 0.1),
    ),
    benchmark("graph-real", real_graph, Figure("graph-real", "analyse a function that imports SymPy and Django", GRAPH, RUFF)),
    benchmark(
        "build-all",
        whole_build,
        Figure("build-all", "build a bundle of 10,000 modules", BUILD, (*RUFF, "tar, zstd -3"), 0.7),
        Figure(
            "build-all-memory",
            "peak memory of that, by 1.5 × sources + 150 MB",
            BUILD,
            (),
            1.0,
            quantity="peak_bytes",
            limit=allowed_memory,
        ),
    ),
    benchmark(
        "build-small",
        small_build,
        Figure("build-small", "build a bundle of 30 modules", BUILD, ("import click, zstandard",), 3.0),
    ),
)
