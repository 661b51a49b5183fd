"""Profiles: tables of `ClusterConfig` fields in ``clustrix.toml``, environment variables over them.

A project's file (in the current folder or one above it, up to the project root) goes before the user's own, in
``$CLUSTRIX_CONFIG_DIR``, ``$XDG_CONFIG_HOME/clustrix`` or ``~/.config/clustrix``::

    default = "hpc"

    [profiles.hpc]
    cluster_type = "slurm"
    cluster_host = "login.hpc.example.org"
    remote_work_dir = "/scratch/project"

``CLUSTRIX_PROFILE`` names another profile than the default one, ``CLUSTRIX_<FIELD>`` sets a field: ``CLUSTRIX_DEFAULT_CORES=8``.
Where there is no ``clustrix.toml``, a ``clustrix.yml`` of upstream Clustrix in the same places is read.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from clustrix_bundle.runtime.config import FIELDS, ClusterConfig, ConfigError, nearest

PREFIX = "CLUSTRIX_"
_MARKERS = ("pyproject.toml", "setup.cfg", "setup.py", ".git")
_UPSTREAM_NAMES = ("clustrix.yml", "clustrix.yaml")

INTEGERS = frozenset({"cluster_port", "default_cores", "max_parallel_jobs"})
SECONDS = frozenset({"connect_timeout", "operation_timeout", "cache_ttl", "job_poll_interval"})
SWITCHES = frozenset({"strict", "cleanup_on_success", "auto_parallel", "async_submit"})
LISTS = frozenset({"allowed_paths", "module_loads", "pre_execution_commands"})
MAPPINGS = frozenset({"environment_variables"})
_SWITCH_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def load_profile(
    name: str | None = None,
    *,
    folder: str | None = None,
    environ: Mapping[str, str] = os.environ,
    **fields: Any,
) -> ClusterConfig:
    """The configuration that a profile, the environment and arguments give, the later over the earlier.

    Args:
        name: Of the profile; None for ``CLUSTRIX_PROFILE``, else for the default one, if there is any.
        folder: Where to begin looking for the project's file; None for the current folder.
        environ: Environment variables.
        fields: Fields that go over all others.

    Raises:
        ConfigError: A file can't be read, there is no such profile, or a field is wrong; it names file and profile.
    """
    wanted = name or environ.get(PREFIX + "PROFILE") or None
    folders = [*_project_folders(os.path.abspath(folder or os.curdir)), user_folder(environ)]
    table, source = _find_table(folders, wanted)
    merged = {**table, **environment_fields(environ), **fields}
    try:
        return ClusterConfig(**merged)
    except ConfigError as error:
        raise ConfigError(f"{error} (fields of {source})" if table else str(error)) from None


def user_folder(environ: Mapping[str, str] = os.environ) -> str:
    """The user's own configuration folder."""
    own = environ.get(PREFIX + "CONFIG_DIR")
    if own:
        return os.path.expanduser(own)
    base = environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(base, "clustrix")


def environment_fields(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Fields that environment variables set; an empty variable sets the field back to its default.

    Raises:
        ConfigError: A text is not what the field needs.
    """
    fields: dict[str, Any] = {}
    for name in FIELDS:
        text = environ.get(PREFIX + name.upper())
        if text is not None:
            fields[name] = _parse(name, text) if text else None
    return fields


def _parse(name: str, text: str) -> Any:
    variable = PREFIX + name.upper()
    try:
        if name in INTEGERS:
            return int(text)
        if name in SECONDS:
            return float(text)
        if name in SWITCHES:
            return _SWITCH_WORDS[text.lower()]
        if name in MAPPINGS or (name in LISTS and text.startswith("[")):
            return json.loads(text)
    except (ValueError, KeyError):
        kind = "a number" if name in INTEGERS | SECONDS else "JSON" if name in LISTS | MAPPINGS else "1 or 0"
        raise ConfigError(f"{variable}={text!r}: must be {kind}") from None
    if name == "pre_execution_commands":  # commas are usual in commands
        return [text]
    return [item.strip() for item in text.split(",") if item.strip()] if name in LISTS else text


def _project_folders(folder: str) -> Iterator[str]:
    """The folder and those above it up to the project root; never the home folder or those above it, unless one starts there."""
    home = os.path.realpath(os.path.expanduser("~"))
    first = folder
    while folder == first or (os.path.realpath(folder) != home and os.path.dirname(folder) != folder):
        yield folder
        if any(os.path.exists(os.path.join(folder, marker)) for marker in _MARKERS) or os.path.dirname(folder) == folder:
            return
        folder = os.path.dirname(folder)


def _find_table(folders: list[str], wanted: str | None) -> tuple[dict[str, Any], str]:
    """(fields of the profile, where they stand); no fields where no profile is wanted, named default or written for upstream."""
    known: dict[str, tuple[dict[str, Any], str]] = {}
    default: str | None = None
    for folder in folders:
        path = os.path.join(folder, "clustrix.toml")
        if os.path.isfile(path):
            own_default, profiles = _read_toml(path)
            default = default or own_default
            for name, table in profiles.items():
                known.setdefault(name, (_anchored(table, folder), f"profile {name!r} in {path}"))
    chosen = wanted or default
    if chosen is not None:
        if chosen not in known:
            if not known:
                raise ConfigError(f"there is no profile {chosen!r}: no clustrix.toml with profiles is in {' or '.join(folders)}")
            known_ones = f"known are {', '.join(sorted(known))}"
            raise ConfigError(f"there is no profile {chosen!r} in clustrix.toml{nearest(chosen, list(known))} ({known_ones})")
        return known[chosen]
    if not known:
        for folder in folders:
            for file_name in _UPSTREAM_NAMES:
                path = os.path.join(folder, file_name)
                if os.path.isfile(path):
                    from clustrix_bundle.upstream_config import read_upstream  # noqa: PLC0415 - few have one

                    return _anchored(read_upstream(path), folder), path
    return {}, ""


def _read_toml(path: str) -> tuple[str | None, dict[str, dict[str, Any]]]:
    try:
        with open(path, "rb") as stream:
            content = tomllib.load(stream)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None
    unknown = sorted(set(content) - {"default", "profiles"})
    if unknown:
        if unknown[0] in FIELDS:
            hint = "put fields into a table [profiles.NAME]"
        else:
            hint = nearest(unknown[0], ("default", "profiles")).lstrip("; ")
            if not hint and isinstance(content[unknown[0]], dict):
                hint = f"a profile is a table [profiles.{unknown[0]}]"
        raise ConfigError(f"{path}: unknown key {unknown[0]!r}" + (f"; {hint}" if hint else ""))
    default, profiles = content.get("default"), content.get("profiles", {})
    if not isinstance(default, (str, type(None))):
        raise ConfigError(f"{path}: default must be the name of a profile")
    if not isinstance(profiles, dict) or not all(isinstance(table, dict) for table in profiles.values()):
        raise ConfigError(f"{path}: profiles are tables: [profiles.NAME]")
    return default, profiles


def _anchored(table: dict[str, Any], folder: str) -> dict[str, Any]:
    """A relative local_work_dir in a file is relative to that file."""
    own = table.get("local_work_dir")
    if isinstance(own, str):
        table = {**table, "local_work_dir": os.path.normpath(os.path.join(folder, os.path.expanduser(own)))}
    return table
