"""Jobs of a scheduler: its words, carried by a place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clustrix_bundle.engines.engine import Submitted, refuse
from clustrix_bundle.engines.scheduler import QueueFullError, Request, Resources, Scheduler, SchedulerError
from clustrix_bundle.engines.verdict import UNDECIDED, UNKNOWN, Scheduled
from clustrix_bundle.errors import AnswerTimeout, ConnectionLost
from clustrix_bundle.runtime.job_operations import SETTLED

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place

_WAITING = Scheduled("waiting")
_PREFIX = "clx-"
_ASK_S = 15
"""Seconds that a question about states may take."""
_SUBMIT_S = 120
_FIND_S = 60
_OVER = ("invalid job", "already", "does not exist", "unknown job", "finished")
"""What schedulers say of a job that cannot be cancelled because it has ended."""


class Batch:
    """See `clustrix_bundle.engines.engine.Engine`."""

    limits_itself = True

    def __init__(self, scheduler: Scheduler) -> None:
        self.name = scheduler.name
        self._words = scheduler
        self._most = scheduler.max_array
        self._room = self._most  # tasks for which there seems to be room in the queue

    def check(self, resources: Resources) -> None:
        refuse(self.name, self._words.refused, resources)
        self._words.check(resources)

    def start(self, place: Place, *, job: str, folder: str, tasks: int, resources: Resources, at_once: int, again: bool) -> None:
        look = (place.call("jobs.look", jobs={job: ""})[job] if again else None) or {}
        there = look.get("submission") or {}
        ids, firsts = list(there.get("ids", ())), list(there.get("first", ()))
        first = int(there.get("until", tasks if ids else 0))
        open_tasks = sum(letter not in SETTLED for letter in look.get("letters", "")[:first])
        by_and_by = 0 < first < tasks  # places in the queue are taken as they become free
        while first < tasks:
            count = min(self._most, self._room, tasks - first)
            lanes, share = _lanes(tasks, self._most, at_once)
            after = ids[-lanes] if len(ids) >= lanes else ""
            if by_and_by and at_once:
                count, share, after = min(count, at_once - open_tasks), 0, ""
                if count <= 0:
                    raise QueueFullError(f"{open_tasks} tasks are submitted, and no more are to run at a time")
            name = _PREFIX + job if count == tasks else f"{_PREFIX}{job}-{first}-{count}"
            request = Request(name, folder, first, count, resources, share if share < count else 0, after)
            try:
                ids.append(self._submit(place, request, may_be_there=again))
            except SchedulerError as error:
                if not self._fits_smaller(error, count, begun=bool(ids)):
                    raise
                by_and_by = by_and_by or isinstance(error, QueueFullError)
                continue
            again = False  # the first of those that were not noted alone may be there
            self._room = max(self._room, 2 * count)
            firsts.append(first)
            first += count
            open_tasks += count
            noted = {"engine": self.name, "ids": ids, "first": firsts, "until": first, "process": None}
            place.call("jobs.note", job=job, submission=noted)

    def _fits_smaller(self, error: SchedulerError, count: int, *, begun: bool) -> bool:
        """Whether a smaller array may be taken where one of ``count`` tasks was not; the next is half as large then."""
        if count == 1:
            return False
        if isinstance(error, QueueFullError):
            self._room = count // 2
            return self._words.counts_tasks
        if begun or not self._words.is_too_large(error.message):
            return False
        self._most = count // 2
        return True

    def _submit(self, place: Place, request: Request, *, may_be_there: bool) -> str:
        """The scheduler's id of one submission; one that is there under its name already is that one."""
        argv = self._words.submit_argv(request)
        if may_be_there and (found := self._find(place, request.name)):
            return found
        try:
            done = place.call("process.execute", argv=argv, cwd=request.folder, time_s=_SUBMIT_S, timeout=_SUBMIT_S + 30)
        except FileNotFoundError as error:
            raise SchedulerError(
                f"there is no {argv[0]} there; is it the login node, and does cluster_type say what it has?"
            ) from error
        except (ConnectionLost, AnswerTimeout):
            # It may have been done. Should it be done after this look, there are two, and claims let each task run once.
            if found := self._find(place, request.name):
                return found
            done = place.call("process.execute", argv=argv, cwd=request.folder, time_s=_SUBMIT_S, timeout=_SUBMIT_S + 30)
        if done["code"] == 0 and not done["timed_out"]:
            return self._words.parse_job_id(done["stdout"])
        # Schedulers say that they timed out, or cannot be reached, of jobs that they have taken.
        found = self._find(place, request.name)
        if found:
            return found
        told = _refusal(argv, done)
        step = self._words.advice(told)
        kind = QueueFullError if self._words.is_full(told) and found is not None else SchedulerError
        raise kind(f"{told.rstrip('.')}; {step}" if step else told, certain=found is not None)

    def _find(self, place: Place, name: str) -> str | None:
        """The id of a submission by its name; empty if there is none, None if the scheduler does not say."""
        done = place.call("process.execute", argv=self._words.find_argv(name), time_s=_FIND_S)
        if done["code"] != 0 or done["timed_out"]:
            return None
        found = self._words.parse_found(done["stdout"], name)
        return found[0] if found else ""

    def states(self, place: Place, jobs: list[Submitted]) -> dict[tuple[str, int], Scheduled]:
        ids = {
            (job.id, number): shown
            for job in jobs
            for number, letter in enumerate(job.letters)
            if letter in UNDECIDED and (shown := scheduler_id(job.submission, number, len(job.letters)))
        }
        found: dict[tuple[str, int], Scheduled] = {
            (job.id, number): _WAITING
            for job in jobs
            for number in range(len(job.letters))
            if not job.submission or number >= job.submission.get("until", len(job.letters))
        }
        if not ids:
            return found
        wanted = sorted({shown.partition("_")[0] for shown in ids.values()})
        queue = self._ask(place, self._words.queue_argv(wanted), self._words.parse_queue)
        if isinstance(queue, str):  # the scheduler does not answer: nothing is known to have ended
            return found | dict.fromkeys(ids, Scheduled("unasked", reason=f"the scheduler does not answer: {queue}", stuck=True))
        open_ids = {
            shown for shown in ids.values() if (now := _of(queue, shown)).word == "unknown" or (now.word == "ended" and now.vague)
        }
        account = self._account(place, open_ids)
        for key, shown in ids.items():
            now, better = _of(queue, shown), _of(account, shown)
            found[key] = (
                better if shown in open_ids and better.word == "ended" and not (now.word == "ended" and better.vague) else now
            )
        return found

    def _account(self, place: Place, shown: set[str]) -> dict[str, Scheduled]:
        """What the accounting says of the ends of tasks; its other commands are asked for what the first ones do not know."""
        told: dict[str, Scheduled] = {}
        wanted = sorted({one.partition("_")[0] for one in shown})
        for argv in self._words.account_argv(wanted) if wanted else ():
            if all(_of(told, one).word == "ended" for one in shown):
                break
            answer = self._ask(place, argv, self._words.parse_account)
            for one, state in {} if isinstance(answer, str) else answer.items():
                if told.get(one, UNKNOWN).word != "ended":
                    told[one] = state
        return told

    def _ask(self, place: Place, argv: list[str], parse: Any) -> Mapping[str, Scheduled] | str:
        """What it answers; where it does not, why."""
        try:
            done = place.call("process.execute", argv=argv, time_s=_ASK_S, limit=64 << 20)
        except FileNotFoundError:  # a site without accounting
            return f"there is no {argv[0]}"
        if done["timed_out"] or (done["code"] != 0 and not done["stdout"]):
            return _refusal(argv, done)
        answer: Mapping[str, Scheduled] = parse(done["stdout"])
        return answer

    def cancel(self, place: Place, job: str, tasks: list[int] | None = None) -> None:
        told = place.call("jobs.cancel", job=job, tasks=tasks)
        submission = told["submission"]
        claimed = {int(number): self._words.parse_claim(by) for number, by in told["ids"].items()}
        if tasks is None:  # a lost answer may have left a second submission, which claims alone tell of
            given = submission.get("ids", [])
            ids = [*given, *sorted({one.partition("_")[0] for one in claimed.values()} - set(given))]
        else:
            of = place.call("jobs.read_spec", job=job)["tasks"]
            shown = (claimed.get(number) or scheduler_id(submission, number, of) for number in tasks)
            ids = [one for one in shown if one]
        if ids:
            argv = self._words.cancel_argv(ids)
            done = place.call("process.execute", argv=argv, time_s=60)
            text = f"{done['stdout']} {done['stderr']}".lower()
            if done["code"] != 0 and not any(word in text for word in _OVER):
                raise SchedulerError(
                    f"{_refusal(argv, done)}; what has not begun will not run, what runs goes on: cancel it again"
                )


def scheduler_id(submission: Mapping[str, Any] | None, task: int, tasks: int) -> str:
    """The scheduler's id of a task, as `Scheduler` has it; empty where it was not submitted."""
    if not submission:
        return ""
    ids, firsts = submission["ids"], submission.get("first") or [0]
    until = submission.get("until", tasks)
    for number in range(len(ids) - 1, -1, -1):
        if firsts[number] <= task < until:
            count = (firsts[number + 1] if number + 1 < len(firsts) else until) - firsts[number]
            return f"{ids[number]}_{task - firsts[number]}" if count > 1 else str(ids[number])
    return ""


def _lanes(tasks: int, most: int, at_once: int) -> tuple[int, int]:
    """How many arrays of a job may be beside each other, and how many tasks of each run at a time (0: as many as there is room for).

    Together they keep to ``at_once``; arrays for which there is no lane follow on others.
    """
    parts = -(-tasks // most)
    if not 0 < at_once < tasks:
        return parts, 0
    lanes = min(parts, max(1, at_once // most))
    return lanes, at_once // lanes


def _of(states: Mapping[str, Scheduled], shown: str) -> Scheduled:
    """A task's state, or that of its whole array."""
    return states.get(shown) or states.get(shown.partition("_")[0], UNKNOWN)


def _refusal(argv: list[str], done: Mapping[str, Any]) -> str:
    said = (done["stderr"].strip() or done["stdout"].strip() or "said nothing").splitlines()
    how = "did not answer in time" if done["timed_out"] else f"ended with exit code {done['code']}"
    return f"{argv[0]} {how}: {' '.join(said[-3:])}"
