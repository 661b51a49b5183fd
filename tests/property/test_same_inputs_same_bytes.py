"""Same inputs, same bytes: nothing of the order of discovery, of the place, or of the process that packs is in a bundle.

(docs/bundle-format.md: "Free of times, hosts, users and absolute paths".)
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from clustrix_bundle.bundler.graph import CapturedValue, Edge, Excluded, FilesystemCall, Node, Note, Requirement
from clustrix_bundle.bundler.package import FilePackager
from hypothesis import given, settings
from hypothesis import strategies as st

NODES = [
    Node("project/m.py", "module", content=b"#"),
    Node("project/\udcff", "data", content=b"1"),
    Node("project/\U0001f600", "data", content=b"2"),
    Node("project/a", "dir"),
    Node("project/a/b", "link", link_target="../m.py"),
    Node("extra/1-x/y.py", "module", content=b""),
    Node("values/v.pkl", "value", content=b"N."),
]
EDGES = [Edge("project/pkg/mod.py", "project/m.py", n, "import", "import m") for n in (1, 2, 2)] + [
    Edge("", "project/a/b", 0, "included", "a/*")
]
REQUIREMENTS = [Requirement("b", "1", ("b",)), Requirement("A", "2", ("a",)), Requirement("b", "1", ("b",))]
CALLS = [FilesystemCall("cluster_ls", p, None, "project/m.py", n, "…") for n, p in ((2, None), (1, "x"), (2, "a"))]
VALUES = [CapturedValue(n, "values/v.pkl", "int", 2, "value") for n in ("z", "y")]
NOTES = [Note("b", "m.py", 2), Note("a", "m.py", 2), Note("c")]
EXCLUDED = [Excluded("b", "ignored"), Excluded("a", "secret")]


def pack(hand_graph, folder, order):
    graph = hand_graph(folder)
    lists = {
        "edges": EDGES,
        "requirements": REQUIREMENTS,
        "filesystem_calls": CALLS,
        "values": VALUES,
        "warnings": NOTES,
        "unresolved": NOTES,
        "excluded": EXCLUDED,
    }
    for name, items in lists.items():
        setattr(graph, name, order(items))
    graph.nodes = {node.member: node for node in order([*graph.nodes.values(), *NODES])}
    graph.work_dir_names = tuple(order(["x", "a", "x"]))
    return Path(FilePackager(folder / "out").package_dependencies(graph).package_path).read_bytes()


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_the_order_of_discovery_leaves_no_trace(hand_graph, tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("order")
    assert pack(hand_graph, folder / "a", list) == pack(hand_graph, folder / "b", lambda items: data.draw(st.permutations(items)))


PROJECT = {
    "pyproject.toml": "[project]\nname = 'x'\n",
    "pkg/__init__.py": "",
    "pkg/mod.py": "import json\nfrom pkg import other\nfrom pkg import data\n\n\ndef f():\n    return other.g(), data.h()\n",
    "pkg/other.py": "import pkg.data\n\n\ndef g():\n    return {'a', 'b', 'ü'}\n",
    "pkg/data.py": "from pathlib import Path\nHERE = Path(__file__).parent\n\n\ndef h():\n    return (HERE / 'files' / 'x.txt').read_text()\n",
    "pkg/files/x.txt": "x",
    "pkg/files/ü.txt": "u",
}


def write_project(folder):
    for name, content in PROJECT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


def build(folder, cwd, **environment):
    out = folder / "out"
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONSAFEPATH": "1", **environment}
    done = subprocess.run(
        [sys.executable, "-m", "clustrix_bundle", "build", "pkg.mod:f", "-o", str(out) + "/"],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (path,) = out.iterdir()
    return path.name, path.read_bytes()


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    write_project(folder / "p")
    return build(folder, folder / "p")


def test_another_checkout_folder(plain, tmp_path):
    project = tmp_path / "a longer" / "path with spaces" / "ü"
    write_project(project)
    assert build(tmp_path, project) == plain


def test_another_umask_and_other_times(plain, tmp_path):
    umask = os.umask(0o077)
    try:
        write_project(tmp_path / "p")
        for path in (tmp_path / "p").rglob("*"):
            os.utime(path, (1, 1))
        assert build(tmp_path, tmp_path / "p") == plain
    finally:
        os.umask(umask)


@pytest.mark.parametrize(
    "variables",
    [{"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "77"}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX", "TZ": "Asia/Tokyo"}],
    ids=str,
)
def test_another_hash_seed_locale_and_time_zone(plain, tmp_path, variables):
    write_project(tmp_path / "p")
    assert build(tmp_path, tmp_path / "p", **variables) == plain


def test_an_unrelated_file_more(plain, tmp_path):
    write_project(tmp_path / "p")
    (tmp_path / "p" / "notes.txt").write_text("unrelated")
    (tmp_path / "p" / "pkg" / "unused.py").write_text("import nowhere\n")
    (tmp_path / "p" / ".env").write_text("SECRET=1")
    assert build(tmp_path, tmp_path / "p") == plain


def test_a_related_file_does_count(plain, tmp_path):
    write_project(tmp_path / "p")
    (tmp_path / "p" / "pkg" / "other.py").write_text("def g():\n    return 2\n")
    assert build(tmp_path, tmp_path / "p")[0] != plain[0]
