"""The compiled core: facts of Python source, read by ruff's parser (``bundler/core``).

Where it is not built, importing it fails and `clustrix_bundle.bundler.facts.extract` reads with libcst instead: the same
facts, byte for byte (``docs/facts.md``), more than a hundred times slower.
"""

from collections.abc import Sequence

def extract_facts(source: bytes) -> bytes:
    """The facts of one source file, as `ModuleFacts.to_json` writes them.

    The bytes are decoded as PEP 263 says. The global interpreter lock is released, and the file is read on a thread with a
    stack that holds any nesting which is not refused.

    Raises:
        SyntaxError: it is no Python; ``msg`` and ``lineno`` (0 for the whole file) say what and where, in the parser's words.
    """

def extract_many(sources: Sequence[bytes]) -> list[bytes | SyntaxError]:
    """The same for many files at once, on as many threads as there are processors.

    An item of the result is the facts of the source in its place, or the error that `extract_facts` would raise.
    """
