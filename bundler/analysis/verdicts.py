"""Verdicts after the walk: an import that surely happens and leads nowhere is an error with its chain, another one a warning."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.errors import AnalysisError
from clustrix_bundle.bundler.graph import Note

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.found import Found, FoundEdge, MissingImport
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.interpreter import Interpreter


def surely_imported(found: Found, entry_path: str) -> dict[str, FoundEdge | None]:
    """Files whose import surely happens once the entry function runs, each with the edge that brings it (None for the entry)."""
    by_importer: dict[str, list[FoundEdge]] = {}
    for edge in found.edges:
        if edge.sure and edge.importer:
            by_importer.setdefault(edge.importer, []).append(edge)
    sure: dict[str, FoundEdge | None] = {entry_path: None}
    queue = deque([entry_path])
    while queue:
        for edge in by_importer.get(queue.popleft(), ()):
            if edge.imported and edge.imported not in sure:
                sure[edge.imported] = edge
                queue.append(edge.imported)
    return sure


def chain_of(path: str, sure: dict[str, FoundEdge | None], name: str) -> str:
    """The way from the entry point to a file, then to the missing name, one step a line."""
    steps = [f"  {name}"]
    edge = sure.get(path)
    while edge is not None:
        steps.append(f"  {edge.imported} ({edge.detail}, {edge.importer}:{edge.line})")
        edge = sure.get(edge.importer)
    steps.append(f"  {next(path for path, edge in sure.items() if edge is None)} (entry point)")
    return "\n".join(reversed(steps))


def judge(
    found: Found, entry: LoadedModule, interpreter: Interpreter, source_roots: Iterable[str], search_path: Iterable[str] = ()
) -> dict[str, FoundEdge | None]:
    """Raises for what surely fails, notes what may fail; gives back what `surely_imported` says.

    ``entry`` is the entry file with all its statements: one that does not travel may write a module that is missing. ``search_path``
    is what else Python looks at here. An import that the code itself is ready to do without is kept for the report, and not told.

    Raises:
        SourceError: a module that is surely imported is no Python.
        AnalysisError: a surely imported module is missing, excluded or unreadable.
    """
    sure = surely_imported(found, str(entry.path))
    for path, error in found.broken.items():
        if path in sure:
            raise error
        found.warnings[Note(f"{error.message}; it ships as it is, since it may never be imported", path, error.line)] = None
    for path, reason in found.excluded.items():
        edge = sure.get(path)
        file = found.files.get(path)
        ships = file is not None and file.kind == "module"  # a folder may leave behind what an import brings all the same
        if edge is not None and not ships:
            message = (
                f"{edge.detail} needs {path}, which is {reason}; the function cannot run without it. Change the exclude setting"
            )
            raise AnalysisError(message, edge.importer, edge.line)
    modules = {module.file: module for module in reversed(found.modules)} if found.missing else {}
    for missing in found.missing:
        elsewhere = found.open_search_path and not missing.reason  # the code may put it within reach itself
        if missing.sure and missing.importer in sure and not elsewhere:
            remedy = _remedy(missing, entry, found, [*search_path, *source_roots])
            raise AnalysisError(_fatal(missing, sure, interpreter, source_roots, remedy), missing.importer, missing.line)
        reason = missing.reason or "found neither in the project nor in the interpreter"
        note = Note(
            f"{missing.detail}: no module {missing.name!r} ({reason}); ImportError if this line runs",
            missing.importer,
            missing.line,
        )
        found.unresolved[note] = None
        if not _is_done_without(missing, modules):
            found.warnings[note] = None
    return sure


def _is_done_without(missing: MissingImport, modules: Mapping[str, LoadedModule]) -> bool:
    """Whether the import stands in a ``try`` whose handler takes an ``ImportError``; modules by their files."""
    module = modules.get(missing.importer)
    imports = module.facts.imports if module is not None else ()
    return any(item.line == missing.line and "try-import" in item.under for item in imports)


def _fatal(
    missing: MissingImport,
    sure: dict[str, FoundEdge | None],
    interpreter: Interpreter,
    source_roots: Iterable[str],
    remedy: str,
) -> str:
    version = ".".join(map(str, interpreter.version[:2]))
    looked = ", ".join(source_roots)
    reason = missing.reason or (
        f"it is neither below a source root ({looked}), nor in the standard library of Python {version}, nor installed in {interpreter.executable}"
    )
    return (
        f"no module named {missing.name!r} ({missing.detail}): {reason}. Imported by way of\n"
        f"{chain_of(missing.importer, sure, missing.name)}\n{remedy}"
    )


def _remedy(missing: MissingImport, entry: LoadedModule, found: Found, search_path: Iterable[str]) -> str:
    from clustrix_bundle.bundler.analysis.archives import archive_with  # noqa: PLC0415 - for the message only
    from clustrix_bundle.bundler.slicing.written_files import line_that_writes  # noqa: PLC0415

    written = line_that_writes(entry, missing.name) if missing.importer == str(entry.path) else None
    if written is not None:
        path, line = written
        return f"line {line} writes {path}, which is not there yet: run that once, or save the file, then build again"
    texts = [text.value for module in (entry, *found.modules) for text in module.facts.texts if "." in text.value]
    archive = archive_with(missing.name, [*search_path, *texts], [*search_path, str(entry.path.parent)])
    if archive:
        return f"It stands in the archive {archive}, and modules do not travel from archives: unpack it and put that folder on sys.path instead, or install it"
    return "Install it there, put its folder on PYTHONPATH, or, if the function can do without, import it under try/except ImportError"
