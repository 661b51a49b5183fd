"""SLURM's words, on what a SLURM 22.05 printed."""

import pytest
from clustrix_bundle.engines.scheduler import Request, Resources, SchedulerError
from clustrix_bundle.engines.slurm import Slurm
from clustrix_bundle.engines.verdict import UNKNOWN, Scheduled

SLURM = Slurm()


def test_a_submission_holds_no_text_of_the_users() -> None:
    wants = Resources(cores=4, memory=3 << 30, time_s=5400, partition="short", account="a1", gres="gpu:1", qos="high")
    argv = SLURM.submit_argv(Request("clx-0a", "/s/jobs/0a", 1000, 200, wants, at_once=50))
    assert argv[:2] == ["sbatch", "--parsable"]
    assert set(argv) >= {
        "--job-name=clx-0a",
        "--chdir=/s/jobs/0a",
        "--array=0-199%50",
        "--cpus-per-task=4",
        "--mem=3072M",
        "--time=90",
        "--partition=short",
        "--account=a1",
        "--gres=gpu:1",
        "--qos=high",
    }
    assert argv[-3:] == ["/s/jobs/0a/batch.sh", "--first", "1000"]


def test_one_task_is_no_array_and_what_was_not_asked_for_is_not_said() -> None:
    argv = SLURM.submit_argv(Request("clx-0a", "/s/jobs/0a", 0, 1, Resources()))
    assert argv[-3:] == ["/s/jobs/0a/batch.sh", "--task", "0"]
    assert not [word for word in argv if word.startswith(("--array", "--mem", "--time", "--partition", "--qos"))]


@pytest.mark.parametrize("said", ["7\n", "7;cluster1\n", "Welcome!\nNote: maintenance on Friday\n7\n"])
def test_the_id_is_found_behind_a_sites_greetings(said: str) -> None:
    assert SLURM.parse_job_id(said) == "7"


def test_no_id_is_an_error_that_shows_what_was_said() -> None:
    with pytest.raises(SchedulerError, match="sbatch: nothing"):
        SLURM.parse_job_id("sbatch: nothing")


QUEUE = """\
7_[3-5,9%2]|PENDING|Resources
7_0|RUNNING|None
7_1|COMPLETING|None
7_2|COMPLETED|None
8|PENDING|PartitionTimeLimit
9|TIMEOUT|TimeLimit
10|NODE_FAIL|NodeDown
11|A_WORD_OF_TOMORROW|None
"""


def test_the_queue_tells_waiting_running_and_ended() -> None:
    states = SLURM.parse_queue(QUEUE)
    assert {task: states[task].word for task in states} == {
        **dict.fromkeys(["7_3", "7_4", "7_5", "7_9", "8"], "waiting"),
        **dict.fromkeys(["7_0", "7_1"], "running"),
        **dict.fromkeys(["7_2", "9", "10"], "ended"),
        "11": "unknown",
    }
    assert states["9"] == Scheduled("ended", "timeout", "over its time limit")
    assert states["10"].state == "failed"
    assert "never start" in states["8"].reason
    assert "never" not in states["7_3"].reason


def test_the_accounting_tells_of_what_a_task_died() -> None:
    states = SLURM.parse_account(
        "7_0|COMPLETED|0:0|n1\n7_1|CANCELLED by 0|0:0|n1\n7_2|OUT_OF_MEMORY|0:125|n1\n7_3|FAILED|3:0|n1\n7_4|FAILED|0:11|n1\n7_5|TIMEOUT|0:0|n2\n"
    )
    assert [states[f"7_{number}"].state for number in range(6)] == [
        "completed",
        "cancelled",
        "failed",
        "failed",
        "failed",
        "timeout",
    ]
    assert [states[f"7_{number}"].reason for number in (2, 3, 4)] == [
        "over its memory: ask for more with memory=",
        "ended with exit code 3",
        "ended by signal 11",
    ]


def test_a_submission_whose_answer_was_lost_is_found_by_its_name() -> None:
    said = "12|12|clx-aa\n13|13|clx-ab\n15|14|clx-aa\n"
    assert SLURM.parse_found(said, "clx-aa") == ["12", "14"]
    assert SLURM.parse_found("", "clx-aa") == []


def test_noise_among_answers_is_nothing() -> None:
    assert SLURM.parse_queue("slurm_load_jobs error: Unable to contact slurm controller\n") == {}
    assert SLURM.parse_queue("").get("7", UNKNOWN) == UNKNOWN
