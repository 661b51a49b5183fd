"""FileInfo and DiskUsage are plain values that travel under their public names."""

import datetime
import pickle

import pytest

import clustrix_bundle
from clustrix_bundle.runtime.file_info import DiskUsage, FileInfo


def test_a_file_info_has_its_fields_and_what_follows_from_them() -> None:
    info = FileInfo(5, 1700000000.5, False, "644", "a.csv")
    assert (info.size, info.modified, info.is_dir, info.permissions, info.name) == (5, 1700000000.5, False, "644", "a.csv")
    assert info.is_file
    assert not FileInfo(0, 0.0, True, "755", "d").is_file
    assert info.modified_datetime == datetime.datetime.fromtimestamp(1700000000.5)
    assert repr(info) == "FileInfo(size=5, modified=1700000000.5, is_dir=False, permissions='644', name='a.csv')"


def test_disk_usage_in_units_of_1024() -> None:
    usage = DiskUsage(3 * 2**29, 7)
    assert (usage.total_bytes, usage.file_count, usage.total_mb, usage.total_gb) == (3 * 2**29, 7, 1536.0, 1.5)


@pytest.mark.parametrize("value", [FileInfo(5, 1.5, False, "644", "a"), DiskUsage(10, 2)])
def test_they_compare_hash_pickle_and_do_not_change(value: object) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        data = pickle.dumps(value, protocol)
        assert b"runtime" not in data
        again = pickle.loads(data)
        assert again == value
        assert hash(again) == hash(value)
    assert value != 5
    assert type(value) is getattr(clustrix_bundle, type(value).__name__)
    for name in ("size", "total_bytes", "new"):
        with pytest.raises(AttributeError, match="does not change"):
            setattr(value, name, 1)
        with pytest.raises(AttributeError, match="does not change"):
            delattr(value, name)
