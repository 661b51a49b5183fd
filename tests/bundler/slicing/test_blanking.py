"""Cutting statements out of a text, held against an independent cut of its `ast`, for every choice of statements."""

from __future__ import annotations

import ast
from itertools import combinations, islice

import pytest

from clustrix_bundle.bundler.facts.extract import extract_facts
from clustrix_bundle.bundler.slicing.blanking import without

TEXTS = [
    "a = 1\nb = 2\nc = 3\n",
    "a = 1; b = 2; c = 3\nd = 4;\ne = 5 ;  f = 6 ;  # why\n",
    "a = (1,\n     2); b = '''x\n  y  \n'''; c = 3\n",
    "a = 1; \\\n  b = 2; \\\n  c = 3\nd = \\\n  4\n",
    "if a: b = 1; c = 2; d = 3\nelse: e = 4\nf = 5\n",
    "if a: b = (1,\n   2); c = 2\nelse: d = (3,\n 4); e = 4;\n",
    "if a:\n    b = 1\n    c = 2; d = 3\nelif e:\n    f = 4\nelif g: h = 5\nelse:\n    i = 6\n    if j:\n        k = 7\n",
    "if a:\n    b = 1\nelse:\n    if c:\n        d = 2\n    e = 3\n",
    "try:\n    a = 1\n    b = 2\nexcept A:\n    c = 3\nexcept B as e: d = 4; e = 5\nelse:\n\tf = 6\nfinally:\n  g = 7\n  h = 8\n",
    "for x in y:\n    a = 1\n    continue\nelse:\n    b = 2\nwhile z:\n    c = 3; break\nwith d as e, f: g = 4; h = 5\n",
    "# first\n\n# second\n@deco\n@deco(1,\n      2)\ndef f(x):\n    # inner\n    return x\n\n# between\n@deco\nclass C: pass; x = 1\n# last\n",
    "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# more\né = 'ü'; b = 2  # said\n# end",
    "async def f():\n    await x\ndel a; import b, c; from d import (e,\n f)\nassert g; raise h\n",
    "a = 1\r\nb = '''x\r\ny'''\r\nif c:\r\n    d = 1; e = 2\r\n",
    "\f\na = 1\n\x0cb = 2\n",
    "if a:\n\tif b:\n\t\tc = 1; d = (2,\n3); e = 4\n\tf = 5 # said\n",
    "match a:\n    case 1:\n        b = 1\n    case {'x': 2}: c = 2; d = 3\n    case _:\n        e = 4\n",
    "a = 1",
    "",
    "x = f'''{\n a\n}'''; y = 1\nz = [\n  # inside\n  1,\n]\n",
    "try:\n    a\nfinally:\n    try: b\n    except: c\n",
]
_LIMIT = 300


def _cut(tree: ast.Module, kept: frozenset[int]) -> ast.Module:
    """The tree with only the kept statements, numbered in source order; blocks that lose all get a ``pass``."""
    number = -1

    def block(nodes: list[ast.stmt], *, is_top: bool = False, may_vanish: bool = False) -> list[ast.stmt]:
        nonlocal number
        left = []
        for node in nodes:
            number += 1
            mine = number
            if isinstance(node, ast.If):
                node.body = block(node.body)
                is_elif = len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If) and _is_elif(node, node.orelse[0])
                node.orelse = block(node.orelse, may_vanish=is_elif)
            elif isinstance(node, (ast.For, ast.While, ast.With, ast.Try)):
                node.body = block(node.body)
                for handler in getattr(node, "handlers", []):
                    handler.body = block(handler.body)
                for field in ("orelse", "finalbody"):
                    if getattr(node, field, None):
                        setattr(node, field, block(getattr(node, field)))
            elif isinstance(node, ast.Match):
                for case in node.cases:
                    case.body = block(case.body)
            if mine in kept:
                left.append(node)
        return left if left or is_top or may_vanish or not nodes else [ast.Pass()]

    tree.body = block(tree.body, is_top=True)
    return tree


def _is_elif(outer: ast.If, inner: ast.If) -> bool:
    return inner.col_offset == outer.col_offset


def _choices(statements):
    """Every set of statements that holds the parents of its own, smallest and largest first."""
    numbers = range(len(statements))
    for size in (index // 2 if index % 2 == 0 else len(numbers) - index // 2 for index in range(len(numbers) + 1)):
        for chosen in combinations(numbers, size):
            kept = frozenset(chosen)
            if all(statements[number].parent in kept or statements[number].parent == -1 for number in kept):
                yield kept


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_left_parses_to_exactly_the_kept_statements_on_their_lines(text):
    source = text.encode()
    statements = extract_facts(source, "x.py").statements
    for kept in islice(_choices(statements), _LIMIT):
        left = without(source, "x.py", statements, kept).decode()
        assert left.count("\n") == text.replace("\r\n", "\n").count("\n")
        found, expected = ast.parse(left), _cut(ast.parse(text), kept)
        assert ast.dump(found) == ast.dump(expected), left
        lines = [node.lineno for node in ast.walk(found) if hasattr(node, "lineno") and not isinstance(node, ast.Pass)]
        assert lines == [
            node.lineno for node in ast.walk(expected) if hasattr(node, "lineno") and not isinstance(node, ast.Pass)
        ], left


def test_columns_stay_where_nothing_before_is_cut():
    left = without(
        b"a = 1; bb = 2; c = 3\n", "x.py", extract_facts(b"a = 1; bb = 2; c = 3\n", "x.py").statements, frozenset({0, 2})
    )
    assert left == b"a = 1;         c = 3\n"


def test_encoding_cookie_and_byte_order_mark_stay():
    source = "# -*- coding: latin-1 -*-\na = 'é'\nb = 'ü'\n".encode("latin-1")
    left = without(source, "x.py", extract_facts(source, "x.py").statements, frozenset({1}))
    assert left == "# -*- coding: latin-1 -*-\n\nb = 'ü'\n".encode("latin-1")
    source = b"\xef\xbb\xbfa = 1\nb = 2\n"
    left = without(source, "x.py", extract_facts(source, "x.py").statements, frozenset({1}))
    assert left == b"\xef\xbb\xbf\nb = 2\n"
