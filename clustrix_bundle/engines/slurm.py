"""SLURM's words: sbatch, squeue, sacct, scancel (22.05; sbatch(1), squeue(1), sacct(1))."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from clustrix_bundle.engines.scheduler import Request, Resources, SchedulerError
from clustrix_bundle.engines.slurm_states import read_state, read_unplaced

if TYPE_CHECKING:
    from clustrix_bundle.engines.verdict import Scheduled

_FULL = ("SubmitJob", "temporarily unable to accept", "Resource temporarily unavailable")
"""In ``AssocMaxSubmitJobLimit``, ``QOSMaxSubmitJobPerUserLimit``, ``AssocGrpSubmitJobsLimit`` …; the others are MaxJobCount's."""
_ADVICE = (
    (("invalid partition", "Invalid partition"), "`sinfo` lists the partitions; set partition= or default_partition to one of them"),
    (
        (*_FULL, "job submit limit", "Job violates accounting/QOS policy"),
        "the site takes no more jobs of yours now: submit again when some have ended, or fewer at a time",
    ),
    (("Invalid account",), "`sacctmgr show associations user=$USER` lists your accounts; set account= to one of them"),
    (("Invalid qos",), "`sacctmgr show qos` lists them; set qos= to one of them"),
    (("generic resource",), "`sinfo -o %G` lists what nodes have; set gres= to it"),
    (("Memory specification", "node configuration is not available"), "no node has so much: ask for less memory or fewer cores"),
    (
        ("Unable to contact", "Connection refused", "Socket timed out", "did not answer", "Zero Bytes"),
        "SLURM's controller does not answer: try again later, `scontrol ping` says whether it is back",
    ),
)  # fmt: skip
_LIKELY_MEMORY = ", as happens to what is over its memory: see its log, or ask for more with memory="
"""A site without cgroups says no more of a task over its memory; slurmstepd does, in the log."""
_ARRAY = re.compile(r"(\d+)_\[([^\]]*)\]")


class Slurm:
    """See `clustrix_bundle.engines.scheduler.Scheduler`."""

    name = "slurm"
    refused: frozenset[str] = frozenset()
    max_array = 1000
    """MaxArraySize is 1001 unless the site says otherwise; it bounds the index, too, so each submission begins at 0."""

    def check(self, resources: Resources) -> None:
        """Each has a word of its own."""

    def submit_argv(self, request: Request) -> list[str]:
        wants = request.resources
        words = ["sbatch", "--parsable", f"--job-name={request.name}", f"--chdir={request.folder}"]
        words += [
            "--output=log",
            "--open-mode=append",
            "--requeue",
            "--export=ALL",
        ]  # a name more, and every task starts a login shell
        if request.tasks > 1:
            words.append(f"--array=0-{request.tasks - 1}" + (f"%{request.at_once}" if request.at_once else ""))
        if request.after:
            words.append(f"--dependency=afterany:{request.after}")
        if wants.cores:
            words.append(f"--cpus-per-task={wants.cores}")
        if wants.memory:
            words.append(f"--mem={-(-wants.memory // (1 << 20))}M")
        if wants.time_s:
            words.append(f"--time={-(-wants.time_s // 60)}")
        for option, value in (
            ("partition", wants.partition or wants.queue),
            ("account", wants.account),
            ("gres", wants.gres),
            ("qos", wants.qos),
        ):
            if value:
                words.append(f"--{option}={value}")
        return [*words, f"{request.folder}/batch.sh", *request.words]

    def parse_job_id(self, stdout: str) -> str:
        """``7`` or ``7;cluster`` (--parsable), behind whatever a site's wrapper prints."""
        for line in reversed(stdout.splitlines()):
            if found := re.fullmatch(r"(\d+)(;\S+)?", line.strip()):
                return found[1]
        raise SchedulerError(f"sbatch said no job id: {stdout.strip()!r}")

    def find_argv(self, name: str) -> list[str]:
        return ["squeue", "--noheader", "--me", "--states=all", f"--name={name}", "--format=%A|%F|%j"]

    def parse_found(self, stdout: str, name: str) -> list[str]:
        rows = (line.strip().split("|") for line in stdout.splitlines())
        return sorted({row[1] for row in rows if len(row) == 3 and row[2] == name and row[1].isdigit()}, key=int)

    def queue_argv(self, ids: Sequence[str]) -> list[str]:  # noqa: ARG002 - one unknown id among --jobs makes the command fail
        # With --array each task has a row: of those of an array that wait, the list in brackets is cut at 64 characters.
        return ["squeue", "--noheader", "--me", "--array", "--states=all", "--format=%i|%T|%r"]

    def parse_queue(self, stdout: str) -> Mapping[str, Scheduled]:
        states = {}
        for line in stdout.splitlines():
            row = line.strip().split("|", 2)
            if len(row) != 3:
                continue
            scheduled = read_state(row[1], row[2])
            for task in _expand(row[0]):
                states[task] = scheduled
        return states

    def account_argv(self, ids: Sequence[str]) -> list[list[str]]:
        """sacct; and where that is not there, or does not know of the end yet, squeue's exit code, in columns as only ``--Format`` has it."""
        jobs = f"--jobs={','.join(ids)}"
        return [
            ["sacct", "--noheader", "--parsable2", "--allocations", "--format=JobID,State,ExitCode,NodeList", jobs],
            ["squeue", "--noheader", "--array", "--states=all", "--Format=JobArrayID:40|,State:20|,exit_code:12|", jobs],
        ]

    def parse_account(self, stdout: str) -> Mapping[str, Scheduled]:
        states = {}
        for line in stdout.splitlines():
            row = [cell.strip() for cell in line.split("|")]
            if len(row) < 4 or not re.fullmatch(r"\d+(:\d+)?", row[2]):
                continue
            scheduled = read_unplaced(row[1]) if row[3] == "None assigned" else read_state(row[1], code=row[2])
            for task in _expand(row[0]):
                states[task] = scheduled
        return states

    def cancel_argv(self, ids: Sequence[str]) -> list[str]:
        return ["scancel", *ids]

    def parse_claim(self, by: str) -> str:
        return by

    def is_too_large(self, said: str) -> bool:
        return "Invalid job array specification" in said

    counts_tasks = True

    def is_full(self, said: str) -> bool:
        return any(words in said for words in _FULL)

    def advice(self, said: str) -> str:
        for words, step in _ADVICE:
            if any(word in said for word in words):
                return step
        return ""


def _expand(shown: str) -> Iterator[str]:
    """Ids of the tasks that a row stands for: ``7``, ``7_3``, ``7_[0-4,9%2]``, ``7_[0-98:2]``."""
    if found := _ARRAY.fullmatch(shown):
        for part in found[2].partition("%")[0].split(","):
            first, _, last = part.partition("-")
            last, _, step = last.partition(":")
            if first.isdigit() and (last or first).isdigit():
                for index in range(int(first), int(last or first) + 1, int(step) if step.isdigit() else 1):
                    yield f"{found[1]}_{index}"
    elif shown:
        yield shown
