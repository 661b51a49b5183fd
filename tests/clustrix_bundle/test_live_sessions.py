"""`bundle(func)` where functions are typed: a Jupyter kernel, IPython, and Python's own prompt."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

CELLS = [
    "import math\nfrom helper import SCALE\nrows = [len(line) for line in open('in.txt')]",
    "class Model:\n    def __init__(self, w): self.w = w\n    def predict(self, x): return self.w * x",
    "model = Model(rows[0])\nhistory = []\nhistory.append(7)",
    "def predict(x):\n    return [model.predict(x), history, SCALE, math.floor(2.5)]",
    "def predict(x):\n    return ['new', model.predict(x), history, SCALE, math.floor(2.5)]",
]
SHIP = "from clustrix_bundle import bundle\nprint('PATH', bundle(predict, args=(3,)).path)"
EXPECTED = ["new", 12, [7], 2, 2]


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "helper.py").write_text("SCALE = 2\n")
    (folder / "in.txt").write_text("abc\n")
    return folder


def _environment(**more: str) -> dict[str, str]:
    """The tests' own, with the working directory on ``sys.path`` as users have it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"} | more


def _run(output: str, project: Path) -> object:
    """What the bundle gives in a process of its own, the project taken away."""
    path = output.rpartition("PATH ")[2].split()[0]
    gone = project.with_name("gone")
    elsewhere = project.with_name("elsewhere")
    elsewhere.mkdir()
    (elsewhere / "b.tar.zst").write_bytes(Path(path).read_bytes())
    project.rename(gone)
    command = [sys.executable, "-m", "clustrix_bundle", "run", str(elsewhere / "b.tar.zst"), "--json"]
    done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])["result"]


def test_a_function_of_a_running_kernel_ships_with_what_its_cells_computed(project, monkeypatch):
    manager = pytest.importorskip("jupyter_client.manager")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("IPYTHONDIR", str(project.with_name("ipython")))
    kernel, client = manager.start_new_kernel(cwd=str(project), startup_timeout=90)
    said: list[str] = []

    def listen(message):
        content = message["content"]
        said.append(content.get("text", "") + "\n".join(content.get("traceback", ())))

    try:
        for cell in [*CELLS, "x = !echo hi", SHIP]:
            client.execute_interactive(cell, output_hook=listen, timeout=90)
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
    output = "".join(said)
    assert "PATH" in output, output
    assert _run(output, project) == EXPECTED


def test_a_function_of_an_ipython_session_ships(project):
    pytest.importorskip("IPython")
    script = textwrap.dedent(f"""
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        for cell in {[*CELLS, SHIP]!r}:
            shell.run_cell(cell, store_history=True).raise_error()
    """)
    env = _environment(IPYTHONDIR=str(project.with_name("ipython")))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert "PATH" in done.stdout, done.stdout + done.stderr
    assert _run(done.stdout, project) == EXPECTED


def _typed(lines: list[str], cwd: Path) -> str:
    """What this Python's prompt, on a terminal of its own, answers to lines."""
    leader, follower = pty.openpty()
    env = _environment(TERM="dumb")
    process = subprocess.Popen(
        [sys.executable, "-q"], cwd=cwd, env=env, stdin=follower, stdout=follower, stderr=follower, start_new_session=True
    )
    os.close(follower)
    os.write(leader, ("\n".join([*lines, "raise SystemExit", ""])).encode())
    heard = b""
    try:
        while chunk := os.read(leader, 65536):
            heard += chunk
    except OSError:  # the other end is closed
        pass
    process.wait(60)
    os.close(leader)
    return heard.decode(errors="replace").replace("\r", "")


def test_a_function_typed_at_the_prompt_ships_or_is_refused_by_the_reason(project):
    lines = [
        "def double(x): return x * K",
        "",
        "K = 2",
        "from clustrix_bundle import bundle",
        "print('PA' + 'TH', bundle(double, args=(4,)).path)",
    ]
    heard = _typed(lines, project)
    if "SourceGoneError" in heard:
        assert "functions typed at this prompt have no source" in heard
        assert "use a notebook or IPython" in heard
    else:
        assert _run(heard, project) == 8


def test_a_function_of_a_module_that_m_ran_ships_with_its_package(project):
    (project / "pkg").mkdir()
    (project / "pkg" / "__init__.py").write_text("SCALE = 2\n")
    (project / "pkg" / "helper.py").write_text("from . import SCALE\ndef scaled(x): return SCALE * x\n")
    (project / "pkg" / "run.py").write_text(
        "from __future__ import annotations\nfrom .helper import scaled\nfrom multiprocessing import get_context\n"
        "def predict(x):\n    with get_context('spawn').Pool(1) as pool: return [scaled(x), *pool.map(again, [x])]\n"
        "def again(x): return scaled(x) + 1\n"
        "if __name__ == '__main__':\n" + textwrap.indent(SHIP, "    ") + "\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pkg.run"],
        cwd=project,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert _run(done.stdout, project) == [6, 7]
