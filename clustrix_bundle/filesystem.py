"""The filesystem helpers on the client: those of `clustrix_bundle.runtime.filesystem`, who ask here for configuration and connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clustrix_bundle.configuration import get_config
from clustrix_bundle.runtime import active
from clustrix_bundle.runtime.confinement import PathOutsideWorkDir
from clustrix_bundle.runtime.file_info import DiskUsage, FileInfo
from clustrix_bundle.runtime.filesystem import (
    ClusterFilesystem,
    cluster_count_files,
    cluster_du,
    cluster_exists,
    cluster_find,
    cluster_glob,
    cluster_isdir,
    cluster_isfile,
    cluster_ls,
    cluster_stat,
)
from clustrix_bundle.runtime.walking import UnreadableFolderWarning

if TYPE_CHECKING:
    from clustrix_bundle.runtime.config import ClusterConfig

__all__ = [
    "ClusterFilesystem",
    "DiskUsage",
    "FileInfo",
    "PathOutsideWorkDir",
    "UnreadableFolderWarning",
    "cluster_count_files",
    "cluster_du",
    "cluster_exists",
    "cluster_find",
    "cluster_glob",
    "cluster_isdir",
    "cluster_isfile",
    "cluster_ls",
    "cluster_stat",
]


class _Client(active.Client):
    """Answers what the helpers can't know by themselves."""

    def active_config(self) -> ClusterConfig:
        return get_config()

    def connect(self, config: ClusterConfig) -> Any:
        from clustrix_bundle.agent.pool import place_of  # noqa: PLC0415 - only where there is a cluster
        from clustrix_bundle.agent.remote_files import RemoteFilesystem  # noqa: PLC0415

        return RemoteFilesystem(place_of(config))


active.install_client(_Client())
