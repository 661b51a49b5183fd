"""unpack(pack(tree)) is the tree, for any names a file system can hold."""

import importlib.util
import os
import tempfile
from pathlib import Path

from clustrix_bundle.runtime.bundle import Bundle
from clustrix_bundle.runtime.node_copy import stage
from hypothesis import given, settings
from hypothesis import strategies as st

_spec = importlib.util.spec_from_file_location("bundle_writer", Path(__file__).parent.parent / "runtime" / "bundle_writer.py")
writer = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(writer)

names = (
    st.one_of(
        st.text("abc é字 \n'\"\\-$*", min_size=1, max_size=8),
        st.binary(min_size=1, max_size=30).map(
            lambda data: data.replace(b"/", b"_").replace(b"\0", b"0").decode("utf-8", "surrogateescape")
        ),
        st.just("x" * 200),
    )
).filter(lambda name: name not in (".", ".."))
contents = st.one_of(st.binary(max_size=200), st.sampled_from([b"", b"\0" * 512, b"x" * 70000]))
trees = st.recursive(contents, lambda inner: st.dictionaries(names, inner, max_size=4), max_leaves=12).filter(
    lambda tree: isinstance(tree, dict)
)


def flat(tree, path="project"):
    """Member path to content; None for an empty folder."""
    found = {}
    for name, inner in tree.items():
        if isinstance(inner, dict):
            found.update(flat(inner, f"{path}/{name}") or {f"{path}/{name}": None})
        else:
            found[f"{path}/{name}"] = inner
    return found


def on_disk(folder):
    found = {}
    for parent, folders, files in os.walk(folder):
        inside = os.path.relpath(parent, folder)
        for name in files + [name for name in folders if os.path.islink(os.path.join(parent, name))]:
            path = os.path.join(parent, name)
            member = os.path.normpath(os.path.join("project", inside, name))
            if os.path.islink(path):
                found[member] = ("link", os.readlink(path))
            else:
                with open(path, "rb") as source:
                    found[member] = source.read()
        if not files and not folders and inside != ".":
            found[os.path.normpath(os.path.join("project", inside))] = None
    return found


@settings(max_examples=60, deadline=None)
@given(trees, st.data())
def test_a_tree_comes_out_as_it_went_in(tree, data):
    members = flat(tree)
    links = {}
    for number in range(data.draw(st.integers(0, 2))):
        target = data.draw(st.sampled_from(sorted(members))) if members else "project/none"
        links[f"project/{number}.link"] = target[len("project/") :]
    links = {path: target for path, target in links.items() if path not in members}
    files = {path: ("data", content) for path, content in members.items() if content is not None}
    dirs = [path for path, content in members.items() if content is None]
    entry = {"kind": "module", "member": "", "module": "m", "qualname": "f"}
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "b"
        bundle.write_bytes(writer.bundle(files=files, dirs=dirs, links=links, entry=entry))
        with Bundle(str(bundle)) as opened:
            assert stage(opened, folder, folder + "/out")[0]
        expected = members | {path: ("link", target) for path, target in links.items()}
        assert on_disk(folder + "/out/project") == expected
        assert sorted(os.listdir(folder)) == ["b", "out"]
