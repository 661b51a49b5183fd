"""Where the source of a running ``__main__`` is found."""

from __future__ import annotations

import linecache
import sys
import types

import pytest
from clustrix_bundle.bundler.capture.errors import SourceGoneError
from clustrix_bundle.bundler.capture.session import find_main_source


@pytest.fixture
def main(monkeypatch):
    """A ``__main__`` of its own, in a process where nothing was typed."""
    made = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", made)
    monkeypatch.setattr(linecache, "cache", {})
    monkeypatch.setitem(sys.modules, "IPython", None)
    monkeypatch.setattr(sys, "argv", [""])  # a process that shares tests out begins with -c
    return made


def _type(number, text):
    linecache.cache[f"<python-input-{number}>"] = (len(text), None, text.splitlines(keepends=True), f"<python-input-{number}>")


def test_a_script_is_its_file(main, tmp_path):
    path = tmp_path / "script.py"
    path.write_text("x = 1\n")
    main.__file__ = str(path)
    found = find_main_source(tmp_path)
    assert (found.kind, found.path, found.content, found.package) == ("script", path, b"x = 1\n", "")


def test_a_module_run_with_m_knows_its_package(main, tmp_path):
    path = tmp_path / "__main__.py"
    path.write_text("x = 1\n")
    main.__file__, main.__package__, main.__spec__ = str(path), "pkg", object()
    assert find_main_source(tmp_path).package == "pkg"


def test_what_was_typed_is_in_the_order_of_its_numbers(main, tmp_path):
    _type(10, "y = 2\n")
    _type(9, "x = 1\n")
    found = find_main_source(tmp_path)
    assert (found.kind, found.content) == ("prompt", b"x = 1\n\ny = 2\n")
    assert found.path.parent == tmp_path


def test_what_was_typed_after_a_script_with_i_follows_it(main, tmp_path):
    path = tmp_path / "script.py"
    path.write_text("x = 1\n")
    main.__file__ = str(path)
    _type(0, "y = 2\n")
    assert find_main_source(tmp_path).content == b"x = 1\n\ny = 2\n"


@pytest.mark.parametrize("option", ["-c", "-Bc"])
def test_the_program_of_a_command_is_its_source(main, tmp_path, monkeypatch, option):
    monkeypatch.setattr(sys, "orig_argv", ["python", "-W", "error", option, "x = 1", "a", "-c"])
    monkeypatch.setattr(sys, "argv", ["-c", "a", "-c"])
    found = find_main_source(tmp_path)
    assert (found.kind, found.path.parent, found.content) == ("command", tmp_path, b"x = 1")


def test_a_program_from_standard_input_is_an_error_that_says_so(main, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", [""])
    with pytest.raises(SourceGoneError, match="standard input.*put them in a file"):
        find_main_source(tmp_path)


def test_a_prompt_that_keeps_nothing_is_an_error_that_says_what_to_do(main, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    with pytest.raises(SourceGoneError, match=r"3\.13.*put the function in a file"):
        find_main_source(tmp_path)


def test_cells_come_from_the_shell_whose_main_it_is(main, tmp_path, monkeypatch):
    history = types.SimpleNamespace(input_hist_raw=["", "x = 1", "y = 2"])
    shell = types.SimpleNamespace(user_module=main, history_manager=history)
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    found = find_main_source(tmp_path)
    assert found.kind == "cells"
    assert b"x = 1" in found.content
    assert b"y = 2" in found.content


def test_the_script_of_an_inspecting_interpreter_is_its_file(main, tmp_path, monkeypatch):
    path = tmp_path / "script.py"
    path.write_text("x = 1\n")
    monkeypatch.setattr(sys, "argv", [str(path)])
    monkeypatch.setattr(sys, "flags", types.SimpleNamespace(inspect=1))
    _type(0, "y = 2\n")
    assert find_main_source(tmp_path).content == b"x = 1\n\ny = 2\n"
    monkeypatch.setattr(sys, "flags", types.SimpleNamespace(inspect=0))
    assert find_main_source(tmp_path).kind == "prompt"
