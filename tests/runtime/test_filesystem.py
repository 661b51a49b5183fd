"""ClusterFilesystem and the cluster_* functions: results, errors, warnings, and where they act."""

import errno
import inspect
import json
import os
import pickle
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import clustrix_bundle
from clustrix_bundle import (
    ClusterConfig,
    ClusterFilesystem,
    ClusterUnreachableFromJob,
    FileInfo,
    NotYetSupported,
    PathOutsideWorkDir,
    UnreadableFolderWarning,
    cluster_count_files,
    cluster_du,
    cluster_exists,
    cluster_find,
    cluster_glob,
    cluster_isdir,
    cluster_isfile,
    cluster_ls,
    cluster_stat,
)
from clustrix_bundle.runtime import active, walking
from clustrix_bundle.runtime.local_files import LocalFilesystem


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "data/sub").mkdir(parents=True)
    (root / "data/.hidden").write_text("12")
    (root / "data/a.csv").write_text("123")
    (root / "data/b.csv").write_text("1234")
    (root / "data/sub/c.csv").write_text("12345")
    (root / "data/link.csv").symlink_to("a.csv")
    (root / "data/folder_link").symlink_to("sub")
    os.chmod(root / "data/a.csv", 0o640)
    os.utime(root / "data/a.csv", (1, 1234567890.25))
    return root


@contextmanager
def in_job(work_dir: Path, *cluster: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(active.ENVIRONMENT, "")
        active.enter_job(str(work_dir), *cluster)
        try:
            yield
        finally:
            active.leave_job()


def test_the_nine_functions(tree: Path) -> None:
    config = ClusterConfig(cluster_type="local", local_work_dir=tree)
    assert cluster_ls("data", config) == [".hidden", "a.csv", "b.csv", "folder_link", "link.csv", "sub"]
    assert cluster_find("*.csv", "data/", config) == ["a.csv", "b.csv", "link.csv", "sub/c.csv"]
    assert cluster_find("*", "data", config)[0] == ".hidden"
    assert cluster_glob("*.csv", "data/", config) == ["a.csv", "b.csv", "link.csv"]
    assert cluster_stat("data/a.csv", config) == FileInfo(3, 1234567890.25, False, "640", "a.csv")
    assert cluster_stat("data/link.csv", config).size == 3
    assert cluster_stat("data/folder_link", config).is_dir
    assert cluster_exists("data/a.csv", config)
    assert cluster_isdir("data/folder_link", config)
    assert cluster_isfile("data/link.csv", config)
    assert not cluster_isfile("data", config)
    usage = cluster_du("data", config)
    assert (usage.total_bytes, usage.file_count) == (14, 4)
    assert cluster_count_files("data", "*.csv", config) == 4


def test_every_call_takes_keywords_and_paths(tree: Path) -> None:
    config = ClusterConfig(local_work_dir=tree)
    assert cluster_ls(path=Path("data"), config=config) == cluster_ls("data", config)
    assert cluster_find(pattern="a*", path="data", config=config) == ["a.csv"]
    assert cluster_count_files(config=config) == 5
    assert cluster_count_files(path="data", pattern="a*", config=config) == 1
    assert cluster_stat(tree / "data/a.csv", config=config).name == "a.csv"


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("ls", "(path='.', config=None)"),
        ("find", "(pattern, path='.', config=None)"),
        ("stat", "(path, config=None)"),
        ("exists", "(path, config=None)"),
        ("isdir", "(path, config=None)"),
        ("isfile", "(path, config=None)"),
        ("glob", "(pattern, path='.', config=None)"),
        ("du", "(path='.', config=None)"),
        ("count_files", "(path='.', pattern='*', config=None)"),
    ],
)
def test_signatures_are_the_documented_ones(name: str, signature: str) -> None:
    function = getattr(clustrix_bundle, "cluster_" + name)
    bare = inspect.Signature(
        [p.replace(annotation=inspect.Parameter.empty) for p in inspect.signature(function).parameters.values()]
    )
    assert str(bare) == signature
    assert pickle.loads(pickle.dumps(function)) is function
    assert function.__doc__
    assert getattr(ClusterFilesystem, name).__doc__


def test_names_in_stat_are_the_last_part_of_the_path(tree: Path) -> None:
    fs = ClusterFilesystem(ClusterConfig(local_work_dir=tree))
    names = {path: fs.stat(path).name for path in ("data", "data/", "data/.", "./data/sub/", ".", "", "data/sub/..")}
    assert names == {
        "data": "data",
        "data/": "data",
        "data/.": "data",
        "./data/sub/": "sub",
        ".": ".",
        "": ".",
        "data/sub/..": "..",
    }


def test_what_is_no_folder_can_not_be_searched(tree: Path) -> None:
    fs = ClusterFilesystem(ClusterConfig(local_work_dir=tree))
    for call in (
        fs.ls,
        fs.count_files,
        lambda path: fs.find("*", path),
        lambda path: fs.glob("*", path),
        lambda path: fs.iter_find("*", path),
    ):
        with pytest.raises(NotADirectoryError):
            call("data/a.csv")
        with pytest.raises(FileNotFoundError):
            call("none")
    with pytest.raises(FileNotFoundError):
        fs.du("none")
    usage = fs.du("data/a.csv")
    assert (usage.total_bytes, usage.file_count) == (3, 1)
    assert fs.du("data/link.csv") == usage


def test_a_config_is_a_cluster_config(tree: Path) -> None:
    for config in ({"cluster_type": "local"}, "local", 5):
        with pytest.raises(TypeError, match="ClusterConfig"):
            ClusterFilesystem(config)


def test_without_a_configuration_the_current_folder_is_meant(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    assert cluster_ls() == ["data"]
    assert cluster_ls(config=ClusterConfig()) == ["data"]


def test_a_filesystem_pickles_as_its_configuration(tree: Path) -> None:
    again = pickle.loads(pickle.dumps(ClusterFilesystem(ClusterConfig(local_work_dir=tree))))
    assert again.ls() == ["data"]
    assert "ClusterFilesystem(ClusterConfig(local_work_dir=" in repr(again)


@pytest.mark.parametrize("kind", ["slurm", "ssh", "kubernetes"])
def test_a_cluster_needs_a_way_to_it(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(active, "client", active.Client())
    host = {} if kind == "kubernetes" else {"cluster_host": "hpc"}
    with pytest.raises(NotYetSupported, match="cluster_type '" + kind):
        cluster_ls(".", ClusterConfig(cluster_type=kind, **host))


def test_in_a_job_the_work_dir_is_meant(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = tmp_path / "laptop"
    client.mkdir()
    monkeypatch.chdir(client)
    sent = pickle.dumps((ClusterConfig(cluster_type="local"), ClusterConfig(cluster_type="local", local_work_dir="./project")))
    with in_job(tree.parent):
        here, project = pickle.loads(sent)
        assert cluster_ls() == ["laptop", "project"]
        assert cluster_ls(".", here) == ["laptop", "project"]
        assert cluster_glob("*.csv", "data/", project) == ["a.csv", "b.csv", "link.csv"]
        made_here = ClusterConfig(cluster_type="local", local_work_dir="./project")
        assert cluster_stat("data/a.csv", made_here).size == 3
        assert ClusterFilesystem().config.local_work_dir == str(tree.parent)


def test_in_a_job_its_own_cluster_is_the_local_disk_and_others_are_out_of_reach(tree: Path) -> None:
    with in_job(tree, "hpc"):
        own = ClusterConfig(cluster_type="slurm", cluster_host="hpc", remote_work_dir=tree)
        assert cluster_ls(".", own) == ["data"]
        with pytest.raises(ClusterUnreachableFromJob, match="other"):
            cluster_ls(".", own.replace(cluster_host="other"))
    with in_job(tree), pytest.raises(ClusterUnreachableFromJob, match="without a cluster"):
        cluster_exists("data", own)


def test_the_state_dir_is_never_listed_matched_or_counted(tree: Path) -> None:
    (tree / ".clustrix-1000/jobs").mkdir(parents=True)
    (tree / ".clustrix-1000/jobs/x.csv").write_text("123456")
    (tree / ".clustrix-mine").write_text("")
    (tree / "data/.clustrix-7").write_text("1")
    fs = ClusterFilesystem(ClusterConfig(local_work_dir=tree))
    assert fs.ls() == [".clustrix-mine", "data"]
    assert fs.ls("data/..") == [".clustrix-mine", "data"]
    assert fs.find(".c*") == [".clustrix-mine", "data/.clustrix-7"]
    assert fs.find("x.csv") == []
    assert fs.glob(".*") == [".clustrix-mine"]
    assert fs.glob(".*/jobs/*") == []
    assert fs.glob(".c*", "data/..") == [".clustrix-mine"]
    assert fs.du().total_bytes == 15
    assert fs.count_files() == 7


@contextmanager
def unprivileged() -> Iterator[None]:
    """Permissions count for other users than root; where the tests run as root, be nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def closed() -> Iterator[Path]:
    """A tree that anybody can reach, with a folder that may not be read, one that may not be passed, and files around."""
    root = Path(tempfile.mkdtemp())
    for name in ("open", "closed", "no_pass"):
        (root / name).mkdir()
        (root / name / "x.csv").write_text("123")
    for path in [root, *root.rglob("*")]:
        if os.geteuid() == 0:
            os.chown(path, 65534, -1)
    os.chmod(root / "closed", 0)
    os.chmod(root / "no_pass", 0o600)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warm = LocalFilesystem(str(root))  # whatever is imported late is imported before privileges are gone
            warm.find("*"), warm.glob("**"), warm.du()
        yield root
    finally:
        shutil.rmtree(root)


def test_walks_skip_folders_they_may_not_read_and_name_them(closed: Path) -> None:
    fs = LocalFilesystem(str(closed))
    calls: list[tuple[Callable[[], Any], Any]] = [
        (lambda: fs.find("*.csv"), ["no_pass/x.csv", "open/x.csv"]),
        (lambda: sorted(fs.iter_find("*.csv")), ["no_pass/x.csv", "open/x.csv"]),
        (lambda: fs.glob("**/*.csv"), ["no_pass/x.csv", "open/x.csv"]),
        (lambda: fs.glob("*/*.csv"), ["no_pass/x.csv", "open/x.csv"]),
        (lambda: fs.du().file_count, 1),
        (fs.count_files, 2),
    ]
    for call, expected in calls:
        with unprivileged(), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert call() == expected
        texts = [str(warning.message) for warning in caught]
        assert len(texts) == 1, texts
        assert "'closed'" in texts[0]
        assert ("'no_pass'" in texts[0]) == (expected == 1), "only sizes need what is behind it"
        assert caught[0].category is UnreadableFolderWarning
        assert caught[0].filename == __file__


def test_a_folder_that_may_not_be_read_is_refused_where_it_is_named(closed: Path) -> None:
    fs = LocalFilesystem(str(closed))
    with unprivileged():
        calls = [
            fs.ls,
            fs.du,
            lambda path: fs.find("*", path),
            lambda path: fs.glob("*", path),
            lambda path: fs.stat(path + "/x.csv"),
        ]
        for call in calls:
            with pytest.raises(PermissionError) as caught:
                call("closed")
            assert not isinstance(caught.value, PathOutsideWorkDir)
            assert caught.value.errno == errno.EACCES
            assert str(caught.value.filename).startswith("closed")
        assert fs.isdir("closed")
        assert not fs.exists("closed/x.csv")
        assert fs.ls("no_pass") == ["x.csv"]
        assert not fs.exists("no_pass/x.csv")


def test_what_vanishes_while_it_is_listed_is_left_out(tree: Path) -> None:
    for name in ("x", "y", "z"):
        (tree / name).mkdir()
        (tree / name / "f").write_text("")
    fs = LocalFilesystem(str(tree))
    found = fs.iter_find("f")
    first = next(found)
    for name in {"x", "y", "z"} - {first[0]}:
        shutil.rmtree(tree / name)
    assert list(found) == []
    shutil.rmtree(tree / first[0])
    assert fs.find("f") == []


@pytest.mark.parametrize("change", ["vanishes", "becomes a link"])
def test_what_changes_between_the_listing_and_the_look_is_no_error(
    tree: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    listing = walking.Entries.__iter__

    def changing(self: walking.Entries) -> Iterator[Any]:
        entries = list(listing(self))
        for name in ("data/sub/c.csv", "data/b.csv"):
            (tree / name).unlink(missing_ok=True)
        if (tree / "data/sub").is_dir() and not (tree / "data/sub").is_symlink():
            (tree / "data/sub").rmdir()
            if change == "becomes a link":
                (tree / "data/sub").symlink_to(".")
        return iter(entries)

    monkeypatch.setattr(walking.Entries, "__iter__", changing)
    fs = LocalFilesystem(str(tree))
    assert fs.du().total_bytes == 5
    assert fs.find("c.csv") == []
    assert fs.glob("data/sub/*.csv") in ([], ["data/sub/a.csv", "data/sub/link.csv"])


def test_trees_deeper_than_a_path_may_be_long(tmp_path: Path) -> None:
    name = "d" * 60
    top = os.open(tmp_path, os.O_RDONLY)
    folder = os.dup(top)
    for _ in range(120):
        os.mkdir(name, dir_fd=folder)
        below = os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(os.open("deep.csv", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    os.close(top)
    fs = LocalFilesystem(str(tmp_path))
    path = (name + "/") * 120 + "deep.csv"
    assert len(path) > 4096
    assert fs.find("*.csv") == [path]
    assert fs.stat(path).name == "deep.csv"
    assert fs.du().file_count == 1
    assert fs.glob("**/*.csv") == [path]
    shutil.rmtree(tmp_path / name)


def test_a_folder_of_50000_files(tmp_path: Path) -> None:
    for n in range(50_000):
        os.close(os.open(f"{tmp_path}/{n:05}", os.O_CREAT | os.O_WRONLY))
    fs = LocalFilesystem(str(tmp_path))
    assert fs.count_files() == 50_000
    assert fs.ls()[49_999] == "49999"
    assert len(fs.find("1*")) == 10_000
    assert len(fs.glob("*7")) == 5_000
    assert next(iter(fs.iter_find("*"))) is not None


SCRIPT = """
import json, sys, pickle
from _clustrix_runtime import active
from _clustrix_runtime.config import ClusterConfig, ConfigError
from _clustrix_runtime.filesystem import ClusterFilesystem, cluster_ls
fs = ClusterFilesystem(ClusterConfig(local_work_dir=sys.argv[1]))
out = [fs.ls("data"), fs.find("*.csv"), fs.glob("**/*.csv"), fs.glob("*/*/"), fs.stat("data/a.csv")._values(), fs.du()._values()]
out += [fs.count_files(), [fs.exists(p) for p in ("data", "none", "data/a.csv/x")], fs.isdir("data"), fs.isfile("data")]
with fs.batch() as batch:
    futures = [batch.ls("data"), batch.stat("none")]
out += [futures[0].result(), type(futures[1].exception()).__name__]
try:
    fs.ls("..")
except PermissionError as error:
    out.append(type(error).__name__)
try:
    ClusterConfig(cluster_hots=1)
except ConfigError as error:
    out.append(str(error))
active.enter_job(sys.argv[1])
out.append(cluster_ls())
print(json.dumps(out))
"""


def test_it_gives_the_same_on_every_python(tree: Path, tmp_path: Path, interpreter: str) -> None:
    package = tmp_path / "lib/_clustrix_runtime"
    package.mkdir(parents=True)
    for path in Path(active.__file__).parent.glob("*.py"):
        shutil.copy(path, package)
    (tree / os.fsdecode(b"data/\xff'.csv")).write_text("")
    os.chmod(tree / "data", 0o755)
    done = subprocess.run(
        [interpreter, "-c", SCRIPT, str(tree)],
        env={"PYTHONPATH": str(tmp_path / "lib"), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    fs = LocalFilesystem(str(tree))
    assert json.loads(done.stdout) == [
        fs.ls("data"), fs.find("*.csv"), fs.glob("**/*.csv"), fs.glob("*/*/"), list(fs.stat("data/a.csv")._values()), list(fs.du()._values()),
        fs.count_files(), [True, False, False], True, False, fs.ls("data"), "FileNotFoundError", "PathOutsideWorkDir",
        "'cluster_hots' is no field of ClusterConfig; did you mean 'cluster_host'?", ["data"],
    ]  # fmt: skip


def scan_entry_by_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "_SCANS_DESCRIPTORS", False)
    monkeypatch.setattr(walking, "_scan", lambda folder: iter([walking._Entry(folder, name) for name in os.listdir(folder)]))


def test_folders_whose_entries_have_no_known_kind_count_as_unreadable_where_they_may_not_be_passed(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Python 3.6 without ``/proc``, and on file systems that list names alone."""
    scan_entry_by_entry(monkeypatch)
    fs = LocalFilesystem(str(closed))
    for call in (lambda: fs.find("*.csv"), lambda: ["open/x.csv"] * fs.du().file_count):
        with unprivileged(), pytest.warns(UnreadableFolderWarning, match="'closed', 'no_pass'"):
            assert call() == ["open/x.csv"]


def test_the_entries_of_python_36_are_told_as_scandir_tells_them(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fs = LocalFilesystem(str(tree))
    calls = [fs.ls, lambda: fs.find("*"), lambda: fs.glob("**"), lambda: fs.glob("*/*/"), fs.du, fs.count_files]
    new = [call() for call in calls]
    monkeypatch.setattr(walking, "_SCANS_DESCRIPTORS", False)
    assert [call() for call in calls] == new
    scan_entry_by_entry(monkeypatch)
    assert [call() for call in calls] == new
