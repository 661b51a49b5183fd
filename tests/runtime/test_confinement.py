"""No path leads out of the work dir, whatever it is made of, unless allowed_paths admits it."""

import errno
import os
import pickle
from pathlib import Path

import pytest

from clustrix_bundle.runtime import confinement
from clustrix_bundle.runtime.confinement import Confinement, PathOutsideWorkDir
from clustrix_bundle.runtime.local_files import LocalFilesystem


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """work/ with files and links of all kinds; outside/ beside it with a secret."""
    work = tmp_path / "work"
    (work / "sub/deep").mkdir(parents=True)
    (work / "sub/x.csv").write_text("12345")
    (tmp_path / "outside/big").mkdir(parents=True)
    (tmp_path / "outside/secret").write_text("s")
    (tmp_path / "work2").mkdir()
    for link, target in {
        "out": "../outside",
        "out_file": tmp_path / "outside/secret",
        "out_missing": "../outside/none",
        "inside": "sub/x.csv",
        "inside_folder": work / "sub",
        "there_and_back": "../work/sub/x.csv",
        "chain": "inside",
        "loop": "loop",
        "loop_a": "loop_b/x",
        "loop_b": "loop_a",
        "loop_up": "loop_up/..",
        "dangling": "sub/none",
        "to_folder_with_slash": "sub/",
        "to_file_with_slash": "sub/x.csv/",
        "root": "/",
        "self": ".",
    }.items():
        (work / link).symlink_to(target)
    return work


INSIDE = [
    "sub/x.csv", "./sub//x.csv", "sub/../sub/x.csv", "inside", "inside_folder/x.csv", "there_and_back", "chain", "self/self/sub/x.csv",
    "sub/deep/../x.csv", "to_folder_with_slash/x.csv", "../work/sub/x.csv", "out/../work/sub/x.csv",
]  # fmt: skip
OUTSIDE = [
    "..", "../", "../outside/secret", "../none", "../work2", "out", "out/secret", "out/none", "out/big/../secret", "out_file", "out_missing",
    "/", "/etc/passwd", "/none", "sub/../..", "sub/../../outside", "/proc/self/root", "/proc/self/cwd/..", "root", "root/etc",
    "inside_folder/../../outside", "../../../../../../../../../../etc/passwd", "self/../outside", "out/none/none", "/etc/passwd/x",
]  # fmt: skip


@pytest.mark.parametrize("path", INSIDE)
def test_paths_that_stay_inside_are_fine(tree: Path, path: str) -> None:
    fs = LocalFilesystem(str(tree))
    assert fs.stat(path).size == 5
    assert fs.stat(str(tree) + "/" + path).size == 5
    assert fs.isfile(path)


@pytest.mark.parametrize("path", OUTSIDE)
def test_paths_that_lead_out_are_refused_by_every_call(tree: Path, path: str) -> None:
    fs = LocalFilesystem(str(tree))
    calls = [fs.ls, fs.stat, fs.exists, fs.isdir, fs.isfile, fs.du, fs.count_files]
    calls += [lambda path: fs.find("*", path), lambda path: fs.iter_find("*", path), lambda path: fs.glob("*", path)]
    for call in calls:
        with pytest.raises(PathOutsideWorkDir) as caught:
            call(path)
        assert isinstance(caught.value, PermissionError)
        assert caught.value.errno == errno.EACCES
        assert caught.value.filename == path
        assert "allowed_paths=[" in str(caught.value)


def test_the_error_says_what_would_admit_it(tree: Path) -> None:
    with pytest.raises(PathOutsideWorkDir) as caught:
        LocalFilesystem(str(tree)).stat("out_file")
    assert f"allowed_paths=['{tree.parent}/outside']" in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (PathOutsideWorkDir, str(caught.value))
    assert LocalFilesystem(str(tree), [str(tree.parent / "outside")]).stat("out_file").size == 1


def test_allowed_paths_admit_links_and_paths_into_them_only(tree: Path) -> None:
    fs = LocalFilesystem(str(tree), [str(tree.parent / "outside")])
    assert fs.ls("out") == ["big", "secret"]
    assert fs.exists("../outside/secret")
    assert fs.exists(str(tree.parent / "outside/secret"))
    assert not fs.exists("out_missing")
    assert fs.find("*", "out") == ["secret"]
    for path in ("..", "../work2", "root", "/etc"):
        with pytest.raises(PathOutsideWorkDir):
            fs.exists(path)


def test_a_neighbour_whose_name_begins_alike_is_outside(tree: Path) -> None:
    with pytest.raises(PathOutsideWorkDir):
        LocalFilesystem(str(tree)).ls(str(tree) + "2")


def test_a_work_dir_may_be_reached_by_a_link(tree: Path) -> None:
    (tree.parent / "link").symlink_to("work")
    fs = LocalFilesystem(str(tree.parent / "link"))
    assert fs.stat(str(tree.parent / "link/sub/x.csv")).size == 5
    assert fs.stat(str(tree / "sub/x.csv")).size == 5
    assert fs.stat("there_and_back").size == 5


def test_the_whole_file_system_can_be_the_work_dir(tree: Path) -> None:
    fs = LocalFilesystem("/")
    assert fs.stat(str(tree / "sub/x.csv")).size == 5
    assert fs.stat(str(tree / "out/secret")).size == 1
    assert fs.isdir("..")


@pytest.mark.parametrize("path", ["loop", "loop/x", "loop_a", "loop_b", "loop_up", "loop_up/../x"])
def test_links_in_a_circle_lead_nowhere(tree: Path, path: str) -> None:
    fs = LocalFilesystem(str(tree))
    with pytest.raises(OSError, match="Errno") as caught:
        fs.stat(path)
    assert caught.value.errno == errno.ELOOP
    assert not fs.exists(path)


@pytest.mark.parametrize("path", ["none", "none/none", "dangling", "sub/none", "sub/deep/../none"])
def test_what_is_not_there_is_not_found(tree: Path, path: str) -> None:
    fs = LocalFilesystem(str(tree))
    with pytest.raises(FileNotFoundError) as caught:
        fs.stat(path)
    assert caught.value.filename == path
    assert not fs.exists(path)


@pytest.mark.parametrize("path", ["sub/x.csv/", "sub/x.csv/.", "sub/x.csv/none", "inside/", "to_file_with_slash", "sub/x.csv/.."])
def test_a_file_is_no_folder(tree: Path, path: str) -> None:
    fs = LocalFilesystem(str(tree))
    with pytest.raises(NotADirectoryError):
        fs.stat(path)
    with pytest.raises(NotADirectoryError):
        os.stat(str(tree) + "/" + path)
    assert not fs.exists(path)


@pytest.mark.parametrize("path", ["a\0b", "\0", "../\0"])
def test_a_null_is_a_value_error(tree: Path, path: str) -> None:
    fs = LocalFilesystem(str(tree))
    for call in (fs.ls, fs.stat, fs.exists, fs.isfile, fs.isdir, fs.du, fs.glob, fs.find):
        with pytest.raises(ValueError, match="null"):
            call(path)


@pytest.mark.parametrize(
    "name", ["~", "~root", "-rf", "--", "$(touch x)", "$HOME", "`id`", "a b", "a\nb", "'", '"', "\\", "*", "\udcff"]
)
def test_names_mean_themselves(tree: Path, name: str) -> None:
    fs = LocalFilesystem(str(tree))
    assert not fs.exists(name)
    (tree / name).mkdir()
    (tree / name / name).write_text("abc")
    assert fs.ls(name) == [name]
    assert fs.stat(name + "/" + name).size == 3
    assert fs.stat(name + "/" + name).name == name
    assert sorted(os.listdir(tree)) == fs.ls()


def test_a_folder_that_becomes_a_link_meanwhile_is_not_followed(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the check of a name and its use, somebody puts a link that leads out in its place."""
    real_open = os.open
    swapped = []

    def swapping_open(path: str, *args: object, **kwargs: object) -> int:
        if path in ("deep", "sub") and not swapped and kwargs.get("dir_fd") is not None:
            swapped.append(path)
            (tree / "aside").mkdir()
            os.rename(tree / "sub", tree / "aside/sub")
            (tree / "sub").symlink_to("../outside")
        return real_open(path, *args, **kwargs)

    monkeypatch.setattr(confinement.os, "open", swapping_open)
    with pytest.raises(OSError, match="Errno") as caught:
        LocalFilesystem(str(tree)).ls("sub/big")
    assert swapped
    assert caught.value.errno in (errno.ENOTDIR, errno.ELOOP)


def test_descriptors_are_given_back(tree: Path) -> None:
    before = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else None
    fs = LocalFilesystem(str(tree))
    for path in INSIDE + OUTSIDE + ["loop", "none", "sub/x.csv/none", "dangling"]:
        for call in (fs.ls, fs.stat, fs.du, lambda path: fs.glob("**/*", path), lambda path: fs.find("*", path)):
            try:
                call(path)
            except OSError:
                pass
        fs.iter_find("*")  # never begun
    next(iter(fs.iter_find("*")))  # and left half way
    assert before is None or len(os.listdir("/proc/self/fd")) == len(before)


def test_a_work_dir_that_does_not_exist_is_named(tmp_path: Path) -> None:
    fs = LocalFilesystem(str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match=f"the work dir does not exist: '{tmp_path}/none'"):
        fs.ls()
    assert not fs.exists("x")


def test_bounds_are_compared_name_by_name() -> None:
    bounds = Confinement("/", ["/data"])
    assert bounds.admits("/")
    assert bounds.admits("/etc")
