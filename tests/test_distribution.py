"""The wheel and the sdist: built from a clean copy, installed into an empty environment, used from there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """A folder with the wheel and the sdist of this checkout."""
    folder = tmp_path_factory.mktemp("distributions")
    copy = folder / "checkout"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: which files belong to the project cannot be told")
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    out = folder / "dist"
    # The tests' own environment holds the build requirements: no download, and cargo's work of the install is reused.
    environ = dict(os.environ, CARGO_TARGET_DIR=str(ROOT / "bundler" / "core" / "target"))
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(copy)],
        capture_output=True,
        text=True,
        env=environ,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return out


def test_the_wheel_has_one_top_level_name(distributions):
    (wheel,) = distributions.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
        names = set(archive.namelist())
    assert {top for top in tops if not top.endswith(".dist-info")} == {"clustrix_bundle"}
    assert {"clustrix_bundle/py.typed", "clustrix_bundle/bundler/facts/model.py", "clustrix_bundle/runtime/__init__.py"} <= names
    assert "clustrix_bundle/bundler/schemas/manifest-1.json" in names


def test_every_module_of_the_checkout_is_in_the_wheel(distributions):
    checkout = distributions.parent / "checkout"
    (wheel,) = distributions.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder, prefix in (
        ("bundler", "clustrix_bundle/bundler"),
        ("runtime", "clustrix_bundle/runtime"),
        ("clustrix_bundle", "clustrix_bundle"),
    ):
        for path in (checkout / folder).rglob("*.py"):
            relative = path.relative_to(checkout / folder).as_posix()
            if not relative.startswith("core/"):
                assert f"{prefix}/{relative}" in names


def test_the_sdist_holds_what_building_needs(distributions):
    (sdist,) = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "pyproject.toml",
        "LICENSE",
        "README.md",
        "bundler/core/Cargo.toml",
        "bundler/core/Cargo.lock",
        "bundler/core/src/lib.rs",
    } <= names


def test_the_wheel_works_in_an_empty_environment(distributions, tmp_path):
    (wheel,) = distributions.glob("*.whl")
    home = tmp_path / "environment"
    venv.create(home, with_pip=True)
    python = str(home / "bin" / "python")
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8", **_index_settings()}
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", str(wheel)], check=True, env=environ, capture_output=True, cwd=tmp_path
    )
    project = tmp_path / "project"
    project.mkdir()
    for name in ("runtime", "bundler"):  # folders of the user's own, with the names of our rooms
        (project / name).mkdir()
        (project / name / "__init__.py").write_text(f"WORD = {name!r}\n")
    (project / "job.py").write_text(
        "import bundler\nimport runtime\n\n\ndef both(sep):\n    return bundler.WORD + sep + runtime.WORD\n"
    )
    tool = str(home / "bin" / "clustrix-bundle")
    built = subprocess.run(
        [tool, "build", "job:both", "-o", str(tmp_path), "--json"], cwd=project, env=environ, capture_output=True, check=True
    )
    bundle = json.loads(built.stdout)["path"]
    subprocess.run(
        [tool, "runtime", "-o", str(tmp_path / "runtime.pyz")], cwd=project, env=environ, check=True, capture_output=True
    )
    shutil.rmtree(project)
    work = tmp_path / "work"
    work.mkdir()
    run = subprocess.run(
        [sys.executable, str(tmp_path / "runtime.pyz"), "run", bundle, "--args", '[" and "]', "--json"],
        cwd=work,
        env={"PATH": "/usr/bin:/bin", "HOME": str(work)},
        capture_output=True,
        check=True,
    )
    assert json.loads(run.stdout)["result"] == "bundler and runtime"


def test_the_module_runs_from_the_repository_root():
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run(
        [sys.executable, "-m", "clustrix_bundle", "--help"], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    assert "build" in done.stdout


def _index_settings():
    """How this machine's pip finds its index."""
    return {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name.lower().endswith("_proxy")}
