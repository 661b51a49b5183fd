"""Parts of objects: which one an expression gives, and where an object keeps what it was given.

A `Root` whose text goes on after its name is a part of that object: ``shop.items[]`` is what ``shop.items[0]`` gives,
``shop**`` anything that can be reached from ``shop``. Two steps are told apart, what lies deeper is anything. A text that begins
with ``<`` is a new object with the same content: ``<items`` is what ``list(items)`` gives. As places in which something is kept
there are ``shop*``, somewhere in it, and ``shop!``, which only a change of anything in it reaches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    from clustrix_bundle.bundler.slicing.deeds import Root

ELEMENT = "[]"
ANYTHING = "**"
SOMEWHERE = "*"
DEEP_ONLY = "!"
_NEW = "<"
_STEPS = compile_lazily(r"\.\w+|\[\]|\*\*|\*|!")
_LIMIT = 2


@lru_cache(maxsize=65536)
def split(root: Root) -> tuple[Root, tuple[str, ...]]:
    """The object that a root is a part of, and the steps that lead to the part."""
    kind, text = root
    if kind == "foreign":
        return root, ()
    if kind == "module":  # its name has dots, and all of it is one part
        name, star, _ = text.lstrip(_NEW).partition(SOMEWHERE)
        return (kind, name), (ANYTHING,) if star else ()
    steps = tuple(_STEPS.findall(text))
    return (kind, text[: len(text) - sum(map(len, steps))].lstrip(_NEW)), steps


@lru_cache(maxsize=65536)
def joined(root: Root, steps: tuple[str, ...]) -> Root:
    """The part of a part that steps lead to."""
    if not steps or root[0] in ("foreign", "own"):
        return root
    (kind, name), before = split(root)
    if kind == "module":
        return kind, name + ANYTHING
    found = [*before, *steps]
    if ANYTHING in found:
        del found[found.index(ANYTHING) + 1 :]
    if len(found) > _LIMIT and found[_LIMIT:] not in ([ANYTHING], [SOMEWHERE], [DEEP_ONLY]):
        found[_LIMIT:] = [ANYTHING]
    return kind, name + "".join(found)


def below(roots: Iterable[Root], step: str) -> frozenset[Root]:
    """What a step from any of several objects gives."""
    return frozenset(joined(root, (step,)) for root in roots)


def renewed(roots: Iterable[Root]) -> frozenset[Root]:
    """New objects with the content of others: ``list(items)``."""
    return frozenset(root if root[0] in ("foreign", "own") or is_new(root) else (root[0], _NEW + root[1]) for root in roots)


def is_new(root: Root) -> bool:
    """Whether it is a new object, whose change is nobody else's."""
    return root[1].startswith(_NEW)


def wholes(roots: Iterable[Root]) -> frozenset[Root]:
    """Whole objects that are changed with parts of them; those of a function's own go with it."""
    return frozenset(split(root)[0] for root in roots if root[0] != "local" and not is_new(root))


def sources(roots: Iterable[Root]) -> frozenset[Root]:
    """Whole objects whose change is one of what is made of several: of a new object with the content of another, only a change of that."""
    return wholes(roots) | renewed(wholes([(kind, text.lstrip(_NEW)) for kind, text in roots if text.startswith(_NEW)]))


def parts(roots: Iterable[Root]) -> Iterator[Root]:
    """Those of several roots that are no whole objects, and what a function has made itself."""
    return (root for root in roots if not is_new(root) and (root[0] == "local" or split(root)[1]))


def meets(changed: tuple[str, ...], place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Which parts of what is kept at a place of an object change with a part of that object: nothing, or the steps to them."""
    for index, step in enumerate(place):
        rest = changed[index:]
        if not rest:
            return  # what is kept lies deeper than what changes
        if rest[0] == ANYTHING:
            yield (ANYTHING,)
            return
        if step == DEEP_ONLY:
            return
        if step == ANYTHING:
            yield (ANYTHING,)
            return
        if step == SOMEWHERE:
            yield from (rest[start:] for start in range(len(rest) + 1))
            return
        if step != rest[0]:
            if rest[0] == ELEMENT and step.startswith("."):  # the class may give what an attribute holds
                yield (ANYTHING,)
            return
    yield changed[len(place) :]
