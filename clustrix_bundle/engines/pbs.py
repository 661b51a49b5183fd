"""PBS's words: qsub, qstat, qdel of PBS Professional and OpenPBS, from their manual; not run against a live server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clustrix_bundle.engines.scheduler import Request, Resources, SchedulerError
from clustrix_bundle.engines.verdict import Scheduled

_WAITING = frozenset("QHWTMS")
_RUNNING = frozenset("RBEU")
_KILLED_FOR_TIME = -29  # JOB_EXEC_KILL_WALLTIME
_KILLED_FOR_MEMORY = (-27, -26)  # JOB_EXEC_KILL_MEM, _VMEM
_KILLED_FOR_CPU = (-28, -25, -24)  # JOB_EXEC_KILL_CPUT, _NCPUS_SUM, _NCPUS_BURST
_FULL = ("would exceed", "limit on number of jobs")
_ADVICE = (
    (("Unknown queue",), "`qstat -Q` lists the queues; set queue= or default_queue to one of them"),
    (("illegal -N value",), "this PBS takes names of 15 characters at most; versions since 2013 take 230"),
    (_FULL, "the site takes no more jobs of yours now: submit again when some have ended"),
    (
        ("cannot connect to server", "Connection refused", "did not answer"),
        "PBS's server does not answer: try again later, `qstat -B` says whether it is back",
    ),
)


class Pbs:
    """See `clustrix_bundle.engines.scheduler.Scheduler`. A task is ``7[3].server`` there and ``7[]_3`` in the ids here."""

    name = "pbs"
    refused: frozenset[str] = frozenset({"partition", "qos", "gres"})
    max_array = 10000
    """max_array_size, as installed."""

    def check(self, resources: Resources) -> None:
        """Each has a word of its own."""

    def submit_argv(self, request: Request) -> list[str]:
        wants = request.resources
        words = ["qsub", "-N", request.name, "-o", f"{request.folder}/log", "-j", "oe", "-S", "/bin/bash", "-r", "y"]
        words += ["-v", f"CLUSTRIX_FOLDER={request.folder}"]
        chunk = [f"ncpus={wants.cores}"] if wants.cores else []
        if wants.memory:
            chunk.append(f"mem={-(-wants.memory // (1 << 20))}mb")
        if chunk:
            words += ["-l", ":".join(["select=1", *chunk])]
        if wants.time_s:
            hours, rest = divmod(wants.time_s, 3600)
            words += ["-l", f"walltime={hours:02d}:{rest // 60:02d}:{rest % 60:02d}"]
        if wants.queue:
            words += ["-q", wants.queue]
        if wants.account:
            words += ["-A", wants.account]
        if request.after:
            words += ["-W", f"depend=afterany:{request.after}"]
        if request.tasks > 1:
            words += ["-J", f"0-{request.tasks - 1}" + (f"%{request.at_once}" if request.at_once else "")]
        return [*words, "--", "/bin/bash", f"{request.folder}/batch.sh", *request.words]

    def parse_job_id(self, stdout: str) -> str:
        """``7.server``, or ``7[].server`` for an array."""
        for line in reversed(stdout.splitlines()):
            if found := re.fullmatch(r"(\d+)(\[\])?(\.\S+)?", line.strip()):
                return found[1] + (found[2] or "")
        raise SchedulerError(f"qsub said no job id: {stdout.strip()!r}")

    def find_argv(self, name: str) -> list[str]:  # noqa: ARG002 - the answer is searched
        return ["qstat", "-x", "-f", "-F", "json"]

    def parse_found(self, stdout: str, name: str) -> list[str]:
        rows = _jobs(stdout)
        return sorted({_base(key) for key, row in rows if row.get("Job_Name") == name})

    def queue_argv(self, ids: Sequence[str]) -> list[str]:
        return ["qstat", "-x", "-t", "-f", "-F", "json", *ids]

    def parse_queue(self, stdout: str) -> Mapping[str, Scheduled]:
        return {_key(key): _scheduled(row) for key, row in _jobs(stdout)}

    def account_argv(self, ids: Sequence[str]) -> list[list[str]]:  # noqa: ARG002 - ``qstat -x`` tells of the ended too
        return []

    def parse_account(self, stdout: str) -> Mapping[str, Scheduled]:
        return self.parse_queue(stdout)

    def cancel_argv(self, ids: Sequence[str]) -> list[str]:
        return [
            "qdel",
            *(f"{job.removesuffix('[]')}[{task}]" if task else job for job, _, task in (one.partition("_") for one in ids)),
        ]

    def parse_claim(self, by: str) -> str:
        """``7[3].server``."""
        return _key(by)

    def is_too_large(self, said: str) -> bool:
        return "Array job exceeds" in said or "max_array_size" in said

    counts_tasks = True

    def is_full(self, said: str) -> bool:
        return any(words in said for words in _FULL)

    def advice(self, said: str) -> str:
        for words, step in _ADVICE:
            if any(word in said for word in words):
                return step
        return ""


def _jobs(stdout: str) -> Iterator[tuple[str, dict[str, Any]]]:
    start = stdout.find("{")
    try:
        told = json.loads(stdout[start:]) if start >= 0 else {}
    except ValueError:
        return
    for key, row in (told.get("Jobs") or {}).items():
        if isinstance(row, dict):
            yield key, row


def _key(shown: str) -> str:
    found = re.match(r"(\d+)(?:\[(\d*)\])?", shown)
    if not found:
        return shown
    return f"{found[1]}[]_{found[2]}" if found[2] else _base(shown)


def _base(shown: str) -> str:
    found = re.match(r"\d+(\[\])?", re.sub(r"\[\d+\]", "[]", shown))
    return found[0] if found else shown


def _scheduled(row: Mapping[str, Any]) -> Scheduled:
    word = str(row.get("job_state", ""))
    comment = str(row.get("comment", ""))
    if word in _WAITING:
        return Scheduled("waiting", reason=comment or "waiting")
    if word in _RUNNING:
        return Scheduled("running")
    if word not in ("F", "X"):
        return Scheduled()
    status = row.get("Exit_status")
    if status is None:
        return Scheduled("ended", "cancelled", comment or "it ended before it began")
    if status == _KILLED_FOR_TIME:
        return Scheduled("ended", "timeout", "over its walltime")
    if status in _KILLED_FOR_MEMORY:
        return Scheduled("ended", "failed", "over its memory: ask for more with memory=")
    if status == 0:
        return Scheduled("ended", "completed")
    return Scheduled("ended", "failed", f"{_died_of(int(status))}{f' (PBS says: {comment})' if comment else ''}")


def _died_of(status: int) -> str:
    """Cause and next step: below 0 PBS itself, from 128 on a signal (256 more than it where the shell did not die of it itself)."""
    if status in _KILLED_FOR_CPU:
        return "over its cores or processor time: ask for more with cores=, or the site"
    if status < 0:
        return f"PBS could not run it on its node (exit status {status}): ask the site, or submit it again"
    if status < 128:
        return f"ended with exit code {status}: see its log"
    signal = status % 128
    likely = "as happens to what is over its memory: see its log, or ask for more with memory=" if signal == 9 else "see its log"
    return f"ended by signal {signal}{', ' if signal == 9 else ': '}{likely}"
