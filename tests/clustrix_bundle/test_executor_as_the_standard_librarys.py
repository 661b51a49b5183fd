"""What users of the standard library's executors count on, after what CPython's own tests check of those (`test_concurrent_futures`)."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ALL_COMPLETED, FIRST_EXCEPTION, CancelledError, ThreadPoolExecutor, as_completed, wait
from pathlib import Path
from typing import Any

import pytest
from clustrix_bundle import ClusterConfig, ClusterExecutor, JobLostError, RemoteError
from clustrix_bundle.job_status import list_statuses
from clustrix_bundle.submission import cluster_of

SOURCE = """\
import os, time

def give(*args, **kwargs):
    return args, kwargs

def fail(x):
    raise ValueError(x)

class Falsey(Exception):
    def __bool__(self):
        return False
    def __len__(self):
        return 0

def fail_falsely():
    raise Falsey("and is an error all the same")

def in_one_process(x, how=None):
    print("call", x)
    if how == "raise":
        raise Odd(x)
    if how == "exit":
        raise SystemExit(x)
    if how == "die":
        os._exit(x)
    if how == "no pickle":
        return NoPickle()
    counted.append(x)
    return len(counted)

counted = []

class Odd(Exception):
    pass

def sleep_on(flag):
    with open(flag + ".begun", "w") as out:
        out.write(str(os.getppid()))
    while not os.path.exists(flag):
        time.sleep(0.01)
    return flag

class Plain:
    def method(self):
        return "called"

def _raise(where):
    raise RuntimeError("cannot be " + where)

class NoPickle:
    def __reduce__(self):
        _raise("pickled")

class NoUnpickle:
    def __reduce__(self):
        return _raise, ("read",)

class ExitsAtUnpickle:
    def __reduce__(self):
        return os._exit, (1,)

def make(kind):
    return globals()[kind]()
"""


@pytest.fixture
def calls(project_module: Any) -> Any:
    return project_module("pool_calls", SOURCE)


@pytest.fixture
def executor(calls: Any, config: ClusterConfig) -> Iterator[ClusterExecutor]:
    made = ClusterExecutor(config, max_workers=2)
    yield made
    for job in list(made._jobs):
        job.cancel()
    made.shutdown()


@pytest.fixture
def flag(tmp_path: Path) -> Flag:
    return Flag(tmp_path / "flag")


class Flag:
    """A file for which `sleep_on` waits."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    def raise_(self) -> None:
        self.path.touch()

    def await_begin(self) -> int:
        """The process of the task that waits for it."""
        begun = Path(f"{self.path}.begun")
        _await(lambda: begun.exists() and begun.read_text() != "")
        return int(begun.read_text())


def _await(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        threading.Event().wait(0.01)


def test_keywords_of_any_name_reach_the_function(executor: ClusterExecutor, calls: Any) -> None:
    assert executor.submit(calls.give, 1, self=2, fn=3).result(60) == ((1,), {"self": 2, "fn": 3})
    with pytest.raises(TypeError):
        executor.submit(fn=calls.give)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        executor.submit()  # type: ignore[call-arg]


def test_a_map_is_submitted_before_its_results_are_taken(executor: ClusterExecutor, calls: Any, flag: Flag) -> None:
    results = executor.map(calls.sleep_on, [str(flag)])
    flag.await_begin()
    flag.raise_()
    assert next(results) == str(flag)


def test_a_map_that_takes_too_long_ends_what_is_left(
    executor: ClusterExecutor, calls: Any, config: ClusterConfig, flag: Flag
) -> None:
    results = executor.map(calls.sleep_on, [str(flag), f"{flag}-never"], timeout=0)
    with pytest.raises(TimeoutError):
        next(results)
    (status,) = list_statuses(cluster_of(config))
    _await(lambda: list_statuses(cluster_of(config))[0].state == "cancelled")
    assert status.tasks[0] != "completed"


def test_a_map_given_up_in_the_middle_ends_what_is_left(
    executor: ClusterExecutor, calls: Any, config: ClusterConfig, flag: Flag
) -> None:
    flag.raise_()
    results = executor.map(calls.sleep_on, [str(flag), f"{flag}-never"])
    assert next(results) == str(flag)
    results.close()  # type: ignore[attr-defined] - as leaving a loop does
    _await(lambda: list_statuses(cluster_of(config))[0].tasks == ("completed", "cancelled"))


@pytest.mark.parametrize("size", [3, 7, 100])
def test_a_chunk_of_calls_is_a_task(executor: ClusterExecutor, calls: Any, config: ClusterConfig, size: int) -> None:
    results = executor.map(calls.in_one_process, range(7), chunksize=size)
    (status,) = list_statuses(cluster_of(config))
    assert len(status.tasks) == -(-7 // size)
    assert list(results) == [number % size + 1 for number in range(7)]
    with pytest.raises(ValueError, match="chunksize must be >= 1"):
        executor.map(calls.give, [1], chunksize=-1)


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ("raise", "Odd", "^2$"),
        ("exit", "RemoteError", "ended its program, with code 2"),
        ("no pickle", "RemoteError", "the result cannot be pickled"),
        ("die", "RemoteError", "ended itself with exit code 2"),
    ],
)
def test_of_a_chunk_what_went_well_comes_home_and_each_error_with_its_call(
    executor: ClusterExecutor, calls: Any, config: ClusterConfig, how: str, error: str, words: str
) -> None:
    results = executor.map(calls.in_one_process, range(5), [None, None, how, None, how], chunksize=5)
    (status,) = list_statuses(cluster_of(config))
    assert [next(results), next(results)] == [1, 2]
    with pytest.raises(Exception, match=words) as caught:
        next(results)
    assert type(caught.value).__name__ == error
    (job,) = cluster_of(config).attach(status.id)  # as another process finds it
    assert type(job.exception(60)).__name__ == error
    assert job.state == "failed"
    if how == "die":
        assert [call.ok for call in job._calls] == [True, True]
        return
    assert [call.ok for call in job._calls] == [True, True, False, True, False]
    assert job._calls[3].result() == 3
    assert job.logs(stream="stdout") == "".join(f"call {number}\n" for number in range(5))
    assert "2 of its 5 calls failed" in job.reason


def test_exceptions_that_are_false_are_exceptions(executor: ClusterExecutor, calls: Any) -> None:
    with pytest.raises(calls.Falsey, match="all the same"):
        executor.submit(calls.fail_falsely).result(60)


@pytest.mark.parametrize("size", [1, 2])
def test_a_map_keeps_no_result_that_was_taken(executor: ClusterExecutor, calls: Any, size: int) -> None:
    results = executor.map(calls.make, ["Plain"] * 4, chunksize=size)
    first = weakref.ref(next(results))
    next(results)
    next(results)
    _await(lambda: bool(gc.collect() or True) and first() is None)
    assert len(list(results)) == 1


def test_inputs_that_cannot_be_listed_submit_nothing(executor: ClusterExecutor, calls: Any, config: ClusterConfig) -> None:
    def inputs() -> Iterator[int]:
        yield 1
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        executor.map(calls.give, inputs())
    assert list_statuses(cluster_of(config)) == []


def test_waiting_ends_with_the_first_exception(executor: ClusterExecutor, calls: Any, flag: Flag) -> None:
    slow, bad = executor.submit(calls.sleep_on, str(flag)), executor.submit(calls.fail, 1)
    done, waiting = wait([slow, bad], timeout=60, return_when=FIRST_EXCEPTION)
    assert (done, waiting) == ({bad}, {slow})
    flag.raise_()
    assert wait([slow, bad], timeout=60, return_when=ALL_COMPLETED).done == {slow, bad}
    assert list(as_completed([bad, bad], timeout=60)) == [bad]


def test_as_completed_says_how_many_are_late(executor: ClusterExecutor, calls: Any, flag: Flag) -> None:
    slow = executor.submit(calls.sleep_on, str(flag))
    with pytest.raises(TimeoutError, match=r"1 \(of 1\) futures unfinished"):
        list(as_completed([slow], timeout=0))
    with pytest.raises(TimeoutError, match=f"job {slow.id} is .* after 0 s"):
        slow.exception(0)


def test_a_callback_that_raises_keeps_no_other_from_being_called(
    executor: ClusterExecutor, calls: Any, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    job = executor.submit(calls.give)

    def raising(_: object) -> None:
        told.append("first")
        raise RuntimeError("in a callback")

    job.add_done_callback(raising)
    job.add_done_callback(lambda done: told.append(done.id))
    assert job.result(60) == ((), {})
    _await(lambda: len(told) == 2)
    assert told == ["first", job.id]
    assert "in a callback" in caplog.text
    job.add_done_callback(lambda _: told.append("late"))
    assert told[-1] == "late"


def test_callbacks_hear_of_a_cancellation(executor: ClusterExecutor, calls: Any, flag: Flag) -> None:
    job = executor.submit(calls.sleep_on, str(flag))
    told: list[bool] = []
    job.add_done_callback(lambda done: told.append(done.cancelled()))
    assert job.cancel()
    assert told == [True]
    for ask in (job.result, job.exception):
        with pytest.raises(CancelledError):
            ask(60)
    done = executor.submit(calls.give)
    done.result(60)
    assert (done.cancel(), done.cancelled()) == (False, False)


def test_shutdown_may_cancel_what_has_not_begun(calls: Any, config: ClusterConfig, flag: Flag) -> None:
    executor = ClusterExecutor(config, max_workers=1)
    running = executor.submit(calls.sleep_on, str(flag))
    flag.await_begin()
    _await(running.running)
    waiting = [executor.submit(calls.give, number) for number in range(3)]
    executor.shutdown(wait=False, cancel_futures=True)
    assert all(job.cancelled() for job in waiting)
    assert not running.done()
    flag.raise_()
    executor.shutdown(cancel_futures=True)
    assert running.result() == str(flag)


def test_shutdown_waits_for_what_was_cancelled_at_the_last_moment(calls: Any, config: ClusterConfig) -> None:
    executor = ClusterExecutor(config, max_workers=1)
    executor.submit(calls.give).result(60)
    executor.submit(calls.give).cancel()
    executor.shutdown()


def test_shutdown_without_waiting_lets_jobs_go_on(calls: Any, config: ClusterConfig, flag: Flag) -> None:
    executor = ClusterExecutor(config, max_workers=1)
    first, second = executor.submit(calls.sleep_on, str(flag)), executor.submit(calls.give)
    executor.shutdown(wait=False)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(calls.give)
    flag.raise_()
    assert (first.result(60), second.result(60)) == (str(flag), ((), {}))


def test_an_executor_that_nobody_holds_finishes_its_jobs(calls: Any, config: ClusterConfig) -> None:
    assert list(ClusterExecutor(config).map(calls.give, range(2))) == [((0,), {}), ((1,), {})]
    assert ClusterExecutor(config).submit(calls.give).result(60) == ((), {})


def test_nothing_of_a_call_is_kept_when_it_is_over(executor: ClusterExecutor, calls: Any) -> None:
    plain = calls.Plain()
    there = weakref.ref(plain)
    job = executor.submit(plain.method)
    del plain
    assert job.result(60) == "called"
    job = executor.submit(calls.make, "Plain")
    made = weakref.ref(job.result(60))
    del job
    executor.submit(calls.give).result(60)  # what the executor itself still held of the one before is gone by now
    _await(lambda: bool(gc.collect() or True) and there() is None and made() is None)


def test_many_threads_submit_at_once(executor: ClusterExecutor, calls: Any) -> None:
    with ThreadPoolExecutor(4) as threads:
        jobs = list(threads.map(lambda number: executor.submit(calls.give, number), range(4)))
    assert sorted(job.result(60)[0][0] for job in jobs) == [0, 1, 2, 3]


def test_what_cannot_be_pickled_or_read_fails_that_call_alone(executor: ClusterExecutor, calls: Any) -> None:
    with pytest.raises(Exception, match="cannot be pickled"):
        executor.submit(calls.give, calls.NoPickle())
    jobs = {
        "cannot be read": executor.submit(calls.give, calls.NoUnpickle()),
        "exit": executor.submit(calls.give, calls.ExitsAtUnpickle()),
        "cannot be pickled": executor.submit(calls.make, "NoPickle"),
        "cannot be read ": executor.submit(calls.make, "NoUnpickle"),
    }
    for words, job in jobs.items():
        assert words.strip() in str(job.exception(60))
        assert job.state in ("failed", "completed")
    assert executor.submit(calls.give, 1).result(60) == ((1,), {})


def test_a_process_that_is_killed_breaks_nothing_for_the_next(executor: ClusterExecutor, calls: Any, flag: Flag) -> None:
    job = executor.submit(calls.sleep_on, str(flag))
    os.kill(flag.await_begin(), signal.SIGKILL)
    with pytest.raises((JobLostError, RemoteError), match="its process is gone|SIGKILL"):
        job.result(60)
    assert executor.submit(calls.give, 1).result(60) == ((1,), {})


def test_what_was_submitted_is_run_though_the_program_ends(calls: Any, config: ClusterConfig, tmp_path: Path) -> None:
    script = tmp_path / "project" / "script.py"
    script.write_text(f"""\
from clustrix_bundle import ClusterConfig, ClusterExecutor
from pool_calls import give

if __name__ == "__main__":
    executor = ClusterExecutor(ClusterConfig(local_work_dir={config.local_work_dir!r}), max_workers=1)
    for number in range(3):
        executor.submit(give, number)
""")
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONSAFEPATH"}
    argv = [sys.executable, str(script)]
    done = subprocess.run(argv, cwd=script.parent, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    statuses = list_statuses(cluster_of(config))
    assert [status.started for status in statuses] == [True] * 3
    jobs = [cluster_of(config).attach(status.id)[0] for status in statuses]
    assert sorted(job.result(60)[0][0] for job in jobs) == [0, 1, 2]


def test_a_job_can_be_attached_to_where_it_is_followed_already(
    executor: ClusterExecutor, calls: Any, config: ClusterConfig, flag: Flag
) -> None:
    first = executor.submit(calls.sleep_on, str(flag))
    flag.await_begin()
    others = [cluster_of(config).attach(first.id)[0] for _ in range(2)]
    flag.raise_()
    assert [job.result(60) for job in (first, *others)] == [str(flag)] * 3


def test_a_negative_number_of_workers_is_refused(config: ClusterConfig) -> None:
    with pytest.raises(ValueError, match="max_workers must be greater than 0"):
        ClusterExecutor(config, max_workers=-1)
