"""The filesystem helpers on random trees give what os, os.walk and glob give where the rules agree (docs/filesystem.md).

``connect`` is a place: a function from a work dir to an object with the operations. Every place must pass the same tests.
"""

import glob
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clustrix_bundle.agent.place import RemotePlace
from clustrix_bundle.agent.remote_files import RemoteFilesystem
from clustrix_bundle.runtime.confinement import PathOutsideWorkDir
from clustrix_bundle.runtime.local_files import LocalFilesystem
from clustrix_bundle.runtime.matching import matcher

NASTY = [
    b"a",
    b"b.csv",
    b"two words.csv",
    b"it's",
    b'"',
    b"-rf",
    b"--help",
    b"$(touch x)",
    b"`id`",
    b"~",
    b"*",
    b"[a]",
    b"a\nb",
    b"\\",
    b".hidden",
]
NASTY += [
    "é".encode(),
    "e\u0301".encode(),
    "日本".encode(),
    b"\xff\xfe",
    b"\x80.csv",
    b".clustrix-x",
    b"...",
    b";",
    b"&",
    b"%41",
    b" ",
    b"\t",
    b"#",
]
NAMES = st.one_of(
    st.sampled_from(NASTY),
    st.binary(min_size=1, max_size=8)
    .map(lambda name: name.replace(b"/", b"_").replace(b"\0", b"0"))
    .filter(lambda name: name not in (b".", b"..")),
)
FILES = st.binary(max_size=20)
LINKS = st.one_of(
    NAMES,
    st.lists(st.one_of(NAMES, st.just(b"..")), min_size=1, max_size=4).map(b"/".join),
    st.sampled_from([b".", b"..", b"/etc/passwd", b"/", b"loop"]),
).map(lambda target: ("link", target))
TREES = st.dictionaries(
    NAMES,
    st.recursive(st.one_of(FILES, LINKS), lambda inner: st.dictionaries(NAMES, inner, max_size=4), max_leaves=12),
    max_size=6,
)
PLAIN_TREES = st.dictionaries(
    NAMES, st.recursive(FILES, lambda inner: st.dictionaries(NAMES, inner, max_size=4), max_leaves=12), max_size=6
)
PATTERNS = st.one_of(
    st.sampled_from(["*", "*.csv", "?", "*[ab]*", "[!a]*", "-*", ".*", "* *", "$*", "*\n*", "[[]*"]), NAMES.map(os.fsdecode)
)


def build(folder: bytes, tree: dict[bytes, Any]) -> None:
    for name, content in tree.items():
        path = os.path.join(folder, name)
        if isinstance(content, dict):
            os.mkdir(path)
            build(path, content)
        elif isinstance(content, tuple):
            os.symlink(content[1], path)
        else:
            Path(os.fsdecode(path)).write_bytes(content)


class Grown:
    """A tree on disk, for the time of a test example."""

    def __init__(self, tree: dict[bytes, Any]) -> None:
        self.top = tempfile.mkdtemp()
        self.root = os.path.join(self.top, "work")
        os.mkdir(self.root)
        build(os.fsencode(self.root), tree)

    def __enter__(self) -> str:
        return self.root

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.top)


@pytest.fixture(scope="session", params=["in-process", "over an agent", "over an agent on Python 3.6"])
def connect(request: pytest.FixtureRequest, agent_client: Any) -> Callable[[str], Any]:
    if request.param == "in-process":
        return LocalFilesystem
    python = sys.executable
    if "3.6" in request.param:
        found = glob.glob(os.path.expanduser("~/.pyenv/versions/3.6.*/bin/python")) or [shutil.which("python3.6")]
        if found[0] is None:
            pytest.skip("no Python 3.6 here")
        python = found[0]
    client = agent_client(python)
    return lambda work_dir: RemoteFilesystem(RemotePlace(client, work_dir))


def paths_below(root: str) -> Iterator[str]:
    """Everything below, links not followed, relative."""
    for where, folders, files in os.walk(root):
        for name in folders + files:
            yield os.path.relpath(os.path.join(where, name), root)


def leads_out(root: str, path: str) -> bool:
    real = os.path.realpath(os.path.join(root, path))
    return real != root and not real.startswith(root + "/")


@settings(max_examples=60, deadline=None)
@given(tree=TREES, pattern=PATTERNS)
@example(tree={b"a": ("link", b"b"), b"b": ("link", b"a"), b"c": ("link", b"."), b"d": {b"e": ("link", b"..")}}, pattern="*")
def test_find_counts_and_lists_what_os_walk_finds(connect: Callable[[str], Any], tree: dict[bytes, Any], pattern: str) -> None:
    with Grown(tree) as root:
        fs = connect(root)
        matches = matcher(pattern)
        expected = sorted(
            path for path in paths_below(root) if os.path.isfile(os.path.join(root, path)) and matches(os.path.basename(path))
        )
        assert fs.find(pattern) == expected
        assert sorted(fs.iter_find(pattern, ".")) == expected
        assert fs.count_files(".", pattern) == len(expected)


@settings(max_examples=60, deadline=None)
@given(tree=TREES)
def test_listings_and_sizes_are_those_of_os(connect: Callable[[str], Any], tree: dict[bytes, Any]) -> None:
    with Grown(tree) as root:
        fs = connect(root)
        for path in [".", *paths_below(root)]:
            full = os.path.join(root, path)
            if os.path.isdir(full) and not leads_out(root, path):
                assert fs.ls(path) == sorted(os.listdir(full))
                regular = [
                    status
                    for below in paths_below(os.path.realpath(full))
                    if stat.S_ISREG((status := os.lstat(os.path.join(full, below))).st_mode)
                ]
                usage = fs.du(path)
                assert (usage.total_bytes, usage.file_count) == (sum(status.st_size for status in regular), len(regular))


@settings(max_examples=60, deadline=None)
@given(tree=TREES)
def test_every_path_is_told_as_os_tells_it(connect: Callable[[str], Any], tree: dict[bytes, Any]) -> None:
    with Grown(tree) as root:
        fs = connect(root)
        for path in [".", *paths_below(root)]:
            full = os.path.join(root, path)
            if leads_out(root, path):
                for ask in (fs.exists, fs.isdir, fs.isfile, fs.stat):
                    with pytest.raises(PathOutsideWorkDir):
                        ask(path)
                continue
            assert fs.exists(path) == os.path.exists(full)
            assert fs.isdir(path) == os.path.isdir(full)
            assert fs.isfile(path) == os.path.isfile(full)
            try:
                status = os.stat(full)
            except OSError as error:
                with pytest.raises(type(error)) as caught:
                    fs.stat(path)
                assert caught.value.errno == error.errno
                continue
            info = fs.stat(path)
            assert (info.size, info.modified, info.is_dir) == (status.st_size, status.st_mtime, stat.S_ISDIR(status.st_mode))
            assert info.permissions == oct(status.st_mode)[-3:]
            assert info.name == os.path.basename(path)


GLOB_PARTS = st.one_of(
    st.sampled_from(["**", "*", "*.csv", "?", "*[ab]*", "[!a]*", ".*", "..", "a"]), NAMES.map(os.fsdecode).map(glob.escape)
)


@settings(max_examples=100, deadline=None)
@given(tree=PLAIN_TREES, parts=st.lists(GLOB_PARTS, min_size=1, max_size=4), slash=st.booleans())
@example(tree={b"a": {b"b.csv": b""}, b".hidden": {b"a": b""}}, parts=["**"], slash=False)
@example(tree={b"a": {b"a": {b"a": b""}}}, parts=["a", "**"], slash=True)
def test_without_links_glob_gives_what_the_standard_library_gives(
    connect: Callable[[str], Any], tree: dict[bytes, Any], parts: list[str], slash: bool
) -> None:
    """Compared as normal paths: ours have no ``./`` and no slash at their end. (``..`` is left to the examples beside `Globbing`.)"""
    if ".." in parts:
        parts = [part for part in parts if part != ".."] or ["*"]
    pattern = "/".join(parts) + ("/" if slash else "")
    with Grown(tree) as root:
        # For "a/**" glob gives "a/" though there is no a, or though it is a file.
        real = [path for path in glob.glob(pattern, root_dir=root, recursive=True) if os.path.lexists(os.path.join(root, path))]
        expected = sorted({os.path.normpath(path) for path in real} - {"."})
        assert connect(root).glob(pattern) == expected


@settings(max_examples=60, deadline=None)
@given(tree=TREES, parts=st.lists(GLOB_PARTS, min_size=1, max_size=4))
def test_with_links_everything_globbed_is_there_and_nothing_leads_out(
    connect: Callable[[str], Any], tree: dict[bytes, Any], parts: list[str]
) -> None:
    with Grown(tree) as root, pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_args, **_kwargs: None)
        try:
            found = connect(root).glob("/".join(parts))
        except PathOutsideWorkDir:
            return
        assert found == sorted(set(found))
        for path in found:
            assert os.path.lexists(os.path.join(root, path))
            assert not leads_out(root, os.path.dirname(path))
