"""What calling and submitting a decorated function does where it runs as a job."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from clustrix_bundle.build import BuildOptions
from clustrix_bundle.engines.engine import RESOURCES
from clustrix_bundle.executor import configured
from clustrix_bundle.order import packed_calls
from clustrix_bundle.submission import Cluster, cluster_of

if TYPE_CHECKING:
    from clustrix_bundle.job import Job
    from clustrix_bundle.runtime.config import ClusterConfig


def submit_call(
    func: Callable[..., Any], config: ClusterConfig, options: Mapping[str, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Job:
    """Start one call as a job.

    Args:
        func: The decorated function.
        config: Where.
        options: Of ``@cluster``.
        args: Of the call.
        kwargs: Of the call.
    """
    return _submit(_cluster(config, options), func, options, args, kwargs)


def call(
    func: Callable[..., Any], config: ClusterConfig, options: Mapping[str, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Run one call as a job and wait: its result, or an awaitable of it for a coroutine function. What it printed is printed here."""
    cluster = _cluster(config, options)
    if inspect.iscoroutinefunction(inspect.unwrap(func)):
        return _awaited(cluster, func, options, args, kwargs)
    job = _submit(cluster, func, options, args, kwargs)
    _hear(job)
    try:
        return job.result()
    except KeyboardInterrupt:  # nobody waits for it any more
        job.cancel()
        raise
    finally:
        _finish(cluster, job)


async def _awaited(
    cluster: Cluster, func: Callable[..., Any], options: Mapping[str, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    job = _submit(cluster, func, options, args, kwargs)
    _hear(job)
    try:
        return await job
    finally:
        _finish(cluster, job)


def _cluster(config: ClusterConfig, options: Mapping[str, Any]) -> Cluster:
    if options.get("parallel"):
        warnings.warn("parallel=True: loops cannot be spread yet; the function runs serially in one job", stacklevel=4)
    return cluster_of(configured(config, options))


def _submit(
    cluster: Cluster, func: Callable[..., Any], options: Mapping[str, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Job:
    given = {name: options[name] for name in RESOURCES if name in options}
    cluster.resources(given)  # refused before anything is built
    with packed_calls(func, [(args, kwargs)], BuildOptions(provided=cluster.variables)) as order:
        order.warn()
        return cluster.submit(order, given)[0]


def _hear(job: Job) -> None:
    """Tell whoever waits why the job does not get on, each reason once."""
    told: set[str] = set()

    def tell(reason: str) -> None:
        if reason not in told:
            told.add(reason)
            sys.stderr.write(f"clustrix-bundle: job {job.id}: {reason}\n")
            sys.stderr.flush()

    job._voice = tell  # noqa: SLF001 - ours


def _finish(cluster: Cluster, job: Job) -> None:
    if not job.done():
        return
    for stream, name in ((sys.stdout, "stdout"), (sys.stderr, "stderr")):
        if text := job.logs(stream=name):
            stream.write(text)
            stream.flush()
    cluster.tidy(job.id, left_nothing=job.left_nothing)
