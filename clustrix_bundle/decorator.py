"""`@cluster`: a function that runs where the configuration says. With a local configuration, calling it runs it in place."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast, overload

from clustrix_bundle.runtime import active
from clustrix_bundle.runtime.config import ClusterConfig, ConfigError, checked, nearest

if TYPE_CHECKING:
    from typing import Self

    from clustrix_bundle.job import Job

P = ParamSpec("P")
R = TypeVar("R")

_FIELD_OF = {
    "cores": "default_cores",
    "memory": "default_memory",
    "time": "default_time",
    "partition": "default_partition",
    "queue": "default_queue",
    "account": "default_account",
    "gres": "default_gres",
    "qos": "default_qos",
    "parallel": "auto_parallel",
    "environment": "conda_env_name",
    "outputs": "outputs",
    "auto_parallel": "auto_parallel",
    "async_submit": "async_submit",
}
KEYWORDS = tuple(_FIELD_OF)
"""What ``@cluster(...)`` takes."""


class ClusterFunction(Generic[P, R]):
    """A decorated function: called, it runs where the configuration says; it is found, pickled and shown as the function it wraps.

    Attributes:
        options: The keywords that ``@cluster`` was given.
    """

    def __init__(self, function: Callable[P, R], options: Mapping[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self.__wrapped__ = function
        self.options = MappingProxyType(dict(options))

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if active.current_job() is not None:  # a job is where the function was to run
            return self.__wrapped__(*args, **kwargs)
        config = _config_of(args, kwargs)
        asked = self.options.get("async_submit")
        if config.async_submit if asked is None else asked:
            return cast("R", self.submit(*args, **kwargs))
        if config.cluster_type == "local":
            return self.__wrapped__(*args, **kwargs)
        from clustrix_bundle.calling import call  # noqa: PLC0415 - where a cluster is

        return cast("R", call(self, config, self.options, args, kwargs))

    def local(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run here, whatever the configuration says."""
        return self.__wrapped__(*args, **kwargs)

    def submit(self, *args: P.args, **kwargs: P.kwargs) -> Job:
        """Start it as a job and do not wait; with a local configuration, as a process of this machine.

        Raises:
            CaptureError, SourceError, AnalysisError: It, or an argument, cannot travel.
            NotYetSupported, ConfigError: The configuration asks for what cannot be.
            ClusterConnectionError, SchedulerError: What the cluster says.
        """
        if active.current_job() is not None:
            from clustrix_bundle.runtime.in_place import submit  # noqa: PLC0415 - in a job

            return cast("Job", submit(self.__wrapped__, args, kwargs))
        from clustrix_bundle.calling import submit_call  # noqa: PLC0415 - where jobs are

        return submit_call(self, _config_of(args, kwargs), self.options, args, kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Self:
        bind = getattr(self.__wrapped__, "__get__", None)
        bound = bind(instance, owner) if bind is not None else self.__wrapped__
        return self if bound is self.__wrapped__ else type(self)(bound, self.options)

    def __getattr__(self, name: str) -> Any:
        # What a function has besides (``__code__``, ``__defaults__``), so that code which looks at functions sees this one.
        if name == "__wrapped__":  # not made yet: copied or unpickled
            raise AttributeError(name)
        return getattr(self.__wrapped__, name)

    def __reduce__(self) -> str | tuple[Any, ...]:
        # By name where the name leads here, as a function does; else decorated again, which a job's `cluster` passes through.
        if _named(self) is self:
            return cast("str", self.__qualname__)
        return functools.partial(cluster, **self.options), (self.__wrapped__,)

    def __repr__(self) -> str:
        return f"<cluster {self.__wrapped__!r}>"


def _named(function: ClusterFunction[..., Any]) -> Any:
    """What the function's own name leads to, if anything."""
    import sys  # noqa: PLC0415 - pickling alone asks

    found: Any = sys.modules.get(function.__module__)
    for part in function.__qualname__.split("."):
        found = getattr(found, part, None)
    return found


@overload
def cluster(function: Callable[P, R], /) -> ClusterFunction[P, R]: ...
@overload
def cluster(**options: Any) -> Callable[[Callable[P, R]], ClusterFunction[P, R]]: ...
def cluster(function: Any = None, /, **options: Any) -> Any:
    """Let a function run where the active configuration says, or a `ClusterConfig` among its arguments.

    Calling it gives its result: with a local configuration it runs in place, with another one as a job there. ``.submit(...)``
    starts a job and gives a `Job`, ``.local(...)`` runs here whatever the configuration says. In a job, both run in place.

    Args:
        function: The function, where the decorator stands bare.
        options: cores, memory ("8GB"), time ("01:30:00"), partition, queue, account, gres, qos: resources of its job.
            environment: "current", "venv", or the name of a conda environment. outputs: "work_dir" moves the files that it writes
            there, "job" keeps them in the job's folder. parallel, auto_parallel: whether independent loops
            may be spread. async_submit: whether a call gives the job instead of waiting.

    Raises:
        TypeError: A keyword is unknown.
        ConfigError: A value is impossible.
    """
    if function is not None and not callable(function) and not isinstance(function, (staticmethod, classmethod)):
        raise TypeError(f"@cluster decorates a function, not {type(function).__name__}; its options are keywords")
    for name, value in options.items():
        if name not in _FIELD_OF:
            raise TypeError(f"@cluster has no keyword {name!r}{nearest(name, KEYWORDS)}")
        checked(_FIELD_OF[name], value, name)
    if function is None:
        return lambda decorated: cluster(decorated, **options)
    return ClusterFunction(function, options)


cluster.__module__ = "clustrix_bundle"  # the name under which a job has it too, so that it pickles


def _config_of(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> ClusterConfig:
    """The configuration that a call is for: the one among its arguments, else the active one.

    Raises:
        ConfigError: The arguments hold two different ones.
    """
    given = [value for value in (*args, *kwargs.values()) if isinstance(value, ClusterConfig)]
    if any(other != given[0] for other in given[1:]):
        raise ConfigError("a call has two different ClusterConfig arguments: which of them is to run it?")
    if given:
        return given[0]
    from clustrix_bundle.configuration import get_config  # noqa: PLC0415 - decorating alone needs no configuration

    return get_config()
