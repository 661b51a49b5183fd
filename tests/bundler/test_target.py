from __future__ import annotations

from pathlib import Path

import pytest
from clustrix_bundle.bundler.errors import TargetError
from clustrix_bundle.bundler.target import module_of_file, parse_target


def test_the_four_forms_are_told_apart(tmp_path, write_tree):
    write_tree(tmp_path, {"path/script.py": "", "nb.ipynb": "{}", "a:b/s.py": ""})
    assert parse_target("pkg.mod:Class.method", tmp_path).module == "pkg.mod"
    assert parse_target("pkg.mod:Class.method", tmp_path).qualname == "Class.method"
    assert parse_target("path/script.py:func", tmp_path).path == tmp_path / "path" / "script.py"
    assert parse_target("nb.ipynb:func", tmp_path).is_notebook
    assert parse_target("path/../nb.ipynb:func", tmp_path).path == tmp_path / "nb.ipynb"
    assert parse_target("a:b/s.py:func", tmp_path).path == tmp_path / "a:b" / "s.py"
    assert parse_target(f"{tmp_path}/path/script.py:func", Path("/")).path == tmp_path / "path" / "script.py"


def test_a_file_below_an_init_is_a_module_of_its_package(tmp_path, write_tree):
    root = write_tree(
        tmp_path, {"a/__init__.py": "", "a/b/__init__.py": "", "a/b/c.py": "", "a/__main__.py": "", "s.py": "", "n/x.py": ""}
    )
    names = {
        path: module_of_file(root / path).name for path in ("a/b/c.py", "a/b/__init__.py", "a/__main__.py", "s.py", "n/x.py")
    }
    assert names == {
        "a/b/c.py": "a.b.c",
        "a/b/__init__.py": "a.b",
        "a/__main__.py": "a.__main__",
        "s.py": "__main__",
        "n/x.py": "__main__",
    }
    assert module_of_file(root / "a/b/c.py").folder == root


def test_the_folder_of_a_linked_script_is_the_one_it_lies_in_as_python_has_it(tmp_path, write_tree):
    root = write_tree(tmp_path, {"real/s.py": ""})
    (root / "link.py").symlink_to("real/s.py")
    assert module_of_file(root / "link.py").folder == root / "real"


@pytest.mark.parametrize("where", ["x" * 300 + ".py", "x/" * 3000 + "y.py", "x" * 300 + "-"])
def test_a_name_that_no_file_can_have_is_an_error_like_others(tmp_path, where):
    with pytest.raises(TargetError):
        parse_target(f"{where}:f", tmp_path)
