"""Profiles: which file, which table, what goes over what, and errors that name the place."""

from pathlib import Path

import pytest

from clustrix_bundle.profiles import INTEGERS, LISTS, MAPPINGS, SECONDS, SWITCHES, environment_fields, load_profile, user_folder
from clustrix_bundle.runtime.config import FIELDS, ClusterConfig, ConfigError

HPC = """
default = "hpc"

[profiles.hpc]
cluster_type = "slurm"
cluster_host = "hpc.example.org"
default_cores = 4
module_loads = ["gcc"]

[profiles.laptop]
local_work_dir = "data"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project; the home folder is elsewhere and empty."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "CLUSTRIX_PROFILE", "CLUSTRIX_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home/.config/clustrix").mkdir(parents=True)
    root = tmp_path / "project"
    (root / "sub").mkdir(parents=True)
    (root / "pyproject.toml").write_text("")
    monkeypatch.chdir(root)
    return root


def test_without_files_and_variables_the_configuration_is_local(project: Path) -> None:
    assert load_profile(environ={}) == ClusterConfig()


def test_the_default_profile_of_the_project_counts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "clustrix.toml").write_text(HPC)
    config = load_profile(environ={})
    assert (config.cluster_type, config.cluster_host, config.default_cores, config.module_loads) == (
        "slurm",
        "hpc.example.org",
        4,
        ["gcc"],
    )
    monkeypatch.chdir(project / "sub")
    assert load_profile(environ={}) == config
    assert load_profile(folder=str(project / "sub"), environ={}) == config


def test_a_profile_is_named_by_argument_or_variable(project: Path) -> None:
    (project / "clustrix.toml").write_text(HPC)
    assert load_profile("laptop", environ={"CLUSTRIX_PROFILE": "hpc"}).local_work_dir == str(project / "data")
    assert load_profile(environ={"CLUSTRIX_PROFILE": "laptop"}).cluster_type == "local"


def test_the_project_goes_before_the_user(project: Path, tmp_path: Path) -> None:
    own = tmp_path / "home/.config/clustrix/clustrix.toml"
    own.write_text('default = "mine"\n[profiles.mine]\ndefault_cores = 1\n[profiles.hpc]\ndefault_cores = 2\n')
    assert load_profile(environ={}).default_cores == 1
    (project / "clustrix.toml").write_text(HPC)
    assert load_profile(environ={}).default_cores == 4
    assert load_profile("mine", environ={}).default_cores == 1


def test_files_above_the_project_do_not_count(project: Path) -> None:
    (project.parent / "clustrix.toml").write_text(HPC)
    assert load_profile(environ={}) == ClusterConfig()
    (project / "pyproject.toml").unlink()
    assert load_profile(environ={}).cluster_type == "slurm"


def test_the_home_folder_is_no_project(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home/clustrix.toml").write_text(HPC)
    (tmp_path / "home/work").mkdir()
    monkeypatch.chdir(tmp_path / "home/work")
    assert load_profile(environ={}) == ClusterConfig()


def test_where_the_users_folder_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert user_folder({}) == "/home/ann/.config/clustrix"
    assert user_folder({"XDG_CONFIG_HOME": "/x"}) == "/x/clustrix"
    assert user_folder({"XDG_CONFIG_HOME": "/x", "CLUSTRIX_CONFIG_DIR": "~/c"}) == "/home/ann/c"


def test_arguments_go_over_the_environment_and_that_over_the_profile(project: Path) -> None:
    (project / "clustrix.toml").write_text(HPC)
    environment = {"CLUSTRIX_DEFAULT_CORES": "8", "CLUSTRIX_USERNAME": "ann"}
    config = load_profile(environ=environment, username="bob")
    assert (config.default_cores, config.username, config.cluster_host) == (8, "bob", "hpc.example.org")
    local = load_profile(environ={"CLUSTRIX_CLUSTER_TYPE": "local", "CLUSTRIX_CLUSTER_HOST": ""})
    assert (local.cluster_type, local.cluster_host) == ("local", None)


def test_variables_hold_what_their_fields_need() -> None:
    fields = environment_fields(
        {
            "CLUSTRIX_CLUSTER_PORT": "2222",
            "CLUSTRIX_CONNECT_TIMEOUT": "1.5",
            "CLUSTRIX_AUTO_PARALLEL": "no",
            "CLUSTRIX_MODULE_LOADS": "gcc, python/3.11",
            "CLUSTRIX_ALLOWED_PATHS": '["/a,b"]',
            "CLUSTRIX_PRE_EXECUTION_COMMANDS": "echo a, b",
            "CLUSTRIX_ENVIRONMENT_VARIABLES": '{"A": "1"}',
            "CLUSTRIX_DEFAULT_MEMORY": "8GB",
            "CLUSTRIX_DEFAULT_TIME": "",
            "CLUSTRIX_JOB": "{}",
            "CLUSTRIX_ZSTD": "pure",
            "OTHER": "x",
        }
    )
    assert fields == {
        "cluster_port": 2222,
        "connect_timeout": 1.5,
        "auto_parallel": False,
        "module_loads": ["gcc", "python/3.11"],
        "allowed_paths": ["/a,b"],
        "pre_execution_commands": ["echo a, b"],
        "environment_variables": {"A": "1"},
        "default_memory": "8GB",
        "default_time": None,
    }
    ClusterConfig(**{**fields, "cluster_type": "ssh", "cluster_host": "h"})


def test_every_field_has_the_kind_that_its_variable_is_read_as() -> None:
    config = ClusterConfig()
    for name in FIELDS:
        value = getattr(config, name)
        kinds = {bool: SWITCHES, list: LISTS, dict: MAPPINGS}
        if type(value) in kinds:
            assert name in kinds[type(value)]
        elif isinstance(value, (int, float)):
            assert name in INTEGERS | SECONDS


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("CLUSTRIX_CLUSTER_PORT", "ssh", "CLUSTRIX_CLUSTER_PORT='ssh': must be a number"),
        ("CLUSTRIX_AUTO_PARALLEL", "perhaps", "must be 1 or 0"),
        ("CLUSTRIX_ALLOWED_PATHS", "[/a", "must be JSON"),
        ("CLUSTRIX_CLUSTER_TYPE", "slrum", "did you mean 'slurm'"),
    ],
)
def test_wrong_variables_are_named(project: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load_profile(environ={name: text})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("default = 'x'", "no profile 'x'"),
        ("default = 'hcp'\n[profiles.hpc]\n", "no profile 'hcp'.*did you mean 'hpc'.*known are hpc"),
        ("default = 'x'\n[profiles.x]\ncluster_hots = 'h'", "did you mean 'cluster_host'.*profile 'x' in .*clustrix.toml"),
        ("default = 'x'\n[profiles.x]\ncluster_type = 'ssh'", "cluster_host is not set.*profile 'x'"),
        ("cluster_type = 'ssh'", r"clustrix.toml: unknown key 'cluster_type'; put fields into a table \[profiles.NAME\]"),
        ("[profile.x]\n", "unknown key 'profile'; did you mean 'profiles'"),
        ("[hpc]\n", r"unknown key 'hpc'; a profile is a table \[profiles.hpc\]"),
        ("profiles = 5", "profiles are tables"),
        ("default = 5", "default must be"),
        ("a = [", "clustrix.toml: "),
    ],
)
def test_errors_in_files_name_the_file(project: Path, text: str, words: str) -> None:
    (project / "clustrix.toml").write_text(text)
    with pytest.raises(ConfigError, match=words):
        load_profile(environ={})


def test_a_named_profile_needs_a_file(project: Path) -> None:
    with pytest.raises(ConfigError, match="no profile 'hpc'"):
        load_profile("hpc", environ={})


def test_upstreams_file_is_read_where_there_is_no_other(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    yaml = pytest.importorskip("yaml")
    settings = {
        "cluster_host": "hpc",
        "default_cores": 16,
        "k8s_namespace": "default",
        "aws_region": None,
        "ssh_port": 2200,
        "local_cache_dir": "~/.clustrix/cache",
    }
    (project / "clustrix.yml").write_text(yaml.safe_dump(settings))
    config = load_profile(environ={})
    assert (config.cluster_type, config.cluster_host, config.default_cores, config.cluster_port) == ("slurm", "hpc", 16, 2200)
    (project / "clustrix.toml").write_text("[profiles.x]\n")
    assert load_profile(environ={}).cluster_type == "local"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cluster_hots: x", "clustrix.yml: 'cluster_hots'.*did you mean 'cluster_host'"),
        ("prefer_local_parallel: true", "prefer_local_parallel: True has no counterpart"),
        ("- a", "no mapping"),
        ("a: [", "clustrix.yml: "),
        ("cluster_type: huggingface", "cluster_type='huggingface'"),
    ],
)
def test_what_upstreams_file_can_not_mean_here_is_named(project: Path, text: str, words: str) -> None:
    pytest.importorskip("yaml")
    (project / "clustrix.yml").write_text(text)
    with pytest.raises(ConfigError, match=words):
        load_profile(environ={})


def test_upstreams_file_without_pyyaml_is_a_clear_error(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    (project / "clustrix.yml").write_text("cluster_host: hpc")
    with pytest.raises(ConfigError, match="PyYAML is not installed.*clustrix.toml"):
        load_profile(environ={})


def test_the_environment_of_jobs_is_a_field_like_others(project: Path) -> None:
    assert load_profile(environ={}, environment="venv").environment == "venv"
