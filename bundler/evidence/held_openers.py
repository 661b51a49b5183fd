"""Openers that are values before they are called: ``map(pd.read_csv, files)``, ``READERS[suffix](path)``, ``(gzip.open if packed else open)(path)``.

The calls of a module do not name them, so they are looked for where the name of an opener stands as a value, and where the names that hold it stand.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.evidence import openers
from clustrix_bundle.bundler.evidence.deeds import LOAD, READ
from clustrix_bundle.bundler.evidence.known_openers import BY_NAME, PATH_METHODS
from clustrix_bundle.bundler.evidence.openers import may_open, opener_of
from clustrix_bundle.bundler.facts.model import Binding, Call, Parameter, Scope
from clustrix_bundle.bundler.folding import modules
from clustrix_bundle.bundler.folding.callers import PASSING
from clustrix_bundle.bundler.folding.expressions import children, last_name, root_name
from clustrix_bundle.bundler.folding.foreign_names import is_path_class
from clustrix_bundle.bundler.folding.place import Place
from clustrix_bundle.bundler.folding.value import Alternatives, External, Method, Sequence, Text, items_of
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.evidence.reading import Reading
    from clustrix_bundle.bundler.facts.model import Expr

MAX_MODULES = 300
"""Only the modules that are reached first are looked at: it is the user's own code that does such things."""

_AS_VALUE = rb"(?!\w)[ \t]*(?:[,)}\]\r\n]|if\b|else\b|or\b)"
_ATTRIBUTE = compile_lazily(rb"\.([A-Za-z_]\w{0,60})" + _AS_VALUE)
_CALLED_AT_ONCE = compile_lazily(rb"getattr\([^\n]{1,80}\)\(")
_COMPOUND = frozenset({"index", "either", "call"})


@dataclass(slots=True)
class HeldOpeners:
    """The modules of one program that hold openers as values, or names of such values.

    Attributes:
        names: What holds openers: variables, attributes, parameters.
        files: Where one of these names stands, or an opener as a value.
    """

    names: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    def renew(self, reading: Reading) -> None:
        """Takes newly reached modules in."""
        for module in list(reading.world.reached())[:MAX_MODULES]:
            if module.file not in self._seen:
                self._seen.add(module.file)
                self._look_into(reading, module)
        for name in self.names:
            self.files.update(one.file for one in reading.world.mentioning(name) if one.file in self._seen)

    def _look_into(self, reading: Reading, module: LoadedModule) -> None:
        if not reading.world.may_mention(module, _is_telling):
            return
        imported = {item.asname or item.name for item in module.facts.imports if item.name}
        own = {name for name in imported if _may_read(name) and _is_own_function(reading, module, name)}
        if not _may_hold(module, imported - own):
            return
        for fact, names, value in _values(module):
            held = [one for one in _read(value) if last_name(one) == "" or _may_read(last_name(one))]
            if held and not isinstance(fact, Scope):
                held = [
                    one
                    for one in held
                    if one[0] != "name" or not (one[1] in own or _is_variable(reading, module, one[1], fact.scope))
                ]
            if held and any(_opens(reading, module, one, fact) for one in held):
                self.files.add(module.file)
                self.names.update(names)


def calls_of_held(reading: Reading, module: LoadedModule) -> Iterator[Call]:
    """Calls of a module whose callee may be a value that is an opener: of variables, parameters, attributes and expressions."""
    names = reading.folder.names(module.name)
    if names is None:
        return
    for call in module.facts.calls:
        variable = call.func[0] == "attr" or _is_variable(reading, module, last_name(call.func), call.scope)
        if variable and not may_open(last_name(call.func)) and root_name(call.func) not in names.imported:
            yield call
    facts: list[Binding | Call] = [*module.facts.bindings, *module.facts.calls]
    for fact in facts:
        roots = (fact.value,) if isinstance(fact, Binding) else (fact.func, *fact.args, *(value for _, value in fact.keywords))
        for expr in (inner for root in roots for inner in _within(root)):
            if expr[0] == "call" and expr[1][0] in _COMPOUND:
                yield Call(expr[1], expr[2], expr[3], fact.scope, fact.statement, fact.line, fact.under)


def handed_over(reading: Reading, module: LoadedModule) -> Iterator[tuple[Call, str, Text]]:
    """Openers that a module hands to what will call them, each with a path: ``map(pd.read_csv, files)``, ``submit(open, path)``."""
    for call in module.facts.calls:
        if last_name(call.func) not in PASSING or not reading.travels(module, call):
            continue
        arguments = [*call.args, *(value for _, value in call.keywords)]
        if not any(may_open(last_name(one)) or one[0] in _COMPOUND for one in arguments):
            continue
        place = reading.folder.place(module, call)
        folded = [reading.folder.evaluate(one, place) for one in arguments]
        openers: list[str] = []
        for value in (value for group in folded for value in group):
            if isinstance(value, External) and _reads(value.name):
                openers.append(value.name)
            elif isinstance(value, Method) and isinstance(value.receiver, Text) and value.name in _READING_METHODS:
                yield call, "", value.receiver
        if openers:
            paths = [path for group in folded for path in _texts(group)]
            yield from ((call, opener, path) for opener in openers for path in paths)


def _is_variable(reading: Reading, module: LoadedModule, name: str, scope: int) -> bool:
    """Whether a name is a variable or parameter where it stands: what it holds is told where it gets it, whatever its own name."""
    names = reading.folder.names(module.name)
    return names is not None and any(
        isinstance(one.what, (Binding, Parameter)) for seen in names.visible(scope) for one in names.definitions(seen, name)
    )


def _is_own_function(reading: Reading, module: LoadedModule, name: str, exports: int = 8) -> bool:
    """Whether a name is surely a function or class that a local module defines: this one, or one that it imports it from, over a few re-exports."""
    items = [one for one in module.facts.imports if (one.asname or one.name or one.module.partition(".")[0]) == name]
    if not items:
        return module.file in reading.world.using([f"def {name}"])
    for item in items:
        target = reading.world.load(modules.absolute(item, module)) if item.name and exports else None
        if target is None or not _is_own_function(reading, target, item.name or "", exports - 1):
            return False
    return True


def _is_telling(name: str) -> bool:
    """Whether a module that mentions the name may hold an opener."""
    return name == "getattr" or _may_read(name)


_READING_METHODS = frozenset(name for name, deed in PATH_METHODS.items() if deed in (READ, "open"))
_READERS = _READING_METHODS | {name.rpartition(".")[2] for name, opener in BY_NAME.items() if opener.deed in (READ, LOAD)}


_BUILTINS = sorted(name.removeprefix("builtins.") for name in BY_NAME if name.startswith("builtins."))


@lru_cache(maxsize=4096)
def _may_read(last_name: str) -> bool:
    """Whether something of that last name can be an opener that reads."""
    return last_name in _READERS or openers.is_named_as_reading(last_name)


def _may_hold(module: LoadedModule, imported: Collection[str]) -> bool:
    """Whether the name of an opener may stand as a value: of one that is among these imported ones, built in, or an attribute."""
    if "*" in imported:
        return True
    names = [*_BUILTINS, *(name for name in imported if _may_read(name))]
    lines = {item.line for item in module.facts.imports}
    source = module.source

    def is_value(start: int) -> bool:
        """Whether a name that begins there is a whole one, and not in an import."""
        before = source[source.rfind(b"\n", 0, start) + 1 : start]
        in_import = b";" not in before and source.count(b"\n", 0, start) + 1 in lines
        return not (before[-1:].isalnum() or before.endswith(b"_") or in_import)

    return (
        any(is_value(match.start()) for name in names for match in _stands(name).finditer(source))
        or any(_may_read(match[1].decode()) and is_value(match.start(1)) for match in _ATTRIBUTE.finditer(source))
        or _CALLED_AT_ONCE.search(source) is not None
    )


@lru_cache(maxsize=1024)
def _stands(name: str) -> re.Pattern[bytes]:
    """Where the name ends something that stands as a value; it begins with it, which is found fast."""
    return re.compile(re.escape(name).encode() + _AS_VALUE)


def _texts(group: Alternatives) -> Iterator[Text]:
    for value in group:
        if isinstance(value, Text):
            yield value
        elif isinstance(value, Sequence):
            yield from _texts(items_of(value))


def _reads(name: str) -> bool:
    """Whether a foreign function of that name reads what it is given."""
    owner, _, last = name.rpartition(".")
    if is_path_class(owner):
        return last in _READING_METHODS
    opener = opener_of(name)
    return opener is not None and opener.deed in (READ, LOAD)


def _opens(reading: Reading, module: LoadedModule, expr: Expr, fact: Binding | Call | Scope) -> bool:
    """Whether a value is an opener."""
    place = Place(module.name, fact.parent, fact.line) if isinstance(fact, Scope) else reading.folder.place(module, fact)
    return any(
        (isinstance(value, External) and _reads(value.name))
        or (isinstance(value, Method) and isinstance(value.receiver, Text) and value.name in _READING_METHODS)
        for value in reading.folder.evaluate(expr, place)
    )


def _values(module: LoadedModule) -> Iterator[tuple[Binding | Call | Scope, list[str], Expr]]:
    """What a module assigns, hands on and takes as a default: where, which names then hold it, and the expression."""
    for binding in module.facts.bindings:
        target = binding.target[1] if binding.target[0] == "index" else binding.target
        name = last_name(target)
        yield binding, [name] if name else [], binding.value
    for call in module.facts.calls:
        for argument in call.args:
            yield call, [], argument
        for keyword, value in call.keywords:
            yield call, [keyword] if keyword else [], value
        if call.func[0] == "attr":
            yield call, [], call.func[1]
    for scope in module.facts.scopes:
        for parameter in scope.parameters:
            if parameter.default is not None:
                yield scope, [parameter.name], parameter.default


def _within(expr: Expr) -> Iterator[Expr]:
    yield expr
    for child in children(expr):
        yield from _within(child)


def _read(expr: Expr) -> Iterator[Expr]:
    """Names and attributes that stand as values in an expression, and calls of ``getattr`` that are called; not what is called by its name."""
    tag = expr[0]
    if tag in ("name", "attr"):
        yield expr
        return
    if tag == "call":
        func = expr[1]
        if func[0] == "call" and last_name(func[1]) == "getattr":
            yield func
        elif func[0] in _COMPOUND:
            yield from _read(func)
        for argument in (*expr[2], *(value for _, value in expr[3])):
            yield from _read(argument)
        return
    for child in children(expr):
        yield from _read(child)
