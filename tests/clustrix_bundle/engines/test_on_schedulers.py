"""Jobs of a real SLURM and a real Grid Engine behind a real SSH server: what goes well, and what a user sees of what does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest

from clustrix_bundle import ClusterExecutor, PreflightWarning, RemoteError, configuration
from clustrix_bundle.engines.scheduler import SchedulerError
from clustrix_bundle.runtime.config import ConfigError

SOURCE = """\
import os, signal, time
from clustrix_bundle import cluster, cluster_ls

class Odd(Exception):
    pass

def scheduler_id():
    return os.environ.get("SLURM_JOB_ID") or os.environ.get("JOB_ID")

def square(x):
    return x * x

def array_of(x):
    return x, os.environ.get("SLURM_ARRAY_JOB_ID") or os.environ.get("JOB_ID")

@cluster
def double(x):
    return x * 2, scheduler_id()

@cluster
def whole(folder):
    print("listing", flush=True)
    with open("note.txt", "w") as out:
        out.write("kept")
    return double(3), sorted(cluster_ls(folder)), scheduler_id()

def fail(x):
    raise Odd("no " + x)

def sleep():
    print("sleeping", flush=True)
    time.sleep(600)

def crash():
    print("just before", flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)

def greedy():
    kept = []
    while len(kept) < 50:
        kept.append(bytearray(b"x") * (16 << 20))
        time.sleep(0.1)
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "calls_of_schedulers.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    import calls_of_schedulers

    yield calls_of_schedulers
    del sys.modules["calls_of_schedulers"]


def _run_command(config: Any, folder: Path, *words: str) -> dict[str, Any]:
    """What a command of another process prints."""
    fields = {**config.to_dict(), "key_file": config.key_file}
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items() if value not in (None, [], {})]
    (folder / "clustrix.toml").write_text("\n".join(["[profiles.there]", *lines, ""]))
    argv = [sys.executable, "-m", "clustrix_bundle", *words, "--profile", "there", "--json"]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_decorated_function_runs_as_a_job_with_all_it_can_do(
    login_node: Any, calls: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = login_node.config(default_cores=1)
    Path(login_node.work, "listed").mkdir(exist_ok=True)
    Path(login_node.work, "listed", "a.csv").touch()
    monkeypatch.setattr(configuration, "_active", config)
    (doubled, inner), names, outer = calls.whole("listed")
    assert (doubled, names) == (6, ["a.csv"])
    assert inner == outer is not None  # a nested call runs in place, in the same job
    assert capsys.readouterr().out == "listing\n"

    job = calls.whole.submit("listed")
    assert job.result(60)[1] == ["a.csv"]
    fetched = _run_command(config, tmp_path, "result", job.id, "--outputs", "taken")
    assert fetched["ok"] is True
    assert (tmp_path / "taken" / job.id / "0" / "note.txt").read_text() == "kept"


def test_a_map_is_one_array_and_one_failure_stays_one(login_node: Any, calls: Any) -> None:
    with ClusterExecutor(login_node.config()) as executor:
        failing = executor.submit(calls.fail, "luck")
        rows = list(executor.map(calls.array_of, range(40)))
        assert [x for x, _ in rows] == list(range(40))
        assert len({array for _, array in rows}) == 1
        with pytest.raises(calls.Odd, match="no luck"):
            failing.result(60)
        assert failing.state == "failed"


def test_a_job_can_be_read_while_it_runs_and_be_cancelled(login_node: Any, calls: Any) -> None:
    with ClusterExecutor(login_node.config()) as executor:
        job = executor.submit(calls.sleep)
        assert next(iter(job.logs(follow=True))) == "sleeping\n"
        assert job.cancel()
        assert job.state == "cancelled"


def test_what_goes_wrong_on_the_node_is_told_in_a_line(login_node: Any, calls: Any) -> None:
    config = login_node.config()
    broken = config.replace(pre_execution_commands=["true", "echo no such module >&2; false"])
    with ClusterExecutor(config) as executor, ClusterExecutor(broken) as unprepared:
        crash = executor.submit(calls.crash)
        with pytest.warns(PreflightWarning, match=r"number 2 of pre_execution_commands fails .*\(no such module\)"):
            started = unprepared.submit(calls.square, 2)
        with pytest.raises(RemoteError, match="killed by SIGSEGV.*crash in compiled code"):
            crash.result(60)
        assert (crash.state, crash.logs(stream="stdout")) == ("failed", "just before\n")
        with pytest.raises(RemoteError, match=r"(?s)number 2 of pre_execution_commands ended with exit code 1.*no such module"):
            started.result(60)
        assert started.state == "failed"


def test_what_the_scheduler_refuses_is_told_in_its_own_words(login_node: Any, calls: Any) -> None:
    refused = {"slurm": ({"partition": "nowhere"}, "nvalid partition"), "sge": ({"queue": "nowhere"}, "unknown queue")}
    given, words = refused[login_node.kind]
    with ClusterExecutor(login_node.config(), **given) as executor, pytest.raises(SchedulerError, match=words):
        executor.submit(calls.square, 2)


def test_grid_engine_takes_cores_from_a_parallel_environment(grid_engine: Any, sshd_kinds: Any, calls: Any) -> None:
    server = sshd_kinds(SETENV=grid_engine.session_variables)
    config = server.config(cluster_type="sge", job_poll_interval=0.5)
    with pytest.raises(ConfigError, match="parallel_environment is not set"):
        ClusterExecutor(config, cores=2)
    with ClusterExecutor(config.replace(parallel_environment="smp"), cores=2, memory="2GB") as executor:
        job = executor.submit(calls.square, 3)
        assert job.result(60) == 9
    with ClusterExecutor(config, memory="400MB") as executor, pytest.raises(MemoryError):
        executor.submit(calls.greedy).result(60)


def test_a_job_over_its_memory_says_so(slurm_login: Any, calls: Any) -> None:
    with ClusterExecutor(slurm_login.config(), memory="200MB") as executor:
        job = executor.submit(calls.greedy)
        with pytest.raises(RemoteError, match="memory="):
            job.result(100)
        assert job.state == "failed"


def test_a_job_that_can_never_start_says_why(slurm_login: Any, calls: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with ClusterExecutor(slurm_login.config(), partition="short", time="01:00:00") as executor:
        job = executor.submit(calls.square, 2)
        with pytest.raises(TimeoutError):
            job.result(4)
        assert job.state == "pending"
        assert "it will never start" in job.reason
        assert job.cancel()


def test_a_job_that_somebody_cancels_in_the_scheduler_is_cancelled(slurm_login: Any, calls: Any) -> None:
    with ClusterExecutor(slurm_login.config()) as executor:
        job = executor.submit(calls.sleep)
        next(iter(job.logs(follow=True)))
        slurm_login.scheduler.tool("scancel", f"--name=clx-{job.id}")
        with pytest.raises(CancelledError):
            job.result(60)
        assert (job.state, job.cancelled()) == ("cancelled", True)


@pytest.mark.skipif("CLUSTRIX_SLOW_TESTS" not in os.environ, reason="a time limit is a minute at least: CLUSTRIX_SLOW_TESTS=1")
def test_a_job_over_its_time_limit_is_a_timeout(login_node: Any, calls: Any) -> None:
    with ClusterExecutor(login_node.config(), time="00:01:00") as executor:
        job = executor.submit(calls.sleep)
        with pytest.raises(RemoteError, match=r"over its time limit.*time="):
            job.result(200)
        assert job.state == "timeout"
