"""The one line about how a task ended: what its outcome says, what its scheduler knows besides, and what to do."""

from __future__ import annotations

from typing import Any

import pytest
from clustrix_bundle.results import describe_cause

KILLED = {"cause": {"kind": "signal", "text": "killed by SIGTERM", "signal": 15}}
RAISED = {"cause": {"kind": "exception", "text": "ValueError: no good"}}


@pytest.mark.parametrize(
    ("state", "outcome", "reason", "told"),
    [
        ("failed", KILLED, "preempted by another job; submit it again", "killed by SIGTERM: preempted by another job; submit it again"),
        ("failed", KILLED, "over its memory: ask for more with memory=", "over its memory: ask for more with memory="),
        (
            "failed",
            KILLED,
            "ended by signal 15: somebody there ended it, or a limit of the machine; submit it again",
            "killed by SIGTERM; somebody there ended it, or a limit of the machine; submit it again",
        ),
        ("failed", KILLED, "", "killed by SIGTERM; somebody there ended it, or a limit of the machine; submit it again"),
        ("failed", RAISED, "ended with exit code 1: see its log", "ValueError: no good"),
        ("failed", None, "its node failed; submit it again", "its node failed; submit it again"),
        ("timeout", KILLED, "over its time limit", "over its time limit; give it more with time="),
        ("timeout", None, "", "over its time limit; give it more with time="),
        ("timeout", None, "its deadline in the scheduler passed; submit it again", "its deadline in the scheduler passed; submit it again"),
        ("cancelled", KILLED, "cancelled in the scheduler by user 0", "cancelled in the scheduler by user 0"),
        ("cancelled", None, "", "somebody cancelled it"),
        ("lost", None, "", "nobody knows what became of it; it left no outcome: see its log, and submit it again"),
    ],
)  # fmt: skip
def test_a_cause_is_told_once_and_with_a_next_step(state: str, outcome: dict[str, Any] | None, reason: str, told: str) -> None:
    assert describe_cause(state, outcome, reason) == told
