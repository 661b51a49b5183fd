from __future__ import annotations

import os

import pytest
from clustrix_bundle.bundler.dir_entry import leads_to_file, leads_to_folder

DEAD_ENDS = {"itself": "itself", "through_a_file": "a.csv/inner", "nowhere": "none"}


@pytest.fixture
def folder(tmp_path, write_tree):
    root = write_tree(tmp_path / "folder", {"a.csv": "1", "inner/b.csv": "2"})
    for name, target in {**DEAD_ENDS, "to_file": "a.csv", "to_folder": "inner"}.items():
        (root / name).symlink_to(target)
    return root


def test_links_are_followed_and_dead_ends_are_neither_file_nor_folder(folder):
    with os.scandir(folder) as entries:
        found = {entry.name: (leads_to_file(entry), leads_to_folder(entry)) for entry in entries}
    assert found == {
        "a.csv": (True, False),
        "to_file": (True, False),
        "inner": (False, True),
        "to_folder": (False, True),
        **dict.fromkeys(DEAD_ENDS, (False, False)),
    }
