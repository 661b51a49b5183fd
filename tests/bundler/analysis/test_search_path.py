from __future__ import annotations

import pytest
from clustrix_bundle.bundler.analysis.search_path import search_path_lines
from clustrix_bundle.bundler.facts.extract import extract_facts


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("import sys\nsys.path.insert(0, x)\n", {2}),
        ("import sys as s\ns.path.append(x)\n", {2}),
        ("from sys import path\npath.extend(x)\n", {2}),
        ("import sys\np = sys.path\np.append(x)\n", {3}),
        ("import sys\nsys.path += [x]\n", {2}),
        ("import sys\nsys.path[:0] = [x]\n", {2}),
        ("import sys\nsys.path = [x]\n", {2}),
        ("import sys\nsys.modules['a'] = x\n", {2}),
        ("import sys\n(sys).path.append(x)\n", {2}),
        ("import sys\nsys . \\\n path.append(x)\n", {2}),
        ("import sys\n(sys # here\n.path.append)(x)\n", {2}),
        ("import sys\nsys.meta_path.insert(0, x)\n", {2}),
        ("import site\nsite.addsitedir(x)\n", {2}),
        ("import sys\nm = sys.modules[__name__]\nprint(sys.path)\n", set()),
        ("import os\nos.path.join(x)\npath = []\npath.append(x)\n", set()),
    ],
)
def test_only_what_changes_the_search_counts(source, lines):
    facts = extract_facts(source.encode(), "m.py")
    assert search_path_lines(facts) == lines
    assert facts.hooks or not lines


def test_most_modules_say_at_a_glance_that_they_leave_the_search_path_alone():
    source = "import os, sys\nprint(os.path.join(sys.argv[0]), re.modules)\nsys.stdout.write('')\n"
    assert not extract_facts(source.encode(), "m.py").hooks
