"""However a stream of frames is cut, the same messages come out; what is no stream of frames is told, and never waited for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustrix_bundle.agent.client import AgentClient
from clustrix_bundle.errors import AnswerTimeout, ClusterConnectionError
from clustrix_bundle.runtime import frames

KINDS = st.sampled_from(sorted(frames._KINDS.values()))
LARGE = st.integers(frames.FRAME_MAX - 2, 2 * frames.FRAME_MAX + 2).map(lambda size: b"x" * size)
MESSAGES = st.lists(st.tuples(KINDS, st.integers(0, 2**32 - 1), st.one_of(st.binary(max_size=40), LARGE)), max_size=6)


def stream_of(messages: list[tuple[bytes, int, bytes]]) -> bytes:
    return b"".join(frame for message in messages for frame in frames.frames(*message))


@settings(max_examples=60)
@given(messages=MESSAGES, cuts=st.lists(st.integers(0, 1 << 20), max_size=12))
def test_any_chunking_gives_the_same_messages(messages: list[tuple[bytes, int, bytes]], cuts: list[int]) -> None:
    stream = stream_of(messages)
    ends = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    parser = frames.Parser()
    found = [message for start, end in zip(ends, ends[1:], strict=False) for message in parser.feed(stream[start:end])]
    assert found == messages
    assert not parser.inside


@settings(max_examples=60)
@given(messages=MESSAGES.filter(bool), at=st.integers(1, 1 << 21))
def test_a_stream_that_breaks_off_is_told_from_one_that_ends(messages: list[tuple[bytes, int, bytes]], at: int) -> None:
    stream = stream_of(messages)
    parser = frames.Parser()
    found = parser.feed(stream[: min(at, len(stream) - 1)])
    assert found == messages[: len(found)]
    assert parser.inside or len(stream_of(found)) == min(at, len(stream) - 1)


@settings(max_examples=100)
@given(garbage=st.binary(min_size=9, max_size=60))
def test_garbage_is_an_error_as_soon_as_a_head_is_read(garbage: bytes) -> None:
    """A head is taken only with a known kind and a payload that a frame may have: nothing makes the reader wait for gigabytes."""
    parser = frames.Parser()
    size, kind = int.from_bytes(garbage[:4], "big"), garbage[8] & ~32
    if size > frames.FRAME_MAX or kind not in frames._KINDS:
        with pytest.raises(frames.FrameError):
            parser.feed(garbage)


def test_messages_of_several_frames_may_be_interleaved_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    one = list(frames.frames(frames.RESULT, 1, b"a" * (frames.FRAME_MAX + 1)))
    other = list(frames.frames(frames.RESULT, 2, b"b" * (frames.FRAME_MAX + 1)))
    found = frames.Parser().feed(one[0] + other[0] + other[1] + one[1])
    assert [(kind, number, payload[:1], len(payload)) for kind, number, payload in found] == [
        (b"R", 2, b"b", frames.FRAME_MAX + 1),
        (b"R", 1, b"a", frames.FRAME_MAX + 1),
    ]
    monkeypatch.setattr(frames, "MESSAGE_MAX", 10)
    with pytest.raises(frames.FrameError, match="longer"):
        frames.Parser().feed(one[0])


class Replay:
    """A channel that gives what was written down, in pieces, and then ends."""

    def __init__(self, content: bytes, piece: int) -> None:
        self._rest, self._piece = content, piece

    def read(self, size: int) -> bytes:
        piece, self._rest = self._rest[: min(size, self._piece)], self._rest[min(size, self._piece) :]
        return piece

    def write(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        self._rest = b""

    def failure(self) -> str:
        return ""


GREETING = frames.MAGIC + b"".join(frames.frames(frames.HELLO, 0, b'{"protocol":1}'))
ANSWER = b"".join(frames.frames(frames.STREAM, 1)) + b"".join(
    frame for part in (frames.frames(frames.DATA, 1, b"a\0b\0"), frames.frames(frames.RESULT, 1, b"[null,[]]")) for frame in part
)


@settings(max_examples=60)
@given(
    noise=st.binary(max_size=30),
    answer=st.one_of(st.binary(max_size=60), st.integers(0, len(ANSWER)).map(lambda n: ANSWER[:n])),
    piece=st.integers(1, 50),
)
def test_whatever_comes_a_client_gives_the_answer_or_an_error_of_the_connection(noise: bytes, answer: bytes, piece: int) -> None:
    client = AgentClient(lambda: Replay(noise + GREETING + answer, piece), "testhost")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("clustrix_bundle.agent.client._FIRST_DELAY_S", 0.0)
        try:
            found = client.consume(b"".join, "files.ls", ["/", []], {"path": "."}, timeout=20)
        except ClusterConnectionError as error:
            assert not isinstance(error, AnswerTimeout), "it waited"
        else:
            assert (found, answer) == (b"a\0b\0", ANSWER)
