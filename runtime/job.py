"""``job FOLDER``: run a task of a job, or all of them; what happens stands in the folder. ``docs/jobs.md`` is the protocol."""

import os
import sys

from . import job_folder, supervisor
from .command_line import Options, parse
from .digest import file_digest
from .errors import RefusedError, Terminated, UsageError
from .json_text import parse as parse_json
from .json_text import render
from .outcome import FAILED, OK, failure, message_of
from .run import Task, describe, perform

USAGE = """usage: python3 runtime.pyz job FOLDER --task N | --pool K

Runs a task of a job, from 0 on, or all of its tasks, K at a time.
"""

_GRACE_S = 10
"""From SIGTERM to SIGKILL."""
_PATIENCE = 2
"""Beats for which a process may take to end after its function is done before that is told."""

_FROM_OUTSIDE = (1, 2, 10, 12, 15, 24)
"""SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGTERM, SIGXCPU: a scheduler sends them to all processes, and the function's may die first."""
_RESERVE = 1 << 14

_KINDS = {"MemoryError": "memory", "SystemExit": "exit", "ResultNotJSON": "result", "ResultNotPicklable": "result"}


def main(arguments):
    """Run. The exit code; in the process that is to run the function, a callable that does so."""
    options = parse(arguments, USAGE, [], ["task", "pool"], 1)
    path = os.path.realpath(options.words[0])
    os.environ.pop("CLUSTRIX_FOLDER", None)
    try:
        number = int(options.task if options.pool is None else options.pool)
        job = job_folder.JobFolder(path)
    except (TypeError, ValueError, OSError) as error:
        raise UsageError("%s is no job, or its task is not named: %s" % (path, message_of(error)))
    if options.pool is None:
        return _run(job, number)
    return _run_all(job, number)


def _run_all(job, workers):
    """All tasks, ``workers`` at a time, each in a process of its own."""
    waiting = list(range(job.spec["tasks"] - 1, -1, -1))
    running = set()  # type: ignore[var-annotated]
    while waiting or running:
        while waiting and len(running) < workers:
            if job.is_cancelled():
                waiting = []
                break
            number = waiting.pop()
            pid = os.fork()
            if pid == 0:
                return _run(job, number)
            running.add(pid)
        if running:
            running.discard(os.wait()[0])
    return 0


def _run(job, number):
    folder = job.task(number)
    os.makedirs(folder, 0o700, exist_ok=True)
    claim = job_folder.take_claim(folder, job.scheduler_id())
    if claim is None:
        sys.stderr.write("task %d is done, or somebody else's\n" % number)
        return 0
    holding = Holding(job, number, claim)
    holding.beat()
    spec = job.spec
    try:
        for stream, name in ((1, "stdout"), (2, "stderr")):
            log = os.open(folder + "/" + name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(log, stream)
            os.close(log)
        if job.is_cancelled(number):
            return holding.publish(failure("Cancelled", "cancelled before it began"), "cancelled")
        os.environ["CLUSTRIX_JOB"] = render(spec["cluster"])[0]
        options = Options()
        offsets, chunk = spec["arguments"], spec.get("chunk", 1)
        options.__dict__.update(
            json=False,
            keep=False,
            outputs=spec.get("outputs"),
            names=spec.get("names", ()),
            result=folder + "/result",
            error=folder + "/error",
            blobs=job.state + "/blobs",
            id=spec["bundle"],
            arguments=job.path + "/arguments" if offsets else None,
            spans=offsets[number * chunk : (number + 1) * chunk + 1] if offsets else None,
            calls=folder + "/calls" if chunk > 1 else None,
        )
        bundle = "%s/bundles/%s.tar.zst" % (job.state, spec["bundle"])
        return perform(lambda *given: JobTask(holding, *given), bundle, job.state, spec["work_dir"], options)
    except (RefusedError, UsageError, OSError) as error:
        return holding.publish(failure(type(error).__name__, message_of(error)), "failed", "refused")
    except Terminated as error:
        return holding.end_from_outside(failure("ProcessDied", "ended from outside before the function began"), error.args[0])


class Holding(object):
    """A claimed task, and what is told of it."""

    def __init__(self, job, number, claim):
        self.job, self.number, self.claim = job, number, claim
        self.folder = job.task(number)
        self._beats = 0
        try:  # room for an outcome, should the disk be full by then
            job_folder.write_whole(self.folder + "/reserve", os.urandom(_RESERVE))
        except OSError:
            pass

    def beat(self):
        """Another sign of life."""
        self._beats += 1
        try:
            job_folder.write_whole(self.folder + "/beat", b"%d" % self._beats)
        except OSError:  # no space: the task itself may still get on
            pass

    def publish(self, text, state, kind=None, final=True, died=None):
        """Write the outcome, unless another attempt holds the task by now. The exit code.

        Args:
            text: The open beginning of an outcome's object (`outcome`), more fields included.
            state: completed, failed, cancelled or timeout.
            kind: The cause's, where the text does not tell.
            final: Whether that is the last word.
            died: `supervisor.Ending` of a process that left no word.
        """
        cause = None
        if not text.startswith(OK):
            told = parse_json(text + "}")
            error = told["error"]
            kind = kind or (state if state != "failed" else _KINDS.get(error["type"], "exception"))
            cause = {"kind": kind, "text": "%s: %s" % (error["type"], error["message"].split("\n")[0][:500])}
            if "failed_calls" in told:
                cause["text"] += " (%d of its %d calls failed)" % (len(told["failed_calls"]), told["calls"])
            if died is not None:
                cause.update(signal=died.signal, exit_code=died.code)
        files = {}
        for name in ("result", "calls", "error"):
            path = self.folder + "/" + name
            if os.path.exists(path):
                files[name] = {"size": os.path.getsize(path), "sha256": file_digest(path)}
        more = {"cause": cause, "files": files, "attempt": self.claim.attempt}
        head = job_folder.HEAD % (state, "true" if final else "false")
        content = head + text[1:] + ", " + render(more)[0][1:] + "\n"
        if job_folder.read_claim(self.folder) == self.claim:
            try:
                job_folder.write_whole(self.folder + "/outcome.json", content.encode("ascii"))
            except OSError:
                self._free()
                job_folder.write_whole(self.folder + "/outcome.json", content.encode("ascii"))
            self._free()
        return 0 if state == "completed" else 1

    def _free(self):
        try:
            os.unlink(self.folder + "/reserve")
        except OSError:
            pass

    def is_full(self):
        """Whether no space is left where the folder is."""
        try:
            found = os.statvfs(self.folder)
            return found.f_bavail * found.f_frsize < _RESERVE
        except OSError:
            return False

    def end_from_outside(self, text, died=None):
        """Publish what a signal from outside ended: cancelled, or for a scheduler to say."""
        if self.job.is_cancelled(self.number):
            return self.publish(text, "cancelled", died=died)
        return self.publish(text, "failed", "signal", final=not self.claim.by, died=died)


class JobTask(Task):
    """One run of a bundle as a task of a job."""

    def __init__(self, holding, *given):
        super(JobTask, self).__init__(*given)
        self.most_json = 1 << 20
        self._holding = holding
        self._why = None
        self._kill_at = 0.0
        self._beats_since = 0

    def outputs_folder(self):
        path = self._holding.folder + "/outputs"
        os.makedirs(path, 0o700, exist_ok=True)
        return path

    def wait(self, wait):
        from time import monotonic as now

        spec = self._holding.job.spec
        every_s = min(1.0, spec["beat_s"])
        begin = last = now()

        def tick(pid):
            nonlocal last
            time_s = now()
            due = time_s - last >= spec["beat_s"]
            if due:
                last = time_s
                self._holding.beat()
                self._tell_waiting()
            if self._why is None:
                if spec["time_s"] and time_s - begin > spec["time_s"]:
                    self._end(pid, "timeout", time_s)
                elif due and self._holding.job.is_cancelled(self._holding.number):
                    self._end(pid, "cancelled", time_s)
            elif time_s > self._kill_at:
                supervisor.send(pid, "SIGKILL")

        return wait(tick, every_s)

    def _tell_waiting(self):
        """Say, once, what is waited for after the function is done."""
        self._beats_since += self.outcome.is_written()
        if self._beats_since == _PATIENCE:
            self._beats_since += 1
            _say("the function is done, but its process has not ended: threads or exit handlers are at work")

    def _end(self, pid, why, time_s):
        self._why = why
        self._kill_at = time_s + _GRACE_S
        supervisor.send(pid, "SIGTERM")

    def finish(self, ending):
        holding = self._holding
        text = self.read_outcome(ending)
        died = None
        if text is None:
            died = ending
            text = failure("ProcessDied", describe(ending) + ("; no space is left on its disk" if holding.is_full() else ""))
            _say(describe(ending))
        try:
            rows, folder = self.outputs()
            text += self.more(ending, rows, folder)
        except OSError as error:
            text = failure(type(error).__name__, "the function is done, but what it wrote cannot be kept: %s" % message_of(error))
            return holding.publish(text, "failed", "outputs")
        if text.startswith(FAILED) and self._why is not None:
            return holding.publish(text, self._why, died=died)
        if died is not None and (ending.passed_on or ending.signal in _FROM_OUTSIDE):
            return holding.end_from_outside(text, died)
        kind = None if died is None else "exit" if died.signal is None else "signal"
        return holding.publish(text, "completed" if text.startswith(OK) else "failed", kind, died=died)


def _say(text):
    """A line on the task's standard error, if there is room for it."""
    try:
        os.write(2, ("runtime: %s\n" % text).encode("utf-8", "replace"))
    except OSError:
        pass
