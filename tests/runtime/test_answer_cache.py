"""cache_ttl: answers are given again while they are young."""

from pathlib import Path

import pytest

from clustrix_bundle.runtime.answer_cache import AnswerCache
from clustrix_bundle.runtime.config import ClusterConfig
from clustrix_bundle.runtime.filesystem import ClusterFilesystem
from clustrix_bundle.runtime.local_files import LocalFilesystem


def test_answers_are_given_again_until_they_are_too_old(tmp_path: Path) -> None:
    now = [0.0]
    cache = AnswerCache(LocalFilesystem(str(tmp_path)), 10, clock=lambda: now[0])
    assert cache.ls(".") == []
    assert cache.exists("a") is False
    (tmp_path / "a").write_text("")
    now[0] = 10
    assert cache.ls(".") == []
    assert cache.ls("./") == ["a"]
    assert cache.exists("a") is False
    now[0] = 10.1
    assert cache.ls(".") == ["a"]
    assert cache.exists("a") is True


def test_a_list_that_was_given_can_be_changed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    cache = AnswerCache(LocalFilesystem(str(tmp_path)), 10)
    cache.ls(".").clear()
    assert cache.ls(".") == ["a"]


def test_errors_are_not_kept(tmp_path: Path) -> None:
    cache = AnswerCache(LocalFilesystem(str(tmp_path)), 10)
    with pytest.raises(FileNotFoundError):
        cache.stat("a")
    (tmp_path / "a").write_text("1")
    assert cache.stat("a").size == 1


def test_a_configuration_asks_for_it(tmp_path: Path) -> None:
    fs = ClusterFilesystem(ClusterConfig(local_work_dir=tmp_path, cache_ttl=1000))
    assert fs.exists("a") is False
    (tmp_path / "a").write_text("1")
    assert fs.exists("a") is False
    assert list(fs.iter_find("*")) == ["a"]
    with fs.batch() as batch:
        assert batch.exists("a").result() is False
        assert batch.exists(path="a").result() is True
