"""Over a real server the helpers give what they give in process, on random trees; and never leave the work dir."""

import os
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustrix_bundle import ClusterConfig, ClusterFilesystem, PathOutsideWorkDir

NAMES = st.one_of(
    st.sampled_from(
        [b"two words.csv", b"it's", b'"', b"-rf", b"$(touch x)", b"`id`", b"~", b"*", b"a\nb", b"\\", b".hid", b"\xff\xfe", b";"]
    ),
    st.binary(min_size=1, max_size=6)
    .map(lambda name: name.replace(b"/", b"_").replace(b"\0", b"0"))
    .filter(lambda name: name not in (b".", b"..")),
)
LEAVES = st.one_of(
    st.binary(max_size=9),
    st.one_of(NAMES, st.sampled_from([b".", b"..", b"/etc", b"loop"])).map(lambda target: ("link", target)),
)
TREES = st.dictionaries(
    NAMES, st.recursive(LEAVES, lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=8), min_size=1, max_size=5
)


def grow(folder, tree):
    os.mkdir(folder)
    for name, content in tree.items():
        path = os.path.join(folder, name)
        if isinstance(content, dict):
            grow(path, content)
        elif isinstance(content, tuple):
            os.symlink(content[1], path)
        else:
            Path(os.fsdecode(path)).write_bytes(content)


def outcome(call, *arguments):
    """What a call gives, its warnings and errors included."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            value = call(*arguments)
            value = sorted(value) if hasattr(value, "__next__") else value
        except (OSError, ValueError) as error:
            value = (type(error), getattr(error, "errno", None), str(error))
    return value, sorted(str(one.message) for one in told)


@settings(max_examples=12, deadline=None)
@given(tree=TREES)
def test_every_call_gives_the_same_over_a_server_and_in_process(sshd, tree):
    root = os.path.join(sshd.work, f"tree-{os.urandom(6).hex()}")
    grow(os.fsencode(root), tree)
    there = ClusterFilesystem(sshd.config(remote_work_dir=root))
    here = ClusterFilesystem(ClusterConfig(cluster_type="local", local_work_dir=root))
    paths = [
        os.path.relpath(os.path.join(where, name), root) for where, folders, files in os.walk(root) for name in folders + files
    ]
    for path in [".", "", "nothing", "a\0b", *paths[:12]]:
        for name in ("ls", "stat", "exists", "isdir", "isfile", "du", "count_files"):
            assert outcome(getattr(there, name), path) == outcome(getattr(here, name), path), (name, path)
    for pattern in ("*", "**", "*/*", "?*", "[!a]*"):
        for name in ("find", "glob", "iter_find"):
            assert outcome(getattr(there, name), pattern) == outcome(getattr(here, name), pattern), (name, pattern)


@pytest.fixture(scope="module")
def confined(sshd):
    """A work dir with links that lead out, and a secret beside it."""
    top = Path(sshd.work, "confined")
    work = top / "work"
    work.mkdir(parents=True)
    (top / "secret").write_text("canary")
    (work / "up").symlink_to("..")
    (work / "file").symlink_to("../secret")
    (work / "twice").symlink_to("up/secret")
    (work / "root").symlink_to("/proc/self/root")
    return ClusterFilesystem(sshd.config(remote_work_dir=str(work)))


@pytest.mark.parametrize(
    "path",
    [
        "..",
        "../secret",
        "a/../../secret",
        "/etc/passwd",
        "/",
        "up",
        "up/secret",
        "file",
        "twice",
        "root/etc/passwd",
        "/proc/self/root/etc/passwd",
    ],
)
def test_no_path_leaves_the_work_dir_over_the_wire(confined, path):
    for call in (confined.ls, confined.stat, confined.exists, confined.isdir, confined.isfile, confined.du, confined.count_files):
        with pytest.raises(PathOutsideWorkDir, match="allowed_paths"):
            call(path)
    for call in (confined.find, confined.glob):
        with pytest.raises(PathOutsideWorkDir):
            call("*", path)


def test_a_tilde_is_a_name_an_option_is_a_name_and_a_nul_is_an_error(confined):
    for path in ("~", "~root", "--help", "-rf", "$HOME", "`id`"):
        assert confined.exists(path) is False
        with pytest.raises(FileNotFoundError):
            confined.ls(path)
    with pytest.raises(ValueError, match="null"):
        confined.exists("a\0b")


def test_patterns_skip_links_that_lead_out_and_name_them(confined):
    with pytest.warns(UserWarning, match="up"):
        assert confined.glob("*/secret") == []


def test_fifty_thousand_names_come_whole_and_stream(sshd):
    folder = Path(sshd.work, "wide")
    folder.mkdir()
    for number in range(50_000):
        os.close(os.open(folder / f"f{number:05}", os.O_CREAT | os.O_WRONLY))
    fs = ClusterFilesystem(sshd.config(remote_work_dir=str(folder)))
    names = [f"f{number:05}" for number in range(50_000)]
    assert fs.ls() == names
    assert fs.find("*") == names
    stream = fs.iter_find("*")
    assert next(stream) in names
    assert fs.exists("f00001")  # others are not kept waiting
    stream.close()
