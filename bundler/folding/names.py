"""Names of a module: what binds a name in a scope, and which of its bindings a place in the source can see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.facts.kept import keeps_of_guard
from clustrix_bundle.bundler.facts.model import Binding, Call, Expr, Import, Parameter
from clustrix_bundle.bundler.folding.expressions import mentions
from clustrix_bundle.bundler.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule


@dataclass(frozen=True, slots=True)
class Definition:
    """One thing that gives a name a value: a binding, an import, a nested scope (by index) or a parameter."""

    what: Binding | Import | int | Parameter
    line: int
    under: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Growth:
    """Something that adds to a collection: ``x.append(v)`` (key None), ``x[k] = v``, ``x.update(v)`` (``spread``)."""

    value: Expr
    key: Expr | None
    spread: bool
    scope: int
    line: int
    under: tuple[str, ...]


GROWING = {"append": 0, "add": 0, "appendleft": 0, "insert": 1}
SPREADING = frozenset({"extend", "update", "extendleft"})


class ModuleNames:
    """The definitions of a module, each name's made when it is first asked for.

    Attributes:
        module: The module.
        guard_runs: Whether the file is started as a program, so that the body of its main guard runs.
        scope: Gives one of its scopes by number.
    """

    def __init__(self, module: LoadedModule, *, guard_runs: bool = False) -> None:
        self.module = module
        self.guard_runs = guard_runs or keeps_of_guard(module.facts, module.kept_statements)
        self.scope = module.facts.scope_at
        self._definitions: dict[str, dict[int, list[Definition]]] = {}
        self._attributes: dict[str, dict[int, list[Binding]]] = {}
        self._gives: dict[int, list[Binding]] = {}
        self._growth: dict[str, list[Growth]] = {}
        self._renamed: dict[str, bool] = {}
        self._travelling: dict[int, bool] = {}

    def definitions(self, scope: int, name: str) -> list[Definition]:
        """What gives a name of a scope a value, by line."""
        known = self._definitions.get(name)
        if known is None:
            known = self._definitions[name] = self._define(name)
        return known.get(scope, _NOTHING)

    def attributes(self, scope: int, name: str) -> list[Binding]:
        """Bindings of ``self.name`` in a class; of any other ``x.name`` for scope -1."""
        known = self._attributes.get(name)
        if known is None:
            known = self._attributes[name] = defaultdict(list)
            for _, binding in self.module.facts.bindings_by("attribute", name):
                if self._takes(binding):
                    known[self._holder(binding)].append(binding)
        return known.get(scope, _NO_BINDINGS)

    def gives(self, scope: int) -> list[Binding]:
        """What a function returns and yields."""
        known = self._gives.get(scope)
        if known is None:
            given = self.module.facts.bindings_by("gives", scope)
            known = self._gives[scope] = [binding for _, binding in given if self._takes(binding)]
        return known

    def children(self, scope: int) -> list[int]:
        """Scopes directly inside one."""
        return [number for number, _ in self.module.facts.scopes_by("parent", scope)]

    def children_named(self, scope: int, name: str) -> list[int]:
        """Those of a name."""
        return [number for number, one in self.module.facts.scopes_by("name", name) if one.parent == scope]

    def derived(self, base: str) -> list[int]:
        """Classes of the module that name a base so (last name)."""
        return [number for number, _ in self.module.facts.scopes_by("base", base)]

    @cached_property
    def stars(self) -> dict[int, list[Import]]:
        """Star imports, by scope."""
        found: dict[int, list[Import]] = defaultdict(list)
        for item in self.module.facts.imports:
            if item.name == "*" and self.travels(item.statement, item.under, item.scope):
                found[item.scope].append(item)
        return found

    @cached_property
    def imported(self) -> dict[str, list[Import]]:
        """Imports by the names that they bind, in any scope."""
        found: dict[str, list[Import]] = defaultdict(list)
        for item in self.module.facts.imports:
            if item.name != "*" and self.travels(item.statement, item.under, item.scope):
                found[_bound(item)].append(item)
        return found

    def is_renamed(self, name: str) -> bool:
        """Whether it is bound to another name or attribute (``read = loader.read``)."""
        known = self._renamed.get(name)
        if known is None:
            bindings = self.module.facts.bindings_by("target", name)
            known = self._renamed[name] = any(one.value[0] in ("name", "attr") and self._takes(one) for _, one in bindings)
        return known

    def _takes(self, binding: Binding) -> bool:
        return self.travels(binding.statement, binding.under, binding.scope)

    def _define(self, name: str) -> dict[int, list[Definition]]:
        found: dict[int, list[Definition]] = defaultdict(list)
        with_parameter, scopes, bindings = self.module.facts.naming(name)
        for number, scope in with_parameter:
            parameters = [one for one in scope.parameters if one.name == name]
            found[number] += [Definition(parameter, scope.line, ()) for parameter in parameters]
        for number, scope in scopes:
            if number and scope.kind != "lambda" and self.travels(scope.statement, scope.under, scope.parent):
                found[self._home(scope.parent, name)].append(Definition(number, scope.line, scope.under))
        for item in self.imported.get(name, ()):
            found[self._home(item.scope, name)].append(Definition(item, item.line, item.under))
        for _, binding in bindings:
            if self._takes(binding):
                found[self._home(binding.scope, name)].append(Definition(binding, binding.line, binding.under))
        for definitions in found.values():
            definitions.sort(key=lambda definition: definition.line)
        return found

    def _home(self, scope: int, name: str) -> int:
        """The scope in which a name is bound, after ``global`` and ``nonlocal``."""
        here = self.scope(scope)
        if name in here.global_names:
            return 0
        if name in here.nonlocal_names:
            parent = here.parent
            while parent > 0 and self.scope(parent).kind == "class":
                parent = self.scope(parent).parent
            return self._home(max(parent, 0), name)
        return scope

    def _holder(self, binding: Binding) -> int:
        """The class whose attribute is bound by ``self.name = …``; -1 for another object's."""
        owner = self.owner(binding.scope)
        parameters = self.scope(owner[0]).parameters if owner else ()
        return owner[1] if owner and binding.target[1] == ("name", parameters[0].name if parameters else None) else -1

    def travels(self, statement: int, under: tuple[str, ...], scope: int = 0) -> bool:
        """Whether a fact belongs to what runs on the other side, the functions and classes around it too.

        Not type checking, not the main guard (unless the file is started as a program), not a dropped statement.
        """
        module = self.module
        if module.kept_statements is not None and statement >= 0 and statement not in module.kept_statements:
            return False
        if "type-checking" in under or ("main-guard" in under and not self.guard_runs):
            return False
        if scope <= 0:
            return True
        known = self._travelling.get(scope)
        if known is None:
            around = self.scope(scope)
            known = self._travelling[scope] = self.travels(around.statement, around.under, around.parent)
        return known

    def growth(self, name: str) -> list[Growth]:
        """What adds to the collection of that name (or attribute), anywhere in the module."""
        known = self._growth.get(name)
        if known is None:
            known = self._growth[name] = self._find_growth(name)
        return known

    def _find_growth(self, name: str) -> list[Growth]:
        facts = self.module.facts
        bindings = facts.bindings_by("items", name) + [one for one in facts.bindings_by("target", name) if one[1].kind == "aug"]
        found = [growth for _, one in sorted(bindings, key=_number) if self._takes(one) for growth in self._binding_growth(one)]
        for _, call in facts.calls_by("receiver", name):
            if self.travels(call.statement, call.under, call.scope):
                found += _call_growth(call)
        return found

    def _binding_growth(self, binding: Binding) -> Iterator[Growth]:
        target, value = binding.target, binding.value
        if target[0] == "index":
            yield Growth(value, target[2], False, binding.scope, binding.line, binding.under)
        elif value[:2] == ("bin", "+") and self._home(binding.scope, target[1]) != binding.scope:
            yield Growth(value[3], None, True, binding.scope, binding.line, binding.under)

    def visible(self, scope: int) -> Iterator[int]:
        """Scopes in which a name used in ``scope`` is looked up: its own, enclosing functions, the module (PEP 227: no classes)."""
        yield scope
        if not scope:
            return
        parent = self.scope(scope).parent
        while parent > 0:
            around = self.scope(parent)
            if around.kind != "class":
                yield parent
            parent = around.parent
        yield 0

    def class_of(self, scope: int) -> int | None:
        """The class whose method the scope is."""
        here = self.scope(scope)
        return here.parent if here.parent > 0 and here.kind != "class" and self.scope(here.parent).kind == "class" else None

    def owner(self, scope: int) -> tuple[int, int] | None:
        """The method and its class around a scope: ``self`` in a function nested in a method is the method's."""
        while scope > 0:
            found = self.class_of(scope)
            if found is not None:
                return scope, found
            scope = self.scope(scope).parent
        return None

    def names_in_class(self, scope: int) -> Iterator[str]:
        """Names bound in a class body: classes and functions first, then imports and others, in source order."""
        facts = self.module.facts
        names = [one.name for _, one in facts.scopes_by("parent", scope) if one.kind != "lambda"]
        names += [_bound(item) for item in facts.imports if item.scope == scope and item.name != "*"]
        names += [one.target[1] for _, one in facts.bindings_by("within", scope) if one.target[0] == "name"]
        yield from (name for name in dict.fromkeys(names) if self.definitions(scope, name))


_NOTHING: list[Definition] = []
_NO_BINDINGS: list[Binding] = []


def _number(one: tuple[int, Binding]) -> int:
    return one[0]


def _bound(item: Import) -> str:
    """The name that an import binds."""
    return item.asname or (item.name if item.name is not None else item.module.partition(".")[0])


def _call_growth(call: Call) -> Iterator[Growth]:
    method = call.func[2]
    if method in GROWING and len(call.args) == GROWING[method] + 1:
        yield Growth(call.args[-1], None, False, call.scope, call.line, call.under)
    elif method in SPREADING and len(call.args) == 1:
        yield Growth(call.args[0], None, True, call.scope, call.line, call.under)
    elif method == "setdefault" and len(call.args) == 2:
        yield Growth(call.args[1], call.args[0], False, call.scope, call.line, call.under)


def reaching(definitions: list[Definition], line: int, *, in_loop: bool, excluded: Definition | None = None) -> list[Definition]:
    """Those definitions of a name in a scope that a use at ``line`` of the same scope can see.

    The last unconditional one before it hides what stands above; in a loop later ones count too. A comprehension's target is
    visible on all its lines. Where none stands before the use, all count.
    """
    candidates = [definition for definition in definitions if definition is not excluded]
    before: list[Definition] = []
    for definition in candidates:
        what = definition.what
        everywhere = isinstance(what, Binding) and what.kind in ("comp", "walrus")
        if definition.line > line and not everywhere:
            again = isinstance(what, Binding) and what.target[0] == "name" and mentions(what.value, what.target[1])
            if "loop" in definition.under and (in_loop or again):  # the test of a ``while`` stands outside its body
                before.append(definition)
            continue
        augmented = isinstance(what, Binding) and what.kind in ("aug", "comp", "walrus")
        if not augmented and not set(definition.under) - {"exit"} and definition.line < line:
            before = [
                kept for kept in before if isinstance(kept.what, Binding) and kept.what.kind == "comp" and kept.line >= line
            ]
        before.append(definition)
    return before or candidates
