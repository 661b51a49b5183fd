"""Functions that do real work with real packages, bundled and run where the packages are not."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clustrix_bundle.build import BuildOptions, analyze_target, observe_target, pack_graph
from clustrix_bundle.runtime_program import write_runtime

HERE = Path(__file__).parent


def _beside(name):
    spec = importlib.util.spec_from_file_location(f"packages_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


PACKAGES, wheels = _beside("packages").PACKAGES, _beside("wheels")
HEADER = (
    "| package | files touched | shipped | of them used | of its modules | bytes shipped / tree | build "
    "| shipped, only observed | of them used | of its modules | bytes | build |",
    "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
)


@pytest.fixture(scope="module")
def table():
    rows = []
    yield rows
    print("\n" + "\n".join([*HEADER, *rows]))
    place = os.environ.get("CLUSTRIX_PACKAGES_TABLE")
    if place and rows:
        path = Path(place)
        words = path.read_text().partition("| package |")[0] if path.exists() else ""
        path.write_text("\n".join([words.rstrip(), "", *HEADER, *rows, ""]))


def _project(package, root):
    root.mkdir()
    try:
        wheels.unpack(package.wheels, root)
    except wheels.NoIndexError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    shutil.copytree(HERE / "use", root, dirs_exist_ok=True, ignore=lambda _, names: [n for n in names if n.startswith("use_")])
    shutil.copy(HERE / "use" / f"use_{package.name}.py", root)
    (root / "pyproject.toml").write_text("")


def _truth(package, root):
    arguments = [HERE / "trace.py", f"use_{package.name}", package.function, json.dumps(package.arguments)]
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, *arguments], cwd=root, env=environ, stdout=subprocess.PIPE, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return told["result"], set(told["touched"])


def _run_away(package, root, bundle, runtime):
    """The result of the bundle in a process that cannot see the project."""
    away, work = root.with_name("away"), root.with_name("work")
    work.mkdir(exist_ok=True)
    root.rename(away)
    try:
        done = subprocess.run(
            [sys.executable, runtime, "run", bundle, "--json", "--args", json.dumps(package.arguments)],
            cwd=work,
            stdout=subprocess.PIPE,
        )
    finally:
        away.rename(root)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["ok"], told["error"]
    return told["result"]


def _bundled(package, root, result, touched, build):
    """Files that shipped, the bundle's size, and the seconds of the build; everything that was touched is in it."""
    start = time.perf_counter()
    graph = build()
    info = pack_graph(graph, f"{root.with_name('out')}{os.sep}")
    seconds = time.perf_counter() - start
    shipped = {name.removeprefix("project/") for name, node in graph.nodes.items() if node.kind not in ("dir", "link")}
    assert touched - shipped == set()
    runtime = root.with_name("runtime.pyz")
    write_runtime(runtime)
    assert _run_away(package, root, info.package_path, runtime) == result
    size = sum((root / name).stat().st_size for name in shipped if (root / name).is_file())
    return shipped, size, seconds


def _used(shipped, touched):
    return f"{len(touched & shipped) / len(shipped):.0%}"


@pytest.mark.parametrize("package", PACKAGES, ids=[package.name for package in PACKAGES])
def test_a_function_runs_without_its_packages_tree(package, tmp_path, monkeypatch, table):
    root = tmp_path / "project"
    _project(package, root)
    monkeypatch.chdir(tmp_path)
    result, touched = _truth(package, root)
    assert f"use_{package.name}.py" in touched
    whole = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    target = f"use_{package.name}:{package.function}"
    by_name = _bundled(package, root, result, touched, lambda: analyze_target(target, BuildOptions(), root))
    by_run = _bundled(
        package, root, result, touched, lambda: observe_target(target, BuildOptions(), package.arguments, {}, only=True, cwd=root)
    )
    cells = [package.name, str(len(touched))]
    for shipped, size, seconds in (by_name, by_run):
        cells += [
            str(len(shipped)),
            _used(shipped, touched),
            _used({name for name in shipped if name.endswith(".py")}, touched),
            f"{size / whole:.1%} of {whole / 1e6:.1f} MB",
            f"{seconds:.1f} s",
        ]
    table.append("| " + " | ".join(cells) + " |")
