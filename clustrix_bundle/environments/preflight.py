"""The pre-flight check: what a job needs beside what is there, as a list of findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.distributions import canonical_name
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.checkup import Finding
from clustrix_bundle.environments.errors import PreflightError, PreflightWarning
from clustrix_bundle.environments.probe import TOOLS
from clustrix_bundle.runtime.value_needs import major
from clustrix_bundle.warn import warn_caller

if TYPE_CHECKING:
    from clustrix_bundle.environments.needs import Need, Needs
    from clustrix_bundle.environments.probe import Probe
    from clustrix_bundle.runtime.config import ClusterConfig

_LEAST_INODES = 1000
_RUNTIME_PYTHON = (3, 6)


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was looked at before a job was submitted.

    Attributes:
        findings: Each thing, with its level: "ok", "warning" (the job may fail) or "failed" (it cannot run).
        executable: The interpreter; empty where none was found.
        version: Its version; None where none was found.
    """

    findings: tuple[Finding, ...]
    executable: str = ""
    version: tuple[int, ...] | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.wrong

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """Findings that are not ok."""
        return tuple(one for one in self.findings if one.level != "ok")

    def summary(self) -> str:
        """What was found wrong and how to mend it; in one line, if it is one thing."""
        lines = [f"{one.text}{'; ' if one.remedy else ''}{one.remedy}" for one in self.wrong]
        return lines[0] if len(lines) == 1 else "\n".join(["", *(f"  {line}" for line in lines)])

    def demand(self, *, strict: bool = False) -> None:
        """Refuse what cannot run.

        Args:
            strict: Whether to refuse what may fail, too.

        Raises:
            PreflightError: Something is wrong.
        """
        if any(one.level == "failed" or (strict and one.level == "warning") for one in self.findings):
            raise PreflightError(self)


def compare(needs: Needs, probe: Probe, config: ClusterConfig) -> Preflight:
    """What a job needs beside what was found."""
    return Preflight(tuple(_findings(needs, probe, config)), probe.executable, probe.version)


def _findings(needs: Needs, probe: Probe, config: ClusterConfig) -> Iterator[Finding]:
    version = probe.version
    if version is None:
        yield _no_python(probe, config)
        return
    yield _interpreter(needs, probe, version)
    if version < _RUNTIME_PYTHON:
        return
    if config.environment == "venv":
        count = len(needs.distributions)
        yield Finding("requirements", "ok", f"{count} go into a virtual environment" if count else "no requirements")
    else:
        yield from _requirements(needs, probe)
    yield from _room(needs, probe)
    for name in TOOLS.get(config.cluster_type, ()):
        yield _tool(name, probe.tools.get(name), config)


def _no_python(probe: Probe, config: ClusterConfig) -> Finding:
    tail = f" ({probe.said.splitlines()[-1]})" if probe.said else ""
    if probe.stopped_at == "python":
        return Finding(
            "interpreter",
            "warning",
            f"there is no {config.python_executable} where jobs are submitted",
            "set python_executable, or name the module or conda environment that brings it (module_loads, conda_env_name)",
        )
    if probe.stopped_at == "time":
        return Finding(
            "interpreter",
            "warning",
            f"the commands before Python were {probe.said} where jobs are submitted, so its Python could not be looked at",
            'leave out there what takes long: [ -n "$CLUSTRIX_PROBE" ] || …',
        )
    name, _, number = probe.stopped_at.rpartition(" ")
    what = f"number {number} of {name}" if name and number.isdigit() else "Python"
    return Finding(
        "prelude" if number.isdigit() else "interpreter",
        "warning",
        f"{what} fails where jobs are submitted{tail}, so the job's Python could not be looked at",
        "correct it, if it fails in a job too"
        + ("; conda has to be on the PATH there: module_loads, or environment_variables" if name == "conda_env_name" else ""),
    )


def _interpreter(needs: Needs, probe: Probe, version: tuple[int, ...]) -> Finding:
    minimum, below = needs.python
    here = f"Python {'.'.join(map(str, version))} ({probe.executable})"
    remedy = "name another one: python_executable, module_loads or conda_env_name"
    if version < _RUNTIME_PYTHON:
        return Finding("interpreter", "failed", f"{here} is too old: 3.6 or later runs bundles", remedy)
    if version[:2] < minimum or (below is not None and version[:2] >= below):
        wanted = f"{minimum[0]}.{minimum[1]} or later" + (f", before {below[0]}.{below[1]}" if below else "")
        return Finding(
            "interpreter",
            "failed",
            f"the function needs Python {wanted}, and jobs run in {here}",
            f"{remedy}; `clustrix-bundle inspect` says what needs that version",
        )
    values = needs.values_python
    note = f"; values come from Python {values[0]}.{values[1]}" if values is not None and values != version[:2] else ""
    return Finding("interpreter", "ok", here + note)


def _requirements(needs: Needs, probe: Probe) -> Iterator[Finding]:
    wrong = [finding for need in needs.distributions if (finding := _requirement(need, probe)) is not None]
    yield from wrong
    count = len(needs.distributions) - len(wrong)
    if count or not wrong:
        yield Finding("requirements", "ok", f"{count} of {len(needs.distributions)} are there" if needs.distributions else "none")


def _requirement(need: Need, probe: Probe) -> Finding | None:
    there = probe.distributions.get(canonical_name(need.name))
    check = f"requirement:{need.name}"
    wanted = f"{need.name} {need.version}"
    remedy = f"install it there (pip install '{need.line}'), or set environment='venv'"
    if there is None:
        if need.modules and not set(need.modules) & probe.missing_modules:
            return None  # importable all the same, without any word of its version
        if need.optional:
            return Finding(check, "ok", f"{wanted}, which is optional, is not installed there")
        return Finding(check, "warning", f"{wanted} is not installed there", remedy)
    if there == need.version or not there:
        return None
    if need.for_values and major(there) != major(need.version):
        return Finding(
            check, "warning", f"{need.name} is {there} there, and values of {need.version} travel: they cannot be read", remedy
        )
    return Finding(check, "warning", f"{need.name} is {there} there, {need.version} here", remedy)


def _room(needs: Needs, probe: Probe) -> Iterator[Finding]:
    room = probe.room
    needed = 2 * needs.size
    free = room["free_bytes"]
    if not room["writable"]:
        yield Finding("work_dir", "warning", f"{room['folder']} cannot be written", "set remote_work_dir to a folder of yours")
    elif room["refused"]:
        yield Finding(
            "room",
            "warning",
            f"{room['folder']} takes no more files of ours: {room['refused']}",
            "make room (`clustrix-bundle clean`; quota -s says how much is yours), or set remote_work_dir to another disk",
        )
    elif free < needed:
        yield Finding(
            "room",
            "warning",
            f"{free / 1e6:.0f} MB are free at {room['folder']}, the job needs {needed / 1e6:.0f} MB",
            "make room (`clustrix-bundle clean`), or set remote_work_dir to another disk",
        )
    else:
        yield Finding("room", "ok", f"{free / 1e9:.1f} GB are free at {room['folder']}")
    if room["free_inodes"] is not None and room["free_inodes"] < _LEAST_INODES:
        yield Finding("room", "warning", f"{room['free_inodes']} more files can be made there", "remove files there")


def _tool(name: str, path: str | None, config: ClusterConfig) -> Finding:
    if path:
        return Finding(f"tool:{name}", "ok", path)
    return Finding(
        f"tool:{name}",
        "warning",
        f"there is no {name} on the PATH where jobs are submitted",
        f"is cluster_type {config.cluster_type!r} right? Otherwise name the module that brings it in module_loads",
    )


def warn_of(preflight: Preflight, *, strict: bool) -> None:
    """Refuse what cannot run, warn of what may fail; the warning points at the code that called this package.

    Raises:
        PreflightError: It cannot run, or may fail and is to be refused then.
    """
    preflight.demand(strict=strict)
    if preflight.ok:
        return
    warn_caller(f"the job may fail: {preflight.summary()}", PreflightWarning)
