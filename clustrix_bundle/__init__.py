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
    "ClusterFilesystem": ".filesystem",
    "ClusterUnreachableFromJob": ".runtime.active",
    "ClustrixBundleError": ".bundler.errors",
    "ConfigError": ".runtime.config",
    "DependencyAnalyzer": ".bundler.analysis.analyzer",
    "DependencyGraph": ".bundler.graph",
    "DiskUsage": ".runtime.file_info",
    "FileInfo": ".runtime.file_info",
    "FilePackager": ".bundler.package",
    "NotYetSupported": ".runtime.config",
    "PackageInfo": ".bundler.package",
    "PackagingError": ".bundler.errors",
    "PathOutsideWorkDir": ".runtime.confinement",
    "RemoteError": ".errors",
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

__all__ = sorted(_PUBLIC)  # noqa: PLE0605


def __getattr__(name: str) -> object:
    module = _PUBLIC.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415

    value: object = getattr(importlib.import_module(module, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
