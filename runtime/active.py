"""Where this process is: on the client, or in a job; and so what a configuration means here.

The runtime calls `enter_job` before user code loads. Child processes of the job find the same in their environment, so that
multiprocessing and scripts that the function starts see the same work dir. On the client nothing is entered; the client
package installs what only it can do: tell the active configuration, connect to a cluster.
"""

import json
import os

ENVIRONMENT = "CLUSTRIX_JOB"
"""Environment variable by which a job's child processes know where they are: the fields of `Job` as JSON."""


class ClusterUnreachableFromJob(Exception):  # noqa: N818 - named by the design of the public API
    """A configuration names another cluster than the one the job runs on, and a job has no SSH to reach it."""

    __module__ = "clustrix_bundle"


class Job(object):
    """The job this process belongs to.

    Attributes:
        work_dir: Absolute path of the folder that cluster_* paths are relative to.
        cluster_host: Host of the configuration that submitted it, as it was written; None for a run without a cluster.
        username: User of that configuration, as it was written; may be None.
        allowed_paths: Folders besides the work dir that the configuration allows.
    """

    def __init__(self, work_dir, cluster_host=None, username=None, allowed_paths=()):
        self.work_dir = os.path.abspath(work_dir)
        self.cluster_host = cluster_host
        self.username = username
        self.allowed_paths = list(allowed_paths)


_job = None


def enter_job(work_dir, cluster_host=None, username=None, allowed_paths=()):
    """Declare this process, and those it will start, part of a job; see `Job` for the arguments."""
    global _job
    _job = Job(work_dir, cluster_host, username, allowed_paths)
    os.environ[ENVIRONMENT] = json.dumps(vars(_job), sort_keys=True)


def leave_job():
    """Undo `enter_job`."""
    global _job
    _job = None
    os.environ.pop(ENVIRONMENT, None)


def current_job():
    """The `Job` this process belongs to, or None on the client."""
    global _job
    if _job is None:
        text = os.environ.get(ENVIRONMENT)
        if text:
            fields = json.loads(text)
            _job = Job(
                **{name: fields[name] for name in ("work_dir", "cluster_host", "username", "allowed_paths") if name in fields}
            )
    return _job


class Client(object):
    """What only the client package can do; it installs one of its own with `install_client`."""

    def active_config(self):
        """The ClusterConfig that calls without one mean."""
        from .config import ClusterConfig

        return ClusterConfig()

    def connect(self, config):
        """An object with the operations of `local_files.LocalFilesystem`, for a configuration of a cluster.

        Raises:
            NotYetSupported: There is no way to that kind of cluster.
        """
        from .config import NotYetSupported

        raise NotYetSupported("cluster_type {!r} needs the package clustrix-bundle on this side".format(config.cluster_type))


client = Client()


def install_client(own):
    """Let the client package answer for the configuration and for connections."""
    global client
    client = own


def active_config():
    """The configuration that calls without one mean: in a job a local one, whose folder is the work dir."""
    job = current_job()
    if job is None:
        return client.active_config()
    from .config import ClusterConfig

    return ClusterConfig(cluster_type="local", local_work_dir=job.work_dir, allowed_paths=job.allowed_paths)


def local_place(config):
    """The folder on this machine that a configuration means, and what else it allows: (work dir, allowed paths).

    On the client that is ``local_work_dir``, or the current folder. In a job, a configuration made there says what it says, and a
    local one that came from the client means the work dir; or, if it was written relative to the client's current
    folder, the folder of that name in the work dir where there is one: ``local_work_dir="./project"`` finds
    ``<work dir>/project``. A configuration of the job's own cluster means its ``remote_work_dir`` there;
    of two without a host, both mean the machine that submitted.

    Returns:
        None where the configuration means another machine (never in a job).

    Raises:
        ClusterUnreachableFromJob: In a job, for another machine.
    """
    job = current_job()
    if job is None:
        if config.cluster_type == "local":
            return config.local_work_dir or os.getcwd(), config.allowed_paths
        return None
    if config.cluster_type == "local":
        if config.made_in_job:
            return config.local_work_dir or job.work_dir, config.allowed_paths + job.allowed_paths
        below = config.relative_work_dir and os.path.join(job.work_dir, config.relative_work_dir)
        return below if below and os.path.isdir(below) else job.work_dir, config.allowed_paths + job.allowed_paths
    own_host = config.cluster_host == job.cluster_host and config.cluster_type != "kubernetes"
    if own_host and (not config.cluster_host or config.username in (job.username, _user())):
        return os.path.expanduser(config.remote_work_dir), config.allowed_paths + job.allowed_paths
    raise ClusterUnreachableFromJob(
        "this code runs in a job {}; it cannot reach {} (cluster_type {!r}): do that on the client, "
        "or leave the configuration out to mean the job's own work dir".format(
            "on " + job.cluster_host if job.cluster_host else "without a cluster",
            config.cluster_host or "another cluster",
            config.cluster_type,
        ),
    )


def _user():
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user id without a name
        return None
