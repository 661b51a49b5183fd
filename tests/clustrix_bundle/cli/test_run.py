import json
import os
import pickle
import signal
import subprocess
import sys

import pytest

HARD = """
import atexit, os, signal, sys

def echo(*args, **kwargs):
    return [list(args), kwargs]

def fail():
    raise ValueError('too hot')

def leave(code=3):
    sys.exit(code)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def chatter():
    for _ in range(100):
        sys.stdout.write('x' * (1 << 20))
    return 'done'

def last_words():
    atexit.register(print, 'LAST')
    print('before')
    return 1

def odd():
    return {1, 2}

def see():
    return sys.path

def wait(ready):
    open(ready, 'w').close()  # a FIFO: the test reads it
    signal.pause()
"""


@pytest.fixture
def hard(project):
    (project / "hard.py").write_text(HARD)
    return project


def run(command, name, *more, **options):
    return command("run", f"hard:{name}", *more, **options)


def test_a_function_runs_with_its_arguments(command, hard):
    answer = run(command, "echo", "--args", '[1, "ü"]', "--kwargs", '{"k": null}', "--json")
    assert answer.code == 0
    assert answer.json["result"] == [[1, "ü"], {"k": None}]


def test_arguments_come_from_files_too(command, hard, project):
    (project / "args.json").write_text("[5]")
    assert run(command, "echo", "--args", "@args.json", "--json").json["result"] == [[5], {}]
    (project / "args.json").write_bytes("[6]".encode("utf-16"))
    assert run(command, "echo", "--args", "@args.json", "--json").json["result"] == [[6], {}]
    (project / "args.json").write_bytes(b'["\xff"]')
    assert "args.json is no text" in run(command, "echo", "--args", "@args.json").err
    os.mkfifo(project / "pipe")  # gives what it holds once
    words = f"echo '[7]' > pipe & '{sys.executable}' -m clustrix_bundle run hard.py:echo --args @pipe --json"
    done = subprocess.run(["sh", "-c", words], cwd=project, env=command.env, capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout)["result"] == [[7], {}]


def test_a_bundle_runs_where_its_project_is_not(command, bundle, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    answer = command("run", bundle, "--args", "[26.85]", "--json", cwd=elsewhere)
    assert (answer.code, answer.json["result"]) == (0, 300.0)


def test_people_see_the_result(command, bundle):
    answer = command("run", bundle, "--kwargs", '{"celsius": 0}')
    assert (answer.code, answer.out) == (0, "273.15\n")


def test_the_process_sees_the_bundle_and_not_the_project(command, hard):
    """PYTHONPATH would let it; the clean process does not get it."""
    path = run(command, "see", "--json", env={"PYTHONPATH": str(command.cwd)}).json["result"]
    assert path
    assert str(command.cwd) not in path


def test_folders_of_installed_packages_stay_on_the_path(tmp_path):
    from clustrix_bundle.launch import clean_environment

    env = {"PYTHONPATH": "/me/project:/opt/lib/python3.11/site-packages:/opt/dist-packages/", "PYTHONSTARTUP": "x", "A": "b"}
    assert clean_environment(env) == {"A": "b", "PYTHONPATH": "/opt/lib/python3.11/site-packages:/opt/dist-packages/"}


def test_the_functions_exception_is_exit_code_1(command, hard):
    answer = run(command, "fail", "--json")
    assert answer.code == 1
    assert answer.json["error"]["type"] == "ValueError"
    plain = run(command, "fail")
    assert (plain.code, plain.out) == (1, "")
    assert "ValueError: too hot" in plain.err


def test_a_function_that_exits_has_failed(command, hard):
    answer = run(command, "leave", "--json")
    assert answer.code == 1
    assert answer.json["error"]["type"] == "SystemExit"


def test_a_function_that_dies_by_a_signal_keeps_it(command, hard):
    answer = run(command, "die", "--json")
    assert answer.code == 128 + signal.SIGKILL
    assert answer.json["ok"] is False
    assert "SIGKILL" in answer.json["error"]["message"]


def test_what_a_function_prints_stays_out_of_the_json(command, hard):
    answer = run(command, "last_words", "--json")
    assert answer.json["result"] == 1
    assert "before" in answer.err
    assert "LAST" in answer.err
    assert run(command, "last_words").out.splitlines() == ["before", "1", "LAST"]


def test_a_hundred_megabytes_of_output_are_no_trouble(command, hard):
    with open(os.devnull, "wb") as nowhere:
        done = subprocess.run(
            [sys.executable, "-m", "clustrix_bundle", "run", "hard:chatter", "--json"],
            cwd=command.cwd,
            env=command.env,
            stdout=subprocess.PIPE,
            stderr=nowhere,
        )
    assert json.loads(done.stdout)["result"] == "done"


def test_what_json_cannot_hold_needs_a_file(command, hard, project):
    answer = run(command, "odd", "--json")
    assert answer.code == 1
    assert answer.json["error"]["type"] == "ResultNotJSON"
    assert "--result" in answer.json["error"]["message"]
    assert run(command, "odd", "--json", "--result", "r.pkl").code == 0
    assert pickle.loads((project / "r.pkl").read_bytes()) == {1, 2}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--args", "{"),
        ("--args", "{}"),
        ("--args", "@gone.json"),
        ("--kwargs", "[1]"),
        ("--kwargs", "nonsense"),
        ("--args", "[" * 100_000),
    ],
)
def test_arguments_that_are_no_json_are_a_usage_error_before_anything_is_built(command, option, value):
    answer = command("run", "nowhere:f", option, value, "--json")
    assert answer.code == 2
    assert option in answer.json["error"]["message"]


def test_a_script_without_a_function_is_no_bundle(command, hard):
    answer = command("run", "hard.py")
    assert answer.code == 3
    assert "which function of hard.py" in answer.err


def test_a_damaged_bundle_is_refused(command, bundle):
    with open(bundle, "r+b") as file:
        file.seek(40)
        file.write(b"damage")
    answer = command("run", bundle, "--json")
    assert answer.code == 5
    assert answer.json["ok"] is False
    assert command("run", bundle).code == 5


@pytest.fixture
def waiting(command, hard, tmp_path):
    """Starts a run that waits to be interrupted; gives its process once the function runs."""
    ready = tmp_path / "ready"
    os.mkfifo(ready)

    def start(**options):
        process = subprocess.Popen(
            [sys.executable, "-m", "clustrix_bundle", "run", "hard:wait", "--args", json.dumps([str(ready)]), "--json"],
            cwd=command.cwd, env=command.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **options,
        )  # fmt: skip
        ready.read_bytes()
        return process

    return start


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_is_sent_to_the_command_reaches_the_function(waiting, number):
    process = waiting()
    process.send_signal(number)
    out = process.communicate(timeout=60)[0]
    assert process.returncode == 128 + number
    assert json.loads(out)["ok"] is False


def test_ctrl_c_on_a_terminal_is_130(waiting):
    import fcntl
    import termios

    master, slave = os.openpty()
    process = waiting(stdin=slave, start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.write(master, b"\x03")
    out = process.communicate(timeout=60)[0]
    os.close(master)
    os.close(slave)
    assert process.returncode == 130
    assert json.loads(out)["error"]["type"] == "KeyboardInterrupt"


def test_nothing_is_left_in_the_temporary_folder(command, hard, tmp_path):
    run(command, "fail")
    assert not [name for name in os.listdir(tmp_path) if name.startswith("clustrix-run-")]


def test_magics_of_a_notebook_do_what_ipython_does(command, project):
    cells = [
        "%%writefile data/points.csv\n1\n2\n",
        "%%writefile -a data/points.csv\n3\n",
        "%matplotlib inline\n%cd data\nimport asyncio\nfrom pathlib import Path\nlock = asyncio.Lock()\ncount = 0\n"
        "async def step():\n    global count\n    async with lock:\n        count += 1\n    return count",
        "first = await step()\nsecond = await step()\ndisplay(first)",
        "%%timeit\nfirst = 100",
        "%env LEVEL=4",
        "import os\ndef f():\n    points = Path('points.csv').read_text().split()\n    return [points, first, second, os.environ['LEVEL']]",
    ]
    (project / "data").mkdir()
    (project / "data" / "about.txt").write_text("points")
    listed = [{"cell_type": "code", "source": cell} for cell in cells]
    (project / "n.ipynb").write_text(json.dumps({"cells": listed, "metadata": {}, "nbformat": 4}))
    assert command("run", "n.ipynb:f", "--json").json["result"] == [["1", "2", "3"], 1, 2, "4"]
    assert not (project / "data" / "points.csv").exists()
