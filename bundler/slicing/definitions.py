"""What executing a ``def`` or ``class`` statement does: decorators take it, bases and metaclasses learn of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing.application import Application
from clustrix_bundle.bundler.slicing.things import Thing

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Expr
    from clustrix_bundle.bundler.slicing.calls import CallReader
    from clustrix_bundle.bundler.slicing.deeds import Root

_SUBCLASSING = ("__init_subclass__",)
_METACLASS = ("__new__", "__init__", "__call__", "__prepare__")


class DefinitionReader:
    """Reads definitions of one module into the deeds of its reader of calls."""

    def __init__(self, reader: CallReader) -> None:
        self._reader = reader

    def read(self, number: int) -> None:
        """A ``def`` or ``class`` that is executed: its decorators take it, its bases learn of it."""
        scope = self._reader.names.facts.scopes[number]
        self._reader.line = scope.line
        itself: Expr = ("name", scope.name)
        if scope.decorators and scope.kind != "class":
            self._reader.deeds.gives.add(Thing("function", self._reader.module, number))
        for decorator in scope.decorators:
            taker = decorator[1] if decorator[0] == "call" else decorator
            if decorator[0] != "call" or taker[0] in ("name", "attr"):
                self._reader.apply(Application(scope.parent, taker, (itself,), discarded=True, decorates=True))
        if scope.kind == "class":
            self._subclass(number)

    def hold(self, number: int, holders: frozenset[Root]) -> None:
        """What a module-level statement defines holds its defaults, what its decorators are given, and what a class's body binds."""
        names, roots = self._reader.names, self._reader.roots
        scope = names.facts.scopes[number]
        held = [parameter.default for parameter in scope.parameters if parameter.default is not None]
        held += [value for item in scope.decorators if item[0] == "call" for value in (*item[2], *dict(item[3]).values())]
        self._reader.link(
            _own(roots.of_all(scope.parent, (value for value in held if not self._is_member(scope.parent, value)))), holders
        )
        if scope.kind == "class":
            values = (item.value for item in names.bindings_in.get(number, ()) if not self._is_member(number, item.value))
            bound = _own(roots.of_all(number, values))
            self._reader.link(bound, holders)
            self._reader.link(holders, bound)

    def _is_member(self, scope: int, value: Expr) -> bool:
        """Whether a value is an attribute of a class, such as a member of an enumeration: that is no part of the class that changes."""
        found = self._reader.things.of(self._reader.module, scope, value[1]) if value[0] == "attr" else ()
        return any(thing.kind == "class" for thing in found)

    def _subclass(self, number: int) -> None:
        scope = self._reader.names.facts.scopes[number]
        owners: frozenset[Root] = frozenset(
            root for base in scope.bases for root in self._reader.roots.of(scope.parent, base) if root[0] in ("name", "module")
        )
        metaclasses = self._reader.things.metaclasses(Thing("class", self._reader.module, number), inherited=False)
        for base in scope.bases:
            things = self._reader.things.of(self._reader.module, scope.parent, base)
            if any(thing.kind in ("made", "foreign-made") for thing in things):
                self._reader.deeds.change(
                    self._reader.roots.of(scope.parent, base)
                )  # Base = declarative_base(): it keeps a list of its models
            for thing in things:
                if thing.kind == "class":
                    metaclasses += self._reader.things.metaclasses(thing)
                    self._run_methods(thing, _SUBCLASSING, owners)
                    for function, names in self._reader.things.set_later(self._reader.module, _SUBCLASSING[0]):
                        parameters = names.facts.scopes[function.scope].parameters[:1]
                        self._reader.deeds.calls.append((function, {parameter.name: owners for parameter in parameters}))
        for metaclass in metaclasses:
            self._run_methods(metaclass, _METACLASS, owners)

    def _run_methods(self, cls: Thing, methods: Iterable[str], owners: frozenset[Root]) -> None:
        """Runs methods whose first parameter is a class that finds its attributes in ``owners`` and in the class that has the method."""
        for method in methods:
            for function in self._reader.things.method_scopes(cls, method, set()):
                names = self._reader.things.names(function.module)
                assert names is not None
                scope = names.facts.scopes[function.scope]
                home = (
                    ("name", names.facts.scopes[scope.parent].name)
                    if function.module == self._reader.things.script
                    else ("module", function.module)
                )
                self._reader.deeds.calls.append(
                    (function, {parameter.name: owners | {home} for parameter in scope.parameters[:1]})
                )


def _own(roots: frozenset[Root]) -> frozenset[Root]:
    return frozenset(root for root in roots if root[0] == "name")
