"""Jobs as processes of a machine: this one, or the one behind a connection. They outlive whoever started them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.engines.engine import Submitted, refuse
from clustrix_bundle.engines.verdict import UNKNOWN, Scheduled

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place
    from clustrix_bundle.engines.scheduler import Resources

_WAITING, _RUNNING, _GONE = (
    Scheduled("waiting"),
    Scheduled("running"),
    Scheduled("ended", "lost", "its process is gone: killed, or its machine started again"),
)
_SCHEDULERS_ONLY = frozenset({"partition", "queue", "account", "gres", "qos"})


class Processes:
    """See `clustrix_bundle.engines.engine.Engine`.

    Limits of time and memory are kept by the task. On this machine, what only a scheduler could honour is recorded in the job and has
    no effect: a program that is written here for a cluster runs unchanged. A remote machine without a scheduler refuses it.
    """

    limits_itself = False

    def __init__(self, name: str) -> None:
        self.name = name

    def check(self, resources: Resources) -> None:
        if self.name != "local":
            refuse(self.name, _SCHEDULERS_ONLY, resources)

    def start(
        self,
        place: Place,
        *,
        job: str,
        folder: str,  # noqa: ARG002 - found by its id
        tasks: int,
        resources: Resources,  # noqa: ARG002 - in the job's spec
        at_once: int,
        again: bool,  # noqa: ARG002 - starting it is safe to repeat
    ) -> None:
        place.call("jobs.start", job=job, workers=max(1, min(tasks, at_once or tasks)))

    def states(self, place: Place, jobs: list[Submitted]) -> dict[tuple[str, int], Scheduled]:  # noqa: ARG002
        # Of a process of this machine the folder's letter says whether it lives; of another one its heartbeat does.
        said = {"r": _RUNNING if self.name == "local" else UNKNOWN, "g": _GONE}
        return {(job.id, number): said.get(letter, _WAITING) for job in jobs for number, letter in enumerate(job.letters)}

    def cancel(self, place: Place, job: str, tasks: list[int] | None = None) -> None:
        place.call("jobs.cancel", job=job, tasks=tasks)
