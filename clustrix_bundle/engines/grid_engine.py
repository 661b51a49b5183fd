"""Grid Engine's words: qsub, qstat, qacct, qdel (8.1.9; qsub(1), qstat(1), accounting(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from xml.etree import ElementTree as ET

from clustrix_bundle.engines.scheduler import Request, Resources, SchedulerError
from clustrix_bundle.engines.verdict import Scheduled
from clustrix_bundle.runtime.config import ConfigError

_KILLED = frozenset({"17", "37", "100"})
"""``failed`` of what died of a signal (sge_status(5)): over a limit, by qdel, or by itself."""
_BEGINS_AGAIN = frozenset({"24", "25"})
_FAILED = (
    ({"18", "19", "20", "21"}, "its node failed, or the daemon there", "submit it again"),
    (
        {"26", "27", "28"},
        "it could not be started, as the job's folder or a shell is not there on its node",
        "see that the nodes share the work dir, and submit it again",
    ),
    ({"12", "13", "14", "15", "16"}, "it ran, but what the site does after a job failed", "ask the site, or submit it again"),
    ({"30"}, "its script ended with exit code 100, which holds a job here", "see its log"),
)
"""``failed`` of what was not killed: cause and next step; of the other numbers a node could not start it."""
_FROM_OUTSIDE = frozenset({129, 130, 137, 138, 140, 143})
"""Exit statuses of what was ended by SIGHUP, SIGINT, SIGKILL, SIGUSR1, SIGUSR2 (qsub -notify) and SIGTERM."""
_CPU_TIME = 128 + 24
_FULL = ("jobs are allowed per user", "jobs are allowed per cluster")
_ADVICE = (
    (("unknown queue",), "`qconf -sql` lists the queues; set queue= or default_queue to one of them"),
    (("parallel environment",), "`qconf -spl` lists them; set parallel_environment to one of them"),
    (
        (*_FULL, "is not allowed to submit"),
        "the site takes no more jobs of yours now: submit again when some have ended, or fewer at a time",
    ),
    (("can't be run", "no suitable queues"), "no queue has what it asks for: ask for less, or for another queue"),
    (
        ("commlib error", "unable to contact qmaster", "Unable to contact", "did not answer", "can't get configuration"),
        "Grid Engine's master does not answer: try again later, `qstat` says whether it is back",
    ),
)


class GridEngine:
    """See `clustrix_bundle.engines.scheduler.Scheduler`. A task's index begins with 1 there and with 0 in the ids here."""

    name = "sge"
    refused: frozenset[str] = frozenset({"partition", "qos", "gres"})
    max_array = 75000
    """max_aj_tasks, as installed."""

    def check(self, resources: Resources) -> None:
        """One core is one slot; several come from a parallel environment, which every site names as it likes."""
        if (resources.cores or 1) > 1 and resources.parallel_environment is None:
            raise ConfigError(
                f"cores={resources.cores}: Grid Engine has them from a parallel environment, and parallel_environment is not set; "
                "set it to one whose allocation_rule is $pe_slots (qconf -spl lists them, qconf -sp NAME shows one)"
            )

    def submit_argv(self, request: Request) -> list[str]:
        wants = request.resources
        words = [
            "qsub",
            "-terse",
            "-N",
            request.name,
            "-wd",
            request.folder,
            "-o",
            "log",
            "-j",
            "y",
            "-S",
            "/bin/bash",
            "-r",
            "y",
        ]
        words += ["-v", f"CLUSTRIX_FOLDER={request.folder}"]
        limits = []
        slots = wants.cores or 1
        if slots > 1:
            words += ["-pe", str(wants.parallel_environment), str(slots)]
        if wants.memory:  # it counts for each slot
            limits.append(f"h_vmem={-(-wants.memory // (slots << 20))}M")
        if wants.time_s:
            limits.append(f"h_rt={wants.time_s}")
        if request.after:
            words += ["-hold_jid", request.after]
        if limits:
            words += ["-l", ",".join(limits)]
        if wants.queue:
            words += ["-q", wants.queue]
        if wants.account:
            words += ["-A", wants.account]
        if request.tasks > 1:
            words += ["-t", f"1-{request.tasks}"] + (["-tc", str(request.at_once)] if request.at_once else [])
            return [*words, f"{request.folder}/batch.sh", "--first", str(request.first - 1)]
        return [*words, f"{request.folder}/batch.sh", "--task", str(request.first)]

    def parse_job_id(self, stdout: str) -> str:
        """``7``, or ``7.1-200:1`` for an array."""
        for line in reversed(stdout.splitlines()):
            if found := re.fullmatch(r"(\d+)(\.\d+(-\d+)?(:\d+)?)?", line.strip()):
                return found[1]
        raise SchedulerError(f"qsub said no job id: {stdout.strip()!r}")

    def find_argv(self, name: str) -> list[str]:  # noqa: ARG002 - qstat cannot ask by name
        return ["qstat", "-xml"]

    def parse_found(self, stdout: str, name: str) -> list[str]:
        return sorted({_text(row, "JB_job_number") for row in _rows(stdout) if _text(row, "JB_name") == name}, key=int)

    def queue_argv(self, ids: Sequence[str]) -> list[str]:  # noqa: ARG002 - one unknown id would make it fail
        return ["qstat", "-xml", "-g", "d"]

    def parse_queue(self, stdout: str) -> Mapping[str, Scheduled]:
        states = {}
        for row in _rows(stdout):
            number, task, word = _text(row, "JB_job_number"), _text(row, "tasks"), _text(row, "state")
            if "E" in word:
                scheduled = Scheduled(
                    "waiting", reason="in error state: `qstat -j` says why; cancel it, or `qmod -cj` clears it", stuck=True
                )
            elif "d" in word:
                scheduled = Scheduled("running", reason="being deleted")
            elif "h" in word:
                scheduled = Scheduled("waiting", reason="held")
            elif "q" in word:
                scheduled = Scheduled("waiting", reason="waiting")
            else:
                scheduled = Scheduled("running")
            states[f"{number}_{int(task) - 1}" if task.isdigit() else number] = scheduled
        return states

    def account_argv(self, ids: Sequence[str]) -> list[list[str]]:
        return [["qacct", "-j", one] for one in ids]

    def parse_account(self, stdout: str) -> Mapping[str, Scheduled]:
        """The last record of a task counts: a rerun leaves one for each attempt."""
        states = {}
        for record in re.split(r"^=+$", stdout, flags=re.MULTILINE):
            fields = dict(re.findall(r"^(\w+)[ \t]+(.*?)[ \t]*$", record, flags=re.MULTILINE))
            number, task = fields.get("jobnumber", ""), fields.get("taskid", "")
            if number:
                states[f"{number}_{int(task) - 1}" if task.isdigit() else number] = _account(fields)
        return states

    def cancel_argv(self, ids: Sequence[str]) -> list[str]:
        return ["qdel", *(f"{job}.{int(task) + 1}" if task else job for job, _, task in (one.partition("_") for one in ids))]

    def parse_claim(self, by: str) -> str:
        """``7_3`` is the third task, ``7_undefined`` never stands there."""
        job, _, task = by.partition("_")
        return f"{job}_{int(task) - 1}" if task.isdigit() else job

    def is_too_large(self, said: str) -> bool:
        return re.search(r"job with more than \d+ tasks", said) is not None

    counts_tasks = False

    def is_full(self, said: str) -> bool:
        return any(words in said for words in _FULL)

    def advice(self, said: str) -> str:
        for words, step in _ADVICE:
            if any(word in said for word in words):
                return step
        return ""


def _account(fields: Mapping[str, str]) -> Scheduled:
    """``failed`` before ``exit_status``, which is 0 for a job lost with its host; ``137                  (Killed)`` is a status."""
    failed, _, text = fields.get("failed", "0").partition(" ")
    text = text.strip().lstrip(": ")
    status = int((re.findall(r"^\d+", fields.get("exit_status", "")) or ["0"])[0])
    if fields.get("deleted_by", "NONE") not in ("NONE", ""):  # later versions
        return Scheduled("ended", "cancelled", f"deleted by {fields['deleted_by']}")
    if failed in _BEGINS_AGAIN:  # the record of an attempt: the queue has the job, or nobody knows of it any more
        return Scheduled()
    if failed in _KILLED and status > 128:
        return _killed(fields, failed, status, text)
    if failed not in ("", "0"):
        told = ((cause, step) for numbers, cause, step in _FAILED if failed in numbers)
        cause, step = next(told, ("its node could not start it", "ask the site, or submit it again"))
        return Scheduled("ended", "failed", f"{cause} (failed {failed}{': ' if text else ''}{text}); {step}")
    if status == 0:
        return Scheduled("ended", "completed")
    return Scheduled("ended", "failed", f"ended with exit code {status}: see its log")


def _killed(fields: Mapping[str, str], failed: str, status: int, text: str) -> Scheduled:
    """Of what died of a signal: over which limit, or who may have sent it. The daemon's ``failed`` is the same for all."""
    time_s, memory = _limit(fields, "h_rt"), _limit(fields, "h_vmem")
    if time_s is not None and _number(fields.get("ru_wallclock", "")) >= time_s:
        return Scheduled("ended", "timeout", "over its time limit")
    used = _number(fields.get("maxvmem", ""))
    if status == _CPU_TIME or (failed == "37" and _limit(fields, "h_cpu") is not None):
        return Scheduled("ended", "failed", "over a limit of processor time; ask the site, or for another queue")
    if memory is not None and used > memory * max(_number(fields.get("slots", "")), 1):
        return Scheduled("ended", "failed", "over its memory: ask for more with memory=")
    if failed == "37":
        return Scheduled("ended", "failed", f"{text or 'over a limit'}: ask for more with memory=")
    if status in _FROM_OUTSIDE:
        return Scheduled(
            "ended",
            "cancelled",
            "cancelled in the scheduler (qdel), or killed on its node, as happens to what is over its memory",
        )
    crash = "a crash in compiled code, or over a limit of the machine; see its log"
    return Scheduled("ended", "failed", f"ended by signal {status - 128}: {crash}")


def _limit(fields: Mapping[str, str], name: str) -> float | None:
    """A limit that was asked for, in seconds or bytes: ``category     -l h_rt=8,h_vmem=400M``."""
    found = re.search(rf"\b{name}=([\d.]+\w?)", fields.get("category", ""))
    return _number(found[1]) if found else None


def _number(text: str) -> float:
    """``9s`` is 9; ``27.715MB`` and ``400M`` are bytes, 1024 of which are a ``K``."""
    found = re.match(r"([\d.]+)([KMGT]?)", text)
    return float(found[1]) * 1024 ** " KMGT".index(found[2] or " ") if found else 0.0


def _rows(xml: str) -> Iterator[ET.Element]:
    start = xml.find("<?xml")
    try:
        root = ET.fromstring(xml[max(start, 0) :])  # noqa: S314 - the cluster's own scheduler wrote it
    except ET.ParseError:
        return
    yield from root.iter("job_list")


def _text(row: ET.Element, name: str) -> str:
    return (row.findtext(name) or "").strip()
