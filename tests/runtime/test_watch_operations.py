"""watching.watch: an answer when there is news, with what has ended; after a while, or woken, without."""

from __future__ import annotations

import base64
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from clustrix_bundle.agent.place import LocalPlace

JOB = "0123456789abcdef"
OTHER = "fedcba9876543210"
_HOUR_S = 3600


class Jobs:
    """Folders of jobs whose tasks end when a test says so."""

    def __init__(self, work: Path) -> None:
        self.place = LocalPlace(str(work))
        self.folders: dict[str, Path] = {}

    def make(self, job: str, tasks: int) -> None:
        made = self.place.call("jobs.create", body=b"", job=job, spec={"tasks": tasks}, prelude="")
        self.folders[job] = Path(made["folder"])

    def end(self, job: str, task: int, result: bytes = b"", mode: int = 0o600) -> None:
        folder = self.folders[job] / "tasks" / str(task)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "result").write_bytes(result)
        (folder / "result").chmod(mode)
        outcome = {"state": "completed", "final": True, "result": "as JSON", "files": {"result": {"size": len(result)}}}
        (folder / "outcome.part").write_text(json.dumps(outcome))
        (folder / "outcome.part").rename(folder / "outcome.json")
        (folder / "claim").write_text("\n1\nhost")

    def watch(self, known: dict[str, str], wait_s: float = _HOUR_S, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.place.call("watching.watch", jobs=known, wait_s=wait_s, token="t", **more)
        return found


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    made = Jobs(tmp_path / "work")
    made.make(JOB, 2)
    return made


def test_without_news_the_answer_comes_after_the_time_that_was_given(jobs: Jobs) -> None:
    assert jobs.watch({JOB: "pp"}, 0)[JOB]["letters"] == "pp"
    assert jobs.watch({JOB: "pp"}, 0.02)[JOB]["outcomes"] == {}


def test_it_comes_at_once_where_the_client_knows_less(jobs: Jobs) -> None:
    assert jobs.watch({JOB: ""})[JOB]["letters"] == "pp"


def test_the_end_of_a_task_is_news_and_its_result_comes_along(jobs: Jobs) -> None:
    later = threading.Timer(0.05, jobs.end, (JOB, 1, b"pickle"))
    later.start()
    found = jobs.watch({JOB: "pp"})[JOB]
    later.join()
    assert found["letters"] == "pc"
    assert found["outcomes"]["1"]["files"]["result"]["base64"] == base64.b64encode(b"pickle").decode()
    assert "result" not in found["outcomes"]["1"], "large results would come twice"
    assert jobs.watch({JOB: "pc"}, 0)[JOB]["outcomes"] == {}, "what the client knows is not sent again"


def test_what_is_too_large_or_open_to_others_is_not_sent_along(jobs: Jobs) -> None:
    jobs.end(JOB, 0, b"x" * 11)
    jobs.end(JOB, 1, b"y", mode=0o666)
    outcomes = jobs.watch({JOB: ""}, most=10)[JOB]["outcomes"]
    assert [outcomes[task]["files"]["result"] for task in "01"] == [{"size": 11}, {"size": 1}]


def test_a_job_that_is_gone_is_news(jobs: Jobs) -> None:
    assert jobs.watch({JOB: "pp", OTHER: "p"})[OTHER] is None


def test_it_can_be_woken_and_before_it_began_too(jobs: Jobs) -> None:
    jobs.place.call("watching.wake", token="t")
    assert jobs.watch({JOB: "pp"})[JOB]["letters"] == "pp"
    later = threading.Timer(0.05, jobs.place.call, ("watching.wake",), {"token": "t"})
    later.start()
    assert jobs.watch({JOB: "pp"})[JOB]["letters"] == "pp"
    later.join()


def test_over_an_agent_it_stands_in_nobodys_way(jobs: Jobs, agent_client: Any) -> None:
    """Other questions are answered while it waits, and the connection is known to live."""
    from clustrix_bundle.agent.place import RemotePlace

    place = RemotePlace(agent_client(), str(jobs.folders[JOB].parents[2]))
    answers: list[Any] = []
    watching = threading.Thread(
        target=lambda: answers.append(place.call("watching.watch", jobs={JOB: "pp"}, wait_s=_HOUR_S, token="t"))
    )
    watching.start()
    assert place.call("jobs.look", jobs={JOB: ""})[JOB]["letters"] == "pp"
    jobs.end(JOB, 0)  # one alone, for the first is news
    watching.join(60)
    assert answers[0][JOB]["letters"] == "cp"
