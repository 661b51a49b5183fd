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


@pytest.mark.parametrize("decorated_in", ["fits.py", "fitting.py"])
def test_a_sample_here_does_not_stand_for_the_clusters_file_that_a_call_names(tmp_path, decorated_in):
    definition = "from clustrix_bundle import cluster\n@cluster\ndef fit(path):\n    return int(open(path).read())\n"
    calls = (
        "from clustrix_bundle import cluster_glob, configure\n"
        "configure(cluster_type='local', local_work_dir='there')\n"
        "print(*[job.result() for job in [fit.submit(path) for path in cluster_glob('runs/*.csv')]])\n"
        "print(fit.submit('own/1.csv').result())\n"
    )
    files = {"runs/1.csv": "1", "runs/2.csv": "2", "own/1.csv": "3", "there/runs/1.csv": "10", "there/runs/2.csv": "20"}
    if decorated_in == "fits.py":
        files["fits.py"] = definition + calls
    else:
        files |= {"fitting.py": definition, "fits.py": "from fitting import fit\n" + calls}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONSAFEPATH"}
    command = [sys.executable, "-W", "error", "fits.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=90)
    assert done.stdout.splitlines() == ["10 20", "3"], done.stderr
    (state,) = (tmp_path / "there").glob(".clustrix-*")
    assert len(list((state / "bundles").iterdir())) == 2  # one for all of the cluster's files, one with a file of its own
