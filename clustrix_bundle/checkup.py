"""What `doctor` looks at: each thing that has to be right, what was found, and how to mend it."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from clustrix_bundle.agent.errors import ClusterConnectionError
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.runtime.config import ClusterConfig, ConfigError

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place

_TOOLS = {
    "slurm": ("sbatch", "squeue", "sacct", "scancel"),
    "pbs": ("qsub", "qstat", "qdel"),
    "sge": ("qsub", "qstat", "qacct", "qdel"),
}
_NEEDED_BYTES = 1 << 30
_NEEDED_INODES = 10_000
_SKEW_S = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: Its name, for programs.
        level: "ok", "warning" (it works, but) or "failed".
        text: What was found.
        remedy: How to mend it; empty if there is nothing to mend.
    """

    check: str
    level: str
    text: str
    remedy: str = ""


def check_here() -> Iterator[Finding]:
    """What this machine has: Python, and a way to read source."""
    from clustrix_bundle.bundler.facts.extract import extractor_name  # noqa: PLC0415 - where it is asked

    yield Finding("python", "ok", f"Python {platform.python_version()} here")
    if extractor_name() == "core":
        yield Finding("extractor", "ok", "source is read by the compiled core")
    else:
        yield Finding(
            "extractor",
            "warning",
            "source is read by libcst, which is a hundred times slower: the compiled core is not installed",
            "install a Rust toolchain (https://rustup.rs) and reinstall clustrix-bundle, or a wheel of it for this platform",
        )


def check_cluster(config: ClusterConfig) -> Iterator[Finding]:
    """The configuration's cluster, from the way there to what stands on it; ends where nothing more can be seen."""
    from clustrix_bundle.agent.pool import place_of  # noqa: PLC0415 - where it is asked

    elsewhere = config.cluster_type != "local" and config.cluster_host is not None
    try:
        place = place_of(config)
        if elsewhere:
            yield from _way(config)
        before = time.time()
        tools = _TOOLS.get(config.cluster_type, ())
        found: dict[str, Any] = place.call("probe.probe", tools=list(tools))
        took = time.time() - before
    except ClusterConnectionError as error:
        yield Finding(_check_of(error), "failed", str(error), "as said there")
        return
    except (ConfigError, NotImplementedError) as error:
        yield Finding("configuration", "failed", str(error), "correct the profile, or choose another one with --profile")
        return
    if elsewhere:
        yield Finding("connection", "ok", f"{found['host']} answers")
        yield Finding("host_key", "ok", "its key is one that known_hosts vouches for")
        yield from _round_trip(place)
        yield _clock(found["time"] - before, took)
    version = ".".join(map(str, found["python"]))
    yield Finding("remote_python", "ok", f"Python {version} there ({found['executable']})")
    yield _zstd(found["zstd"])
    yield from _work_dir(found)
    yield from _disk(found)
    yield from (_tool(name, found["tools"][name], config) for name in tools)
    yield from _links(found)
    yield from _job_python(config, place)


def _job_python(config: ClusterConfig, place: Place) -> Iterator[Finding]:
    """The Python behind what jobs do before it starts, if that may be another one than the agent's."""
    if not (config.module_loads or config.conda_env_name or config.pre_execution_commands):
        return
    from clustrix_bundle.environments.remote_environment import RemoteEnvironment  # noqa: PLC0415 - where it is asked

    for one in RemoteEnvironment(config, place=place).check().findings:
        if one.check in ("interpreter", "prelude"):
            yield Finding("job_python", one.level, one.text, one.remedy)


def _way(config: ClusterConfig) -> Iterator[Finding]:
    from clustrix_bundle.ssh.target import resolve_target  # noqa: PLC0415

    target = resolve_target(config)
    through = "".join(f", through {one.label}" for one in target.jumps)
    how = f"the program ssh, since {target.ssh_reason}" if target.ssh_reason else "paramiko"
    if target.ssh_reason and shutil.which("ssh") is None:
        yield Finding("transport", "failed", f"{target.ssh_reason}, and there is no program ssh here", "install OpenSSH's client")
        return
    yield Finding("transport", "ok", f"{target.written if target.ssh_reason else target.label}{through}, by {how}")


def _check_of(error: ClusterConnectionError) -> str:
    from clustrix_bundle.ssh import errors  # noqa: PLC0415

    kinds = {
        errors.HostKeyError: "host_key",
        errors.AuthenticationRefusedError: "authentication",
        errors.NoPythonError: "remote_python",
        errors.AgentStartError: "agent",
    }
    return next((name for kind, name in kinds.items() if kind in type(error).__mro__), "connection")


def _round_trip(place: Place) -> Iterator[Finding]:
    times = []
    for _ in range(3):
        before = time.perf_counter()
        place.call("files.exists", path=".")
        times.append(time.perf_counter() - before)
    yield Finding("round_trip", "ok", f"a question takes {min(times) * 1000:.1f} ms")


def _clock(skew_s: float, took_s: float) -> Finding:
    beyond = skew_s if skew_s < 0 else max(0.0, skew_s - took_s)
    if abs(beyond) > _SKEW_S:
        way = "ahead of" if beyond > 0 else "behind"
        return Finding(
            "clock",
            "warning",
            f"its clock is {abs(beyond):.0f} s {way} ours: times of files can't be compared",
            "let both run an NTP client (timedatectl set-ntp true)",
        )
    return Finding("clock", "ok", "clocks agree")


def _zstd(way: str) -> Finding:
    if way == "pure":
        return Finding(
            "zstd",
            "warning",
            "bundles are unpacked there by a decoder in Python, which is slow",
            "install zstandard for that Python, or libzstd on the cluster, or set python_executable to a Python 3.14",
        )
    return Finding("zstd", "ok", f"bundles are unpacked there by {way}")


def _work_dir(found: dict[str, Any]) -> Iterator[Finding]:
    path = found["work_dir"]
    if not found["writable"]:
        yield Finding(
            "work_dir",
            "failed" if not found["exists"] else "warning",
            f"{path} {'is not there and cannot be made' if not found['exists'] else 'can be read but not written: no job can run there'}",
            "set remote_work_dir to a folder of yours on the cluster's shared disk, or make this one yours",
        )
    elif not found["exists"]:
        yield Finding(
            "work_dir",
            "warning",
            f"{path} is not there; the first job makes it",
            f"make it (mkdir -p), if {path} is what you mean",
        )
    else:
        yield Finding("work_dir", "ok", f"{path} can be written")
    if found["state_dir"]:
        yield Finding("state_dir", "failed", found["state_dir"], "move it out of the way, or chmod 700 it if it is yours")


def _disk(found: dict[str, Any]) -> Iterator[Finding]:
    free, inodes = found["free_bytes"], found["free_inodes"]
    if free < _NEEDED_BYTES:
        yield Finding(
            "free_space",
            "warning",
            f"{free / 1e6:.0f} MB are free at {found['work_dir']}",
            "make room, or set remote_work_dir to another disk",
        )
    else:
        yield Finding("free_space", "ok", f"{free / 1e9:.1f} GB are free")
    if inodes is not None and inodes < _NEEDED_INODES:
        yield Finding(
            "free_files",
            "warning",
            f"{inodes} more files can be made there",
            "remove files, or set remote_work_dir to another disk",
        )


def _tool(name: str, path: str | None, config: ClusterConfig) -> Finding:
    if path:
        return Finding(f"tool:{name}", "ok", path)
    optional = name in ("sacct", "qacct")
    return Finding(
        f"tool:{name}",
        "warning" if optional else "failed",
        f"there is no {name} on the PATH of a login shell there",
        f"is cluster_type {config.cluster_type!r} right? Otherwise name the module that brings it in module_loads",
    )


def _links(found: dict[str, Any]) -> Iterator[Finding]:
    for link, target in found["links_out"]:
        yield Finding(
            "links_out",
            "warning",
            f"{link} leads out of the work dir to {target}: what is behind it can't be asked for",
            f'allowed_paths = ["{target}"]',
        )
    if not found["links_out"]:
        some = "" if found["complete"] else " among the first 20,000 entries"
        yield Finding("links_out", "ok", f"no link leads out of the work dir{some}")
