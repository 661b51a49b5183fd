import hashlib
from pathlib import Path

import pytest
import zstandard
from clustrix_bundle.bundler.archive import END_OF_ARCHIVE, file_header, header, padding
from clustrix_bundle.bundler.manifest import Entry, Manifest, Member
from clustrix_bundle.bundler.package import FilePackager
from clustrix_bundle.bundler.report import Report
from clustrix_bundle.bundler.seal import render_seal
from clustrix_bundle.bundler.verify import verify_bundle


@pytest.fixture
def bundle(hand_graph, tmp_path):
    graph = hand_graph(tmp_path / "p", data={"project/d": b"data"}, links={"project/l": "d"}, dirs=["project/e"])
    return FilePackager(tmp_path).package_dependencies(graph)


def sealed(tmp_path, manifest, members):
    """A file with a right seal, whatever it holds."""
    blocks = b"".join(
        file_header(n, len(c)) + c + padding(len(c)) for n, c in (("manifest.json", manifest), ("report.json", Report().render()))
    )
    for member, content in members:
        blocks += header(member) + content + padding(len(content))
    data = zstandard.ZstdCompressor().compress(blocks + END_OF_ARCHIVE)
    path = tmp_path / "sealed.tar.zst"
    path.write_bytes(data + render_seal(hashlib.sha256(data).digest()))
    return verify_bundle(str(path)).problems


def member(path, content, kind="data", **more):
    return Member(path, kind, len(content), hashlib.sha256(content).hexdigest(), **more)


E = member("project/m.py", b"pass", "entry")


def manifest(*members):
    return Manifest(entry=Entry("module", "project/m.py", "m", "f"), members=members).render()


def test_a_whole_bundle_is_intact(bundle):
    found = verify_bundle(bundle.package_path)
    assert (found.ok, found.id, found.members) == (True, bundle.package_id, 4)


def test_another_bundle_than_the_one_asked_for_is_told(bundle):
    assert verify_bundle(bundle.package_path, expected_id=bundle.package_id[:8]).ok
    assert "another bundle" in verify_bundle(bundle.package_path, expected_id="0000").problems[0]


def test_a_cut_file_is_cut_short(bundle, tmp_path):
    data = Path(bundle.package_path).read_bytes()
    for cut in (0, 1, 55, 56, 57, len(data) // 2, len(data) - 1):
        (tmp_path / "cut").write_bytes(data[:cut])
        assert "cut short" in verify_bundle(str(tmp_path / "cut")).problems[0]


def test_bytes_after_the_end_are_noticed(bundle, tmp_path):
    (tmp_path / "long").write_bytes(Path(bundle.package_path).read_bytes() + b"\0")
    assert not verify_bundle(str(tmp_path / "long")).ok


def test_a_text_file_is_no_bundle(tmp_path):
    (tmp_path / "x").write_text("hello")
    assert any("not a bundle" in problem for problem in verify_bundle(str(tmp_path / "x")).problems)


def test_a_seal_alone_does_not_make_a_bundle_right(tmp_path):
    good = [(E, b"pass")]
    assert sealed(tmp_path, manifest(E), good) == ()
    assert "another content" in sealed(tmp_path, manifest(E), [(E, b"evil")])[0]
    assert "ends before 'project/m.py'" in sealed(tmp_path, manifest(E), [])[0]
    assert "no more" in sealed(tmp_path, manifest(E), [*good, (member("project/x", b""), b"")])[0]
    assert "where the manifest has 'project/m.py'" in sealed(tmp_path, manifest(E), [(member("project/a", b""), b""), *good])[0]
    assert "bytes, the manifest says 4" in sealed(tmp_path, manifest(E), [(member("project/m.py", b"longer"), b"longer")])[0]
    assert (
        "a link in the archive and a file"
        in sealed(tmp_path, manifest(E), [(Member("project/m.py", "link", target="x"), b"")])[0]
    )
    assert "executable" in sealed(tmp_path, manifest(E), [(member("project/m.py", b"pass", executable=True), b"pass")])[0]
    link, other = Member("project/a", "link", target="m.py"), Member("project/a", "link", target="n.py")
    assert "points to 'n.py'" in sealed(tmp_path, manifest(link, E), [(other, b""), *good])[0]
    assert "not a bundle" in sealed(tmp_path, b"{}", good)[0]
    assert "upgrade" in sealed(tmp_path, b'{"schema":2}\n', good)[0]


def test_every_decoder_gives_the_same_verdict(bundle, monkeypatch):
    from clustrix_bundle.bundler import compress

    monkeypatch.setattr(compress, "_zstandard_reader", compress._libzstd_reader)
    assert verify_bundle(bundle.package_path).ok
