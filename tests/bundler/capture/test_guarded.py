"""Which names of a program hold what its main guard has bound."""

from __future__ import annotations

import types

from clustrix_bundle.bundler.capture.guarded import guarded_names, outermost
from clustrix_bundle.bundler.facts.extract import extract_facts

SOURCE = b"""
import math
def both(): return 1
def above(): return 1
X = 1
if __name__ == "__main__":
    import json
    if X:
        def both():
            return 2
    else:
        def above(): return 2
    def below():
        return 3
    Y = 2
"""


def test_they_are_those_whose_value_a_statement_under_it_gave():
    main = types.ModuleType("__main__")
    exec(compile(SOURCE, "script.py", "exec"), main.__dict__)
    found = guarded_names(extract_facts(SOURCE, "script.py").statements, vars(main))
    assert found == {"json", "both", "below", "Y"}


def test_what_travels_with_a_statement_is_the_block_around_it_but_not_the_guard():
    statements = extract_facts(SOURCE, "script.py").statements
    around = {item.line: outermost(item, statements).line for item in statements}
    assert (around[9], around[13], around[3]) == (8, 13, 3)
