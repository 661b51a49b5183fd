import dataclasses
import hashlib

from clustrix_bundle.bundler.diff import diff_manifests
from clustrix_bundle.bundler.graph import CapturedValue, FilesystemCall, Requirement
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


def test_whatever_a_manifest_can_hold_can_be_compared():
    pickle = Member("values/a.pkl", "value", 1, SHA)
    full = dataclasses.replace(
        BASE,
        members=(*BASE.members, pickle),
        values=(CapturedValue("a", pickle.path, "list", 1, "value"),),
        arguments=pickle.path,
        values_python=(3, 11),
        filesystem_calls=(FilesystemCall("cluster_ls", "d", None, "project/m.py", 3, "cluster_ls('d')"),),
        work_dir_names=("d",),
    )
    assert all(getattr(full, field.name) for field in dataclasses.fields(full))
    assert [(d.section, d.change) for d in diff_manifests(BASE, full)] == [
        ("filesystem_calls", "added"),
        ("work_dir_names", "changed"),
        ("values", "added"),
        ("members", "added"),
        ("arguments", "added"),
        ("values_python", "added"),
    ]
    assert diff_manifests(full, full) == []
