import dataclasses
import hashlib

from clustrix_bundle.bundler.diff import diff_manifests
from clustrix_bundle.bundler.graph import FilesystemCall, Requirement
from clustrix_bundle.bundler.manifest import Entry, Manifest, Member

SHA, OTHER = (hashlib.sha256(c).hexdigest() for c in (b"x", b"y"))
BASE = Manifest(
    entry=Entry("module", "project/m.py", "m", "f"),
    members=(Member("project/a", "data", 1, SHA), Member("project/m.py", "entry", 1, SHA)),
    requirements=(Requirement("numpy", "1.26.4", ("numpy",)),),
)


def differences(**fields):
    return [(d.section, d.name, d.change) for d in diff_manifests(BASE, dataclasses.replace(BASE, **fields))]


def test_equal_manifests_have_no_differences():
    assert differences() == []


def test_members_that_came_went_and_changed_are_named():
    members = (Member("project/b", "dir"), Member("project/m.py", "entry", 1, OTHER))
    assert differences(members=members) == [
        ("members", "project/a", "removed"),
        ("members", "project/b", "added"),
        ("members", "project/m.py", "changed"),
    ]


def test_every_other_input_is_named_too():
    assert differences(requirements=(Requirement("numpy", "2.0", ("numpy",)),)) == [("requirements", "numpy", "changed")]
    assert differences(python=((3, 8), None)) == [("python", "", "changed")]
    assert differences(sys_path=("project", "project/src")) == [("sys_path", "", "changed")]
    assert differences(cwd="project/x") == [("cwd", "", "changed")]
    assert differences(work_dir_names=None) == [
        ("work_dir_names", "", "changed" if BASE.to_json()["work_dir_names"] is None else "removed")
    ]
    assert differences(entry=Entry("module", "project/m.py", "m", "g")) == [("entry", "", "changed")]
    call = FilesystemCall("cluster_ls", "data", None, "project/m.py", 3, "cluster_ls('data')")
    assert differences(filesystem_calls=(call, call)) == [("filesystem_calls", "project/m.py:3 cluster_ls", "added")]
