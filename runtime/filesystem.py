"""`ClusterFilesystem` and the ``cluster_*`` functions: the same calls on the laptop, in a job, and over a connection."""

from . import active
from .config import ClusterConfig
from .confinement import PathOutsideWorkDir
from .file_info import DiskUsage, FileInfo
from .local_files import LocalFilesystem
from .walking import UnreadableFolderWarning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike
    from typing import Optional, Union

    from .batch import Batch

    Path = Union[str, PathLike[str]]


class ClusterFilesystem(object):
    """The files of a cluster, or of this machine, as a configuration says.

    Args:
        config: Whose work dir paths are relative to, and stay within; None for the active configuration. In a job, see `active.local_place`.

    Raises:
        ClusterUnreachableFromJob: In a job, for another cluster.
        NotYetSupported: There is no way to that kind of cluster yet.
    """

    __module__ = "clustrix_bundle"

    def __init__(self, config: "Optional[ClusterConfig]" = None) -> None:
        if config is None:
            config = active.active_config()
        elif not isinstance(config, ClusterConfig):
            raise TypeError("config is a ClusterConfig or None, not {}".format(type(config).__name__))
        config.check()
        self.config = config
        place = active.local_place(config)
        self._files = LocalFilesystem(*place) if place else active.client.connect(config)
        if config.cache_ttl:
            from .answer_cache import AnswerCache

            self._files = AnswerCache(self._files, config.cache_ttl)

    def __reduce__(self):
        return ClusterFilesystem, (self.config,)

    def __repr__(self) -> str:
        return "ClusterFilesystem({!r})".format(self.config)

    def ls(self, path: "Path" = ".") -> "list[str]":
        """Sorted names of what a folder holds, dotfiles too."""
        return self._files.ls(path)

    def find(self, pattern: str, path: "Path" = ".") -> "list[str]":
        """Sorted paths, relative to ``path``, of the files below it (and links to files) whose name matches."""
        return self._files.find(pattern, path)

    def iter_find(self, pattern: str, path: "Path" = ".") -> "Iterator[str]":
        """What `find` gives, one by one, in the order of the walk; nobody holds them all."""
        return self._files.iter_find(pattern, path)

    def stat(self, path: "Path") -> "FileInfo":
        """Size, time, kind and permissions of a file or folder, links followed."""
        return self._files.stat(path)

    def exists(self, path: "Path") -> bool:
        """Whether there is something, links followed."""
        return self._files.exists(path)

    def isdir(self, path: "Path") -> bool:
        """Whether it is a folder, links followed."""
        return self._files.isdir(path)

    def isfile(self, path: "Path") -> bool:
        """Whether it is a regular file, links followed."""
        return self._files.isfile(path)

    def glob(self, pattern: str, path: "Path" = ".") -> "list[str]":
        """Sorted paths, relative to ``path``, that match; ``**`` is any number of folders, ``*`` does not match dotfiles."""
        return self._files.glob(pattern, path)

    def du(self, path: "Path" = ".") -> "DiskUsage":
        """Bytes and number of the regular files below a folder, links not followed; of a file, its own."""
        return self._files.du(path)

    def count_files(self, path: "Path" = ".", pattern: str = "*") -> int:
        """How many files `find` gives."""
        return self._files.count_files(path, pattern)

    def batch(self) -> "Batch":
        """Many calls in one: ``with fs.batch() as b:`` calls on ``b`` give futures; reading one before the end sends all that wait."""
        from .batch import Batch, run_one_by_one

        many = getattr(self._files, "run_batch", None)
        return Batch(many or (lambda calls: run_one_by_one(self._files, calls)))


def cluster_ls(path: "Path" = ".", config: "Optional[ClusterConfig]" = None) -> "list[str]":
    """Sorted names of what a folder holds, dotfiles too."""
    return ClusterFilesystem(config).ls(path)


def cluster_find(pattern: str, path: "Path" = ".", config: "Optional[ClusterConfig]" = None) -> "list[str]":
    """Sorted paths, relative to ``path``, of the files below it (and links to files) whose name matches."""
    return ClusterFilesystem(config).find(pattern, path)


def cluster_stat(path: "Path", config: "Optional[ClusterConfig]" = None) -> "FileInfo":
    """Size, time, kind and permissions of a file or folder, links followed."""
    return ClusterFilesystem(config).stat(path)


def cluster_exists(path: "Path", config: "Optional[ClusterConfig]" = None) -> bool:
    """Whether there is something, links followed."""
    return ClusterFilesystem(config).exists(path)


def cluster_isdir(path: "Path", config: "Optional[ClusterConfig]" = None) -> bool:
    """Whether it is a folder, links followed."""
    return ClusterFilesystem(config).isdir(path)


def cluster_isfile(path: "Path", config: "Optional[ClusterConfig]" = None) -> bool:
    """Whether it is a regular file, links followed."""
    return ClusterFilesystem(config).isfile(path)


def cluster_glob(pattern: str, path: "Path" = ".", config: "Optional[ClusterConfig]" = None) -> "list[str]":
    """Sorted paths, relative to ``path``, that match; ``**`` is any number of folders, ``*`` does not match dotfiles."""
    return ClusterFilesystem(config).glob(pattern, path)


def cluster_du(path: "Path" = ".", config: "Optional[ClusterConfig]" = None) -> "DiskUsage":
    """Bytes and number of the regular files below a folder, links not followed; of a file, its own."""
    return ClusterFilesystem(config).du(path)


def cluster_count_files(path: "Path" = ".", pattern: str = "*", config: "Optional[ClusterConfig]" = None) -> int:
    """How many files `cluster_find` gives."""
    return ClusterFilesystem(config).count_files(path, pattern)


FUNCTIONS = (
    cluster_ls,
    cluster_find,
    cluster_stat,
    cluster_exists,
    cluster_isdir,
    cluster_isfile,
    cluster_glob,
    cluster_du,
    cluster_count_files,
)
PUBLIC = FUNCTIONS + (ClusterFilesystem, DiskUsage, FileInfo, PathOutsideWorkDir, UnreadableFolderWarning)
"""What this module offers to users."""
for _function in FUNCTIONS:
    _function.__module__ = "clustrix_bundle"  # the name under which both sides have them, so that they pickle
