"""Bundles that would do harm, or are damaged, are refused by every command and leave nothing behind."""

import io
import os
import tarfile

import pytest
import zstandard

OK = b"def f():\n    return 1\n"
M = "project/m.py"


@pytest.fixture
def refused(site, tmp_path):
    """Checks that a bundle of these bytes is refused by run, verify and unpack, and gives the error of ``verify``."""

    def check(data, *words):
        path = tmp_path / "bad.tar.zst"
        path.write_bytes(data)
        outcomes = [site.run(path, *words), site.call("verify", path, "--json", *words)]
        outcomes.append(site.call("unpack", path, "out", "--json", *words))
        for done in outcomes:
            assert done.code == 5, (done.stdout, done.stderr[-2000:])
            assert done.error["type"] == outcomes[0].error["type"] or "NoSpaceError" in (
                done.error["type"],
                outcomes[0].error["type"],
            )
        assert site.leftovers() == [] and site.copies() == []
        assert os.listdir(site.work) == []
        assert not os.path.exists(site.folder / "evil") and not os.path.exists("/tmp/clustrix-evil")
        return outcomes[1].error

    return check


def _good(writer, extra_rows=(), extra_items=(), **fields):
    rows = [writer.file_member(M, OK, "entry"), *extra_rows]
    return writer.pack(writer.render(writer.manifest(rows, **fields)), [(writer.info(M, size=len(OK)), OK), *extra_items])


@pytest.mark.parametrize(
    "path",
    [
        "/tmp/clustrix-evil",
        "project/../../evil",
        "../evil",
        "project//evil",
        "project/./evil",
        "evil",
        "project/a\0b",
        "extra/evil",
        "manifest.json",
        "project/\ud800",
        "",
        "project/",
    ],
)
def test_a_manifest_with_an_unsafe_path_is_refused(refused, writer, path):
    row = writer.file_member("project/x", b"x") | {"path": path}
    assert refused(_good(writer, [row]))["type"] == "UnsafePathError"


@pytest.mark.parametrize("path", ["/tmp/clustrix-evil", "project/../../evil", "../evil", "project/more", "stranger"])
def test_a_member_of_the_archive_alone_is_refused(refused, writer, path):
    error = refused(_good(writer, [], [(writer.info(path, size=1), b"x")]))
    assert error["type"] == ("BundleFormatError" if path in ("project/more", "stranger") else "UnsafePathError")


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("project/l", "/etc"),
        ("project/l", ".."),
        ("project/l", "../values/x"),
        ("project/l", "../extra/1-a"),
        ("project/a/l", "../../../evil"),
        ("project/l", ""),
        ("extra/1-a/l", "../2-b/x"),
        ("project/l", "d/../.."),
        ("project/l", "a\0b"),
    ],
)
def test_a_link_out_of_its_tree_is_refused(refused, writer, path, target):
    row = {"path": path, "kind": "link", "target": target}
    item = (writer.info(path, tarfile.SYMTYPE, target=target.replace("\0", "")), b"")
    assert refused(_good(writer, [row], [item]))["type"] == "UnsafePathError"


def test_links_that_lead_out_only_together_are_refused(refused, writer):
    links = {"project/a": "d/e", "project/b": "a/../../.."}
    rows = [{"path": path, "kind": "link", "target": target} for path, target in links.items()]
    rows.append({"path": "project/d/e", "kind": "dir"})
    assert refused(_good(writer, rows))["type"] == "UnsafePathError"


def test_writing_through_a_link_is_refused(refused, writer):
    rows = [{"path": "project/l", "kind": "link", "target": "d"}, {"path": "project/d", "kind": "dir"}]
    rows.append(writer.file_member("project/l/x", b"x"))
    assert refused(_good(writer, rows))["type"] == "UnsafePathError"
    below_a_file = [writer.file_member("project/m.py/x", b"x")]
    assert refused(_good(writer, below_a_file))["type"] == "UnsafePathError"


def test_an_archive_that_puts_a_link_where_a_file_should_be_is_refused(refused, writer):
    row = writer.file_member("project/x", b"/tmp/clustrix-evil")
    items = [(writer.info("project/x", tarfile.SYMTYPE, target="/tmp/clustrix-evil"), b"")]
    refused(_good(writer, [row], items))
    refused(_good(writer, [row], items + [(writer.info("project/x", size=18), b"/tmp/clustrix-evil")]))


@pytest.mark.parametrize(
    "kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.LNKTYPE, tarfile.CONTTYPE, b"g", b"L", b"S"]
)
def test_devices_pipes_and_hard_links_are_refused(refused, writer, kind):
    row = writer.file_member("project/x", b"")
    assert refused(_good(writer, [row], [(writer.info("project/x", kind, target=M), b"")]))["type"] == "UnsafePathError"


def test_duplicates_are_refused_in_manifest_and_archive(refused, writer):
    assert refused(_good(writer, [writer.file_member(M, OK)]))["type"] == "UnsafePathError"
    assert refused(_good(writer, [], [(writer.info(M, size=len(OK)), OK)]))["type"] == "UnsafePathError"
    text = writer.render(writer.manifest([writer.file_member(M, OK, "entry")]))
    twice = [(writer.info(M, size=len(OK)), OK), (writer.info("manifest.json", size=len(text)), text)]
    assert refused(writer.pack(text, twice))["type"] == "UnsafePathError"


@pytest.mark.parametrize("lie", [-1, 1, 10**15])
def test_sizes_that_lie_are_refused(refused, writer, lie):
    row = writer.file_member("project/x", b"x" * 600)
    item = (writer.info("project/x", size=600), b"x" * 600)
    assert refused(_good(writer, [row | {"size": 600 + lie}], [item]))["type"] in ("BundleFormatError", "NoSpaceError")


def test_an_archive_larger_than_its_manifest_says_is_refused(refused, writer):
    content = b"\0" * (30 << 20)
    row = writer.file_member("project/x", b"\0" * 10)
    item = (writer.info("project/x", size=len(content)), content)
    assert refused(_good(writer, [row], [item]))["type"] == "BundleFormatError"


def test_a_bomb_behind_the_archive_is_refused(refused, writer):
    text = writer.render(writer.manifest([writer.file_member(M, OK, "entry")]))
    head = writer.tar([(writer.info("manifest.json", size=len(text)), text)]).rstrip(b"\0")
    head += b"\0" * (-len(head) % 512)
    body = head + writer.tar([(writer.info(M, size=len(OK)), OK)])
    assert "after its end" in refused(writer.compress(body + b"\0" * (64 << 20), len(head)))["message"]
    assert "after its end" in refused(writer.compress(body + b"x", len(head)))["message"]


def test_content_with_another_digest_is_refused(refused, writer):
    row = writer.file_member("project/x", b"x")
    assert "SHA-256" in refused(_good(writer, [row], [(writer.info("project/x", size=1), b"y")]))["message"]


def test_a_missing_member_is_refused(refused, writer):
    assert "missing" in refused(_good(writer, [writer.file_member("project/x", b"x")]))["message"]


def test_a_million_members_are_refused(refused, writer):
    text = writer.render(writer.manifest([]))
    rows = b",".join(b'{"kind":"dir","path":"project/%d"}' % n for n in range(10**6))
    many = text.replace(b'"members":[]', b'"members":[' + rows + b"]")
    assert "members" in refused(writer.pack(many, []))["message"]


def test_a_manifest_larger_than_any_is_refused_unread(refused, writer):
    out = io.BytesIO()
    with zstandard.ZstdCompressor(write_checksum=True).stream_writer(out, closefd=False) as compressed:
        with tarfile.open(fileobj=compressed, mode="w|") as archive:
            archive.addfile(writer.info("manifest.json", size=200 << 20), _Zeros())
    assert "manifest.json has" in refused(out.getvalue())["message"]


class _Zeros:
    def read(self, n):
        return b"\0" * n


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"schema": 2}, "NewerFormatError"),
        ({"schema": 0}, "BundleFormatError"),
        ({"schema": "1"}, "BundleFormatError"),
        ({"schema": True}, "BundleFormatError"),
        ({"members": None}, "BundleFormatError"),
        ({"entry": None}, "BundleFormatError"),
        ({"entry": {"kind": "main", "member": "project/none.py", "module": "__main__", "qualname": "f"}}, "BundleFormatError"),
        ({"cwd": "project/../.."}, "UnsafePathError"),
        ({"cwd": "/"}, "UnsafePathError"),
        ({"cwd": None}, "BundleFormatError"),
        ({"cwd": M}, "BundleFormatError"),
        ({"sys_path": ["/tmp"]}, "UnsafePathError"),
        ({"sys_path": "project"}, "BundleFormatError"),
        ({"arguments": {"member": "project/none"}}, "BundleFormatError"),
        ({"arguments": []}, "BundleFormatError"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(refused, writer, change, kind):
    assert refused(_good(writer, **change))["type"] == kind


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b'{"schema": 1}', b"\xff", b"[" * 10**6, b'{"schema": 1} x'])
def test_a_manifest_that_is_no_manifest_is_refused(refused, writer, text):
    assert refused(writer.pack(text, []))["type"] == "BundleFormatError"


@pytest.mark.parametrize(
    "change",
    [
        {"size": -1},
        {"size": True},
        {"size": 1.5},
        {"sha256": "0" * 63},
        {"sha256": "G" * 64},
        {"kind": "device"},
        {"kind": "link"},
        {"path": 7},
        {"path64": "AAAA"},
        {"path64": 3},
    ],
)
def test_a_member_that_makes_no_sense_is_refused(refused, writer, change):
    row = writer.file_member("project/x", b"x") | change
    assert refused(_good(writer, [row], [(writer.info("project/x", size=1), b"x")]))["type"] == "BundleFormatError"


def test_what_is_no_bundle_is_refused(refused, writer):
    refused(b"")
    refused(b"PK\x03\x04" + b"x" * 100)
    refused(zstandard.compress(b"hello"))
    refused(zstandard.compress(writer.tar([(writer.info("project/x", size=1), b"x")])))
    refused(zstandard.compress(b"\0" * 1024))


def test_every_truncation_and_every_flipped_bit_is_refused(writer, tmp_path):
    """In process, for speed: a thousand damaged files, each read to its end."""
    from clustrix_bundle.runtime.bundle import Bundle, Sink
    from clustrix_bundle.runtime.errors import RefusedError

    data = _good(writer, [writer.file_member("project/d", b"data" * 99)], [(writer.info("project/d", size=396), b"data" * 99)])
    path = tmp_path / "damaged"

    def read(damaged):
        path.write_bytes(damaged)
        with Bundle(str(path)) as bundle:
            bundle.deliver(Sink())

    read(data)
    for length in range(len(data)):
        with pytest.raises(RefusedError):
            read(data[:length])
    for at in range(len(data)):
        flipped = bytearray(data)
        flipped[at] ^= 1 << at % 8
        with pytest.raises(RefusedError):
            read(flipped)
    for garbage in (b"\0", b"garbage", data, zstandard.compress(b"")):
        with pytest.raises(RefusedError):
            read(data + garbage)


def test_damaged_files_are_refused_by_the_command_too(refused, writer):
    data = _good(writer)
    refused(data[:-1])
    refused(data[: len(data) // 2])
    refused(data[:-56])
    refused(data + b"x")
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 16
    refused(bytes(flipped))


def test_another_id_than_the_one_asked_for_is_refused(refused, site, writer, tmp_path):
    data = _good(writer)
    assert "id" in refused(data, "--id", "0" * 64)["message"]
    path = tmp_path / "f-0123456789abcdef.tar.zst"
    path.write_bytes(data)
    assert "named after" in site.run(path).error["message"]
    digest = site.call("verify", tmp_path / "bad.tar.zst", "--json").reply["id"]
    path = path.rename(tmp_path / f"f-{digest[:16]}.tar.zst")
    assert site.run(path, "--id", digest).result == 1


def test_detached_members_need_their_blob(refused, site, writer, tmp_path):
    row = writer.file_member("project/big", b"b" * 1000)
    data = _good(writer, [row | {"detached": True}])
    assert refused(data)["type"] == "MissingBlobError"
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    assert refused(data, "--blobs", blobs)["type"] == "MissingBlobError"
    (blobs / row["sha256"]).write_bytes(b"b" * 999)
    assert refused(data, "--blobs", blobs)["type"] == "MissingBlobError"
    (blobs / row["sha256"]).write_bytes(b"c" * 1000)
    refused(data, "--blobs", blobs)
    (blobs / row["sha256"]).write_bytes(b"b" * 1000)
    assert site.run(tmp_path / "bad.tar.zst", "--blobs", blobs).result == 1
    attached = _good(writer, [row | {"detached": True}], [(writer.info("project/big", size=1000), b"b" * 1000)])
    (tmp_path / "bad.tar.zst").write_bytes(attached)
    assert site.call("verify", tmp_path / "bad.tar.zst", "--blobs", blobs).code == 5


def test_more_than_the_disk_holds_is_refused_before_it_is_written(refused, site, writer, tmp_path):
    row = writer.file_member("project/x", b"") | {"size": 10**17}
    refused(_good(writer, [row]))
    assert site.run(tmp_path / "bad.tar.zst").error["type"] == "NoSpaceError"


def test_names_that_one_file_system_takes_for_the_same_are_refused(tmp_path, monkeypatch, writer):
    """A file system that folds case, in the place of the real calls: `os.open` and `os.mkdir` see lower-case names."""
    from clustrix_bundle.runtime import folder_sink
    from clustrix_bundle.runtime.errors import UnsafePathError
    from clustrix_bundle.runtime.private_folder import make_private_folder

    def folded(path):
        root = str(tmp_path)
        return root + path[len(root) :].lower()

    class Folding:
        def __getattr__(self, name):
            return getattr(os, name)

        def open(self, path, *rest):
            return os.open(folded(path), *rest)

        def mkdir(self, path, *rest):
            os.mkdir(folded(path), *rest)

        def symlink(self, target, path):
            os.symlink(target, folded(path))

    monkeypatch.setattr(folder_sink, "os", Folding())

    def sink():
        return folder_sink.FolderSink(make_private_folder(str(tmp_path), "x"))

    one = sink()
    one.open("project/a", False).close()
    with pytest.raises(UnsafePathError):
        one.open("project/A", False)
    two = sink()
    two.open("project/d/x", False).close()
    with pytest.raises(UnsafePathError):
        two.open("project/D/y", False)
    three = sink()
    three.link("project/a", "b")
    three.link("project/A", "b")
    with pytest.raises(UnsafePathError):
        three.finish(None)
