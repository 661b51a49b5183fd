"""Run a local Python function on a cluster with everything it needs, and know exactly what that is."""

from __future__ import annotations

import os as _os

# A Python started in a checkout finds this bare folder before the installed package; the two sibling
# folders that an install places below it are then one level up.
_checkout = _os.path.dirname(_os.path.dirname(_os.path.abspath(__file__)))
if not _os.path.isdir(_os.path.join(__path__[0], "bundler")) and _os.path.isfile(
    _os.path.join(_checkout, "bundler", "facts", "model.py"),
):
    __path__.append(_checkout)

__version__ = "0.1.0"

# Public names and the modules that hold them, relative to this package; loaded when they are first asked for, so that
# `import clustrix_bundle` costs nothing.
_PUBLIC = {
    "AnalysisError": ".bundler.errors",
    "Bundle": ".api",
    "BundleFormatError": ".bundler.errors",
    "ClusterConfig": ".runtime.config",
    "ClusterConnectionError": ".agent.errors",
    "ClusterExecutor": ".executor",
    "ClusterFilesystem": ".filesystem",
    "ClusterUnreachableFromJob": ".runtime.active",
    "ClustrixBundleError": ".bundler.errors",
    "ConfigError": ".runtime.config",
    "DependencyAnalyzer": ".bundler.analysis.analyzer",
    "DependencyGraph": ".bundler.graph",
    "DiskUsage": ".runtime.file_info",
    "EnvironmentBuildError": ".environments.errors",
    "FileInfo": ".runtime.file_info",
    "FilePackager": ".bundler.package",
    "Job": ".job",
    "JobLostError": ".errors",
    "JobWarning": ".errors",
    "NotYetSupported": ".runtime.config",
    "PackageInfo": ".bundler.package",
    "PackagingError": ".bundler.errors",
    "PathOutsideWorkDir": ".runtime.confinement",
    "PreflightError": ".environments.errors",
    "PreflightWarning": ".environments.errors",
    "RemoteDeployer": ".deploy",
    "RemoteEnvironment": ".environments.remote_environment",
    "RemoteError": ".errors",
    "RemoteExecutor": ".remote_executor",
    "SchedulerError": ".engines.scheduler",
    "SettingsError": ".bundler.errors",
    "SourceError": ".bundler.errors",
    "TargetError": ".bundler.errors",
    "UnreadableFolderWarning": ".runtime.walking",
    "UnsafePathError": ".bundler.errors",
    "bundle": ".api",
    "cluster": ".decorator",
    "cluster_count_files": ".filesystem",
    "cluster_du": ".filesystem",
    "cluster_exists": ".filesystem",
    "cluster_find": ".filesystem",
    "cluster_glob": ".filesystem",
    "cluster_isdir": ".filesystem",
    "cluster_isfile": ".filesystem",
    "cluster_ls": ".filesystem",
    "cluster_stat": ".filesystem",
    "configure": ".configuration",
    "get_config": ".configuration",
    "load_config": ".configuration",
    "load_profile": ".profiles",
}

TYPE_CHECKING = False  # typing itself costs more to import than all of this
if TYPE_CHECKING:
    from clustrix_bundle.agent.errors import ClusterConnectionError as ClusterConnectionError
    from clustrix_bundle.api import Bundle as Bundle
    from clustrix_bundle.api import bundle as bundle
    from clustrix_bundle.bundler.analysis.analyzer import DependencyAnalyzer as DependencyAnalyzer
    from clustrix_bundle.bundler.errors import AnalysisError as AnalysisError
    from clustrix_bundle.bundler.errors import BundleFormatError as BundleFormatError
    from clustrix_bundle.bundler.errors import ClustrixBundleError as ClustrixBundleError
    from clustrix_bundle.bundler.errors import PackagingError as PackagingError
    from clustrix_bundle.bundler.errors import SettingsError as SettingsError
    from clustrix_bundle.bundler.errors import SourceError as SourceError
    from clustrix_bundle.bundler.errors import TargetError as TargetError
    from clustrix_bundle.bundler.errors import UnsafePathError as UnsafePathError
    from clustrix_bundle.bundler.graph import DependencyGraph as DependencyGraph
    from clustrix_bundle.bundler.package import FilePackager as FilePackager
    from clustrix_bundle.bundler.package import PackageInfo as PackageInfo
    from clustrix_bundle.configuration import configure as configure
    from clustrix_bundle.configuration import get_config as get_config
    from clustrix_bundle.configuration import load_config as load_config
    from clustrix_bundle.decorator import cluster as cluster
    from clustrix_bundle.deploy import RemoteDeployer as RemoteDeployer
    from clustrix_bundle.engines.scheduler import SchedulerError as SchedulerError
    from clustrix_bundle.environments.errors import EnvironmentBuildError as EnvironmentBuildError
    from clustrix_bundle.environments.errors import PreflightError as PreflightError
    from clustrix_bundle.environments.errors import PreflightWarning as PreflightWarning
    from clustrix_bundle.environments.remote_environment import RemoteEnvironment as RemoteEnvironment
    from clustrix_bundle.errors import JobLostError as JobLostError
    from clustrix_bundle.errors import JobWarning as JobWarning
    from clustrix_bundle.errors import RemoteError as RemoteError
    from clustrix_bundle.executor import ClusterExecutor as ClusterExecutor
    from clustrix_bundle.filesystem import ClusterFilesystem as ClusterFilesystem
    from clustrix_bundle.filesystem import cluster_count_files as cluster_count_files
    from clustrix_bundle.filesystem import cluster_du as cluster_du
    from clustrix_bundle.filesystem import cluster_exists as cluster_exists
    from clustrix_bundle.filesystem import cluster_find as cluster_find
    from clustrix_bundle.filesystem import cluster_glob as cluster_glob
    from clustrix_bundle.filesystem import cluster_isdir as cluster_isdir
    from clustrix_bundle.filesystem import cluster_isfile as cluster_isfile
    from clustrix_bundle.filesystem import cluster_ls as cluster_ls
    from clustrix_bundle.filesystem import cluster_stat as cluster_stat
    from clustrix_bundle.job import Job as Job
    from clustrix_bundle.profiles import load_profile as load_profile
    from clustrix_bundle.remote_executor import RemoteExecutor as RemoteExecutor
    from clustrix_bundle.runtime.active import ClusterUnreachableFromJob as ClusterUnreachableFromJob
    from clustrix_bundle.runtime.config import ClusterConfig as ClusterConfig
    from clustrix_bundle.runtime.config import ConfigError as ConfigError
    from clustrix_bundle.runtime.config import NotYetSupported as NotYetSupported
    from clustrix_bundle.runtime.confinement import PathOutsideWorkDir as PathOutsideWorkDir
    from clustrix_bundle.runtime.file_info import DiskUsage as DiskUsage
    from clustrix_bundle.runtime.file_info import FileInfo as FileInfo
    from clustrix_bundle.runtime.walking import UnreadableFolderWarning as UnreadableFolderWarning

__all__ = sorted(_PUBLIC)  # noqa: PLE0605

if not TYPE_CHECKING:  # for type checkers a name that is not above is an error

    def __getattr__(name: str) -> object:
        module = _PUBLIC.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib  # noqa: PLC0415

        try:
            value: object = getattr(importlib.import_module(module, __name__), name)
        except (ImportError, AttributeError) as error:
            from clustrix_bundle.shadowing import shadowed_by  # noqa: PLC0415 - where something is amiss

            message = shadowed_by(error)
            if not message:
                raise
            raise ImportError(message) from error
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
