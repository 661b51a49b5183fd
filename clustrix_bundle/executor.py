"""`ClusterExecutor`: an executor of the standard library's kind whose workers are jobs."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, wait
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clustrix_bundle.build import BuildOptions
from clustrix_bundle.engines.engine import RESOURCES
from clustrix_bundle.errors import JobWarning
from clustrix_bundle.order import Call, packed_calls
from clustrix_bundle.runtime.config import ClusterConfig, checked, nearest
from clustrix_bundle.runtime.initialized import Initialized
from clustrix_bundle.slots import Slots
from clustrix_bundle.submission import Cluster, cluster_of
from clustrix_bundle.warn import warn_caller

if TYPE_CHECKING:
    from clustrix_bundle.job import Job
    from clustrix_bundle.order import Order


class ClusterExecutor(Executor):
    """Runs calls as jobs of a cluster; with a local configuration, as processes of this machine.

    What a job does to its process is its own: one that crashes breaks nothing for the next.

    Args:
        config: Which cluster; the active configuration by default.
        max_workers: Most tasks of this executor at a time; by default as many as this machine has processors for where jobs are its own
            processes, ``max_parallel_jobs`` on an SSH host, and what a scheduler lets run, of each map at most ``max_parallel_jobs``.
        initializer: Called before the function, once in the process of every task.
        initargs: Its arguments.
        resources: Of each task: cores, memory, time, partition, queue, account, gres, qos; those not given are what ``@cluster`` over the
            function says. ``environment``: the name of a conda environment, ``"current"`` or ``"venv"``. ``outputs``: ``"work_dir"`` moves what a task writes there, ``"job"`` keeps it in its folder.

    Raises:
        TypeError: A resource is unknown, or the initializer can't be called.
        ConfigError: A value is impossible, or the engine can't honour it.
    """

    __module__ = "clustrix_bundle"

    def __init__(
        self,
        config: ClusterConfig | None = None,
        *,
        max_workers: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        **resources: Any,
    ) -> None:
        if max_workers is not None and max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        if config is None:
            from clustrix_bundle.configuration import get_config  # noqa: PLC0415 - where none was given

            config = get_config()
        self._given = checked_resources(resources)
        self._chosen = {name: value for name in OF_CONFIG if (value := self._given.pop(name, None)) is not None}
        self._cluster: Cluster = cluster_of(configured(config, self._chosen))
        limit = max_workers or self._cluster.room(self._cluster.resources(self._given).cores)
        self._slots = Slots(limit) if limit else None
        self._initializer, self._initargs = initializer, tuple(initargs)
        self._jobs: dict[Job, None] = {}
        self._lock = threading.Lock()
        self._is_shut = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Job:
        """Start a call as a job; a future with ``id``, ``state`` and ``logs()``.

        Raises:
            RuntimeError: After `shutdown`.
            CaptureError, SourceError, AnalysisError: It, or an argument, cannot travel.
        """
        given = self._asked_for(fn)
        with self._packed(fn, [(args, kwargs)]) as order:
            order.warn()
            return self._place(order, given)[0]

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[Any]:
        """Results of calls in the order of their arguments, as `map` has them: one bundle and one job, whose tasks make the calls.

        Args:
            fn: The function.
            iterables: Read to the end at once.
            timeout: Seconds from now until all results must be there.
            chunksize: So many calls make a task: one after the other, in one process. An error of one is its own; the others are made.
            buffersize: Must be None or at least 1; everything is submitted at once.

        Raises:
            TimeoutError: While the results are taken.
        """
        if chunksize < 1:
            raise ValueError("chunksize must be >= 1.")
        if buffersize is not None and buffersize < 1:
            raise ValueError("buffersize must be None or > 0")
        end = None if timeout is None else time.monotonic() + timeout
        calls: list[Call] = [(args, {}) for args in zip(*iterables, strict=False)]
        if not calls:
            self._check_open()
            return iter(())
        given = self._asked_for(fn)
        with self._packed(fn, calls) as order:
            order.warn()
            jobs = self._place(replace(order, chunk=min(chunksize, len(calls))), given)
        jobs.reverse()
        return self._results(jobs, end, several=min(chunksize, len(calls)) > 1)

    def _results(self, jobs: list[Job], end: float | None, *, several: bool) -> Iterator[Any]:
        """``jobs``: futures of one job, the last one first. None is held on to when its results were given."""
        job, left_nothing = jobs[0].id, True
        try:
            while jobs:
                left_s = None if end is None else end - time.monotonic()
                if several:
                    yield from jobs[-1].results(left_s)
                    left_nothing = jobs.pop().left_nothing and left_nothing
                else:
                    results = [jobs[-1].result(left_s)]
                    left_nothing = jobs.pop().left_nothing and left_nothing
                    yield results.pop()
            self._cluster.tidy(job, left_nothing=left_nothing)
        finally:
            if not all(one.done() for one in jobs):  # nobody will take the rest
                self._cluster.tracker.cancel(job)
                for one in jobs:
                    one._cancelled()  # noqa: SLF001 - they are of one job, which has been told

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; by default wait for those that are there, which otherwise go on by themselves.

        Args:
            wait: Whether to wait.
            cancel_futures: Whether to end those that have not begun.
        """
        with self._lock:
            self._is_shut = True
            jobs = list(self._jobs)
        if cancel_futures:
            for _, tasks in itertools.groupby(jobs, key=lambda job: job.id):
                group = list(tasks)
                waiting = [job for job in group if job.state == "pending" and not job.done()]
                if waiting:
                    whole = len(waiting) == len(group) == waiting[0]._of  # noqa: SLF001 - ours
                    self._cluster.tracker.cancel(waiting[0].id, None if whole else [job.task for job in waiting])
                for job in waiting:
                    job._cancelled()  # noqa: SLF001 - its job has been told
        if wait:
            _wait_for(jobs)

    def _packed(self, fn: Callable[..., Any], calls: list[Call]) -> Any:
        self._check_open()
        whole = Initialized(fn, self._initializer, self._initargs) if self._initializer is not None else fn
        return packed_calls(whole, calls, BuildOptions(provided=self._cluster.variables))

    def _check_open(self) -> None:
        if self._is_shut:
            raise RuntimeError("cannot schedule new futures after shutdown")

    def _asked_for(self, fn: Callable[..., Any]) -> dict[str, Any]:
        """Resources of the tasks: the executor's, else what ``@cluster`` over the function says.

        Raises:
            ConfigError: The engine cannot honour one.
        """
        from clustrix_bundle.decorator import ClusterFunction  # noqa: PLC0415 - which knows of executors by way of calls

        if not isinstance(fn, ClusterFunction):
            return self._given
        for name in OF_CONFIG:
            if fn.options.get(name) is not None and name not in self._chosen:
                text = f"{name}={fn.options[name]!r} of @cluster does not hold in an executor: give it to ClusterExecutor(...)"
                warn_caller(f"{getattr(fn, '__qualname__', fn)}: {text}", JobWarning)
        given = {name: fn.options.get(name) for name in RESOURCES}
        given.update({name: value for name, value in self._given.items() if value is not None})
        self._cluster.resources(given)
        return given

    def _place(self, order: Order, given: dict[str, Any]) -> list[Job]:
        jobs = self._cluster.submit(order, given, self._slots)
        with self._lock:
            self._jobs.update(dict.fromkeys(jobs))
        for job in jobs:
            job.add_done_callback(self._forget)
        return jobs

    def _forget(self, job: Any) -> None:
        with self._lock:
            self._jobs.pop(job, None)


def _wait_for(jobs: list[Job]) -> None:
    wait(jobs)


def checked_resources(given: dict[str, Any]) -> dict[str, Any]:
    """The resources as `ClusterConfig` would keep them.

    Raises:
        TypeError: One is unknown.
        ConfigError: A value is impossible.
    """
    known = (*RESOURCES, *OF_CONFIG)
    for name, value in given.items():
        if name not in known:
            raise TypeError(f"there is no resource {name!r}{nearest(name, known)}")
        if name == "environment":
            checked("conda_env_name", value, name)
        elif name in OF_CONFIG:
            checked(name, value)
        else:
            checked(f"default_{name}", value, name)
    return dict(given)


OF_CONFIG = ("environment", "outputs")
"""Keywords of ``@cluster`` that say something else than the configuration."""


def configured(config: ClusterConfig, options: Mapping[str, Any]) -> ClusterConfig:
    """The configuration as ``@cluster`` would have it.

    Args:
        config: What holds where nothing else is said.
        options: ``environment``: ``current``, ``venv``, or a conda environment. ``outputs``: ``job`` or ``work_dir``. Others mean nothing.
    """
    environment, outputs = options.get("environment"), options.get("outputs")
    if outputs is not None:
        config = config.replace(outputs=outputs)
    if environment is None:
        return config
    if environment in ("current", "venv"):
        return config.replace(environment=environment, conda_env_name=None)
    return config.replace(environment="current", conda_env_name=environment)
