"""The source of a running ``__main__``: a script's file, the cells of a notebook, what was typed at a prompt or after ``-c``."""

from __future__ import annotations

import linecache
import os
import sys
from pathlib import Path
from typing import Any

from clustrix_bundle.bundler.capture.errors import SourceGoneError
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

_PROMPT_INPUT = compile_lazily(r"<python-input-(\d+)>")


@dataclass(frozen=True, slots=True)
class MainSource:
    """The text that made the globals of ``__main__``.

    Attributes:
        kind: ``script``, ``cells`` (IPython, Jupyter), ``prompt`` or ``command`` (``python -c``).
        path: The script; for the others a file name in the working directory that does not exist.
        content: Source bytes; for cells and prompts everything typed so far, in order.
        package: ``__package__`` of a module run with ``python -m``, else empty.
    """

    kind: str
    path: Path
    content: bytes
    package: str = ""


def find_main_source(cwd: Path) -> MainSource:
    """The source of the running ``__main__``.

    Raises:
        SourceGoneError: it was typed into an interpreter that keeps no sources.
    """
    main = sys.modules["__main__"]
    shell = _shell()
    if shell is not None and getattr(shell, "user_module", None) is not None and vars(shell.user_module) is vars(main):
        return MainSource("cells", cwd / "__cells__.py", _cells(shell))
    file = getattr(main, "__file__", None) or _inspected()
    if file and os.path.isfile(file):
        path = Path(os.path.realpath(file))
        spec = getattr(main, "__spec__", None)
        package = str(getattr(main, "__package__", "") or "") if spec is not None else ""
        typed = _typed()
        content = path.read_bytes()
        return MainSource("script", path, content + (b"\n" + typed if typed else b""), package)
    typed = _typed()
    if typed:
        return MainSource("prompt", cwd / "__prompt__.py", typed)
    command = _command()
    if command:
        return MainSource("command", cwd / "__command__.py", command)
    if not hasattr(sys, "ps1"):  # nobody is asked for input
        raise SourceGoneError(
            "this program was not read from a file (it came from standard input, or from a program that runs code of its own), so its "
            "functions have no source: put them in a file",
            "__main__",
        )
    raise SourceGoneError(
        "functions typed at this prompt have no source: Python keeps what is typed since 3.13 only; "
        "put the function in a file, or use a notebook or IPython",
        "__main__",
    )


def _inspected() -> str:
    """The script of ``python -i SCRIPT``, whose ``__file__`` is gone once it has run."""
    first = sys.argv[0] if sys.flags.inspect and sys.argv else ""
    return first if first.endswith(".py") else ""


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None


def _cells(shell: Any) -> bytes:
    from clustrix_bundle.bundler.notebook import cells_source  # noqa: PLC0415 - only in IPython

    return cells_source(list(shell.history_manager.input_hist_raw[1:]))


def _command() -> bytes:
    """The program of ``python -c PROGRAM``; empty where there is none."""
    words = sys.orig_argv
    for number, word in enumerate(words[1:-1], 1):
        if (
            sys.argv[:1] == ["-c"]
            and word[:1] == "-"
            and word[1:2] != "-"
            and word.endswith("c")
            and sys.argv[1:] == words[number + 2 :]
        ):
            return words[number + 1].encode("utf-8", "surrogateescape")
    return b""


def _typed() -> bytes:
    """What was typed at the prompt of Python 3.13 and later, in order."""
    inputs = []
    for name, entry in list(linecache.cache.items()):
        match = _PROMPT_INPUT.fullmatch(name)
        if match and len(entry) > 2:
            inputs.append((int(match[1]), "".join(entry[2])))
    return "\n".join(text for _, text in sorted(inputs)).encode()
