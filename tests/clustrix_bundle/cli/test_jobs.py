"""Jobs from the command line: each command in a process of its own, which may be killed at any moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOURCE = """\
import os, sys, time

def count(log, name):
    print("counting", name, flush=True)
    with open(log, "a") as out:
        out.write(name + "\\n")
    with open("made.txt", "w") as out:
        out.write(name)
    return {"name": name}

def half(x):
    print("halving", x, flush=True)
    if x % 2:
        raise ValueError(f"{x} is odd")
    return x // 2

def bad():
    raise ValueError("no good")

def wait():
    print("waiting", flush=True)
    time.sleep(600)
"""

KILLER = """\
import os, signal, sys
from clustrix_bundle.agent import place

step = int(sys.argv.pop(1))
count = 0
perform = place.LocalPlace._perform

def killing(self, operation, body, arguments):
    global count
    count += 1
    if count == step:
        os.kill(os.getpid(), signal.SIGKILL)
    result = perform(self, operation, body, arguments)
    if count == -step:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

place.LocalPlace._perform = killing
from clustrix_bundle.__main__ import main
sys.exit(main())
"""


class Shell:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "calls.py").write_text(SOURCE)
        (folder / "killer.py").write_text(KILLER)
        self.log = folder / "log.txt"
        self.environment = {**os.environ, "CLUSTRIX_CONFIG_DIR": str(folder / "none"), "PYTHONWARNINGS": "error"}

    def run(self, *words: str, step: int = 0) -> subprocess.CompletedProcess[str]:
        program = [str(self.folder / "killer.py"), str(step)] if step else ["-m", "clustrix_bundle"]
        argv = [sys.executable, *program, *words]
        return subprocess.run(argv, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False)

    def json(self, *words: str) -> dict[str, Any]:
        done = self.run(*words, "--json")
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told | {"code": done.returncode}

    def submit(self, target: str, *words: str) -> str:
        done = self.run("submit", f"calls.py:{target}", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_job_is_found_by_its_id_from_other_processes(shell: Shell) -> None:
    job = shell.submit("count", "--args", json.dumps([str(shell.log), "a"]), "--cores", "1")
    done = shell.run("attach", job)
    assert (done.returncode, done.stdout) == (0, 'counting a\n{"name": "a"}\n')
    assert shell.json("status", job)["state"] == "completed"
    assert shell.run("logs", job).stdout == "counting a\n"
    assert shell.json("logs", "-f", job) == {"stream": "stdout", "text": "counting a\n", "code": 0}
    result = shell.json("result", job, "--outputs", "out", "--result", "result.pkl")
    assert (result["result"], result["exact"], result["fetched"], result["code"]) == (
        {"name": "a"},
        True,
        [f"{job}/0/made.txt"],
        0,
    )
    assert (shell.folder / "out" / job / "0/made.txt").read_text() == "a"
    (shell.folder / "out" / job / "0/made.txt").write_text("mine")
    assert shell.json("result", job, "--outputs", "out")["fetched"] == []
    assert (shell.folder / "out" / job / "0/made.txt").read_text() == "mine"
    (row,) = shell.json("jobs")["jobs"]
    assert (row["id"], row["name"], row["state"], row["resources"]) == (job, "count", "completed", {"cores": 1})
    assert job in shell.run("jobs").stdout
    for words, told in (
        (("result", job, "--result", "result.pkl"), "result.pkl: File exists"),
        (("submit", "calls.py:bad", "--id", job), f"job {job} is there, and it is another one"),
    ):
        refused = shell.run(*words)
        assert (refused.returncode, told in refused.stderr) == (2, True), refused.stderr


def test_files_go_to_the_work_dir_where_that_is_asked_for(shell: Shell) -> None:
    job = shell.submit("count", "--args", json.dumps([str(shell.log), "b"]), "--outputs", "work_dir")
    result = shell.json("attach", job)
    assert (result["outputs"], result["in_work_dir"]) == ([], ["made.txt"])
    assert (shell.folder / "made.txt").read_text() == "b"
    assert shell.json("result", job, "--outputs", "out")["fetched"] == []


def test_what_the_runtime_noticed_is_told_beside_the_result(shell: Shell) -> None:
    (shell.folder / "there").mkdir()
    (shell.folder / "there/word.txt").write_text("there")
    (shell.folder / "word.txt").write_text("shipped")
    (shell.folder / "mod.py").write_text("def f():\n    with open('word.txt') as source:\n        return source.read()\n")
    job = shell.run("submit", "mod.py:f", "--work-dir", "there").stdout.strip()
    done = shell.run("attach", job, "--work-dir", "there")
    assert done.stdout == '"shipped"\n', done.stderr
    assert "warning: " in done.stderr and "word.txt" in done.stderr


def test_what_failed_is_told_with_its_cause_and_an_exit_code(shell: Shell) -> None:
    job = shell.submit("bad")
    done = shell.run("attach", job)
    assert done.returncode == 1
    assert done.stderr.count('raise ValueError("no good")') == 1
    status = shell.json("status", job)
    (told,) = status["causes"]
    assert (status["state"], told["task"], told["cause"], status["code"]) == ("failed", 0, "ValueError: no good", 1)
    assert told["log"].endswith('raise ValueError("no good")\nValueError: no good')
    assert shell.json("result", job)["error"]["type"] == "ValueError"


def test_a_running_job_is_cancelled_and_what_lives_is_not_cleaned_away(shell: Shell) -> None:
    ended, job = shell.submit("bad"), shell.submit("wait")
    assert shell.run("attach", ended).returncode == 1
    result = shell.json("result", job)
    assert (result["error"]["type"], result["code"]) == ("NotEnded", 4)
    swept = shell.json("clean", "--older-than", "0m")
    assert [os.path.basename(row["path"]) for row in swept["would_remove"]] == [ended]
    assert shell.json("clean", "--older-than", "0m", "--yes")["live"] == [job]
    assert [row["id"] for row in shell.json("jobs")["jobs"]] == [job]
    assert shell.json("cancel", job)["ok"]
    done = shell.run("attach", job)
    assert done.returncode == 1
    assert "cancelled" in done.stderr


def test_attaching_to_a_job_of_many_tasks_tells_of_each(shell: Shell) -> None:
    program = "import calls, clustrix_bundle; clustrix_bundle.ClusterExecutor().map(calls.half, [4, 1, 6])"
    environment = {**shell.environment, "PYTHONPATH": str(shell.folder)}
    subprocess.run([sys.executable, "-c", program], cwd=shell.folder, env=environment, check=True)
    (row,) = shell.json("jobs")["jobs"]
    done = shell.run("attach", row["id"])
    lines = done.stdout.splitlines()
    assert lines == [
        "halving 4",
        "task 0: completed: 2",
        "halving 1",
        "task 1: failed: ValueError: 1 is odd",
        "halving 6",
        "task 2: completed: 3",
    ]
    told = shell.json("attach", row["id"])
    assert (told["ok"], told["code"], done.returncode) == (False, 1, 1)
    assert told["tasks"] == [
        {"task": 0, "state": "completed", "result": 2, "exact": True},
        {"task": 1, "state": "failed", "cause": "ValueError: 1 is odd"},
        {"task": 2, "state": "completed", "result": 3, "exact": True},
    ]
    assert shell.json("status", row["id"])["tasks"] == {"completed": 2, "failed": 1}


def test_an_unknown_job_is_an_error_of_usage(shell: Shell) -> None:
    for words in (("status", "abc"), ("result", "../x"), ("cancel", "0123456789abcdef"), ("logs", ""), ("attach", "12")):
        done = shell.run(*words)
        assert done.returncode == 2
        assert "there is no job" in done.stderr
    refused = shell.run("submit", "calls.py:bad", "--work-dir", "/proc/nowhere")
    assert (refused.returncode, "the work dir /proc/nowhere cannot be used" in refused.stderr) == (4, True), refused.stderr
    assert shell.run("submit", "calls.py:bad", "--id", "short").returncode == 2
    assert shell.run("submit", "calls.py:bad", "--memory", "much").returncode == 2
    assert shell.run("submit", "calls.py:bad", "--host", "h.invalid", "--partition", "p").returncode == 2


def test_a_client_killed_at_any_step_loses_and_doubles_nothing(shell: Shell) -> None:
    """Killed before and after everything that it asks of the cluster; the same command again is one job, run once."""
    step, names = 1, []
    shell.run("build", "calls.py:count", "-o", "count.tar.zst")
    while True:
        killed = []
        for sign in (1, -1):
            name = f"{step}{'+' if sign > 0 else '-'}"
            words = ["submit", "count.tar.zst", "--args", json.dumps([str(shell.log), name]), "--id", f"{len(names):016x}"]
            killed.append(shell.run(*words, step=step * sign).returncode == -signal.SIGKILL)
            again = shell.run(*words)
            assert again.returncode == 0, again.stderr
            names.append(name)
        if not any(killed):
            break
        step += 1
    assert step >= 3
    for number, name in enumerate(names):
        assert json.loads(shell.run("attach", f"{number:016x}").stdout.splitlines()[-1]) == {"name": name}
    assert sorted(shell.log.read_text().split()) == sorted(names)


def test_a_job_whose_submitter_only_made_its_folder_is_started_by_attach(shell: Shell) -> None:
    words = ["submit", "calls.py:count", "--args", json.dumps([str(shell.log), "a"]), "--id", "0123456789abcdef"]
    step = 3  # what was sent stays sent
    while not list(shell.folder.glob(".clustrix-*/jobs/0123456789abcdef")):
        assert shell.run(*words, step=step).returncode == -signal.SIGKILL
        step += 1
    status = shell.json("status", "0123456789abcdef")
    assert (status["state"], status["started"]) == ("pending", False)
    assert shell.run("attach", "0123456789abcdef").returncode == 0
    assert shell.log.read_text() == "a\n"
