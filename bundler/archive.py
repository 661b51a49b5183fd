"""Tar headers that say nothing of where, when and by whom: the same member always gives the same bytes.

Headers are ustar (POSIX.1-1988); a pax extended header (POSIX.1-2001) comes before one whose name, link target or size does not
fit. Names stand in them as the bytes they are. `tarfile` writes the same in principle, but splits names, picks pax records and
encodes names in ways that differ between Python versions and locales.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.member_path import is_utf8, path_bytes

if TYPE_CHECKING:
    from clustrix_bundle.bundler.manifest import Member

BLOCK = 512
END_OF_ARCHIVE = b"\0" * (2 * BLOCK)

_FILE, _LINK, _FOLDER, _PAX = b"0", b"2", b"5", b"x"
_MODE, _RUNNABLE, _LINK_MODE = 0o644, 0o755, 0o777
_MAX_NAME, _MAX_PREFIX, _MAX_LINK = 100, 155, 100
_MAX_SIZE = 8**11 - 1


def padding(size: int) -> bytes:
    """What fills content of ``size`` bytes up to a whole block."""
    return b"\0" * (-size % BLOCK)


def header(member: Member) -> bytes:
    """The header blocks of a member."""
    if member.kind == "dir":
        return _header(member.path + "/", _FOLDER, _RUNNABLE)
    if member.kind == "link":
        return _header(member.path, _LINK, _LINK_MODE, target=member.target)
    return _header(member.path, _FILE, _RUNNABLE if member.executable else _MODE, size=member.size)


def file_header(name: str, size: int) -> bytes:
    """The header blocks of one of the bundle's own files, such as its manifest."""
    return _header(name, _FILE, _MODE, size=size)


def _header(path: str, kind: bytes, mode: int, *, size: int = 0, target: str = "") -> bytes:
    name, link = path_bytes(path), path_bytes(target)
    records: list[tuple[bytes, bytes]] = []
    split = _split(name)
    if split is None:
        records.append((b"path", name))
        split = name[:_MAX_NAME], b""
    if len(link) > _MAX_LINK:
        records.append((b"linkpath", link))
    if size > _MAX_SIZE:
        records.append((b"size", b"%d" % size))
    if records and not (is_utf8(path) and is_utf8(target)):
        records.insert(0, (b"hdrcharset", b"BINARY"))  # pax values are UTF-8 unless this says otherwise
    block = _block(split, kind, mode, size if size <= _MAX_SIZE else 0, link[:_MAX_LINK])
    if not records:
        return block
    text = b"".join(_record(key, value) for key, value in records)
    return _block((b"PaxHeaders/member", b""), _PAX, _MODE, len(text), b"") + text + padding(len(text)) + block


def _split(name: bytes) -> tuple[bytes, bytes] | None:
    """Name and prefix fields whose join by ``/`` is the name; None if it does not fit."""
    if len(name) <= _MAX_NAME:
        return name, b""
    cut = name.find(b"/", len(name) - _MAX_NAME - 1)
    if cut <= 0 or cut > _MAX_PREFIX or cut == len(name) - 1:
        return None
    return name[cut + 1 :], name[:cut]


def _record(key: bytes, value: bytes) -> bytes:
    """A pax record: its own length in decimal, a space, key=value, a newline."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    if rest + len(str(length)) != length:
        length += 1
    return b"%d %s=%s\n" % (length, key, value)


def _block(split: tuple[bytes, bytes], kind: bytes, mode: int, size: int, link: bytes) -> bytes:
    name, prefix = split
    block = b"".join(
        (
            name.ljust(100, b"\0"),
            b"%07o\0" % mode,
            b"0000000\0" * 2,  # uid, gid
            b"%011o\0" % size,
            b"00000000000\0",  # mtime
            b" " * 8,  # the sum counts its own field as spaces
            kind,
            link.ljust(100, b"\0"),
            b"ustar\x0000",
            b"\0" * 64,  # names of user and group
            b"0000000\0" * 2,  # device numbers
            prefix.ljust(155, b"\0"),
            b"\0" * 12,
        ),
    )
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]
