"""Folders that code puts on ``sys.path``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.world import LoadedModule, RootFinding
from clustrix_bundle.bundler.evidence.words import call_words, words
from clustrix_bundle.bundler.folding.place import Place
from clustrix_bundle.bundler.folding.value import Alternatives, External, Sequence, Text, items_of

if TYPE_CHECKING:
    from clustrix_bundle.bundler.evidence.reading import Reading
    from clustrix_bundle.bundler.facts.model import Binding, Call

_METHODS = frozenset({"insert", "append", "extend", "addsitedir"})


def find_roots(reading: Reading, module: LoadedModule) -> Iterator[RootFinding]:
    """The folders, in source order; those that do not fold are left out."""
    if b"sys" not in module.source and b"addsitedir" not in module.source:
        return
    for call in reading.calls(module, _METHODS.__contains__):
        for callee in reading.folder.callee_of(call, module):
            if isinstance(callee, External) and (callee.name.startswith("sys.path.") or callee.name == "site.addsitedir"):
                yield from _of_call(reading, module, call, callee.name.rpartition(".")[2])
    names = reading.folder.names(module.name)
    for binding in module.facts.bindings:
        if (
            names is not None
            and names.travels(binding.statement, binding.under, binding.scope)
            and _is_path(reading, module, binding)
        ):
            place = reading.folder.place(module, binding)
            value = binding.value[3] if binding.kind == "aug" and binding.value[0] == "bin" else binding.value
            first = binding.kind != "aug"
            for folded in reading.folder.evaluate(value, place):
                yield from _folders(reading, items_of(folded), binding.line, f"sys.path = {words(value)}", first=first)


def _of_call(reading: Reading, module: LoadedModule, call: Call, method: str) -> Iterator[RootFinding]:
    arguments = reading.folder.arguments_of(call, module)
    given = arguments.get(1 if method == "insert" else 0, "sitedir") or ()
    values = tuple(one for value in given for one in items_of(value)) if method == "extend" else given
    yield from _folders(reading, values, call.line, call_words(call), first=method == "insert")


def _folders(reading: Reading, values: Alternatives, line: int, detail: str, *, first: bool) -> Iterator[RootFinding]:
    for value in values:
        if isinstance(value, Sequence):
            yield from _folders(reading, items_of(value), line, detail, first=first)
        elif isinstance(value, Text) and value.constant:
            yield RootFinding(Path(os.path.normpath(os.path.join(str(reading.world.cwd), value.constant))), line, detail, first)


def _is_path(reading: Reading, module: LoadedModule, binding: Binding) -> bool:
    target = binding.target[1] if binding.target[0] == "index" else binding.target
    if target[0] != "attr" or target[2] != "path":
        return False
    base = reading.folder.evaluate(target[1], Place(module.name, binding.scope, binding.line))
    return base == (External("sys"),)
