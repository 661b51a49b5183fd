import os

import pytest
from clustrix_bundle.bundler.publication import write_beside


def test_a_file_appears_whole_with_its_folders(tmp_path):
    with write_beside(str(tmp_path / "a/b")) as publication:
        publication.file.write(b"content")
        assert [name for name in os.listdir(tmp_path / "a/b") if not name.endswith(".part")] == []
        publication.publish(str(tmp_path / "a/b/x"))
    assert (tmp_path / "a/b/x").read_bytes() == b"content"
    assert os.listdir(tmp_path / "a/b") == ["x"]


def test_what_is_not_published_leaves_no_trace(tmp_path):
    with pytest.raises(RuntimeError), write_beside(str(tmp_path / "a/b")) as publication:
        publication.file.write(b"half")
        raise RuntimeError
    assert os.listdir(tmp_path) == []


def test_folders_that_were_there_stay(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(RuntimeError), write_beside(str(tmp_path / "a/b")):
        raise RuntimeError
    assert os.listdir(tmp_path) == ["a"]
    assert os.listdir(tmp_path / "a") == []


def test_a_folder_of_that_name_is_not_replaced(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(FileExistsError), write_beside(str(tmp_path)) as publication:
        publication.publish(str(tmp_path / "x"))
    assert os.listdir(tmp_path) == ["x"]
