"""Following jobs: the answer comes when there is news, so that a client neither asks in vain nor hears late."""

import base64
import threading
import time

from .job_operations import SETTLED, look, outcomes, read

_SOONEST_S, _LATEST_S = 0.01, 0.5
_PATIENCE = 0.05
"""Looks are this part of ``wait_s`` apart, or nine times as long as one took: the machine may be running the tasks."""
_TOGETHER_S = 0.1
"""News of jobs that have not ended is gathered for so long."""
_OUTCOMES_MAX = 500

_wakes: dict = {}


def watch(session, jobs, wait_s, token, most=1 << 20):
    """As `job_operations.look`, once something differs from what the client knows; a generator, whose return value is the result.

    Args:
        session: Whose jobs.
        jobs: By id the letters that the client knows, or ``""``.
        wait_s: Seconds after which the answer comes without news.
        token: Of the watch; `wake` with it has the answer come at once.
        most: Bytes of results that are sent along.

    Returns:
        What `look` gives; besides, ``outcomes`` of tasks that have ended by now, by number, without their result as JSON. Files of these
        have their content as ``base64`` as long as there is room.
    """
    wake = _wakes.setdefault(token, threading.Event())
    begin = now = time.monotonic()
    until = begin + wait_s
    while True:
        looks = look(session, jobs)
        spent_s, now = time.monotonic() - now, time.monotonic()
        news = [
            found is None or set(found["letters"]) <= set(SETTLED) for job, found in looks.items() if _letters(found) != jobs[job]
        ]
        if news:
            until = min(until, now + _TOGETHER_S)
        if any(news) or now >= until or wake.is_set():
            break
        yield b""
        wake.wait(min(max(_SOONEST_S, 9 * spent_s, min(_LATEST_S, wait_s * _PATIENCE)), until - now))
        now = time.monotonic()
    wake.clear()
    for job, found in looks.items():
        if found is not None:
            most = _add_outcomes(session, job, found, jobs[job], most)
    return looks


def wake(session, token):  # noqa: ARG001
    """Have a `watch` answer now, or the next one as soon as it begins."""
    _wakes.setdefault(token, threading.Event()).set()


def _letters(found):
    return found and found["letters"]


def _add_outcomes(session, job, found, known, most):
    """The bytes that are left."""
    ended = [n for n, letter in enumerate(found["letters"]) if letter in SETTLED and (not known or known[n] not in SETTLED)]
    ended = ended[:_OUTCOMES_MAX]
    found["outcomes"] = {}
    for task, outcome in zip(ended, outcomes(session, job, ended)):
        found["outcomes"][task] = outcome
        outcome = outcome or {}
        outcome.pop("result", None)
        for name, said in outcome.get("files", {}).items():
            if said["size"] <= most:
                try:
                    content = b"".join(read(session, job, name, task))
                except OSError:  # whoever asks for it alone hears why
                    continue
                said["base64"] = base64.b64encode(content).decode("ascii")
                most -= len(content)
    return most
