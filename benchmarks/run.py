"""Runs benchmarks and writes what comes of them into ``docs/``: ``benchmarks.json``, the tables of ``benchmarks.md``, ``benchmarks.svg``.

``python benchmarks/run.py [--rounds N] [--list] [--dry] [--resume] [NAME…]`` runs the benchmarks of these names, all by default; figures of the others
stay in the files as they are, and so do those that could not be compared this time, because a peer is not here. Each benchmark is written when it is
done; ``--resume`` passes over those that a run without it, which was interrupted, has done. Every file of ``benchmarks/figures/`` has a tuple ``BENCHMARKS``; a new file there is found by itself.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # PYTHONSAFEPATH keeps Python from doing so

import report  # noqa: E402
from corpora import BUILD  # noqa: E402
from harness import ROUNDS, Benchmark, FailedRunError, measure  # noqa: E402

DOCS = HERE.parent / "docs"


def registered() -> dict[str, Benchmark]:
    """All benchmarks by name, in the order of their files."""
    found: dict[str, Benchmark] = {}
    for path in sorted((HERE / "figures").glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"figures_{path.stem}", path)
        if spec is None or spec.loader is None:
            raise ImportError(str(path))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found.update({benchmark.name: benchmark for benchmark in module.BENCHMARKS})
    return found


class Done:
    """Names of the benchmarks that a run has done, kept for the one that resumes it."""

    def __init__(self) -> None:
        self._path = BUILD / "done"

    def forget(self) -> None:
        """Begin anew."""
        self._path.unlink(missing_ok=True)

    def __contains__(self, name: str) -> bool:
        return self._path.exists() and name in self._path.read_text(encoding="utf-8").split()

    def add(self, name: str) -> None:
        """One more."""
        BUILD.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")


def tell(words: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(words + "\n")


def main(arguments: Sequence[str]) -> int:
    """Runs, prints, writes; the status is 1 if a contender failed, 0 also where a target is missed."""
    benchmarks = registered()
    parser = argparse.ArgumentParser(description="Measures clustrix-bundle beside its peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="one of: " + ", ".join(benchmarks))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--list", action="store_true", help="print the names alone")
    parser.add_argument("--resume", action="store_true", help="pass over what an interrupted run has done")
    parser.add_argument("--dry", action="store_true", help="print the table, write nothing")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(benchmarks))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(benchmarks)}")
    if options.list:
        sys.stdout.write("".join(f"{name}\n" for name in benchmarks))
        return 0
    rows: list[report.Row] = []
    failed = False
    order = [figure.name for benchmark in benchmarks.values() for figure in benchmark.figures]
    done = Done()
    if not (options.resume or options.names or options.dry):
        done.forget()
    for name in options.names or benchmarks:
        if options.resume and name in done:
            tell(f"{name}: done before")
            continue
        try:
            new = [report.row(name, result) for result in measure(benchmarks[name], options.rounds, tell)]
        except FailedRunError as error:
            tell(f"{name}: {error}")
            failed = True
            continue
        rows += new
        if not options.dry:  # one benchmark at a time, so that an interrupted run loses nothing
            document = report.merged(DOCS / "benchmarks.json", new, order)
            report.write_page(DOCS / "benchmarks.md", document["figures"])
            (DOCS / "benchmarks.svg").write_text(report.plot(document["figures"]), encoding="utf-8")
            done.add(name)
            for row in new:
                if row not in document["figures"]:
                    tell(f"{row['name']}: what docs/ has of it stays, as it compares with more")
        sys.stdout.write("".join(f"{line}\n" for line in report.table(new).splitlines()[2:]))
        sys.stdout.flush()
    sys.stdout.write("\n" + report.table(rows) + "\n\n" + report.peers_table(rows) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
