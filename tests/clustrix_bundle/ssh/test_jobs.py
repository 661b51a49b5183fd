"""Jobs of a machine behind a real SSH server: the same code as here, over another place."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from clustrix_bundle import ClusterExecutor, configuration

SOURCE = """\
import os, time
from clustrix_bundle import cluster

class Point:
    def __init__(self, x):
        self.x = x

def make(x):
    print("made there")
    with open("note.txt", "w") as out:
        out.write("kept")
    return Point(x), bool(os.environ.get("SSH_CONNECTION"))

def sleep():
    print("sleeping", flush=True)
    time.sleep(600)

@cluster
def double(x):
    print("doubling", x)
    return x * 2, bool(os.environ.get("SSH_CONNECTION"))
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "calls_over_ssh.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    import calls_over_ssh

    yield calls_over_ssh
    del sys.modules["calls_over_ssh"]


def test_an_executor_runs_there_and_brings_results_home(sshd: Any, calls: Any) -> None:
    config = sshd.config(python_executable=sys.executable, job_poll_interval=0.1)
    with ClusterExecutor(config, max_workers=2) as executor:
        job = executor.submit(calls.make, 3)
        point, was_there = job.result(60)
        assert (type(point), point.x, was_there, job.logs()) == (calls.Point, 3, True, "made there\n")
        assert [p.x for p, _ in executor.map(calls.make, range(3))] == [0, 1, 2]
        sleeper = executor.submit(calls.sleep)
        assert next(iter(sleeper.logs(follow=True))) == "sleeping\n"
        assert sleeper.cancel()
        assert sleeper.state == "cancelled"


def test_a_decorated_function_runs_there_and_its_output_is_shown(
    sshd: Any, calls: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = sshd.config(python_executable=sys.executable, job_poll_interval=0.1)
    monkeypatch.setattr(configuration, "_active", config)
    assert calls.double(4) == (8, True)
    assert capsys.readouterr().out == "doubling 4\n"
    assert calls.double.local(4) == (8, bool(__import__("os").environ.get("SSH_CONNECTION")))
