"""Reading zstd: every way gives the bytes that went in, or a ZstdError."""

import io
import os
import random
import shutil
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from clustrix_bundle.runtime import zstd, zstd_pure

ALL_WAYS = zstd.ways()
TEXT = Path(zstd_pure.__file__).read_bytes() + Path(zstd.__file__).read_bytes()
SKIPPABLE = struct.pack("<II", 0x184D2A53, 5) + b"hello"


def skewed(size: int, seed: int = 1) -> bytes:
    """Bytes without repeats but of low entropy: Huffman-coded literals and no matches."""
    chooser = random.Random(seed)
    return bytes(chooser.choices(range(256), weights=[1 / (n + 1) for n in range(256)], k=size))


def compress(data: bytes, level: int = 3, *, checksum: bool = True, **parameters: int) -> bytes:
    settings = zstandard.ZstdCompressionParameters.from_level(level, write_checksum=checksum, **parameters)
    return zstandard.ZstdCompressor(compression_params=settings).compress(data)


def decompress(frames: bytes, chunk: int = -1) -> bytes:
    reader = zstd.open_decompressor(io.BytesIO(frames))
    if chunk < 0:
        return reader.read()
    parts = []
    while part := reader.read(chunk):
        parts.append(part)
    return b"".join(parts)


@pytest.fixture(params=ALL_WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CLUSTRIX_ZSTD", request.param)
    return request.param


@pytest.fixture
def pure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTRIX_ZSTD", "pure")


def test_the_ways_are_told_best_first() -> None:
    assert ALL_WAYS[-1] == "pure"
    assert "zstandard" in ALL_WAYS
    assert sorted(ALL_WAYS, key=zstd.WAYS.index) == ALL_WAYS


def test_an_unknown_way_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTRIX_ZSTD", "gzip")
    with pytest.raises(zstd.ZstdError, match="CLUSTRIX_ZSTD.*gzip.*pure"):
        decompress(compress(b"a"))


def test_a_way_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    assert "zstandard" not in zstd.ways()
    monkeypatch.setenv("CLUSTRIX_ZSTD", "zstandard")
    with pytest.raises(zstd.ZstdError, match="asks for zstandard"):
        decompress(compress(b"a"))


def test_a_stranger_called_zstandard_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", type(sys)("zstandard"))
    monkeypatch.delenv("CLUSTRIX_ZSTD", raising=False)
    assert "zstandard" not in zstd.ways()
    assert decompress(compress(TEXT)) == TEXT


@pytest.mark.parametrize("level", [-100, -7, -1, *range(1, 23)])
def test_every_level(pure: None, level: int) -> None:
    data = TEXT + skewed(3000) + b"\0" * 5000 + os.urandom(1000) + TEXT[::-1] + TEXT
    assert decompress(compress(data, level)) == data


@pytest.mark.parametrize("data", [b"", b"x", b"ab" * 70000, os.urandom(300_000), TEXT * 9, skewed(200_000)], ids=len)
def test_every_way_gives_what_went_in(way: str, data: bytes) -> None:
    for checksum in (False, True):
        assert decompress(compress(data, checksum=checksum)) == data


def test_sizes_of_reads_do_not_matter(way: str) -> None:
    frames = compress(TEXT) + SKIPPABLE + compress(b"") + compress(skewed(9999))
    for chunk in (1, 7, 4096, 10**6):
        assert decompress(frames, chunk) == TEXT + skewed(9999)


def test_a_source_may_give_one_byte_at_a_time(way: str) -> None:
    class Dripping(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size, 1) if size else 0)

    assert zstd.open_decompressor(Dripping(compress(TEXT) + SKIPPABLE + compress(TEXT))).read() == TEXT * 2


def test_nothing_is_read_behind_what_is_asked_for(way: str) -> None:
    """A manifest in a frame of its own is read without touching the frame that follows."""
    first = compress(b"manifest")
    source = io.BytesIO(first + compress(TEXT))
    assert zstd.open_decompressor(source).read(8) == b"manifest"
    assert source.tell() <= len(first)


def test_frames_of_unknown_size_and_with_flushed_blocks(way: str) -> None:
    sink = io.BytesIO()
    writer = zstandard.ZstdCompressor(level=5, write_checksum=True).stream_writer(sink, closefd=False)
    for n in range(60):
        writer.write(TEXT[n * 100 : n * 100 + 700])
        writer.flush(zstandard.FLUSH_BLOCK)
    writer.close()
    assert decompress(sink.getvalue()) == b"".join(TEXT[n * 100 : n * 100 + 700] for n in range(60))


def test_matches_over_long_distances(way: str) -> None:
    far = os.urandom(100_000)
    data = far + os.urandom(9_000_000) + far
    frames = compress(data, 3, enable_ldm=True, window_log=24)
    assert len(frames) < len(data) - 90_000
    assert decompress(frames) == data


def test_the_smallest_window(pure: None) -> None:
    data = (TEXT[:900] + os.urandom(300)) * 40
    assert decompress(compress(data, 19, window_log=10, write_content_size=False)) == data


def test_samples_reach_every_mode_of_the_format(pure: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests above claim to cover, they do: literal kinds and stream counts, table modes, block kinds."""
    seen = set()
    literals, tables, block = zstd_pure.History._literals, zstd_pure.History._read_tables, zstd_pure.History.block

    def note_literals(self, data):
        seen.add(("literals", data[0] & 3, min(data[0] >> 2 & 3, 1) if data[0] & 2 else None))
        return literals(self, data)

    def note_tables(self, data, at):
        seen.update((field, data[at] >> 6 - 2 * n & 3) for n, field in enumerate(("length", "offset", "match")))
        return tables(self, data, at)

    def note_block(self, kind, size, data):
        seen.add(("block", kind))
        return block(self, kind, size, data)

    monkeypatch.setattr(zstd_pure.History, "_literals", note_literals)
    monkeypatch.setattr(zstd_pure.History, "_read_tables", note_tables)
    monkeypatch.setattr(zstd_pure.History, "block", note_block)
    runs = b"".join(bytes([n % 251]) * 40 + bytes([(n * 7) % 256]) for n in range(4000))
    noise = os.urandom(1 << 17)
    same_literals = noise + b"".join(noise[n * 997 % 130_000 :][: 30 + n % 50] + b"z" for n in range(900))
    samples = [
        same_literals,
        TEXT * 9,
        TEXT[:300],
        b"ab" * 70000,
        os.urandom(200),
        b"\0" * 300_000,
        skewed(300_000),
        runs,
        b"a" * 60 + b"b" * 60,
    ]
    for data in samples:
        for level in (-5, 1, 3, 10, 19, 22):
            for target in (0, 2000):
                frames = compress(data, level, **({"target_length": 64} if target else {}))
                assert decompress(frames) == data
    sink = io.BytesIO()
    writer = zstandard.ZstdCompressor(level=1).stream_writer(sink, closefd=False)
    for n in range(80):
        writer.write(bytes(byte & 15 for byte in skewed(3000 if n % 9 == 0 else 100 + 37 * (n % 9), n)))
        writer.flush(zstandard.FLUSH_BLOCK)
    writer.close()
    decompress(sink.getvalue())
    assert {("block", n) for n in range(3)} <= seen
    assert {("literals", 0, None), ("literals", 1, None), ("literals", 2, 0), ("literals", 2, 1)} <= seen
    assert {("literals", 3, 0), ("literals", 3, 1)} <= seen
    assert {(field, mode) for field in ("length", "offset", "match") for mode in range(4)} <= seen


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(st.tuples(st.binary(max_size=60), st.integers(1, 400)), max_size=30),
    level=st.sampled_from([-20, -1, 1, 3, 6, 12, 19]),
    checksum=st.booleans(),
)
def test_round_trips(parts: list[tuple[bytes, int]], level: int, checksum: bool) -> None:
    data = b"".join(part * times for part, times in parts)
    frames = compress(data, level, checksum=checksum)
    assert read_with("pure", frames) == data


def read_with(name: str, frames: bytes) -> bytes | None:
    """Decompressed bytes, None where they are refused."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLUSTRIX_ZSTD", name)
        try:
            return decompress(frames)
        except zstd.ZstdError:
            return None


FRAMES = [
    compress(data, level, checksum=checksum)
    for checksum in (True, False)
    for level in (1, 19)
    for data in (TEXT[:4000], skewed(5000))
]


@settings(max_examples=300, deadline=None)
@given(
    frames=st.sampled_from(FRAMES), flips=st.lists(st.tuples(st.integers(0, 2**16), st.integers(1, 255)), min_size=1, max_size=3)
)
def test_damage_is_refused_or_harmless(frames: bytes, flips: list[tuple[int, int]]) -> None:
    """Where our decoder gives bytes, libzstd gives the same; it may refuse what libzstd's fast paths let pass."""
    damaged = bytearray(frames)
    for at, value in flips:
        damaged[at % (len(damaged) if at % 2 else 60)] ^= value
    mine = read_with("pure", bytes(damaged))
    if mine is not None:
        assert mine == read_with("zstandard", bytes(damaged))


@pytest.mark.parametrize("checksum", [False, True])
def test_truncation_is_always_seen(way: str, checksum: bool) -> None:
    frames = compress(TEXT[:3000] + skewed(500), checksum=checksum)
    for size in range(0, len(frames), 13):
        with pytest.raises(zstd.ZstdError, match="truncated|empty"):
            decompress(frames[:size])


def test_a_wrong_checksum_is_seen(way: str) -> None:
    frames = compress(TEXT)
    with pytest.raises(zstd.ZstdError, match="hecksum"):
        decompress(frames[:-1] + bytes([frames[-1] ^ 1]))


@pytest.mark.parametrize(
    "frames", [b"PK\x03\x04....", b"\x28\xb5\x2f\xfe123", compress(b"a") + b"\0\0\0\0", compress(b"a") + b"x"]
)
def test_what_is_no_zstd_is_refused(way: str, frames: bytes) -> None:
    with pytest.raises(zstd.ZstdError, match="no zstd data|truncated"):
        decompress(frames)


def test_an_error_is_repeated_and_never_taken_for_the_end(way: str) -> None:
    reader = zstd.open_decompressor(io.BytesIO(compress(TEXT) + b"rubbish"))
    assert reader.read(len(TEXT)) == TEXT
    for _ in range(3):
        with pytest.raises(zstd.ZstdError):
            reader.read(1)


def test_an_error_of_the_source_is_never_taken_for_the_end(way: str) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 200:
                raise OSError("disk on fire")
            return super().read(size)

    reader = zstd.open_decompressor(Failing(compress(os.urandom(1000))))
    for _ in range(2):
        with pytest.raises(OSError, match="disk on fire"):
            reader.read()


def test_a_dictionary_is_refused(way: str) -> None:
    samples = [TEXT[n : n + 200] for n in range(0, len(TEXT) - 200, 50)]
    dictionary = zstandard.train_dictionary(4096, samples * 4)
    frames = zstandard.ZstdCompressor(dict_data=dictionary).compress(TEXT)
    with pytest.raises(zstd.ZstdError, match="dictionary"):
        decompress(frames)


def test_a_window_of_128_mib_is_granted_and_more_is_not(way: str) -> None:
    one_raw_block = struct.pack("<I", 3 << 3 | 1)[:3] + b"abc"
    assert decompress(b"\x28\xb5\x2f\xfd\x00" + bytes([27 - 10 << 3]) + one_raw_block) == b"abc"
    for exponent, mantissa, size in ((28, 0, 1 << 28), (27, 1, (1 << 27) + (1 << 24))):
        with pytest.raises(zstd.ZstdError, match=f"window of {size} bytes"):
            decompress(b"\x28\xb5\x2f\xfd\x00" + bytes([exponent - 10 << 3 | mantissa]) + one_raw_block)
    with pytest.raises(zstd.ZstdError, match="window"):
        decompress(b"\x28\xb5\x2f\xfd\xe0" + b"\xff" * 8)


def test_a_bomb_costs_no_memory(way: str) -> None:
    """4 GiB of zeros, of which the reader takes a little at a time."""
    blocks = (struct.pack("<I", (1 << 17) << 3 | 1 << 1)[:3] + b"\0") * 32768
    reader = zstd.open_decompressor(io.BytesIO(b"\x28\xb5\x2f\xfd\x00\x58" + blocks))
    tracemalloc.start()
    for _ in range(50):
        assert len(reader.read(1 << 20)) == 1 << 20
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 << 20


def test_it_runs_on_every_python(tmp_path: Path, interpreter: str) -> None:
    package = tmp_path / "_clustrix_runtime"
    package.mkdir()
    for name in ("__init__", "zstd", "zstd_pure", "zstd_entropy", "xxh64"):
        shutil.copy(Path(zstd.__file__).with_name(name + ".py"), package)
    data = TEXT * 3 + skewed(9000)
    (tmp_path / "data").write_bytes(data)
    (tmp_path / "data.zst").write_bytes(compress(data, 10) + SKIPPABLE + compress(TEXT, -3))
    (tmp_path / "check.py").write_text(
        "import os\n"
        "from _clustrix_runtime import zstd\n"
        "data = open('data', 'rb').read()\n"
        "for way in zstd.ways():\n"
        "    os.environ['CLUSTRIX_ZSTD'] = way\n"
        "    with open('data.zst', 'rb') as source:\n"
        "        out = zstd.open_decompressor(source).read()\n"
        "    assert out[:len(data)] == data and len(out) == len(data) + " + str(len(TEXT)) + "\n"
        "print(zstd.ways()[-1])\n",
    )
    done = subprocess.run(
        [interpreter, "check.py"], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("pure\n", "")
