import hashlib
import os

from clustrix_bundle.bundler.blobs import Blob, BlobFolder


def test_a_content_is_stored_once_under_its_digest(tmp_path):
    folder = BlobFolder(str(tmp_path / "blobs"))
    blob = folder.store([b"one", b"two"])
    assert blob == Blob(hashlib.sha256(b"onetwo").hexdigest(), 6)
    before = os.stat(folder.path(blob.sha256))
    assert folder.store([b"onetwo"]) == blob
    assert os.stat(folder.path(blob.sha256)).st_ino == before.st_ino
    assert os.listdir(folder.folder) == [blob.sha256]


def test_a_half_written_content_is_replaced(tmp_path):
    folder = BlobFolder(str(tmp_path))
    sha256 = hashlib.sha256(b"content").hexdigest()
    (tmp_path / sha256).write_bytes(b"con")
    folder.store([b"content"])
    assert (tmp_path / sha256).read_bytes() == b"content"


def test_a_damaged_content_is_replaced(tmp_path):
    folder = BlobFolder(str(tmp_path))
    sha256 = hashlib.sha256(b"content").hexdigest()
    (tmp_path / sha256).write_bytes(b"cXntent")
    folder.store([b"content"])
    assert (tmp_path / sha256).read_bytes() == b"content"
