"""What a task left, brought home: its result as it is, or what to raise instead."""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from typing import IO, TYPE_CHECKING, Any

from clustrix_bundle.bundler.errors import BundleFormatError
from clustrix_bundle.errors import JobLostError, RemoteError
from clustrix_bundle.remote_failure import RemoteUnpickler, raisable, told_shortly

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place
    from clustrix_bundle.remote_failure import Captured

IN_MEMORY = 8 << 20
"""Bytes of what is fetched that are not put into a file in passing."""
_TAIL = 4000
_REFUSED = ("BundleFormatError", "UnsafePathError", "NewerFormatError")
_NEXT = {
    "timeout": "give it more with time=",
    "memory": "it needs more memory: memory= asks a scheduler for it",
    "exit": "the function, or something in it, called exit",
    "signal": "a crash in compiled code, or over a limit of the machine",
    "killed": "if its memory ran out, memory= asks a scheduler for more",
    "ended": "somebody there ended it, or a limit of the machine; submit it again",
    "outputs": "make room there, or let it write less",
}
"""What to do about a cause."""
_NO_SPACE = ("[Errno 28]", "[Errno 122]", "no space is left")


class NotThereYetError(RemoteError):
    """A file of an outcome is missing or too short: a shared file system may show it later."""


def fetch_result(place: Place, job: str, task: int, outcome: Mapping[str, Any], captured: Captured | None = None) -> Any:
    """The result of a task that is completed; `captured` as for `RemoteUnpickler`.

    Raises:
        RemoteError: It cannot be read here, or is not what the task wrote.
    """
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as stored:
        fetch_verified(place, job, task, "result", outcome=outcome, into=stored)
        try:
            return RemoteUnpickler(stored, captured).load()
        except Exception as error:
            raise RemoteError("ResultNotReadable", f"the result cannot be read back here: {told_shortly(error)}") from error


def fetch_verified(place: Place, job: str, task: int, name: str, *, outcome: Mapping[str, Any], into: IO[bytes]) -> None:
    """Write ``result`` or ``error`` of a task to a file here, which is then at its beginning.

    Raises:
        RemoteError: Size or digest differ from what the task said; `NotThereYetError` if it is shorter.
    """
    said = outcome["files"][name]
    digest = hashlib.sha256()
    size = 0
    sent_along = said.get("base64")
    pieces = place.stream("jobs.read", job=job, name=name, task=task) if sent_along is None else [base64.b64decode(sent_along)]
    for piece in pieces:
        into.write(piece)
        digest.update(piece)
        size += len(piece)
    if (size, digest.hexdigest()) != (said["size"], said["sha256"]):
        raise (NotThereYetError if size < said["size"] else RemoteError)(
            "ResultNotReadable",
            f"the {name} of job {job} is not what the job wrote: {size} bytes, {said['size']} were written; somebody changed it, "
            "or the file system lost it: submit it again",
        )
    into.seek(0)


def fetch_outputs(place: Place, job: str, tasks: Iterable[int], folder: str) -> list[str]:
    """Fetch the files that tasks wrote into ``folder/<job>/<task>/``, each written beside its place and renamed, over none that is there.

    Returns:
        Those fetched now, relative to ``folder``.
    """
    fetched = []
    tasks = list(tasks)
    for task, outcome in zip(tasks, place.call("jobs.outcomes", job=job, tasks=tasks), strict=True):
        for row in (outcome or {}).get("outputs", ()):
            name = os.path.join(job, str(task), row["path"])
            target = os.path.join(folder, name)
            if os.path.isabs(row["path"]) or ".." in row["path"].split("/") or os.path.lexists(target):
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            part = f"{target}.{os.urandom(4).hex()}.part"
            try:
                with open(part, "xb") as out:
                    out.writelines(place.stream("jobs.read", job=job, task=task, name=f"outputs/{row['path']}"))
                os.link(part, target)
                fetched.append(name)
            except FileExistsError:  # somebody was faster
                pass
            finally:
                os.unlink(part)
    return fetched


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
    why = describe_cause(state, outcome, reason)
    if outcome is None:
        tail = log_tail(place, job, task)
        if state == "lost":
            return JobLostError(job, f"{why}{_shown(tail)}")
        return RemoteError("ProcessDied", why, tail)
    told = outcome["error"]
    if told["type"] in _REFUSED:
        return BundleFormatError(told["message"])
    if "error" in outcome["files"]:
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as stored:
            fetch_verified(place, job, task, "error", outcome=outcome, into=stored)
            error = raisable(told, stored, captured)
        if step := _step(outcome):
            error.add_note(step)
        return error
    if outcome["cause"]["kind"] in ("signal", "exit", "timeout", "memory"):
        why = why.removeprefix(f"{told['type']}: ")
        return RemoteError(told["type"], why, told["traceback"] or log_tail(place, job, task))
    return RemoteError(told["type"], _with_step(told["message"], _step(outcome)), told["traceback"])


def describe_cause(state: str, outcome: Mapping[str, Any] | None, reason: str = "") -> str:
    """One line about how a task ended, and what to do; empty where it is completed."""
    if outcome and "failed" in outcome:
        return _not_started(outcome)
    if state == "cancelled":
        return reason or "somebody cancelled it"
    if state == "timeout":
        return reason if ";" in reason else _with_step(reason or "over its time limit", _NEXT["timeout"])
    if outcome and outcome.get("cause"):
        text = str(outcome["cause"]["text"]).removesuffix(": ")
        # Of what it ended as, the scheduler may know why; that it ended so, it need not say again.
        if outcome["cause"]["kind"] in ("signal", "exit") and reason and not reason.startswith("ended "):
            return reason if "=" in reason else f"{text}: {reason}"
        return _with_step(text, _step(outcome))
    if state == "lost":
        return f"{reason or 'nobody knows what became of it'}; it left no outcome: see its log, and submit it again"
    return reason


def log_tail(place: Place, job: str, task: int, outcome: Mapping[str, Any] | None = None) -> str:
    """The end of what is to be read about a task that ended badly: its traceback, what it said, or what was said before it began."""
    told = (outcome or {}).get("error") or {}
    if told.get("traceback"):
        return str(told["traceback"])
    own = _tail(place, job, task, "stderr")
    before = _tail(place, job, None, "log")
    return "\n".join(text for text in (own, before) if text)


def _step(outcome: Mapping[str, Any]) -> str:
    cause = outcome["cause"]
    kind = {9: "killed", 15: "ended", 1: "ended", 2: "ended"}.get(cause.get("signal"), "signal")
    kind = kind if cause["kind"] == "signal" else cause["kind"]
    if any(sign in str(cause["text"]) for sign in _NO_SPACE):
        kind = "outputs"
    return _NEXT.get(kind, "")


def _not_started(mark: Mapping[str, Any]) -> str:
    step, code = mark["failed"], mark["code"]
    if step == "python":
        return (
            f"its Python was not found where it ran (exit code {code}): set python_executable to one that is there, "
            "or module_loads to the module that brings it"
        )
    name, _, number = step.rpartition(" ")
    if name == "environment":
        return f"the job's environment could not be built or is gone (exit code {code}): see the log, and submit it again"
    if name:
        return f"number {number} of {name} ended with exit code {code}, so the function was not run: its log says why"
    return f"the commands before it could not be run (exit code {code}): see the log"


def _with_step(why: str, step: str) -> str:
    return f"{why}; {step}" if step else why


def _tail(place: Place, job: str, task: int | None, name: str) -> str:
    text = place.fetch("jobs.read", job=job, name=name, task=task, offset=-_TAIL).decode("utf-8", "replace")
    return f"its log ends:\n{text}" if text.strip() else ""


def _shown(tail: str) -> str:
    return f"\n{tail}" if tail else ""
