import io
import subprocess
import tarfile

import pytest
from clustrix_bundle.bundler.archive import END_OF_ARCHIVE, file_header, header, padding
from clustrix_bundle.bundler.manifest import Member

SHA = "0" * 64
NAMES = [
    "project/a",
    "project/" + "n" * 92,
    "project/" + "n" * 93,
    "project/" + "d" * 140 + "/" + "n" * 90,
    "project/" + "d" * 160 + "/" + "n" * 90,
    "project/" + "ü" * 120,
    "project/\udcff" + "n" * 120,
    "project/\udcff",
    "project/a\nb c",
    "project/ends with spaces  ",
]


def read(blocks):
    with tarfile.open(fileobj=io.BytesIO(blocks + END_OF_ARCHIVE), encoding="utf-8", errors="surrogateescape") as tar:
        return tar.getmembers()


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_read_back_by_an_independent_reader(name):
    (info,) = read(header(Member(name, "data", 0, SHA)))
    assert (info.name, info.size, info.isreg(), info.mode, info.mtime, info.uid, info.gid, info.uname, info.gname) == (
        (name, 0, True, 0o644, 0, 0, 0, "", "")
    )


@pytest.mark.parametrize("name", NAMES)
def test_folders_links_and_modes_are_read_back(name):
    blocks = (
        header(Member(name, "dir"))
        + header(Member(name, "link", target=name))
        + header(Member(name, "module", 0, SHA, executable=True))
    )
    folder, link, program = read(blocks)
    assert (folder.name, folder.isdir(), folder.mode) == (name, True, 0o755)
    assert (link.name, link.linkname, link.issym(), link.mode) == (name, name, True, 0o777)
    assert (program.name, program.isreg(), program.mode) == (name, True, 0o755)


def test_a_size_beyond_the_octal_field_is_kept():
    with tarfile.open(fileobj=io.BytesIO(header(Member("project/big", "data", 9 * 2**30, SHA)))) as tar:
        assert tar.firstmember.size == 9 * 2**30


def test_short_names_need_no_extended_header():
    assert len(header(Member("project/" + "n" * 92, "data", 5, SHA))) == 512
    assert len(header(Member("project/" + "d" * 140 + "/" + "n" * 90, "data", 5, SHA))) == 512


def test_the_length_of_a_record_counts_its_own_digits():
    for length in range(80, 120):  # where the length of the whole record passes 99
        (info,) = read(header(Member("project/" + "x" * 12, "link", target="t" * (length + 20))))
        assert info.linkname == "t" * (length + 20)


def test_content_follows_its_header_in_whole_blocks():
    content = b"x" * 513
    blocks = file_header("manifest.json", len(content)) + content + padding(len(content))
    assert len(blocks) == 512 * 3
    with tarfile.open(fileobj=io.BytesIO(blocks + END_OF_ARCHIVE)) as tar:
        assert tar.extractfile("manifest.json").read() == content


def test_the_systems_tar_lists_it(tmp_path):
    path = tmp_path / "a.tar"
    path.write_bytes(b"".join(header(Member(name, "data", 0, SHA)) for name in NAMES[:5]) + END_OF_ARCHIVE)
    done = subprocess.run(["tar", "-tf", path], capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (0, NAMES[:5], "")
