"""Names of a module: what binds a name in a scope, and which of its bindings a place in the source can see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from clustrix_bundle.bundler.facts.model import Binding, Call, Expr, Import, Parameter, Scope
from clustrix_bundle.bundler.folding.expressions import last_name, mentions
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

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


Lookup: TypeAlias = dict[tuple[int, str], list[Definition]]

GROWING = {"append": 0, "add": 0, "appendleft": 0, "insert": 1}
SPREADING = frozenset({"extend", "update", "extendleft"})


@dataclass(slots=True)
class ModuleNames:
    """The definitions of a module, by scope and name.

    Attributes:
        module: The module.
        definitions: By (scope, name).
        attributes: Bindings of ``self.name`` by (class scope, name); of any other ``x.name`` by (-1, name).
        gives: What each function returns and yields, by scope.
        children: Scopes directly inside each scope.
        stars: Star imports, by scope.
        derived: Classes of the module by the (last) names of their bases.
        imported: Names that imports bind, in any scope.
        renamed: Names that are bound to another name or attribute (``read = loader.read``).
        guard_runs: Whether the file is started as a program, so that the body of its main guard runs.
    """

    module: LoadedModule
    definitions: Lookup = field(default_factory=lambda: defaultdict(list))
    attributes: dict[tuple[int, str], list[Binding]] = field(default_factory=lambda: defaultdict(list))
    gives: dict[int, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    children: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    stars: dict[int, list[Import]] = field(default_factory=lambda: defaultdict(list))
    derived: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    imported: set[str] = field(default_factory=set)
    renamed: set[str] = field(default_factory=set)
    guard_runs: bool = False
    scopes: tuple[Scope, ...] = ()
    _growth: dict[str, list[Growth]] | None = None
    _travelling: dict[int, bool] = field(default_factory=dict)

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
            around = self.scopes[scope]
            known = self._travelling[scope] = self.travels(around.statement, around.under, around.parent)
        return known

    def growth(self, name: str) -> list[Growth]:
        """What adds to the collection of that name (or attribute), anywhere in the module."""
        if self._growth is None:
            self._growth = _read_growth(self)
        return self._growth.get(name, [])

    def visible(self, scope: int) -> Iterator[int]:
        """Scopes in which a name used in ``scope`` is looked up: its own, enclosing functions, the module (PEP 227: no classes)."""
        yield scope
        parent = self.scopes[scope].parent
        while parent > 0:
            if self.scopes[parent].kind != "class":
                yield parent
            parent = self.scopes[parent].parent
        if scope:
            yield 0

    def class_of(self, scope: int) -> int | None:
        """The class whose method the scope is."""
        parent = self.scopes[scope].parent
        return parent if parent > 0 and self.scopes[parent].kind == "class" and self.scopes[scope].kind != "class" else None

    def owner(self, scope: int) -> tuple[int, int] | None:
        """The method and its class around a scope: ``self`` in a function nested in a method is the method's."""
        while scope > 0:
            found = self.class_of(scope)
            if found is not None:
                return scope, found
            scope = self.scopes[scope].parent
        return None

    def names_in_class(self, scope: int) -> Iterator[str]:
        """Names bound in a class body, in source order."""
        seen: dict[str, None] = {}
        for owner, name in self.definitions:
            if owner == scope:
                seen.setdefault(name)
        yield from seen


def read_names(module: LoadedModule, *, guard_runs: bool = False) -> ModuleNames:
    """Collect a module's definitions."""
    scopes = module.facts.scopes
    names = ModuleNames(module, guard_runs=guard_runs, scopes=scopes)
    for index, scope in enumerate(scopes):
        if index == 0:
            continue
        names.children[scope.parent].append(index)
        for base in scope.bases:
            names.derived[last_name(base)].append(index)
        for parameter in scope.parameters:
            names.definitions[index, parameter.name].append(Definition(parameter, scope.line, ()))
        if scope.kind != "lambda" and names.travels(scope.statement, scope.under, scope.parent):
            home = _home(scopes, scope.parent, scope.name)
            names.definitions[home, scope.name].append(Definition(index, scope.line, scope.under))
    for item in module.facts.imports:
        if not names.travels(item.statement, item.under, item.scope):
            continue
        if item.name == "*":
            names.stars[item.scope].append(item)
            continue
        bound = item.asname or (item.name if item.name is not None else item.module.partition(".")[0])
        home = _home(scopes, item.scope, bound)
        names.definitions[home, bound].append(Definition(item, item.line, item.under))
        names.imported.add(bound)
    for binding in module.facts.bindings:
        if names.travels(binding.statement, binding.under, binding.scope):
            _note_binding(names, binding)
    for definitions in names.definitions.values():
        definitions.sort(key=lambda definition: definition.line)
    return names


def _home(scopes: tuple[Scope, ...], scope: int, name: str) -> int:
    """The scope in which a name is bound, after ``global`` and ``nonlocal``."""
    if name in scopes[scope].global_names:
        return 0
    if name in scopes[scope].nonlocal_names:
        parent = scopes[scope].parent
        while parent > 0 and scopes[parent].kind == "class":
            parent = scopes[parent].parent
        return _home(scopes, max(parent, 0), name)
    return scope


def _note_binding(names: ModuleNames, binding: Binding) -> None:
    target = binding.target
    if target[0] in ("return", "yield"):
        names.gives[binding.scope].append(binding)
    elif target[0] == "name":
        home = _home(names.scopes, binding.scope, target[1])
        names.definitions[home, target[1]].append(Definition(binding, binding.line, binding.under))
        if binding.value[0] in ("name", "attr"):
            names.renamed.add(target[1])
    elif target[0] == "attr":
        owner = names.owner(binding.scope)
        first = _first_parameter(names.scopes[owner[0]]) if owner else None
        if owner and target[1] == ("name", first):
            names.attributes[owner[1], target[2]].append(binding)
        else:
            names.attributes[-1, target[2]].append(binding)


def _first_parameter(scope: Scope) -> str | None:
    return scope.parameters[0].name if scope.parameters else None


def _read_growth(names: ModuleNames) -> dict[str, list[Growth]]:
    """What adds to collections, by the name of the collection."""
    found: dict[str, list[Growth]] = defaultdict(list)
    for binding in names.module.facts.bindings:
        if binding.target[0] in ("name", "index") and names.travels(binding.statement, binding.under, binding.scope):
            _note_binding_growth(found, names.scopes, binding)
    for call in names.module.facts.calls:
        if call.func[0] == "attr" and names.travels(call.statement, call.under, call.scope):
            _note_call_growth(found, call)
    return found


def _note_binding_growth(found: dict[str, list[Growth]], scopes: tuple[Scope, ...], binding: Binding) -> None:
    target, value = binding.target, binding.value
    if target[0] == "index" and target[1][0] in ("name", "attr"):
        growth = Growth(value, target[2], False, binding.scope, binding.line, binding.under)
        found[last_name(target[1])].append(growth)
    elif target[0] == "name" and binding.kind == "aug" and value[:2] == ("bin", "+"):
        if _home(scopes, binding.scope, target[1]) == binding.scope:
            return
        found[target[1]].append(Growth(value[3], None, True, binding.scope, binding.line, binding.under))


def _note_call_growth(found: dict[str, list[Growth]], call: Call) -> None:
    _, receiver, method = call.func
    if receiver[0] not in ("name", "attr"):
        return
    if method in GROWING and len(call.args) == GROWING[method] + 1:
        growth = Growth(call.args[-1], None, False, call.scope, call.line, call.under)
    elif method in SPREADING and len(call.args) == 1:
        growth = Growth(call.args[0], None, True, call.scope, call.line, call.under)
    elif method == "setdefault" and len(call.args) == 2:
        growth = Growth(call.args[1], call.args[0], False, call.scope, call.line, call.under)
    else:
        return
    found[last_name(receiver)].append(growth)


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
