"""Grid Engine's words, on what a Grid Engine 8.1.9 printed."""

import re

import pytest
from clustrix_bundle.engines.grid_engine import GridEngine
from clustrix_bundle.engines.scheduler import Request, Resources, SchedulerError
from clustrix_bundle.runtime.config import ConfigError

SGE = GridEngine()

QSTAT = """<?xml version='1.0'?>
<job_info  xmlns:xsd="http://arc.liv.ac.uk/repos/darcs/sge/source/dist/util/resources/schemas/qstat/qstat.xsd">
  <queue_info>
    <job_list state="running">
      <JB_job_number>9</JB_job_number>
      <JAT_prio>0.50000</JAT_prio>
      <JB_name>clx-arr</JB_name>
      <JB_owner>root</JB_owner>
      <state>r</state>
      <JAT_start_time>2026-11-24T12:54:55</JAT_start_time>
      <queue_name>main.q@localhost</queue_name>
      <slots>1</slots>
      <tasks>3</tasks>
    </job_list>
  </queue_info>
  <job_info>
    <job_list state="pending">
      <JB_job_number>12</JB_job_number>
      <JAT_prio>0.25000</JAT_prio>
      <JB_name>clx-err</JB_name>
      <JB_owner>root</JB_owner>
      <state>Eqw</state>
      <JB_submission_time>2026-11-24T12:54:56</JB_submission_time>
      <queue_name></queue_name>
      <slots>1</slots>
    </job_list>
    <job_list state="pending">
      <JB_job_number>11</JB_job_number>
      <JAT_prio>0.00000</JAT_prio>
      <JB_name>clx-held</JB_name>
      <JB_owner>root</JB_owner>
      <state>hqw</state>
      <JB_submission_time>2026-11-24T12:54:56</JB_submission_time>
      <queue_name></queue_name>
      <slots>1</slots>
    </job_list>
  </job_info>
</job_info>
"""

QACCT = """\
==============================================================
qname        main.q              
hostname     localhost           
jobname      clx-arr             
jobnumber    9                   
taskid       2                   
failed       100 : assumedly after job
exit_status  137                  (Killed)
ru_wallclock 3s
maxvmem      5.164MB
category     NONE
==============================================================
jobnumber    7                   
taskid       undefined
failed       37  : qmaster enforced h_rt, h_cpu, or h_vmem limit
exit_status  137                  (Killed)
ru_wallclock 9s
maxvmem      27.715MB
category     -l h_rt=8
==============================================================
jobnumber    8                   
taskid       undefined
failed       0    
exit_status  127                 
ru_wallclock 0s
category     NONE
==============================================================
jobnumber    5                   
taskid       undefined
failed       0    
exit_status  0                   
ru_wallclock 4s
category     -l h_vmem=400M
"""  # noqa: W291 - as it was printed, of each record the fields that are read


def test_indices_begin_with_one_there_and_tasks_with_nought() -> None:
    argv = SGE.submit_argv(
        Request("clx-aa", "/s/jobs/aa", 100, 50, Resources(memory=1 << 30, time_s=60, queue="all.q"), at_once=5)
    )
    assert argv[argv.index("-t") + 1] == "1-50"
    assert argv[argv.index("-tc") + 1] == "5"
    assert argv[argv.index("-l") + 1] == "h_vmem=1024M,h_rt=60"
    assert argv[-3:] == ["/s/jobs/aa/batch.sh", "--first", "99"]
    assert SGE.submit_argv(Request("clx-aa", "/s/jobs/aa", 3, 1, Resources()))[-2:] == ["--task", "3"]


@pytest.mark.parametrize(("said", "number"), [("7\n", "7"), ("7.1-200:1\n", "7"), ("hello\n12.1-5:1\n", "12")])
def test_the_id_of_jobs_and_arrays(said: str, number: str) -> None:
    assert SGE.parse_job_id(said) == number


def test_no_id_is_an_error() -> None:
    with pytest.raises(SchedulerError, match="denied"):
        SGE.parse_job_id("denied: no such queue")


def test_the_queue() -> None:
    states = SGE.parse_queue(QSTAT)
    assert {task: state.word for task, state in states.items()} == {"9_2": "running", "12": "waiting", "11": "waiting"}
    assert "error state" in states["12"].reason
    assert states["12"].stuck
    assert SGE.parse_found(QSTAT, "clx-arr") == ["9"]
    assert SGE.parse_queue("error: commlib error") == {}


def test_the_accounting_reads_failed_before_the_exit_status_and_compares_with_the_limits() -> None:
    states = SGE.parse_account(QACCT)
    assert {task: state.state for task, state in states.items()} == {
        "9_1": "cancelled",
        "7": "timeout",
        "8": "failed",
        "5": "completed",
    }
    assert states["8"].reason == "ended with exit code 127: see its log"
    assert "qdel" in states["9_1"].reason


# The fields of a record that are read: what became of it, and what is said. Marked ``seen``: by a Grid Engine 8.1.9; the others after sge_status(5).
RECORDS = {
    "failed 37 : qmaster enforced h_rt, h_cpu, or h_vmem limit|exit_status 137 (Killed)|ru_wallclock 2s|maxvmem 602.574MB|category -l h_vmem=400M": ("failed", "^over its memory: ask for more with memory="),  # seen
    "failed 37 : qmaster enforced h_rt, h_cpu, or h_vmem limit|exit_status 137 (Killed)|ru_wallclock 2s|maxvmem 9MB|category -l h_rt=2": ("timeout", "over its time limit"),  # seen
    "failed 37 : qmaster enforced h_rt, h_cpu, or h_vmem limit|exit_status 137|ru_wallclock 2s|category -l h_vmem=1G,h_rt=99": ("failed", "limit: ask for more with memory="),
    "failed 37 : qmaster enforced h_rt, h_cpu, or h_vmem limit|exit_status 137|ru_wallclock 9s|category -l h_cpu=5": ("failed", "processor time"),
    "failed 100 : assumedly after job|exit_status 137 (Killed)|ru_wallclock 3s|maxvmem 5.164MB|category NONE": ("cancelled", "qdel"),  # seen
    "failed 100 : assumedly after job|exit_status 143 (Terminated)|ru_wallclock 0s|category NONE": ("cancelled", "qdel"),  # seen
    "failed 100 : assumedly after job|exit_status 139 (Segmentation fault)|ru_wallclock 1s|category NONE": ("failed", "ended by signal 11: a crash.*see its log"),  # seen
    "failed 100 : assumedly after job|exit_status 137|ru_wallclock 3s|maxvmem 1.100GB|slots 2|category -l h_vmem=512M": ("failed", "over its memory"),
    "failed 100 : assumedly after job|exit_status 137|ru_wallclock 3s|maxvmem 0.900GB|slots 2|category -l h_vmem=512M": ("cancelled", "qdel"),
    "failed 17 : through signal|exit_status 134|ru_wallclock 3s": ("failed", "ended by signal 6"),
    "failed 100 : assumedly after job|exit_status 0": ("failed", "assumedly after job.*ask the site, or submit it again"),
    "failed 26 : opening input/output file|exit_status 0": ("failed", "folder .*opening input/output file.*share the work dir"),  # seen
    "failed 28 : changing into working directory|exit_status 0": ("failed", "changing into working directory.*share the work dir"),  # seen
    "failed 27 : searching requested shell|exit_status 0": ("failed", "shell"),
    "failed 8 : in prolog|exit_status 0": ("failed", "could not start it .failed 8: in prolog.; ask the site"),
    "failed 10 : in pestart|exit_status 0": ("failed", "could not start it .failed 10: in pestart."),
    "failed 15 : in epilog|exit_status 0": ("failed", "it ran, but .* .failed 15: in epilog.; ask the site"),
    "failed 18 : shepherd returned error|exit_status 0": ("failed", "its node failed.*submit it again"),
    "failed 19 : before writing exit_status|exit_status 0": ("failed", "its node failed.*before writing exit_status.*submit it again"),
    "failed 21 : in recognizing job|exit_status 0": ("failed", "its node failed"),
    "failed 30 : application error returned|exit_status 100": ("failed", "exit code 100"),
    "failed 38 : adding supplementary group|exit_status 0": ("failed", "could not start it"),
    "failed 0|exit_status 3": ("failed", "ended with exit code 3: see its log"),
    "failed 0|exit_status 0": ("completed", "^$"),
    "failed 0|exit_status 0|deleted_by anna": ("cancelled", "deleted by anna"),
}  # fmt: skip


@pytest.mark.parametrize("record", RECORDS)
def test_each_end_has_a_cause_and_a_next_step(record: str) -> None:
    told = SGE.parse_account("jobnumber 3\n" + record.replace("|", "\n") + "\n")["3"]
    state, words = RECORDS[record]
    assert (told.word, told.state) == ("ended", state)
    assert re.search(words, told.reason), told.reason


@pytest.mark.parametrize("failed", ["24 : migrating", "25 : rescheduling"])
def test_an_attempt_that_is_followed_by_another_is_no_end(failed: str) -> None:
    assert SGE.parse_account(f"jobnumber 3\nfailed {failed}\nexit_status 137\n")["3"].word == "unknown"


def test_tasks_are_cancelled_and_claims_read_by_numbers_from_one_on() -> None:
    assert SGE.cancel_argv(["7_0", "8"]) == ["qdel", "7.1", "8"]
    assert (SGE.parse_claim("7_1"), SGE.parse_claim("8")) == ("7_0", "8")


REFUSALS = {
    'Unable to run job: Job was rejected because job requests unknown queue "nowhere"': "set queue=",
    "Unable to run job: job rejected: only 1 jobs are allowed per user (current job count: 1)": "submit again when some have ended",
    "error: commlib error: got select error (Connection refused)": "try again later",
}


@pytest.mark.parametrize("said", REFUSALS)
def test_what_it_refuses_comes_with_a_next_step(said: str) -> None:
    assert REFUSALS[said] in SGE.advice(said)
    assert not SGE.is_too_large(said)


def test_an_array_may_be_too_large() -> None:
    assert SGE.is_too_large("Unable to run job: job rejected: you tried to submit a job with more than 75000 tasks")


def test_one_core_is_a_slot_and_several_come_from_the_parallel_environment():
    one = SGE.submit_argv(Request("clx-aa", "/s/jobs/aa", 0, 1, Resources(cores=1, memory=1 << 30)))
    assert "-pe" not in one
    assert "h_vmem=1024M" in one
    four = SGE.submit_argv(Request("clx-aa", "/s/jobs/aa", 0, 1, Resources(cores=4, memory=1 << 30, parallel_environment="smp")))
    at = four.index("-pe")
    assert four[at : at + 3] == ["-pe", "smp", "4"]
    assert "h_vmem=256M" in four  # it counts for each slot


def test_several_cores_without_a_parallel_environment_are_refused_by_its_name():
    SGE.check(Resources(cores=1))
    with pytest.raises(ConfigError, match="cores=2.*parallel_environment is not set"):
        SGE.check(Resources(cores=2))
