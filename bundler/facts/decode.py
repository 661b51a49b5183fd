"""From the bytes of a source file to its text, as PEP 263 (coding cookies) and PEP 3120 (UTF-8 by default) say."""

from __future__ import annotations

import tokenize

from clustrix_bundle.bundler.errors import SourceError


def decode_source(source: bytes, path: str) -> str:
    r"""The text of a source file: decoded, without byte-order mark, every line ended by ``\n``.

    Python translates line ends before anything else, also inside literals, so no reader of the text meets a ``\r``.

    Raises:
        SourceError: unknown or contradicting encodings, bytes that the encoding lacks, NUL characters.
    """
    encoding = declared_encoding(source, path)
    try:
        text = source.decode(encoding)
        text.encode("utf-8")
    except UnicodeDecodeError as error:
        raise _undecodable(source, path, encoding, error) from None
    except (UnicodeEncodeError, LookupError, ValueError) as error:
        raise SourceError(f"cannot be read as {encoding}: {error}", path, 1) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise SourceError("source code cannot contain NUL characters", path, line)
    return text


def declared_encoding(source: bytes, path: str) -> str:
    """The encoding of a source file, as `tokenize.detect_encoding` gives it (``utf-8-sig`` where there is a byte-order mark).

    Beyond that function, which wants UTF-8 of lines that it has yet to find a declaration in, as Python's own parser: a comment may stand in the
    encoding that it declares (``# coding: latin-1, Jérôme``).

    Raises:
        SourceError: unknown or contradicting encodings.
    """
    first_lines = _first_lines(source)
    readable = iter([line.decode("utf-8", "replace").encode() + b"\n" for line in first_lines])
    try:
        encoding, _ = tokenize.detect_encoding(lambda: next(readable, b""))
    except SyntaxError as error:
        number = next((number for number, line in enumerate(first_lines, 1) if b"coding" in line), 1)
        raise SourceError(error.msg, path, number) from None
    return encoding


def _first_lines(source: bytes) -> list[bytes]:
    """The two lines in which an encoding may be declared."""
    return _normal(source).split(b"\n", 2)[:2]


def _normal(source: bytes) -> bytes:
    return source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _undecodable(source: bytes, path: str, encoding: str, error: UnicodeDecodeError) -> SourceError:
    line = _normal(source[: error.start]).count(b"\n") + 1
    byte = source[error.start] if error.start < len(source) else 0
    if encoding == "utf-8" and not any(b"coding" in first for first in _first_lines(source)):
        what = "utf-8, and no encoding is declared (remedy: save it as UTF-8, or declare one, see PEP 263)"
    else:
        what = f"{encoding} (remedy: save the file in the encoding it declares, see PEP 263)"
    return SourceError(f"byte 0x{byte:02x} is not {what}", path, line)
