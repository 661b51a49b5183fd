"""Wheels made again of what is installed: the same files, and tags that say where they fit."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from clustrix_bundle.bundler.distributions import Distributions

from clustrix_bundle.environments.installed import (
    NoWheelError,
    closure,
    constraints,
    write_wheel,
)
from clustrix_bundle.environments.needs import Need
from clustrix_bundle.environments.wheel_tags import fits, platforms

PY38 = {"version": [3, 8, 18], "soabi": "cpython-38-x86_64-linux-gnu", "platform": "linux-x86_64", "libc": "glibc 2.17"}


def test_a_wheel_that_was_installed_comes_back_with_its_files(tiny: Any, tmp_path: Path) -> None:
    files = {
        "clxtool-2.0.data/scripts/tool.sh": "#!/bin/sh\necho tool\n",
        "clxtool-2.0.data/scripts/tool.py": "#!python\nprint('tool')\n",
        "clxtool-2.0.data/data/share/clxtool.txt": "shared",
        "clxtool-2.0.dist-info/entry_points.txt": "[console_scripts]\nclxtool = clxtool:main\n",
        "clxtool_data/a b.txt": "data",
    }
    wheel = tiny.write_wheel(tmp_path, name="clxtool", version="2.0", source="def main(): print('main')\n", files=files)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--quiet", "--disable-pip-version-check"]
    prefix = ["--prefix", tmp_path / "venv", wheel]
    subprocess.run([*command, *prefix], check=True)
    (packages,) = (tmp_path / "venv").glob("lib/python3*/site-packages")
    (distribution,) = [one for one in Distributions((str(packages),)).by_name.values() if one.name == "clxtool"]
    (tmp_path / "again").mkdir()
    made = Path(write_wheel(distribution, str(tmp_path / "again")))
    assert made.name == wheel.name
    content = made.read_bytes()
    assert Path(write_wheel(distribution, str(tmp_path / "again"))).read_bytes() == content
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(made) as again:
        unlike = {"clxtool-2.0.dist-info/RECORD"}
        assert {n: again.read(n) for n in again.namelist() if n not in unlike} == {
            n: first.read(n) for n in first.namelist() if n not in unlike
        }
        rows = [sorted(csv.reader(io.StringIO(archive.read(name).decode()))) for archive in (first, again) for name in unlike]
    assert rows[0] == rows[1]


@pytest.mark.parametrize(
    ("tag", "installer", "why"),
    [
        ("cp38-cp38-linux_x86_64", "pip", "compiled for this machine"),
        ("cp38-cp38-manylinux2014_x86_64", "conda", "bound to libraries of its environment"),
    ],
)
def test_what_is_bound_to_this_machine_is_no_wheel(tiny: Any, tmp_path: Path, tag: str, installer: str, why: str) -> None:
    tiny.install_by_hand(tmp_path, name="clxfast", version="1", source="", tag=tag)
    (tmp_path / "clxfast-1.dist-info" / "INSTALLER").write_text(installer)
    with pytest.raises(NoWheelError, match=why):
        write_wheel(Distributions((str(tmp_path),)).by_name["clxfast"], str(tmp_path))


def test_a_file_that_is_gone_is_no_wheel(tiny: Any, tmp_path: Path) -> None:
    tiny.install_by_hand(tmp_path, **tiny.shades)
    (tmp_path / "clxshades.py").unlink()
    with pytest.raises(NoWheelError, match=r"clxshades.py of it is missing"):
        write_wheel(Distributions((str(tmp_path),)).by_name["clxshades"], str(tmp_path))


def test_versions_of_what_a_pin_needs_in_turn_are_told_and_other_versions_are_not(here: Any) -> None:
    needs = [Need("clxpaint", "1.4")]
    assert list(closure(here, needs)) == ["clxpaint", "clxshades"]
    assert constraints(closure(here, needs), needs) == ["clxshades==1.2"]
    assert closure(here, [Need("clxpaint", "1.3")]) == {}


def test_what_extras_of_a_need_of_a_need_bring_is_among_the_wheels(tiny: Any, tmp_path: Path) -> None:
    extras = ["clxfast>=1; extra == 'speed'", "clxtests>=1; extra == 'test'"]
    tiny.install_by_hand(tmp_path, name="clxtop", version="1", source="", requires=["clxmid[speed]"])
    tiny.install_by_hand(tmp_path, name="clxmid", version="1", source="", requires=extras)
    for name in ("clxfast", "clxtests", "clxother"):
        tiny.install_by_hand(tmp_path, name=name, version="1", source="")
    packages = Distributions((str(tmp_path),))
    assert list(closure(packages, [Need("clxtop", "1")])) == ["clxfast", "clxmid", "clxtop"]
    assert list(closure(packages, [Need("clxmid", "1")])) == ["clxmid"]
    assert list(closure(packages, [Need("clxmid", "1", extras=("test",))])) == ["clxmid", "clxtests"]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("py3-none-any", True),
        ("py2-none-any", False),
        ("cp38-cp38-manylinux2014_x86_64", True),
        ("cp38-cp38-manylinux_2_17_x86_64", True),
        ("cp38-cp38-manylinux_2_28_x86_64", False),
        ("cp38-cp38-manylinux2014_aarch64", False),
        ("cp39-cp39-manylinux2014_x86_64", False),
        ("cp36-abi3-manylinux1_x86_64", True),
        ("cp39-abi3-manylinux1_x86_64", False),
        ("cp36-cp36m-manylinux1_x86_64", False),
        ("py38-none-any", True),
        ("py39-none-any", False),
    ],
)
def test_tags_say_where_a_wheel_fits(tag: str, expected: bool) -> None:
    assert fits([tag], PY38) is expected


def test_platforms_of_another_system_are_its_own_alone() -> None:
    assert platforms({"platform": "macosx-11.0-arm64", "libc": ""}) == ["macosx_11_0_arm64"]
