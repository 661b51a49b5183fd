"""A scheduler as words: arguments to run its tools with, and what their answers mean. Who runs them is `batch`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from clustrix_bundle.bundler.errors import ClustrixBundleError
from clustrix_bundle.bundler.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from clustrix_bundle.engines.verdict import Scheduled


class SchedulerError(ClustrixBundleError):
    """A scheduler refused or did not understand (act: the user, or the site); its own words are in the message.

    Attributes:
        message: What it said, and what to do.
        certain: Whether nothing was submitted; False where its answer is not known.
    """

    exit_code = 4

    def __init__(self, message: str, certain: bool = True) -> None:
        super().__init__(message, certain)
        self.message, self.certain = message, certain

    def __str__(self) -> str:
        return self.message


class QueueFullError(SchedulerError):
    """A site takes no more jobs of this user now (act: nobody, if the rest can wait; else the user)."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What a job asks for; None means the site's default.

    Attributes:
        cores: Of each task.
        memory: Bytes of each task.
        time_s: Seconds that a task may take.
        partition, queue, account, gres, qos: Words of the site.
        parallel_environment: Grid Engine's word for where a task's cores come from; asks for nothing by itself.
    """

    cores: int | None = None
    memory: int | None = None
    time_s: int | None = None
    partition: str | None = None
    queue: str | None = None
    account: str | None = None
    gres: str | None = None
    qos: str | None = None
    parallel_environment: str | None = None

    def given(self) -> dict[str, str | int]:
        """What is asked for, by name."""
        pairs = ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        return {name: value for name, value in pairs if value is not None}


@dataclass(frozen=True, slots=True)
class Request:
    """One submission: tasks ``first`` … ``first + tasks - 1`` of a job.

    Attributes:
        name: Of the job for the scheduler; it begins with ``clx-``.
        folder: The job's, an absolute path there.
        first, tasks: Which of its tasks.
        resources: Of each.
        at_once: Most tasks that are to run at a time; 0 for as many as there is room for.
        after: The scheduler's id of a submission that has to have ended before this one begins; empty for none.
    """

    name: str
    folder: str
    first: int
    tasks: int
    resources: Resources
    at_once: int = 0
    after: str = ""

    @property
    def words(self) -> list[str]:
        """What follows ``batch.sh``; for indices from 0 on."""
        return ["--task", str(self.first)] if self.tasks == 1 else ["--first", str(self.first)]


class Scheduler(Protocol):
    """The words of one kind of scheduler. States are by the scheduler's id of a task: ``7`` or, in an array, ``7_3`` (index from 0 on)."""

    name: str
    refused: frozenset[str]
    """Resources that it has no word for."""

    def check(self, resources: Resources) -> None:
        """Refuse what depends on more than one resource.

        Raises:
            ConfigError: It names the field.
        """

    max_array: int
    """Tasks of one submission at most, where the site says nothing."""

    def submit_argv(self, request: Request) -> list[str]:
        """Runs ``batch.sh`` in the job's folder."""

    def parse_job_id(self, stdout: str) -> str:
        """The scheduler's id from what submitting printed.

        Raises:
            SchedulerError: There is none.
        """

    def find_argv(self, name: str) -> list[str]:
        """Lists jobs of that name, if there are any: for a submission whose answer was lost."""

    def parse_found(self, stdout: str, name: str) -> list[str]:
        """Ids of the jobs of that name."""

    def queue_argv(self, ids: Sequence[str]) -> list[str]:
        """Asks for the states of what has not ended, or has just ended."""

    def parse_queue(self, stdout: str) -> Mapping[str, Scheduled]:
        """States by id; an array whose tasks are not listed singly stands under its own id."""

    def account_argv(self, ids: Sequence[str]) -> list[list[str]]:
        """Ask for the ends of what the queue knows no longer, or says too little of: commands, each for what the ones before did not tell."""

    def parse_account(self, stdout: str) -> Mapping[str, Scheduled]:
        """As `parse_queue`."""

    def cancel_argv(self, ids: Sequence[str]) -> list[str]:
        """Ends jobs, and tasks of arrays."""

    def parse_claim(self, by: str) -> str:
        """The id of a task as ids are here, from what its own environment said (``runtime/job_folder.py``)."""

    def is_too_large(self, said: str) -> bool:
        """Whether a refusal is of the size of the array."""

    counts_tasks: bool
    """Whether a site's limit of jobs counts the tasks of an array, so that a smaller one may be taken."""

    def is_full(self, said: str) -> bool:
        """Whether a refusal is for now: the site takes no more jobs of this user before some have ended."""

    def advice(self, said: str) -> str:
        """What to do about a refusal, from its words; empty where they say it themselves."""
