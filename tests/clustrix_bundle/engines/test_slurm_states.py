"""Each end of a job in SLURM's words is a cause and a next step in ours; rows marked ``seen`` are what a SLURM 22.05 printed."""

import re

import pytest
from clustrix_bundle.engines.slurm import Slurm
from clustrix_bundle.engines.slurm_states import read_state

SLURM = Slurm()
STEPS = r"submit it again|ask the site|ask for (more|less|another)|see its log|memory="

# State, reason, exit code as --Format=exit_code has it: what became of it, and what is said.
ENDED = {
    ("FAILED", "NonZeroExitCode", "768"): ("failed", "ended with exit code 3: see its log"),  # seen
    ("FAILED", "NonZeroExitCode", ""): ("failed", "another exit code than 0"),
    ("FAILED", "JobLaunchFailure", "9"): ("failed", r"ended by signal 9, as happens to what is over its memory.*memory="),  # seen
    ("FAILED", "JobLaunchFailure", "11"): ("failed", "ended by signal 11: a crash in compiled code"),  # seen
    ("FAILED", "JobLaunchFailure", "139"): ("failed", "ended by signal 11: a crash in compiled code"),  # it left a core
    ("FAILED", "JobLaunchFailure", "15"): ("failed", "ended by signal 15: somebody there ended it"),  # seen
    ("FAILED", "JobLaunchFailure", "4021"): ("failed", "could not start it on its node: .*share the work dir"),  # seen
    ("FAILED", "JobLaunchFailure", ""): ("failed", "could not be started, or was ended by a signal, .*memory="),
    ("FAILED", "RaisedSignal:9(Killed)", ""): ("failed", "ended by signal 9, .*memory="),
    ("FAILED", "RaisedSignal:24(CPU_time_limit_exceeded)", ""): ("failed", "processor time"),
    ("FAILED", "RaisedSignal:53(Real-time_signal_19)", ""): ("failed", "could not start it on its node"),
    ("FAILED", "RaisedSignal", ""): ("failed", "memory="),
    ("FAILED", "BadConstraints", "1"): ("failed", "no node has what it asks for; ask for less"),
    ("FAILED", "Constraints", ""): ("failed", "no node has what it asks for"),
    ("FAILED", "SystemFailure", ""): ("failed", "SLURM itself failed"),
    ("FAILED", "NodeDown", ""): ("failed", "its node failed"),
    ("FAILED", "OutOfMemory", "125"): ("failed", "over its memory"),
    ("FAILED", "TimeLimit", ""): ("timeout", "over its time limit"),
    ("FAILED", "InvalidQOS", ""): ("failed", "another partition, account or qos"),
    ("FAILED", "BurstBufferOperation", ""): ("failed", "burst buffer"),
    ("FAILED", "None", ""): ("failed", "does not say why: see its log"),
    ("FAILED", "Prolog | failed on n1", ""): ("failed", r"SLURM says Prolog \| failed on n1: see its log"),
    ("OUT_OF_MEMORY", "OutOfMemory", "125"): ("failed", "over its memory: ask for more with memory="),
    ("TIMEOUT", "TimeLimit", "0"): ("timeout", "over its time limit"),
    ("DEADLINE", "DeadLine", "0"): ("timeout", "its deadline in the scheduler passed"),
    ("NODE_FAIL", "NodeDown", "1"): ("failed", "its node failed; submit it again"),
    ("BOOT_FAIL", "None", ""): ("failed", "its node did not start"),
    ("PREEMPTED", "None", ""): ("failed", "preempted by another job"),
    ("CANCELLED", "PartitionConfig", "0"): ("cancelled", "cancelled in the scheduler"),  # seen
}


@pytest.mark.parametrize(("state", "reason", "code"), ENDED, ids=" ".join)
def test_each_end_has_a_cause_and_a_next_step(state: str, reason: str, code: str) -> None:
    became, words = ENDED[state, reason, code]
    from_queue = SLURM.parse_queue(f"7|{state}|{reason}\n")["7"]
    told = read_state(state, reason, code)
    assert (from_queue.word, from_queue.state, told.state) == ("ended", became, became)
    assert re.search(words, told.reason), told.reason
    if became == "failed":
        for one in (from_queue, told):
            assert re.search(STEPS, one.reason), one.reason


def test_what_the_queue_says_too_little_of_is_vague() -> None:
    vague = {key: SLURM.parse_queue(f"7|{key[0]}|{key[1]}\n")["7"].vague for key in ENDED}
    assert {reason.partition(":")[0] for (state, reason, _), yes in vague.items() if yes and state == "FAILED"} == {
        "NonZeroExitCode", "JobLaunchFailure", "RaisedSignal", "None", "Prolog | failed on n1",
    }  # fmt: skip
    assert not vague["FAILED", "RaisedSignal:9(Killed)", ""]
    assert not vague["FAILED", "BadConstraints", "1"]
    assert vague["CANCELLED", "PartitionConfig", "0"], "the accounting knows by whom"


ACCOUNTING = {
    "7|FAILED|0:9|n1": "ended by signal 9, as happens",
    "7|FAILED|0:53|n1": "could not start it on its node",
    "7|FAILED|0:1|None assigned": "no node has what it asks for",
    "7|OUT_OF_MEMORY|0:125|n1": "over its memory: ask for more with memory=",
    "7|CANCELLED by 1000|0:0|n1": "cancelled in the scheduler by user 1000",
    "7|NODE_FAIL|1:0|n1": "its node failed",
    "7                                       |FAILED              |4021        |": "could not start it on its node",  # seen
    "7                                       |FAILED              |768         |": "ended with exit code 3",  # seen
}


@pytest.mark.parametrize("row", ACCOUNTING)
def test_rows_of_the_accounting_and_of_squeues_exit_codes(row: str) -> None:
    assert ACCOUNTING[row] in SLURM.parse_account(row + "\n")["7"].reason


STUCK = {
    "launch failed requeued held": "could not start it.*`scontrol release` lets it try again",
    "job requeued in held state": "holds it",
    "JobHoldMaxRequeue": "too often",
    "JobHeldAdmin": "ask the site",
    "PartitionNodeLimit": "ask for less",
    "AssocMaxCpuMinutesPerJobLimit": "ask for less",
    "QOSMaxGRESPerJob": "ask for less",
    "QOSMinCpuNotSatisfied": "never start",
    "AccountNotAllowed": "another account",
    "ReservationDeleted": "submit it again",
    "Resources": "",
    "Priority": "",
    "BeginTime": "",
    "QOSMaxCpuPerUserLimit": "",
    "AssocGrpMemLimit": "",
    "ReqNodeNotAvail, UnavailableNodes:n1": "",
    "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions": "",
}


@pytest.mark.parametrize("reason", STUCK)
def test_what_waits_for_somebody_says_for_whom_and_what_waits_for_its_turn_just_waits(reason: str) -> None:
    told = SLURM.parse_queue(f"7|PENDING|{reason}\n")["7"]
    assert (told.word, told.stuck) == ("waiting", bool(STUCK[reason]))
    assert reason in told.reason
    assert re.search(STUCK[reason], told.reason), told.reason
