"""Virtual environments built by real pip from tiny wheels: cached, shared, interrupted, without an index."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from clustrix_bundle.bundler.distributions import Distributions

from clustrix_bundle import EnvironmentBuildError, RemoteEnvironment
from clustrix_bundle.environments.builder.claim import read_claim
from clustrix_bundle.environments.needs import Need, Needs

NO_INDEX = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://me:canary@127.0.0.1:9/simple", "PIP_FIND_LINKS": ""}
TOKENS = ("http://127.0.0.1:9/simple?token=canary", "http://canary@127.0.0.1:9/more?canary")


def said_by(folder: Path, code: str) -> str:
    """What the Python of an environment prints."""
    python = folder / "built" / "venv" / "bin" / "python"
    return subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]}
    ).stdout.strip()


def wait_for_builder(folder: Path) -> None:
    """An environment is there a moment before its builder has tidied up."""
    while read_claim(str(folder)) is not None:
        pass


def test_it_is_built_with_the_clients_versions_of_what_its_pins_need_and_found_again(site: Any, here: Any, tiny: Any) -> None:
    built = site.environment().prepare(tiny.needs, distributions=lambda: here)
    (folder,) = site.folders
    assert (built.key, built.files) == (folder.name, (f"environments/{folder.name}",))
    assert said_by(folder, "import clxpaint; print(clxpaint.NAME)") == "paint 1.4, shades 1.2"
    wait_for_builder(folder)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir() if path.name != "environment.json"}
    again = site.environment().prepare(tiny.needs, distributions=lambda: here)
    assert (again.key, dict(again.notes)) == (built.key, {})
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir() if path.name != "environment.json"} == before


def test_a_function_of_a_project_runs_in_it(site: Any, tiny: Any, tmp_path: Path) -> None:
    """As a user has it: a laptop's environment that holds the package, and a cluster's Python that does not."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "laptop"], check=True)
    (packages,) = (tmp_path / "laptop").glob("lib/python3*/site-packages")
    tiny.install_by_hand(packages, requires=["clxshades>=1"], **tiny.paint)
    tiny.install_by_hand(packages, **tiny.shades)
    (tmp_path / "painting.py").write_text(
        "import os, sys\nimport clxpaint\ndef paint():\n    return [clxpaint.NAME, sys.prefix, os.environ['PATH'], os.environ['LAST']]\n"
    )
    config = site.config()
    variables = json.dumps(config.environment_variables)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "CLUSTRIX_LOCAL_WORK_DIR": str(site.work),
        "CLUSTRIX_PYTHON_EXECUTABLE": tiny.other_python(6),
        "CLUSTRIX_PACKAGE_MANAGER": "pip",
        "CLUSTRIX_ENVIRONMENT_VARIABLES": variables,
        "CLUSTRIX_PRE_EXECUTION_COMMANDS": 'export LAST="$VIRTUAL_ENV"',
    }

    def command(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "clustrix_bundle", *words],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**environ, "PYTHONSAFEPATH": "1"},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    target = ("painting.py:paint", "--python", str(tmp_path / "laptop"))
    job = command("submit", *target, "--environment", "venv")
    name, prefix, path, last = json.loads(command("attach", job, "--json"))["result"]
    (folder,) = site.folders
    venv = str((folder / "built").resolve() / "venv")
    assert (name, prefix, path.split(":")[0], last) == ("paint 1.4, shades 1.2", venv, venv + "/bin", venv)


def test_a_client_that_is_killed_leaves_the_builder_at_work_and_another_one_waits_for_it(
    site: Any, here: Any, tiny: Any, held_index: Any
) -> None:
    fields = {"environment_variables": {"PIP_FIND_LINKS": held_index.url}}
    code = f"""
from clustrix_bundle import ClusterConfig, RemoteEnvironment
from clustrix_bundle.bundler.distributions import Distributions
from clustrix_bundle.environments.needs import Need, Needs
needs = Needs(distributions=(Need("clxpaint", "1.4", ("clxpaint",)),))
config = ClusterConfig.from_dict({site.config(**fields).to_dict()!r})
RemoteEnvironment(config).prepare(needs, distributions=lambda: Distributions({here.site_folders!r}))
"""
    client = subprocess.Popen([sys.executable, "-c", code])
    assert held_index.asked.wait(60)
    client.kill()
    client.wait()
    (folder,) = site.folders
    builder = read_claim(str(folder)).attempt
    watching = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        others = [
            pool.submit(site.environment(lambda _text: watching.set(), **fields).prepare, tiny.needs, distributions=lambda: here)
            for _ in range(2)
        ]
        assert watching.wait(60)  # it shows the log of the builder that is there
        held_index.open.set()
        assert {other.result(100).key for other in others} == {folder.name}
    wait_for_builder(folder)
    assert os.readlink(folder / "built") == builder
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [builder, f"{builder}.log", "beat", "built", "environment.json"]
    )


def test_a_builder_that_is_killed_is_followed_by_another_and_leaves_nothing(
    site: Any, here: Any, tiny: Any, held_index: Any
) -> None:
    environment = site.environment(environment_variables={"PIP_FIND_LINKS": held_index.url})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(environment.prepare, tiny.needs, distributions=lambda: here)
        assert held_index.asked.wait(60)
        (folder,) = site.folders
        killed = read_claim(str(folder))
        assert (folder / killed.attempt / "venv" / "bin" / "python").exists()  # half of it is there
        assert not (folder / "environment.json").exists()
        pid = int(killed.process[3])
        for one in (pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())):
            os.kill(one, signal.SIGKILL)
        held_index.open.set()
        waiting.result(100)
    wait_for_builder(folder)
    assert os.readlink(folder / "built") != killed.attempt
    assert not (folder / killed.attempt).exists()
    assert said_by(folder, "import clxpaint; print(clxpaint.NAME)") == "paint 1.4, shades 1.2"


def test_a_pin_that_is_not_to_be_had_says_so_with_the_end_of_the_log_and_what_to_do(site: Any, here: Any) -> None:
    needs = Needs(distributions=(Need("clxpaint", "9.9", ("clxpaint",)),))
    with pytest.raises(EnvironmentBuildError) as caught:
        site.environment().prepare(needs, distributions=lambda: here)
    text = str(caught.value)
    assert (
        "No matching distribution found for clxpaint==9.9; install versions here that are to be had for the Python there" in text
    )
    assert "wheels for the cluster's Python" in text  # nor here
    assert "Could not find a version that satisfies the requirement clxpaint==9.9" in text
    (folder,) = site.folders
    assert [path.suffix for path in folder.iterdir() if path.suffix == ".log"] == [".log"]
    assert not (folder / "environment.json").exists()


def test_what_is_optional_is_left_out_where_it_is_not_to_be_had(site: Any, here: Any, tiny: Any) -> None:
    needs = replace(tiny.needs, distributions=(*tiny.needs.distributions, Need("clxspeed", "1.0", optional=True)))
    built = site.environment().prepare(needs, distributions=lambda: here)
    assert built.notes["left_out"] == ["clxspeed==1.0"]
    assert said_by(site.folders[0], "import clxpaint; print(clxpaint.NAME)").startswith("paint 1.4")


def test_without_an_index_wheels_of_what_is_installed_here_travel_and_no_credentials_do(site: Any, here: Any, tiny: Any) -> None:
    environment = site.environment(python_executable=tiny.other_python(8), environment_variables=NO_INDEX)
    (need,) = tiny.needs.distributions
    from_git = replace(need, source="vcs", url="git+https://127.0.0.1:9/paint.git@0123456")  # as out of reach as the index
    built = environment.prepare(Needs(distributions=(from_git,)), distributions=lambda: here)
    assert built.notes["wheels"] == 2
    (folder,) = site.folders
    assert said_by(folder, "import clxpaint; print(clxpaint.NAME)") == "paint 1.4, shades 1.2"
    (state,) = site.work.glob(".clustrix-*")
    assert [path for path in state.rglob("*") if path.is_file() and b"canary" in path.read_bytes()] == []


@pytest.mark.parametrize("manager", ["pip", "uv"])
def test_a_token_in_an_indexs_address_stays_where_the_user_put_it(
    site: Any, here: Any, tmp_path: Path, manager: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told in no log and no error: whether a configuration file of pip's, on either side, or a variable has it."""
    if shutil.which(manager) is None and manager == "uv":
        pytest.skip("there is no uv here")
    settings = tmp_path / "pip.conf"
    settings.write_text(f"[global]\nretries = 0\nno-index = false\nindex-url = {TOKENS[0]}\nextra-index-url = {TOKENS[1]}\n")
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    variables = {"PIP_NO_INDEX": "0", "PIP_CONFIG_FILE": str(settings), "PIP_FIND_LINKS": ""}
    variables |= {"UV_INDEX_URL": TOKENS[0], "UV_EXTRA_INDEX_URL": TOKENS[1], "UV_HTTP_RETRIES": "0"}
    told: list[str] = []
    environment = site.environment(told.append, package_manager=manager, environment_variables=variables)
    with pytest.raises(EnvironmentBuildError) as caught:
        environment.prepare(Needs(distributions=(Need("clxnowhere", "9.9"),)), distributions=lambda: here)
    assert "canary" not in f"{caught.value} {caught.value.__cause__} {told}"
    assert "127.0.0.1:9/" in "".join(told)  # so there was something to hide
    assert [path for path in site.work.rglob("*") if path.is_file() and b"canary" in path.read_bytes()] == []


def test_a_project_that_no_index_has_comes_along_and_its_content_is_part_of_the_key(site: Any, tiny: Any, tmp_path: Path) -> None:
    needs = Needs(distributions=(Need("clxown", "0.1", ("clxown",), source="local"),))
    keys = []
    for text in ("one", "two"):
        shutil.rmtree(tmp_path / "packages", ignore_errors=True)
        tiny.install_by_hand(tmp_path / "packages", name="clxown", version="0.1", source=f"NAME = {text!r}\n")
        packages = Distributions((str(tmp_path / "packages"),))
        keys.append(site.environment().prepare(needs, distributions=lambda packages=packages: packages).key)
        folder = next(folder for folder in site.folders if folder.name == keys[-1])
        assert said_by(folder, "import clxown; print(clxown.NAME)") == text
    assert keys[0] != keys[1]
    with pytest.raises(EnvironmentBuildError, match="clxown 0.1 comes from no package index, and it is not installed here"):
        site.environment().prepare(needs, distributions=lambda: Distributions(()))


@pytest.mark.parametrize("index", ["there", "out of reach"])
def test_nodes_build_it_once_and_enter_it(site: Any, here: Any, tiny: Any, index: str) -> None:
    environment = site.environment(build_on="node", environment_variables={} if index == "there" else NO_INDEX)
    built = environment.prepare(tiny.needs, distributions=lambda: here)
    (state,) = site.work.glob(".clustrix-*")
    kinds = [name.partition("/")[0] for name in built.files]
    assert (built.key, kinds) == ("", ["tools", "requests", "blobs", "blobs"])
    assert all((state / name).is_file() for name in built.files)
    code = "import clxpaint, os, sys; print(clxpaint.NAME, sys.prefix == os.environ['VIRTUAL_ENV'])"
    nodes = []
    for job in ("a", "b"):
        (state / "jobs" / job).mkdir(parents=True)
        (state / "jobs" / job / "prelude.sh").write_text(environment.prelude("unused", built=built))
        command = ["bash", "-c", '. ./prelude.sh; exec "$CLUSTRIX_PYTHON" -c "$1"', "bash", code]
        nodes.append(subprocess.Popen(command, cwd=state / "jobs" / job, stdout=subprocess.PIPE, text=True))
    assert [node.communicate()[0] for node in nodes] == ["paint 1.4, shades 1.2 True\n"] * 2
    (folder,) = site.folders
    assert len(list(folder.glob("*.log"))) == 1
    assert {(state / "jobs" / job / "environment").read_text() for job in ("a", "b")} == {f"environments/{folder.name}"}
    later = site.environment(build_on="node").prepare(tiny.needs, distributions=lambda: here)
    assert [name.partition("/")[0] for name in later.files] == ["tools", "requests"]  # nodes have it: no wheels are made


def test_over_a_connection_wheels_travel_and_the_log_comes_home(sshd: Any, here: Any, tiny: Any, site: Any) -> None:
    lines: list[str] = []
    config = sshd.config(
        environment="venv",
        package_manager="pip",
        python_executable=sys.executable,
        environment_variables={**site.config().environment_variables, "PIP_FIND_LINKS": ""},
    )
    built = RemoteEnvironment(config, progress=lines.append).prepare(tiny.needs, distributions=lambda: here)
    assert built.notes["wheels"] == 2
    assert "Successfully installed clxpaint-1.4 clxshades-1.2" in "".join(lines)
    del lines[:]
    assert RemoteEnvironment(config, progress=lines.append).prepare(tiny.needs, distributions=lambda: here).key == built.key
    assert lines == []


def test_uv_builds_it_where_it_is_there(site: Any, here: Any, tiny: Any, index: Path) -> None:
    if shutil.which("uv") is None:
        pytest.skip("there is no uv here")
    variables = {"UV_FIND_LINKS": str(index), "UV_NO_INDEX": "1", "UV_CACHE_DIR": str(site.work / "cache")}
    environment = site.environment(package_manager="auto", environment_variables=variables)
    environment.prepare(tiny.needs, distributions=lambda: here)
    (folder,) = site.folders
    assert json.loads((folder / "environment.json").read_text())["tool"] == "uv"
    assert said_by(folder, "import clxpaint; print(clxpaint.NAME)") == "paint 1.4, shades 1.2"
