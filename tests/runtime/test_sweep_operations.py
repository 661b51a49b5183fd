"""Cleaning a state dir: what may live stays, what is surely dead goes, and nothing is taken from under a submission."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from clustrix_bundle.agent.place import LocalPlace
from clustrix_bundle.runtime import sweep_operations

JOB = "0123456789abcdef"
DAY_S = 86400


class Site:
    """A state dir with one job, running on another host, and the files that it needs."""

    def __init__(self, folder: Path) -> None:
        self.place = LocalPlace(str(folder))
        self.state = folder / f".clustrix-{os.geteuid()}"
        for name in ("bundles/b.tar.zst", "runtime/r.pyz"):
            path = self.state / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        for path in (self.state, *self.state.iterdir()):
            path.chmod(0o700)
        spec = {"id": JOB, "tasks": 1, "engine": "slurm", "bundle": "b", "runtime": "r"}
        self.folder = Path(self.place.call("jobs.create", body=b"", job=JOB, spec=spec, prelude="")["folder"])
        task = self.folder / "tasks/0"
        task.mkdir(parents=True)
        (task / "claim").write_text("7\n1\nanother-host\nboot\nns\n1\n1")
        (task / "beat").write_text("3")

    def age(self, seconds: float) -> None:
        moment = time.time() - seconds
        for path in self.state.rglob("*"):
            os.utime(path, (moment, moment))

    def sweep(self, **given: object) -> dict[str, object]:
        swept: dict[str, object] = self.place.call("cleaning.sweep", **{"older_s": 0, "dry": False, **given})
        return swept


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_job_that_was_lost_with_another_host_goes_after_a_day_of_silence(site: Site) -> None:
    site.age(2 * DAY_S)
    assert site.sweep()["live"] == [JOB], "its scheduler may know it"
    assert (site.sweep(unknown=[JOB])["live"], site.folder.exists()) == ([], False)
    assert not (site.state / "bundles/b.tar.zst").exists()


def test_a_job_whose_heart_beat_today_lives_whatever_is_said_of_it(site: Site) -> None:
    site.age(2 * DAY_S)
    (site.folder / "tasks/0/beat").write_text("4")
    assert (site.sweep(unknown=[JOB])["live"], site.folder.exists()) == ([JOB], True)


def test_a_job_that_was_made_and_never_started_goes_too(site: Site) -> None:
    (site.folder / "tasks/0/claim").unlink()
    site.age(2 * DAY_S)
    assert site.sweep(unknown=[JOB])["live"] == []


def test_what_a_submission_was_told_is_there_stays_though_it_was_to_go(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.age(2 * DAY_S)
    bundle = site.state / "bundles/b.tar.zst"
    files = [["bundles/b.tar.zst", 1, ""]]
    remove = sweep_operations._remove

    def asked_for_meanwhile(path: str, *given: object) -> bool:
        if path == str(bundle):
            assert site.place.call("store.missing", files=files) == []
        return remove(path, *given)

    monkeypatch.setattr(sweep_operations, "_remove", asked_for_meanwhile)
    swept = site.sweep(unknown=[JOB])
    assert bundle.exists()
    assert str(bundle) not in json.dumps(swept["removed"])
    assert not list(bundle.parent.glob(".gone-*"))
