"""A shared file system that shows a node's files late: a real folder whose files are moved in when the test says so, a scheduler that is ahead."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from clustrix_bundle.agent.place import LocalPlace
from clustrix_bundle.engines.batch import Batch
from clustrix_bundle.engines.slurm import Slurm
from clustrix_bundle.engines.verdict import LAG_S, Verdicts
from clustrix_bundle.errors import ConnectionLost, JobLostError, RemoteError
from clustrix_bundle.job import Job
from clustrix_bundle.job_status import find_status
from clustrix_bundle.tracker import Tracker

JOB = "0123456789abcdef"
CLAIM = "7\n1\nanother-host\nboot\nnamespace\n1\n1"


class Node:
    """A node that ran the job's one task; what it wrote is not to be seen until `show`.

    Attributes:
        now: What the client's clock says.
        job: The client's future.
    """

    def __init__(self, work: Path) -> None:
        self.place = LocalPlace(str(work))
        self.engine = Batch(Slurm())
        spec = {"id": JOB, "tasks": 1, "engine": "slurm", "name": "f", "resources": {}, "bundle": "b"}
        folder = Path(self.place.call("jobs.create", body=b"", job=JOB, spec=spec, prelude="")["folder"])
        self.place.call("jobs.note", job=JOB, submission={"engine": "slurm", "ids": ["7"], "first": [0], "until": 1})
        self.task = folder / "tasks/0"
        self.now = 0.0
        tracker = Tracker(self.place, self.engine, 0.01, Verdicts(lambda: self.now))
        self.job = Job(tracker, JOB)
        tracker.watch([self.job])

    def show(self, *names: str) -> None:
        """Let files appear, by rename as they do; by default all, in the order in which they were written."""
        result = pickle.dumps("late")
        digest = hashlib.sha256(result).hexdigest()
        outcome = {
            "state": "completed",
            "final": True,
            "ok": True,
            "result": "late",
            "exact": True,
            "outputs": [],
            "warnings": [],
            "cause": None,
            "files": {"result": {"size": len(result), "sha256": digest}},
        }
        contents = {"claim": CLAIM.encode(), "result": result, "outcome.json": json.dumps(outcome).encode()}
        self.task.mkdir(parents=True, mode=0o700, exist_ok=True)
        for name in names or contents:
            hidden = self.task.parents[1] / "hidden"
            hidden.write_bytes(contents[name])
            hidden.chmod(0o600)
            os.rename(hidden, self.task / name)


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in (("squeue", ""), ("sacct", "7|COMPLETED|0:0|n1\n")):
        (tools / name).write_text(f"#!/bin/sh\nprintf '{text}'\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    return Node(tmp_path / "work")


def _await(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        threading.Event().wait(0.005)


def test_a_result_that_comes_after_the_scheduler_said_completed_is_taken(node: Node) -> None:
    _await(lambda: "awaited" in node.job.reason)
    node.now += LAG_S - 1
    assert node.job.state == "running"
    node.show()
    assert (node.job.result(60), node.job.state) == ("late", "completed")


def test_an_outcome_may_be_seen_before_the_result_that_it_tells_of(node: Node) -> None:
    node.show("outcome.json")
    _await(lambda: "it is done" in node.job.reason)
    node.now += LAG_S - 1
    node.show("result")
    assert (node.job.result(60), node.job.state) == ("late", "completed")


def test_a_result_that_never_comes_is_a_failure_that_says_so(node: Node) -> None:
    node.show("outcome.json")
    _await(lambda: "it is done" in node.job.reason)
    node.now += LAG_S
    with pytest.raises(RemoteError, match=r"is not what the job wrote: 0 bytes.*submit it again"):
        node.job.result(60)


def test_when_nothing_comes_the_job_is_lost(node: Node) -> None:
    _await(lambda: "awaited" in node.job.reason)
    node.now += LAG_S
    with pytest.raises(JobLostError, match="no outcome"):
        node.job.result(60)
    assert node.job.state == "lost"


def test_a_connection_that_is_lost_for_good_says_how_to_come_back(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object, **__: object) -> None:
        raise ConnectionLost("the laptop was closed")

    monkeypatch.setattr(node.place, "call", lost)
    with pytest.raises(ConnectionLost) as raised:
        node.job.result(60)
    assert f"clustrix-bundle attach {JOB}" in raised.value.__notes__[0]
    monkeypatch.undo()
    again = Job(Tracker(node.place, node.engine, 0.01), JOB)
    again._tracker.watch([again])
    node.show()
    assert again.result(60) == "late"


def test_who_asks_but_once_finds_in_the_folder_for_how_long_it_has_been_so(node: Node) -> None:
    class Asker:
        place, engine = node.place, node.engine

    status = find_status(Asker(), JOB)
    assert (status.state, "awaited" in status.reason) == ("running", True)
    seen = node.task.parents[1] / "seen.0"
    before = os.stat(seen).st_mtime - LAG_S
    os.utime(seen, (before, before))
    assert find_status(Asker(), JOB).state == "lost"
    node.show()
    assert find_status(Asker(), JOB).state == "completed"
