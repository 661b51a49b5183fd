"""Files that a script writes by a name in its source, and file names that reached code holds and does not write itself."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_pattern import compile_lazily
from clustrix_bundle.bundler.slicing.names import ModuleNames, children

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.facts.model import Call, Expr

_DEPTH = 8
_WRITERS = compile_lazily(
    r"to_[a-z]+|tofile|save[a-z_]*|dump|imsave|imwrite|copy2?|copyfile|move|urlretrieve|touch|export[a-z_]*"
)
_RECEIVERS = frozenset({"write_text", "write_bytes", "touch"})
_MODES = compile_lazily(r"[rtb]*[wax+][rtb+]*")
_NAME = compile_lazily(r"[^\s<>|*?]+\.\w+")


def written_by(names: ModuleNames, call: Call) -> str:
    """The path that a call writes, as far as its end is literal (``a/params.json``); empty where it writes none or none can be read."""
    last = call.func[-1] if call.func[0] in ("name", "attr") else ""
    keywords = {name: value for name, value in call.keywords if name is not None}
    if last == "open":
        method = call.func[0] == "attr" and call.func[1] != ("name", "io")
        given = call.args[0 if method else 1 :][:1] or (keywords.get("mode", ("?",)),)
        if given[0][0] != "str" or not _MODES.fullmatch(given[0][1]):
            return ""
        path = call.func[1] if method else call.args[0] if call.args else keywords.get("file", ("?",))
        return _file_name(names, call.scope, path)
    if last in _RECEIVERS and call.func[0] == "attr":
        return _file_name(names, call.scope, call.func[1])
    if _WRITERS.fullmatch(str(last)):
        for value in (*reversed(call.args), *keywords.values()):
            found = _file_name(names, call.scope, value)
            if found:
                return found
    return ""


def made_by(names: ModuleNames, call: Call) -> str:
    """The path of a database that a call opens, or makes if it is not there; empty where it does neither or none can be read."""
    given = call.args[:1] or tuple(value for name, value in call.keywords if name in _DATABASE_KEYWORDS)
    if not given or not any(_means(names, call.func, *maker) for maker in _DATABASES):
        return ""
    return _file_name(names, call.scope, given[0])


_DATABASES = (("sqlite3", "connect"), ("duckdb", "connect"), ("shelve", "open"), ("dbm", "open"))
_DATABASE_KEYWORDS = ("database", "filename", "file")


def _means(names: ModuleNames, callee: Expr, module: str, function: str) -> bool:
    """Whether a callee is a function of an installed module, by an import at module level."""
    if callee[0] == "attr" and callee[2] == function and callee[1][0] == "name":
        return any(item.module == module and item.name is None for item in names.imports.get((0, callee[1][1]), ()))
    found = names.imports.get((0, callee[1]), ()) if callee[0] == "name" else ()
    return any((item.module, item.name) == (module, function) for item in found)


def held_names(names: ModuleNames, statements: Iterable[int] | None) -> frozenset[str]:
    """Last parts of texts that may name files, in some statements (all where None), without what these statements write."""
    wanted = None if statements is None else frozenset(statements)
    written = {
        posixpath.basename(path)
        for call in names.facts.calls
        if (wanted is None or call.statement in wanted) and (path := written_by(names, call))
    }
    texts = {
        text.value for text in names.facts.texts if not text.doc and (wanted is None or _statement_at(names, text.line) in wanted)
    }
    if wanted is not None:  # a text that stands more than once in a scope is told where it first stands
        given = [
            value
            for call in names.facts.calls
            if call.statement in wanted
            for value in (*call.args, *dict(call.keywords).values())
        ]
        given += [item.value for item in names.facts.bindings if item.statement in wanted]
        texts.update(text for value in given for text in _texts_of(value))
    return frozenset(posixpath.basename(text) for text in texts if _NAME.fullmatch(text)) - written


def _texts_of(expression: Expr) -> Iterator[str]:
    if expression[0] == "str":
        yield expression[1]
    else:
        for child in children(expression):
            yield from _texts_of(child)


def line_that_writes(module: LoadedModule, name: str) -> tuple[str, int] | None:
    """The path and line of a call that writes the source file of a module called so; None where no call of the file does."""
    names = ModuleNames(module)
    wanted = tuple(f"/{name.replace('.', '/')}{end}" for end in (".py", "/__init__.py"))
    for call in module.facts.calls:
        path = written_by(names, call)
        if path and f"/{path}".endswith(wanted):
            return path, call.line
    return None


def _statement_at(names: ModuleNames, line: int) -> int:
    """The innermost statement that a line belongs to."""
    found = -1
    for number, statement in enumerate(names.facts.statements):
        if statement.first_line <= line <= statement.end_line:
            found = number
    return found


def _file_name(names: ModuleNames, scope: int, path: Expr) -> str:
    text = _tail(names, scope, path, 0)
    return text if _NAME.fullmatch(text) else ""


def _tail(names: ModuleNames, scope: int, path: Expr, depth: int) -> str:
    """The literal end of a path expression; empty where it ends in what can't be read."""
    tag = path[0]
    if depth > _DEPTH:
        return ""
    if tag == "str":
        return str(path[1])
    if tag == "name":
        local = names.is_local(scope, path[1])
        bound = names.assignments.get((local or 0, path[1]), ())
        given = (
            [item.default for item in names.facts.scopes[local].parameters if item.name == path[1]] if local is not None else []
        )
        if given:
            return _tail(names, names.facts.scopes[local or 0].parent, given[0], depth + 1) if given[0] is not None else ""
        return _tail(names, local or 0, bound[0].value, depth + 1) if len(bound) == 1 else ""
    parts = list(_parts(path))
    if not parts:
        return ""
    end = _tail(names, scope, parts[-1], depth + 1)
    start = "/".join(_tail(names, scope, part, depth + 1) for part in parts[:-1])
    return posixpath.join(start, end).lstrip("/") if end and start.strip("/") else end


def _parts(path: Expr) -> Iterator[Expr]:
    if path[0] == "bin" and path[1] == "/":
        yield from path[2:]
    elif path[0] == "call" and path[1][-1] in (
        "Path",
        "PurePath",
        "join",
        "joinpath",
        "str",
        "abspath",
        "fspath",
        "realpath",
        "resolve",
    ):
        if path[1][0] == "attr" and path[1][2] in ("joinpath", "resolve"):
            yield path[1][1]
        yield from path[2]
