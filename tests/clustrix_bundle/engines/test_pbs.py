"""PBS's words, on output made after the manual of PBS Professional; nothing here was printed by a server, and none was asked."""

import json
import re

import pytest
from clustrix_bundle.engines.pbs import Pbs
from clustrix_bundle.engines.scheduler import Request, Resources, SchedulerError

PBS = Pbs()


def _qstat(**jobs: dict[str, object]) -> str:
    return json.dumps({"timestamp": 1, "pbs_version": "20.0.1", "Jobs": jobs})


def test_a_submission() -> None:
    argv = PBS.submit_argv(Request("clx-0123456789abcdef", "/s/jobs/aa", 10, 20, Resources(cores=2, memory=1 << 30, time_s=3661)))
    assert argv[argv.index("-N") + 1] == "clx-0123456789abcdef"  # 230 characters are taken (PBS_MAXJOBNAME)
    assert "select=1:ncpus=2:mem=1024mb" in argv
    assert "walltime=01:01:01" in argv
    assert argv[argv.index("-J") + 1] == "0-19"
    assert argv[-5:] == ["--", "/bin/bash", "/s/jobs/aa/batch.sh", "--first", "10"]


def test_tasks_have_their_index_in_brackets() -> None:
    assert PBS.cancel_argv(["7[]_3", "8", "9[]"]) == ["qdel", "7[3]", "8", "9[]"]
    assert PBS.parse_claim("7[3].server") == "7[]_3"
    argv = PBS.submit_argv(Request("clx-0a", "/s/jobs/aa", 0, 1, Resources(), after="7[]"))
    assert argv[argv.index("-W") + 1] == "depend=afterany:7[]"


@pytest.mark.parametrize(("said", "number"), [("7.server\n", "7"), ("7[].server\n", "7[]"), ("7\n", "7")])
def test_the_id(said: str, number: str) -> None:
    assert PBS.parse_job_id(said) == number


def test_no_id_is_an_error() -> None:
    with pytest.raises(SchedulerError):
        PBS.parse_job_id("qsub: Unknown queue")


def test_states_of_tasks_of_an_array() -> None:
    said = "Notice: maintenance\n" + _qstat(
        **{
            "7[].s": {"job_state": "B", "Job_Name": "clx-aa"},
            "7[0].s": {"job_state": "X", "Exit_status": 0},
            "7[1].s": {"job_state": "F", "Exit_status": -29},
            "7[2].s": {"job_state": "F", "Exit_status": 271, "comment": "Job killed by signal 15"},
            "7[3].s": {"job_state": "Q", "comment": "Not Running: Insufficient amount of resource: ncpus"},
            "8.s": {"job_state": "F", "comment": "deleted before it ran"},
        }
    )
    states = PBS.parse_queue(said)
    assert {key: (state.word, state.state if state.word == "ended" else "") for key, state in states.items()} == {
        "7[]": ("running", ""),
        "7[]_0": ("ended", "completed"),
        "7[]_1": ("ended", "timeout"),
        "7[]_2": ("ended", "failed"),
        "7[]_3": ("waiting", ""),
        "8": ("ended", "cancelled"),
    }
    assert "Insufficient" in states["7[]_3"].reason
    assert states["7[]_2"].reason == "ended by signal 15: see its log (PBS says: Job killed by signal 15)"
    assert PBS.parse_found(said, "clx-aa") == ["7[]"]
    assert PBS.parse_queue("qstat: cannot connect to server") == {}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (3, "ended with exit code 3: see its log"),
        (137, "ended by signal 9, as happens to what is over its memory"),
        (265, "ended by signal 9, as happens to what is over its memory"),
        (139, "ended by signal 11: see its log"),
        (-26, "over its memory: ask for more with memory="),
        (-28, "over its cores or processor time"),
        (-1, "could not run it on its node .*ask the site, or submit it again"),
    ],
)
def test_each_failure_has_a_cause_and_a_next_step(status: int, words: str) -> None:
    told = PBS.parse_queue(_qstat(**{"7.s": {"job_state": "F", "Exit_status": status}}))["7"]
    assert told.state == "failed"
    assert re.search(words, told.reason), told.reason
