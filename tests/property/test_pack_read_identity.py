"""What is packed is what is read: for any tree, the same paths, bytes, links, folders and executable bits.

The reader here is `tarfile` over `zstandard`, neither of which the packer uses for writing; names are any bytes that POSIX allows.
"""

import io
import os
import tarfile
import tempfile
from pathlib import Path

import zstandard
from clustrix_bundle.bundler.graph import DependencyGraph, EntryPoint, Node
from clustrix_bundle.bundler.package import FilePackager
from clustrix_bundle.bundler.verify import verify_bundle
from hypothesis import given, settings
from hypothesis import strategies as st

# File names as Linux has them: any bytes but NUL and slash; the interesting ones often.
PART = st.one_of(
    st.sampled_from(
        [
            b"a",
            b"A",
            b" ",
            b"a b",
            b"\xff",
            "ü".encode(),
            b"\n",
            b"-",
            b"~",
            "e\u0301".encode(),
            "\U0001f600".encode(),
            b"n" * 120,
            b"...",
        ]
    ),
    st.binary(min_size=1, max_size=12).map(lambda raw: raw.replace(b"\0", b"0").replace(b"/", b"_")),
).filter(lambda part: part not in (b".", b".."))
HEAD = st.sampled_from([(b"project",), (b"extra", b"1-lib"), (b"values",)])
PATH = st.builds(lambda head, parts: (*head, *parts), HEAD, st.lists(PART, min_size=1, max_size=3))
CONTENT = st.one_of(st.just(b""), st.binary(max_size=600), st.sampled_from([b"\0" * 512, b"x" * 513]))
THING = st.one_of(
    st.tuples(st.just("data"), CONTENT, st.booleans()),
    st.tuples(st.just("module"), CONTENT, st.booleans()),
    st.tuples(st.just("dir")),
    st.tuples(st.just("link"), PART),
)


def text(parts):
    return b"/".join(parts).decode("utf-8", "surrogateescape")


@st.composite
def trees(draw):
    """Path parts to thing; nothing stands below a file or link."""
    tree = {}
    for path, thing in draw(st.dictionaries(PATH, THING, max_size=8)).items():
        clash = any(path[:n] in tree and tree[path[:n]][0] != "dir" for n in range(1, len(path)))
        holds = any(other[: len(path)] == path for other in tree)
        if not clash and (not holds or thing[0] == "dir"):
            tree[path] = thing
    return tree


def nodes_of(tree, folder):
    for path, (kind, *rest) in tree.items():
        member = text(path)
        if kind == "dir":
            yield Node(member, "dir")
        elif kind == "link":
            yield Node(member, "link", link_target=text([rest[0]]))
        elif kind == "module":
            yield Node(member, "module", content=rest[0], executable=rest[1])
        else:
            on_disk = os.path.join(os.fsencode(folder), b"%d" % len(os.listdir(folder)))
            Path(os.fsdecode(on_disk)).write_bytes(rest[0])
            yield Node(member, "data", Path(os.fsdecode(on_disk)), executable=rest[1])


@settings(max_examples=120, deadline=None)
@given(trees())
def test_any_tree_is_read_back_as_it_was(tree):
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "source")
        os.mkdir(source)
        entry = Node("project/entry point.py", "entry", content=b"def f(): pass\n")
        nodes = {node.member: node for node in [*nodes_of(tree, source), entry]}
        graph = DependencyGraph(EntryPoint("main", entry.member, "__main__", "f"), Path(source), nodes)
        info = FilePackager(folder + os.sep).package_dependencies(graph)
        assert verify_bundle(info.package_path).problems == ()
        found = {}
        raw = zstandard.ZstdDecompressor().stream_reader(Path(info.package_path).read_bytes(), read_across_frames=True).read()
        with tarfile.open(fileobj=io.BytesIO(raw), encoding="utf-8", errors="surrogateescape") as tar:
            names = tar.getnames()
            for member in tar:
                key = tuple(member.name.encode("utf-8", "surrogateescape").split(b"/"))
                if member.isdir():
                    found[key] = ("dir",)
                elif member.issym():
                    found[key] = ("link", member.linkname.encode("utf-8", "surrogateescape"))
                else:
                    found[key] = ("file", tar.extractfile(member).read(), bool(member.mode & 0o100))
    assert names[:2] == ["manifest.json", "report.json"]
    assert [name for name in names[2:]] == [member.path for member in info.manifest.members]
    for own in ((b"manifest.json",), (b"report.json",), (b"project", b"entry point.py")):
        del found[own]
    holding = {path[:n] for path in tree for n in range(1, len(path))}
    assert found == {
        path: ("file", *thing[1:]) if thing[0] in ("data", "module") else thing
        for path, thing in tree.items()
        if thing[0] != "dir" or path not in holding
    }
