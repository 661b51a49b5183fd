import base64
import hashlib
import importlib.resources
import json

import jsonschema
import pytest
from clustrix_bundle.bundler.errors import BundleFormatError, UnsafePathError
from clustrix_bundle.bundler.graph import CapturedValue, FilesystemCall, Requirement
from clustrix_bundle.bundler.manifest import Entry, Manifest, Member, manifest_id, parse_manifest

SHA = hashlib.sha256(b"x").hexdigest()
ENTRY = Member("project/pkg/mod.py", "entry", 1, SHA)
FULL = Manifest(
    entry=Entry("module", "project/pkg/mod.py", "pkg.mod", "f"),
    python=((3, 8), (3, 12)),
    sys_path=("project", "project/src", "extra/1-lib"),
    cwd="project/sub",
    requirements=(Requirement("numpy", "1.26.4", ("numpy",), ("all",), True, "vcs", "https://example.org/x"),),
    filesystem_calls=(FilesystemCall("cluster_ls", None, "*.csv", "project/pkg/mod.py", 3, "cluster_ls(x)"),),
    work_dir_names=None,
    values=(CapturedValue("df", "values/df.pkl", "pandas.DataFrame", 1, "value", ("pandas==2.2.0",)),),
    arguments="values/arguments.pkl",
    members=(
        Member("extra/1-lib/x", "data", 2**40, SHA, detached=True),
        ENTRY,
        Member("project/pkg/run.sh", "data", 0, SHA, executable=True),
        Member("project/sub", "dir"),
        Member("project/zz", "link", target="pkg/\udcfe"),
        Member("project/\udcff", "data", 1, SHA),
        Member("values/arguments.pkl", "value", 1, SHA),
        Member("values/df.pkl", "value", 1, SHA),
    ),
)
SCHEMA = json.loads(importlib.resources.files("clustrix_bundle.bundler").joinpath("schemas/manifest-1.json").read_text())


def with_members(*members):
    return Manifest(entry=Entry("module", "project/pkg/mod.py", "pkg.mod", "f"), members=members)


def test_a_manifest_survives_its_text():
    assert parse_manifest(FULL.render()) == FULL


def test_the_id_is_the_digest_of_the_text():
    assert manifest_id(FULL.render()) == hashlib.sha256(FULL.render()).hexdigest()


def test_the_text_fits_the_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(FULL.render()))
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(with_members(ENTRY).render()))


def test_a_name_that_is_not_utf8_has_its_bytes_beside_it():
    rows = {row["path"]: row for row in json.loads(FULL.render())["members"]}
    assert base64.b64decode(rows["project/\udcff"]["path64"]) == b"project/\xff"
    assert base64.b64decode(rows["project/zz"]["target64"]) == b"pkg/\xfe"
    assert "path64" not in rows["project/pkg/mod.py"]


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 0},
        {"schema": True},
        {"schema": None},
        {"members": {}},
        {"members": [1]},
        {"members": [{"path": "project/x"}]},
        {"members": []},
        {"entry": {"kind": "module"}},
        {"entry": {"kind": "other", "member": "project/pkg/mod.py", "module": "m", "qualname": "f"}},
        {"entry": {"kind": "main", "member": "", "module": "__main__", "qualname": "f"}},
        {"python": {"minimum": [3], "below": None}},
        {"python": {"minimum": "3.8", "below": None}},
        {"python": {"minimum": [3, -1], "below": None}},
        {"sys_path": "project"},
        {"cwd": 1},
        {"requirements": [{"name": "x"}]},
        {"arguments": {"member": "values/none.pkl"}},
        {"arguments": {}},
        {"unknown": 1},
        {"work_dir_names": [1]},
    ],
    ids=str,
)
def test_a_damaged_manifest_is_refused(change):
    value = {**json.loads(FULL.render()), **change}
    text = (
        json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
    )
    with pytest.raises(BundleFormatError):
        parse_manifest(text)


@pytest.mark.parametrize("text", [b"", b"[]\n", b"{}\n", b"null\n", b"\xff", b"{" * 100])
def test_what_is_no_manifest_is_refused(text):
    with pytest.raises(BundleFormatError):
        parse_manifest(text)


def test_a_newer_schema_asks_for_an_upgrade():
    with pytest.raises(BundleFormatError, match="schema 2.*upgrade"):
        parse_manifest(b'{"new things":[],"schema":2}\n')


def test_another_rendering_of_the_same_values_is_refused():
    with pytest.raises(BundleFormatError, match="canonical"):
        parse_manifest(json.dumps(json.loads(FULL.render())).encode())


@pytest.mark.parametrize("cwd", ["/tmp", "..", "project/..", "values", ""])
def test_a_working_directory_outside_the_tree_is_refused(cwd):
    with pytest.raises(UnsafePathError):
        Manifest(entry=Entry("module", "project/pkg/mod.py", "pkg.mod", "f"), members=(ENTRY,), cwd=cwd)


def test_members_out_of_order_or_twice_are_refused():
    with pytest.raises(BundleFormatError, match="order"):
        with_members(ENTRY, Member("project/a", "dir"))
    with pytest.raises(BundleFormatError, match="twice"):
        with_members(ENTRY, Member("project/pkg/mod.py", "data", 1, SHA))


def test_members_are_ordered_by_their_bytes():
    """An escape stands for its byte, which is more than any first byte of UTF-8; by code points it would come first."""
    with_members(ENTRY, Member("project/\U0001f600", "dir"), Member("project/\udcff", "dir"))
    with pytest.raises(BundleFormatError, match="order"):
        with_members(ENTRY, Member("project/\udcff", "dir"), Member("project/\U0001f600", "dir"))


@pytest.mark.parametrize("holder", [Member("project/a", "link", target="pkg"), Member("project/a", "data", 1, SHA)])
def test_a_member_below_a_link_or_a_file_is_refused(holder):
    with pytest.raises(UnsafePathError, match="below"):
        with_members(holder, Member("project/a-b", "dir"), Member("project/a/b/c", "data", 1, SHA), ENTRY)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "device"},
        {"kind": "data"},
        {"kind": "data", "sha256": SHA.upper()},
        {"kind": "data", "sha256": SHA + "\n"},
        {"kind": "data", "sha256": SHA, "size": -1},
        {"kind": "data", "sha256": SHA, "target": "x"},
        {"kind": "dir", "size": 1},
        {"kind": "dir", "sha256": SHA},
        {"kind": "dir", "executable": True},
        {"kind": "link"},
        {"kind": "link", "target": "x", "detached": True},
    ],
    ids=str,
)
def test_a_member_that_cannot_be_does_not_exist(fields):
    with pytest.raises(BundleFormatError):
        Member("project/x", **fields)
