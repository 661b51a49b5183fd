"""An engine runs what stands in job folders of a place, and knows how it is getting on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.engines.scheduler import Resources
from clustrix_bundle.runtime.config import ClusterConfig, ConfigError, NotYetSupported
from clustrix_bundle.runtime.quantities import parse_memory, parse_time

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place
    from clustrix_bundle.engines.verdict import Scheduled

RESOURCES = ("cores", "memory", "time", "partition", "queue", "account", "gres", "qos")
"""Names by which a job's resources are given; each has a field ``default_…`` in `ClusterConfig`."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job as an engine needs to know it.

    Attributes:
        id: Of the job.
        letters: What the folder says of each task (``docs/jobs.md``).
        submission: What `Engine.start` left in the folder; None if nothing did.
    """

    id: str
    letters: str
    submission: Mapping[str, Any] | None


class Engine(Protocol):
    """One way of running jobs."""

    name: str
    limits_itself: bool
    """Whether it ends what is over its time or memory; else the task sees to it."""

    def check(self, resources: Resources) -> None:
        """Refuse what it cannot honour.

        Raises:
            ConfigError: It names the resource.
        """

    def start(self, place: Place, *, job: str, folder: str, tasks: int, resources: Resources, at_once: int, again: bool) -> None:
        """Have the job run; doing so twice runs it once.

        Args:
            place: Where its folder is.
            job: Its id.
            folder: Its path there.
            tasks: How many it has.
            resources: Of each.
            at_once: Most tasks at a time; 0 for no limit.
            again: Whether it may have been started before.

        Raises:
            SchedulerError: Refused, or not answered.
        """

    def states(self, place: Place, jobs: list[Submitted]) -> dict[tuple[str, int], Scheduled]:
        """What is known of tasks that have not ended for their folder, by job and number."""

    def cancel(self, place: Place, job: str, tasks: list[int] | None = None) -> None:
        """End the job, or some tasks of it.

        Raises:
            SchedulerError: It did not do so.
        """


def engine_for(config: ClusterConfig) -> Engine:
    """The engine of a configuration.

    Raises:
        NotYetSupported: There is none yet.
    """
    kind = config.cluster_type
    if kind in ("local", "ssh"):
        from clustrix_bundle.engines.processes import Processes  # noqa: PLC0415 - the one that is used

        return Processes(kind)
    if kind == "kubernetes":
        raise NotYetSupported("cluster_type='kubernetes': jobs can't run there yet")
    from clustrix_bundle.engines.batch import Batch  # noqa: PLC0415

    return Batch(_scheduler(kind))


def _scheduler(kind: str) -> Any:
    from importlib import import_module  # noqa: PLC0415

    module, name = {"slurm": ("slurm", "Slurm"), "sge": ("grid_engine", "GridEngine"), "pbs": ("pbs", "Pbs")}[kind]
    return getattr(import_module(f"clustrix_bundle.engines.{module}"), name)()


def resources_of(config: ClusterConfig, given: Mapping[str, Any]) -> Resources:
    """What a job asks for: what was given for it, else what the configuration says.

    Args:
        config: Its ``default_…`` fields.
        given: By the names of `RESOURCES`, checked before; None and what is missing mean the configuration's.
    """
    values = {name: given.get(name) if given.get(name) is not None else getattr(config, f"default_{name}") for name in RESOURCES}
    memory, time = values.pop("memory"), values.pop("time")
    return Resources(
        memory=parse_memory(memory) if memory is not None else None,
        time_s=parse_time(time) if time is not None else None,
        parallel_environment=config.parallel_environment,
        **values,
    )


def refuse(engine: str, refused: frozenset[str], resources: Resources) -> None:
    """Raise for the first resource that is asked for and refused.

    Raises:
        ConfigError: It names the resource.
    """
    for name, value in resources.given().items():
        if name in refused:
            raise ConfigError(
                f"{name}={value!r} cannot be honoured by cluster_type {engine!r}; leave it out, and set default_{name} to None"
            )
