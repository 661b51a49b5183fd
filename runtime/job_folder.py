"""A job's folder: its files and who holds its tasks. ``docs/jobs.md`` is the protocol."""

import json
import os

from .owner import identity

_IDS = {
    "slurm": (("SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID"), ("SLURM_JOB_ID",)),
    "sge": (("JOB_ID", "SGE_TASK_ID"),),
    "pbs": (("PBS_JOBID",),),
}
"""By engine: environment variables whose values are, joined, the scheduler's id of a task."""


class JobFolder(object):
    """A job's folder.

    Attributes:
        path: Absolute.
        state: The state dir that holds it.
        spec: What is to be run.
    """

    def __init__(self, path):
        self.path = path
        self.state = os.path.dirname(os.path.dirname(path))
        with open(path + "/spec.json", "rb") as source:
            self.spec = json.loads(source.read().decode("utf-8"))

    def task(self, number):
        """The folder of a task, which need not exist."""
        return "%s/tasks/%d" % (self.path, number)

    def is_cancelled(self, number=None):
        """Whether somebody wants the job to end, or one task of it."""
        path = self.path + "/cancelled"
        return os.path.exists(path) or (number is not None and os.path.exists("%s.%d" % (path, number)))

    def scheduler_id(self):
        """The scheduler's id of the task that this process is; empty where none runs it."""
        for names in _IDS.get(self.spec["engine"], ()):
            values = [os.environ.get(name, "") for name in names]
            if all(values):
                return "_".join(value for value in values if value != "undefined")
        return ""


def write_whole(path, content):
    """Write a file that appears by rename."""
    part = "%s.%s.part" % (path, os.urandom(6).hex())
    try:
        with open(part, "wb") as out:
            out.write(content)
        os.rename(part, path)
    except BaseException:
        if os.path.exists(part):
            os.unlink(part)
        raise


class Claim(object):
    """Who runs a task.

    Attributes:
        by: The scheduler's id, or empty.
        attempt: From 1 on; a requeue is the next one.
        process: `owner.identity` of the process.
    """

    def __init__(self, by, attempt, process):
        self.by, self.attempt, self.process = by, attempt, process

    def __eq__(self, other):
        return isinstance(other, Claim) and self.render() == other.render()

    __hash__ = None  # type: ignore[assignment]

    def render(self):
        """The file's content."""
        return "\n".join([self.by, str(self.attempt)] + self.process).encode("utf-8", "surrogateescape")


def read_claim(folder):
    """The `Claim` on a task; None where there is none."""
    try:
        with open(folder + "/claim", "rb") as source:
            lines = source.read().decode("utf-8", "surrogateescape").split("\n")
        return Claim(lines[0], int(lines[1]), lines[2:])
    except (OSError, ValueError, IndexError):
        return None


def take_claim(folder, by):
    """Claim a task for this process.

    Returns:
        The `Claim`; None if the task is somebody else's, or done.
    """
    mine = Claim(by, 1, identity())
    if make_first(folder + "/claim", mine.render()):
        return mine
    there = read_claim(folder)
    if there == mine:  # a network file system lost the answer
        return mine
    if there is None or not by or there.by != by or (read_head(folder) or ("", False))[1]:
        return None
    mine.attempt = there.attempt + 1
    for name in ("result", "calls", "error", "outcome.json"):
        if os.path.exists(folder + "/" + name):
            os.unlink(folder + "/" + name)
    write_whole(folder + "/claim", mine.render())
    return mine


def make_first(path, content):
    """Make a file whole, if there is none yet; whether it was made now."""
    part = "%s.%s.part" % (path, os.urandom(6).hex())
    with open(part, "wb") as out:
        out.write(content)
    try:
        os.link(part, path)
        return True
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        try:
            with open(path, "xb") as out:
                out.write(content)
            return True
        except FileExistsError:
            return False
    finally:
        os.unlink(part)


HEAD = '{"state": "%s", "final": %s, '


def read_head(folder):
    """``(state, whether it is final)`` from a task's outcome; None where there is none."""
    try:
        with open(folder + "/outcome.json", "rb") as source:
            head = source.read(64).decode("ascii", "replace")
    except OSError:
        return None
    words = head.split('"')
    return words[3], words[6].startswith(": true")
