"""Module facts: what one source file says, with no other file read.

Two extractors emit these values for the same bytes: the libcst one beside this file and the compiled core.
They must agree byte for byte in the serialised form (`ModuleFacts.to_json`), so every rule is spelled out in
``docs/facts.md``; the docstrings here give the short of it.

An expression is a plain nested tuple whose first item is a tag (`Expr`); see ``docs/facts.md`` for the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from clustrix_bundle.bundler.facts.keyed import KEYS, keyed
from clustrix_bundle.bundler.lazy_dataclass import astuple, dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from clustrix_bundle.bundler.facts.keyed import Key, StoredRows

FACTS_SCHEMA = 1

Expr: TypeAlias = tuple[Any, ...]
"""A foldable expression: ``("name", "x")``, ``("bin", "/", left, right)``, … or ``("?",)`` for anything else."""

Rows: TypeAlias = "list[Any] | tuple[Any, ...]"
"""Rows of one field: as tuples, or as JSON lists."""

OPAQUE: Expr = ("?",)

UNDER = ("type-checking", "main-guard", "if", "loop", "try", "try-import", "handler", "exit")
"""Every condition a fact can stand under, in the order in which `under` tuples list them."""


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name: ``import a.b as c`` or one alias of ``from .a import b``.

    Attributes:
        module: Dotted name after ``import`` or ``from``, without the leading dots; may be empty.
        level: Number of leading dots.
        name: Name taken from the module, ``"*"`` for a star, None for a plain ``import``.
        asname: Name after ``as``, or None.
        scope: Index of the scope that holds the statement.
        statement: Index of the module-level statement that holds it.
        line: Line of the alias.
        under: Conditions between the innermost function (or the module) and the statement.
    """

    module: str
    level: int
    name: str | None
    asname: str | None
    scope: int
    statement: int
    line: int
    under: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function; ``kind`` is positional, either, star, keyword or dstar."""

    name: str
    kind: str
    default: Expr | None


@dataclass(frozen=True, slots=True)
class Scope:
    """The module (index 0), a function, a class or a lambda, numbered in source order of its keyword.

    Attributes:
        kind: module, function, async, class or lambda.
        name: Its own name; ``<lambda>`` for a lambda, empty for the module.
        parent: Index of the enclosing scope; -1 for the module.
        line: Line of the ``def``/``class``/``lambda`` keyword (of ``async`` where there is one).
        first_line: Line of the first decorator, else ``line``.
        end_line: Last line of the definition.
        parameters: In source order.
        decorators: Decorator expressions, in source order.
        bases: Positional base classes of a class (``("star", e)`` for ``*e``).
        keywords: Keyword arguments of a class statement.
        global_names: Names declared ``global`` directly in it, sorted.
        nonlocal_names: Names declared ``nonlocal`` directly in it, sorted.
        statement: Index of the module-level statement that holds it; -1 for the module.
        under: Conditions of the defining statement, within the parent's function.
        generator: Whether a ``yield`` stands directly in it.
    """

    kind: str
    name: str
    parent: int
    line: int
    first_line: int
    end_line: int
    parameters: tuple[Parameter, ...]
    decorators: tuple[Expr, ...]
    bases: tuple[Expr, ...]
    keywords: tuple[tuple[str | None, Expr], ...]
    global_names: tuple[str, ...]
    nonlocal_names: tuple[str, ...]
    statement: int
    under: tuple[str, ...]
    generator: bool


@dataclass(frozen=True, slots=True)
class Binding:
    """A target that is given a value: assignment, ``for``, ``with … as``, walrus, comprehension, ``return``, ``yield``.

    Attributes:
        target: ``("name", n)``, ``("attr", e, n)`` or ``("index", e, i)``; ``("return",)`` or ``("yield",)`` for what a function gives back.
        value: What is bound; ``("each", e)`` for an item of ``e``.
        kind: assign, aug, for, with, walrus, comp, except, return or yield.
    """

    target: Expr
    value: Expr
    kind: str
    scope: int
    statement: int
    line: int
    under: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """Any call whose callee is a name or an attribute chain of a foldable expression.

    Attributes:
        func: Callee.
        args: Positional arguments (``("star", e)`` for ``*e``).
        keywords: Keyword arguments; the name is None for ``**e``.
    """

    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str | None, Expr], ...]
    scope: int
    statement: int
    line: int
    under: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A distinct string literal of a scope (first line it stands on) that could name a module or a file.

    Attributes:
        doc: Whether it is a docstring or another string statement.
    """

    value: str
    scope: int
    line: int
    doc: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement executed at module level, those inside module-level ``if``/``try``/… blocks too.

    Attributes:
        parent: Index of the enclosing compound statement, or -1.
        branch: Which block of the parent: body, orelse, handler, finalbody or case; empty at the top.
        kind: See ``docs/facts.md``.
        line, column: Start, without decorators; columns count code points from 0.
        end_line, end_column: Just past the last character.
        first_line: Line of the first decorator, else ``line``.
        binds: Module-level names it binds itself (headers only, for a compound statement).
        deletes: Names it deletes.
        uses: Module-level names read when it is executed, class bodies and comprehensions included.
        deferred: Module-level names read by functions and lambdas in it, when they are called.
        mutates: Names whose object it may change: ``n.x = …``, ``n[i] += …``, ``n.f(…)``, ``g(n)``.
        deferred_mutates: The same, by functions and lambdas in it, when they are called.
        global_binds: Module-level names that functions in it bind through ``global``.
        under: Conditions it stands under.
    """

    parent: int
    branch: str
    kind: str
    line: int
    column: int
    end_line: int
    end_column: int
    first_line: int
    binds: tuple[str, ...]
    deletes: tuple[str, ...]
    uses: tuple[str, ...]
    deferred: tuple[str, ...]
    mutates: tuple[str, ...]
    deferred_mutates: tuple[str, ...]
    global_binds: tuple[str, ...]
    under: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Directive:
    """A ``# clustrix: VERB ARGUMENT`` comment."""

    verb: str
    argument: str
    line: int


@dataclass(frozen=True, slots=True)
class Feature:
    """Syntax that needs a Python: its name and the first line that uses it."""

    name: str
    line: int


FEATURE_VERSIONS: Mapping[str, tuple[int, int]] = {
    "future_annotations": (3, 7),
    "walrus": (3, 8),
    "positional_only": (3, 8),
    "fstring_equals": (3, 8),
    "unparenthesized_star": (3, 8),
    "deep_brackets": (3, 9),
    "relaxed_decorator": (3, 9),
    "parenthesized_with": (3, 9),
    "match": (3, 10),
    "except_star": (3, 11),
    "star_index": (3, 11),
    "type_parameters": (3, 12),
    "type_alias": (3, 12),
    "fstring_nesting": (3, 12),
    "type_parameter_defaults": (3, 13),
    "template_string": (3, 14),
    "except_without_parentheses": (3, 14),
}
"""The first Python that reads each `Feature`."""


@dataclass(frozen=True)
class ModuleFacts:
    """All facts of one module, each tuple in the order that ``docs/facts.md`` fixes.

    What comes from `from_json` or `stored` makes the values of each field when that field is first asked for.
    """

    scopes: tuple[Scope, ...]
    statements: tuple[Statement, ...]
    imports: tuple[Import, ...]
    bindings: tuple[Binding, ...]
    calls: tuple[Call, ...]
    texts: tuple[Text, ...]
    directives: tuple[Directive, ...]
    features: tuple[Feature, ...]

    def to_json(self) -> bytes:
        """The canonical serialised form: sorted keys, no spaces, UTF-8 with surrogates escaped, newline at end."""
        rows = {name: plain(getattr(self, name)) for name in ModuleFacts.__match_args__}
        text = json.dumps({"schema": FACTS_SCHEMA, **rows}, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return text.encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """The inverse of `to_json`.

        Raises:
            ValueError: another schema.
        """
        rows = json.loads(data)
        if rows.get("schema") != FACTS_SCHEMA:
            message = f"facts of schema {rows.get('schema')!r}, expected {FACTS_SCHEMA}"
            raise ValueError(message)
        facts = cls.__new__(cls)
        object.__setattr__(facts, "_rows", {name: rows[name] for name in _MAKERS})
        return facts

    @classmethod
    def stored(cls, rows: StoredRows) -> Self:
        """Facts that a store holds."""
        facts = cls.__new__(cls)
        object.__setattr__(facts, "_stored", rows)
        return facts

    @cached_property
    def bound(self) -> frozenset[str]:
        """Names that the module binds for its importers: by its statements, and in functions after ``global``; ``*`` for a star import."""
        names = self._outlined("bound")
        if names is None:
            names = frozenset(name for one in self.statements for group in (one.binds, one.global_binds) for name in group)
        return names

    @cached_property
    def defines(self) -> frozenset[str]:
        """Names of its functions, nested ones and methods too."""
        names = self._outlined("defines")
        return frozenset(one.name for one in self.scopes if one.kind in {"function", "async"}) if names is None else names

    @cached_property
    def runs(self) -> frozenset[str]:
        """Last names of what the module's own statements call under no condition."""
        names = self._outlined("runs")
        return frozenset(one.func[-1] for one in self.calls if one.scope == 0 and not one.under) if names is None else names

    @property
    def outside(self) -> frozenset[str]:
        """Names of attributes, and of keywords in calls, that stand outside of function bodies, and ``|`` for that operator.

        Those in annotations and below cuts may be among them or not.
        """
        names = self._outlined("outside")
        if names is not None:
            return names
        sure = {index for index, one in enumerate(self.scopes) if one.kind in {"module", "class"}}
        roots = [part for one in self.calls if one.scope in sure for part in (one.func, one.args, one.keywords)]
        roots += [part for one in self.bindings if one.scope in sure for part in (one.target, one.value)]
        defined = [one for one in self.scopes if one.parent in sure]
        roots += [part for one in defined for part in (one.decorators, one.bases, one.keywords)]
        roots += [parameter.default for one in defined for parameter in one.parameters if parameter.default is not None]
        return frozenset(
            [*_marks(tuple(roots)), *(name for one in self.calls if one.scope in sure for name, _ in one.keywords if name)]
        )

    @cached_property
    def annotated(self) -> frozenset[str] | None:
        """``|`` and ``[]`` where annotations outside of function bodies have unions and subscripts of builtin types; None where that is not known.

        Facts do not hold annotations.
        """
        return self._outlined("annotated")

    @cached_property
    def hooks(self) -> frozenset[str]:
        """What may be put to use of ``sys.path`` and its kind (`HOOKS`, of whatever they are attributes): added to, bound, or bound to a name; ``addsitedir`` where that is called."""
        names = self._outlined("hooks")
        if names is not None:
            return names
        found = {item.name for item in self.imports if item.module == "sys"}
        for binding in self.bindings:
            changed = binding.target
            while changed[0] == "index":
                changed = changed[1]
            found |= {_hook(changed), _hook(binding.value) if binding.target[0] == "name" else None}
        for call in self.calls:
            if call.func[0] == "attr" and call.func[2] in HOOK_CHANGES:
                found.add(_hook(call.func[1]))
            if call.func[-1] == "addsitedir":
                found.add("addsitedir")
        return (HOOKS | {"addsitedir"}).intersection(name for name in found if name)

    @property
    def paths(self) -> tuple[Text, ...]:
        """Texts with a dot or a slash, which alone can name files: made at each look, since rules look once at those of all modules."""
        stored: StoredRows | None = vars(self).get("_stored")
        if stored is not None:
            return tuple([Text(*row) for row in stored.outline("paths")])
        return tuple(one for one in self.texts if "." in one.value or "/" in one.value)

    def calls_by(self, by: str, key: Key) -> list[tuple[int, Call]]:
        """Those of `calls` that have a key (`clustrix_bundle.bundler.facts.keyed.KEYS`), with their numbers; as with those below, other values are not made for it."""
        found: list[tuple[int, Call]] = self._find((by,), key)[0]
        return found

    def bindings_by(self, by: str, key: Key) -> list[tuple[int, Binding]]:
        """The same of `bindings`."""
        found: list[tuple[int, Binding]] = self._find((by,), key)[0]
        return found

    def scopes_by(self, by: str, key: Key) -> list[tuple[int, Scope]]:
        """The same of `scopes`."""
        found: list[tuple[int, Scope]] = self._find((by,), key)[0]
        return found

    def naming(self, name: str) -> tuple[list[tuple[int, Scope]], list[tuple[int, Scope]], list[tuple[int, Binding]]]:
        """Scopes with a parameter of that name, scopes of that name, and bindings of it."""
        parameters, scopes, bindings = self._find(("parameter", "name", "target"), name)
        return parameters, scopes, bindings

    def keys(self, by: str) -> Iterable[str]:
        """The distinct keys of all values, for ``callee`` and ``value``."""
        code: StoredRows | None = vars(self).get("_stored")
        family = KEYS[by][0]
        if code is not None and family not in vars(self):
            return code.keys(by)
        if by not in self._keyed:
            self._keyed[by] = keyed(getattr(self, family), by)
        return [str(key) for key in self._keyed[by]]

    @cached_property
    def scope_at(self) -> Callable[[int], Scope]:
        """The function that gives one of `scopes` by its number."""
        code: StoredRows | None = vars(self).get("_stored")
        if code is None or "scopes" in vars(self):
            return self.scopes.__getitem__
        made = self._made["scopes"]

        def scope(number: int) -> Scope:
            known = made.get(number)
            if known is None:
                row = code.row("scopes", number)
                if row is None:
                    raise IndexError(number)
                known = made[number] = _scope(*row)
            found: Scope = known
            return found

        return scope

    @cached_property
    def _made(self) -> dict[str, dict[int, Any]]:
        """Values that were made one by one, by their family and number."""
        return {"bindings": {}, "calls": {}, "scopes": {}}

    @cached_property
    def _keyed(self) -> dict[str, dict[Key, list[tuple[int, Any]]]]:
        """What `_find` answers with where all values are at hand, by kind of key."""
        return {}

    def _find(self, kinds: tuple[str, ...], key: Key) -> list[Any]:
        code: StoredRows | None = vars(self).get("_stored")
        if code is not None and not any(KEYS[by][0] in vars(self) for by in kinds):
            return [self._values(KEYS[by][0], rows) for by, rows in zip(kinds, code.find(kinds, key), strict=True)]
        index = self._keyed
        for by in kinds:
            if by not in index:
                index[by] = keyed(getattr(self, KEYS[by][0]), by)
        if isinstance(key, tuple):
            return [sorted((one for number in key for one in index[by].get(number, [])), key=_number) for by in kinds]
        return [index[by].get(key, []) for by in kinds]

    def _values(self, family: str, rows: list[tuple[int, tuple[Any, ...]]]) -> list[tuple[int, Any]]:
        """The values of rows, each made once."""
        made, make = self._made[family], _MAKERS[family]
        for number, row in rows:
            if number not in made:
                made[number] = make(*row)
        return [(number, made[number]) for number, _ in rows]

    def _outlined(self, family: str) -> frozenset[str] | None:
        stored: StoredRows | None = vars(self).get("_stored")
        return None if stored is None else frozenset(stored.outline(family))

    if not TYPE_CHECKING:  # a type checker is to know the fields, and nothing else

        def __getattr__(self, name: str) -> tuple[Any, ...]:
            """A field whose values have not been made yet."""
            make = _MAKERS.get(name)
            if make is None:
                raise AttributeError(name)
            stored = vars(self).get("_stored")
            rows = self._rows.pop(name) if stored is None else (stored.outline if name in _OUTLINED else stored.rows)(name)
            known = vars(self).get("_made", {}).get(name)
            if known:  # each value once: its identity may be what somebody knows it by
                values = tuple([known.get(number) or make(*row) for number, row in enumerate(_as_tuples(rows))])
            else:
                values = tuple([make(*row) for row in _as_tuples(rows)])
            object.__setattr__(self, name, values)
            return values


def _number(one: tuple[int, Any]) -> int:
    return one[0]


HOOKS = frozenset({"path", "meta_path", "path_hooks", "modules"})
"""Names in ``sys`` that decide where modules are found."""
HOOK_CHANGES = frozenset({"append", "extend", "insert", "__setitem__", "__iadd__"})
"""Methods that change one of them."""


def _hook(value: Expr) -> str | None:
    return value[2] if value[0] == "attr" and value[1][0] == "name" and value[2] in HOOKS else None


def _marks(values: tuple[Any, ...]) -> Iterator[str]:
    pending: list[tuple[Any, ...]] = [values]
    while pending:
        value = pending.pop()
        if len(value) == 3 and value[0] == "attr":
            yield value[2]
        elif value[:2] == ("bin", "|"):
            yield "|"
        pending += [part for part in value if isinstance(part, tuple)]


def _as_tuples(rows: Rows) -> Iterable[Iterable[Any]]:
    if isinstance(rows, tuple):
        return rows
    return map(_frozen, rows)


def _scope(*values: Any) -> Scope:
    row = list(values)
    row[6] = tuple([Parameter(*item) for item in row[6]])
    return Scope(*row)


_OUTLINED = frozenset({"imports", "directives", "features"})
"""Fields that the outline of a stored module holds."""

_MAKERS: Mapping[str, Callable[..., Any]] = {
    "scopes": _scope,
    "statements": Statement,
    "imports": Import,
    "bindings": Binding,
    "calls": Call,
    "texts": Text,
    "directives": Directive,
    "features": Feature,
}
"""From the items of a row of each field to its value."""


def plain(value: Any) -> Any:
    """Dataclasses become lists of their fields' values, tuples become lists."""
    if isinstance(value, (str, int, type(None))):
        return value
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return [plain(item) for item in astuple(value)]


def _frozen(value: list[Any]) -> tuple[Any, ...]:
    """Lists all the way down as tuples."""
    return tuple([_frozen(item) if item.__class__ is list else item for item in value])


def names_sorted(names: Iterable[str]) -> tuple[str, ...]:
    """Distinct names in the order of code points, as every set of names in the facts is listed."""
    return tuple(sorted(set(names)))
