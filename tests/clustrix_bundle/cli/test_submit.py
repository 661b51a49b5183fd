"""``submit`` looks before it submits: the report for people and programs, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def elsewhere(command: Any, tmp_path: Path) -> Any:
    """The command line with a local cluster whose prelude fails where jobs are submitted, and not in a job."""
    command.env.update(
        CLUSTRIX_LOCAL_WORK_DIR=str(tmp_path / "cluster"), CLUSTRIX_PRE_EXECUTION_COMMANDS='test -z "$CLUSTRIX_PROBE"'
    )
    (tmp_path / "cluster").mkdir()
    return command


def test_what_is_amiss_is_shown_with_its_remedy_and_the_job_runs_all_the_same(elsewhere: Any) -> None:
    done = elsewhere("submit", "thermo.model:run", "--json")
    assert done.code == 0, done.err
    (finding,) = done.json["preflight"]
    assert (finding["check"], finding["level"]) == ("prelude", "warning")
    lines = done.err.splitlines()
    assert lines[0].startswith("warning  prelude          number 1 of pre_execution_commands fails where jobs are submitted")
    assert lines[1].strip() == "-> correct it, if it fails in a job too"
    assert "PreflightWarning" not in done.err
    assert elsewhere("attach", done.json["id"], "--json").json["result"] == 273.15


def test_strict_submits_nothing(elsewhere: Any, tmp_path: Path) -> None:
    done = elsewhere("submit", "thermo.model:run", "--strict", "--json")
    assert (done.code, done.json["error"]["type"]) == (4, "PreflightError")
    assert [one["check"] for one in done.json["preflight"]] == ["prelude"]
    assert "nothing was submitted: number 1 of pre_execution_commands fails" in done.json["error"]["message"]
    assert list((tmp_path / "cluster").glob(".clustrix-*/jobs/*")) == []


def test_a_check_that_finds_nothing_says_so(command: Any) -> None:
    assert command("submit", "thermo.model:run", "--check").out.startswith("nothing is amiss")
    none = command("jobs")
    assert (none.code, none.out, none.err) == (0, "", f"there are no jobs in {command.cwd}\n")


def test_check_only_looks(command: Any, elsewhere: Any, tmp_path: Path) -> None:
    assert elsewhere("submit", "thermo.model:run", "--check").out.startswith("warning  prelude")
    assert elsewhere("submit", "thermo.model:run", "--check", "--strict").code == 4
    well = elsewhere("submit", "thermo.model:run", "--check", "--environment", "venv", "--json")
    assert (well.code, well.json["ok"]) == (0, True)  # the commands come after an environment
    assert {one["check"] for one in well.json["preflight"]} == {"interpreter", "requirements", "room"}
    assert list((tmp_path / "cluster").iterdir()) == []


def test_a_variable_of_this_machine_is_told_unless_the_job_has_it(command: Any, project: Path, tmp_path: Path) -> None:
    (project / "mode.py").write_text("import os\ndef f():\n    return os.environ.get('MODE', 'slow')\n")
    (tmp_path / "cluster").mkdir()
    command.env.update(CLUSTRIX_LOCAL_WORK_DIR=str(tmp_path / "cluster"), MODE="do-not-tell")
    done = command("build", "mode:f", "-o", "out/", "--json")
    (warning,) = done.json["warnings"]
    assert warning["message"].startswith("the environment variable MODE") and "do-not-tell" not in done.out + done.err
    assert command("submit", "mode:f", "--json").json["warnings"] == []  # a job of this machine has it
    command.env["CLUSTRIX_ENVIRONMENT_VARIABLES"] = '{"MODE": "fast"}'
    done = command("submit", "mode:f", "--json")
    assert done.json["warnings"] == []
    assert command("attach", done.json["id"], "--json").json["result"] == "fast"


@pytest.fixture
def detached(command: Any, project: Path) -> str:
    """A bundle with a member in the folder blobs."""
    (project / "big.bin").write_bytes(b"\0" * (1 << 20))
    options = ["--include", "big.bin", "--blobs", "blobs", "-o", "out/", "--json"]
    path: str = command("build", "thermo.model:run", *options).json["path"]
    return path


def test_data_kept_outside_is_missed_by_name_unless_it_is_there_already(command: Any, project: Path, detached: str) -> None:
    missed = command("submit", detached)
    assert (missed.code, "--blobs" in missed.err) == (5, True)
    assert command("submit", detached, "--blobs", "none").code == 5
    (blob,) = (project / "blobs").iterdir()
    content = blob.read_bytes()
    blob.write_bytes(b"\1" + content[1:])
    damaged = command("submit", detached, "--blobs", "blobs")
    assert (damaged.code, "damaged or changed" in damaged.err) == (5, True)
    blob.write_bytes(content)
    assert command("submit", detached, "--blobs", "blobs").code == 0
    assert command("submit", detached).code == 0


def test_a_damaged_bundle_is_not_submitted(command: Any, bundle: str) -> None:
    content = Path(bundle).read_bytes()
    Path(bundle).write_bytes(content[:-100] + b"\0" + content[-99:])
    done = command("submit", bundle)
    assert (done.code, "damaged" in done.err) == (5, True)


DECORATED = """\
from clustrix_bundle import cluster as remotely

CORES = 3


@remotely(cores=CORES, memory="2GB", time=limit(), environment="current", outputs="work_dir")
def fit(x=1):
    return x


class Model:
    @remotely(cores=2)
    def predict(self):
        return 1
"""


def _asked_for(tmp_path: Path, job: str) -> dict[str, Any]:
    (spec,) = (tmp_path / "cluster").glob(f".clustrix-*/jobs/{job}/spec.json")
    asked: dict[str, Any] = json.loads(spec.read_text())
    return asked


@pytest.fixture
def decorated(command: Any, project: Path, tmp_path: Path) -> Any:
    """The command line with a local cluster, in a project with decorated functions."""
    command.env.update(CLUSTRIX_LOCAL_WORK_DIR=str(tmp_path / "cluster"))
    (tmp_path / "cluster").mkdir()
    (project / "fits.py").write_text(DECORATED.replace("limit()", "'00:' + '10:00'"))
    (project / "thermo" / "__init__.py").write_text("from .jobs import fit\n")
    (project / "thermo" / "jobs.py").write_text(DECORATED.replace("limit()", "None"))
    return command


def test_what_the_decorator_asks_for_is_asked_for_unless_an_option_says_otherwise(decorated: Any, tmp_path: Path) -> None:
    done = decorated("submit", "fits.py:fit", "--memory", "1GB", "--json")
    assert done.code == 0, done.err
    (warning,) = done.json["warnings"]
    assert warning.startswith("fits.py:6: time= of @cluster can only be known by running it")
    asked = _asked_for(tmp_path, done.json["id"])
    assert (asked["resources"]["cores"], asked["resources"]["memory"]) == (3, 1 << 30)
    assert asked["outputs"] == "work_dir"


def test_a_decorator_is_found_in_a_bundle_and_behind_an_import(decorated: Any, tmp_path: Path) -> None:
    path = decorated("build", "thermo:fit", "-o", "out/", "--json").json["path"]
    done = decorated("submit", path, "--cores", "2", "--json")
    assert done.json["warnings"] == []
    assert _asked_for(tmp_path, done.json["id"])["resources"] == {"cores": 2, "memory": 2 << 30}


def test_an_impossible_wish_of_a_decorator_is_an_error_with_its_line(decorated: Any, project: Path) -> None:
    (project / "fits.py").write_text(DECORATED.replace("CORES,", "0,").replace("limit()", "None"))
    done = decorated("submit", "fits.py:fit")
    assert done.code == 2
    assert "fits.py:6: cores=0: must be a whole number" in done.err
