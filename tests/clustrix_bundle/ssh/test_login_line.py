"""The constant line, run by real shells without a server: what becomes of it is an agent, wherever the runtime can stand."""

import base64
import hashlib
import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from clustrix_bundle import ClusterConfig
from clustrix_bundle.ssh.login_line import render_login_line
from clustrix_bundle.runtime_program import runtime_program


def _program_of_its_own() -> bytes:
    """The runtime, with another digest than the one that other tests leave in /tmp."""
    content = io.BytesIO(runtime_program()[1])
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("nonce", os.urandom(8))
    return content.getvalue()


PROGRAM = _program_of_its_own()
DIGEST = hashlib.sha256(PROGRAM).hexdigest()
HAVE, NEED = b"\0clustrix-agent HAVE\n", b"\0clustrix-agent NEED\n"
SENT = b"%010d" % len(PROGRAM) + PROGRAM


def config(work_dir, **fields):
    return ClusterConfig(cluster_type="ssh", cluster_host="h", remote_work_dir=str(work_dir), **fields)


def run(work_dir, shell=("sh", "-c"), sent=SENT, env=(), **fields):
    line = render_login_line(config(work_dir, **fields), DIGEST)
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TMPDIR": str(work_dir), **dict(env)}
    return subprocess.run([*shell, line], input=sent, env=environment, capture_output=True, timeout=60)


def trouble(done):
    words = done.stderr.decode().split("clustrix-trouble ")[1].split()
    return words[0], base64.b64decode(words[1]).decode() if len(words) > 1 else ""


@pytest.mark.parametrize("shell", ["sh", "bash", "dash", "tcsh", "fish", "zsh", "ksh"])
def test_every_shell_reads_the_line_alike(tmp_path, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    done = run(tmp_path, (shell, "-c"))
    assert done.stdout.startswith(NEED + HAVE + b"\0clustrix-agent\n"), done
    kept = tmp_path / f".clustrix-{os.geteuid()}" / "runtime" / f"{DIGEST}.pyz"
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == DIGEST
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert os.listdir(kept.parent) == [kept.name]


def test_the_second_time_nothing_is_sent(tmp_path):
    run(tmp_path)
    assert run(tmp_path, sent=b"").stdout.startswith(HAVE)


@pytest.mark.parametrize("damage", ["bytes", "writable by others", "link", "folder open to others"])
def test_a_runtime_that_is_not_surely_ours_is_not_run(tmp_path, damage):
    run(tmp_path)
    kept = tmp_path / f".clustrix-{os.geteuid()}" / "runtime" / f"{DIGEST}.pyz"
    if damage == "bytes":
        kept.write_bytes(PROGRAM + b"x")
    elif damage == "link":
        kept.rename(tmp_path / "elsewhere")
        kept.symlink_to(tmp_path / "elsewhere")
    elif damage == "writable by others":
        kept.chmod(0o666)
    else:
        kept.parent.chmod(0o777)
    assert run(tmp_path).stdout.startswith(NEED + HAVE)


def test_a_program_that_arrives_damaged_is_not_kept(tmp_path):
    done = run(tmp_path, sent=b"%010d" % len(PROGRAM) + PROGRAM[:-1] + b"x")
    assert trouble(done) == ("damaged", "")
    assert list(tmp_path.rglob("*.pyz")) == []


def test_a_work_dir_that_is_not_there_is_not_made(tmp_path):
    spare = tmp_path / "spare"
    spare.mkdir()
    done = run(tmp_path / "missing", env={"TMPDIR": str(spare)})
    assert HAVE in done.stdout
    assert not (tmp_path / "missing").exists()
    assert (spare / f"clustrix-{os.geteuid()}").is_dir()


def test_where_nothing_can_be_written_each_place_is_named(tmp_path, monkeypatch):
    program = Path(render_login_line.__code__.co_filename).with_name("bootstrap.py").read_text().replace('"/tmp"', "None")
    blocked = tmp_path / f".clustrix-{os.geteuid()}"
    blocked.write_text("a file")
    (tmp_path / f"clustrix-{os.geteuid()}").write_text("another")
    words = [base64.b64encode(word.encode()).decode() for word in (DIGEST, str(tmp_path), "python3x")]
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, *words],
        input=SENT,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)},
        capture_output=True,
    )
    kind, text = trouble(done)
    assert kind == "disk"
    assert text.count("is no folder that you alone can use") == 2
    assert str(blocked) in text


def test_names_with_everything_in_them_arrive_as_they_are(tmp_path):
    nasty = tmp_path / 'it\'s $(touch x) `id` "q" \\ !! 日本\n-rf'
    nasty.mkdir()
    python = nasty / "py thon'"
    python.symlink_to(os.path.realpath(sys.executable))
    for shell in ("sh", "tcsh", "fish"):
        if shutil.which(shell):
            done = run(nasty, (shell, "-c"), python_executable=str(python), env={"TMPDIR": str(tmp_path)})
            assert HAVE in done.stdout, done
    assert (nasty / f".clustrix-{os.geteuid()}").is_dir()
    assert not (tmp_path / "x").exists()


def test_no_path_and_no_name_stands_in_the_line_as_itself(tmp_path):
    line = render_login_line(config("/scratch/my data", python_executable="/opt/my python", module_loads=["py thon/3"]), DIGEST)
    assert not any(word in line for word in ("scratch", "opt", "thon"))
    constant = line.partition("' ")[0]
    assert constant == render_login_line(config("/other"), "0" * 64).partition("' ")[0]


def test_a_python_with_an_ascii_file_system_starts_anew_and_says_so_once(tmp_path, pythons_of_this_machine):
    for python in pythons_of_this_machine:
        done = run(tmp_path, python_executable=python, env={"LC_ALL": "C"})
        assert (done.stdout.count(HAVE), done.stdout.count(b"\0clustrix-agent\n")) == (1, 1), (python, done)


@pytest.fixture
def pythons_of_this_machine():
    found = [shutil.which(f"python3.{minor}") for minor in range(6, 15)]
    found += [str(path) for path in sorted(Path(os.path.expanduser("~/.pyenv/versions")).glob("3.*/bin/python"))]
    return [python for python in found if python and "shims" not in python][:9]
