"""Decorated functions and the helpers in bundles: built by a live script, run by the real runtime."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import functools
import json

from clustrix_bundle import ClusterConfig, ClusterFilesystem, bundle, cluster, cluster_ls


@cluster(cores=2)
def top(x):
    return helper(x) + 1


@cluster
def helper(x):
    return x * 10


def outer(k):
    @cluster(cores=4)
    def inner(x):
        return x + k

    return inner


class Model:
    def __init__(self, scale):
        self.scale = scale

    @cluster(cores=2)
    def method(self, x):
        return self.scale * x

    @staticmethod
    @cluster
    def static(x):
        return -x


files = ClusterFilesystem(ClusterConfig(cluster_type="local", local_work_dir="."))


def listings(config):
    return [files.ls("data"), cluster_ls("data"), cluster_ls(".", config), cluster_ls(path="a", config=ClusterConfig(local_work_dir="data"))]


if __name__ == "__main__":
    calls = [
        (top, (1,)),
        (outer(7), (1,)),
        (Model(3).method, (2,)),
        (Model.static, (4,)),
        (functools.partial(top.local, 2), ()),
        (lambda f: f(3), (outer(1),)),
        (listings, (ClusterConfig(local_work_dir="data"),)),
    ]
    print(json.dumps([bundle(function, args=args).run() for function, args in calls]))
"""


def test_whatever_is_decorated_runs_elsewhere_as_it_does_here(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "data/a").mkdir(parents=True)
    (tmp_path / "data/a/x.csv").write_text("")
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ['[11, 8, 6, -4, 21, 4, [["a"], ["a"], ["a"], ["x.csv"]]]'], done.stderr
