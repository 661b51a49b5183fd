import json
import os
import signal
import subprocess
import sys

import pytest
from clustrix_bundle.cli.group import COMMANDS


def loaded_modules(arguments, cwd, env):
    code = (
        "import atexit, sys, runpy, io\n"
        "sys.argv = ['clustrix-bundle', *sys.argv[1:]]\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.__stdout__, flush=True))\n"
        "sys.stdout = io.StringIO()\n"
        "runpy.run_module('clustrix_bundle', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


HEAVY = {"libcst", "paramiko", "rich", "pathspec", "numpy", "cloudpickle", "asyncio"}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["build", "--help"], ["inspect", "BUNDLE"], ["verify", "BUNDLE"]], ids=" ".join
)
def test_what_is_not_needed_is_not_loaded(command, bundle, arguments):
    arguments = [bundle if word == "BUNDLE" else word for word in arguments]
    loaded = loaded_modules(arguments, command.cwd, command.env)
    assert "clustrix_bundle.cli.app" in loaded
    assert not HEAVY & loaded
    if arguments == ["--help"]:
        assert not {name for name in loaded if name.startswith("clustrix_bundle.bundler")}
        assert "zstandard" not in loaded


def test_a_plain_build_loads_neither_click_nor_what_it_brings(command):
    loaded = loaded_modules(["build", "thermo.model:run", "--json"], command.cwd, command.env)
    assert "clustrix_bundle.bundler.package" in loaded
    assert {*HEAVY, "click", "inspect", "dataclasses", "datetime", "tokenize"} & loaded == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_json(command, name):
    answer = command(name, "--help")
    assert answer.code == 0
    assert "--json" in answer.out
    assert COMMANDS[name][1][:30] in command("--help").out


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["build"],
        ["build", "a", "b"],
        ["build", "x:y", "--nope"],
        ["inspect", "none.tar.zst"],
        ["run", "x:y", "--args", "{"],
    ],
)
def test_wrong_usage_is_exit_code_2_and_with_json_one_object(command, arguments):
    answer = command(*arguments, "--json")
    assert answer.code == 2
    assert answer.json["ok"] is False
    assert answer.json["error"]["message"] in answer.err
    plain = command(*arguments)
    assert (plain.code, plain.out) == (2, "")


def test_a_mistyped_command_gets_a_hint(command):
    assert "Did you mean 'build'?" in command("buidl", "x:y").err


def test_a_reader_that_goes_away_is_no_error(command, bundle):
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen(
        [sys.executable, "-m", "clustrix_bundle", "inspect", bundle],
        cwd=command.cwd,
        env=command.env,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    assert process.communicate()[1] == ""
    assert process.returncode == 141


ENDINGS = {
    signal.SIGINT: (130, "KeyboardInterrupt", "interrupted"),
    signal.SIGTERM: (143, "Terminated", "ended by SIGTERM"),
}


@pytest.mark.parametrize("number", ENDINGS)
def test_an_interrupt_is_exit_code_130_and_a_request_to_end_its_own(command, project, number):
    """The build reads the project's settings from a FIFO, so that the signal comes while it is at work."""
    code, kind, message = ENDINGS[number]
    (project / "pyproject.toml").unlink()
    os.mkfifo(project / "pyproject.toml")
    process = subprocess.Popen(
        [sys.executable, "-m", "clustrix_bundle", "build", "thermo.model:run", "--json"],
        cwd=project, env=command.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )  # fmt: skip
    with open(project / "pyproject.toml", "wb"):  # opens when the other side reads
        process.send_signal(number)
        out, err = process.communicate()
    assert process.returncode == code
    assert json.loads(out) == {"ok": False, "error": {"type": kind, "message": message}}
    assert err == f"clustrix-bundle: {message}\n"


def test_nothing_is_drawn_where_no_terminal_is(command):
    assert command("build", "thermo.model:run").err == ""


def test_a_terminal_sees_what_is_going_on_and_gets_its_line_back(command, project):
    import pty

    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "clustrix_bundle", "build", "thermo.model:run", "--json"],
        cwd=project,
        env=command.env,
        stdout=subprocess.PIPE,
        stderr=slave,
    )
    os.close(slave)
    out = process.communicate()[0]
    seen = b""
    try:
        while piece := os.read(master, 4096):
            seen += piece
    except OSError:  # Linux: the other side has closed it
        pass
    os.close(master)
    assert json.loads(out)["ok"] is True
    assert "analysing thermo.model:run".encode() in seen
    assert seen.endswith(b"\r\x1b[K")


def test_a_locale_that_lacks_letters_moves_no_id(command, project):
    (project / "größe").mkdir()
    (project / "größe" / "文.txt").write_text("x")
    env = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    arguments = ["build", "thermo.model:run", "--include", "größe/*.txt", "--json"]
    built = command(*arguments, env=env)
    assert built.code == 0, built.err
    assert "project/größe/文.txt" in [file["path"] for file in built.json["files"]]
    assert built.json["id"] == command(*arguments).json["id"]


def test_the_module_runs_from_the_repository_root(command):
    from pathlib import Path

    root = Path(__file__).resolve().parents[3]
    env = {key: value for key, value in command.env.items() if key != "PYTHONSAFEPATH"}
    done = subprocess.run(
        [sys.executable, "-m", "clustrix_bundle", "--version"], cwd=root, env=env, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout.startswith("clustrix-bundle")) == (0, True)


@pytest.mark.parametrize(
    "words", [["inspect", "BUNDLE"], ["verify", "BUNDLE", "--json"], ["--help"], ["fs", "ls"]], ids=lambda words: words[0]
)
def test_output_that_finds_no_room_is_an_error_in_words(command, bundle, words):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "clustrix_bundle", *(bundle if word == "BUNDLE" else word for word in words)],
            cwd=command.cwd, env=command.env, stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (3, "clustrix-bundle: the output cannot be written: No space left on device\n")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_are_none_of_its_business(command, closed):
    words = f'"{sys.executable}" -m clustrix_bundle run thermo.model:run --result r.pkl {closed}'
    done = subprocess.run(["sh", "-c", words], cwd=command.cwd, env=command.env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert (command.cwd / "r.pkl").read_bytes()


def test_a_work_dir_that_cannot_be_written_is_named(command, tmp_path):
    answer = command("submit", "thermo.model:run", "--work-dir", "/sys")
    assert answer.code == 4
    assert "/sys" in answer.err and "Traceback" not in answer.err


def test_a_reader_of_a_list_that_goes_away_is_no_error(command, project):
    for number in range(3000):
        (project / f"{'x' * 40}{number}").touch()
    words = f'"{sys.executable}" -m clustrix_bundle fs find "*" | head -1'
    done = subprocess.run(["sh", "-c", words], cwd=project, env=command.env, capture_output=True, text=True)
    assert (done.stdout.count("\n"), done.stderr) == (1, "")


@pytest.mark.parametrize(
    "words", [["run", "thermo.model:run"], ["submit", "thermo.model:run"], ["doctor"]], ids=lambda words: words[0]
)
def test_a_user_that_the_machine_does_not_know_has_no_home_and_needs_none(command, project, words):
    """As in containers that run under a number."""
    code = (
        "import pwd, sys\n"
        "def unknown(number): raise KeyError(number)\n"
        "pwd.getpwuid = unknown\n"
        "from clustrix_bundle.__main__ import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    environment = {name: text for name, text in command.env.items() if name != "HOME"}
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=project, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (project / "~").exists()
