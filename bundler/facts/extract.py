"""Facts of a source file, by the compiled core where it is built, else by libcst.

Both give the same facts (``docs/facts.md``). The environment variable ``CLUSTRIX_EXTRACTOR`` (``core`` or ``libcst``) forces one.
"""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

from clustrix_bundle.bundler.errors import SettingsError, SourceError
from clustrix_bundle.bundler.facts.model import ModuleFacts

if TYPE_CHECKING:
    from clustrix_bundle.bundler._core import FactsStore

EXTRACTORS = ("core", "libcst")


class Core(Protocol):
    """What the compiled core holds (``_core.pyi``)."""

    extract_facts: Callable[[bytes], bytes]
    FactsStore: type[FactsStore]


@cache
def core() -> Core | None:
    """The compiled core, None where it is not built."""
    try:
        return cast("Core", importlib.import_module("clustrix_bundle.bundler._core"))
    except ImportError:
        return None


def extractor_name() -> str:
    """Which extractor `extract_facts` uses: ``core`` or ``libcst``.

    Raises:
        SettingsError: ``CLUSTRIX_EXTRACTOR`` names no extractor, or the core where it is not built.
    """
    wanted = os.environ.get("CLUSTRIX_EXTRACTOR", "")
    if wanted not in {"", *EXTRACTORS}:
        raise SettingsError(f"CLUSTRIX_EXTRACTOR is {wanted!r}, which is no extractor: it is one of {', '.join(EXTRACTORS)}")
    if wanted == "core" and core() is None:
        raise SettingsError(
            "CLUSTRIX_EXTRACTOR is 'core', but the compiled core is not built here (remedy: unset it, or install with cargo)"
        )
    return wanted or ("libcst" if core() is None else "core")


def extract_facts(source: bytes, path: str) -> ModuleFacts:
    """What the source file ``path`` says; ``source`` are its bytes.

    Raises:
        SourceError: it is no Python: path, line, and the words of a parser.
    """
    compiled = core() if extractor_name() == "core" else None
    words, line = "", 0
    if compiled is not None:
        try:
            return ModuleFacts.from_json(compiled.extract_facts(source))
        except SyntaxError as error:
            words, line = error.msg, error.lineno or 0
    from clustrix_bundle.bundler.facts.decode import decode_source  # noqa: PLC0415 - where the core does not do
    from clustrix_bundle.bundler.facts.lexical import scan  # noqa: PLC0415

    text = decode_source(source, path)
    lexical = scan(text, path)
    if words and not _python_reads(text):
        raise source_error(text, path, words, line)
    # Where this Python reads what the core's parser does not, the parser is wrong (ruff's is about ``a; match = 1``).
    from clustrix_bundle.bundler.facts.deep_stack import run_deep  # noqa: PLC0415
    from clustrix_bundle.bundler.facts.libcst_facts import UnparsableError, read_facts  # noqa: PLC0415 (libcst takes 0.3 s)

    try:
        return run_deep(lambda: read_facts(text, lexical))
    except UnparsableError as error:
        raise source_error(text, path, words or error.words, line or error.line) from None


def _python_reads(text: str) -> bool:
    """Whether this Python's own parser reads the text."""
    try:
        _parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def source_error(text: str, path: str, words: str, line: int) -> SourceError:
    """The error for a text that an extractor does not read: in the words of this Python's own parser, if it does not either.

    Python's words are better known than any other parser's, and the same whichever extractor complains.
    """
    try:
        _parse(text)
    except SyntaxError as error:
        return SourceError(f"not valid Python: {error.msg}", path, error.lineno or line)
    except (ValueError, RecursionError, MemoryError):
        pass
    return SourceError(f"cannot be read as Python: {words}", path, line)


def _parse(text: str) -> None:
    import ast  # noqa: PLC0415 - for texts that an extractor does not read

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ast.parse(text)
