"""IPython's additions to Python in a notebook's cell: magics, shell lines, help, top-level ``await``.

After `IPython.core.inputtransformer2`: what asks the kernel becomes the call of ``get_ipython()`` that IPython itself makes of it, on the
same lines, and slicing never keeps such a call. A few magics are read as what they do: ``%time x = f()``, ``%env A=1``,
``%run helpers.py``, ``%pylab``, and the cell magics that only measure or capture.
"""

from __future__ import annotations

import ast
import re

from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

_BODY_RUNS = frozenset({"time", "capture", "prun", "memit", "mprun", "lprun", "snakeviz", "heat", "scalene", "pyinstrument"})
"""Cell magics whose body is Python of the notebook."""
_STATEMENT_RUNS = frozenset({"time", "prun"})
"""Line magics that execute a statement in the notebook's own namespace."""

_ASSIGNED = compile_lazily(r"(\s*)([A-Za-z_][\w.\[\]'\", \t*]*?)\s*=\s*([!%])(?!=)(.*)", re.DOTALL)
_HELP = compile_lazily(r"\s*(\?{1,2}\s*)?(%{0,2}[A-Za-z_*][\w.*\[\]]*)\s*(\?{0,2})\s*")
_ENV = compile_lazily(r"(\w+)(?:\s*=\s*|\s+)(.+)", re.DOTALL)
_SCRIPT = compile_lazily(r"[^\s$-]\S*\.py")
_QUOTES = "'\""
_WRITTEN = compile_lazily(r"(-a\s+|--append\s+)?([^-~$\s{][^~${]*)")
_CAPTURED = compile_lazily(r"(?:^|\s)([A-Za-z_]\w*)\s*$")
_FOLDER = compile_lazily(r"[^-~$\s{][^$%{]*")
_MAGIC = compile_lazily(r"%\s*([\w.]+)\s*(.*)", re.DOTALL)
_CELL_MAGIC = compile_lazily(r"\s*%%(\w[\w.]*)[ \t]*([^\n]*)")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as Python.

    Attributes:
        text: As many lines as the cell has.
        notes: (line in the cell, what was done) for whatever will not run elsewhere.
        async_lines: Lines that make a task, or hold ``async for`` or ``async with`` outside any function.
    """

    text: str
    notes: tuple[tuple[int, str], ...]
    async_lines: tuple[int, ...] = ()


def python_of_cell(cell: str) -> Cell:
    """A cell's source as plain Python, line for line."""
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    notes: list[tuple[int, str]] = []
    magic = _CELL_MAGIC.match(lines[first])
    written = _written(magic[1], magic[2], "\n".join(lines[first + 1 :])) if magic is not None else ""
    if written:
        return Cell("\n".join([*([""] * first), written, *([""] * (len(lines) - first - 1))]), ())
    if magic is not None and not magic[2].endswith("?"):
        notes.append(
            (
                first + 1,
                f"%%{magic[1]} does not run elsewhere" + (": its cell does" if magic[1] in _BODY_RUNS else "; nor does its cell"),
            )
        )
        if magic[1] not in _BODY_RUNS:
            body = "\n".join(lines[first + 1 :])
            call = f"get_ipython().run_cell_magic({magic[1]!r}, {magic[2].strip()!r}, {body!r})"
            return Cell("\n".join([*([""] * first), call, *([""] * (len(lines) - first - 1))]), tuple(notes))
        captured = _CAPTURED.search(magic[2]) if magic[1] == "capture" else None
        lines[first] = f"{captured[1]} = get_ipython().run_cell_magic('capture', {captured[1]!r}, '')" if captured else ""
    lines = _escapes(_dedented(lines), notes)
    return _awaits("\n".join(lines), notes)


def _written(magic: str, rest: str, body: str) -> str:
    """What ``%%writefile path`` does, as Python; empty for any other magic, or where the path is IPython's to expand."""
    found = _WRITTEN.fullmatch(rest.strip())
    if magic not in ("writefile", "file") or found is None:
        return ""
    path = f"__import__('pathlib').Path({found[2].strip(_QUOTES)!r})"
    text = body if body.endswith("\n") else body + "\n"
    return f"{path}.open('a').write({text!r})" if found[1] else f"{path}.write_text({text!r})"


def _dedented(lines: list[str]) -> list[str]:
    """Without the indentation of the first line, as IPython takes pasted code."""
    first = next((line for line in lines if line.strip()), "")
    indentation = first[: len(first) - len(first.lstrip())]
    return [line.removeprefix(indentation) for line in lines] if indentation else lines


def _escapes(lines: list[str], notes: list[tuple[int, str]]) -> list[str]:
    out: list[str] = []
    state = _Lexer()
    number = 0
    while number < len(lines):
        line = lines[number]
        replaced = None
        length = 1
        if state.at_statement:
            whole = line
            while whole.endswith("\\") and number + length < len(lines):  # a magic goes on after a backslash
                whole = whole[:-1] + lines[number + length]
                length += 1
            replaced = _escaped(whole, number + 1, notes)
        if replaced is None:
            out.append(line)
            state.read(line)
            number += 1
        else:
            out += [replaced, *([""] * (length - 1))]
            number += length
    return out


def _escaped(line: str, number: int, notes: list[tuple[int, str]]) -> str | None:
    """What a logical line with IPython's syntax stands for; None for plain Python."""
    stripped = line.strip()
    indentation = line[: len(line) - len(line.lstrip())]
    if stripped.startswith("#") or not stripped:
        return None
    assigned = _ASSIGNED.fullmatch(line)
    if assigned is not None:
        notes.append((number, f"`{stripped}` does not run elsewhere"))
        _, target, kind, command = assigned.groups()
        return f"{indentation}{target} = {_call(kind, command.strip(), assigned=True)}"
    if stripped.startswith("!"):
        notes.append((number, f"`{stripped}` does not run elsewhere"))
        return f"{indentation}{_call('!', stripped.lstrip('!').strip(), assigned=False)}"
    if stripped.startswith("%") and not stripped.endswith("?"):
        return indentation + _line_magic(stripped, number, notes)
    if "?" in (stripped[0], stripped[-1]):
        asked = _HELP.fullmatch(stripped)
        if asked is not None and (asked[1] or asked[3]):
            notes.append((number, f"`{stripped}` does not run elsewhere"))
            return f"{indentation}get_ipython().run_line_magic('pinfo', {asked[2]!r})"
    return None


def _call(kind: str, command: str, *, assigned: bool) -> str:
    if kind == "!":
        return f"get_ipython().{'getoutput' if assigned else 'system'}({command!r})"
    name, _, rest = command.partition(" ")
    return f"get_ipython().run_line_magic({name!r}, {rest.strip()!r})"


def _line_magic(stripped: str, number: int, notes: list[tuple[int, str]]) -> str:
    match = _MAGIC.fullmatch(stripped.lstrip("%").join(["%", ""]))
    name, rest = (match[1], match[2].strip()) if match is not None else (stripped.lstrip("%").strip(), "")
    if name in _STATEMENT_RUNS and rest and not rest.startswith("-"):
        return rest
    if name in ("env", "set_env"):
        setting = _ENV.fullmatch(rest)
        if setting is not None and not setting[2].startswith(("$", "{")):
            return f"from os import environ as _environ; _environ[{setting[1]!r}] = {setting[2]!r}"
    if name == "cd" and _FOLDER.fullmatch(rest.strip(_QUOTES)):
        return f"import os as _os; _os.chdir({rest.strip(_QUOTES)!r})"
    if name == "run" and _SCRIPT.fullmatch(rest.strip(_QUOTES)):
        run = f"from runpy import run_path as _run_path; _ran = _run_path({rest.strip(_QUOTES)!r})"
        return run + "; globals().update((_name, _ran[_name]) for _name in _ran if _name[:2] != '__')"
    if name == "pylab":
        return "import numpy as np; import matplotlib.pyplot as plt; from pylab import *"
    notes.append((number, f"`{stripped}` does not run elsewhere"))
    return _call("%", f"{name} {rest}", assigned=False)


class _Lexer:
    """Just enough of Python's lexical structure to know whether a line starts a statement."""

    def __init__(self) -> None:
        self._quote = ""
        self._depth = 0
        self._continued = False

    @property
    def at_statement(self) -> bool:
        return not self._quote and self._depth <= 0 and not self._continued

    _TOKEN = re.compile(r"\\.|'''|\"\"\"|['\"]|[\[({]|[\])}]|#", re.DOTALL)

    def read(self, line: str) -> None:
        """Takes a line in."""
        self._continued = line.endswith("\\")
        for token in self._TOKEN.finditer(line):
            text = token[0]
            if self._quote:
                if text in (self._quote, self._quote * 3):
                    self._quote = ""
            elif text == "#":
                self._continued = False
                break
            elif text[0] in "'\"":
                self._quote = text
            elif text in "[({":
                self._depth += 1
            elif text in "])}":
                self._depth -= 1
        if len(self._quote) == 1 and not line.endswith("\\"):
            self._quote = ""  # unterminated: the parser will say so


_NEED_A_LOOP = frozenset({"asyncio.create_task", "create_task", "asyncio.get_running_loop", "asyncio.ensure_future"})


def _awaits(text: str, notes: list[tuple[int, str]]) -> Cell:
    """Top-level ``await e`` as an expression that runs ``e`` in an event loop, as a module may not await."""
    if "await" not in text and "async" not in text:
        return Cell(text, tuple(notes))
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return Cell(text, tuple(notes))
    awaits: list[ast.Await] = []
    async_lines: list[int] = []
    _collect(tree, awaits, async_lines)
    lines = [line.encode() for line in text.split("\n")]
    for node in sorted(awaits, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        end_line, end = (node.end_lineno or node.lineno) - 1, node.end_col_offset or 0
        lines[end_line] = lines[end_line][:end] + _AWAIT_END + lines[end_line][end:]
        start = node.lineno - 1
        lines[start] = lines[start][: node.col_offset] + _AWAIT_START + lines[start][node.col_offset + len("await") :]
    return Cell(b"\n".join(lines).decode(), tuple(notes), tuple(async_lines))


# One loop for all cells, as the kernel has one: queues, locks and connections belong to the loop that first used them.
# A generator-based coroutine: a lambda may not be async, and the expression must be evaluated while the loop runs.
_AWAIT_START = (
    b'(lambda loop, make: loop.run_until_complete(__import__("asyncio").ensure_future(make(), loop=loop)))'
    b'((lambda held: held.get("_cells_loop") or held.setdefault("_cells_loop", held["new_event_loop"]()))(__import__("asyncio").__dict__)'
    b', __import__("types").coroutine(lambda: (yield from ('
)
_AWAIT_END = b").__await__())))"


def _collect(node: ast.AST, awaits: list[ast.Await], async_lines: list[int], *, awaited: bool = False) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(child, ast.Await):
            awaits.append(child)
        elif not awaited and isinstance(child, ast.Call) and ast.unparse(child.func) in _NEED_A_LOOP:
            async_lines.append(child.lineno)
        if isinstance(child, (ast.AsyncFor, ast.AsyncWith)):
            async_lines.append(child.lineno)
        if isinstance(child, ast.comprehension) and child.is_async:
            async_lines.append(child.target.lineno)
        _collect(child, awaits, async_lines, awaited=awaited or isinstance(child, ast.Await))
