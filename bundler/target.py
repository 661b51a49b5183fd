"""Entry points by name: ``pkg.mod:func``, ``path/script.py:func``, ``notebook.ipynb:func``, ``pkg.mod:Class.method``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.errors import TargetError
from clustrix_bundle.bundler.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import ModuleFacts, Scope

SCRIPT_SUFFIXES = (".py", ".pyw")
NOTEBOOK_SUFFIX = ".ipynb"
FORMS = "expected pkg.mod:func, path/script.py:func, notebook.ipynb:func or pkg.mod:Class.method"


@dataclass(frozen=True, slots=True)
class Target:
    """An entry point as it was written, taken apart.

    Attributes:
        text: As it was given.
        module: Dotted module name; empty where a file is given.
        path: The file, absolute; None where a module is given.
        qualname: Attribute path inside the module.
    """

    text: str
    module: str
    path: Path | None
    qualname: str

    @property
    def is_notebook(self) -> bool:
        """Whether the file is a notebook."""
        return self.path is not None and self.path.suffix == NOTEBOOK_SUFFIX


def parse_target(text: str, cwd: Path) -> Target:
    """Takes an entry point apart; a file must exist.

    Raises:
        TargetError: the text has none of the forms, or the file does not exist.
    """
    where, colon, qualname = text.rpartition(":")
    if not colon or not where or not qualname:
        looks_like_file = text.endswith((*SCRIPT_SUFFIXES, NOTEBOOK_SUFFIX))
        hint = f"say which function of {text}, as in {text}:main" if looks_like_file else FORMS
        raise TargetError(f"{text!r} names no function: {hint}", text)
    if "<locals>" in qualname or "<lambda>" in qualname:
        raise TargetError(f"{qualname} cannot be found by name; ship the live function with bundle(func)", text)
    if not all(part.isidentifier() for part in qualname.split(".")):
        raise TargetError(f"{qualname!r} in {text!r} is no function's name: {FORMS}", text)
    named_like_a_file = where.endswith((*SCRIPT_SUFFIXES, NOTEBOOK_SUFFIX)) or "/" in where or os.sep in where
    if named_like_a_file or (not where.isidentifier() and os.path.isfile(cwd / where)):
        return Target(text, "", _existing_file(text, where, cwd), qualname)
    if not all(part.isidentifier() for part in where.split(".")):
        raise TargetError(f"{where!r} in {text!r} is neither a module's name nor a .py or .ipynb file: {FORMS}", text)
    return Target(text, where, None, qualname)


def _existing_file(text: str, where: str, cwd: Path) -> Path:
    path = Path(os.path.normpath(os.path.join(cwd, os.path.expanduser(where))))
    if os.path.isdir(path):  # as `pathlib` would, but false for names too long to be one
        raise TargetError(f"{where} is a folder: name a file in it, or the package as pkg.mod:func", text)
    if not os.path.exists(path):
        folder = path.parent
        names = _names_in(folder)
        import difflib  # noqa: PLC0415 - for a name that is not there only

        near = difflib.get_close_matches(
            path.name, [name for name in names if name.endswith((*SCRIPT_SUFFIXES, NOTEBOOK_SUFFIX))]
        )
        hint = (
            f"; in its folder there is {', '.join(near)}"
            if near
            else ("" if os.path.isdir(folder) else f": there is no folder {folder}")
        )
        raise TargetError(f"there is no file {where} (seen from {cwd}){hint}", text)
    if path.suffix not in (*SCRIPT_SUFFIXES, NOTEBOOK_SUFFIX):
        raise TargetError(f"{where} is no Python file: {FORMS}", text)
    return path


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


@dataclass(frozen=True, slots=True)
class FileModule:
    """What a file is to Python: a module of a package, or ``__main__``.

    Attributes:
        name: Dotted name, ``__main__`` for a script.
        folder: The folder that must be on ``sys.path``: that of the top-level package, or of the script (links resolved, as Python does).
    """

    name: str
    folder: Path


def module_of_file(path: Path) -> FileModule:
    """A file below an ``__init__.py`` means the module; any other runs as ``__main__``."""
    folder = path.parent
    if path.suffix not in SCRIPT_SUFFIXES or not (folder / "__init__.py").exists():
        return FileModule("__main__", Path(os.path.realpath(path)).parent)
    parts = [] if path.name == "__init__.py" else [path.stem]
    while (folder / "__init__.py").exists():
        parts.insert(0, folder.name)
        folder = folder.parent
    return FileModule(".".join(parts), folder)


@dataclass(frozen=True, slots=True)
class Definition:
    """Where the facts of a module say that a name comes from.

    Attributes:
        kind: ``function``, ``class``, ``binding``, ``import``, ``star``, ``dynamic`` or ``constant``.
        line: Line of the definition, 0 where unknown.
        scope: Index of the function's or class' scope, -1 for others.
        module, level, name: Of an import: where the name comes from.
    """

    kind: str
    line: int
    scope: int = -1
    module: str = ""
    level: int = 0
    name: str = ""


_LITERALS = frozenset({"str", "bytes", "int", "const", "list", "tuple", "set", "dict", "join", "comp", "dictcomp", "neg"})


def find_definition(facts: ModuleFacts, name: str, parent: int = 0) -> Definition | None:
    """The last definition of a name in a module (or in the class with scope index ``parent``); None where the facts show none."""
    found: list[Definition] = []
    for index, scope in enumerate(facts.scopes):
        if scope.parent == parent and scope.name == name and scope.kind in {"function", "async", "class"}:
            found.append(Definition("class" if scope.kind == "class" else "function", scope.line, index))
    found += [
        Definition("constant" if binding.value[0] in _LITERALS else "binding", binding.line)
        for binding in facts.bindings
        if binding.target == ("name", name)
        and (binding.scope == parent or (parent == 0 and _is_global(facts, binding.scope, name)))
    ]
    for item in facts.imports:
        bound = item.asname or (item.name if item.name is not None else item.module.partition(".")[0])
        if item.scope == parent and bound == name:
            origin = item.module if item.name is not None or item.asname else bound
            found.append(Definition("import", item.line, -1, origin, item.level, item.name or ""))
    if found:  # of branches that define it, one that can be called
        callable_ones = [definition for definition in found if definition.kind != "constant"]
        return max(callable_ones or found, key=lambda definition: definition.line)
    if any(name in statement.global_binds for statement in facts.statements) and parent == 0:
        return Definition("dynamic", 0)
    return None


def _is_global(facts: ModuleFacts, scope: int, name: str) -> bool:
    return name in facts.scopes[scope].global_names


def may_bind_anything(facts: ModuleFacts) -> bool:
    """Whether a module makes names in ways that facts do not show: ``__getattr__``, ``globals()``, ``exec``, ``setattr``, ``sys.modules``."""
    if any(scope.parent == 0 and scope.name == "__getattr__" for scope in facts.scopes):
        return True
    telling = {"globals", "exec", "setattr", "vars", "locals", "eval"}
    if any(call.func[0] == "name" and call.func[1] in telling for call in facts.calls):
        return True
    names = {name for statement in facts.statements for name in (*statement.uses, *statement.deferred)}
    return bool(names & telling) or any(
        "modules" in str(binding.target) for binding in facts.bindings if binding.target[0] == "index"
    )


def star_imports(facts: ModuleFacts) -> Iterator[tuple[str, int]]:
    """Module and level of each ``from m import *`` at module level."""
    for item in facts.imports:
        if item.name == "*" and item.scope == 0:
            yield item.module, item.level


def names_of(facts: ModuleFacts, parent: int = 0) -> list[str]:
    """Functions and classes that a module (or class) defines, for suggestions."""
    return sorted(
        {scope.name for scope in facts.scopes if scope.parent == parent and scope.kind in {"function", "async", "class"}}
    )


def nested_definition(facts: ModuleFacts, name: str) -> Scope | None:
    """A function of that name inside another function, which no name reaches from outside."""
    for scope in facts.scopes:
        if (
            scope.name == name
            and scope.kind in {"function", "async"}
            and scope.parent > 0
            and facts.scopes[scope.parent].kind != "class"
        ):
            return scope
    return None
