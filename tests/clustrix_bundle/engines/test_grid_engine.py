"""Grid Engine's words, on what a Grid Engine 8.1.9 printed."""

import pytest
from clustrix_bundle.engines.grid_engine import GridEngine
from clustrix_bundle.engines.scheduler import Request, Resources, SchedulerError
from clustrix_bundle.runtime.config import ConfigError

SGE = GridEngine()

QSTAT = """<?xml version='1.0'?>
<job_info  xmlns:xsd="http://gridengine.sunsource.net/source/browse/*checkout*/gridengine/source/dist/util/resources/schemas/qstat/qstat.xsd?revision=1.11">
  <queue_info>
    <job_list state="running">
      <JB_job_number>7</JB_job_number>
      <JAT_prio>0.55500</JAT_prio>
      <JB_name>clx-aa</JB_name>
      <JB_owner>root</JB_owner>
      <state>r</state>
      <JAT_start_time>2026-11-24T10:00:00</JAT_start_time>
      <queue_name>all.q@vm</queue_name>
      <slots>1</slots>
      <tasks>1</tasks>
    </job_list>
  </queue_info>
  <job_info>
    <job_list state="pending">
      <JB_job_number>7</JB_job_number>
      <JB_name>clx-aa</JB_name>
      <state>qw</state>
      <tasks>2</tasks>
    </job_list>
    <job_list state="pending">
      <JB_job_number>8</JB_job_number>
      <JB_name>other</JB_name>
      <state>Eqw</state>
    </job_list>
    <job_list state="pending">
      <JB_job_number>9</JB_job_number>
      <JB_name>held</JB_name>
      <state>hqw</state>
    </job_list>
  </job_info>
</job_info>
"""

QACCT = """\
==============================================================
qname        all.q
hostname     vm
jobnumber    7
taskid       1
failed       0
exit_status  0
deleted_by   NONE
==============================================================
qname        all.q
jobnumber    7
taskid       2
failed       37  : qmaster enforced h_rt, h_cpu, or h_vmem limit
exit_status  137
deleted_by   NONE
==============================================================
jobnumber    7
taskid       3
failed       19  : before writing exit_status
exit_status  0
==============================================================
jobnumber    7
taskid       4
failed       0
exit_status  3
==============================================================
jobnumber    8
taskid       undefined
failed       100 : assumedly after job
exit_status  137
deleted_by   ann@vm
"""


def test_indices_begin_with_one_there_and_tasks_with_nought() -> None:
    argv = SGE.submit_argv(
        Request("clx-aa", "/s/jobs/aa", 100, 50, Resources(memory=1 << 30, time_s=60, queue="all.q"), at_once=5)
    )
    assert argv[argv.index("-t") + 1] == "1-50"
    assert argv[argv.index("-tc") + 1] == "5"
    assert argv[argv.index("-l") + 1] == "h_vmem=1024M,h_rt=60"
    assert argv[-3:] == ["/s/jobs/aa/batch.sh", "--first", "99"]
    assert SGE.parse_queue(QSTAT)["7_0"].word == "running"
    assert SGE.submit_argv(Request("clx-aa", "/s/jobs/aa", 3, 1, Resources()))[-2:] == ["--task", "3"]


@pytest.mark.parametrize(("said", "number"), [("7\n", "7"), ("7.1-200:1\n", "7"), ("hello\n12.1-5:1\n", "12")])
def test_the_id_of_jobs_and_arrays(said: str, number: str) -> None:
    assert SGE.parse_job_id(said) == number


def test_no_id_is_an_error() -> None:
    with pytest.raises(SchedulerError, match="denied"):
        SGE.parse_job_id("denied: no such queue")


def test_the_queue() -> None:
    states = SGE.parse_queue(QSTAT)
    assert {task: state.word for task, state in states.items()} == {
        "7_0": "running",
        "7_1": "waiting",
        "8": "waiting",
        "9": "waiting",
    }
    assert "error state" in states["8"].reason
    assert SGE.parse_found(QSTAT, "clx-aa") == ["7"]
    assert SGE.parse_queue("error: commlib error") == {}


def test_the_accounting_reads_failed_before_the_exit_status() -> None:
    states = SGE.parse_account(QACCT)
    assert {task: state.state for task, state in states.items()} == {
        "7_0": "completed",
        "7_1": "timeout",
        "7_2": "failed",
        "7_3": "failed",
        "8": "cancelled",
    }
    assert states["7_3"].reason == "ended with exit code 3"
    assert "before writing exit_status" in states["7_2"].reason


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
