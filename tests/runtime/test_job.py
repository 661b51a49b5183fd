"""Tasks of jobs, by real processes in real folders: docs/jobs.md is the protocol."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from clustrix_bundle.agent.place import LocalPlace
from clustrix_bundle.bundler.runtime_file import render_runtime, runtime_folder, runtime_modules
from clustrix_bundle.order import packed_target, render_plain_arguments
from clustrix_bundle.build import BuildOptions
from clustrix_bundle.runtime.job_folder import read_claim, take_claim
from clustrix_bundle.runtime.owner import identity, is_gone

JOB = "0123456789abcdef"

SOURCE = """\
import os, signal, sys, time

def run(what):
    if "CLUSTRIX_FILL" in os.environ:
        with open(os.environ["CLUSTRIX_FILL"], "wb", 0) as out:
            try:
                while out.write(b"x" * 4096):
                    pass
            except OSError:
                pass
    if what == "silent exit":
        os._exit(4)
    print("out", what, flush=True)
    print("err", what, file=sys.stderr, flush=True)
    if what == "raise":
        raise LookupError("not there")
    if what == "exit":
        sys.exit(3)
    if what == "hard exit":
        os._exit(4)
    if what == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "memory":
        raise MemoryError()
    if what == "lambda":
        return lambda: 1
    if what == "large":
        return "x" * (2 << 20)
    if what == "write":
        os.makedirs("deep")
        open("deep/out.txt", "w").write("written")
    if what == "thread":
        import threading
        threading.Thread(target=lambda: [time.sleep(0.01) for _ in iter(lambda: os.path.exists("go"), True)]).start()
        print(os.path.abspath("go"), flush=True)
    if what == "sleep":
        time.sleep(600)
    if what == "ignore":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("ignoring", flush=True)
        time.sleep(600)
    return {"what": what}
"""


class Site:
    """A state dir with a bundle and a runtime in it; jobs are made in it as a client makes them."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "work"
        self.work.mkdir()
        self.place = LocalPlace(str(self.work))
        self.state = self.work / f".clustrix-{os.geteuid()}"
        source = folder / "source"
        source.mkdir()
        (source / "mod.py").write_text(SOURCE)
        with packed_target(f"{source}/mod.py:run", None, BuildOptions(root=str(source))) as order:
            for name, content in ((f"bundles/{order.bundle}.tar.zst", Path(order.path).read_bytes()), ("runtime/r.pyz", RUNTIME)):
                path = self.state / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        for path in (self.state, *self.state.iterdir()):
            path.chmod(0o700)
        self.bundle = order.bundle

    def make(self, *what: str, **spec: object) -> Path:
        parts = [render_plain_arguments(((one,), {})) for one in what]
        offsets = [sum(map(len, parts[:count])) for count in range(len(parts) + 1)]
        whole = {
            "id": JOB, "bundle": self.bundle, "runtime": "r", "tasks": len(what), "arguments": offsets, "engine": "ssh",
            "time_s": None, "beat_s": 0.05, "cluster": {"cluster_host": "h"}, "name": "run", **spec,
        }  # fmt: skip
        prelude = f"CLUSTRIX_PYTHON={sys.executable}\nCLUSTRIX_RUNTIME=../../runtime/r.pyz\nCLUSTRIX_READY=1\n"
        made = self.place.call("jobs.create", body=b"".join(parts), job=JOB, spec=whole, prelude=prelude)
        return Path(made["folder"])

    def start(self, folder: Path, *words: str, python: str = sys.executable, **environment: str) -> subprocess.Popen[bytes]:
        argv = [python, str(self.state / "runtime/r.pyz"), "job", str(folder), *words]
        return subprocess.Popen(argv, env=os.environ | environment, stderr=subprocess.PIPE, start_new_session=True)

    def run(self, folder: Path, *words: str, **options: str) -> int:
        process = self.start(folder, *words, **options)
        process.communicate(timeout=60)
        return process.returncode

    def look(self) -> str:
        letters: str = self.place.call("jobs.look", jobs={JOB: ""})[JOB]["letters"]
        return letters

    def outcome(self, task: int = 0) -> dict[str, object]:
        found: dict[str, object] = self.place.call("jobs.outcomes", job=JOB, tasks=[task])[0]
        return found


RUNTIME = render_runtime(runtime_modules(runtime_folder()))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def small_site(tmp_path: Path) -> Iterator[Site]:
    """A site on a disk of 6 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(argv, capture_output=True, check=False).returncode != 0:
        pytest.skip("no small disk can be made here")
    try:
        yield Site(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _wait_for(path: Path, process: subprocess.Popen[bytes], text: str = "") -> None:
    while not (path.exists() and text in path.read_text()):
        assert process.poll() is None, process.communicate()


def test_every_python_runs_a_task(site: Site, interpreter: str) -> None:
    folder = site.make("write", "raise")
    assert site.look() == "pp"
    assert site.run(folder, "--task", "0", python=interpreter) == 0
    assert site.run(folder, "--task", "1", python=interpreter) == 1
    assert site.look() == "cf"
    outcome = site.outcome()
    assert (outcome["result"], outcome["exact"], outcome["outputs"]) == (
        {"what": "write"},
        True,
        [{"path": "deep/out.txt", "size": 7}],
    )
    assert outcome["proof"]["pid"] > 0
    assert (folder / "tasks/0/outputs/deep/out.txt").read_text() == "written"
    assert (folder / "tasks/0/stdout").read_text() == "out write\n"
    assert "err write\n" in (folder / "tasks/0/stderr").read_text()
    assert site.outcome(1)["error"]["type"] == "LookupError"


CAUSES = {
    "raise": ("exception", "LookupError: not there"),
    "exit": ("exit", "SystemExit: 3"),
    "hard exit": ("exit", "ended itself with exit code 4"),
    "crash": ("signal", "killed by SIGSEGV"),
    "memory": ("memory", "MemoryError"),
    "lambda": ("result", "ResultNotPicklable"),
}


def test_a_pool_runs_all_tasks_and_tells_of_what_each_died(site: Site) -> None:
    folder = site.make(*CAUSES, "fine", "large")
    assert site.run(folder, "--pool", "3") == 0
    assert site.look() == "f" * len(CAUSES) + "cc"
    for task, (kind, text) in enumerate(CAUSES.values()):
        cause = site.outcome(task)["cause"]
        assert cause["kind"] == kind
        assert text in cause["text"]
    large = site.outcome(len(CAUSES) + 1)
    assert (large["result"], large["exact"], large["files"]["result"]["size"] > 2 << 20) == (None, False, True)


def test_a_second_process_runs_nothing(site: Site) -> None:
    folder = site.make("fine")
    assert site.run(folder, "--task", "0") == 0
    before = (folder / "tasks/0/outcome.json").read_bytes()
    assert site.run(folder, "--task", "0") == 0
    assert site.run(folder, "--pool", "2") == 0
    assert (folder / "tasks/0/outcome.json").read_bytes() == before
    assert (folder / "tasks/0/stdout").read_text() == "out fine\n"


def test_a_job_of_the_scheduler_with_another_id_runs_nothing_while_a_requeue_begins_again(site: Site) -> None:
    folder = site.make("sleep", engine="slurm")
    first = site.start(folder, "--task", "0", SLURM_JOB_ID="7")
    _wait_for(folder / "tasks/0/stdout", first, "out")
    assert site.run(folder, "--task", "0", SLURM_JOB_ID="8") == 0
    assert site.look() == "r"
    os.killpg(first.pid, signal.SIGTERM)  # preempted
    first.communicate(timeout=60)
    assert site.look() == "e"
    assert site.outcome()["final"] is False
    again = site.start(folder, "--task", "0", SLURM_JOB_ID="7")
    _wait_for(folder / "tasks/0/stdout", again, "out sleep\nout sleep")
    assert (site.look(), read_claim(str(folder / "tasks/0")).attempt) == ("r", 2)
    again.kill()
    again.communicate(timeout=60)
    assert site.look() == "g"


def test_a_signal_that_reaches_the_functions_process_first_is_from_outside_too(site: Site) -> None:
    folder = site.make("sleep", engine="slurm")
    process = site.start(folder, "--task", "0", SLURM_JOB_ID="7")
    _wait_for(folder / "tasks/0/stdout", process, "out")
    child = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
    os.kill(int(child), signal.SIGTERM)
    process.communicate(timeout=60)
    assert (site.look(), site.outcome()["final"]) == ("e", False)


def test_what_another_attempt_holds_is_not_overwritten(site: Site) -> None:
    folder = site.make("sleep", engine="slurm")
    first = site.start(folder, "--task", "0", SLURM_JOB_ID="7")
    _wait_for(folder / "tasks/0/stdout", first, "out")
    assert take_claim(str(folder / "tasks/0"), "7").attempt == 2
    os.killpg(first.pid, signal.SIGTERM)
    first.communicate(timeout=60)
    assert not (folder / "tasks/0/outcome.json").exists()


def test_a_process_that_was_killed_is_seen_to_be_gone(site: Site) -> None:
    folder = site.make("sleep")
    process = site.start(folder, "--task", "0")
    _wait_for(folder / "tasks/0/stdout", process, "out")
    assert site.look() == "r"
    process.kill()
    process.communicate(timeout=60)
    assert site.look() == "g"
    there = read_claim(str(folder / "tasks/0")).process
    assert is_gone(there)
    assert not is_gone(identity())
    assert not is_gone(["another-host", *there[1:]])
    assert is_gone([there[0], "an-earlier-boot", *there[2:]])
    assert is_gone([*identity()[:4], "1"]), "a number that another process has by now"
    site.place.call("jobs.cancel", job=JOB)
    assert site.look() == "x", "whoever cancels it may have ended it before it could tell"


def test_the_time_limit_ends_it(site: Site) -> None:
    folder = site.make("sleep", time_s=0.2)
    assert site.run(folder, "--task", "0") == 1
    assert site.look() == "t"
    assert site.outcome()["cause"]["kind"] == "timeout"


def test_cancelling_reaches_it_through_the_file_system_alone(site: Site) -> None:
    folder = site.make("sleep", "fine")
    process = site.start(folder, "--pool", "1")
    _wait_for(folder / "tasks/0/stdout", process, "out")
    site.place.call("jobs.cancel", job=JOB)
    process.communicate(timeout=60)
    assert site.outcome()["state"] == "cancelled"
    assert not (folder / "tasks/1").exists()


def test_one_task_is_cancelled_and_the_others_go_on(site: Site) -> None:
    folder = site.make("sleep", "fine", "fine", "sleep")
    process = site.start(folder, "--pool", "2")
    _wait_for(folder / "tasks/0/stdout", process, "out")
    _wait_for(folder / "tasks/3/stdout", process, "out")
    assert site.look() == "rccr"
    site.place.call("jobs.cancel", job=JOB, tasks=[0])
    while site.look()[0] == "r":
        assert process.poll() is None
    assert site.look() == "xccr"
    site.place.call("jobs.cancel", job=JOB, tasks=[3])
    process.communicate(timeout=60)
    assert site.look() == "xccx"


def test_a_task_that_is_cancelled_while_it_waits_does_not_begin(site: Site) -> None:
    folder = site.make("fine", "fine")
    site.place.call("jobs.cancel", job=JOB, tasks=[1])
    assert site.run(folder, "--pool", "1") == 0
    assert (site.look(), (folder / "tasks/1/stdout").read_text()) == ("cx", "")


def test_how_long_a_task_has_been_as_it_is_stands_in_the_folder(site: Site) -> None:
    folder = site.make("fine", "fine")
    assert site.place.call("jobs.since", job=JOB, seen={"0": "ended 3", "1": "unknown "}) == {"0": 0, "1": 0}
    moment = os.stat(folder / "seen.0").st_mtime - 100
    os.utime(folder / "seen.0", (moment, moment))
    ages = site.place.call("jobs.since", job=JOB, seen={"0": "ended 3", "1": "unknown 1"})
    assert (ages["0"] >= 100, ages["1"]) == (True, 0)
    assert site.place.call("jobs.since", job=JOB, seen={"0": "ended 4"}) == {"0": 0}


def test_a_disk_that_fills_up_under_a_task_is_what_its_outcome_tells(small_site: Site) -> None:
    folder = small_site.make("silent exit", "fine", "large")
    for task in range(3):
        process = small_site.start(folder, "--task", str(task), CLUSTRIX_FILL=str(small_site.work / "filler"))
        process.communicate(timeout=60)
        (small_site.work / "filler").unlink()
    assert small_site.look() == "fff"
    texts = [small_site.outcome(task)["cause"]["text"] for task in range(3)]
    assert "ended itself with exit code 4" in texts[0]
    assert "no space is left" in texts[0]
    for text in texts[1:]:
        assert "No space left on device" in text
    assert not list(folder.glob("tasks/*/reserve"))


def test_a_cancelled_job_does_not_begin(site: Site) -> None:
    folder = site.make("fine")
    site.place.call("jobs.cancel", job=JOB)
    assert site.run(folder, "--task", "0") == 1
    assert (site.look(), (folder / "tasks/0/stdout").read_text()) == ("x", "")


def test_hearts_beat(site: Site) -> None:
    folder = site.make("sleep")
    process = site.start(folder, "--task", "0")
    seen: set[int] = set()
    while len(seen) < 3:
        assert process.poll() is None
        seen.update(site.place.call("jobs.look", jobs={JOB: ""})[JOB]["beats"].values())
    process.kill()
    process.communicate(timeout=60)


def test_what_is_waited_for_after_the_function_is_done_is_told_once(site: Site) -> None:
    folder = site.make("thread")
    process = site.start(folder, "--task", "0")
    _wait_for(folder / "tasks/0/stderr", process, "its process has not ended")
    Path((folder / "tasks/0/stdout").read_text().split("\n")[1]).touch()
    process.communicate(timeout=60)
    assert (folder / "tasks/0/stderr").read_text().count("has not ended") == 1
    assert site.look() == "c" and site.outcome()["result"] == {"what": "thread"}


def test_a_bundle_that_is_gone_is_told(site: Site) -> None:
    folder = site.make("fine")
    (site.state / f"bundles/{site.bundle}.tar.zst").unlink()
    assert site.run(folder, "--task", "0") == 1
    assert site.outcome()["cause"]["kind"] == "refused"


def test_creating_twice_is_creating_once_and_another_job_is_refused(site: Site) -> None:
    site.make("fine")
    arguments = {"job": JOB, "spec": json.loads((site.state / f"jobs/{JOB}/spec.json").read_text()), "prelude": ""}
    assert site.place.call("jobs.create", body=b"", **arguments)["made"] is False
    arguments["spec"]["name"] = "other"
    with pytest.raises(FileExistsError):
        site.place.call("jobs.create", body=b"", **arguments)
    assert os.listdir(site.state / "jobs") == [JOB]


@pytest.mark.parametrize("name", ["../spec.json", "/etc/passwd", "outputs/../../x", ""])
def test_no_name_leads_out_of_the_folder(site: Site, name: str) -> None:
    site.make("fine")
    with pytest.raises(ValueError, match="no name"):
        site.place.fetch("jobs.read", job=JOB, name=name, task=0)


def test_what_others_could_have_written_is_not_given_out(site: Site) -> None:
    folder = site.make("fine")
    assert site.run(folder, "--task", "0") == 0
    (folder / "tasks/0/result").chmod(0o666)
    with pytest.raises(PermissionError):
        site.place.fetch("jobs.read", job=JOB, name="result", task=0)
    (folder / "tasks/0/result").unlink()
    (folder / "tasks/0/result").symlink_to("/etc/passwd")
    with pytest.raises(PermissionError):
        site.place.fetch("jobs.read", job=JOB, name="result", task=0)


PRELUDES = {
    'clustrix_at=\'pre_execution_commands 2\'\nfalse\nc=$?; [ "$c" -eq 0 ] || exit "$c"\n': ("pre_execution_commands 2", 1),
    "clustrix_at='pre_execution_commands 1'\nexit 7\n": ("pre_execution_commands 1", 7),
    "CLUSTRIX_PYTHON=/no/such/python\nCLUSTRIX_READY=1\n": ("python", 127),
}


@pytest.mark.parametrize("prelude", PRELUDES)
def test_what_fails_before_python_is_told(site: Site, prelude: str) -> None:
    site.place.call("jobs.create", body=b"", job=JOB, spec={"tasks": 2, "engine": "ssh"}, prelude=prelude)
    folder = site.state / f"jobs/{JOB}"
    done = subprocess.run(["bash", "batch.sh", "--pool", "2"], cwd=folder, capture_output=True, check=False)
    assert done.returncode == PRELUDES[prelude][1]
    assert site.look() == "bb"
    what, code = PRELUDES[prelude]
    assert site.outcome(1) == {"failed": what, "code": code}


def test_the_batch_script_knows_the_task_of_an_array(site: Site) -> None:
    site.place.call("jobs.create", body=b"", job=JOB, spec={"tasks": 9, "engine": "slurm"}, prelude="exit 3\n")
    folder = site.state / f"jobs/{JOB}"
    for environment in ({"SLURM_ARRAY_TASK_ID": "2"}, {"SGE_TASK_ID": "4"}):
        argv = ["bash", str(folder / "batch.sh"), "--first", "3"]
        subprocess.run(argv, env={"CLUSTRIX_FOLDER": str(folder), "PATH": "/usr/bin:/bin", **environment}, check=False)
    assert site.look() == "pppppb" + "pb" + "p"
