"""Options of commands that act on a cluster: which one."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from clustrix_bundle.runtime.config import ClusterConfig

F = TypeVar("F", bound=Callable[..., Any])


def cluster_options(command: F) -> F:
    """Which cluster: the parameters of `cluster_config`."""
    for option in reversed(
        (
            click.option("--profile", metavar="NAME", help="Profile in clustrix.toml; by default the one that it names default."),
            click.option(
                "--host", metavar="[USER@]HOST[:PORT]", help="A host or alias of the ssh configuration, instead of a profile's."
            ),
            click.option("--work-dir", metavar="DIR", help="Folder that paths are relative to, instead of the profile's."),
        ),
    ):
        command = option(command)
    return command


def cluster_config(profile: str | None, host: str | None, work_dir: str | None) -> ClusterConfig:
    """The configuration that the options mean. A host without a profile takes from the environment alone, not from a default profile.

    Raises:
        ConfigError: There is no such profile, or a field is wrong.
        UsageError: The host is no ``[user@]host[:port]``.
    """
    from clustrix_bundle.profiles import environment_fields, load_profile  # noqa: PLC0415 - where a cluster is asked
    from clustrix_bundle.runtime.config import ClusterConfig  # noqa: PLC0415

    if host is None:
        config = load_profile(profile)
    else:
        given = _host_fields(host)
        if profile is not None:
            config = load_profile(profile, **given)
        else:
            config = ClusterConfig(**{**environment_fields(os.environ), "cluster_type": "ssh", **given})
    if work_dir is not None:
        config = config.replace(**{"local_work_dir" if config.cluster_type == "local" else "remote_work_dir": work_dir})
    return config


def _host_fields(host: str) -> dict[str, Any]:
    found = re.fullmatch(r"(?:([^@\s]+)@)?(?:\[([^\]\s]+)\]|([^:@\s]+))(?::(\d+))?", host)
    if not found:
        raise click.UsageError(f"--host {host}: must be [USER@]HOST[:PORT]")
    fields: dict[str, Any] = {"cluster_host": found[2] or found[3]}
    if found[1]:
        fields["username"] = found[1]
    if found[4]:
        fields["cluster_port"] = int(found[4])
    return fields
