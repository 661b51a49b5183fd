"""Folders that code puts on ``sys.path``, or on the ``__path__`` of a package."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.world import LoadedModule, RootFinding
from clustrix_bundle.bundler.evidence.call_shapes import is_of_import
from clustrix_bundle.bundler.evidence.callees import CallRule
from clustrix_bundle.bundler.evidence.code_of_tests import is_test_code
from clustrix_bundle.bundler.evidence.uncalled import may_run
from clustrix_bundle.bundler.evidence.words import call_words, words
from clustrix_bundle.bundler.folding.place import Place
from clustrix_bundle.bundler.folding.value import Alternatives, External, Sequence, Text, items_of, literal

if TYPE_CHECKING:
    from clustrix_bundle.bundler.evidence.reading import Reading
    from clustrix_bundle.bundler.facts.model import Binding, Call, Expr

PYTHONPATH = "PYTHONPATH"
_METHODS = frozenset({"insert", "append", "extend", "addsitedir"})
_ADDING = CallRule(_METHODS.__contains__, is_of_import, lambda name: name.startswith("sys.path.") or name == "site.addsitedir")


def find_roots(reading: Reading, module: LoadedModule) -> Iterator[RootFinding]:
    """The folders, in source order; those that do not fold are left out."""
    yield from _given_to_programs(reading, module)
    if module.is_package and reading.world.may_hold(module, b"__path__"):
        yield from _of_package(reading, module)
    if b"sys" not in module.source and b"addsitedir" not in module.source:
        return
    for call in reading.calls(module, _ADDING):
        for callee in reading.folder.callee_of(call, module):
            if isinstance(callee, External) and (callee.name.startswith("sys.path.") or callee.name == "site.addsitedir"):
                for finding in _of_call(reading, module, call, callee.name.rpartition(".")[2]):
                    yield replace(finding, idle=_is_idle(reading, module, call.scope))
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
                for finding in _folders(reading, items_of(folded), binding.line, f"sys.path = {words(value)}", first=first):
                    yield replace(finding, idle=_is_idle(reading, module, binding.scope))


def _is_idle(reading: Reading, module: LoadedModule, scope: int) -> bool:
    return is_test_code(reading, module) or not may_run(reading, module, scope)


def _given_to_programs(reading: Reading, module: LoadedModule) -> Iterator[RootFinding]:
    """``env["PYTHONPATH"] = folder``, ``dict(os.environ, PYTHONPATH=folder)``: what programs started here import from."""
    if PYTHONPATH.encode() not in module.source:
        return
    given: list[tuple[Expr, Binding | Call]] = []
    for binding in module.facts.bindings:
        if binding.target[0] == "index" and binding.target[2] == ("str", PYTHONPATH):
            given.append((binding.value, binding))
        elif binding.value[0] == "dict":
            given += [(value, binding) for key, value in binding.value[1] if key == ("str", PYTHONPATH)]
    for call in module.facts.calls:
        given += [(value, call) for name, value in call.keywords if name == PYTHONPATH]
        for _, mapping in call.keywords:
            if mapping[0] == "dict":
                given += [(value, call) for key, value in mapping[1] if key == ("str", PYTHONPATH)]
    for value, fact in given:
        for folded in reading.folder.evaluate(value, reading.folder.place(module, fact)):
            if isinstance(folded, Text):
                folders = (literal(part) for part in folded.prefix.split(os.pathsep) if part)
                yield from _folders(reading, tuple(folders), fact.line, f"{PYTHONPATH}={words(value)}", first=False)


def _of_package(reading: Reading, module: LoadedModule) -> Iterator[RootFinding]:
    """``__path__.append(folder)``, ``__path__ = [folder]``: where else the package's submodules are."""
    own = str(module.path.parent)
    rows: list[tuple[Alternatives, int, str]] = []
    for call in module.facts.calls:
        if (
            call.func[0] == "attr"
            and call.func[1] == ("name", "__path__")
            and call.func[2] in _METHODS
            and reading.travels(module, call)
        ):
            arguments = reading.folder.arguments_of(call, module)
            given = arguments.get(1 if call.func[2] == "insert" else 0) or ()
            rows.append((given, call.line, call_words(call)))
    for binding in module.facts.bindings:
        target = binding.target[1] if binding.target[0] == "index" else binding.target
        if target == ("name", "__path__"):
            value = binding.value[3] if binding.kind == "aug" and binding.value[0] == "bin" else binding.value
            given = reading.folder.evaluate(value, reading.folder.place(module, binding))
            rows.append((given, binding.line, f"__path__ = {words(value)}"))
    for given, line, detail in rows:
        for finding in _folders(reading, given, line, detail, first=False):
            if str(finding.path) != own:
                yield replace(finding, package=module.name)


def _of_call(reading: Reading, module: LoadedModule, call: Call, method: str) -> Iterator[RootFinding]:
    arguments = reading.folder.arguments_of(call, module)
    given = arguments.get(1 if method == "insert" else 0, "sitedir") or ()
    values = tuple(one for value in given for one in items_of(value)) if method == "extend" else given
    for finding in _folders(reading, values, call.line, call_words(call), first=method == "insert"):
        yield finding
        if method == "addsitedir":
            yield from _named_by_pth(reading, finding)


def _named_by_pth(reading: Reading, folder: RootFinding) -> Iterator[RootFinding]:
    """The folders that ``*.pth`` files in a site folder name, a line each (`site.addpackage`)."""
    for name in reading.disk.listing(str(folder.path)):
        if name.endswith(".pth"):
            try:
                lines = (folder.path / name).read_text(encoding="utf-8").splitlines()
            except (OSError, UnicodeDecodeError):
                continue
            for line in lines:
                if line.strip() and not line.startswith(("#", "import ", "import\t")):
                    yield replace(folder, path=Path(os.path.normpath(folder.path / line.strip())))


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
