"""Variables of this machine's environment that travelling code reads are told, by name alone."""

from __future__ import annotations

import pytest


@pytest.fixture
def told(analyze):
    def run(source, *variables, target="main:f", **more):
        graph = analyze(target, {"main.py": source, **more.pop("files", {})}, variables=variables)
        return [
            (note.path, note.line, note.message.split()[3]) for note in graph.warnings if "environment variable" in note.message
        ]

    return run


@pytest.mark.parametrize(
    ("head", "read"),
    [
        ("import os", "os.environ.get('MODE', 'slow')"),
        ("import os as system", "system.environ['MODE'].lower()"),
        ("from os import environ", "environ['MODE']"),
        ("from os import getenv as ask", "ask('MODE') == 'fast'"),
        ("import os; KEY = 'MODE'", "int(os.getenv(KEY))"),
        ("import os", "[max(1, int(os.environ['MODE'])) or 2]"),
        ("import os", "'MODE' in os.environ"),
        ("from os import environ as e; KEY = 'MODE'", "1 if KEY not in e else 2"),
        ("import os", "os.environ.copy().get('MODE')"),
        ("import os", "dict(os.environ)['MODE']"),
        ("import os", "{**os.environ, 'X': 1}['MODE']"),
        ("import os; env = dict(os.environ)", "env['MODE']"),
    ],
)
def test_a_variable_that_is_set_here_and_read_there_is_told(told, head, read):
    source = f"{head}\ndef f():\n    x = {read}\n    return x\n"
    assert told(source, "MODE", "OTHER") == [("main.py", 3, "MODE")]
    assert told(source, "OTHER") == []


def test_one_that_every_machine_has_is_not(told):
    source = "import os\ndef f():\n    return os.environ['HOME'], os.environ['LC_ALL'], os.getenv('OMP_NUM_THREADS'), os.getenv('USER')\n"
    assert told(source, "HOME", "LC_ALL", "OMP_NUM_THREADS", "USER") == []


@pytest.mark.parametrize(
    "line", ["os.environ['MODE'] = 'fast'", "os.environ.update(MODE='fast')", "os.environ.update({'MODE': 'x'})"]
)
def test_one_that_travelling_code_sets_is_not(told, line):
    assert told(f"import os\n{line}\ndef f():\n    return os.environ['MODE']\n", "MODE") == []


def test_reached_modules_count_and_what_stays_here_does_not(told):
    files = {"conf.py": "import os\nFAST = os.getenv('MODE') == 'fast'\n", "apart.py": "import os\nX = os.getenv('MODE')\n"}
    source = "import os\nimport conf\nSHOWN = os.environ['MODE']\ndef f():\n    return conf.FAST\nprint(SHOWN)\n"
    assert told(source, "MODE", target="main.py:f", files=files) == [("conf.py", 2, "MODE")]


def test_what_is_handed_the_environment_reads_it(told):
    files = {"conf.py": "class Conf:\n    def load(self, env, more=()):\n        return env.get('MODE'), more.get('OTHER')\n"}
    source = "import os\nfrom conf import Conf\ndef f():\n    return Conf().load(os.environ)\n"
    assert told(source, "MODE", "OTHER", files=files) == [("conf.py", 3, "MODE")]


def test_the_environment_of_a_program_that_is_started_is_its_own_affair(told):
    source = "import os, subprocess\nKEYS = {'MODE': 1}\ndef run(command, env):\n    return env['MODE']\n"
    source += "def f():\n    subprocess.run(['x'], env=os.environ.copy())\n    return KEYS['MODE'], 'MODE' in KEYS\n"
    assert told(source, "MODE") == []
