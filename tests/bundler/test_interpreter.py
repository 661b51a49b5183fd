"""The value for our own Python agrees with what a fresh process of it has."""

from __future__ import annotations

import json
import subprocess
import sys

from clustrix_bundle.bundler.interpreter import pth_folders, this_interpreter, with_linked_site_folders


def test_our_own_interpreter_is_told_without_what_its_caller_did_to_the_path(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(tmp_path)
    interpreter = this_interpreter()
    assert str(tmp_path) not in (*interpreter.site_folders, *interpreter.stdlib_folders)
    assert interpreter.version == sys.version_info[:3]
    assert {"json", "sys", "tomllib"} <= interpreter.stdlib_names


def test_what_is_loaded_before_user_code_cannot_be_shadowed(tmp_path):
    code = "import sys, json; print(json.dumps([n for n in sys.modules if '.' not in n and n in sys.stdlib_module_names]))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import sys; a = list(sys.modules); " + code.replace("sys.modules if", "a if")],
        capture_output=True,
        check=True,
    )
    loaded = set(json.loads(done.stdout)) - {"__main__"}
    assert loaded <= this_interpreter().unshadowed


def test_pth_files_are_read_as_site_reads_them(tmp_path, write_tree):
    site = write_tree(
        tmp_path / "site-packages",
        {
            "b.pth": "../two\n",
            "a.pth": f"# no\n\n{tmp_path}/one\nimport this\n",
            ".hidden.pth": f"{tmp_path}/three\n",
            "c.pth": "\xff\xfe".encode("latin-1"),
        },
    )
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
    assert pth_folders(str(site)) == [str(tmp_path / "one"), str(tmp_path / "two")]


def test_a_site_folder_that_a_pth_file_names_holds_packages_not_sources(tmp_path, write_tree):
    other = write_tree(tmp_path / "env", {"x-1.dist-info/METADATA": ""})
    site = write_tree(tmp_path / "site-packages", {"link.pth": f"{other}\n"})
    assert with_linked_site_folders([str(site)]) == (str(site), str(other))
