"""The line that tells a file its package: ``python -m pkg.run`` does so, what runs it elsewhere as a file does not."""

from __future__ import annotations

import ast


def with_package(source: bytes, package: str) -> bytes:
    """A slice that binds ``__package__`` before its first statement other than a docstring and ``from __future__`` imports.

    It stands on a free line, or beside a statement, so that all statements stay on their lines. Relative imports need it, in
    this process and in those that multiprocessing starts.
    """
    text = source.decode("utf-8", "surrogateescape")
    lines = text.split("\n")
    before, first = 0, None
    for statement in ast.parse(source).body:
        if not _leads(statement, first=before == 0):
            first = statement
            break
        before = statement.end_lineno or statement.lineno
    binding = f"__package__ = {package!r}"
    start = (
        min([first.lineno, *(item.lineno for item in getattr(first, "decorator_list", ()))]) if first is not None else len(lines)
    )
    free = [number for number in range(before, start - 1) if not lines[number].strip()]
    if free:
        lines[free[-1]] = binding
    elif before:
        lines[before - 1] += f"; {binding}"
    elif isinstance(first, _SIMPLE):
        lines[start - 1] = f"{binding}; {lines[start - 1]}"
    else:
        lines.insert(start - 1, binding)
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _leads(statement: ast.stmt, *, first: bool) -> bool:
    if isinstance(statement, ast.ImportFrom):
        return statement.module == "__future__"
    return first and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


_SIMPLE = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Assert, ast.Delete, ast.Pass)
