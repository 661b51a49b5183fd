"""RemoteDeployer: each file once, by content; over an agent's channel."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from clustrix_bundle.agent.place import LocalPlace
from clustrix_bundle.build import BuildOptions
from clustrix_bundle.deploy import Artefact, RemoteDeployer
from clustrix_bundle.order import Order, packed_target


class Counting:
    """A place that counts what it is asked."""

    def __init__(self, folder: Path) -> None:
        self._place = LocalPlace(str(folder))
        self.asked: list[str] = []
        self.break_after = -1

    def call(self, operation: str, *, body: Any = None, **arguments: Any) -> Any:
        self.asked.append(operation)
        return self._place.call(operation, body=None if body is None else lambda: self._breaking(body()), **arguments)

    def _breaking(self, pieces: Any) -> Iterator[bytes]:
        for piece in pieces:
            if self.break_after == 0:
                self.break_after = -1
                raise EOFError("gone")
            self.break_after -= 1
            yield piece


@pytest.fixture
def place(tmp_path: Path) -> Counting:
    return Counting(tmp_path / "work")


@pytest.fixture
def order(tmp_path: Path) -> Iterator[Order]:
    source = tmp_path / "source"
    source.mkdir()
    (source / "mod.py").write_text('def f():\n    return len(open("large.bin", "rb").read())\n')
    (source / "large.bin").write_bytes(bytes(range(256)) * 8192)
    with packed_target(f"{source}/mod.py:f", None, BuildOptions(root=str(source))) as made:
        yield made


def _deploy(place: Any, order: Order, told: list[tuple[int, int]] | None = None) -> int:
    tell = (lambda done, total: told.append((done, total))) if told is not None else (lambda done, total: None)
    return RemoteDeployer(progress=tell, place=place).deploy(order).sent


def test_only_what_is_missing_is_sent_and_an_unchanged_bundle_is_one_question(place: Counting, order: Order) -> None:
    told: list[tuple[int, int]] = []
    sent = _deploy(place, order, told)
    assert place.asked == ["store.missing", "store.put", "store.put", "store.put"]
    assert told[-1] == (sent, sent)
    assert sent > 2 << 20, "the data is a blob of its own"
    assert Path(order.path).stat().st_size < 1 << 20
    place.asked.clear()
    assert _deploy(place, order) == 0
    assert place.asked == ["store.missing"]


def test_a_changed_helper_does_not_send_the_data_again(place: Counting, order: Order, tmp_path: Path) -> None:
    _deploy(place, order)
    (tmp_path / "source/mod.py").write_text('def f():\n    return 2 * len(open("large.bin", "rb").read())\n')
    with packed_target(f"{tmp_path}/source/mod.py:f", None, BuildOptions(root=str(tmp_path / "source"))) as changed:
        assert changed.bundle != order.bundle
        assert 0 < _deploy(place, changed) < 1 << 20


def test_a_broken_upload_goes_on_where_it_ended(place: Counting) -> None:
    content = bytes(range(256)) * 8192
    file = Artefact("blobs/x", len(content), hashlib.sha256(content).hexdigest(), content)
    deployer = RemoteDeployer(progress=lambda done, total: None, place=place)
    place.break_after = 4
    with pytest.raises(EOFError):
        deployer.send([file])
    assert 0 < deployer.send([file]) < len(content)
    assert deployer.send([file]) == 0


def test_an_upload_goes_on_over_connections_that_drop(sshd: Any, proxy: Any, tmp_path: Path) -> None:
    """The first two are cut; what has arrived is not sent again."""
    content = bytes(range(256)) * (16 << 12)
    file = Artefact("blobs/x", len(content), hashlib.sha256(content).hexdigest(), content)
    before_it = proxy()
    cuts = [6 << 20, 12 << 20]
    told: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        told.append((done, total))
        if cuts and done > cuts[0]:
            del cuts[0]
            before_it.cut()

    config = sshd.config(before_it.port, remote_work_dir=f"{sshd.work}/{tmp_path.name}")
    sent = RemoteDeployer(config, tell).send([file])
    assert cuts == []
    assert len(content) < sent < len(content) + (12 << 20), "from its beginning each time, it would have been 18 MiB more"
    assert told[-1] == (sent, sent)
    (stored,) = Path(sshd.work, tmp_path.name).glob(".clustrix-*/blobs/*")
    assert stored.read_bytes() == content


def test_deployers_at_the_same_moment_do_not_meet(order: Order, tmp_path: Path) -> None:
    places = [Counting(tmp_path / "work") for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        sent = list(threads.map(lambda place: _deploy(place, order), places))
    assert max(sent) > 2 << 20
    assert _deploy(places[0], order) == 0
    left = [path.name for path in tmp_path.glob("work/.clustrix-*/*/.*")]
    assert left == []


def test_a_part_that_was_damaged_meanwhile_is_sent_from_its_beginning(place: Counting, tmp_path: Path) -> None:
    content = bytes(range(256)) * 8192
    file = Artefact("blobs/x", len(content), hashlib.sha256(content).hexdigest(), content)
    deployer = RemoteDeployer(progress=lambda done, total: None, place=place)
    place.break_after = 4
    with pytest.raises(EOFError):
        deployer.send([file])
    (part,) = tmp_path.glob("work/.clustrix-*/blobs/.part-*")
    part.write_bytes(b"?" * part.stat().st_size)
    assert deployer.send([file]) > len(content) // 2
    (stored,) = tmp_path.glob("work/.clustrix-*/blobs/x")
    assert stored.read_bytes() == content


def test_a_job_finds_its_detached_data(place: Counting, order: Order, tmp_path: Path) -> None:
    from clustrix_bundle import ClusterConfig
    from clustrix_bundle.submission import Cluster

    cluster = Cluster(ClusterConfig(local_work_dir=str(tmp_path / "here")))
    (job,) = cluster.submit(order, {})
    assert job.result(60) == 2 << 20
