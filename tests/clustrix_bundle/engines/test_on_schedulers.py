"""Jobs of a real SLURM and a real Grid Engine behind a real SSH server: what goes well, and what a user sees of what does not."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest

from clustrix_bundle import ClusterExecutor, JobWarning, PreflightWarning, RemoteError, configuration
from clustrix_bundle.engines import batch
from clustrix_bundle.engines.scheduler import SchedulerError
from clustrix_bundle.engines.slurm import Slurm
from clustrix_bundle.runtime.config import ConfigError
from clustrix_bundle.submission import cluster_of

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

def wait_for(path):
    with open(path + ".begun", "a") as out:
        out.write("x")
    while not os.path.exists(path):
        time.sleep(0.05)
    return "came back"

def large(size):
    return b"x" * size

def greedy():
    kept = []
    while len(kept) < 50:
        kept.append(bytearray(b"x") * (16 << 20))
        time.sleep(0.1)

def grab(size):
    return len(bytearray(size))
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "calls_of_schedulers.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    import calls_of_schedulers

    yield calls_of_schedulers
    del sys.modules["calls_of_schedulers"]


@pytest.fixture
def go(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file, outside of the project, for whose appearance calls may wait."""
    return str(tmp_path_factory.mktemp("waiting") / "go")


@contextlib.contextmanager
def _executing(config: Any, **resources: Any) -> Iterator[ClusterExecutor]:
    """An executor whose jobs a failing test ends, instead of waiting for them."""
    executor = ClusterExecutor(config, **resources)
    try:
        yield executor
        executor.shutdown()
    except BaseException:
        for job in list(executor._jobs):
            job.cancel()
        raise


def _run_command(config: Any, folder: Path, *words: str, code: int = 0) -> dict[str, Any]:
    """What a command of another process prints."""
    fields = {**config.to_dict(), "key_file": config.key_file}
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items() if value not in (None, [], {})]
    (folder / "clustrix.toml").write_text("\n".join(["[profiles.there]", *lines, ""]))
    argv = [sys.executable, "-m", "clustrix_bundle", *words, "--profile", "there", "--json"]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == code, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
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
    with _executing(login_node.config()) as executor:
        failing = executor.submit(calls.fail, "luck")
        rows = list(executor.map(calls.array_of, range(24)))
        assert [x for x, _ in rows] == list(range(24))
        assert len({array for _, array in rows}) == 1
        with pytest.raises(calls.Odd, match="no luck"):
            failing.result(60)
        assert failing.state == "failed"


def test_a_job_can_be_read_while_it_runs_and_be_cancelled(login_node: Any, calls: Any) -> None:
    with _executing(login_node.config()) as executor:
        job = executor.submit(calls.sleep)
        assert next(iter(job.logs(follow=True))) == "sleeping\n"
        assert job.cancel()
        assert job.state == "cancelled"


def test_members_of_a_map_are_cancelled_singly(login_node: Any, calls: Any, go: str) -> None:
    jobs = _members(ClusterExecutor(login_node.config()), calls.wait_for, [go, f"{go}-never", f"{go}-later"])
    _await_text(go + ".begun", "x")
    _await_text(f"{go}-never.begun", "x")
    assert (jobs[1].cancel(), jobs[2].cancel()) == (True, True)
    assert not jobs[0].done()
    Path(go).touch()
    assert jobs[0].result(60) == "came back"
    others = cluster_of(login_node.config()).attach(jobs[0].id)
    wait(others, 60)
    assert [job.state for job in others] == ["completed", "cancelled", "cancelled"]


def test_what_goes_wrong_on_the_node_is_told_in_a_line(login_node: Any, calls: Any) -> None:
    config = login_node.config()
    broken = config.replace(pre_execution_commands=["true", "echo no such module >&2; false"])
    with _executing(config) as executor, _executing(broken) as unprepared:
        crash = executor.submit(calls.crash)
        with pytest.warns(PreflightWarning, match=r"number 2 of pre_execution_commands fails .*\(no such module\)"):
            started = unprepared.submit(calls.square, 2)
        with pytest.raises(RemoteError, match="killed by SIGSEGV.*crash in compiled code"):
            crash.result(60)
        assert (crash.state, crash.logs(stream="stdout")) == ("failed", "just before\n")
        with pytest.raises(RemoteError, match=r"(?s)number 2 of pre_execution_commands ended with exit code 1.*no such module"):
            started.result(60)
        assert started.state == "failed"
    nowhere = config.replace(environment_variables={"PATH": "/nowhere"})
    with _executing(nowhere) as executor:
        with pytest.warns(UserWarning, match="there is no python3 where jobs are submitted"):
            job = executor.submit(calls.square, 2)
        with pytest.raises(RemoteError, match="Python was not found where it ran.*set python_executable"):
            job.result(60)


def test_what_the_scheduler_refuses_is_told_in_its_own_words(login_node: Any, calls: Any) -> None:
    refused = {
        "slurm": ({"partition": "nowhere"}, "nvalid partition.*`sinfo` lists"),
        "sge": ({"queue": "nowhere"}, "unknown queue.*`qconf -sql` lists"),
    }
    given, words = refused[login_node.kind]
    state = Path(login_node.work, f".clustrix-{os.geteuid()}", "jobs")
    before = set(os.listdir(state)) if state.exists() else set()
    with _executing(login_node.config(), **given) as executor, pytest.raises(SchedulerError, match=words):
        executor.submit(calls.square, 2)
    assert set(os.listdir(state)) == before, "nothing was submitted, and nothing is left"


def test_grid_engine_takes_cores_from_a_parallel_environment(grid_engine: Any, sshd_kinds: Any, calls: Any) -> None:
    server = sshd_kinds(SETENV=grid_engine.session_variables)
    config = server.config(cluster_type="sge", job_poll_interval=0.5)
    with pytest.raises(ConfigError, match="parallel_environment is not set"):
        ClusterExecutor(config, cores=2)
    with _executing(config.replace(parallel_environment="smp"), cores=2, memory="2GB") as executor:
        job = executor.submit(calls.square, 3)
        assert job.result(60) == 9
    with _executing(config, memory="1GB") as executor:
        # In one go: of what grows, the daemon may see too much of all processes together before one of them meets its own limit.
        job = executor.submit(calls.grab, 4 << 30)
        with pytest.raises(MemoryError) as raised:
            job.result(60)
    assert raised.value.__notes__ == ["it needs more memory: memory= asks a scheduler for it"]
    assert job.reason == "MemoryError; it needs more memory: memory= asks a scheduler for it"


def test_grid_engine_tells_a_time_limit_from_a_cancellation(grid_engine: Any, sshd_kinds: Any, calls: Any) -> None:
    config = sshd_kinds(SETENV=grid_engine.session_variables).config(cluster_type="sge", job_poll_interval=0.5)
    with _executing(config, time="00:00:02") as limited, _executing(config) as executor:
        late, unwanted = limited.submit(calls.sleep), executor.submit(calls.sleep)
        next(iter(unwanted.logs(follow=True)))
        grid_engine.tool("qdel", f"clx-{unwanted.id}")
        with pytest.raises(CancelledError):
            unwanted.result(60)
        assert (unwanted.state, "qdel" in unwanted.reason) == ("cancelled", True)
        with pytest.raises(RemoteError, match=r"over its time limit; give it more with time="):
            late.result(200)  # where Python did not begin within the limit, files that there might be are waited for
        assert late.state == "timeout"


def test_a_job_over_its_memory_says_so(slurm_login: Any, calls: Any, tmp_path: Path) -> None:
    config = slurm_login.config()
    with _executing(config, memory="200MB") as executor:
        job = executor.submit(calls.greedy)
        with pytest.raises(RemoteError, match="memory="):
            job.result(200)
        assert job.state == "failed"
    (told,) = _run_command(config, tmp_path, "status", job.id, code=1)["causes"]
    assert "memory=" in told["cause"]
    assert "exceeded memory limit" in told["log"]


def test_a_job_that_can_never_start_says_why(
    slurm_login: Any, calls: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = slurm_login.config(default_partition="short", default_time="01:00:00")
    with _executing(config) as executor:
        job = executor.submit(calls.square, 2)
        while "it will never start" not in job.reason:
            assert not wait([job], 0.1).done
        with pytest.raises(TimeoutError, match="is pending.*it will never start"):
            job.result(0)
        assert job.state == "pending"
        assert job.cancel()
    monkeypatch.setattr(configuration, "_active", config)
    with ThreadPoolExecutor() as waiting:
        call = waiting.submit(calls.double, 3)
        said = ""
        while "it will never start" not in said:
            assert not call.done()
            said += capsys.readouterr().err
        slurm_login.scheduler.tool("scancel", f"--name=clx-{re.search('job ([0-9a-f]{16})', said)[1]}")
        with pytest.raises(CancelledError):
            call.result(60)


def test_a_full_queue_says_so_and_leaves_nothing(slurm_login: Any, calls: Any) -> None:
    with _limit_of_jobs(slurm_login.scheduler, 0), _executing(slurm_login.config()) as executor:
        with pytest.raises(SchedulerError, match="job submit limit.*submit again when some have ended"):
            executor.submit(calls.square, 2)


def test_a_map_over_the_limit_of_jobs_is_submitted_as_places_become_free(
    slurm_login: Any, calls: Any, tmp_path: Path, go: str
) -> None:
    with _limit_of_jobs(slurm_login.scheduler, 5):
        with _executing(slurm_login.config()) as executor:
            with pytest.warns(JobWarning, match="the others will be when some have ended"):
                results = executor.map(calls.square, range(12))
            assert list(results) == [x * x for x in range(12)]
        config = slurm_login.config(max_parallel_jobs=500)
        (tmp_path / "client.py").write_text(f"""\
import os, signal, warnings
from calls_of_schedulers import wait_for
from clustrix_bundle import ClusterConfig, ClusterExecutor
warnings.simplefilter("ignore")
if __name__ == "__main__":
    config = ClusterConfig.from_dict({config.to_dict()!r}).replace(key_file={config.key_file!r})
    executor = ClusterExecutor(config)
    executor.map(wait_for, [{go!r}] * 8)
    print(next(iter(executor._jobs)).id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
""")
        environment = {name: text for name, text in os.environ.items() if name != "PYTHONSAFEPATH"}
        client = subprocess.run(
            [sys.executable, str(tmp_path / "client.py")], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        job = client.stdout.strip()
        assert (client.returncode, len(job)) == (-signal.SIGKILL, 16), client.stderr
        Path(go).touch()
        rows = _run_command(config, tmp_path, "attach", job)["tasks"]
        assert [row["result"] for row in rows] == ["came back"] * 8


def test_a_job_that_somebody_cancels_in_the_scheduler_is_cancelled(slurm_login: Any, calls: Any) -> None:
    with _executing(slurm_login.config()) as executor:
        job = executor.submit(calls.sleep)
        next(iter(job.logs(follow=True)))
        slurm_login.scheduler.tool("scancel", f"--name=clx-{job.id}")
        with pytest.raises(CancelledError):
            job.result(60)
        assert (job.state, job.cancelled()) == ("cancelled", True)
        # Who it was, the accounting alone knows, and it hears of an end later than the queue.
        assert job.reason in ("cancelled in the scheduler by user 0", "cancelled in the scheduler")


def test_a_job_that_is_requeued_runs_again_and_ends_once(slurm_login: Any, calls: Any, go: str) -> None:
    tool = slurm_login.scheduler.tool
    job = ClusterExecutor(slurm_login.config()).submit(calls.wait_for, go)
    _await_text(go + ".begun", "x")
    number = tool("squeue", "-h", f"--name=clx-{job.id}", "-o", "%A").strip()
    tool("scontrol", "requeue", number)
    is_released = False
    while Path(go + ".begun").read_text() != "xx":
        assert not wait([job], 0.2).done
        if not is_released:
            with contextlib.suppress(subprocess.CalledProcessError):  # it is not pending yet
                # It would be held for two minutes. A node starts nothing of a job in the second in which it killed it: "already killed".
                tool("scontrol", "update", f"JobId={number}", "StartTime=now+2")
                is_released = True
    Path(go).touch()
    assert job.result(60) == "came back"
    assert job.state == "completed"


def test_a_result_does_not_wait_for_a_scheduler_that_hangs(
    slurm_login: Any, calls: Any, go: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, release = tmp_path / "asked", tmp_path / "release"
    wrapper = tmp_path / "squeue"  # as one whose controller does not answer it
    wrapper.write_text(f'#!/bin/sh\ntouch "{asked}"\nwhile [ ! -e "{release}" ]; do sleep 0.1; done\nexec squeue "$@"\n')
    wrapper.chmod(0o755)
    words = Slurm.queue_argv
    monkeypatch.setattr(Slurm, "queue_argv", lambda self, ids: [str(wrapper), *words(self, ids)[1:]])
    monkeypatch.setattr(batch, "_ASK_S", 600)
    try:
        job = ClusterExecutor(slurm_login.config()).submit(calls.wait_for, go)
        _await_text(go + ".begun", "x")
        while not asked.exists():
            assert not wait([job], 0.05).done
        Path(go).touch()
        assert job.result(60) == "came back"
    finally:
        release.touch()


def test_a_connection_that_is_cut_behind_the_submission_does_not_double_it(
    slurm_login: Any, calls: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "taken"
    wrapper = tmp_path / "sbatch"
    wrapper.write_text(f'#!/bin/sh\nsbatch "$@" >/dev/null && touch "{taken}"\nexec sleep 60\n')
    wrapper.chmod(0o755)
    words = Slurm.submit_argv
    monkeypatch.setattr(Slurm, "submit_argv", lambda self, request: [str(wrapper), *words(self, request)[1:]])
    proxy = slurm_login.proxy()
    try:
        executor = ClusterExecutor(slurm_login.config(port=proxy.port))
        with ThreadPoolExecutor() as here:
            submitted = here.submit(executor.submit, calls.array_of, 5)
            while not taken.exists():
                assert not submitted.done()
            proxy.cut()
            job = submitted.result(60)
        assert job.result(60)[0] == 5
        assert slurm_login.scheduler.tool("squeue", "-h", "--states=all", f"--name=clx-{job.id}").count("\n") == 1
    finally:
        proxy.close()


_SLOW = pytest.mark.skipif("CLUSTRIX_SLOW_TESTS" not in os.environ, reason="takes a minute or more: CLUSTRIX_SLOW_TESTS=1")


@_SLOW
def test_a_job_over_its_time_limit_is_a_timeout(slurm_login: Any, calls: Any) -> None:
    job = ClusterExecutor(slurm_login.config(), time="00:01:00").submit(calls.sleep)
    with pytest.raises(RemoteError, match=r"over its time limit; give it more with time="):
        job.result(200)
    assert job.state == "timeout"


@_SLOW
def test_a_job_whose_node_dies_runs_again(login_node: Any, calls: Any, go: str) -> None:
    server = login_node.scheduler
    job = ClusterExecutor(login_node.config()).submit(calls.wait_for, go)
    _await_text(go + ".begun", "x")
    if login_node.kind == "slurm":
        node = [server.tool("squeue", "-h", f"--name=clx-{job.id}", "-o", "%N").strip()]
        kill, start = "kill-node", "start-node"
    else:
        node, kill, start = [], "kill-exec", "start-exec"
    server.run(kill, *node)
    try:
        while job.state != "pending":  # it is seen to be gone, and to begin again
            assert not wait([job], 0.1).done
        server.run(start, *node)
        _await_text(go + ".begun", "xx", 200)
        Path(go).touch()
        assert job.result(60) == "came back"
    finally:
        server.run(start, *node)


@_SLOW
def test_a_submission_to_a_scheduler_that_hangs_can_be_gone_on_with(login_node: Any, calls: Any, tmp_path: Path) -> None:
    daemon, config = {"slurm": "slurmctld", "sge": "qmaster"}[login_node.kind], login_node.config()
    login_node.scheduler.signal(daemon, signal.SIGSTOP)
    try:
        with pytest.raises(SchedulerError, match="does not answer: try again later.*finds out, and submits it if not") as raised:
            ClusterExecutor(config).submit(calls.square, 3)
    finally:
        login_node.scheduler.signal(daemon, signal.SIGCONT)
    job = re.search("attach ([0-9a-f]{16})", str(raised.value))[1]
    assert _run_command(config, tmp_path, "attach", job)["result"] == 9


@_SLOW
def test_a_result_of_500_megabytes_comes_home(slurm_login: Any, calls: Any) -> None:
    job = ClusterExecutor(slurm_login.config(), memory="2GB").submit(calls.large, 500 << 20)
    assert len(job.result(300)) == 500 << 20


@contextlib.contextmanager
def _limit_of_jobs(slurm: Any, most: int) -> Iterator[None]:
    """So many jobs of a user may be in the queue, from when the controller has heard of it on."""

    def limit(number: int) -> None:
        slurm.tool("sacctmgr", "-i", "modify", "user", "root", "set", f"MaxSubmitJobs={number}")
        shown = ("scontrol", "-o", "show", "assoc_mgr", "users=root", "flags=assoc")
        end = time.monotonic() + 60
        while f" MaxSubmitJobs={number}(" not in slurm.tool(*shown):
            assert time.monotonic() < end, "the controller never heard of it"

    limit(most)
    try:
        yield
    finally:
        limit(500)


def _members(executor: ClusterExecutor, call: Any, inputs: list[Any]) -> list[Any]:
    """The futures of a map."""
    with executor._packed(call, [((one,), {}) for one in inputs]) as order:
        return executor._place(order, {})


def _await_text(path: str, text: str, seconds: float = 60) -> None:
    """Wait until a file that a job writes holds it."""
    end = time.monotonic() + seconds
    while not (os.path.exists(path) and Path(path).read_text() == text):
        assert time.monotonic() < end, f"{path} never held {text}"
        select.select([], [], [], 0.02)
