"""Expressions of the facts as trees: what stands in them, and the names they are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Expr


def children(expr: Expr) -> Iterator[Expr]:
    """The expressions directly inside one."""
    tag = expr[0]
    if tag in ("attr", "neg", "star", "each", "comp"):
        yield expr[1]
    elif tag == "call":
        yield expr[1]
        yield from expr[2]
        for _, value in expr[3]:
            yield value
    elif tag == "bin":
        yield expr[2]
        yield expr[3]
    elif tag in ("index", "dictcomp"):
        yield expr[1]
        yield expr[2]
    elif tag in ("join", "list", "tuple", "set", "either"):
        yield from expr[1]
    elif tag == "dict":
        for key, value in expr[1]:
            if key is not None:
                yield key
            yield value


def dotted(expr: Expr) -> str:
    """``a.b.c`` as written; empty for anything else."""
    if expr[0] == "name":
        return str(expr[1])
    if expr[0] == "attr":
        base = dotted(expr[1])
        return f"{base}.{expr[2]}" if base else ""
    return ""


def last_name(expr: Expr) -> str:
    """The last name of ``a.b.c`` or ``a``; empty for anything else."""
    if expr[0] == "name":
        return str(expr[1])
    return str(expr[2]) if expr[0] == "attr" else ""


def root_name(expr: Expr) -> str:
    """The first name of ``a.b.c``; empty where it begins with anything else."""
    while expr[0] == "attr":
        expr = expr[1]
    return str(expr[1]) if expr[0] == "name" else ""


def mentions(expr: Expr, name: str) -> bool:
    """Whether an expression reads a name."""
    return expr == ("name", name) or any(mentions(child, name) for child in children(expr))
