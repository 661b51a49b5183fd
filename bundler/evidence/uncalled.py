"""Functions that nothing in reached code calls, mentions or spells: what only they would import does not open a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.evidence.data_names_data import MAX_TEXT
from clustrix_bundle.bundler.folding.expressions import last_name

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.evidence.reading import Reading

MAX_MENTIONS = 200
"""A name that more modules mention is taken for one that is used."""
_BY_NAME = (b"globals()", b"vars(", b"__dict__[", b"__dict__.get(", b"__subclasses__", b"__init_subclass__")
"""What finds functions and classes without their names."""


def may_run(reading: Reading, module: LoadedModule, scope: int) -> bool:
    """Whether what stands in a scope may run: its outermost function or class is called, read or spelt somewhere, or nobody can tell."""
    if scope <= 0 or any(reading.world.may_hold(module, text) for text in _BY_NAME):
        return True
    scopes = module.facts.scopes
    while scopes[scope].parent > 0:
        scope = scopes[scope].parent
    outermost = scopes[scope]
    entry_module, entry = reading.world.entry
    is_entry = module.name == entry_module and entry.partition(".")[0] == outermost.name
    if is_entry or outermost.decorators or outermost.keywords or outermost.kind == "lambda":
        return True
    if any(base[0] != "name" for base in outermost.bases):  # whoever made a foreign base may know its subclasses
        return True
    return _is_used(reading, outermost.name)


def _is_used(reading: Reading, name: str) -> bool:
    folder = reading.folder
    if name.startswith("__") or sum(1 for _ in reading.world.mentioning(name)) > MAX_MENTIONS:
        return True
    if folder.callers.calls(name) or folder.callers.is_read(name):
        return True
    scopes = (scope for one in reading.world.mentioning(name) for scope in one.facts.scopes)
    return any(last_name(base) == name for scope in scopes for base in scope.bases) or _is_spelt(reading, name)


def _is_spelt(reading: Reading, name: str) -> bool:
    """Whether a string of reached code ends with the name, or a small file that ships holds it."""
    ends = (f'{name}"'.encode(), f"{name}'".encode())
    if any(reading.world.may_hold(one, end) for one in reading.world.reached() for end in ends):
        return True
    for path in reading.world.shipped_files():
        try:
            if path.stat().st_size <= MAX_TEXT and name.encode() in path.read_bytes():
                return True
        except OSError:
            continue
    return False
