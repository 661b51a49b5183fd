"""Code that looks names of the script up by strings: ``globals()["x"]``, ``eval``, ``sys.modules[__name__]``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing.names import mentions

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Expr, ModuleFacts

_GLOBALS: Expr = ("call", ("name", "globals"), (), ())


def statements_that_look_up(facts: ModuleFacts) -> frozenset[int]:
    """Statements with code that looks module-level names up by strings."""
    found: set[int] = set()
    reads: Counter[int] = Counter()
    for call in facts.calls:
        if call.func == ("name", "globals"):
            reads[call.statement] += 1
        elif call.func in (("name", "eval"), ("name", "exec")) or (call.func == ("name", "vars") and not call.args):
            found.add(call.statement)
        if any(_is_own_module(part) for part in (call.func, *call.args)):
            found.add(call.statement)
    for item in facts.bindings:
        if item.target[:2] == ("index", _GLOBALS):
            reads[item.statement] -= 1  # written to, not read
        if _is_own_module(item.value) or _is_own_module(item.target):
            found.add(item.statement)
    return frozenset(found | {number for number, count in reads.items() if count > 0})


def _is_own_module(expression: Expr) -> bool:
    modules: Expr = ("attr", ("name", "sys"), "modules")
    return mentions(expression, ("index", modules, ("name", "__name__"))) or mentions(
        expression, ("index", modules, ("str", "__main__"))
    )
