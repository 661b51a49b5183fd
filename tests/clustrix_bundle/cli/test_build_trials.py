"""``build --rehearse`` and ``build --observe``."""

import os
import signal
import subprocess
import sys

import pytest


def test_a_rehearsed_build_tells_what_was_imported(command):
    answer = command("build", "thermo.model:run", "--rehearse", "--json")
    assert answer.code == 0
    assert answer.json["rehearsal"] == {
        "ok": True,
        "imported": ["thermo.model", "thermo", "thermo.units"],
        "missing": [],
        "refused": [],
    }


def test_a_rehearsal_that_misses_something_is_an_error_that_names_it(command, project):
    (project / "thermo" / "units.py").write_text(
        "NAME = input if False else 'fac' + 'tor.txt'\nOFFSET = float(open(NAME[::1]).read())\nprint('hello')\n"
    )
    (project / "factor.txt").write_text("1")
    answer = command("build", "thermo.model:run", "--rehearse")
    assert answer.code == 3
    assert (
        "missing: project/thermo/units.py:2: factor.txt is not in the bundle (the project has it: factor.txt; ship it with --include)"
        in answer.out
    )
    fixed = command("build", "thermo.model:run", "--rehearse", "--include", "factor.txt", "--json")
    assert (fixed.code, fixed.json["rehearsal"]["ok"]) == (0, True)
    assert "hello" in fixed.err


def test_what_a_run_touches_ships(command, project):
    (project / "thermo" / "model.py").write_text(
        "def run(name, *, end='.csv'):\n    return open(''.join([*name, *end])).read()\n"
    )
    (project / "a.csv").write_text("1")
    before = command("build", "thermo.model:run", "--json").json
    assert "project/a.csv" not in [file["path"] for file in before["files"]]
    built = command("build", "thermo.model:run", "--observe", '["a"]', "--only-observed", "--json").json
    assert [file["path"] for file in built["files"]] == ["project/a.csv", "project/thermo/__init__.py", "project/thermo/model.py"]
    (project / "arguments.json").write_text('{"name": "a", "end": ".csv"}')
    again = command("build", "thermo.model:run", "--observe", "@arguments.json", "--json").json
    assert again["id"] == built["id"]


def test_a_function_that_fails_while_it_is_observed_is_told_as_such(command):
    answer = command("build", "thermo.model:fail", "--observe", "[]", "--json")
    assert answer.code == 1
    assert answer.json["error"]["message"].startswith("ValueError: too hot (while the function was observed)")


@pytest.mark.parametrize(
    "options", [["--only-observed"], ["--observe", "{"], ["--observe", "1"], ["--observe", "@nothing"]], ids=" ".join
)
def test_impossible_options_are_usage_errors(command, options):
    assert command("build", "thermo.model:run", *options).code == 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_observation_is_an_interruption(command, project, number, code):
    """The function waits for a reader of a FIFO, so that the signal comes while it runs."""
    (project / "thermo" / "wait.py").write_text(
        "def run(path):\n    with open(path, 'w'):\n        import signal\n        signal.pause()\n"
    )
    os.mkfifo(project / "ready")
    process = subprocess.Popen(
        [sys.executable, "-m", "clustrix_bundle", "build", "thermo.wait:run", "--observe", '["ready"]', "-o", "out/"],
        cwd=project, env=command.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    with open(project / "ready"):
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    assert "ProcessDied" not in err
    assert not (project / "out").exists()
