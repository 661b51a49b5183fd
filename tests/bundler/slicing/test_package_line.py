"""A file that `-m` ran knows its package elsewhere, with every statement on its line."""

import ast

import pytest

from clustrix_bundle.bundler.slicing.package_line import with_package

FIRST = {
    "a docstring": '"""It says\nwhat it is."""\nfrom .helper import h\n',
    "a docstring, a future and a free line": '"""doc"""\nfrom __future__ import annotations\n\nfrom .helper import h\n',
    "a future": "from __future__ import annotations\ntry:\n    from .helper import h\nexcept ImportError: pass\n",
    "a free line": "\n\nimport os\nfrom .helper import h\n",
    "an import": "from .helper import h\nx = '''\n\n'''\n",
    "a comment and a decorated function": "#!/usr/bin/env python\n\n@staticmethod\ndef f(): pass\n",
    "a comment and an import": "# -*- coding: utf-8 -*-\nimport os\n",
}


@pytest.mark.parametrize("text", FIRST.values(), ids=FIRST)
def test_the_package_is_bound_first_and_no_statement_moves(text):
    found = ast.parse(with_package(text.encode(), "pkg.sub")).body
    kept = [item for item in found if "__package__" not in ast.dump(item)]
    assert [(item.lineno, ast.dump(item)) for item in kept] == [(item.lineno, ast.dump(item)) for item in ast.parse(text).body]
    position = found.index(next(item for item in found if item not in kept))
    assert all(isinstance(item, ast.Expr) or item.module == "__future__" for item in found[:position])


def test_nothing_else_is_touched():
    assert with_package(b"def f(): pass\n", "p") == b"__package__ = 'p'\ndef f(): pass\n"
    assert with_package(b"", "p").strip() == b"__package__ = 'p'"
