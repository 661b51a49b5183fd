"""configure and get_config: one active configuration, which the helpers follow."""

import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from clustrix_bundle import (
    ClusterConfig,
    ConfigError,
    NotYetSupported,
    cluster_exists,
    cluster_ls,
    configuration,
    configure,
    get_config,
    load_config,
)
from clustrix_bundle.runtime import active


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No configuration is active yet, and no file of this machine counts."""
    monkeypatch.setattr(configuration, "_active", None)
    monkeypatch.setenv("CLUSTRIX_CONFIG_DIR", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    yield


def test_configure_changes_the_fields_it_is_given() -> None:
    assert get_config() == ClusterConfig()
    assert configure(default_cores=4) is get_config()
    configure(default_memory="8GB")
    assert (get_config().default_cores, get_config().default_memory) == (4, "8GB")
    configure(default_cores=None)
    assert get_config().default_cores is None


def test_a_refused_change_changes_nothing() -> None:
    configure(default_cores=4)
    for fields in ({"cluster_hots": "x"}, {"default_cores": 0}, {"cluster_host": "x"}):
        with pytest.raises(ConfigError):
            configure(**fields)
    assert get_config() == ClusterConfig(default_cores=4)


def test_a_configuration_that_is_passed_in_is_not_changed() -> None:
    mine = ClusterConfig(default_cores=2)
    configure(mine, default_memory="1GB")
    assert mine == ClusterConfig(default_cores=2)
    get_config().default_cores = 9
    assert mine.default_cores == 2
    assert get_config().default_cores == 9


def test_a_profile_can_be_made_active(tmp_path: Path) -> None:
    (tmp_path / "clustrix.toml").write_text('[profiles.hpc]\ncluster_type = "ssh"\ncluster_host = "h"\n')
    assert configure(profile="hpc", username="ann") == ClusterConfig(cluster_type="ssh", cluster_host="h", username="ann")
    with pytest.raises(ConfigError, match="not both"):
        configure(ClusterConfig(), profile="hpc")


def test_the_helpers_follow_the_active_configuration(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.csv").write_text("")
    assert cluster_ls() == ["data"]
    configure(local_work_dir="data")
    assert cluster_ls() == ["a.csv"]
    configure(cluster_type="slurm", cluster_host="hpc")
    with pytest.MonkeyPatch.context() as patch:
        asked = []
        patch.setattr(
            active,
            "client",
            type("Client", (), {"connect": staticmethod(asked.append), "active_config": staticmethod(get_config)}),
        )
        with pytest.raises(AttributeError):  # that client gives no files
            cluster_exists("a.csv")
        assert [config.cluster_host for config in asked] == ["hpc"]
    configure(cluster_type="kubernetes", cluster_host="hpc")
    with pytest.raises(NotYetSupported, match="cluster_type='kubernetes'"):
        cluster_exists("a.csv")
    assert cluster_ls(".", ClusterConfig(local_work_dir="data")) == ["a.csv"]


def test_in_a_job_the_active_configuration_is_the_work_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(active.ENVIRONMENT, "")
    active.enter_job(str(tmp_path / "w"))
    try:
        assert get_config().local_work_dir == str(tmp_path / "w")
    finally:
        active.leave_job()


def test_files_are_loaded_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps({"default_cores": 3}))
    assert load_config(tmp_path / "c.json").default_cores == 3
    assert get_config().default_cores == 3
    (tmp_path / "c.yml").write_text("cluster_host: hpc\n")
    pytest.importorskip("yaml")
    assert load_config(str(tmp_path / "c.yml")).cluster_type == "slurm"
    (tmp_path / "bad.json").write_text("[1]")
    with pytest.raises(ConfigError, match="no mapping"):
        load_config(str(tmp_path / "bad.json"))


def test_the_functions_pickle_under_the_name_that_a_job_knows() -> None:
    for function in (configure, get_config, load_config):
        assert b"clustrix_bundle.configuration" not in pickle.dumps(function)
        assert pickle.loads(pickle.dumps(function)) is function
