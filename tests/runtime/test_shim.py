"""What shipped code finds under the names `clustrix_bundle` and `clustrix`."""

import json

import pytest

HEAD = "import clustrix, clustrix_bundle\nfrom clustrix import *\n"


def test_the_helpers_act_on_the_work_dir_on_every_python(site, bundle_of, interpreter):
    site.python = interpreter
    (site.work / "data").mkdir()
    (site.work / "data" / "a b.csv").write_text("1234")
    source = (
        "from clustrix_bundle import *\n"
        "def f():\n"
        "    info = cluster_stat('data/a b.csv')\n"
        "    return [cluster_ls('data'), cluster_glob('*.csv', 'data'), cluster_find('*'), info.size, info.is_dir,\n"
        "            [cluster_exists('data/x'), cluster_isdir('data'), cluster_isfile('data')], cluster_du('data').total_bytes,\n"
        "            cluster_count_files('.'), ClusterFilesystem(ClusterConfig(cluster_type='local')).ls('data')]\n"
    )
    found = site.run(bundle_of(source)).result
    assert found == [["a b.csv"], ["a b.csv"], ["data/a b.csv"], 4, False, [False, True, False], 4, 1, ["a b.csv"]]


def test_decorated_functions_run_in_place(site, bundle_of, interpreter):
    site.python = interpreter
    source = HEAD + (
        "import pickle\n"
        "@cluster\ndef plain(x):\n    'doc'\n    return x + 1\n"
        "@cluster(cores=4, auto_parallel=True)\nasync def later(x):\n    return x\n"
        "@cluster(cores=1)\ndef failing():\n    raise KeyError(1)\n"
        "class K:\n    n = 10\n    @cluster(memory='1GB')\n    def method(self, x):\n        return self.n * x\n"
        "def f():\n"
        "    assert plain.__name__ == 'plain' and plain.__doc__ == 'doc' and pickle.loads(pickle.dumps(plain)) is plain\n"
        "    job = failing.submit()\n"
        "    return [plain(1), plain.local(2), plain.submit(3).result(), plain.submit(3).state, later.submit(4).result(),\n"
        "            type(job.exception()).__name__, job.state, K().method(1), K().method.local(2), K().method.submit(3).result(), K.method(K(), 4)]\n"
    )
    assert site.run(bundle_of(source)).result == [2, 3, 4, "completed", 4, "KeyError", "failed", 10, 20, 30, 40]


@pytest.mark.parametrize(
    "name", ["bundle", "DependencyAnalyzer", "FilePackager", "RemoteDeployer", "RemoteExecutor", "ClusterExecutor", "Job"]
)
def test_names_of_the_client_exist_and_say_so_when_they_are_called(site, bundle_of, name):
    source = f"from clustrix_bundle import {name}\nfrom clustrix import {name} as other\nassert other is {name}\ndef f():\n    {name}(1)\n"
    error = site.run(bundle_of(source)).error
    assert error["type"] == "RuntimeError" and name in error["message"] and "client" in error["message"]


def test_classes_and_errors_of_the_client_serve_annotations_and_handlers(site, bundle_of):
    source = (
        "from clustrix_bundle import Job, RemoteError, ClustrixBundleError\n"
        "def f(x: Job = None):\n    try:\n        raise RemoteError('x')\n    except ClustrixBundleError as error:\n        return [isinstance(x, Job), str(error)]\n"
    )
    assert site.run(bundle_of(source)).result == [False, "x"]


@pytest.mark.parametrize(
    "statement", ["import clustrix_bundle.cli", "from clustrix_bundle.deploy import x", "import clustrix.executor"]
)
def test_submodules_say_where_the_names_are(site, bundle_of, statement):
    error = site.run(bundle_of(statement + "\n")).error
    assert error["type"] == "ImportError" and "itself" in error["message"]


def test_an_unknown_name_is_an_import_error(site, bundle_of):
    assert site.run(bundle_of("from clustrix_bundle import nonsense\n")).error["type"] == "ImportError"


def test_submodules_that_serve(site, bundle_of):
    source = (
        "from clustrix.filesystem import cluster_ls\nfrom clustrix.decorator import cluster\nfrom clustrix.config import ClusterConfig\n"
        "import clustrix_bundle.runtime.config\n"
        "def f():\n    return [cluster_ls(), clustrix_bundle.runtime.config.ClusterConfig is ClusterConfig]\n"
    )
    assert site.run(bundle_of(source)).result == [[], True]


def test_the_projects_own_clustrix_wins(site, bundle_of):
    files = {"project/clustrix/__init__.py": "mine = 5\n", "project/clustrix/sub.py": "n = 6\n"}
    source = "import clustrix.sub, clustrix_bundle\ndef f():\n    return [clustrix.mine, clustrix.sub.n, clustrix_bundle.cluster_ls()]\n"
    assert site.run(bundle_of(source, files=files)).result == [5, 6, []]


def test_an_installed_clustrix_bundle_does_not_come_before_the_stand_in(site, bundle_of):
    installed = site.folder / "site-packages"
    (installed / "clustrix_bundle").mkdir(parents=True)
    (installed / "clustrix_bundle" / "__init__.py").write_text("1/0\n")
    site.environment["PYTHONPATH"] = str(installed)
    assert site.run(bundle_of("from clustrix_bundle import cluster_ls\ndef f():\n    return cluster_ls()\n")).result == []


def test_configure_in_a_job_moves_nothing(site, bundle_of):
    source = HEAD + (
        "def f():\n    before = get_config().local_work_dir\n    configure(cluster_type='slurm', cluster_host='far.example')\n"
        "    return [before, get_config().cluster_host, cluster_ls()]\n"
    )
    (site.work / "here").write_text("")
    assert site.run(bundle_of(source)).result == [str(site.work), "far.example", ["here"]]


def test_a_configuration_of_another_cluster_is_refused_and_of_this_one_is_not(site, bundle_of):
    source = (
        "from clustrix_bundle import *\ndef f(host):\n"
        "    return cluster_ls('.', ClusterConfig(cluster_type='slurm', cluster_host=host, username='u', remote_work_dir='/'))\n"
    )
    bundle = bundle_of(source)
    assert site.run(bundle, "--args", '["far"]').error["type"] == "ClusterUnreachableFromJob"
    site.environment["CLUSTRIX_JOB"] = json.dumps(
        {"work_dir": "/nowhere", "cluster_host": "far", "username": "u", "allowed_paths": []}
    )
    assert "tmp" in site.run(bundle, "--args", '["far"]').result
