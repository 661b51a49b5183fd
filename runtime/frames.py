"""Frames: how messages stand in a stream of bytes, both ways.

A frame is a head of 9 bytes, and its payload: length of the payload and number of the request (big-endian, 4 bytes each), then the
kind, a letter. A message longer than a frame may be comes in several, whose kinds are lower-case letters but for the last one's.
"""

import struct

PROTOCOL = 1
MAGIC = b"\0clustrix-agent\n"
"""What the agent sends first: whatever stands before it is not ours."""
NOISE_MAX = 1 << 16
"""Bytes that may stand before it."""
FRAME_MAX = 1 << 18
"""Bytes that a payload may have."""
MESSAGE_MAX = 1 << 28
"""Bytes that a message of several frames may have."""
CHUNK = 1 << 16
"""Bytes of a stream that are sent at a time."""
WINDOW = 1 << 21
"""Bytes of a stream that may be on their way without a `CREDIT`."""

REQUEST, BODY, BODY_END, CANCEL, PING = b"Q", b"B", b"E", b"X", b"P"
HELLO, STREAM, DATA, RESULT, FAILURE, PONG = b"H", b"S", b"D", b"R", b"F", b"A"
CREDIT = b"C"
_KINDS = {ord(kind): kind for kind in (REQUEST, BODY, BODY_END, CANCEL, PING, HELLO, STREAM, DATA, RESULT, FAILURE, PONG, CREDIT)}
_HEAD = struct.Struct(">IIB")


class FrameError(Exception):
    """The bytes are no frames."""


def frames(kind, number, payload=b""):
    """The frames of a message, one by one, as bytes."""
    head = ord(kind)
    at = 0
    while len(payload) - at > FRAME_MAX:
        yield _HEAD.pack(FRAME_MAX, number, head | 32) + payload[at : at + FRAME_MAX]
        at += FRAME_MAX
    yield _HEAD.pack(len(payload) - at, number, head) + (payload[at:] if at else payload)


class Parser(object):
    """Takes bytes as they come, and gives messages."""

    def __init__(self):
        self._buffer = bytearray()
        self._parts: dict = {}

    def feed(self, data):
        """(kind, number, payload) of each message that is now complete.

        Raises:
            FrameError: These are no frames, or a message is too long.
        """
        buffer = self._buffer
        buffer += data
        found = []
        at = 0
        while len(buffer) - at >= _HEAD.size:
            size, number, letter = _HEAD.unpack_from(buffer, at)
            kind = _KINDS.get(letter & ~32)
            if kind is None or size > FRAME_MAX:
                raise FrameError("no frame: %r" % bytes(buffer[at : at + 40]))
            end = at + _HEAD.size + size
            if len(buffer) < end:
                break
            payload = bytes(buffer[at + _HEAD.size : end])
            at = end
            if letter & 32:
                part = self._parts.setdefault(number, bytearray())
                part += payload
                if len(part) > MESSAGE_MAX:
                    raise FrameError("a message is longer than %d bytes" % MESSAGE_MAX)
                continue
            if number in self._parts:
                payload = bytes(self._parts.pop(number) + payload)
            found.append((kind, number, payload))
        del buffer[:at]
        return found

    @property
    def inside(self):
        """Whether the bytes so far end within a message."""
        return bool(self._buffer or self._parts)
