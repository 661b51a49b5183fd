"""A watched process, by every interpreter there is."""

import glob
import os
import sqlite3
import sys

import pytest

from clustrix_bundle.ask_interpreter import ask_interpreter
from clustrix_bundle.bundler.errors import SettingsError
from clustrix_bundle.bundler.graph import EntryPoint
from clustrix_bundle.watching import OLDEST, Trial, source_of, watch

PYTHONS = sorted({sys.executable, *glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python"))})


def trial(folder, source, **options):
    (folder / "m.py").write_text(source)
    entry = EntryPoint("module", "project/m.py", "m", "run")
    return Trial(entry=entry, file=str(folder / "m.py"), source=b"", sys_path=[str(folder)], cwd=str(folder), **options)


@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: path.split(os.sep)[-3])
def test_every_interpreter_tells_what_it_touches(python, tmp_path):
    interpreter = ask_interpreter(python)
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b").mkdir()
    (tmp_path / "other.py").write_text("")
    sqlite3.connect(tmp_path / "d.db").close()
    source = """
import os
def run(name, *, folder):
    import other
    for entry in os.scandir(folder): pass
    os.listdir(os.fsencode(folder))
    open("new.txt", "w").close()
    open("new.txt").close()
    os.close(os.open(name, os.O_RDONLY))
    pid = os.fork()
    if not pid:
        open("forked.txt").close()
        os._exit(0)
    os.waitpid(pid, 0)
    open(os.path.join("b", "..", "late.txt")).close()
"""
    for name in ("forked.txt", "late.txt"):
        (tmp_path / name).write_text("")
    asked = trial(tmp_path, source, call=(["a.txt"], {"folder": "b"}))
    if interpreter.version < OLDEST:
        with pytest.raises(SettingsError, match=r"3\.8 or later"):
            watch(asked, interpreter)
        return
    seen = watch(asked, interpreter)
    assert seen.failure is None
    ours = {os.path.relpath(path, tmp_path) for path in seen.reads if path.startswith(str(tmp_path))}
    assert ours == {"m.py", "other.py", "a.txt", "forked.txt", "late.txt"}
    assert [os.path.relpath(path, tmp_path) for path in seen.writes if path.startswith(str(tmp_path))] == ["new.txt"]
    assert str(tmp_path / "b") in seen.listed


@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: path.split(os.sep)[-3])
def test_every_interpreter_tells_which_functions_were_called(python, tmp_path):
    interpreter = ask_interpreter(python)
    if interpreter.version < OLDEST:
        pytest.skip("it has no audit hooks")
    source = """
import threading

def decorator(function):
    return function

@decorator
def in_thread():
    return [one for one in numbers()]

def numbers():
    yield 1

def idle():
    return lambda: 0

def run():
    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
"""
    seen = watch(trial(tmp_path, source, call=([], {}), functions=True), interpreter)
    assert seen.failure is None
    ours = {line for path, line in seen.called or () if path == str(tmp_path / "m.py")}
    assert ours - {9} == {4, 7, 11, 17}  # before Python 3.12 a comprehension is a function of its own
    assert watch(trial(tmp_path, source, call=([], {})), interpreter).called is None


def test_databases_count_as_read(tmp_path):
    sqlite3.connect(tmp_path / "d.db").close()
    seen = watch(
        trial(
            tmp_path,
            "import sqlite3\ndef run(): sqlite3.connect('d.db').close(); sqlite3.connect(':memory:').close()\n",
            call=([], {}),
        ),
        ask_interpreter(None),
    )
    assert seen.failure is None
    assert str(tmp_path / "d.db") in seen.reads


def test_what_is_forbidden_is_not_there_and_what_is_allowed_is(tmp_path):
    far = tmp_path / "far"
    (far / "near").mkdir(parents=True)
    (far / "a.txt").write_text("")
    (far / "near" / "b.txt").write_text("")
    here = tmp_path / "here"
    here.mkdir()
    source = f"def run():\n    open({str(far / 'near' / 'b.txt')!r}).close()\n    try:\n        open({str(far / 'a.txt')!r})\n    except FileNotFoundError as error:\n        assert error.errno == 2\n    else:\n        raise SystemError\n"
    seen = watch(trial(here, source, call=([], {}), forbidden=[str(far)], allowed=[str(far / "near")]), ask_interpreter(None))
    assert seen.failure is None
    assert seen.refused == (str(far / "a.txt"),)


def test_failures_are_told_with_their_places(tmp_path):
    (tmp_path / "bad.py").write_text("\nimport nowhere.at_all\n")
    seen = watch(trial(tmp_path, "def run(): pass\n", modules=["bad", "m", "leaving"]), ask_interpreter(None))
    assert seen.failure is None
    assert seen.modules["m"] is None
    failure = seen.modules["bad"]
    assert (failure.type, failure.name, failure.places[-1]) == ("ModuleNotFoundError", "nowhere", (str(tmp_path / "bad.py"), 2))
    (tmp_path / "leaving.py").write_text("raise SystemExit(4)\n")
    seen = watch(trial(tmp_path, "def run(): pass\n", modules=["leaving", "m"]), ask_interpreter(None))
    assert (seen.modules["leaving"].type, seen.modules["m"]) == ("SystemExit", None)


def test_compiled_files_stand_for_their_sources():
    assert source_of("/a/__pycache__/m.cpython-311.pyc") == "/a/m.py"
    assert source_of("/a/m.pyc") == "/a/m.pyc"
    assert source_of("/a/m.txt") == "/a/m.txt"
