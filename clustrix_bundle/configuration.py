"""The active configuration: what `configure` was told, else what profile and environment give when it is first asked for."""

from __future__ import annotations

import os
import threading
from typing import Any

from clustrix_bundle.profiles import load_profile
from clustrix_bundle.runtime import active
from clustrix_bundle.runtime.config import ClusterConfig, ConfigError

_lock = threading.RLock()
_active: ClusterConfig | None = None


def get_config() -> ClusterConfig:
    """The active configuration. In a job: a local one, whose folder is the work dir.

    Raises:
        ConfigError: A profile or an environment variable is wrong.
    """
    global _active  # noqa: PLW0603 - the one there is
    if active.current_job() is not None:
        in_job: ClusterConfig = active.active_config()
        return in_job
    with _lock:
        if _active is None:
            _active = load_profile()
        return _active


def configure(config: ClusterConfig | None = None, /, *, profile: str | None = None, **fields: Any) -> ClusterConfig:
    """Set the active configuration.

    Args:
        config: A configuration to take over; it is copied.
        profile: Name of a profile to begin with instead.
        fields: Fields of `ClusterConfig` to change; with neither of the above, those of the active configuration.

    Returns:
        The active configuration from now on.

    Raises:
        ConfigError: A field is unknown, impossible or contradicts another one; the active configuration stays as it was.
    """
    global _active  # noqa: PLW0603 - the one there is
    if config is not None and profile is not None:
        raise ConfigError("configure() takes a configuration or a profile, not both")
    with _lock:
        if profile is not None:
            new = load_profile(profile, **fields)
        else:
            new = (config if config is not None else get_config()).replace(**fields)
        _active = new
        return new


def load_config(path: str | os.PathLike[str]) -> ClusterConfig:
    """Make the fields in a file (JSON, or YAML as upstream has it) the active configuration.

    Raises:
        ConfigError: The file holds no fields, or wrong ones.
    """
    name = os.fspath(path)
    if name.endswith((".yml", ".yaml")):
        from clustrix_bundle.upstream_config import read_upstream  # noqa: PLC0415 - few have one

        return configure(ClusterConfig(**read_upstream(name)))
    import json  # noqa: PLC0415 - few have one

    with open(name, encoding="utf-8") as stream:
        try:
            content = json.load(stream)
        except ValueError as error:
            raise ConfigError(f"{name}: {error}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{name}: holds no mapping of fields")
    return configure(ClusterConfig(**content))


for _function in (configure, get_config, load_config):
    _function.__module__ = "clustrix_bundle"  # the name under which a job has them too, so that they pickle
