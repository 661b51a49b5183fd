"""RemoteExecutor: bundles that are there already, run as jobs; RemoteDeployer sends them beforehand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from clustrix_bundle import (
    Bundle,
    BundleFormatError,
    ClusterConfig,
    ConfigError,
    RemoteDeployer,
    RemoteExecutor,
    bundle,
)

SOURCE = """\
def scale(points, by=2):
    with open("scaled.txt", "w") as out:
        out.write(str(by))
    return {name: by * value for name, value in points.items()}

def fail(why):
    raise LookupError(why)
"""


@pytest.fixture
def config(tmp_path: Path) -> ClusterConfig:
    return ClusterConfig(local_work_dir=str(tmp_path / "work"))


def _bundle(tmp_path: Path, name: str) -> Bundle:
    source = tmp_path / "source"
    source.mkdir(exist_ok=True)
    (source / "mod.py").write_text(SOURCE)
    return bundle(f"{source}/mod.py:{name}", output=str(tmp_path / "out") + "/", root=str(source))


def test_a_bundle_runs_and_what_it_wrote_is_fetched(config: ClusterConfig, tmp_path: Path) -> None:
    made = _bundle(tmp_path, "scale")
    executor = RemoteExecutor(config, cores=1)
    job = executor.submit(made, ({1: (2, 3)},), {"by": 2})
    assert job.result(60) == {1: (2, 3, 2, 3)}, "arguments and results that JSON would change"
    assert job.fetch_outputs(str(tmp_path / "here")) == [f"{job.id}/0/scaled.txt"]
    assert (tmp_path / "here" / job.id / "0/scaled.txt").read_text() == "2"
    assert job.fetch_outputs(str(tmp_path / "here")) == []
    (again,) = executor.attach(job.id)
    assert again.result(60) == {1: (2, 3, 2, 3)}


def test_a_file_runs_where_its_project_is_gone(config: ClusterConfig, tmp_path: Path) -> None:
    path = _bundle(tmp_path, "fail").path
    shutil.rmtree(tmp_path / "source")
    with pytest.raises(LookupError, match="not here"):
        RemoteExecutor(config).run(path, ("not here",))


def test_what_was_deployed_beforehand_is_not_sent_again(config: ClusterConfig, tmp_path: Path) -> None:
    made = _bundle(tmp_path, "scale")
    told: list[tuple[int, int]] = []
    deployer = RemoteDeployer(config, lambda done, total: told.append((done, total)))
    first = deployer.deploy(made)
    assert (first.bundle, first.sent) == (made.id, told[-1][1])
    assert deployer.deploy(made.path).sent == 0
    assert RemoteExecutor(config, outputs="work_dir").run(made, ({"a": 1},)) == {"a": 2}


def test_what_is_no_bundle_and_what_makes_no_sense_is_refused(config: ClusterConfig, tmp_path: Path) -> None:
    (tmp_path / "x.tar.zst").write_bytes(b"no bundle")
    with pytest.raises(BundleFormatError):
        RemoteExecutor(config).run(tmp_path / "x.tar.zst")
    with pytest.raises(TypeError, match="there is no resource 'core'; did you mean 'cores'"):
        RemoteExecutor(config, core=2)
    with pytest.raises(ConfigError, match="cores"):
        RemoteExecutor(config, cores=0)
