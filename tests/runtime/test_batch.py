"""Batches: futures, one sending for many calls, errors of their own."""

from pathlib import Path

import pytest

from clustrix_bundle.runtime.batch import Batch, run_one_by_one
from clustrix_bundle.runtime.config import ClusterConfig
from clustrix_bundle.runtime.filesystem import ClusterFilesystem
from clustrix_bundle.runtime.local_files import OPERATIONS


@pytest.fixture
def fs(tmp_path: Path) -> ClusterFilesystem:
    (tmp_path / "a.csv").write_text("abc")
    return ClusterFilesystem(ClusterConfig(local_work_dir=tmp_path))


def test_calls_give_futures_with_what_the_filesystem_says(fs: ClusterFilesystem) -> None:
    with fs.batch() as batch:
        futures = [
            batch.ls(),
            batch.find("*.csv"),
            batch.stat("a.csv"),
            batch.exists("x"),
            batch.isdir("."),
            batch.isfile(path="a.csv"),
        ]
        futures += [batch.glob("*", path="."), batch.du("."), batch.count_files()]
        assert not any(future.done() for future in futures)
    assert all(future.done() for future in futures)
    assert [future.result() for future in futures] == [
        ["a.csv"], ["a.csv"], fs.stat("a.csv"), False, True, True, ["a.csv"], fs.du(), 1,
    ]  # fmt: skip


def test_errors_stay_with_their_call(fs: ClusterFilesystem) -> None:
    with fs.batch() as batch:
        missing, outside, wrong, fine = batch.stat("none"), batch.exists("/etc"), batch.ls(1, 2, 3), batch.exists("a.csv")
    assert isinstance(missing.exception(), FileNotFoundError)
    with pytest.raises(PermissionError):
        outside.result()
    with pytest.raises(TypeError):
        wrong.result()
    assert fine.result() is True


def test_all_that_waits_is_sent_at_once_when_one_is_read() -> None:
    sent = []

    class Files:
        def exists(self, path: str) -> str:
            return path.upper()

    def run(calls: list[tuple[str, tuple[object, ...], dict[str, object]]]) -> list[tuple[bool, object]]:
        sent.append(calls)
        return run_one_by_one(Files(), calls)

    with Batch(run) as batch:
        first, second = batch.exists("a"), batch.exists("b")
        assert sent == []
        assert second.result() == "B"
        assert first.done()
        third = batch.exists(path="c")
    assert third.result() == "C"
    assert sent == [[("exists", ("a",), {}), ("exists", ("b",), {})], [("exists", (), {"path": "c"})]]


def test_an_error_inside_the_block_cancels_what_waits(fs: ClusterFilesystem) -> None:
    with pytest.raises(KeyError), fs.batch() as batch:
        future = batch.ls()
        raise KeyError
    assert future.cancelled()


def test_when_nothing_can_be_sent_every_future_says_so() -> None:
    def run(calls: object) -> list[tuple[bool, object]]:
        raise ConnectionError("gone")

    batch = Batch(run)
    futures = [batch.ls(), batch.ls()]
    with pytest.raises(ConnectionError):
        batch.flush()
    assert all(isinstance(future.exception(), ConnectionError) for future in futures)


def test_a_batch_has_the_operations_and_nothing_else(fs: ClusterFilesystem) -> None:
    batch = fs.batch()
    assert set(OPERATIONS) <= set(dir(batch))
    with pytest.raises(AttributeError, match="'iter_find'"):
        batch.iter_find("*")
