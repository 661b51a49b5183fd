"""`ClusterConfig`: which cluster, as whom, in which folders, with which resources and timeouts. The same class on both sides."""

import copy
import os

from . import active
from .config_fields import CLUSTER_TYPES, CONNECTION, DEFAULTS, FIELDS, SECRETS, ConfigError, NotYetSupported, checked, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

__all__ = ["CLUSTER_TYPES", "FIELDS", "SECRETS", "ClusterConfig", "ConfigError", "NotYetSupported", "checked", "nearest"]


class ClusterConfig(object):
    """Which cluster, as whom, where and with what. Keyword arguments only; fields can be assigned later and are checked then too.

    Attributes:
        cluster_type: local (this machine), ssh, slurm, pbs, sge or kubernetes.
        cluster_host: Host name or alias of the ssh configuration.
        cluster_port: Port of its SSH server; None for what the ssh configuration says, else 22.
        username: User there; None for what the ssh configuration says, else the own name.
        key_file: Private key, made absolute. Never leaves the client.
        password: Of the user there. Never leaves the client, never shown.
        passphrase: Of the key. Never leaves the client, never shown.
        host_key_policy: "strict" refuses hosts that are not in known_hosts, "accept-new" adds them.
        known_hosts_file: Instead of ``~/.ssh/known_hosts``.
        connect_timeout: Seconds until a connection counts as failed.
        operation_timeout: Seconds until an answer over a connection counts as lost.
        local_work_dir: Folder that paths are relative to with cluster_type "local"; made absolute when the configuration is
            created. None for the current folder (in a job: the work dir).
        remote_work_dir: Folder on the cluster that paths are relative to: absolute, or beginning with ~.
        allowed_paths: Absolute folders besides the work dir that paths and links may lead to.
        cache_ttl: Seconds for which an answer about files may be given again; 0 to ask each time.
        default_cores: Cores of a job; None for the site's own default, as in the next ones.
        default_memory: Memory of a job: "8GB".
        default_time: Time limit of a job: "01:30:00", "2-12:00:00".
        default_partition: Partition of a job.
        default_queue: Queue of a job.
        default_account: Account that a job is charged to.
        default_gres: Generic resources of a job: "gpu:1".
        default_qos: Quality of service of a job.
        parallel_environment: Grid Engine's, whose slots are the cores of a job with several.
        python_executable: Python 3.6 or later on the cluster.
        environment: "current" (the Python as it is) or "venv" (one built from the bundle's requirements).
        build_on: Where a venv is built: "login" or "node".
        conda_env_name: Conda environment to run in.
        package_manager: What builds a venv: "auto", "pip" or "uv".
        environment_variables: Set in every job.
        module_loads: Environment modules that are loaded before Python starts.
        pre_execution_commands: Shell commands that run before Python starts.
        outputs: Where files stay that a job writes below its working directory: "job" (in its folder, for ``result --outputs``) or
            "work_dir" (moved there, over files of that name, as if it had run there).
        strict: Whether a job is refused, not only warned of, if the look at its Python and disk beforehand finds something amiss.
        max_parallel_jobs: Most tasks of one job, such as a map, that run at a time; of jobs beside each other it says nothing.
        job_poll_interval: Seconds between looks at a job's state.
        cleanup_on_success: Whether a job's folder is removed once its result is fetched.
        auto_parallel: Whether provably independent loops may be spread.
        async_submit: Whether calling a decorated function gives its job instead of waiting.

    Raises:
        ConfigError: A field is unknown, impossible, or contradicts another one.
    """

    __module__ = "clustrix_bundle"

    if TYPE_CHECKING:
        cluster_type: str
        cluster_host: Optional[str]
        cluster_port: Optional[int]
        username: Optional[str]
        key_file: Optional[str]
        password: Optional[str]
        passphrase: Optional[str]
        host_key_policy: str
        known_hosts_file: Optional[str]
        connect_timeout: float
        operation_timeout: float
        local_work_dir: Optional[str]
        remote_work_dir: str
        allowed_paths: list[str]
        cache_ttl: float
        default_cores: Optional[int]
        default_memory: Optional[str]
        default_time: Optional[str]
        default_partition: Optional[str]
        default_queue: Optional[str]
        default_account: Optional[str]
        default_gres: Optional[str]
        default_qos: Optional[str]
        parallel_environment: Optional[str]
        python_executable: str
        environment: str
        build_on: str
        outputs: str
        conda_env_name: Optional[str]
        package_manager: str
        environment_variables: dict[str, str]
        module_loads: list[str]
        pre_execution_commands: list[str]
        strict: bool
        max_parallel_jobs: int
        job_poll_interval: float
        cleanup_on_success: bool
        auto_parallel: bool
        async_submit: bool
        made_in_job: bool
        relative_work_dir: Optional[str]

    def __init__(self, **fields: "Any") -> None:
        state = self.__dict__
        for name in FIELDS:
            state[name] = copy.copy(DEFAULTS[name])
        state["made_in_job"] = active.current_job() is not None
        state["relative_work_dir"] = None
        for name, value in fields.items():
            setattr(self, name, value)
        self.check()

    def __setattr__(self, name, value):
        value = checked(name, value)
        if name == "local_work_dir":
            value, self.__dict__["relative_work_dir"] = _absolute_work_dir(value)
        self.__dict__[name] = value

    def __delattr__(self, name):
        raise ConfigError("a field of ClusterConfig can't be deleted: set {} to None".format(name))

    def check(self) -> None:
        """Look for fields that contradict each other.

        Raises:
            ConfigError: It names them.
        """
        if self.cluster_type == "local":
            given = [name for name in CONNECTION if getattr(self, name) is not None]
            if given:
                raise ConfigError(
                    "{} is set, but cluster_type is 'local', which connects to nothing: name the cluster_type ({}), "
                    "or set {} to None".format(given[0], ", ".join(CLUSTER_TYPES[1:5]), given[0]),
                )
        elif self.cluster_type == "ssh" and self.cluster_host is None:
            raise ConfigError("cluster_type is 'ssh', but cluster_host is not set")
        if self.passphrase is not None and self.key_file is None:
            raise ConfigError("passphrase is set, but no key_file that it opens")
        if self.conda_env_name is not None and self.environment == "venv":
            raise ConfigError("conda_env_name and environment='venv' name two environments: leave one of them out")

    def replace(self, **fields: "Any") -> "ClusterConfig":
        """A configuration like this one with some fields changed."""
        state = {name: getattr(self, name) for name in FIELDS}
        state.update(fields)
        new = ClusterConfig(**state)
        if "local_work_dir" not in fields:
            new.__dict__.update(made_in_job=self.made_in_job, relative_work_dir=self.relative_work_dir)
        return new

    def to_dict(self) -> "dict[str, Any]":
        """All fields but `SECRETS`, as values that JSON holds."""
        return {name: copy.copy(getattr(self, name)) for name in FIELDS if name not in SECRETS}

    @classmethod
    def from_dict(cls, fields: "dict[str, Any]") -> "ClusterConfig":
        """The configuration that `to_dict` was taken from, but for its secrets."""
        return cls(**fields)

    def __getstate__(self):
        state = {name: value for name, value in self.to_dict().items() if value != DEFAULTS[name]}
        state.update(made_in_job=self.made_in_job, relative_work_dir=self.relative_work_dir)
        return state

    def __setstate__(self, state):
        for name in FIELDS:
            self.__dict__[name] = copy.copy(DEFAULTS[name])
        self.__dict__.update(state)

    def __copy__(self):  # within a process the secrets stay
        new = ClusterConfig.__new__(ClusterConfig)
        new.__dict__.update({name: copy.copy(value) for name, value in self.__dict__.items()})
        return new

    def __deepcopy__(self, memo):
        return self.__copy__()

    def __eq__(self, other):
        if not isinstance(other, ClusterConfig):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in FIELDS)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self):
        shown = []
        for name in FIELDS:
            value = getattr(self, name)
            if value != DEFAULTS[name]:
                if name == "environment_variables":  # tokens stand there
                    value = dict.fromkeys(value, "***")
                shown.append("{}={}".format(name, "'***'" if name in ("password", "passphrase") else repr(value)))
        return "ClusterConfig({})".format(", ".join(shown))


def _absolute_work_dir(value):
    """(absolute path, path relative to the current folder if it was written so and stays below it)."""
    if value is None:
        return None, None
    value = os.path.expanduser(value)
    if os.path.isabs(value):
        return value, None
    job = active.current_job()
    relative = os.path.normpath(value)
    below = relative if relative != ".." and not relative.startswith(".." + os.sep) else None
    return os.path.normpath(os.path.join(job.work_dir if job else os.getcwd(), value)), below
