"""The versions of Python that can run a bundle: from syntax, and from what is used of the standard library for sure (rule 11).

Only what surely runs counts: an import under a condition, or in a function that may never be called, refuses no interpreter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.facts.model import FEATURE_VERSIONS, OPAQUE
from clustrix_bundle.bundler.graph import Note, PythonRange
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.stdlib_versions import MODULE_SINCE, MODULE_UNTIL, NAME_SINCE, NAME_UNTIL

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.liveness import Liveness
    from clustrix_bundle.bundler.facts.model import Expr, ModuleFacts

OLDEST = (3, 6)
_FEATURE_WORDS: Mapping[str, str] = {
    "walrus": "an assignment expression (:=)",
    "positional_only": "positional-only parameters (/)",
    "fstring_equals": "an f-string field with =",
    "deep_brackets": "more than 92 nested brackets",
    "match": "a match statement",
    "except_star": "except*",
    "type_parameters": "a type parameter list",
    "type_alias": "a type statement",
    "template_string": "a template string",
}


def _versioned() -> dict[str, frozenset[str]]:
    names: dict[str, set[str]] = {}
    for module, name in (*NAME_SINCE, *NAME_UNTIL):
        names.setdefault(module.partition(".")[0], set()).add(name)
    for module in (*MODULE_SINCE, *MODULE_UNTIL):
        names.setdefault(module.partition(".")[0], set()).add(module.rpartition(".")[2])
    return {module: frozenset(found) for module, found in names.items()}


VERSIONED = _versioned()
"""By top-level module of the standard library, every name in it whose use can limit the range."""


_DATED = frozenset([*MODULE_SINCE, *MODULE_UNTIL, *(f"{module}.{name}" for module, name in (*NAME_SINCE, *NAME_UNTIL))])


def can_limit(dotted: str) -> bool:
    """Whether a module of the standard library, or a name of one, is not in every version: its use limits the range."""
    if dotted in _DATED:
        return True
    end = dotted.find(".")
    while end >= 0:
        if dotted[:end] in _DATED:
            return True
        end = dotted.find(".", end + 1)
    return False


def dated_names() -> list[str]:
    """The modules and names for which `can_limit`, by a part of their dotted name, holds."""
    return sorted(_DATED)


_SUBMODULES = frozenset(module for module, _ in (*NAME_SINCE, *NAME_UNTIL) if "." in module)

DATED_TAILS = frozenset(name for names in VERSIONED.values() for name in names)
"""Names in `ModuleFacts.outside` of every module for which `may_be_limited` holds."""


def may_be_limited(facts: ModuleFacts) -> bool:
    """Whether `attribute_uses` outside of functions can give anything that `library_limits` knows."""
    tops = {item.module.partition(".")[0] for item in facts.imports if item.name is None}
    return any(not VERSIONED[top].isdisjoint(facts.outside) for top in tops & VERSIONED.keys())


@dataclass(frozen=True, slots=True)
class Limit:
    """One reason: at least ``since``, or below ``until`` (minor versions of Python 3; 0 for none)."""

    since: int
    until: int
    what: str
    path: str
    line: int


def syntax_limits(facts: ModuleFacts, path: str) -> Iterator[Limit]:
    """What the syntax of a module needs."""
    for feature in facts.features:
        minor = FEATURE_VERSIONS[feature.name][1]
        words = _FEATURE_WORDS.get(feature.name, feature.name.replace("_", " "))
        yield Limit(minor, 0, words, path, feature.line)


def library_limits(module: str, attribute: str, path: str, line: int) -> Iterator[Limit]:
    """What the use of a standard module, or of a name in it, needs."""
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        name = ".".join(parts[:count])
        since, until = MODULE_SINCE.get(name, 0), MODULE_UNTIL.get(name, 0)
        if since or until:
            yield Limit(since, until, f"the module {name}", path, line)
    if attribute:
        since, until = NAME_SINCE.get((module, attribute), 0), NAME_UNTIL.get((module, attribute), 0)
        if since or until:
            yield Limit(since, until, f"{module}.{attribute}", path, line)
        elif f"{module}.{attribute}" in MODULE_SINCE:
            yield from library_limits(f"{module}.{attribute}", "", path, line)


def attribute_uses(facts: ModuleFacts, liveness: Liveness) -> Iterator[tuple[str, str, int]]:
    """Module, name and line of every ``module.name`` that surely runs: callees, decorators, bases and values bound."""
    modules = _imported_modules(facts)
    if not modules:
        return
    expressions: list[tuple[Expr, int]] = []
    for call in facts.calls:
        if liveness.sure(call) and liveness.alive(call):
            expressions += [
                (expression, call.line) for expression in (call.func, *call.args, *(value for _, value in call.keywords))
            ]
    for binding in facts.bindings:
        if liveness.sure(binding) and liveness.alive(binding):
            expressions.append((binding.value, binding.line))
    for index, scope in enumerate(facts.scopes):
        if index and liveness.defined_for_sure(index):
            expressions += [(expression, scope.first_line) for expression in (*scope.decorators, *scope.bases)]
    for expression, line in expressions:
        for dotted in _chains(expression):
            head, _, rest = dotted.partition(".")
            module = modules.get(head)
            if module is not None and rest:
                *inner, name = f"{module}.{rest}".split(".")
                yield ".".join(inner), name, line


def _imported_modules(facts: ModuleFacts) -> dict[str, str]:
    """Names that imports at module level bind, and the modules that they mean; names that anything else binds are left out."""
    modules: dict[str, str] = {}
    for item in facts.imports:
        if item.scope == 0 and item.level == 0 and item.name is None:
            modules[item.asname or item.module.partition(".")[0]] = item.module if item.asname else item.module.partition(".")[0]
        elif item.scope == 0 and item.level == 0 and f"{item.module}.{item.name}" in _SUBMODULES:
            modules[item.asname or item.name or ""] = f"{item.module}.{item.name}"
    for binding in facts.bindings:
        if binding.target[0] == "name":
            modules.pop(binding.target[1], None)
    return modules


def _chains(expression: Expr) -> Iterator[str]:
    """Dotted chains of names in an expression, outermost first."""
    if expression == OPAQUE:
        return
    if expression and expression[0] == "attr":
        dotted = _dotted(expression)
        if dotted is not None:
            yield dotted
            return
    if expression and expression[0] in {"either", "comp", "dictcomp"}:
        return  # a branch that may not run, a loop that may be empty
    for part in expression:
        if isinstance(part, tuple):
            yield from _chains(part)


def _dotted(expression: Expr) -> str | None:
    if expression[0] == "name":
        return str(expression[1])
    if expression[0] == "attr":
        inner = _dotted(expression[1])
        return f"{inner}.{expression[2]}" if inner is not None else None
    return None


def combine(limits: Iterable[Limit]) -> PythonRange:
    """The range in which every limit holds, with the reasons that set its ends."""
    every = sorted(set(limits), key=lambda limit: (limit.path, limit.line, limit.what))
    minimum = max([OLDEST[1], *(limit.since for limit in every)])
    below = min((limit.until for limit in every if limit.until), default=0)
    reasons = [
        Note(f"{limit.what} needs Python 3.{limit.since} or later", limit.path, limit.line)
        for limit in every
        if limit.since == minimum and limit.since > OLDEST[1]
    ]
    reasons += [
        Note(f"{limit.what} is gone from Python 3.{limit.until} on", limit.path, limit.line)
        for limit in every
        if below and limit.until == below
    ]
    return PythonRange((3, minimum), (3, below) if below else None, tuple(reasons))
