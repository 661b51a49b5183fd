"""`Cluster`: a configuration put to work: where its files are, who runs its jobs, who follows them; and how a job gets there."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from clustrix_bundle.agent.pool import place_of
from clustrix_bundle.bundler.errors import ClustrixBundleError
from clustrix_bundle.deploy import RemoteDeployer
from clustrix_bundle.engines.engine import Engine, engine_for, resources_of
from clustrix_bundle.engines.prelude import relative_runtime
from clustrix_bundle.engines.scheduler import QueueFullError, SchedulerError
from clustrix_bundle.environments.needs import needs_of_order
from clustrix_bundle.environments.preflight import Preflight, warn_of
from clustrix_bundle.environments.preparation import target_distributions
from clustrix_bundle.environments.remote_environment import RemoteEnvironment
from clustrix_bundle.errors import DuplicateJobError, NoRoomError, WorkDirError
from clustrix_bundle.filling import Filling
from clustrix_bundle.job import Job
from clustrix_bundle.tracker import Tracker

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place
    from clustrix_bundle.deploy import Deployment
    from clustrix_bundle.engines.scheduler import Resources
    from clustrix_bundle.environments.preparation import Built
    from clustrix_bundle.order import Order
    from clustrix_bundle.runtime.config import ClusterConfig
    from clustrix_bundle.slots import Slots

_BEAT_S = 10
_SOONEST_S = 0.25
_UNUSABLE = (errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR)


class Cluster:
    """A configuration put to work.

    Args:
        config: Copied; later changes to it have no effect.

    Raises:
        NotYetSupported: It asks for what is not there yet.
        ConfigError: It asks for what its engine cannot do.
    """

    def __init__(self, config: ClusterConfig) -> None:
        self.config = config.replace()
        self.engine: Engine = engine_for(self.config)
        self.place: Place = place_of(self.config)
        self.environment = RemoteEnvironment(self.config, place=self.place)
        self.deployer = RemoteDeployer(self.config, place=self.place)
        interval = self.config.job_poll_interval
        self.tracker = Tracker(self.place, self.engine, min(interval, _SOONEST_S) if self.is_here else interval)
        self._filling = Filling(self.place, interval)

    @property
    def is_here(self) -> bool:
        """Whether its jobs are processes of this machine."""
        return self.config.cluster_type == "local"

    @property
    def work_dir(self) -> str:
        """Its work dir as people are told of it: a folder here, or ``host:folder``."""
        if self.is_here:
            return self.config.local_work_dir or os.getcwd()
        host, folder = self.config.cluster_host, self.config.remote_work_dir
        return folder if host is None else f"{host}:{folder}"

    @property
    def variables(self) -> frozenset[str]:
        """Environment variables that its jobs surely have."""
        return frozenset(self.config.environment_variables) | (frozenset(os.environ) if self.is_here else frozenset())

    def resources(self, given: Mapping[str, Any]) -> Resources:
        """What a job asks for.

        Raises:
            ConfigError: The engine cannot honour it.
        """
        wanted = resources_of(self.config, given)
        self.engine.check(wanted)
        return wanted

    def submit(self, order: Order, given: Mapping[str, Any], slots: Slots | None = None) -> list[Job]:
        """Deploy, make the job's folder, start it, follow it: a future for each task.

        Args:
            order: What is to be run.
            given: Resources, by the names of `clustrix_bundle.engines.engine.RESOURCES`.
            slots: Who says when it starts; it does at once without.

        Raises:
            ConfigError: A resource that the engine cannot honour.
            ClusterConnectionError, SchedulerError, OSError: What the cluster says.
        """
        job = new_id()
        folder = self.create(order, given, job)["folder"]
        jobs = [Job(self.tracker, job, task, order.captured, order.tasks) for task in range(order.tasks)]

        def start() -> None:
            self._start_all(jobs, folder, self.resources(given), at_once=slots.limit if slots is not None else 0)

        if slots is None:
            start()
        else:
            slots.add(jobs, start)
        self.tracker.watch(jobs)
        return jobs

    def tidy(self, job: str, *, left_nothing: bool) -> None:
        """Remove the folder of a job whose results were taken, if the configuration says so and none of its tasks left anything."""
        if self.config.cleanup_on_success and left_nothing:
            self.place.call("jobs.remove", job=job)

    def room(self, cores: int | None) -> int:
        """How many tasks of so many cores run at a time where nobody says so; 0 where a scheduler knows."""
        if self.engine.limits_itself:
            return 0
        most = self.config.max_parallel_jobs
        return min(most, max(1, _processors() // (cores or 1))) if self.is_here else most

    def submit_as(self, job: str, order: Order, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Submit under an id that the caller chose, without following it. Repeated, with whatever became of the first time, it is one job.

        Returns:
            ``{"made", "folder"}``: whether it is there since now.

        Raises:
            DuplicateJobError: Another job has that id.
        """
        try:
            made = self.create(order, given, job)
        except FileExistsError as error:
            raise DuplicateJobError(job) from error
        self._start(job, made["folder"], order.tasks, resources=self.resources(given), again=not made["made"])
        return made

    def preflight(self, order: Order) -> Preflight:
        """What an order needs beside what its job would find; asks where jobs are submitted, unless it knows."""
        return Preflight(()) if self.environment.is_ours else self.environment.check(needs_of_order(order))

    def create(self, order: Order, given: Mapping[str, Any], job: str) -> Mapping[str, Any]:
        """Look whether it can run, deploy, and make the job's folder, without starting it: ``{"made", "folder"}``.

        Raises:
            PreflightError: It cannot run there, or, with ``strict``, may fail.
            EnvironmentBuildError: Its environment cannot be built.
            NoRoomError: A disk there is full.
            WorkDirError: Its folders cannot be made there.
        """
        with self._naming_the_work_dir():
            return self._create(order, given, job)

    @contextlib.contextmanager
    def _naming_the_work_dir(self) -> Iterator[None]:
        """What a file system there says of our own folders, said of the work dir."""
        try:
            yield
        except OSError as error:
            if isinstance(error, ClustrixBundleError):
                raise
            host = self.config.cluster_host
            folder = (self.config.local_work_dir or os.getcwd()) if self.is_here else self.config.remote_work_dir
            where = folder if self.is_here or host is None else f"{host}:{folder}"
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise NoRoomError(where, error.errno) from error
            path = str(error.filename)
            if error.errno in _UNUSABLE and (
                os.path.basename(path).startswith(".clustrix-") or f"{folder}/".startswith(f"{path}/")
            ):
                raise WorkDirError(where, error.errno, path) from error
            raise

    def _create(self, order: Order, given: Mapping[str, Any], job: str) -> Mapping[str, Any]:
        resources = self.resources(given)
        warn_of(self.preflight(order), strict=self.config.strict)
        built = self.environment.prepare(
            needs_of_order(order), distributions=lambda: target_distributions(order.python, order.root)
        )
        deployed = self.deployer.deploy(order)
        made: Mapping[str, Any] = self.place.call(
            "jobs.create",
            body=lambda: iter(order.arguments),
            once=False,
            job=job,
            spec=self._spec(job, order, deployed, resources, built),
            prelude=self.environment.prelude(
                relative_runtime(deployed.runtime),
                resources.cores,
                built,
                memory=None if self.engine.limits_itself else resources.memory,
            ),
        )
        return made

    def _start(self, job: str, folder: str, tasks: int, *, resources: Resources, at_once: int = 0, again: bool = False) -> None:
        """Have a job run whose folder is there.

        Raises:
            QueueFullError: No place was free for it, or, if it has several tasks, for some of them.
            SchedulerError: It was refused, or not answered.
        """
        most = self.config.max_parallel_jobs
        limit = min(at_once or self.room(resources.cores) or most, most)
        try:
            self.engine.start(self.place, job=job, folder=folder, tasks=tasks, resources=resources, at_once=limit, again=again)
        except QueueFullError as error:
            if tasks > 1:
                raise
            raise self._refused(job, tasks, error) from error
        except SchedulerError as error:
            raise self._refused(job, tasks, error) from error

    def _start_all(self, jobs: list[Job], folder: str, resources: Resources, *, at_once: int = 0, again: bool = False) -> None:
        """The same for futures of all of its tasks; those for which there is no place now follow as places become free."""
        job, tasks = jobs[0].id, len(jobs)

        def start(again: bool = True) -> None:
            self._start(job, folder, tasks, resources=resources, at_once=at_once, again=again)

        try:
            start(again)
        except QueueFullError as error:
            if tasks == 1:
                raise
            self._filling.add(jobs, start, error)

    def _refused(self, job: str, tasks: int, error: SchedulerError) -> SchedulerError:
        """What to tell of a submission that failed; where surely nothing came of it, the job's folder goes."""
        submission = (self.place.call("jobs.look", jobs={job: ""})[job] or {}).get("submission")
        if submission is not None:
            some = f"{submission.get('until', tasks)} of {tasks} tasks of job {job} were submitted"
            return SchedulerError(
                f"{error}; {some}: `clustrix-bundle attach {job}` submits the others, `cancel` ends them", error.certain
            )
        if not error.certain:
            return SchedulerError(
                f"{error}; whether job {job} was submitted is not known: `clustrix-bundle attach {job}` finds out, and submits it if not",
                error.certain,
            )
        self.place.call("jobs.remove", job=job)
        return error

    def attach(self, job: str) -> list[Job]:
        """Futures of a job that some process submitted once. What of it was not given to the scheduler is now.

        Raises:
            FileNotFoundError: There is no such job there.
        """
        from clustrix_bundle.engines.scheduler import Resources  # noqa: PLC0415 - rarely needed

        spec = self.place.call("jobs.read_spec", job=job)
        look = self.place.call("jobs.look", jobs={job: ""})[job]
        jobs = [Job(self.tracker, job, task, of=spec["tasks"]) for task in range(spec["tasks"])]
        if spec["engine"] == self.engine.name and not is_submitted(look):
            self._start_all(jobs, spec["folder"], Resources(**spec["resources"]), again=True)
        self.tracker.watch(jobs)
        return jobs

    def _spec(self, job: str, order: Order, deployed: Deployment, resources: Resources, built: Built | None) -> dict[str, Any]:
        config = self.config
        offsets = [0]
        digest = hashlib.sha256()
        for one in order.arguments:
            offsets.append(offsets[-1] + len(one))
            digest.update(one)
        return {
            "schema": 1,
            "id": job,
            "name": order.name,
            "bundle": deployed.bundle,
            "runtime": deployed.runtime,
            **({"files": list(built.files)} if built is not None else {}),
            "blobs": sorted({member.sha256 for member in order.manifest.members if member.detached}),
            "engine": self.engine.name,
            "tasks": order.tasks,
            **({"chunk": order.chunk} if order.chunk > 1 else {}),
            "arguments": offsets if order.arguments else None,
            "arguments_sha256": digest.hexdigest(),
            "resources": resources.given(),
            "time_s": None if self.engine.limits_itself else resources.time_s,
            "beat_s": _BEAT_S,
            "outputs": config.outputs,
            "names": order.names,
            "cluster": {
                "cluster_host": config.cluster_host,
                "username": config.username,
                "allowed_paths": config.allowed_paths,
            },
        }


def new_id() -> str:
    """A job's id: 16 random hex digits."""
    return secrets.token_hex(8)


def is_submitted(look: Mapping[str, Any]) -> bool:
    """Whether all of a job was given to somebody who runs it, or nothing of it has to be: by what `jobs.look` says."""
    submission, letters = look["submission"], look["letters"]
    return "p" not in letters or (submission is not None and submission.get("until", len(letters)) >= len(letters))


_clusters: dict[tuple[Any, ...], Cluster] = {}
_lock = threading.Lock()


def cluster_of(config: ClusterConfig) -> Cluster:
    """The `Cluster` of a configuration; one for all that are equal, as long as the current folder is the same."""
    key = os.getpid(), json.dumps(config.to_dict()), config.key_file, config.password, config.passphrase, os.getcwd()
    with _lock:
        if key not in _clusters:
            _clusters[key] = Cluster(config)
        return _clusters[key]


def _processors() -> int:
    """How many this process may use: in a container, or below taskset, fewer than there are."""
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):  # not Linux
        return os.cpu_count() or 1
