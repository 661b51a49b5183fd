"""What SLURM says of a job, for whoever submitted it: its states, reasons and exit codes in words, each with a next step.

After squeue(1), "JOB STATE CODES" and "JOB REASON CODES", sacct(1), and the whole list of reasons in SLURM's
``src/common/job_state_reason.c``; a reason may also be a text of slurmctld's own (``launch failed requeued held``).
"""

from __future__ import annotations

import re

from clustrix_bundle.engines.verdict import Scheduled

_WAITING = frozenset(
    {"PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD", "CONFIGURING", "POWER_UP_NODE"}
)
_RUNNING = frozenset({"RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "RESIZING", "SIGNALING", "STAGE_OUT"})
_TIME, _NODE = "over its time limit", "its node failed; submit it again"
_MEMORY = "over its memory: ask for more with memory="
_ENDED = {
    "COMPLETED": ("completed", ""),
    "CANCELLED": ("cancelled", "cancelled in the scheduler"),
    "DEADLINE": ("timeout", "its deadline in the scheduler passed; submit it again"),
    "TIMEOUT": ("timeout", _TIME),
    "OUT_OF_MEMORY": ("failed", _MEMORY),
    "NODE_FAIL": ("failed", _NODE),
    "BOOT_FAIL": ("failed", "its node did not start; submit it again"),
    "PREEMPTED": ("failed", "preempted by another job; submit it again"),
    "REVOKED": ("cancelled", "revoked: another cluster of the federation has it"),
    "FAILED": ("failed", ""),
}
_GIVEN_UP = "no node has what it asks for; ask for less, or for another partition"
_NOT_ALLOWED = "SLURM did not let it run there; ask for another partition, account or qos"
_CAUSES = {
    "OutOfMemory": ("failed", _MEMORY),
    "TimeLimit": ("timeout", _TIME),
    "InactiveLimit": ("timeout", "idle for longer than the site allows (InactiveLimit); ask the site"),
    "DeadLine": _ENDED["DEADLINE"],
    "NodeDown": ("failed", _NODE),
    "SystemFailure": ("failed", "SLURM itself failed, or a file system or network that it needs; submit it again"),
    "BurstBufferOperation": ("failed", "its burst buffer could not be used; ask the site"),
    "PartitionDown": ("failed", "its partition was closed; submit it again when it is open, or name another one"),
    **dict.fromkeys(("BadConstraints", "Constraints"), ("failed", _GIVEN_UP)),
    **dict.fromkeys(
        ("InvalidAccount", "InvalidQOS", "AccountNotAllowed", "QOSNotAllowed", "AccountingPolicy"), ("failed", _NOT_ALLOWED)
    ),
}
"""Reasons of jobs that failed, other than by what their processes did."""
_LIKELY_MEMORY = "as happens to what is over its memory: see its log, or ask for more with memory="
"""A site without cgroups says no more of a task over its memory; slurmstepd does, in the log."""
_LAUNCH = (
    "SLURM could not start it on its node: the job's folder cannot be written there, or something is amiss with the node; "
    "see that the nodes share the work dir, and submit it again"
)
_OUTSIDE = "somebody there ended it, or a limit of the machine; submit it again"
_SIGNALS = {
    1: _OUTSIDE,
    2: _OUTSIDE,
    15: _OUTSIDE,
    9: _LIKELY_MEMORY,
    24: "over a limit of processor time of the machine; ask the site",
    25: "over a limit of the machine for the size of a file; ask the site",
}
_CRASH = "a crash in compiled code, or over a limit of the machine; see its log"
_OUT_OF_MEMORY, _FIRST_REAL_TIME = 125, 32
"""Signals that no process was sent: SLURM's for memory (SIG_OOM), and from 32 on its errors of launching, cut to seven bits."""
_LESS = "it will never start; cancel it and ask for less, or for another partition"
_AGAIN = "`scontrol release` lets it try again, or cancel it and submit it again"
_STUCK = (
    (
        r"Partition(TimeLimit|NodeLimit|Config)|(Bad)?Constraints|MaxMemPerLimit|(Assoc|QOS)Max\w+Per(Job|Node)(Limit)?|QOSMin\w+",
        _LESS,
    ),
    (
        r"Invalid(Account|QOS)|(Account|QOS)NotAllowed|AccountingPolicy",
        "it will never start; cancel it and name another account, qos or partition",
    ),
    (r"DependencyNeverSatisfied", "it will never start; cancel it"),
    (r"Reservation(Deleted|Invalid)", "its reservation is gone; cancel it and submit it again"),
    (r"JobHeldAdmin", "an administrator holds it; ask the site"),
    (r"JobHeldUser", "somebody holds it; `scontrol release` lets it go on"),
    (r"JobHoldMaxRequeue", f"it could not be started for too often, and SLURM holds it; {_AGAIN}"),
    (r"launch failed requeued held", f"its node could not start it, and SLURM holds it; {_AGAIN}"),
    (r"job requeued in (held|special exit) state", f"SLURM holds it; {_AGAIN}"),
    (r"BurstBufferOperation", "its burst buffer cannot be made; cancel it, and ask the site"),
    (r"Partition(Down|Inactive)", "its partition is closed; it waits until the site opens it, or cancel it and name another one"),
)
"""Reasons for which a job waits until somebody does something."""


def read_state(state: str, reason: str = "", code: str = "") -> Scheduled:
    """What a row of squeue or sacct says.

    Args:
        state: As they print it: ``CANCELLED by 1000``, ``COMPLETED+``.
        reason: squeue's.
        code: sacct's ``status:signal``, or squeue's exit_code, the status of wait(2) or a number of slurmd's for what it could not start.
    """
    word = state.split(maxsplit=1)[0].rstrip("+") if state.strip() else ""
    if word in _WAITING:
        return _waiting(reason)
    if word in _RUNNING:
        return Scheduled("running")
    if word not in _ENDED:
        return Scheduled()  # a word of a later version: the folder tells, or the next look
    became, text = _ENDED[word]
    if word == "CANCELLED":
        _, by, user = state.partition(" by ")
        return Scheduled("ended", became, text + (f" by user {user}" if by else ""), vague=not by)
    if word != "FAILED":
        return Scheduled("ended", became, text)
    if reason in _CAUSES:
        return Scheduled("ended", *_CAUSES[reason])
    raised = re.match(r"RaisedSignal:(\d+)", reason)
    died = _died_of(code) or _died_of(f"0:{raised[1]}" if raised else "")
    return Scheduled("ended", became, died or _guess(reason), vague=not died)


def read_unplaced(state: str) -> Scheduled:
    """What a row of sacct says of a job that never had a node: its exit code means nothing."""
    told = read_state(state)
    return Scheduled("ended", "failed", _GIVEN_UP) if told.state == "failed" and told.vague else told


def _waiting(reason: str) -> Scheduled:
    stuck = next((text for pattern, text in _STUCK if re.fullmatch(pattern, reason)), "")
    why = f"waiting for {reason}" if reason not in ("None", "") else "waiting"
    return Scheduled("waiting", reason=f"{why}: {stuck}" if stuck else why, stuck=bool(stuck))


def _died_of(code: str) -> str:
    """Of what a failed job's processes died; empty where the code does not tell."""
    found = re.fullmatch(r"(\d+)(?::(\d+))?", code)
    if not found:
        return ""
    if found[2] is None:  # as wait(2) has it
        status, number = int(found[1]) >> 8 & 0xFF, int(found[1]) & 0x7F
    else:
        status, number = int(found[1]), int(found[2])
    if number == _OUT_OF_MEMORY:
        return _MEMORY
    if number >= _FIRST_REAL_TIME:
        return _LAUNCH
    if number:
        return f"ended by signal {number}{', ' if number == 9 else ': '}{_SIGNALS.get(number, _CRASH)}"
    return f"ended with exit code {status}: see its log" if status else ""


def _guess(reason: str) -> str:
    """What squeue's reason alone says of a job that failed by what its processes did."""
    if reason in ("JobLaunchFailure", "RaisedSignal"):  # SLURM 22.05 says the former of whatever died of a signal, too
        return f"its script could not be started, or was ended by a signal, {_LIKELY_MEMORY}"
    if reason == "NonZeroExitCode":
        return "ended with another exit code than 0: see its log"
    return f"SLURM says {reason}: see its log" if reason not in ("None", "") else "SLURM does not say why: see its log"
