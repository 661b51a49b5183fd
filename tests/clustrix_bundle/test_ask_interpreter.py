"""Other interpreters are asked, not guessed: each that is at hand answers."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from clustrix_bundle.ask_interpreter import ask_interpreter, find_executable
from clustrix_bundle.bundler.errors import SettingsError
from clustrix_bundle.bundler.interpreter import this_interpreter


def others() -> list[Path]:
    found = {}
    for path in sorted(Path("~/.pyenv/versions").expanduser().glob("3.*/bin/python")):
        found[path.parent.parent.name] = path
    return list(found.values())


@pytest.mark.parametrize("python", others(), ids=lambda path: path.parent.parent.name)
def test_every_python_answers(python):
    interpreter = ask_interpreter(str(python))
    said = subprocess.run([python, "-c", "import sys; print(*sys.version_info[:3])"], capture_output=True, text=True, check=True)
    assert " ".join(map(str, interpreter.version)) == said.stdout.strip()
    assert {"json", "sys", "os", "_thread"} <= interpreter.stdlib_names
    assert {"sys", "builtins", "time", "os"} <= interpreter.unshadowed
    assert any(suffix.endswith(".so") for suffix in interpreter.extension_suffixes)
    assert all(os.path.isabs(folder) for folder in (*interpreter.site_folders, *interpreter.stdlib_folders))


def test_our_own_python_in_another_process_says_what_this_one_knows(tmp_path):
    made = tmp_path / "env"
    venv.create(made, with_pip=False, symlinks=True)
    asked = ask_interpreter(str(made / "bin" / "python"))
    own = this_interpreter()
    assert asked.version == own.version
    assert asked.stdlib_names == own.stdlib_names
    assert asked.stdlib_folders == own.stdlib_folders
    assert asked.extension_suffixes == own.extension_suffixes
    assert asked.site_folders == (str(made / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"),)
    assert own.unshadowed - asked.unshadowed == set()


def test_modules_in_the_current_folder_do_not_answer_for_the_interpreter(tmp_path, monkeypatch):
    made = tmp_path / "env"
    venv.create(made, with_pip=False, symlinks=True)
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert ask_interpreter(str(made / "bin" / "python")).version == sys.version_info[:3]


def test_what_is_no_python_is_refused(tmp_path):
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho no >&2\nexit 3\n")
    script.chmod(0o755)
    with pytest.raises(SettingsError, match="no"):
        ask_interpreter(str(script))
    with pytest.raises(SettingsError, match="cannot be run"):
        ask_interpreter(str(tmp_path / "gone"))


def test_the_interpreter_is_the_one_asked_for_else_that_of_the_environment(tmp_path):
    for name in ("venv", "conda", "project/.venv"):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "bin" / "python").symlink_to(sys.executable)
    both = {"VIRTUAL_ENV": str(tmp_path / "venv"), "CONDA_PREFIX": str(tmp_path / "conda")}
    project = tmp_path / "project"
    assert find_executable(str(tmp_path / "conda"), both, project) == str(tmp_path / "conda/bin/python")
    assert find_executable(None, both, project) == str(tmp_path / "venv/bin/python")
    assert find_executable(None, {"CONDA_PREFIX": both["CONDA_PREFIX"]}, project) == str(tmp_path / "conda/bin/python")
    assert find_executable(None, {}, project) == str(project / ".venv/bin/python")
    assert find_executable(None, {}, None) is None
    with pytest.raises(SettingsError, match="no such interpreter"):
        find_executable("/no/such/python", {}, None)
