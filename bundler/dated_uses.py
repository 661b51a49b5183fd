"""What code needs of Python beyond modules and names in them: builtins, keywords of functions, methods of texts, unions of dicts.

As everywhere in the range of versions, only what surely runs and surely means this counts: a name that anything in the module binds
is not the builtin, and what stands in one branch of an expression may not run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from clustrix_bundle.bundler.python_range import Limit

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.liveness import Liveness
    from clustrix_bundle.bundler.facts.model import Binding, Call, Expr, ModuleFacts

BUILTIN_SINCE: Mapping[str, int] = {
    "breakpoint": 7,
    "aiter": 10,
    "anext": 10,
    "EncodingWarning": 10,
    "ExceptionGroup": 11,
    "BaseExceptionGroup": 11,
    "PythonFinalizationError": 13,
}
"""First version that has the builtin."""

KEYWORD_SINCE: Mapping[str, Mapping[str, int]] = {
    "zip": {"strict": 10},
    "map": {"strict": 14},
    "sum": {"start": 8},
    "concurrent.futures.ProcessPoolExecutor": {"mp_context": 7, "initializer": 7, "initargs": 7, "max_tasks_per_child": 11},
    "concurrent.futures.ThreadPoolExecutor": {"initializer": 7, "initargs": 7},
    "dataclasses.dataclass": {"match_args": 10, "kw_only": 10, "slots": 10, "weakref_slot": 11},
    "dataclasses.field": {"kw_only": 10, "doc": 14},
    "glob.glob": {"root_dir": 10, "dir_fd": 10, "include_hidden": 11},
    "itertools.accumulate": {"initial": 8},
    "itertools.batched": {"strict": 13},
    "logging.basicConfig": {"force": 8, "encoding": 9, "errors": 9},
    "random.sample": {"counts": 9},
    "shutil.copytree": {"dirs_exist_ok": 8},
    "statistics.fmean": {"weights": 11},
    "subprocess.Popen": {"text": 7},
    "subprocess.check_output": {"text": 7},
    "subprocess.run": {"capture_output": 7, "text": 7},
    "tempfile.TemporaryDirectory": {"ignore_cleanup_errors": 10, "delete": 12},
}
"""First version in which the function takes the keyword."""

METHOD_SINCE: Mapping[str, int] = {"removeprefix": 9, "removesuffix": 9}
"""Methods of texts and bytes that nothing else has (but for accessors named ``str``), with the first version that has them."""

DATED_OUTSIDE = frozenset([*METHOD_SINCE, "|", *(keyword for keywords in KEYWORD_SINCE.values() for keyword in keywords)])
"""Names in `ModuleFacts.outside` of a module whose statements outside of functions may need a newer version."""


def may_be_dated(facts: ModuleFacts) -> bool:
    """Whether `dated_uses` outside of functions can give anything, but for builtins."""
    return not DATED_OUTSIDE.isdisjoint(facts.outside)


def dated_uses(facts: ModuleFacts, liveness: Liveness, path: str) -> Iterator[Limit]:
    """What a module's sure code needs, as limits."""
    return _Uses(facts, liveness, path).limits()


_Fact = TypeVar("_Fact", "Call", "Binding")


class _Uses:
    def __init__(self, facts: ModuleFacts, liveness: Liveness, path: str) -> None:
        self._facts = facts
        self._liveness = liveness
        self._path = path
        self._bound: dict[str, bool] = {}

    def limits(self) -> Iterator[Limit]:
        for call in self._calls:
            needs = list(self._call(call))
            if needs and ("call", call.func, call.args, call.keywords) not in self._possible:
                yield from needs
        for expressions, line in self._expressions():
            for part in _sure_parts(expressions):
                if part[0] == "name" and part[1] in BUILTIN_SINCE and self._is_builtin(part[1]):
                    yield self._limit(BUILTIN_SINCE[part[1]], f"the builtin {part[1]}", line)
                elif part[0] == "bin" and part[1] == "|" and self._is_dict(part[2]) and self._is_dict(part[3]):
                    yield self._limit(9, "the union of dicts (|)", line)

    def _limit(self, since: int, what: str, line: int) -> Limit:
        return Limit(since, 0, what, self._path, line)

    def _those_that_run(self, facts: list[tuple[int, _Fact]]) -> list[_Fact]:
        """Those of the facts that surely run."""
        return [fact for _, fact in facts if self._liveness.sure(fact) and self._liveness.alive(fact)]

    def _call(self, call: Call) -> Iterator[Limit]:
        name = self._full_name(call.func) if call.keywords else ""
        for keyword, _ in call.keywords:
            since = KEYWORD_SINCE.get(name, {}).get(keyword or "", 0)
            if since:
                yield self._limit(since, f"{name}({keyword}=…)", call.line)
        if call.func[0] == "attr" and call.func[2] in METHOD_SINCE and len(call.args) == 1 and not call.keywords:
            receiver, method = call.func[1], call.func[2]
            is_accessor = receiver[0] == "attr" and receiver[2] == "str"
            is_module = receiver[0] == "name" and receiver[1] in self._imported
            if not is_accessor and not is_module and method not in self._facts.defines:
                yield self._limit(METHOD_SINCE[method], f"the method {method}", call.line)

    def _expressions(self) -> Iterator[tuple[tuple[Expr, ...], int]]:
        for call in self._calls:
            if ("call", call.func, call.args, call.keywords) not in self._possible:
                yield (call.func, *call.args, *(value for _, value in call.keywords)), call.line
        for binding in self._bindings:
            yield (binding.value,), binding.line
        for index, scope in self._facts.scopes_by("parent", self._liveness.sure_scopes):
            if self._liveness.defined_for_sure(index):
                yield (*scope.decorators, *scope.bases), scope.first_line

    @cached_property
    def _calls(self) -> list[Call]:
        return self._those_that_run(self._facts.calls_by("calls within", self._liveness.sure_scopes))

    @cached_property
    def _bindings(self) -> list[Binding]:
        return self._those_that_run(self._facts.bindings_by("within", self._liveness.sure_scopes))

    @cached_property
    def _possible(self) -> set[Expr]:
        """Calls in a branch of a sure expression or for each item of something: they may not run."""
        found: set[Expr] = set()
        pending: list[tuple[Expr, bool]] = [
            (part, False) for call in self._calls for part in (call.func, call.args, call.keywords)
        ]
        pending += [(binding.value, False) for binding in self._bindings]
        while pending:
            part, possible = pending.pop()
            head = part[0] if part else None
            if possible and head == "call":
                found.add(part)
            possible = possible or head in _POSSIBLE
            pending += [(inner, possible) for inner in part if isinstance(inner, tuple)]
        return found

    @cached_property
    def _imported(self) -> dict[str, str]:
        """Full names of what imports at module level bind under no condition."""
        return {
            item.asname or item.name or item.module.partition(".")[0]: (
                f"{item.module}.{item.name}" if item.name else item.module if item.asname else item.module.partition(".")[0]
            )
            for item in self._facts.imports
            if item.scope == 0 and item.level == 0 and not item.under and item.name != "*"
        }

    @cached_property
    def _otherwise_imported(self) -> set[str]:
        """Names that imports elsewhere than at module level bind, or under a condition, or relative ones; ``*`` after a star import."""
        return {
            item.asname or item.name or item.module.partition(".")[0]
            for item in self._facts.imports
            if item.scope or item.level or item.under or item.name == "*"
        }

    def _is_bound(self, name: str) -> bool:
        """Whether anything but an import at module level binds a name, in whatever scope."""
        known = self._bound.get(name)
        if known is None:
            known = self._bound[name] = name in self._otherwise_imported or any(self._facts.naming(name))
        return known

    def _is_builtin(self, name: str) -> bool:
        return name not in self._imported and "*" not in self._otherwise_imported and not self._is_bound(name)

    def _full_name(self, expression: Expr) -> str:
        """``dataclasses.dataclass`` by whatever name the module knows it, ``zip`` for a builtin; empty for anything else."""
        if expression[0] == "attr":
            above = self._full_name(expression[1])
            return f"{above}.{expression[2]}" if above else ""
        if expression[0] != "name" or self._is_bound(expression[1]):
            return ""
        name: str = expression[1]
        return self._imported.get(name) or (name if self._is_builtin(name) else "")

    def _is_dict(self, expression: Expr) -> bool:
        """Whether an expression surely gives a dict: a display, or a name to which nothing else is assigned."""
        if expression[0] in {"dict", "dictcomp"}:
            return True
        if expression[0] == "call":
            return self._full_name(expression[1]) == "dict"
        if expression[0] == "bin":
            return expression[1] == "|" and self._is_dict(expression[2]) and self._is_dict(expression[3])
        return expression[0] == "name" and self._holds_dict(expression[1])

    def _holds_dict(self, name: str) -> bool:
        """Whether dicts are all that is ever assigned to a name."""
        parameters, scopes, bindings = self._facts.naming(name)
        are_dicts = all(one.value[0] in {"dict", "dictcomp"} and one.kind == "assign" for _, one in bindings)
        return bool(bindings) and are_dicts and not parameters and not scopes and name not in self._imported


_POSSIBLE = frozenset({"either", "comp", "dictcomp"})


def _sure_parts(expressions: Iterable[Expr]) -> Iterator[Expr]:
    """Expressions and what they are made of, but for branches and what stands for each item."""
    pending = list(expressions)
    while pending:
        part = pending.pop()
        if not part or part[0] in _POSSIBLE:
            continue
        if isinstance(part[0], str):
            yield part
        pending += [inner for inner in part if isinstance(inner, tuple)]
