import io
import random

import pytest
import zstandard
from clustrix_bundle.bundler import compress, libzstd, raw_zstd

NOISE = random.Random(1).randbytes(300_000)
CONTENTS = [b"", b"x", b"abc" * 1_000_000, NOISE, NOISE * 8]
WRITERS = {
    "zstandard": compress._zstandard_compressor,
    "libzstd": compress._libzstd_compressor,
    "raw": lambda size: raw_zstd.RawZstdCompressor(),
}
READERS = {"zstandard": compress._zstandard_reader, "libzstd": compress._libzstd_reader}


def frame(content, name, pieces=70_000):
    out = io.BytesIO()
    writer = compress.FrameWriter(out.write, WRITERS[name])
    for start in range(0, len(content), pieces):
        writer.write(content[start : start + pieces])
    writer.close()
    return out.getvalue()


def drain(reader):
    pieces = []
    while piece := reader.read(65_536):
        pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("content", CONTENTS, ids=len)
def test_every_compressor_makes_a_frame_that_zstd_reads(writer, content):
    data = frame(content, writer)
    assert zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read() == content
    assert zstandard.get_frame_parameters(data).has_checksum
    assert (zstandard.frame_content_size(data) == len(content)) == (writer != "raw" and len(content) < 1 << 20)


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_reads_several_frames_and_passes_over_skippable_ones(reader):
    data = (
        frame(b"one", "zstandard")
        + b"\x5c\x2a\x4d\x18\x03\x00\x00\x00abc"
        + frame(NOISE, "raw")
        + frame(b"", "libzstd")
        + frame(b"two", "libzstd")
    )
    assert drain(READERS[reader](io.BytesIO(data))) == b"one" + NOISE + b"two"


def test_raw_frames_are_read_without_any_library():
    data = frame(NOISE, "raw") + b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc" + frame(b"two", "raw")
    assert drain(raw_zstd.RawZstdReader(io.BytesIO(data))) == NOISE + b"two"


@pytest.mark.parametrize("writer", ["zstandard", "libzstd"])
@pytest.mark.parametrize("content", [NOISE * 8, NOISE[:1000] * 300], ids=len)
def test_the_pieces_in_which_content_arrives_leave_no_trace(writer, content):
    assert len({frame(content, writer, pieces) for pieces in (1_000, 70_000, 1 << 20, len(content))}) == 1


@pytest.mark.parametrize("reader", READERS)
def test_damage_is_an_error(reader):
    data = bytearray(frame(NOISE, "raw"))
    data[1000] ^= 1
    with pytest.raises(compress.ZstdError):
        drain(READERS[reader](io.BytesIO(bytes(data))))


@pytest.mark.parametrize("cut", [3, 5, 8, 100, 131_080, -1])
def test_a_cut_raw_frame_is_an_error(cut):
    data = frame(NOISE, "raw")
    with pytest.raises(raw_zstd.RawZstdError):
        drain(raw_zstd.RawZstdReader(io.BytesIO(data[:cut])))
    with pytest.raises(libzstd.LibzstdError):
        drain(libzstd.LibzstdReader(io.BytesIO(data[:cut])))


def test_a_wrong_checksum_in_a_raw_frame_is_an_error():
    data = frame(b"content", "raw")
    with pytest.raises(raw_zstd.RawZstdError, match="checksum"):
        drain(raw_zstd.RawZstdReader(io.BytesIO(data[:-1] + bytes([data[-1] ^ 1]))))


def test_really_compressed_data_is_named_where_it_cannot_be_read():
    with pytest.raises(raw_zstd.RawZstdError, match="cannot read"):
        drain(raw_zstd.RawZstdReader(io.BytesIO(frame(b"abc" * 1000, "zstandard"))))


@pytest.fixture
def no_library(monkeypatch):
    """A Python that can load no zstd library, as one of another version sees a compiled `zstandard`."""
    import sys

    def missing():
        raise libzstd.LibzstdError("none")

    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    monkeypatch.setattr(libzstd, "load", missing)


def test_a_python_without_any_zstd_library_writes_the_same_bundle_uncompressed(hand_graph, tmp_path, request):
    from clustrix_bundle.bundler.package import FilePackager
    from clustrix_bundle.bundler.verify import verify_bundle

    graph = hand_graph(tmp_path / "p", data={"project/d": b"abc" * 100_000})
    usual = FilePackager(tmp_path / "usual").package_dependencies(graph)
    request.getfixturevalue("no_library")
    plain = FilePackager(tmp_path / "plain").package_dependencies(graph)
    assert plain.package_id == usual.package_id
    assert plain.size_bytes > 300_000 > usual.size_bytes
    assert verify_bundle(plain.package_path).ok
    refused = verify_bundle(usual.package_path).problems
    assert any("this Python cannot read" in problem for problem in refused)
    with open(plain.package_path, "rb") as file:
        raw = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True).read()
    assert b"abc" * 100_000 in raw


def test_the_next_library_takes_over_where_one_is_missing(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "zstandard", None)
    assert isinstance(compress.open_compressor(), libzstd.LibzstdCompressor)
