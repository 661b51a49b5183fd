"""A scheduler's words carried out: by a small scheduler of our own, whose tools have SLURM's names, and that forgets and lies on demand."""

from __future__ import annotations

import os
import pickle
import subprocess
from pathlib import Path
from typing import Any

import pytest
from clustrix_bundle.agent.place import LocalPlace
from clustrix_bundle.engines import batch
from clustrix_bundle.engines.batch import Batch, scheduler_id
from clustrix_bundle.engines.engine import Submitted
from clustrix_bundle.engines.scheduler import QueueFullError, Resources, SchedulerError
from clustrix_bundle.engines.slurm import Slurm
from clustrix_bundle.errors import ConnectionLost

JOB = "0123456789abcdef"

SBATCH = """\
#!/bin/sh
# Keeps what it is given in a folder, as a queue would: <id> holds the name.
[ ! -e "$SPOOL/refuse" ] || { echo "sbatch: error: invalid partition specified: nope" >&2; exit 1; }
for word in "$@"; do case $word in --array=*)
  last=${word#--array=0-}; last=${last%%%*}
  if [ -e "$SPOOL/arrays" ] && [ "$last" -ge "$(cat "$SPOOL/arrays")" ]; then
    echo "sbatch: error: Batch job submission failed: Invalid job array specification" >&2; exit 1
  fi
esac; done
size=1
for word in "$@"; do case $word in --array=*) last=${word#--array=0-}; size=$((${last%%%*} + 1)) ;; esac; done
if [ -e "$SPOOL/places" ]; then
  taken=$(($(cat "$SPOOL/sizes") + 0)); taken=$((taken + size))
  if [ "$taken" -gt "$(cat "$SPOOL/places")" ]; then
    echo "sbatch: error: QOSMaxSubmitJobPerUserLimit" >&2
    echo "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit)" >&2; exit 1
  fi
  echo "$taken" > "$SPOOL/sizes"
fi
if [ -e "$SPOOL/room" ] && [ "$(ls "$SPOOL/jobs" | wc -l)" -ge "$(cat "$SPOOL/room")" ]; then
  echo "sbatch: error: AssocMaxSubmitJobLimit" >&2
  echo "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit)" >&2; exit 1
fi
n=$(ls "$SPOOL/jobs" | wc -l); n=$((n + 1))
for word in "$@"; do case $word in --job-name=*) echo "${word#--job-name=}" > "$SPOOL/jobs/$n" ;; esac; done
echo "$@" >> "$SPOOL/argv"
if [ -e "$SPOOL/taken" ]; then
  echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2; exit 1
fi
[ ! -e "$SPOOL/hung" ] || exec sleep 60
echo $n
"""
SQUEUE = """\
#!/bin/sh
case "$*" in *exit_code*) cat "$SPOOL/codes"; exit ;; esac
[ ! -e "$SPOOL/down" ] || { echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1; }
case "$*" in
*--name=*) for f in "$SPOOL"/jobs/*; do echo "${f##*/}|${f##*/}|$(cat $f)"; done ;;
*) cat "$SPOOL/queue" ;;
esac
"""
SACCT = '#!/bin/sh\ncat "$SPOOL/accounting"\n'
SCANCEL = """\
#!/bin/sh
[ ! -e "$SPOOL/down" ] || { echo "scancel: error: Unable to contact slurm controller" >&2; exit 1; }
echo "$@" >> "$SPOOL/cancelled"
"""


class Forgetful:
    """A place whose connection drops right after a command, as often as it is told."""

    def __init__(self, place: LocalPlace, drops: int = 0) -> None:
        self._place, self.drops = place, drops

    def call(self, operation: str, **arguments: Any) -> Any:
        answer = self._place.call(operation, **arguments)
        if operation == "process.execute" and arguments["argv"][0] == "sbatch" and self.drops:
            self.drops -= 1
            raise ConnectionLost("gone")
        return answer


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tools, spool = tmp_path / "tools", tmp_path / "spool"
    tools.mkdir()
    (spool / "jobs").mkdir(parents=True)
    for name, text in (("sbatch", SBATCH), ("squeue", SQUEUE), ("sacct", SACCT), ("scancel", SCANCEL)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    (spool / "sizes").write_text("0")
    for name in ("queue", "accounting", "argv", "codes"):
        (spool / name).touch()
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setenv("SPOOL", str(spool))
    return spool


@pytest.fixture
def place(tmp_path: Path) -> LocalPlace:
    return LocalPlace(str(tmp_path / "work"))


def _make(place: LocalPlace, tasks: int) -> str:
    spec = {"id": JOB, "tasks": tasks, "engine": "slurm"}
    folder: str = place.call("jobs.create", body=b"", job=JOB, spec=spec, prelude="")["folder"]
    return folder


def _start(place: Any, folder: str, tasks: int, *, again: bool = False, scheduler: Slurm | None = None) -> None:
    Batch(scheduler or Slurm()).start(place, job=JOB, folder=folder, tasks=tasks, resources=Resources(), at_once=0, again=again)


def _ids(place: LocalPlace) -> list[str]:
    ids: list[str] = place.call("jobs.look", jobs={JOB: ""})[JOB]["submission"]["ids"]
    return ids


def test_an_answer_that_was_lost_means_no_second_submission(spool: Path, place: LocalPlace) -> None:
    _start(Forgetful(place, drops=1), _make(place, 1), 1)
    assert _ids(place) == ["1"]
    assert os.listdir(spool / "jobs") == ["1"]


def test_a_submission_that_may_have_been_made_is_looked_for(spool: Path, place: LocalPlace) -> None:
    folder = _make(place, 1)
    subprocess.run(["sbatch", f"--job-name=clx-{JOB}"], check=True, capture_output=True)  # and then the client died
    _start(place, folder, 1, again=True)
    _start(place, folder, 1, again=True)
    assert _ids(place) == ["1"]
    assert os.listdir(spool / "jobs") == ["1"]


def test_many_tasks_are_split_into_arrays_that_a_site_allows(spool: Path, place: LocalPlace) -> None:
    class Small(Slurm):
        max_array = 4

    folder = _make(place, 10)
    _start(place, folder, 10, scheduler=Small())
    assert _ids(place) == ["1", "2", "3"]
    lines = (spool / "argv").read_text().splitlines()
    assert [line.split("--array=")[1].split()[0] for line in lines] == ["0-3", "0-3", "0-1"]
    assert [line.split()[-1] for line in lines] == ["0", "4", "8"]
    submission = place.call("jobs.look", jobs={JOB: ""})[JOB]["submission"]
    assert [scheduler_id(submission, task, 10) for task in (0, 3, 4, 9)] == ["1_0", "1_3", "2_0", "3_1"]


def test_arrays_keep_to_a_limit_together_and_follow_on_one_another(spool: Path, place: LocalPlace) -> None:
    class Small(Slurm):
        max_array = 4

    folder = _make(place, 18)
    engine = Batch(Small())
    engine.start(place, job=JOB, folder=folder, tasks=18, resources=Resources(), at_once=9, again=False)
    lines = (spool / "argv").read_text().splitlines()
    assert [line.split("--array=")[1].split()[0] for line in lines] == [
        "0-3",
        "0-3",
        "0-3",
        "0-3",
        "0-1",
    ]  # two of them are 8 at most
    after = [line.partition("afterany:")[2].split()[0] if "afterany" in line else "" for line in lines]
    assert after == ["", "", "1", "2", "3"]
    (spool / "argv").write_text("")
    engine.start(place, job=JOB, folder=folder, tasks=18, resources=Resources(), at_once=3, again=True)
    assert (spool / "argv").read_text() == "", "all of it was submitted"


def test_a_site_that_takes_smaller_arrays_gets_smaller_arrays(spool: Path, place: LocalPlace) -> None:
    (spool / "arrays").write_text("3")
    _start(place, _make(place, 10), 10)
    lines = (spool / "argv").read_text().splitlines()
    assert [line.split("--array=")[1].split()[0] for line in lines if "--array" in line] == ["0-1"] * 5
    assert [line.split()[-1] for line in lines] == ["0", "2", "4", "6", "8"]


def test_a_submission_that_broke_off_is_gone_on_with(spool: Path, place: LocalPlace) -> None:
    class Small(Slurm):
        max_array = 4

    folder = _make(place, 10)
    (spool / "room").write_text("2")
    with pytest.raises(QueueFullError, match="takes no more jobs of yours now") as raised:
        _start(place, folder, 10, scheduler=Small())
    assert raised.value.certain
    job = Submitted(JOB, "p" * 10, place.call("jobs.look", jobs={JOB: ""})[JOB]["submission"])
    (spool / "queue").write_text("1_[0-3]|PENDING|None\n2_[0-3]|PENDING|None\n")
    assert {state.word for state in Batch(Small()).states(place, [job]).values()} == {"waiting"}
    assert scheduler_id(job.submission, 8, 10) == ""
    (spool / "room").unlink()
    _start(place, folder, 10, scheduler=Small(), again=True)
    assert _ids(place) == ["1", "2", "3"]


def test_what_a_full_queue_does_not_take_is_submitted_in_smaller_arrays(spool: Path, place: LocalPlace) -> None:
    (spool / "places").write_text("7")
    folder = _make(place, 20)
    engine = Batch(Slurm())
    for again in (False, True):  # another attempt changes nothing
        with pytest.raises(QueueFullError):
            engine.start(place, job=JOB, folder=folder, tasks=20, resources=Resources(), at_once=0, again=again)
    submission = place.call("jobs.look", jobs={JOB: ""})[JOB]["submission"]
    assert (submission["first"], submission["until"]) == ([0, 5], 7)
    (spool / "places").write_text("100")
    engine.start(place, job=JOB, folder=folder, tasks=20, resources=Resources(), at_once=0, again=True)
    submission = place.call("jobs.look", jobs={JOB: ""})[JOB]["submission"]
    assert (submission["first"], submission["until"]) == ([0, 5, 7, 8, 10, 14], 20)
    lines = (spool / "argv").read_text().splitlines()
    assert [line.partition("--array=")[2].partition(" ")[0] for line in lines] == ["0-4", "0-1", "", "0-1", "0-3", "0-5"]
    assert [line.split()[-2:] for line in lines[:3]] == [["--first", "0"], ["--first", "5"], ["--task", "7"]]


def test_no_more_than_a_limit_are_in_a_queue_that_was_full(spool: Path, place: LocalPlace) -> None:
    (spool / "places").write_text("3")
    folder = Path(_make(place, 12))
    engine = Batch(Slurm())

    def start(again: bool) -> None:
        engine.start(place, job=JOB, folder=str(folder), tasks=12, resources=Resources(), at_once=4, again=again)

    with pytest.raises(QueueFullError, match="job submit limit"):
        start(again=False)
    (spool / "places").write_text("100")
    with pytest.raises(QueueFullError, match="no more are to run at a time"):
        start(again=True)
    assert place.call("jobs.look", jobs={JOB: ""})[JOB]["submission"]["until"] == 4
    for task in range(3):
        (folder / "tasks" / str(task)).mkdir(parents=True)
        (folder / "tasks" / str(task) / "claim").write_text("1_0\n1\nanother-host\nb\nn\n1\n1")
        (folder / "tasks" / str(task) / "outcome.json").write_text('{"state": "completed", "final": true, ')
    with pytest.raises(QueueFullError, match="no more are to run at a time"):
        start(again=True)
    assert place.call("jobs.look", jobs={JOB: ""})[JOB]["submission"]["until"] == 7
    assert "%" not in (spool / "argv").read_text() and "afterany" not in (spool / "argv").read_text()


def test_what_was_cancelled_before_it_was_submitted_has_ended(place: LocalPlace) -> None:
    _make(place, 3)
    place.call("jobs.note", job=JOB, submission={"engine": "slurm", "ids": ["7"], "first": [0], "until": 1, "process": None})
    place.call("jobs.cancel", job=JOB, tasks=[2])
    assert place.call("jobs.look", jobs={JOB: ""})[JOB]["letters"] == "ppx"
    place.call("jobs.cancel", job=JOB)
    assert place.call("jobs.look", jobs={JOB: ""})[JOB]["letters"] == "pxx"


@pytest.mark.parametrize("fault", ["taken", "hung"])
def test_a_scheduler_that_takes_a_job_and_says_that_it_failed_has_it_once(
    spool: Path, place: LocalPlace, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (spool / fault).touch()
    monkeypatch.setattr(batch, "_SUBMIT_S", 2)  # of which it takes a hundredth to have the job
    _start(place, _make(place, 1), 1)
    assert (_ids(place), os.listdir(spool / "jobs")) == (["1"], ["1"])


def test_nothing_is_certain_of_a_scheduler_that_does_not_answer(spool: Path, place: LocalPlace) -> None:
    (spool / "taken").touch()
    (spool / "down").touch()
    with pytest.raises(SchedulerError, match="try again later") as raised:
        _start(place, _make(place, 1), 1)
    assert not raised.value.certain
    again = pickle.loads(pickle.dumps(raised.value))
    assert (str(again), again.certain) == (str(raised.value), False)


def test_what_a_scheduler_refuses_is_told_in_its_words(spool: Path, place: LocalPlace) -> None:
    (spool / "refuse").touch()
    with pytest.raises(SchedulerError, match="sbatch ended with exit code 1: sbatch: error: invalid partition specified: nope"):
        _start(place, _make(place, 1), 1)


def test_a_machine_without_its_tools_is_told(
    spool: Path, place: LocalPlace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SchedulerError, match="there is no sbatch there"):
        _start(place, _make(place, 1), 1)


def test_states_come_from_the_queue_then_from_the_accounting(spool: Path, place: LocalPlace) -> None:
    submission = {"ids": ["7", "8"], "first": [0, 3]}
    job = Submitted(JOB, "pprpp", submission)
    engine = Batch(Slurm())
    (spool / "queue").write_text("7_[1-2]|PENDING|Resources\n7_0|RUNNING|None\n")
    (spool / "accounting").write_text("8_0|TIMEOUT|0:0|n1\n")
    states = engine.states(place, [job])
    assert [states[JOB, task].word for task in range(5)] == ["running", "waiting", "waiting", "ended", "unknown"]
    assert states[JOB, 3].state == "timeout"
    (spool / "down").touch()
    told = engine.states(place, [job])
    assert {(state.word, state.stuck) for state in told.values()} == {("unasked", True)}
    assert "Unable to contact slurm controller" in told[JOB, 0].reason
    assert engine.states(place, [Submitted(JOB, "pp", None)])[JOB, 1].word == "waiting"


def test_cancelling_names_the_submissions(spool: Path, place: LocalPlace) -> None:
    _start(place, _make(place, 2), 2)
    Batch(Slurm()).cancel(place, JOB)
    assert (spool / "cancelled").read_text() == "1\n"
    assert place.call("jobs.look", jobs={JOB: ""})[JOB]["cancelled"] is True


def test_cancelling_tasks_names_them_alone(spool: Path, place: LocalPlace) -> None:
    folder = Path(_make(place, 4))
    _start(place, str(folder), 4)
    claim = folder / "tasks/3/claim"
    claim.parent.mkdir(parents=True)
    claim.write_text("9_3\n1\nanother-host\nb\nn\n1\n1")  # of a second submission, whose answer was lost
    Batch(Slurm()).cancel(place, JOB, [1, 3])
    assert (spool / "cancelled").read_text() == "1_1 9_3\n"
    assert place.call("jobs.look", jobs={JOB: ""})[JOB]["cancelled"] is False
    Batch(Slurm()).cancel(place, JOB)
    assert (spool / "cancelled").read_text().splitlines()[1] == "1 9"


def test_a_cancellation_that_failed_is_told(spool: Path, place: LocalPlace) -> None:
    _start(place, _make(place, 1), 1)
    (spool / "down").touch()
    with pytest.raises(SchedulerError, match="what runs goes on: cancel it again"):
        Batch(Slurm()).cancel(place, JOB)


@pytest.mark.parametrize("there", ["accounting", "an accounting that lags", "no accounting"])
def test_the_cause_of_an_end_is_the_same_with_and_without_an_accounting(
    spool: Path, place: LocalPlace, there: str, tmp_path: Path
) -> None:
    (spool / "queue").write_text("7|FAILED|JobLaunchFailure\n8|FAILED|BadConstraints\n")
    (spool / "codes").write_text("7   |FAILED   |9    |\n")
    if there == "accounting":
        (spool / "accounting").write_text("7|FAILED|0:9|n1\n8|FAILED|0:1|None assigned\n")
        (spool / "codes").unlink()  # nobody asks
    elif there == "an accounting that lags":
        (spool / "accounting").write_text("7|RUNNING|0:0|n1\n")
    else:
        (tmp_path / "tools" / "sacct").unlink()
    job = Submitted(JOB, "gp", {"ids": ["7", "8"], "first": [0, 1]})
    states = Batch(Slurm()).states(place, [job])
    assert [states[JOB, task].state for task in range(2)] == ["failed", "failed"]
    assert states[JOB, 0].reason.startswith("ended by signal 9, as happens to what is over its memory")
    assert states[JOB, 1].reason.startswith("no node has what it asks for")
