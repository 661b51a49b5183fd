"""SLURM's words, on what a SLURM 22.05 printed; lines of states that it was not brought to are after squeue(1) and sacct(1), and say so."""

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


def test_the_environment_is_the_submitters_and_no_login_shell_makes_it_anew() -> None:
    """sbatch(1): any name beside ALL implies --get-user-env, which starts ``su - USER`` on the node, for every task of an array."""
    argv = SLURM.submit_argv(Request("clx-0a", "/s/jobs/0a,b", 0, 1, Resources()))
    assert [word for word in argv if word.startswith("--export")] == ["--export=ALL"]


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
9|CANCELLED|None
15_1|CANCELLED|None
11|FAILED|BadConstraints
16|FAILED|NonZeroExitCode
17|FAILED|JobLaunchFailure
15_[4-7,9%3]|PENDING|JobArrayTaskLimit
19|PENDING|Dependency
20|PENDING|JobHeldUser
15_3|RUNNING|None
15_0|RUNNING|None
15_2|RUNNING|None
14|CANCELLED|PartitionConfig
18|PENDING|PartitionTimeLimit
"""
AFTER_THE_MANUAL = """\
21|COMPLETING|None
22|TIMEOUT|TimeLimit
23|NODE_FAIL|NodeDown
24|A_WORD_OF_TOMORROW|None
"""
ACCOUNTING = """\
1|COMPLETED|0:0|n1
4|FAILED|0:9|n1
5|CANCELLED by 0|0:0|None assigned
7|TIMEOUT|0:0|n1
8|FAILED|127:0|n1
15_0|RUNNING|0:0|n1
15_1|CANCELLED by 0|0:0|n1
16|FAILED|3:0|n1
17|FAILED|0:11|n1
18|PENDING|0:0|None assigned
"""


def test_the_queue_tells_waiting_running_and_ended() -> None:
    states = SLURM.parse_queue(QUEUE)
    assert {task: states[task].word for task in states} == {
        **dict.fromkeys(["15_4", "15_5", "15_6", "15_7", "15_9", "18", "19", "20"], "waiting"),
        **dict.fromkeys(["15_0", "15_2", "15_3"], "running"),
        **dict.fromkeys(["9", "11", "14", "15_1", "16", "17"], "ended"),
    }
    assert "never start" in states["18"].reason
    assert (states["18"].stuck, states["15_4"].stuck, states["20"].stuck) == (True, False, True)
    assert (states["15_1"].state, states["16"].state) == ("cancelled", "failed")


def test_each_task_has_a_row_and_where_a_range_stands_for_tasks_it_may_have_steps() -> None:
    """squeue(1), --array and SLURM_BITSTR_LEN; the second row is what is left of 100 when each second one is cancelled."""
    assert "--array" in SLURM.queue_argv(["14"])
    states = SLURM.parse_queue("13_[0,7-8]|PENDING|None\n14_[0-98:2]|PENDING|BeginTime\n15_[1,3,5...]|PENDING|None\n")
    assert {task for task in states if not task.startswith("14")} == {"13_0", "13_7", "13_8", "15_1", "15_3"}
    assert {task for task in states if task.startswith("14")} == {f"14_{task}" for task in range(0, 99, 2)}


def test_states_that_the_manual_names() -> None:
    states = SLURM.parse_queue(AFTER_THE_MANUAL)
    assert [states[number].word for number in ("21", "22", "23", "24")] == ["running", "ended", "ended", "unknown"]
    assert states["22"] == Scheduled("ended", "timeout", "over its time limit")
    assert (states["23"].state, states["23"].reason) == ("failed", "its node failed; submit it again")
    assert SLURM.parse_account("7_2|OUT_OF_MEMORY|0:125|n1\n")["7_2"].reason == "over its memory: ask for more with memory="


def test_the_accounting_tells_of_what_a_task_died() -> None:
    states = SLURM.parse_account(ACCOUNTING)
    assert {task: (states[task].state, states[task].reason) for task in ("1", "5", "7", "8", "15_1", "16", "17")} == {
        "1": ("completed", ""),
        "5": ("cancelled", "cancelled in the scheduler by user 0"),
        "7": ("timeout", "over its time limit"),
        "8": ("failed", "ended with exit code 127: see its log"),
        "15_1": ("cancelled", "cancelled in the scheduler by user 0"),
        "16": ("failed", "ended with exit code 3: see its log"),
        "17": ("failed", "ended by signal 11: a crash in compiled code, or over a limit of the machine; see its log"),
    }
    assert "over its memory" in states["4"].reason
    assert states["15_0"].word == "running"


REFUSALS = {
    "sbatch: error: invalid partition specified: nowhere": "set partition=",
    "sbatch: error: Invalid generic resource (gres) specification": "set gres=",
    "sbatch: error: Memory specification can not be satisfied": "ask for less memory",
    "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)": "try again later",
}


@pytest.mark.parametrize("said", REFUSALS)
def test_what_it_refuses_comes_with_a_next_step(said: str) -> None:
    assert REFUSALS[said] in SLURM.advice(said)
    assert SLURM.advice("sbatch: error: a word of tomorrow") == ""


def test_a_submission_that_follows_on_another_waits_for_its_end() -> None:
    argv = SLURM.submit_argv(Request("clx-0a", "/s/jobs/0a", 1000, 5, Resources(), at_once=3, after="12"))
    assert {"--dependency=afterany:12", "--array=0-4%3"} <= set(argv)


def test_a_submission_whose_answer_was_lost_is_found_by_its_name() -> None:
    said = "12|12|clx-aa\n13|13|clx-ab\n15|14|clx-aa\n"
    assert SLURM.parse_found(said, "clx-aa") == ["12", "14"]
    assert SLURM.parse_found("", "clx-aa") == []


def test_noise_among_answers_is_nothing() -> None:
    assert SLURM.parse_queue("slurm_load_jobs error: Unable to contact slurm controller\n") == {}
    assert SLURM.parse_queue("").get("7", UNKNOWN) == UNKNOWN
