"""`RemoteExecutor`: runs bundles that are there already, and fetches what they give."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clustrix_bundle.api import render_live_arguments
from clustrix_bundle.executor import OF_CONFIG, checked_resources, configured
from clustrix_bundle.order import bundle_order
from clustrix_bundle.runtime.work_links import names_in
from clustrix_bundle.submission import Cluster, cluster_of

if TYPE_CHECKING:
    from clustrix_bundle.api import Bundle
    from clustrix_bundle.job import Job
    from clustrix_bundle.runtime.config import ClusterConfig


class RemoteExecutor:
    """Runs bundles on a cluster. Live functions are `ClusterExecutor`'s and ``@cluster``'s business.

    Args:
        config: Which cluster; the active configuration by default.
        resources: Of each job, by the names of ``@cluster``.

    Raises:
        TypeError: A resource is unknown.
        ConfigError: A value is impossible, or the engine can't honour it.
    """

    __module__ = "clustrix_bundle"

    def __init__(self, config: ClusterConfig | None = None, **resources: Any) -> None:
        if config is None:
            from clustrix_bundle.configuration import get_config  # noqa: PLC0415 - where none was given

            config = get_config()
        self._given = checked_resources(resources)
        self._cluster: Cluster = cluster_of(configured(config, {name: self._given.pop(name, None) for name in OF_CONFIG}))
        self._cluster.resources(self._given)

    def submit(
        self,
        bundle: Bundle | str | os.PathLike[str],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        *,
        blobs: str | None = None,
    ) -> Job:
        """Deploy a bundle and start its function as a job.

        Args:
            bundle: What `bundle` gave, or a bundle's file.
            args: Of the call; with neither these nor ``kwargs``, those that the bundle holds.
            kwargs: Of the call.
            blobs: Folder with the bundle's detached members, if it has any.

        Raises:
            BundleFormatError: The file is no bundle.
            CaptureError: An argument cannot travel.
            ClusterConnectionError, SchedulerError, OSError: What the cluster says.
        """
        order = bundle_order(bundle, None, blobs)
        order = replace(order, captured=getattr(bundle, "_captured", None) or {})
        if args or kwargs:
            order = replace(order, arguments=(render_live_arguments(tuple(args), kwargs or {}),), names=names_in([args, kwargs]))
        return self._cluster.submit(order, self._given)[0]

    def run(
        self,
        bundle: Bundle | str | os.PathLike[str],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        *,
        blobs: str | None = None,
    ) -> Any:
        """As `submit`, and wait: the result, or what the function raised."""
        job = self.submit(bundle, args, kwargs, blobs=blobs)
        result = job.result()
        self._cluster.tidy(job.id, left_nothing=job.left_nothing)
        return result

    def attach(self, job: str) -> list[Job]:
        """Futures of the tasks of a job that any process submitted once.

        Raises:
            FileNotFoundError: There is no such job there.
        """
        return self._cluster.attach(job)
