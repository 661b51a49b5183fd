"""@cluster: what it takes, what it leaves as it was, and where a call runs."""

import asyncio
import copy
import functools
import inspect
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from clustrix_bundle import ClusterConfig, ConfigError, NotYetSupported, cluster, configuration, configure
from clustrix_bundle.decorator import ClusterFunction
from clustrix_bundle.runtime import active


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(configuration, "_active", None)
    monkeypatch.setenv("CLUSTRIX_CONFIG_DIR", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    yield


@cluster
def bare(x: int, y: int = 2) -> int:
    """Adds."""
    return x + y


@cluster(
    cores=8,
    memory="16GB",
    time="01:00:00",
    partition="p",
    queue="q",
    account="a",
    gres="gpu:1",
    qos="high",
    parallel=False,
    environment="venv",
)
def full(x: int) -> int:
    return x * 2


@cluster(auto_parallel=True, async_submit=None, cores=None)
def upstream_style() -> str:
    return "ran"


class Model:
    scale = 3

    @cluster(cores=2)
    def method(self, x: int) -> int:
        return self.scale * x

    @classmethod
    @cluster
    def of_class(cls, x: int) -> int:
        return cls.scale + x

    @staticmethod
    @cluster
    def static(x: int) -> int:
        return -x

    @cluster
    @staticmethod
    def static_inside(x: int) -> int:
        return -x


def test_calls_run_in_place_with_a_local_configuration() -> None:
    assert bare(1) == 3
    assert bare(1, y=1) == 2
    assert full(4) == 8
    assert upstream_style() == "ran"
    assert Model().method(2) == 6
    assert Model.of_class(1) == 4
    assert Model.static(1) == Model().static(1) == Model.static_inside(1) == Model().static_inside(1) == -1


def test_the_function_stays_what_it_was() -> None:
    assert (bare.__name__, bare.__doc__, bare.__module__, bare.__qualname__) == ("bare", "Adds.", __name__, "bare")
    assert str(inspect.signature(bare)) == "(x: int, y: int = 2) -> int"
    assert bare.__wrapped__(1) == 3
    assert "def bare" in inspect.getsource(bare)
    assert bare.__code__.co_name == "bare"
    assert bare.__defaults__ == (2,)
    assert callable(bare)
    assert "bare" in repr(bare)
    with pytest.raises(AttributeError):
        _ = bare.nothing
    assert bare.options == {}
    assert full.options["gres"] == "gpu:1"
    with pytest.raises(TypeError):
        full.options["cores"] = 1


def test_other_decorators_may_stand_around() -> None:
    @functools.lru_cache
    @cluster
    def above(x: int) -> int:
        return x

    @cluster
    @functools.lru_cache
    def below(x: int) -> int:
        return x

    assert (above(1), below(1)) == (1, 1)
    assert below.cache_info().misses == 1


def test_a_coroutine_function_can_be_awaited() -> None:
    @cluster
    async def answer() -> int:
        return 42

    assert asyncio.run(answer()) == 42


def test_what_a_name_leads_to_pickles_by_name() -> None:
    for function in (bare, full, Model.method):
        assert pickle.loads(pickle.dumps(function)) is function
    assert b"clustrix_bundle.decorator" not in pickle.dumps(bare)
    assert copy.copy(bare) is bare


def test_what_no_name_leads_to_pickles_decorated_again() -> None:
    bound = Model().method
    again = pickle.loads(pickle.dumps(bound))
    assert isinstance(again, ClusterFunction)
    assert again(2) == 6
    assert dict(again.options) == {"cores": 2}
    assert b"clustrix_bundle.decorator" not in pickle.dumps(bound)
    partial = pickle.loads(pickle.dumps(functools.partial(bare, 5)))
    assert partial() == 7


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"core": 4}, TypeError, "'core'; did you mean 'cores'"),
        ({"zzz": 4}, TypeError, "'zzz'$"),
        ({"cores": 0}, ConfigError, "^cores=0"),
        ({"cores": "4"}, ConfigError, "^cores='4'"),
        ({"memory": "lots"}, ConfigError, "^memory: .*amount of memory"),
        ({"time": "soon"}, ConfigError, "^time: .*time limit"),
        ({"parallel": 1}, ConfigError, "^parallel=1"),
        ({"partition": "-x"}, ConfigError, "^partition"),
        ({"environment": ""}, ConfigError, "^environment"),
    ],
)
def test_what_is_unknown_or_impossible_is_refused_where_it_is_written(
    options: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        cluster(**options)


def test_it_decorates_functions() -> None:
    with pytest.raises(TypeError, match="not int"):
        cluster(8)


def test_kubernetes_is_refused_by_name() -> None:
    configure(cluster_type="kubernetes")
    with pytest.raises(NotYetSupported, match="cluster_type='kubernetes'"):
        bare(1)
    with pytest.raises(NotYetSupported, match="cluster_type='kubernetes'"):
        bare.submit(1)
    assert bare.local(1) == 3
    assert Model().method.local(2) == 6


def test_what_a_machine_without_a_scheduler_cannot_honour_is_refused_by_name() -> None:
    configure(cluster_type="ssh", cluster_host="nowhere.invalid")
    with pytest.raises(ConfigError, match="partition='gpu' cannot be honoured by cluster_type 'ssh'"):
        cluster(partition="gpu")(len)("abc")


def test_a_configuration_among_the_arguments_chooses_the_cluster() -> None:
    @cluster
    def where(config: ClusterConfig, other: ClusterConfig | None = None) -> str:
        return config.cluster_type

    remote = ClusterConfig(cluster_type="kubernetes")
    assert where(ClusterConfig()) == "local"
    with pytest.raises(NotYetSupported, match="kubernetes"):
        where(remote)
    with pytest.raises(NotYetSupported, match="kubernetes"):
        where(config=remote)
    configure(cluster_type="kubernetes")
    assert where(ClusterConfig(), other=ClusterConfig()) == "local"
    with pytest.raises(ConfigError, match="two different"):
        where(ClusterConfig(), remote)


def test_in_a_job_it_runs_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(cluster_type="slurm", cluster_host="hpc")
    monkeypatch.setenv(active.ENVIRONMENT, "")
    active.enter_job(str(tmp_path))
    try:
        assert bare(1) == 3
    finally:
        active.leave_job()
