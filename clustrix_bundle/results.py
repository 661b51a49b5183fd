"""What a task left, brought home: its result as it is, or what to raise instead."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

from clustrix_bundle.bundler.errors import BundleFormatError
from clustrix_bundle.errors import JobLostError, RemoteError
from clustrix_bundle.remote_failure import RemoteUnpickler, raisable, told_shortly

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place
    from clustrix_bundle.remote_failure import Captured

_IN_MEMORY = 8 << 20
_TAIL = 4000
_REFUSED = ("BundleFormatError", "UnsafePathError", "NewerFormatError")
_NEXT = {
    "timeout": "give it more with time=",
    "memory": "give it more with memory=",
    "exit": "the function, or something in it, called exit",
    "signal": "a crash in compiled code, or over a limit of the machine",
}
"""What to do about a cause."""


def fetch_result(place: Place, job: str, task: int, outcome: Mapping[str, Any], captured: Captured | None = None) -> Any:
    """The result of a task that is completed; `captured` as for `RemoteUnpickler`.

    Raises:
        RemoteError: It cannot be read here, or is not what the task wrote.
    """
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as stored:
        fetch_verified(place, job, task, "result", outcome=outcome, into=stored)
        try:
            return RemoteUnpickler(stored, captured).load()
        except Exception as error:
            raise RemoteError("ResultNotReadable", f"the result cannot be read back here: {told_shortly(error)}") from error


def fetch_verified(place: Place, job: str, task: int, name: str, *, outcome: Mapping[str, Any], into: IO[bytes]) -> None:
    """Write ``result`` or ``error`` of a task to a file here, which is then at its beginning.

    Raises:
        RemoteError: Size or digest differ from what the task said.
    """
    said = outcome["files"][name]
    digest = hashlib.sha256()
    size = 0
    for piece in place.stream("jobs.read", job=job, name=name, task=task):
        into.write(piece)
        digest.update(piece)
        size += len(piece)
    if (size, digest.hexdigest()) != (said["size"], said["sha256"]):
        raise RemoteError(
            "ResultNotReadable", f"the {name} of job {job} is not what the job wrote: {size} bytes, not {said['size']}"
        )
    into.seek(0)


def failure_of(
    place: Place,
    job: str,
    task: int,
    state: str,
    *,
    outcome: Mapping[str, Any] | None,
    reason: str = "",
    captured: Captured | None = None,
) -> Exception:
    """What to raise for a task that ended without a result.

    Args:
        place: Where its folder is.
        job: Its id.
        task: Its number.
        state: failed, timeout or lost.
        outcome: What `jobs.outcomes` gave.
        reason: What the scheduler says.
        captured: As for `RemoteUnpickler`.
    """
    if outcome and "failed" in outcome:
        return RemoteError("NotStarted", _not_started(outcome), _tail(place, job, None, "log"))
    if outcome is None:
        why = reason or "it left no outcome; its process is gone, or nobody has heard of it for long"
        tail = _tail(place, job, task, "stderr") or _tail(place, job, None, "log")
        if state == "lost":
            return JobLostError(job, f"{why}{_shown(tail)}")
        return RemoteError("ProcessDied", _with_next(why, state), tail)
    told = outcome["error"]
    if told["type"] in _REFUSED:
        return BundleFormatError(told["message"])
    if "error" in outcome["files"]:
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as stored:
            fetch_verified(place, job, task, "error", outcome=outcome, into=stored)
            return raisable(told, stored, captured)
    kind = outcome["cause"]["kind"]
    if kind in ("signal", "exit", "timeout", "memory"):
        why = "over its time limit" if kind == "timeout" else f"{reason}; {told['message']}" if reason else told["message"]
        return RemoteError(told["type"], _with_next(why, kind), told["traceback"] or _tail(place, job, task, "stderr"))
    return RemoteError(told["type"], told["message"], told["traceback"])


def describe_cause(state: str, outcome: Mapping[str, Any] | None, reason: str = "") -> str:
    """One line about how a task ended; empty where it is completed."""
    if outcome and "failed" in outcome:
        return _not_started(outcome)
    if state == "cancelled":
        return reason or "somebody cancelled it"
    if outcome and outcome.get("cause"):
        text = str(outcome["cause"]["text"])
        return f"{reason}; {text}" if reason else text
    return reason or ("nobody knows what became of it" if state == "lost" else "")


def _not_started(mark: Mapping[str, Any]) -> str:
    step, code = mark["failed"], mark["code"]
    if step == "python":
        return f"the Python of python_executable could not be started there (exit code {code}); name another one"
    name, _, number = step.rpartition(" ")
    if name:
        return f"number {number} of {name} ended with exit code {code}, so the function was not run"
    return f"the commands before it could not be run (exit code {code}): see the log"


def _with_next(why: str, kind: str) -> str:
    step = _NEXT.get(kind)
    return f"{why}; {step}" if step else why


def _tail(place: Place, job: str, task: int | None, name: str) -> str:
    text = place.fetch("jobs.read", job=job, name=name, task=task, offset=-_TAIL).decode("utf-8", "replace")
    return f"its log ends:\n{text}" if text.strip() else ""


def _shown(tail: str) -> str:
    return f"\n{tail}" if tail else ""
