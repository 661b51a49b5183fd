"""Functions that are stored in an object and called through it: tables of commands, handlers of events, callbacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing.names import children
from clustrix_bundle.bundler.slicing.things import Thing

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Expr, Statement
    from clustrix_bundle.bundler.slicing.deeds import Deeds, Root
    from clustrix_bundle.bundler.slicing.names import ModuleNames
    from clustrix_bundle.bundler.slicing.things import Things

_HOLDERS = frozenset({"list", "tuple", "set", "dict", "call", "star", "either", "comp", "dictcomp", "each"})
_RUN_BY_ANYONE = ("__call__", "__enter__", "__exit__", "__aenter__", "__aexit__", "close", "aclose")


def given_functions(things: Things, names: ModuleNames, scope: int, value: Expr, statement: int) -> Iterator[Thing]:
    """Functions that a value is, or holds: by their names, in displays and arguments, and lambdas of a module-level statement."""
    if value[0] in ("name", "attr"):
        found = [thing for thing in things.of(names.module.name, scope, value) if thing.kind == "function"]
        if not found and value[0] == "attr" and value[1] == ("name", "self"):
            found = [function for function, _ in things.methods_named(names.module.name, value[2])]
        yield from found
        yield from _run_of_instances(things, names, scope, value)
    elif value[0] == "?":
        for number, around in enumerate(names.function_of):
            if (
                around == number
                and names.facts.scopes[number].kind == "lambda"
                and names.facts.scopes[number].statement == statement
            ):
                yield Thing("function", names.module.name, number)
    elif value[0] in _HOLDERS:
        if value[0] == "call":
            yield from _run_of_instances(things, names, scope, value)
        for child in children(value):
            if value[0] != "call" or child != value[1]:
                yield from given_functions(things, names, scope, child, statement)


def _run_of_instances(things: Things, names: ModuleNames, scope: int, value: Expr) -> Iterator[Thing]:
    """Methods that something installed may run of an object or class of the user's that it is given."""
    for thing in things.of(names.module.name, scope, value):
        if thing.kind == "instance":
            for name in _RUN_BY_ANYONE:
                yield from things.method_scopes(thing, name, set())
        elif thing.kind == "made" and things.is_generator(thing):
            yield Thing("function", thing.module, thing.scope)
        if thing.kind in ("instance", "class"):
            yield from things.run_by_installed(thing)


def find_stored(statements: Sequence[Statement], deeds: Sequence[Deeds]) -> dict[Root, set[Thing]]:
    """The functions that objects may hold: what statements that bind or change them hand on, and what is held by what these use."""
    found: dict[Root, set[Thing]] = defaultdict(set)
    users: dict[str, set[Root]] = defaultdict(set)
    for statement, done in zip(statements, deeds, strict=True):
        made: set[Root] = {("name", name) for name in (*statement.binds, *done.binds)} | done.changes
        for root in made:
            found[root] |= done.gives
            if root[0] == "name":
                for name in statement.uses:
                    users[name].add(root)
    pending = [name for (kind, name), held in found.items() if held and kind == "name"]
    while pending:
        name = pending.pop()
        for root in users.get(name, ()):
            if not found["name", name] <= found[root]:
                found[root] |= found["name", name]
                if root[0] == "name":
                    pending.append(root[1])
    return found
