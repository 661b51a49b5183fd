"""ClusterConfig: what is accepted, what is refused in which words, and what never leaves the client."""

import copy
import json
import pickle
import pickletools
from pathlib import Path

import pytest

from clustrix_bundle.runtime import active
from clustrix_bundle.runtime.config import FIELDS, ClusterConfig, ConfigError

SECRET = "canary-8ef1"


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This process is in a job on hpc.example.org; its work dir."""
    monkeypatch.setenv(active.ENVIRONMENT, "")
    work_dir = tmp_path / "work"
    work_dir.mkdir()
    active.enter_job(str(work_dir), "hpc.example.org", "ann")
    yield work_dir
    active.leave_job()


def remote(**fields: object) -> ClusterConfig:
    return ClusterConfig(cluster_type="slurm", cluster_host="hpc.example.org", **fields)


def test_a_configuration_without_fields_is_local() -> None:
    config = ClusterConfig()
    assert config.cluster_type == "local"
    assert config.local_work_dir is None
    assert config.remote_work_dir == "~/clustrix"


def test_the_fields_users_of_clustrix_know_are_there() -> None:
    known = """cluster_type cluster_host cluster_port username key_file password local_work_dir remote_work_dir default_cores
        default_memory default_time default_partition default_queue python_executable environment_variables module_loads
        pre_execution_commands conda_env_name package_manager strict max_parallel_jobs job_poll_interval cleanup_on_success
        auto_parallel allowed_paths host_key_policy connect_timeout operation_timeout cache_ttl"""
    assert set(known.split()) <= set(FIELDS)


def test_every_field_has_its_line_in_the_docstring() -> None:
    for name in FIELDS:
        assert f"\n        {name}: " in ClusterConfig.__doc__


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"cluster_hots": "x"}, "'cluster_hots'.*did you mean 'cluster_host'"),
        ({"zzzz": 1}, "'zzzz' is no field of ClusterConfig$"),
        ({"cluster_type": "slrum"}, "cluster_type='slrum'.*slurm.*did you mean 'slurm'"),
        ({"cluster_port": 0}, "cluster_port=0.*1 to 65535"),
        ({"cluster_port": "22"}, "cluster_port='22'"),
        ({"cluster_port": True}, "cluster_port=True"),
        ({"cluster_host": "-oProxyCommand=x"}, "cluster_host.*one word"),
        ({"cluster_host": "a b"}, "cluster_host.*one word"),
        ({"username": ""}, "username.*not empty"),
        ({"default_memory": "much"}, "default_memory.*amount of memory"),
        ({"default_memory": -1}, "default_memory.*amount of memory"),
        ({"default_time": "soon"}, "default_time.*time limit"),
        ({"default_cores": 1.5}, "default_cores=1.5"),
        ({"default_cores": 0}, "default_cores=0"),
        ({"host_key_policy": "off"}, "host_key_policy='off'.*strict, accept-new"),
        ({"connect_timeout": 0}, "connect_timeout=0.*above 0"),
        ({"connect_timeout": float("nan")}, "connect_timeout"),
        ({"cache_ttl": -1}, "cache_ttl"),
        ({"remote_work_dir": "scratch"}, "remote_work_dir='scratch'.*absolute"),
        ({"allowed_paths": "/data"}, "allowed_paths.*list"),
        ({"allowed_paths": ["data"]}, "allowed_paths.*absolute"),
        ({"module_loads": "python/3.11"}, "module_loads.*list"),
        ({"pre_execution_commands": [1]}, "pre_execution_commands"),
        ({"environment_variables": {"A B": "x"}}, "'A B' is no name"),
        ({"environment_variables": {"N": 1}}, "value of N must be a text"),
        ({"local_work_dir": 5}, "local_work_dir=5"),
        ({"local_work_dir": "a\0b"}, "local_work_dir"),
        ({"auto_parallel": "yes"}, "auto_parallel"),
        ({"cluster_host": "hpc"}, "cluster_host is set, but cluster_type is 'local'.*slurm"),
        ({"cluster_type": "local", "password": SECRET}, "password is set, but cluster_type is 'local'"),
        ({"cluster_type": "ssh"}, "cluster_host is not set"),
        ({"cluster_type": "ssh", "cluster_host": "h", "passphrase": "x"}, "passphrase is set, but no key_file"),
        ({"conda_env_name": "e", "environment": "venv"}, "conda_env_name and environment='venv'"),
    ],
)
def test_what_can_not_be_meant_is_refused_by_name(fields: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        ClusterConfig(**fields)


@pytest.mark.parametrize(
    "fields", [{"password": (SECRET,)}, {"environment_variables": {"A-B": SECRET}}, {"environment_variables": {"A": [SECRET]}}]
)
def test_refused_secrets_are_not_repeated(fields: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as caught:
        remote(**fields)
    assert SECRET not in str(caught.value)


def test_fields_can_be_assigned_and_are_checked_then() -> None:
    config = remote()
    config.default_cores = 8
    assert config.default_cores == 8
    config.default_cores = None
    assert config.default_cores is None
    with pytest.raises(ConfigError, match="did you mean 'default_cores'"):
        config.default_core = 8
    with pytest.raises(ConfigError, match="default_cores='8'"):
        config.default_cores = "8"
    assert config.default_cores is None


def test_what_was_given_is_not_shared() -> None:
    modules = ["gcc"]
    config = ClusterConfig(module_loads=modules)
    config.module_loads.append("python")
    assert modules == ["gcc"]
    assert ClusterConfig().module_loads == []


def test_a_relative_work_dir_is_made_absolute_on_creation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = ClusterConfig(local_work_dir="./project")
    assert config.local_work_dir == str(tmp_path / "project")
    assert ClusterConfig(local_work_dir=Path("x")).local_work_dir == str(tmp_path / "x")
    monkeypatch.setenv("HOME", "/home/ann")
    assert ClusterConfig(local_work_dir="~/data").local_work_dir == "/home/ann/data"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_secrets_are_not_pickled(protocol: int) -> None:
    config = remote(password=SECRET, key_file=f"/keys/{SECRET}", passphrase=SECRET, default_cores=3)
    data = pickle.dumps(config, protocol)
    assert SECRET.encode() not in data
    names = {argument for _, argument, _ in pickletools.genops(data) if isinstance(argument, str)}
    assert not any(name.startswith("clustrix_bundle.") for name in names), "a job knows the public name alone"
    back = pickle.loads(data)
    assert (back.password, back.key_file, back.passphrase) == (None, None, None)
    assert back == config.replace(password=None, key_file=None, passphrase=None)


def test_secrets_are_not_shown_nor_written() -> None:
    config = remote(password=SECRET, key_file="/k", passphrase=SECRET)
    assert SECRET not in repr(config) + str(config) + f"{config}" + json.dumps(config.to_dict())
    assert "password='***'" in repr(config)
    shown = repr(remote(environment_variables={"TOKEN": SECRET}))
    assert "environment_variables={'TOKEN': '***'}" in shown
    assert not {"password", "passphrase", "key_file"} & set(config.to_dict())


def test_copies_within_a_process_keep_secrets() -> None:
    config = remote(password=SECRET, module_loads=["gcc"])
    for same in (copy.copy(config), copy.deepcopy(config), config.replace()):
        assert same == config
        assert same.password == SECRET
        same.module_loads.append("x")
        assert config.module_loads == ["gcc"]


def test_dictionaries_give_the_configuration_back() -> None:
    config = remote(
        username="ann", module_loads=["gcc"], environment_variables={"A": "1"}, default_time="1-0", allowed_paths=["/data"]
    )
    assert ClusterConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    config.environment_variables = {}
    assert eval(repr(config), {"ClusterConfig": ClusterConfig}) == config


def test_replace_checks_and_leaves_the_original_alone() -> None:
    config = remote()
    assert config.replace(username="ann").username == "ann"
    assert config.username is None
    with pytest.raises(ConfigError, match="cluster_host is set"):
        config.replace(cluster_type="local")
    assert config.replace(cluster_type="local", cluster_host=None) == ClusterConfig()


def test_on_the_client_a_local_configuration_means_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert active.local_place(ClusterConfig()) == (str(tmp_path), [])
    assert active.local_place(ClusterConfig(local_work_dir="a", allowed_paths=["/d"])) == (str(tmp_path / "a"), ["/d"])
    assert active.local_place(remote()) is None


def test_in_a_job_a_local_configuration_from_the_client_means_the_work_dir(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "client").mkdir()
    monkeypatch.chdir(tmp_path / "client")
    sent = pickle.dumps([ClusterConfig(), ClusterConfig(local_work_dir="/home/ann/p"), ClusterConfig(local_work_dir="../x")])
    relative = pickle.dumps(ClusterConfig(local_work_dir="./project"))
    active.enter_job(str(tmp_path / "work"))
    try:
        for config in pickle.loads(sent):
            assert active.local_place(config)[0] == str(tmp_path / "work")
        assert active.local_place(pickle.loads(relative))[0] == str(tmp_path / "work")
        (tmp_path / "work/project").mkdir(parents=True)
        assert active.local_place(pickle.loads(relative))[0] == str(tmp_path / "work/project")
    finally:
        active.leave_job()


def test_in_a_job_a_configuration_made_there_means_what_it_says(job: Path) -> None:
    assert active.local_place(ClusterConfig(local_work_dir="./project"))[0] == str(job / "project")
    assert active.local_place(ClusterConfig(local_work_dir="/data"))[0] == "/data"
    assert active.local_place(ClusterConfig())[0] == str(job)
    passed_on = pickle.loads(pickle.dumps(ClusterConfig(local_work_dir="/data")))
    assert active.local_place(passed_on)[0] == "/data"


def test_in_a_job_the_same_cluster_is_the_local_disk(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = remote(username="ann", remote_work_dir="/scratch/p", allowed_paths=["/data"])
    assert active.local_place(config) == ("/scratch/p", ["/data"])
    active.enter_job(str(job), "hpc.example.org", "ann", ["/lustre"])
    assert active.local_place(config) == ("/scratch/p", ["/data", "/lustre"])
    monkeypatch.setenv("HOME", "/home/ann")
    assert active.local_place(remote(username="ann"))[0] == "/home/ann/clustrix"


def test_in_a_job_of_a_scheduler_without_a_host_another_such_configuration_is_the_local_disk(tmp_path: Path) -> None:
    config = ClusterConfig(cluster_type="slurm", remote_work_dir="/scratch/p")
    active.enter_job(str(tmp_path), None, None, [])
    try:
        assert active.local_place(config) == ("/scratch/p", [])
        with pytest.raises(active.ClusterUnreachableFromJob):
            active.local_place(ClusterConfig(cluster_type="kubernetes"))
        with pytest.raises(active.ClusterUnreachableFromJob):
            active.local_place(remote())
    finally:
        active.leave_job()


@pytest.mark.parametrize(
    "fields", [{"cluster_host": "other.example.org"}, {"username": "bob"}, {"cluster_type": "kubernetes", "cluster_host": None}]
)
def test_in_a_job_another_cluster_is_out_of_reach(job: Path, fields: dict[str, object]) -> None:
    config = remote(username="ann").replace(**fields)
    with pytest.raises(active.ClusterUnreachableFromJob, match="job on hpc.example.org"):
        active.local_place(config)


def test_children_of_a_job_are_in_it_too(job: Path) -> None:
    import subprocess
    import sys

    code = "from clustrix_bundle.runtime import active; print(active.current_job().work_dir, active.current_job().cluster_host)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/").stdout
    assert out.split() == [str(job), "hpc.example.org"]
