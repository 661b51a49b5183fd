"""The walk over a parsed module: where it stands, and the facts it has collected.

What is done for each kind of node stands in `expression_walk`, `statement_walk` and `targets`; here are the place (scope, statement,
conditions, names) that they share and the rows that they add to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from clustrix_bundle.bundler.facts import model
from clustrix_bundle.bundler.facts.conditions import EXIT, flag_names
from clustrix_bundle.bundler.facts.model import Expr, names_sorted
from clustrix_bundle.bundler.facts.naming import Names, module_level
from clustrix_bundle.bundler.facts.positions import Positions
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

if TYPE_CHECKING:
    import libcst as cst
    from clustrix_bundle.bundler.facts.lexical import Lexical

MAX_TEXT = 256
"""Longer strings name neither modules nor files."""

Visitors: TypeAlias = "Mapping[type[cst.CSTNode], Callable[[Walk, Any], None]]"
"""What the walk does at each kind of node."""

Row = TypeVar("Row", model.Import, model.Binding, model.Call, model.Text, model.Feature, model.Directive)


class UnknownSyntaxError(Exception):
    """A kind of node that the walk has no visitor for."""


@dataclass(slots=True)
class ScopeDraft:
    """A scope while its body is read; see `model.Scope`."""

    kind: str
    name: str
    parent: int
    line: int
    first_line: int
    end_line: int
    parameters: tuple[model.Parameter, ...] = ()
    decorators: tuple[Expr, ...] = ()
    bases: tuple[Expr, ...] = ()
    keywords: tuple[tuple[str | None, Expr], ...] = ()
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)
    statement: int = -1
    under: tuple[str, ...] = ()
    generator: bool = False


@dataclass(slots=True)
class StatementDraft:
    """A module-level statement while the module is read; see `model.Statement`."""

    parent: int
    branch: str
    kind: str
    start: tuple[int, int]
    end: tuple[int, int]
    first_line: int
    under: tuple[str, ...]
    binds: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    deferred: set[str] = field(default_factory=set)
    mutates: set[str] = field(default_factory=set)
    deferred_mutates: set[str] = field(default_factory=set)
    global_binds: set[str] = field(default_factory=set)

    def finished(self) -> model.Statement:
        return model.Statement(
            self.parent,
            self.branch,
            self.kind,
            *self.start,
            *self.end,
            self.first_line,
            binds=names_sorted(self.binds),
            deletes=names_sorted(self.deletes),
            uses=names_sorted(self.uses),
            deferred=names_sorted(self.deferred),
            mutates=names_sorted(self.mutates),
            deferred_mutates=names_sorted(self.deferred_mutates),
            global_binds=names_sorted(self.global_binds),
            under=self.under,
        )


@dataclass(slots=True)
class Body:
    """The body of a function, or the module's: what a ``return`` in it makes uncertain."""

    left: bool = False


class Walk:
    """Collects the facts of one module.

    Attributes:
        scope: Index of the scope whose body is being read.
        statement: Index of the innermost module-level statement; -1 before the first.
        branch: Block of the enclosing statement, as `model.Statement.branch` names it.
        flags: Conditions since the body began, without ``exit``.
        body: The innermost function's body, or the module's.
        names: The innermost scope of names.
    """

    def __init__(self, module: cst.Module, text: str, lexical: Lexical, visitors: Visitors) -> None:
        self._visitors = visitors
        self.positions = Positions(module, text)
        self.lexical = lexical
        self.scopes: list[ScopeDraft] = [ScopeDraft("module", "", -1, 1, 1, _last_line(text))]
        self.statements: list[StatementDraft] = []
        self.imports: list[model.Import] = []
        self.bindings: list[model.Binding] = []
        self.calls: list[model.Call] = []
        self.texts: dict[tuple[int, str], tuple[int, bool]] = {}
        self.features: dict[str, int] = {}
        self.scope = 0
        self.statement = -1
        self.branch = ""
        self.flags = 0
        self.body = Body()
        self.names = Names("module", None, -1, deferred=False)
        self._all_names: list[Names] = []

    def visit(self, node: cst.CSTNode) -> None:
        """Reads a node and what is below it."""
        visitor = self._visitors.get(type(node))
        if visitor is None:
            raise UnknownSyntaxError(type(node).__name__, self.line(node))
        visitor(self, node)

    def line(self, node: cst.CSTNode) -> int:
        """Line of the node's first token."""
        return self.positions.line(node)

    def under(self) -> tuple[str, ...]:
        """The conditions that hold here."""
        return flag_names(self.flags | EXIT if self.body.left else self.flags)

    @contextmanager
    def adding(self, flags: int) -> Iterator[None]:
        """While it is entered, code stands under these conditions too."""
        before = self.flags
        self.flags |= flags
        yield
        self.flags = before

    @contextmanager
    def naming(self, names: Names) -> Iterator[None]:
        """While it is entered, names belong to this scope."""
        before = self.names
        self.names = names
        yield
        self.names = before

    def new_names(self, kind: str) -> Names:
        """A scope of names within the present one."""
        names = Names(kind, self.names, self.statement, deferred=self.names.deferred or kind == "function")
        self._all_names.append(names)
        return names

    @contextmanager
    def entering(self, index: int, names: Names) -> Iterator[None]:
        """While it is entered, the walk is in the body of scope ``index``; a function's body starts under nothing."""
        before = self.scope, self.flags, self.body
        self.scope = index
        if names.kind == "function":
            self.flags, self.body = 0, Body()
        with self.naming(names):
            yield
        self.scope, self.flags, self.body = before

    def binds(self, name: str) -> None:
        """Notes that ``name`` is bound here."""
        if self.names.parent is None:
            self.statements[self.statement].binds.add(name)
        else:
            self.names.local.add(name)
            self.names.assigned.add(name)

    def reads(self, name: str) -> None:
        """Notes that ``name`` is read here."""
        if self.names.parent is None:
            self.statements[self.statement].uses.add(name)
        else:
            self.names.reads.add(name)

    def mutates(self, name: str | None) -> None:
        """Notes that the object called ``name`` may change here."""
        if name is None:
            return
        if self.names.parent is None:
            self.statements[self.statement].mutates.add(name)
        else:
            self.names.mutated.add(name)

    def bound(self, target: Expr, value: Expr, kind: str, line: int) -> None:
        """Adds a binding."""
        self.bindings.append(model.Binding(target, value, kind, self.scope, self.statement, line, self.under()))

    def text(self, value: str, line: int, *, doc: bool = False) -> None:
        """Adds a string literal."""
        if not 0 < len(value) <= MAX_TEXT or any(character in value for character in "\n\r\0"):
            return
        first, is_doc = self.texts.get((self.scope, value), (line, doc))
        self.texts[self.scope, value] = min(first, line), is_doc and doc

    def feature(self, name: str, line: int) -> None:
        """Adds a use of syntax that not every Python reads."""
        self.features[name] = min(line, self.features.get(name, line))

    def facts(self, directives: list[model.Directive]) -> model.ModuleFacts:
        """Everything collected, in the order that ``docs/facts.md`` fixes."""
        self._settle_names()
        return model.ModuleFacts(
            scopes=tuple(_finished_scope(draft) for draft in self.scopes),
            statements=tuple(draft.finished() for draft in self.statements),
            imports=_ordered(self.imports),
            bindings=_ordered(self.bindings),
            calls=_ordered(self.calls),
            texts=_ordered([model.Text(value, scope, line, doc) for (scope, value), (line, doc) in self.texts.items()]),
            directives=_ordered(directives),
            features=_ordered([model.Feature(name, line) for name, line in self.features.items()]),
        )

    def _settle_names(self) -> None:
        """Gives every name that means the module's to the statement that holds it."""
        for names in self._all_names:
            statement = self.statements[names.statement]
            reads, mutates, binds = (
                (statement.deferred, statement.deferred_mutates, statement.global_binds)
                if names.deferred
                else (statement.uses, statement.mutates, statement.binds)
            )
            reads.update(name for name in names.reads if module_level(names, name))
            mutates.update(name for name in names.mutated if module_level(names, name))
            binds.update(names.assigned & names.global_names)


def _finished_scope(draft: ScopeDraft) -> model.Scope:
    return model.Scope(
        draft.kind,
        draft.name,
        draft.parent,
        draft.line,
        draft.first_line,
        draft.end_line,
        draft.parameters,
        draft.decorators,
        draft.bases,
        draft.keywords,
        names_sorted(draft.global_names),
        names_sorted(draft.nonlocal_names),
        draft.statement,
        draft.under,
        draft.generator,
    )


def _ordered(rows: list[Row]) -> tuple[Row, ...]:
    """By line, then by the canonical JSON of the row."""
    return tuple(sorted(rows, key=lambda row: (row.line, json.dumps(model.plain(row), separators=(",", ":")))))


def _last_line(text: str) -> int:
    """Number of the last line that has a character."""
    return max(1, text.count("\n") + (not text.endswith("\n")))
