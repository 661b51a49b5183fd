"""From the bytes of a source file to its text, as PEP 263 (coding cookies) and PEP 3120 (UTF-8 by default) say."""

from __future__ import annotations

import io
import tokenize

from clustrix_bundle.bundler.errors import SourceError


def decode_source(source: bytes, path: str) -> str:
    r"""The text of a source file: decoded, without byte-order mark, every line ended by ``\n``.

    Python translates line ends before anything else, also inside literals, so no reader of the text meets a ``\r``.

    Raises:
        SourceError: unknown or contradicting encodings, bytes that the encoding lacks, NUL characters.
    """
    normalised = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(normalised).readline)
    except SyntaxError as error:
        raise _cookie_error(normalised, path, error) from None
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


def _cookie_error(normalised: bytes, path: str, error: SyntaxError) -> SourceError:
    """`tokenize.detect_encoding` refuses an unknown cookie and, without one, first lines that are not UTF-8."""
    for number, line in enumerate(normalised.split(b"\n")[:2], 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            return SourceError(
                f"not UTF-8, and no encoding is declared (remedy: save it as UTF-8, or declare one, see PEP 263): {error.msg}",
                path,
                number,
            )
        if b"coding" in line:
            return SourceError(error.msg, path, number)
    return SourceError(error.msg, path, 1)


def _undecodable(source: bytes, path: str, encoding: str, error: UnicodeDecodeError) -> SourceError:
    before = source[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    line = before.count(b"\n") + 1
    byte = source[error.start] if error.start < len(source) else 0
    return SourceError(
        f"byte 0x{byte:02x} is not {encoding} (remedy: save the file in the encoding it declares, see PEP 263)", path, line
    )
