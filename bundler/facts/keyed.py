"""What values of a module's code are asked for by: of a module that calls ``f`` once nobody makes values of its 300 other calls.

`By` in ``bundler/core/src/code.rs`` says the same of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Binding, Call, Expr, Scope

Key: TypeAlias = str | int | tuple[int, ...]
"""A name, or the number of a scope; numbers of several for what has one of them."""


class StoredRows(Protocol):
    """What a store says of one module: rows from which values are made when they are asked for, those of its code one by one.

    Its code are its ``bindings``, ``calls`` and ``scopes``.
    """

    def outline(self, field: str) -> tuple[Any, ...]:
        """What is asked of every module: rows of ``imports``, ``directives`` and ``features``, the names ``annotated``, ``bound``, ``defines``, ``hooks``, ``outside`` and ``runs``, and the texts ``paths`` (see `ModuleFacts`)."""

    def rows(self, field: str) -> tuple[Any, ...]:
        """All rows of another field."""

    def find(self, by: Sequence[str], key: Key) -> list[list[tuple[int, tuple[Any, ...]]]]:
        """For each of `KEYS` the rows that have the key, with their numbers."""

    def row(self, family: str, number: int) -> tuple[Any, ...] | None:
        """One row; None where there are not so many."""

    def keys(self, by: str) -> list[str]:
        """The distinct keys, for ``callee`` and ``value``."""


def _last_name(expr: Expr) -> Iterable[str]:
    """The last name of ``a.b.c`` or ``a``; nothing for anything else."""
    tag = expr[0]
    return (expr[1],) if tag == "name" else (expr[2],) if tag == "attr" else ()


def _callee(call: Call) -> Iterable[Key]:
    return _last_name(call.func)


def _receiver(call: Call) -> Iterable[Key]:
    return _last_name(call.func[1]) if call.func[0] == "attr" else ()


def _names(*parts: tuple[Any, ...]) -> Iterable[Key]:
    """Names and attributes that stand in expressions."""
    found: dict[Key, None] = {}
    pending = list(parts)
    while pending:
        part = pending.pop()
        if len(part) == 2 and part[0] == "name" and isinstance(part[1], str):
            found[part[1]] = None
        elif len(part) == 3 and part[0] == "attr" and isinstance(part[1], tuple):
            found[part[2]] = None
        pending += [inner for inner in part if isinstance(inner, tuple)]
    return found


def _calls_within(call: Call) -> Iterable[Key]:
    return (call.scope,)


def _call_mentions(call: Call) -> Iterable[Key]:
    return _names(call.func, call.args, call.keywords)


def _target(binding: Binding) -> Iterable[Key]:
    return (binding.target[1],) if binding.target[0] == "name" else ()


def _attribute(binding: Binding) -> Iterable[Key]:
    return (binding.target[2],) if binding.target[0] == "attr" else ()


def _items(binding: Binding) -> Iterable[Key]:
    return _last_name(binding.target[1]) if binding.target[0] == "index" else ()


def _gives(binding: Binding) -> Iterable[Key]:
    return (binding.scope,) if binding.target[0] in ("return", "yield") else ()


def _within(binding: Binding) -> Iterable[Key]:
    return (binding.scope,)


def _value(binding: Binding) -> Iterable[Key]:
    return _last_name(binding.value)


def _binding_mentions(binding: Binding) -> Iterable[Key]:
    return _names(binding.target, binding.value)


def _name(scope: Scope) -> Iterable[Key]:
    return (scope.name,)


def _parameter(scope: Scope) -> Iterable[Key]:
    return dict.fromkeys(one.name for one in scope.parameters)


def _base(scope: Scope) -> Iterable[Key]:
    return dict.fromkeys(name for base in scope.bases for name in _last_name(base))


def _parent(scope: Scope) -> Iterable[Key]:
    return (scope.parent,)


def _scope_mentions(scope: Scope) -> Iterable[Key]:
    defaults = tuple(one.default for one in scope.parameters if one.default is not None)
    return _names(defaults, scope.decorators, scope.bases, scope.keywords)


KEYS: Mapping[str, tuple[str, Callable[[Any], Iterable[Key]]]] = {
    "callee": ("calls", _callee),
    "receiver": ("calls", _receiver),
    "calls within": ("calls", _calls_within),
    "call mentions": ("calls", _call_mentions),
    "target": ("bindings", _target),
    "attribute": ("bindings", _attribute),
    "items": ("bindings", _items),
    "gives": ("bindings", _gives),
    "within": ("bindings", _within),
    "value": ("bindings", _value),
    "binding mentions": ("bindings", _binding_mentions),
    "name": ("scopes", _name),
    "parameter": ("scopes", _parameter),
    "base": ("scopes", _base),
    "parent": ("scopes", _parent),
    "scope mentions": ("scopes", _scope_mentions),
}
"""The family, and the keys of a value in it.

Calls by the last name of the callee, by that of what it is a method of, and by the scope in which they stand; bindings by the name, the attribute or the (last name of a)
collection that is given something, by the scope for which they return or yield, by the scope in which they stand, and by the last name
of what is bound; scopes by their name, the name of a parameter, the last name of a base, and the number of the scope around. All of them
by the names and attributes that stand in their expressions.
"""


def keyed(values: Sequence[Any], by: str) -> dict[Key, list[tuple[int, Any]]]:
    """Values by their keys, with their numbers."""
    keys_of = KEYS[by][1]
    found: dict[Key, list[tuple[int, Any]]] = {}
    for number, value in enumerate(values):
        for key in keys_of(value):
            found.setdefault(key, []).append((number, value))
    return found
