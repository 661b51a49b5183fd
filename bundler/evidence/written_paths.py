"""Files that travelling code writes: nobody misses them here."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.evidence import deeds, openers
from clustrix_bundle.bundler.evidence.callees import CallRule
from clustrix_bundle.bundler.evidence.data_files import find_openings, paths_in
from clustrix_bundle.bundler.evidence.paths import bases
from clustrix_bundle.bundler.folding import pattern
from clustrix_bundle.bundler.folding.expressions import last_name
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.evidence.call_shapes import CallShape
    from clustrix_bundle.bundler.evidence.reading import Reading
    from clustrix_bundle.bundler.facts.model import Call

_WRITERS = compile_lazily(r"copy2?|copyfile|move|urlretrieve|export\w*|download\w*")

_DATABASES = frozenset({"sqlite3.connect", "duckdb.connect"})
"""What opens a file, or makes it."""
_EXECUTES = frozenset({"execute", "executemany", "executescript", "sql", "to_sql", "create_all", "backup", "deserialize"})
_CREATES = compile_lazily(r"\s*(?:--[^\n]*\s*)*(?:create|attach|copy|import)\b", re.IGNORECASE)


def written_paths(reading: Reading, module: LoadedModule) -> Iterator[Path]:
    """Paths in full that travelling calls of one module may write, whether or not their folder is there; arguments of ``save(x, path)`` too."""
    fills = None
    for call in reading.calls(module, _WRITINGS):
        openings = list(find_openings(reading, module, call))
        values = [opening.value for opening in openings if opening.deed == deeds.WRITE]
        if any(opening.callee in _DATABASES for opening in openings):
            fills = any(map(_makes_tables, reading.calls(module, _EXECUTIONS))) if fills is None else fills
            values += [opening.value for opening in openings if fills]
        name = last_name(call.func)
        if openers.is_named_as_writing(name) or _WRITERS.fullmatch(name):
            arguments = reading.folder.arguments_of(call, module)
            for group in (*arguments.positional, *arguments.keywords.values()):
                values += paths_in(group, many=False)
        for value in values:
            path = pattern.normal(value).constant
            if path and "\0" not in path:
                yield from (Path(os.path.normpath(os.path.join(base, path))) for base in bases(reading))


def _makes_tables(call: Call) -> bool:
    """Whether a call may make tables in a database: its statement begins so, or cannot be read."""
    if last_name(call.func) not in ("execute", "executemany", "sql"):
        return True
    statement = call.args[0] if call.args else ("?",)
    return bool(statement[0] != "str" or _CREATES.match(statement[1]))


def _is_plausible(shape: CallShape) -> bool:
    return openers.is_plausible(shape) or bool(shape.textual and _WRITERS.fullmatch(shape.name))


@lru_cache(maxsize=4096)
def _may_write(last_name: str) -> bool:
    """Whether a callee of that last name can write a file, by any rule, or by its name whatever it belongs to."""
    return openers.may_open(last_name) or bool(_WRITERS.fullmatch(last_name))


_WRITINGS = CallRule(_may_write, _is_plausible)
_EXECUTIONS = CallRule(_EXECUTES.__contains__)
