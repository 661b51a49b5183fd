"""Programs that look through datasets: written against a sample here, then run on a cluster; only the profile changes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "stations"


@pytest.fixture
def program(sshd, tmp_path):
    """The example, its cluster a real server that has the data, too; this copy's data for the laptop."""
    folder = tmp_path / "stations"
    shutil.copytree(EXAMPLE, folder)
    work = Path(sshd.work, f"stations-{tmp_path.name}")
    shutil.copytree(EXAMPLE / "measurements", work / "measurements")
    profile = folder / "clustrix.toml"
    text = profile.read_text().replace("login.example.org", "testhost").replace("/scratch/stations", str(work))
    profile.write_text(text + 'password = "canary-4711"\njob_poll_interval = 0.2\ncleanup_on_success = false\n')
    environment = {
        **os.environ,
        "CLUSTRIX_SSH_CONFIG": sshd.ssh_config(tmp_path),
        "PYTHONSAFEPATH": "1",
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }

    def run(where, source="survey.py"):
        done = subprocess.run(
            [sys.executable, source, where],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=90,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    run.folder, run.work = folder, work
    return run


def test_the_same_program_gives_the_same_on_the_laptop_and_in_a_job_of_the_cluster(program):
    here = program("laptop")
    assert here["tables"] == ["2023/south.csv", "north.csv"]
    (program.folder / "measurements" / "north.csv").unlink()  # the cluster's data count there, not these
    assert program("cluster") == here
    searched = subprocess.run(["grep", "-rlF", "canary-4711", program.work], capture_output=True, text=True)
    assert searched.stdout == ""  # no password in spec, bundle, log or state


def test_the_same_calls_give_the_same_asked_from_the_laptop(program):
    here = program("laptop")
    source = (program.folder / "survey.py").read_text().replace("survey(load_profile", "survey.local(load_profile")
    (program.folder / "asking.py").write_text(source)
    assert program("cluster", "asking.py") == here
