"""What is looked at before a job is queued: real Pythons behind real preludes, and what is made of what they say."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from clustrix_bundle.bundler.graph import Requirement

from clustrix_bundle import (
    ClusterExecutor,
    PreflightError,
    PreflightWarning,
    RemoteEnvironment,
    bundle,
)
from clustrix_bundle.environments.builder.examine import room
from clustrix_bundle.environments.needs import Need, Needs, needs_of_manifest
from clustrix_bundle.environments.preflight import compare
from clustrix_bundle.environments.probe import Probe

ROOM = {"folder": "/w", "exists": True, "writable": True, "free_bytes": 10**10, "free_inodes": 10**6, "refused": ""}


class Counted:
    """A place that counts what it is asked."""

    def __init__(self, place: Any) -> None:
        self._place = place
        self.calls: list[str] = []

    def call(self, operation: str, **arguments: Any) -> Any:
        self.calls.append(operation)
        return self._place.call(operation, **arguments)


def levels(found: Any) -> dict[str, str]:
    return {one.check: one.level for one in found.findings}


def test_one_round_trip_tells_it_all_and_is_remembered_while_all_is_well(site: Any) -> None:
    place = Counted(site.place)
    environment = RemoteEnvironment(site.config(environment="current"), place=place)
    needs = Needs(distributions=(Need("pip", importlib.metadata.version("pip"), ("pip",)),), size=1000)
    found = environment.check(needs)
    assert levels(found) == {"interpreter": "ok", "requirements": "ok", "room": "ok"}
    assert (found.executable, found.version) == (sys.executable, sys.version_info[:3])
    assert environment.check(needs) == found
    assert place.calls == ["process.execute"]
    environment.check(Needs(distributions=(Need("other", "1", ("other",)),)))  # of which nothing is known
    assert place.calls == ["process.execute"] * 2


def test_the_interpreter_is_the_one_behind_the_jobs_own_prelude(site: Any, tiny: Any, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    os.symlink(tiny.other_python(8), tmp_path / "bin" / "python-of-mine")
    environment = site.environment(
        environment="current",
        python_executable="python-of-mine",
        environment_variables={"MINE": str(tmp_path / "bin")},
        pre_execution_commands=['export PATH="$MINE:$PATH"', "echo noise; cat", '[ -n "$CLUSTRIX_PROBE" ] || exit 9'],
    )
    assert environment.check(Needs()).executable == str(tmp_path / "bin" / "python-of-mine")


def test_the_look_reads_no_more_of_the_shells_files_than_a_job_does(
    site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".bashrc").write_text("exit 9\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSH_CLIENT", "127.0.0.1 1 22")  # as bash sees it on a login host
    monkeypatch.delenv("SHLVL", raising=False)
    assert site.environment(environment="current").check().ok


@pytest.mark.parametrize(
    ("fields", "check", "text"),
    [
        ({"python_executable": "/nowhere/python"}, "interpreter", "there is no /nowhere/python where jobs are submitted"),
        (
            {"pre_execution_commands": ["true", "echo broken >&2; false"]},
            "prelude",
            "number 2 of pre_execution_commands fails where jobs are submitted (broken)",
        ),
        ({"module_loads": ["nowhere/1"]}, "prelude", "number 1 of module_loads fails"),
        (
            {"conda_env_name": "science", "environment_variables": {"PATH": "/usr/bin:/bin"}},
            "prelude",
            "number 1 of conda_env_name fails",
        ),
    ],
)
def test_what_keeps_python_from_starting_there_is_named(site: Any, fields: Any, check: str, text: str) -> None:
    (finding,) = site.environment(environment="current", **fields).check(Needs()).wrong
    assert (finding.check, finding.level) == (check, "warning")
    assert text in finding.text


def test_a_conda_environment_is_entered(site: Any, tiny: Any, tmp_path: Path) -> None:
    """There is no conda here: a program that says what it says, its variables and all."""
    (tmp_path / "envs" / "science" / "bin").mkdir(parents=True)
    os.symlink(tiny.other_python(8), tmp_path / "envs" / "science" / "bin" / "python3")
    conda = tmp_path / "conda"
    conda.write_text(
        f"""#!/bin/sh
[ "$*" = "shell.posix activate science" ] || {{ echo "EnvironmentNameNotFound: $3" >&2; exit 1; }}
echo "PS1='(science) '"
echo "export PATH='{tmp_path}/envs/science/bin:/usr/bin:/bin'"
echo "export CONDA_PREFIX='{tmp_path}/envs/science'"
"""
    )
    conda.chmod(0o755)
    fields = {"environment": "current", "python_executable": "python3", "cluster_type": "slurm", "local_work_dir": None}
    fields["environment_variables"] = {"PATH": f"{tmp_path}:/usr/bin:/bin"}  # /etc/profile has a PATH of its own
    found = site.environment(conda_env_name="science", **fields).check()
    assert found.executable == f"{tmp_path}/envs/science/bin/python3"
    (finding, *_) = site.environment(conda_env_name="other", **fields).check().wrong
    assert "number 1 of conda_env_name fails where jobs are submitted (EnvironmentNameNotFound: other)" in finding.text


def test_an_interpreter_that_the_function_cannot_run_in_is_an_error_before_anything_is_queued(
    site: Any, tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tiny.other_python(8)
    if old == sys.executable:
        pytest.skip("there is no older Python here")
    (tmp_path / "needs_new.py").write_text("import tomllib\ndef f():\n    return tomllib.loads('a = 1')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    import needs_new

    config = site.config(environment="current", python_executable=old)
    made = bundle(needs_new.f, output=str(tmp_path) + os.sep)
    for given in (made, made.path):
        assert levels(RemoteEnvironment(config, place=site.place).check(given))["interpreter"] == "failed"
    with ClusterExecutor(config) as executor, pytest.raises(PreflightError, match=r"needs Python 3.11 or later.*jobs run in"):
        executor.submit(needs_new.f)
    assert list(site.work.glob(".clustrix-*/*")) == []


def test_a_warning_points_at_the_callers_line_and_strict_makes_it_an_error(
    site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plain_sum.py").write_text("def f(x):\n    return x + 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    import plain_sum

    before = ['[ -z "$CLUSTRIX_PROBE" ]']  # fails where jobs are submitted, not in a job
    with ClusterExecutor(site.config(environment="current", pre_execution_commands=before)) as executor:
        with pytest.warns(PreflightWarning, match="the job may fail: number 1 of pre_execution_commands fails") as caught:
            job = executor.submit(plain_sum.f, 1)
        assert caught[0].filename == __file__
        assert job.result(60) == 2
    with ClusterExecutor(site.config(environment="current", pre_execution_commands=before, strict=True)) as executor:
        with pytest.raises(PreflightError, match="nothing was submitted: number 1 of pre_execution_commands"):
            executor.submit(plain_sum.f, 1)


def test_requirements_are_told_apart() -> None:
    needs = Needs(
        distributions=(
            Need("absent", "1.0", ("absent",)),
            Need("maybe", "1.0", ("maybe",), optional=True),
            Need("older", "2.1", ("older",)),
            Need("pickled", "2.1", for_values=True),
            Need("unmarked", "1.0", ("unmarked",)),
            Need("well", "1.0", ("well",)),
        ),
        values_python=(3, 12),
    )
    probe = Probe(
        executable="/usr/bin/python3",
        identity={"version": [3, 9, 2]},
        distributions={"older": "2.0", "pickled": "1.9", "well": "1.0"},
        missing_modules=frozenset({"absent", "maybe"}),
        room=ROOM,
    )
    config = RemoteEnvironment().config
    found = compare(needs, probe, config)
    assert {one.check: one.text for one in found.wrong} == {
        "requirement:absent": "absent 1.0 is not installed there",
        "requirement:older": "older is 2.0 there, 2.1 here",
        "requirement:pickled": "pickled is 1.9 there, and values of 2.1 travel: they cannot be read",
    }
    assert levels(found)["requirement:maybe"] == "ok"
    assert "values come from Python 3.12" in found.findings[0].text
    assert compare(needs, probe, config.replace(environment="venv")).ok


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ({"free_bytes": 10**6}, "1 MB are free at /w, the job needs 2 MB"),
        ({"refused": "Disk quota exceeded"}, "/w takes no more files of ours: Disk quota exceeded"),
        ({"writable": False}, "/w cannot be written"),
        ({"free_inodes": 3}, "3 more files can be made there"),
    ],
)
def test_room_is_looked_at(found: Any, text: str) -> None:
    probe = Probe(identity={"version": [3, 9, 2]}, room={**ROOM, **found})
    (finding,) = compare(Needs(size=10**6), probe, RemoteEnvironment().config).wrong
    assert finding.text == text
    assert finding.remedy


def test_python_2_is_too_old_and_says_so() -> None:
    probe = Probe(executable="/usr/bin/python", identity={"version": [2, 7, 18]})
    with pytest.raises(
        PreflightError, match=r"Python 2.7.18 \(/usr/bin/python\) is too old: 3.6 or later runs bundles; name another"
    ):
        compare(Needs(), probe, RemoteEnvironment().config).demand()


def test_room_is_tried_by_writing_and_nothing_of_that_stays(site: Any) -> None:
    state = site.work / f".clustrix-{os.geteuid()}"
    assert room(str(site.work), 1 << 20)["refused"] == ""  # nowhere to try yet
    state.mkdir(mode=0o700)
    assert room(str(site.work), 1 << 20)["refused"] == ""
    with limited_files(1 << 16):  # as a quota does
        assert room(str(site.work), 1 << 20)["refused"] == "File too large"
    assert list(state.iterdir()) == []


@contextlib.contextmanager
def limited_files(size: int) -> Iterator[None]:
    """Files of this process may not grow beyond ``size`` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_values_beside_the_bundle_add_to_what_its_code_needs() -> None:
    manifest = SimpleNamespace(
        python=((3, 9), None),
        requirements=(Requirement("Numpy", "2.0", ("numpy",), ("extra",), optional=True),),
        values=(SimpleNamespace(requirements=("scipy==1.1",)),),
        values_python=None,
        members=(SimpleNamespace(size=5),),
    )
    needs = needs_of_manifest(manifest, ["numpy==2.0"], (3, 12))
    assert [one.line for one in needs.distributions] == ["Numpy[extra]==2.0", "scipy==1.1"]
    assert [(one.optional, one.for_values) for one in needs.distributions] == [(False, True)] * 2
    assert (needs.python, needs.values_python, needs.size) == (((3, 9), None), (3, 12), 5)
