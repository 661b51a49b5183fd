"""Code that looks names of the script up by strings: ``globals()["x"]``, ``eval``, ``sys.modules[__name__]``, ``df.query``."""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_pattern import compile_lazily
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


def names_of_own_module(source: bytes) -> frozenset[str]:
    """Attributes of the module itself that its text names: ``sys.modules[__name__].x``, and through a name given to the module."""
    aliases = {match.group(1) for match in _OWN_ALIAS.finditer(source)}
    found = {match.group(1) for match in _OWN_ATTRIBUTE.finditer(source)}
    for alias in aliases:
        found |= set(re.findall(rb"\b" + re.escape(alias) + rb"\s*\.\s*(\w+)", source))
    return frozenset(name.decode("utf-8", "replace") for name in found)


_OWN = rb"""sys\s*\.\s*modules\s*\[\s*(?:__name__|["']__main__["'])\s*\]"""
_OWN_ATTRIBUTE = compile_lazily(_OWN + rb"\s*\.\s*(\w+)")
_OWN_ALIAS = compile_lazily(rb"\b(\w+)\s*=\s*" + _OWN)

EVALUATES = frozenset(["eval", "exec", "evaluate"])
"""Functions that read names of their caller out of a text: builtins, numexpr's."""

QUERIES = frozenset(["query", "eval"])
"""Methods, such as those of a data frame, that read a name of their caller after an ``@``."""

_AFTER_AT = re.compile(r"@([^\W\d]\w*)")


def statements_that_evaluate(facts: ModuleFacts) -> dict[int, bool]:
    """Statements with code that reads module-level names out of a text; whether only after an ``@``."""
    found: dict[int, bool] = {}
    for call in facts.calls:
        kind = call.func[0]
        plain = kind in ("name", "attr") and call.func[-1] in EVALUATES and not (kind == "attr" and call.func[2] in QUERIES)
        if plain or (kind == "attr" and call.func[2] in QUERIES):
            found[call.statement] = not plain and found.get(call.statement, True)
    return found


def names_in_texts(texts: Iterable[str], *, after_at: bool) -> frozenset[str]:
    """Names that texts read: those after an ``@``, or else all in those that are Python expressions or statements."""
    found: set[str] = set()
    for text in texts:
        found.update(_AFTER_AT.findall(text))
        if not after_at:
            found |= _names_in(text)
    return frozenset(found)


def _names_in(text: str) -> set[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip())
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _is_own_module(expression: Expr) -> bool:
    modules: Expr = ("attr", ("name", "sys"), "modules")
    return mentions(expression, ("index", modules, ("name", "__name__"))) or mentions(
        expression, ("index", modules, ("str", "__main__"))
    )
