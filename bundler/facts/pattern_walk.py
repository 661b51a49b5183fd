"""What the walk notes in ``match`` statements: captures bind names, all else in a pattern is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
from clustrix_bundle.bundler.facts.conditions import IF
from clustrix_bundle.bundler.facts.model import OPAQUE
from clustrix_bundle.bundler.facts.statement_walk import visit_block
from clustrix_bundle.bundler.facts.targets import bind_name

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.walk import Visitors, Walk


def _visit_match(walk: Walk, node: cst.Match) -> None:
    walk.feature("match", walk.line(node))
    walk.visit(node.subject)
    for case in node.cases:
        walk.visit(case.pattern)
        if case.guard is not None:
            walk.visit(case.guard)
        with walk.adding(IF):
            visit_block(walk, case.body.body, "case")


def _visit_value(walk: Walk, node: cst.MatchValue | cst.MatchSingleton) -> None:
    walk.visit(node.value)


def _visit_sequence(walk: Walk, node: cst.MatchList | cst.MatchTuple) -> None:
    for element in node.patterns:
        if isinstance(element, cst.MatchStar):
            _capture(walk, element.name)
        else:
            walk.visit(element.value)


def _visit_mapping(walk: Walk, node: cst.MatchMapping) -> None:
    for element in node.elements:
        walk.visit(element.key)
        walk.visit(element.pattern)
    _capture(walk, node.rest)


def _visit_class_pattern(walk: Walk, node: cst.MatchClass) -> None:
    walk.visit(node.cls)
    for element in node.patterns:
        walk.visit(element.value)
    for keyword in node.kwds:
        walk.visit(keyword.pattern)


def _visit_as(walk: Walk, node: cst.MatchAs) -> None:
    if node.pattern is not None:
        walk.visit(node.pattern)
    _capture(walk, node.name)


def _visit_or(walk: Walk, node: cst.MatchOr) -> None:
    for element in node.patterns:
        walk.visit(element.pattern)


def _capture(walk: Walk, name: cst.Name | None) -> None:
    """``_`` matches anything and binds nothing."""
    if name is not None and name.value != "_":
        bind_name(walk, name, OPAQUE, "assign")


PATTERNS: Visitors = {
    cst.Match: _visit_match,
    cst.MatchValue: _visit_value,
    cst.MatchSingleton: _visit_value,
    cst.MatchList: _visit_sequence,
    cst.MatchTuple: _visit_sequence,
    cst.MatchMapping: _visit_mapping,
    cst.MatchClass: _visit_class_pattern,
    cst.MatchAs: _visit_as,
    cst.MatchOr: _visit_or,
}
