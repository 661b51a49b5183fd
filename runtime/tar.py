"""Reading a tar archive member by member from a stream: ustar (POSIX.1-1988) and pax (POSIX.1-2001), nothing else.

`tarfile` would be most of the time of a small run to import, and takes what a bundle must not hold (devices, hard links,
sparse files, GNU's own headers); here they are errors.
"""

from .errors import BundleFormatError, UnsafePathError

BLOCK = 512
FILE, FOLDER, LINK = "file", "dir", "link"
_TYPES = {b"0": FILE, b"\0": FILE, b"5": FOLDER, b"2": LINK}
_REFUSED = {b"1": "a hard link", b"3": "a character device", b"4": "a block device", b"6": "a pipe", b"7": "a contiguous file"}
_MAX_PAX = 1 << 20
_MAX_PADDING = 1 << 20
_CHUNK = 1 << 18


class Archive(object):
    """The members of a tar stream.

    Args:
        stream: Has ``read(n)``, which gives n bytes and fewer only at the end.
    """

    def __init__(self, stream):
        self._read = stream.read
        self._left = 0
        self._pad = 0

    def next(self):
        """``(name, kind, size, target)`` of the next member, its content not yet read; None after the last.

        Names are text with surrogate escapes (PEP 383) for what is not UTF-8.
        """
        for _ in self.content():  # what the caller left of the member before
            pass
        pax = {}  # type: ignore[var-annotated]
        while True:
            header = self._block()
            if header is None:
                return None
            kind = header[156:157]
            if kind != b"x":
                break
            if pax:
                raise BundleFormatError("two extended headers for one member of the archive")
            pax = self._pax(_number(header[124:136]))
        return self._member(header, kind, pax)

    def content(self):
        """The current member's content, in chunks."""
        while self._left:
            data = self._exactly(min(self._left, _CHUNK))
            self._left -= len(data)
            yield data
        if self._pad:
            self._exactly(self._pad)
            self._pad = 0

    def finish(self):
        """Read what follows the last member: zeros, and few of them."""
        total = 0
        while True:
            data = self._read(_CHUNK)
            if not data:
                return
            total += len(data)
            if total > _MAX_PADDING or data.strip(b"\0"):
                raise BundleFormatError("the archive goes on after its end")

    def _member(self, header, kind, pax):
        name = pax.get(b"path")
        if name is None:
            name = _text(header[0:100])
            prefix = _text(header[345:500])
            if prefix:
                name = prefix + b"/" + name
        size = _number(header[124:136])
        if b"size" in pax:
            size = _decimal(pax[b"size"])
        text = name.decode("utf-8", "surrogateescape")
        if kind not in _TYPES:
            raise UnsafePathError("member %r of the archive is %s" % (text, _REFUSED.get(kind, "of unknown type %r" % kind)))
        what = _TYPES[kind]
        if what == FOLDER and text.endswith("/"):
            text = text[:-1]
        target = ""
        if what == LINK:
            target = pax.get(b"linkpath", _text(header[157:257])).decode("utf-8", "surrogateescape")
        if what != FILE and size:
            raise BundleFormatError("member %r of the archive is a %s with content" % (text, what))
        self._left, self._pad = size, -size % BLOCK
        return text, what, size, target

    def _block(self):
        header = self._read(BLOCK)
        if len(header) != BLOCK:
            raise BundleFormatError("the archive is truncated")
        if not header.strip(b"\0"):
            if self._read(BLOCK).strip(b"\0"):
                raise BundleFormatError("the archive goes on after its end")
            return None
        if header[257:262] != b"ustar":
            raise BundleFormatError("the archive is no tar archive")
        if sum(header) - sum(header[148:156]) + 8 * 32 != _number(header[148:156]):
            raise BundleFormatError("a header of the archive is damaged")
        return header

    def _exactly(self, size):
        data = self._read(size)
        if len(data) != size:
            raise BundleFormatError("the archive is truncated")
        return data

    def _pax(self, size):
        if not 0 < size <= _MAX_PAX:
            raise BundleFormatError("an extended header of %d bytes" % size)
        data = self._exactly(size + -size % BLOCK)[:size]
        records = {}
        while data:
            length, space, _ = data.partition(b" ")
            end = _decimal(length)
            record = data[len(length) + 1 : end]
            key, equals, value = record[:-1].partition(b"=")
            if not space or not equals or end > len(data) or record[-1:] != b"\n" or key in records:
                raise BundleFormatError("an extended header of the archive is damaged")
            records[key] = value
            data = data[end:]
        return records


def _text(field):
    return field.partition(b"\0")[0]


def _number(field):
    digits = field.strip(b" \0") or b"0"
    if digits.strip(b"01234567"):
        raise BundleFormatError("a header of the archive is damaged")
    return int(digits, 8)


def _decimal(digits):
    if not digits.isdigit() or len(digits) > 18:
        raise BundleFormatError("an extended header of the archive is damaged")
    return int(digits)
