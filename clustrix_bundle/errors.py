"""What can go wrong between here and where a function runs, beside what `clustrix_bundle.bundler.errors` has."""

from __future__ import annotations

import os
from errno import EDQUOT, ENOSPC

from clustrix_bundle.agent.errors import AgentProtocolError, AnswerTimeout, ClusterConnectionError, ConnectionLost
from clustrix_bundle.bundler.errors import ClustrixBundleError

__all__ = [
    "AgentProtocolError",
    "AnswerTimeout",
    "ClusterConnectionError",
    "ConnectionLost",
    "DuplicateJobError",
    "JobLostError",
    "JobWarning",
    "NoRoomError",
    "RemoteError",
    "RemoteTraceback",
    "UnknownJobError",
    "WorkDirError",
]


class RemoteError(ClustrixBundleError):
    """The function failed where it ran, and what it raised cannot be raised here (act: the function's author).

    Its class or a value in it cannot be pickled or is not to be found here; it is one that would end this program (``SystemExit``,
    ``KeyboardInterrupt``); its process died (type ``ProcessDied``); its result cannot be passed on (``ResultNotPicklable``,
    ``ResultNotReadable``); a value cannot be read there (``ValueNotReadable``, ``UnmetRequirementError``).

    Attributes:
        type: Name of the exception's class.
        message: Its text.
        remote_traceback: Its traceback, in the user's own file names and lines; empty where there is none.
    """

    exit_code = 1

    def __init__(self, type: str, message: str, remote_traceback: str = "") -> None:  # noqa: A002 - the word of the protocol
        super().__init__(type, message, remote_traceback)
        self.type = type
        self.message = message
        self.remote_traceback = remote_traceback

    def __str__(self) -> str:
        told = f"{self.type}: {self.message}"
        return f"{told}\n\nwhere it ran:\n{self.remote_traceback.rstrip()}" if self.remote_traceback else told


class JobLostError(ClustrixBundleError):
    """Nobody knows what became of a job: it left no outcome, and no scheduler tells (act: the user, who may look at its logs).

    Attributes:
        job: Its id.
        message: What is known.
    """

    exit_code = 4

    def __init__(self, job: str, message: str) -> None:
        super().__init__(job, message)
        self.job = job
        self.message = message

    def __str__(self) -> str:
        return f"job {self.job}: {self.message}"


class UnknownJobError(ClustrixBundleError):
    """There is no job of that id there (act: the user)."""

    exit_code = 2

    def __init__(self, job: str) -> None:
        super().__init__(job)
        self.job = job

    def __str__(self) -> str:
        return f"there is no job {self.job} there; `clustrix-bundle jobs` lists those that are"


class DuplicateJobError(ClustrixBundleError):
    """Another job has the id that a new one was to have (act: the user)."""

    exit_code = 2

    def __init__(self, job: str) -> None:
        super().__init__(job)
        self.job = job

    def __str__(self) -> str:
        return f"job {self.job} is there, and it is another one: give this one an id of its own, or none"


class NoRoomError(ClustrixBundleError, OSError):
    """There is no room on a cluster's disk for what a job needs (act: the user, who makes some).

    Attributes:
        place: Host and folder.
        errno: ENOSPC or EDQUOT.
    """

    exit_code = 4

    def __init__(self, place: str, errno: int = ENOSPC) -> None:
        super().__init__(place, errno)
        self.place, self.errno = place, errno

    def __str__(self) -> str:
        what = "your quota is used up" if self.errno == EDQUOT else "no space is left"
        return f"{what} in {self.place}: `clustrix-bundle clean` removes what ended jobs left, or set remote_work_dir to a larger disk"


class WorkDirError(ClustrixBundleError, OSError):
    """The work dir of a cluster cannot be used (act: the user, who makes it or names another one).

    Attributes:
        place: Host and folder.
        errno: Why.
        path: What could not be made or written.
    """

    exit_code = 4

    def __init__(self, place: str, errno: int, path: str) -> None:
        super().__init__(place, errno, path)
        self.place, self.errno, self.path = place, errno, path

    def __str__(self) -> str:
        why = f"{os.strerror(self.errno or 0)}: {self.path}"
        return f"the work dir {self.place} cannot be used ({why}): set remote_work_dir, or --work-dir, to a folder that you may write"


class RemoteTraceback(Exception):  # noqa: N818 - a cause that is shown, never raised
    """Where an exception was raised: the ``__cause__`` at the end of its chain, as `concurrent.futures` does it.

    Attributes:
        text: The traceback, in the user's own file names and lines.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"\n{self.text.rstrip()}"


class JobWarning(UserWarning):
    """Something that a job's user should know: what a build warns of, or that a shipped file stood before the cluster's."""

    __module__ = "clustrix_bundle"
