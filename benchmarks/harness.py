"""How a figure is measured: contenders take turns, each its own process, and ratios are of runs side by side.

A `Benchmark` has those who do some work (`Contender`) and the `Figure`s that come of it, with the bounds that the project sets itself.
`measure` runs all contenders once to warm the system's caches, then in turns: round after round, in an order that is reversed every other round, so that a busy machine is busy for
all of them. A ratio is the median of the ratios of the rounds. Slow peers may do a share of the work, scaled, and the result says so.
A peer that is not on this machine, or fails, leaves the others to be measured without it; figures that compare with it have no ratio then.
"""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

ROUNDS = 5
Quantity = Literal["seconds", "cpu_seconds", "peak_bytes"]


class MissingPeerError(Exception):
    """A peer's program or a service is not on this machine; the message says which."""


class FailedRunError(Exception):
    """A contender's process failed, so that its time means nothing."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: wall time, the largest resident size that a process of it had, and the time that processors spent on it.

    The last two are 0 where they were not looked at.
    """

    seconds: float
    peak_bytes: int = 0
    cpu_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who does the work.

    Attributes:
        name: As in the table.
        run: Does the work once and says how long it took; a failure raises.
        scale: What the time is multiplied with, for one that does a share of the work only.
        rounds: In how many rounds it takes part; 0 for all.
        note: What a reader should know, such as the share.
        prepare: Called before each run, outside the time: drops caches of our own, removes outputs.
        missing: Why it cannot take part; empty where it can.
    """

    name: str
    run: Callable[[], Sample]
    scale: float = 1.0
    rounds: int = 0
    note: str = ""
    prepare: Callable[[], None] | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a benchmark: what ``ours`` took, divided by what the peers took together.

    Attributes:
        name: In the JSON and on the command line.
        work: What is done, in a line.
        ours: Name of the contender that is ours.
        peers: Names of those whose quantities are added up; others are measured for orientation.
        bound: The target, None where there is none.
        at_least: The ratio is peers by ours and shall reach the bound; else it is ours by peers and shall not exceed it.
        quantity: What is compared.
        limit: Where there is no peer: what ours is divided by, in the quantity's unit.
    """

    name: str
    work: str
    ours: str
    peers: Sequence[str] = ()
    bound: float | None = None
    at_least: bool = False
    quantity: Quantity = "seconds"
    limit: Callable[[], float] | None = None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Contenders that take turns, and the figures that come of it.

    Attributes:
        name: For the command line.
        contenders: Called when the benchmark is run: builds what they need, raises `MissingPeerError` where what all need is not there.
        figures: What is made of their samples.
    """

    name: str
    contenders: Callable[[], Sequence[Contender]]
    figures: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Result:
    """What came out for one figure: the ratio (median of the rounds, least and largest), everybody's medians, and who was missing and why.

    There is no ratio where one was missing with whom the figure compares, and nothing at all where it was skipped, for the reason given.
    """

    figure: Figure
    medians: Mapping[str, Sample] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    ratio: float = math.nan
    spread: tuple[float, float] = (math.nan, math.nan)
    rounds: int = 0
    skipped: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without target or ratio."""
        if self.figure.bound is None or math.isnan(self.ratio):
            return None
        return self.ratio >= self.figure.bound if self.figure.at_least else self.ratio <= self.figure.bound


def command(
    argv: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None, status: int = 0
) -> Callable[[], Sample]:
    """A run of a program whose output is thrown away; ``env`` is added to the environment.

    Raises:
        FailedRunError: when run, if the program ends with another status; with the end of what it wrote to standard error.
    """
    environment = {**os.environ, **(env or {})}

    def run() -> Sample:
        with tempfile.TemporaryFile() as errors:
            started = time.perf_counter()
            process = subprocess.Popen(  # noqa: S603 (the benchmarks' own commands)
                argv, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
            )
            _, wait_status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(wait_status)
            if process.returncode != status:
                errors.seek(0)
                words = errors.read().decode(errors="replace")[-2_000:]
                raise FailedRunError(f"{' '.join(map(str, argv))} ended with {process.returncode}: {words}")
        return Sample(seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), usage.ru_utime + usage.ru_stime)

    return run


def self_timed(argv: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Callable[[], Sample]:
    """A run of a program that prints, alone, the seconds that its work took; what it needed before and after does not count.

    Raises:
        FailedRunError: when run, if the program fails.
    """

    def run() -> Sample:
        done = subprocess.run(argv, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise FailedRunError(f"{' '.join(argv)} ended with {done.returncode}: {done.stderr[-2_000:]}")
        return Sample(float(done.stdout))

    return run


def in_process(work: Callable[[], object]) -> Callable[[], Sample]:
    """A run of a function here, time alone.

    What this process holds in memory counts into the peaks of those it starts (the kernel keeps the mark of the fork), so keep it small.
    """

    def run() -> Sample:
        started = time.perf_counter()
        work()
        return Sample(time.perf_counter() - started)

    return run


def peer(name: str, make: Callable[[], Contender]) -> Contender:
    """The contender that is made, or one of that name that is missing where `MissingPeerError` says so."""
    try:
        return make()
    except MissingPeerError as error:
        return Contender(name, absent, missing=str(error))


def absent() -> Sample:
    """The run of one who is not there."""
    raise AssertionError("a missing contender was asked to run")


def measure(benchmark: Benchmark, rounds: int = ROUNDS, tell: Callable[[str], None] = lambda _: None) -> list[Result]:
    """Runs the contenders in turns; a result for each figure.

    Raises:
        FailedRunError: one of ours failed.
    """
    try:
        contenders = list(benchmark.contenders())
    except MissingPeerError as error:
        return [Result(figure, skipped=str(error)) for figure in benchmark.figures]
    ours = {figure.ours for figure in benchmark.figures}
    missing = {contender.name: contender.missing for contender in contenders if contender.missing}
    samples: dict[str, list[Sample]] = {contender.name: [] for contender in contenders}
    for turn in range(rounds + 1):  # the first one warms the caches and does not count
        for contender in contenders if turn % 2 else reversed(contenders):
            if contender.name in missing or turn > (contender.rounds or rounds):
                continue
            try:
                sample = _run(contender)
            except FailedRunError as error:
                if contender.name in ours:
                    raise
                tell(f"{benchmark.name} {contender.name} is left out: {error}")
                missing[contender.name] = "failed"
                continue
            tell(f"{benchmark.name} {turn}/{rounds} {contender.name}: {sample.seconds:.3f} s")
            if turn:
                samples[contender.name].append(sample)
    medians = {name: median(taken) for name, taken in samples.items() if name not in missing}
    notes = {contender.name: contender.note for contender in contenders if contender.note}
    return [_result(figure, samples, Result(figure, medians, notes, missing, rounds=rounds)) for figure in benchmark.figures]


def _run(contender: Contender) -> Sample:
    """One run, scaled."""
    if contender.prepare is not None:
        contender.prepare()
    sample = contender.run()
    return replace(sample, seconds=sample.seconds * contender.scale, cpu_seconds=sample.cpu_seconds * contender.scale)


def _result(figure: Figure, samples: Mapping[str, Sequence[Sample]], result: Result) -> Result:
    """The result with its ratio, if all are there whom it compares."""
    if figure.ours in result.missing:
        return Result(figure, skipped=result.missing[figure.ours])
    if any(name in result.missing for name in figure.peers):
        return result
    ratios = _ratios(figure, samples)
    return replace(result, ratio=statistics.median(ratios), spread=(min(ratios), max(ratios)))


def median(samples: Sequence[Sample]) -> Sample:
    """The median of each."""
    return Sample(
        statistics.median(sample.seconds for sample in samples),
        round(statistics.median(sample.peak_bytes for sample in samples)),
        statistics.median(sample.cpu_seconds for sample in samples),
    )


def _ratios(figure: Figure, samples: Mapping[str, Sequence[Sample]]) -> list[float]:
    """The ratio of each round; a peer that took part in fewer rounds counts with its median in all of them."""
    ratios = []
    for turn, sample in enumerate(samples[figure.ours]):
        here = float(getattr(sample, figure.quantity))
        there = 0.0 if figure.limit is None else figure.limit()
        for peer in figure.peers:
            taken = samples[peer]
            there += getattr(taken[turn] if turn < len(taken) else median(taken), figure.quantity)
        ratios.append(there / here if figure.at_least else here / there)
    return ratios
