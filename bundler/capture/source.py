"""The source of a live function or class: the statements that define it, and the path to its code in them.

Sources come from files and, for notebooks and interactive sessions, from `linecache`, where IPython and the REPL of
Python 3.13 leave what was typed.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import os
import sys
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from types import CodeType
from typing import Any

from clustrix_bundle.bundler.capture.errors import SourceGoneError
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.runtime import definitions

_FUTURE_FLAGS = functools.reduce(
    int.__or__,
    (getattr(__import__("__future__"), name).compiler_flag for name in __import__("__future__").all_feature_names),
)


@dataclass(frozen=True, slots=True)
class Definition:
    """Where a function or a class body is defined (see ``runtime/definitions.py``).

    Attributes:
        text: Source lines of the module-level statement that holds it.
        line: Line of the file that `text` starts on.
        filename: The file, as the traceback names it here.
        flags: Compiler flags of the ``__future__`` imports in force.
        path: Steps from the module's code to its own: name, first line, count of earlier ones alike.
    """

    text: str
    line: int
    filename: str
    flags: int
    path: tuple[tuple[str, int, int], ...]

    def plain(self) -> dict[str, object]:
        """The form that travels."""
        return {
            "text": self.text,
            "line": self.line,
            "filename": os.path.basename(self.filename),
            "flags": self.flags,
            "path": self.path,
        }


def read_source(filename: str) -> str | None:
    """The text of a source file or of what was typed under that name; None where there is none."""
    if os.path.isfile(filename):
        try:
            with tokenize.open(filename) as stream:
                return stream.read()
        except (OSError, SyntaxError, UnicodeDecodeError):
            return None
    lines = linecache.getlines(filename)
    return "".join(lines) if lines else None


def find_definition(code: CodeType) -> Definition:
    """The definition that `code` was compiled from.

    Raises:
        SourceGoneError: no source, or the source has changed since it was loaded.
    """
    text = read_source(code.co_filename)
    place = f"{code.co_filename}:{code.co_firstlineno}"
    if text is None:
        raise SourceGoneError(
            f"{place}: there is no source for {code.co_name!r}: it was typed into an interpreter that keeps none, or made by exec; "
            "define it in a file or a notebook",
            code.co_name,
        )
    flags = code.co_flags & _FUTURE_FLAGS
    for first, last in _statements_around(text, code.co_firstlineno):
        piece = "\n".join(_lines(text)[first - 1 : last]) + "\n"
        try:
            module = definitions.compile_definition(piece, first, code.co_filename, flags)
        except SyntaxError:
            continue
        path = _path_to(module, code)
        if path:
            return Definition(piece, first, code.co_filename, flags, path)
    raise SourceGoneError(
        f"{place}: the source of {code.co_name!r} is no longer what was loaded; run the program again so that both agree",
        code.co_name,
    )


def class_code(cls: type) -> CodeType:
    """The code of a class body, found through the source of its methods or the module that made it.

    Raises:
        SourceGoneError: it has no source.
    """
    for value in vars(cls).values():
        function = getattr(value, "__func__", getattr(value, "fget", value))
        function = getattr(function, "__wrapped__", function)
        code = getattr(function, "__code__", None)
        if code is not None and getattr(function, "__qualname__", "").startswith(cls.__qualname__ + "."):
            found = _class_around(code, cls.__qualname__)
            if found is not None:
                return found
    module = sys.modules.get(cls.__module__)
    around: Any = vars(module).get(cls.__qualname__.partition(".")[0]) if module is not None else None
    code = getattr(inspect.unwrap(around), "__code__", None)  # in a notebook each cell is a file, and the module has none
    filename = code.co_filename if code is not None else getattr(module, "__file__", None)
    if filename:
        found = _class_named(str(filename), cls.__qualname__, getattr(cls, "__firstlineno__", None))
        if found is not None:
            return found
    raise SourceGoneError(
        f"class {cls.__qualname__} was made while the program ran and its source cannot be found; define it at the top level of a module",
        cls.__qualname__,
    )


def _class_around(code: CodeType, qualname: str) -> CodeType | None:
    text = read_source(code.co_filename)
    if text is None:
        return None
    for first, last in _statements_around(text, code.co_firstlineno):
        piece = "\n".join(_lines(text)[first - 1 : last]) + "\n"
        module = definitions.compile_definition(piece, first, code.co_filename, code.co_flags & _FUTURE_FLAGS)
        found = _last_from(_search(module, (), qualname), code.co_firstlineno)
        if found is not None:
            return found
    return None


def _class_named(filename: str, qualname: str, line: int | None) -> CodeType | None:
    text = read_source(filename)
    if text is None:
        return None
    try:
        module = compile(text, filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    found = list(_search(module, (), qualname))
    if line is None:
        return found[0] if len(found) == 1 else None  # which of several it is, nothing says before Python 3.13
    return _last_from(found, line)


def _last_from(found: Iterable[CodeType], line: int) -> CodeType | None:
    """The last of some class bodies that starts at or above a line."""
    above = [code for code in found if code.co_firstlineno <= line]
    return above[-1] if above else None


def _search(code: CodeType, names: tuple[str, ...], qualname: str) -> Iterator[CodeType]:
    """The class bodies of a qualified name."""
    for child in definitions.children(code):
        inner = (*names, child.co_name)
        is_class = "__module__" in child.co_names and "__qualname__" in child.co_names
        if is_class and ".".join(inner) == qualname:
            yield child
        yield from _search(child, inner if is_class else (*inner, "<locals>"), qualname)


def _lines(text: str) -> Sequence[str]:
    """Lines as the parser counts them: a form feed ends none."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


@functools.lru_cache(maxsize=64)
def _spans(text: str) -> tuple[tuple[int, int], ...]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        try:
            tree = compile(text, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except (SyntaxError, ValueError):
            return ()
    spans: list[tuple[int, int]] = []
    for node in tree.body:
        decorators = getattr(node, "decorator_list", ())
        first = min([node.lineno, *(item.lineno for item in decorators)])
        last = node.end_lineno or node.lineno
        if spans and first <= spans[-1][1]:  # joined by semicolons
            spans[-1] = (spans[-1][0], max(last, spans[-1][1]))
        else:
            spans.append((first, last))
    return tuple(spans)


def _statements_around(text: str, line: int) -> list[tuple[int, int]]:
    return [(first, last) for first, last in _spans(text) if first <= line <= last]


def _path_to(module: CodeType, wanted: CodeType) -> tuple[tuple[str, int, int], ...] | None:
    exact = _find(module, lambda code: code == wanted)
    if exact is not None:
        return exact
    shape = _shape(wanted)  # a tracer or an assertion rewriter may have changed the byte code, not the shape
    return _find(module, lambda code: _shape(code) == shape)


def _shape(code: CodeType) -> tuple[object, ...]:
    return (
        code.co_name,
        code.co_firstlineno,
        code.co_argcount,
        code.co_kwonlyargcount,
        code.co_varnames[: code.co_argcount],
        code.co_freevars,
    )


def _find(code: CodeType, accept: object) -> tuple[tuple[str, int, int], ...] | None:
    for step, child in definitions.steps(code):
        if accept(child):  # type: ignore[operator]
            return (step,)
        below = _find(child, accept)
        if below is not None:
            return (step, *below)
    return None
