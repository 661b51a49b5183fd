import os
import re
import resource
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import zstandard
from clustrix_bundle.bundler.errors import PackagingError, SettingsError, UnsafePathError
from clustrix_bundle.bundler.graph import Edge, Node, Requirement
from clustrix_bundle.bundler.package import FilePackager, bundle_name
from clustrix_bundle.bundler.reader import BundleReader
from clustrix_bundle.bundler.report import BuiltWith
from clustrix_bundle.bundler.verify import verify_bundle


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def test_what_is_packed_is_read_back(hand_graph, tmp_path, out):
    graph = hand_graph(
        tmp_path / "p",
        data={"project/data/x.bin": b"x" * 3_000_000, "project/run.sh": b"", "project/\udcff b": b"1"},
        links={"project/l": "data/x.bin"},
        dirs=["project/empty", "project/data"],
        executable=["project/run.sh"],
        edges=[Edge("project/pkg/mod.py", "project/data/x.bin", 2, "data", "open(...)")],
        requirements=[Requirement("numpy", "1.26.4", ("numpy",))],
    )
    info = FilePackager(out).package_dependencies(graph, BuiltWith("0.1.0", "3.11.7", "libcst"))
    assert info.size_bytes == os.path.getsize(info.package_path)
    assert info.dependencies is graph
    with BundleReader(info.package_path) as reader:
        assert (reader.id, reader.manifest) == (info.package_id, info.manifest)
        assert [edge.detail for edge in reader.report.edges] == ["open(...)"]
        assert reader.report.built_with == BuiltWith("0.1.0", "3.11.7", "libcst")
        contents = {member.name: content.read() if content else None for member, content in reader.members()}
    assert contents == {
        "project/data/x.bin": b"x" * 3_000_000,
        "project/empty": None,
        "project/l": None,
        "project/pkg/mod.py": b"def f():\n    return 1\n",
        "project/run.sh": b"",
        "project/\udcff b": b"1",
    }
    assert [m.path for m in info.manifest.members if m.executable] == ["project/run.sh"]
    assert verify_bundle(info.package_path).ok


def test_a_folder_is_named_after_its_function_and_id_and_a_file_as_it_is_told(hand_graph, tmp_path, out):
    graph = hand_graph(tmp_path / "p")
    info = FilePackager(out).package_dependencies(graph)
    assert Path(info.package_path) == out / f"f-{info.package_id[:16]}.tar.zst"
    named = FilePackager(out / "sub" / "mine.tar.zst").package_dependencies(graph)
    assert named.package_path == str(out / "sub" / "mine.tar.zst")
    assert Path(named.package_path).read_bytes() == Path(info.package_path).read_bytes()


@pytest.mark.parametrize("name", ["b.tar.gz", "b.zip", "b.tar"])
def test_a_name_of_another_kind_of_archive_is_refused(tmp_path, name):
    with pytest.raises(SettingsError, match=r"end the name in \.zst"):
        FilePackager(tmp_path / name)
    (tmp_path / name).mkdir()
    FilePackager(tmp_path / name)


@pytest.mark.parametrize(
    ("qualname", "label"),
    [
        ("Class.method", "method"),
        ("make.<locals>.inner", "inner"),
        ("<lambda>", "lambda"),
        ("größe", "gre"),
        ("学", "function"),
        ("f" * 200, "f" * 64),
    ],
)
def test_a_bundles_name_is_plain_whatever_the_functions_name(qualname, label):
    assert bundle_name(qualname, "0123456789abcdef" * 4) == f"{label}-0123456789abcdef.tar.zst"


def test_the_manifest_stands_in_a_frame_of_its_own(hand_graph, tmp_path, out):
    info = FilePackager(out).package_dependencies(hand_graph(tmp_path / "p"))
    decoder = zstandard.ZstdDecompressor().decompressobj()
    first = decoder.decompress(Path(info.package_path).read_bytes())
    assert first[:13] == b"manifest.json"
    assert first[512:].rstrip(b"\0") == info.manifest.render()


def test_the_systems_tar_lists_and_unpacks_it(hand_graph, tmp_path, out):
    info = FilePackager(out).package_dependencies(
        hand_graph(tmp_path / "p", data={"project/ü ü": b"1"}, links={"project/l": "ü ü"})
    )
    there = tmp_path / "there"
    there.mkdir()
    done = subprocess.run(["tar", "--zstd", "-xf", info.package_path, "-C", there], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert (there / "project/l").read_bytes() == b"1"


def test_nothing_of_where_when_and_by_whom_is_in_it(hand_graph, tmp_path, out):
    info = FilePackager(out).package_dependencies(hand_graph(tmp_path / "some-checkout", data={"project/d": b"1"}))
    with zstandard.ZstdDecompressor().stream_reader(Path(info.package_path).read_bytes(), read_across_frames=True) as reader:
        raw = reader.read()
    for word in (str(tmp_path), "some-checkout", os.uname().nodename):
        assert word.encode() not in raw
    with tarfile.open(
        fileobj=zstandard.ZstdDecompressor().stream_reader(Path(info.package_path).read_bytes(), read_across_frames=True),
        mode="r|",
    ) as tar:
        assert {(t.mtime, t.uid, t.gid, t.uname, t.gname) for t in tar} == {(0, 0, 0, "", "")}


def test_the_file_gets_the_permissions_that_the_umask_leaves(hand_graph, tmp_path, out):
    code = (
        "import os, sys; os.umask(0o027)\n"
        "from clustrix_bundle.bundler.publication import write_beside\n"
        "with write_beside(sys.argv[1]) as p: p.publish(sys.argv[1] + '/x')"
    )
    subprocess.run([sys.executable, "-c", code, str(out)], check=True)
    assert stat.S_IMODE((out / "x").stat().st_mode) == 0o640


def test_data_of_a_mebibyte_and_more_is_detached_where_there_is_a_folder_for_it(hand_graph, tmp_path, out):
    big, small = b"b" * (1 << 20), b"s" * ((1 << 20) - 1)
    graph = hand_graph(
        tmp_path / "p",
        data={"project/big": big, "project/same": big, "project/small": small},
        modules={"project/m.py": b"#" * (2 << 20)},
    )
    info = FilePackager(out, blobs=tmp_path / "blobs").package_dependencies(graph)
    detached = [m for m in info.manifest.members if m.detached]
    assert [m.path for m in detached] == ["project/big", "project/same"]
    assert [p.name for p in (tmp_path / "blobs").iterdir()] == [detached[0].sha256]
    assert (tmp_path / "blobs" / detached[0].sha256).read_bytes() == big
    assert verify_bundle(info.package_path, str(tmp_path / "blobs")).ok
    assert "--blobs" in verify_bundle(info.package_path).problems[0]
    (tmp_path / "blobs" / detached[0].sha256).write_bytes(b"c" * (1 << 20))
    assert "another content" in verify_bundle(info.package_path, str(tmp_path / "blobs")).problems[0]


def test_a_folder_that_holds_a_member_is_no_member_and_the_working_directory_always_is_there(hand_graph, tmp_path, out):
    graph = hand_graph(tmp_path / "p", dirs=["project/a", "project/a/b", "project/pkg"], cwd="project/work")
    info = FilePackager(out).package_dependencies(graph)
    assert [(m.path, m.kind) for m in info.manifest.members] == [
        ("project/a/b", "dir"),
        ("project/pkg/mod.py", "entry"),
        ("project/work", "dir"),
    ]


@pytest.mark.parametrize(
    "node",
    [
        Node("/etc/x", "data", content=b""),
        Node("project/../x", "data", content=b""),
        Node("project/l", "link", link_target="/etc"),
    ],
)
def test_a_member_that_would_land_outside_is_refused_and_nothing_is_left(hand_graph, tmp_path, out, node):
    graph = hand_graph(tmp_path / "p")
    graph.nodes[node.member] = node
    with pytest.raises(UnsafePathError):
        FilePackager(out).package_dependencies(graph)
    assert not out.exists()


def make_missing(path):
    path.unlink()


def make_folder(path):
    path.unlink()
    path.mkdir()


def make_fifo(path):
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("spoil", [make_missing, make_folder, make_fifo])
def test_a_file_that_cannot_be_read_is_named_and_nothing_is_left(hand_graph, tmp_path, out, spoil):
    graph = hand_graph(tmp_path / "p", data={"project/d.csv": b"1"})
    spoil(tmp_path / "p/project/d.csv")
    with pytest.raises(PackagingError, match=re.escape(str(tmp_path / "p/project/d.csv"))):
        FilePackager(out).package_dependencies(graph)
    assert not out.exists()


def test_a_folder_that_refuses_is_named(hand_graph, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PackagingError, match="file/x.*-o"):
        FilePackager(tmp_path / "file" / "x").package_dependencies(hand_graph(tmp_path / "p"))


def test_a_full_disk_leaves_nothing_behind(hand_graph, tmp_path, out):
    out.mkdir()
    graph = hand_graph(tmp_path / "p", data={"project/noise": os.urandom(20 << 20)})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (12 << 20, limits[1]))
    try:
        with pytest.raises(PackagingError, match="free some space"):
            FilePackager(out).package_dependencies(graph)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(out.iterdir()) == []


def test_an_earlier_bundle_of_that_name_survives_a_failure(hand_graph, tmp_path):
    target = tmp_path / "b.tar.zst"
    FilePackager(target).package_dependencies(hand_graph(tmp_path / "p"))
    before = target.read_bytes()
    graph = hand_graph(tmp_path / "p", data={"project/gone": b""})
    (tmp_path / "p/project/gone").unlink()
    with pytest.raises(PackagingError):
        FilePackager(target).package_dependencies(graph)
    assert target.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.tar.zst", "p"]


class Growing:
    """A frame writer that appends to a file when the member after its header comes by: a file that is written while it is packed."""

    def __init__(self, monkeypatch, path, times):
        from clustrix_bundle.bundler import compress

        self.left = times
        plain = compress.FrameWriter.write

        def write(frame, data):
            if self.left and b"DATA" in data[:4]:
                self.left -= 1
                with open(path, "ab") as file:
                    file.write(b"DATA")
            plain(frame, data)

        monkeypatch.setattr(compress.FrameWriter, "write", write)


def test_a_large_file_that_changes_once_is_packed_as_it_is_afterwards(hand_graph, tmp_path, out, monkeypatch):
    content = b"DATA" * 1_000_000
    graph = hand_graph(tmp_path / "p", data={"project/log": content})
    Growing(monkeypatch, tmp_path / "p/project/log", 1)
    info = FilePackager(out).package_dependencies(graph)
    assert verify_bundle(info.package_path).ok
    with BundleReader(info.package_path) as reader:
        assert {i.name: f.read() for i, f in reader.members() if f}["project/log"] == content + b"DATA"


def test_a_file_that_never_rests_is_named(hand_graph, tmp_path, out, monkeypatch):
    graph = hand_graph(tmp_path / "p", data={"project/log": b"DATA" * 1_000_000})
    Growing(monkeypatch, tmp_path / "p/project/log", 1000)
    with pytest.raises(PackagingError, match="keeps changing"):
        FilePackager(out).package_dependencies(graph)
    assert not out.exists()


def test_an_interrupt_leaves_nothing_behind(hand_graph, tmp_path, out, monkeypatch):
    graph = hand_graph(tmp_path / "p", data={"project/d": b"1"})

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        FilePackager(out).package_dependencies(graph)
    assert not out.exists()
