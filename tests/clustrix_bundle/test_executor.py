"""ClusterExecutor and Job with processes of this machine; after what CPython's own tests of executors check, where it applies."""

from __future__ import annotations

import asyncio
import os
import queue
from collections.abc import Iterator
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, CancelledError, Executor, as_completed, wait
from pathlib import Path
from typing import Any

import pytest
import zstandard
from clustrix_bundle import ClusterConfig, ClusterExecutor, ConfigError, JobWarning, RemoteError, cluster
from clustrix_bundle.executor import checked_resources
from clustrix_bundle.submission import Cluster

SOURCE = """\
import os, sys, time

seen = []

class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

class Odd(Exception):
    def __init__(self, n, why):
        super().__init__(n, why)
        self.n = n

def remember(value):
    seen.append(value)

def fail():
    raise RuntimeError("initializer")

def point(x, y=0):
    print("making", x)
    return Point(x, y)

def shift(p, by):
    p.x += by
    return p

def what_was_seen():
    return seen

def odd(n):
    if n % 2:
        raise Odd(n, "it is odd")
    return n

def mode():
    return os.environ.get("MODE", "slow")

def sleep_on(flag):
    print("waiting", flush=True)
    while not os.path.exists(flag):
        time.sleep(0.01)
    return "woken"

def read_shipped():
    with open("shipped.txt") as source:
        return source.read()

def write(name):
    with open(name, "w") as out:
        out.write(name)

def allocate(size):
    return len(bytearray(size))

def map_file(size):
    import mmap, tempfile
    with tempfile.TemporaryFile() as file:
        file.truncate(size)
        return len(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ))

def die(how):
    os._exit(how)

async def later(x):
    return x + 1

def made_here():
    class Reading:
        pass
    class Trouble(Exception):
        pass
    def read(ok):
        if not ok:
            raise Trouble("a local one")
        return Reading()
    return Reading, Trouble, read

class Model:
    def __init__(self, k):
        self.k = k
    def predict(self, x):
        return self.k * x
"""


@pytest.fixture
def calls(project_module: Any) -> Any:
    return project_module("executor_calls", SOURCE)


@pytest.fixture
def executor(calls: Any, config: ClusterConfig) -> Iterator[ClusterExecutor]:
    with ClusterExecutor(config, max_workers=2) as made:
        yield made


def test_what_a_build_warns_of_is_told_where_the_job_is_submitted(
    executor: ClusterExecutor, calls: Any, config: ClusterConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODE", "quick")
    assert executor.submit(calls.mode).result() == "quick"  # a job of this machine has its variables
    monkeypatch.setattr(Cluster, "variables", frozenset())
    for submit in (executor.submit, cluster(calls.mode).submit):
        with pytest.warns(JobWarning, match=r"executor_calls\.py:\d+: the environment variable MODE is read") as told:
            submit(*[calls.mode] if submit == executor.submit else [])
        assert (len(told), told[0].filename) == (1, __file__)


def test_only_variables_of_jobs_elsewhere_have_to_be_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODE", "quick")
    assert "MODE" in Cluster(ClusterConfig()).variables
    elsewhere = ClusterConfig(cluster_type="ssh", cluster_host="nowhere.invalid", environment_variables={"LEVEL": "1"})
    assert Cluster(elsewhere).variables == {"LEVEL"}


def test_results_are_of_the_clients_own_classes(executor: ClusterExecutor, calls: Any) -> None:
    assert isinstance(executor, Executor)
    job = executor.submit(calls.point, 1, y=2)
    made = job.result(60)
    assert type(made) is calls.Point
    assert (made.x, made.y, job.state, job.done(), job.running(), job.exception()) == (1, 2, "completed", True, False, None)
    assert job.logs() == job.logs(stream="stdout") == "making 1\n"
    assert list(job.logs(follow=True, stream="stderr")) == []
    moved = executor.submit(calls.shift, made, by=3).result(60)
    assert type(moved) is calls.Point
    assert (moved.x, made.x) == (4, 1)
    with pytest.raises(ValueError, match="stdout or stderr"):
        job.logs(stream="stdin")


def test_a_map_is_one_job_and_keeps_the_order(executor: ClusterExecutor, calls: Any, tmp_path: Path) -> None:
    assert [(p.x, p.y) for p in executor.map(calls.point, range(8), range(8, 16))] == [(n, n + 8) for n in range(8)]
    state = tmp_path / "work" / f".clustrix-{os.geteuid()}"
    assert len(os.listdir(state / "bundles")) == 1
    assert os.listdir(state / "jobs") == [], "taken, and tidied up"
    assert list(executor.map(calls.point, [])) == []
    with pytest.raises(ValueError, match="chunksize"):
        executor.map(calls.point, [1], chunksize=0)


def test_what_tasks_write_stays_with_the_job_or_goes_to_the_work_dir(config: ClusterConfig, calls: Any, tmp_path: Path) -> None:
    work = tmp_path / "work"
    jobs = work / f".clustrix-{os.geteuid()}" / "jobs"
    with ClusterExecutor(config) as executor:
        assert list(executor.map(calls.write, ["a.txt", "b.txt"])) == [None, None]
    (job,) = jobs.iterdir()
    assert [(job / f"tasks/{n}/outputs/{name}").read_text() for n, name in enumerate(("a.txt", "b.txt"))] == ["a.txt", "b.txt"]
    assert not (work / "a.txt").exists()
    with ClusterExecutor(config, outputs="work_dir") as executor:
        assert list(executor.map(calls.write, ["a.txt", "b.txt"])) == [None, None]
    assert [(work / name).read_text() for name in ("a.txt", "b.txt")] == ["a.txt", "b.txt"]
    assert list(jobs.iterdir()) == [job], "nothing of it is left there, so the folder is not needed any more"
    with pytest.raises(ConfigError, match="outputs"):
        ClusterExecutor(config, outputs="elsewhere")


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o077], ids=oct)
def test_results_errors_and_files_come_home_whatever_umask_is_set(
    config: ClusterConfig, calls: Any, tmp_path: Path, umask: int
) -> None:
    """Users that have a group of their own have 002 by default; a result that others might have written is not unpickled."""
    before = os.umask(umask)
    try:
        with ClusterExecutor(config) as executor:
            job, odd, wrote = (
                executor.submit(calls.point, 1, y=2),
                executor.submit(calls.odd, 3),
                executor.submit(calls.write, "a.txt"),
            )
            assert (job.result(60).y, type(odd.exception(60)), wrote.result(60)) == (2, calls.Odd, None)
            assert list(executor.map(calls.odd, [0, 2, 4], chunksize=2)) == [0, 2, 4]
            assert wrote.fetch_outputs(str(tmp_path / "taken")) == [f"{wrote.id}/0/a.txt"]
    finally:
        os.umask(before)


def test_what_the_runtime_noticed_is_a_warning_where_the_result_is_taken(
    config: ClusterConfig, calls: Any, tmp_path: Path
) -> None:
    (tmp_path / "work" / "shipped.txt").write_text("the cluster's")
    (tmp_path / "project" / "shipped.txt").write_text("mine")
    with ClusterExecutor(config) as executor:
        job = executor.submit(calls.read_shipped)
        with pytest.warns(JobWarning, match=f"job {job.id}: .*shipped.txt"):
            assert job.result(60) == "mine"
        assert job.result() == "mine"


def test_what_a_call_raises_is_raised_where_its_result_is_taken(executor: ClusterExecutor, calls: Any) -> None:
    results = executor.map(calls.odd, [0, 1, 2])
    assert next(results) == 0
    with pytest.raises(calls.Odd, match="it is odd") as raised:
        next(results)
    assert raised.value.n == 1
    job = executor.submit(calls.odd, 3)
    assert type(job.exception(60)) is calls.Odd
    assert (job.state, job.reason) == ("failed", "Odd: (3, 'it is odd')")


def test_classes_of_a_function_come_home_as_the_clients_own(executor: ClusterExecutor, calls: Any) -> None:
    reading, trouble, read = calls.made_here()
    assert type(executor.submit(read, ok=True).result(60)) is reading
    assert type(executor.submit(read, ok=False).exception(60)) is trouble


def test_a_crash_breaks_nothing_for_the_next(executor: ClusterExecutor, calls: Any) -> None:
    with pytest.raises(RemoteError, match="ended itself with exit code 5"):
        executor.submit(calls.die, 5).result(60)
    assert executor.submit(calls.odd, 4).result(60) == 4


def test_wait_and_as_completed_take_jobs(executor: ClusterExecutor, calls: Any, tmp_path: Path) -> None:
    slow, fast = executor.submit(calls.sleep_on, str(tmp_path / "flag")), executor.submit(calls.odd, 2)
    done, waiting = wait([slow, fast], timeout=60, return_when=FIRST_COMPLETED)
    assert (done, waiting) == ({fast}, {slow})
    with pytest.raises(TimeoutError):
        slow.result(timeout=0)
    told: queue.Queue[Any] = queue.Queue()
    slow.add_done_callback(told.put)
    (tmp_path / "flag").touch()
    assert [job.result() for job in as_completed([slow], timeout=60)] == ["woken"]
    assert wait([slow, fast], return_when=ALL_COMPLETED).not_done == set()
    assert told.get(timeout=60) is slow, "whoever waits may be woken before"


def test_a_job_can_be_awaited(executor: ClusterExecutor, calls: Any) -> None:
    async def both() -> list[Any]:
        return await asyncio.gather(executor.submit(calls.later, 1), executor.submit(calls.Model(3).predict, 4))

    assert asyncio.run(both()) == [2, 12]


def test_a_running_job_is_cancelled(executor: ClusterExecutor, calls: Any, tmp_path: Path) -> None:
    job = executor.submit(calls.sleep_on, str(tmp_path / "never"))
    assert next(iter(job.logs(follow=True))) == "waiting\n"
    assert job.cancel()
    assert job.cancelled()
    with pytest.raises(CancelledError):
        job.result()
    assert job.state == "cancelled"
    assert job.cancel(), "a second time"


def test_the_initializer_runs_before_every_call(calls: Any, config: ClusterConfig) -> None:
    with ClusterExecutor(config, initializer=calls.remember, initargs=("before",)) as executor:
        assert executor.submit(calls.what_was_seen).result(60) == ["before"]
    with ClusterExecutor(config, initializer=calls.fail) as executor, pytest.raises(RuntimeError, match="initializer"):
        executor.submit(calls.what_was_seen).result(60)


def test_no_more_tasks_run_at_a_time_than_were_asked_for(calls: Any, config: ClusterConfig, tmp_path: Path) -> None:
    with ClusterExecutor(config, max_workers=1) as executor:
        first = executor.submit(calls.sleep_on, str(tmp_path / "flag"))
        second = executor.submit(calls.odd, 2)
        assert next(iter(first.logs(follow=True))) == "waiting\n"
        assert (second.state, second.done()) == ("pending", False)
        (tmp_path / "flag").touch()
        assert (second.result(60), first.result(60)) == (2, "woken")


def test_limits_of_memory_and_time_are_kept(calls: Any, config: ClusterConfig, tmp_path: Path) -> None:
    with ClusterExecutor(config, time="00:00:01") as limited, ClusterExecutor(config, memory="200MB") as executor:
        late, large = limited.submit(calls.sleep_on, str(tmp_path / "never")), executor.submit(calls.allocate, 300 << 20)
        mapped = executor.submit(calls.map_file, 1 << 30)
        with pytest.raises(MemoryError) as raised:
            large.result(60)
        assert "it needs more memory" in raised.value.__notes__[0]
        assert (large.state, mapped.result(60)) == ("failed", 1 << 30)
        with pytest.raises(RemoteError, match="over its time limit"):
            late.result(60)
        assert late.state == "timeout"


def test_tasks_of_several_cores_share_the_processors(config: ClusterConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(8)), raising=False)
    rooms = [ClusterExecutor(config, cores=cores)._slots.limit for cores in (None, 1, 3, 100)]  # type: ignore[union-attr]
    assert rooms == [8, 8, 2, 1]


def test_tasks_ask_for_what_the_decorator_says_where_the_executor_says_nothing(
    calls: Any, config: ClusterConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    submit = Cluster.submit

    def noted(self: Cluster, order: Any, given: dict[str, Any], *more: Any) -> Any:
        asked.append({name: value for name, value in given.items() if value is not None})
        return submit(self, order, given, *more)

    monkeypatch.setattr(Cluster, "submit", noted)
    decorated = cluster(cores=2, memory="1GB", outputs="work_dir")(calls.odd)
    with ClusterExecutor(config, memory="2GB", outputs="job") as executor:
        assert (list(executor.map(decorated, [2])), executor.submit(calls.odd, 4).result()) == ([2], 4)
        assert asked == [{"cores": 2, "memory": "2GB"}, {"memory": "2GB"}]
    with (
        ClusterExecutor(config) as executor,
        pytest.warns(JobWarning, match="outputs='work_dir' of @cluster does not hold") as told,
    ):
        assert executor.submit(decorated, 2).result() == 2
    assert told[0].filename == __file__


def test_after_shutdown_nothing_is_taken(calls: Any, config: ClusterConfig) -> None:
    executor = ClusterExecutor(config)
    job = executor.submit(calls.odd, 2)
    executor.shutdown()
    assert job.done()
    for attempt in (lambda: executor.submit(calls.odd, 2), lambda: executor.map(calls.odd, [2])):
        with pytest.raises(RuntimeError, match="after shutdown"):
            attempt()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"max_workers": 0}, ValueError, "max_workers"),
        ({"initializer": 3}, TypeError, "initializer"),
        ({"core": 1}, TypeError, "did you mean 'cores'"),
        ({"memory": "much"}, ConfigError, "memory"),
    ],
)
def test_what_makes_no_sense_is_refused(
    config: ClusterConfig, arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        ClusterExecutor(config, **arguments)


def test_resources_have_the_names_of_the_decorator() -> None:
    assert checked_resources({"cores": 2, "environment": None}) == {"cores": 2, "environment": None}


def test_no_secret_is_in_what_travels(calls: Any, tmp_path: Path) -> None:
    canary = "kanarienvogel"
    config = ClusterConfig(
        cluster_type="slurm",
        remote_work_dir=str(tmp_path / "far"),
        password=canary,
        passphrase=canary,
        key_file=f"/keys/{canary}",
    )
    from clustrix_bundle.order import packed_calls
    from clustrix_bundle.submission import Cluster

    with packed_calls(calls.point, [((config,), {"y": config})]) as order:
        Cluster(config).create(order, {}, "0123456789abcdef")
    files = [path for path in (tmp_path / "far").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"spec.json", "prelude.sh", "arguments"}
    for path in files:
        content = path.read_bytes()
        if path.suffix == ".zst":
            content = zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True).read()
            assert b"executor_calls" in content
        assert canary.encode() not in content
