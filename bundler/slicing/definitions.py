"""What executing a ``def`` or ``class`` statement does: decorators take it, bases and metaclasses learn of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing.application import Application

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Expr
    from clustrix_bundle.bundler.slicing.calls import CallReader
    from clustrix_bundle.bundler.slicing.deeds import Root
    from clustrix_bundle.bundler.slicing.things import Thing

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
        for decorator in scope.decorators:
            taker = decorator[1] if decorator[0] == "call" else decorator
            if decorator[0] != "call" or taker[0] in ("name", "attr"):
                self._reader.apply(Application(scope.parent, taker, (itself,), discarded=True, decorates=True))
        if scope.kind == "class":
            self._subclass(number)

    def _subclass(self, number: int) -> None:
        scope = self._reader.names.facts.scopes[number]
        owners: frozenset[Root] = frozenset(
            root for base in scope.bases for root in self._reader.roots.of(scope.parent, base) if root[0] in ("name", "module")
        )
        metaclasses = self._named_metaclasses(self._reader.module, number)
        for base in scope.bases:
            things = self._reader.things.of(self._reader.module, scope.parent, base)
            if any(thing.kind in ("made", "foreign-made") for thing in things):
                self._reader.deeds.changes |= self._reader.roots.of(
                    scope.parent, base
                )  # Base = declarative_base(): it keeps a list of its models
            for thing in things:
                if thing.kind == "class":
                    metaclasses += self._metaclasses(thing, set())
                    self._run_methods(thing, _SUBCLASSING, owners)
        for metaclass in metaclasses:
            self._run_methods(metaclass, _METACLASS, owners)

    def _named_metaclasses(self, module: str, number: int) -> list[Thing]:
        names = self._reader.things.names(module)
        scope = names.facts.scopes[number] if names is not None else None
        return [
            thing
            for name, value in (scope.keywords if scope is not None else ())
            if name == "metaclass" and scope is not None
            for thing in self._reader.things.of(module, scope.parent, value)
            if thing.kind == "class"
        ]

    def _metaclasses(self, cls: Thing, seen: set[Thing]) -> list[Thing]:
        names = self._reader.things.names(cls.module)
        if names is None or cls in seen:
            return []
        seen.add(cls)
        scope = names.facts.scopes[cls.scope]
        found = self._named_metaclasses(cls.module, cls.scope)
        for base in scope.bases:
            for thing in self._reader.things.of(cls.module, scope.parent, base):
                if thing.kind == "class":
                    found += self._metaclasses(thing, seen)
        return found

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
