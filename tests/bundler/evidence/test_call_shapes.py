"""Calls that look unlike any that could mean a known function are passed over; those that could are not."""

import pytest
from clustrix_bundle.bundler.evidence import openers
from clustrix_bundle.bundler.evidence.call_shapes import is_of_import, shape_of
from clustrix_bundle.bundler.facts.extract import extract_facts
from clustrix_bundle.bundler.folding.names import ModuleNames
from clustrix_bundle.bundler.analysis.world import LoadedModule
from pathlib import Path


def shapes(source):
    facts = extract_facts(source.encode(), "m.py")
    names = ModuleNames(LoadedModule("m", Path("/nowhere/m.py"), "", is_package=False, source=source.encode(), facts=facts))
    return [shape_of(call, names) for call in facts.calls]


@pytest.mark.parametrize(
    "call",
    [
        "x.replace('a', 'b')", "x.copy()", "match.group(1)", "x.load()", "x.read(10)", "x.to_csv(None)", "parse(lambda: 1)", "savefig(2.5)",
    ],
)  # fmt: skip
def test_a_call_without_anything_to_open_is_no_opening(call):
    assert not any(map(openers.is_plausible, shapes(call)))


@pytest.mark.parametrize(
    "call",
    [
        "x.replace(target)", "x.replace(target='b')", "x.group()", "x.load('a')", "x.load(path=name)", "x.read(*args)", "x.save(**options)",
        "open(name)", "listdir()", "x.exists()", "x.open('rb')", "x.copy(target)", "import os\nos.replace('a', 'b')",
        "from m import *\nos.replace('a', 'b')", "load([a, b])",
    ],
)  # fmt: skip
def test_a_call_that_may_open_something_is_looked_at(call):
    assert all(map(openers.is_plausible, shapes(call)))


def test_a_method_is_a_modules_function_only_where_its_receiver_may_be_a_module():
    calls = ["a.b.run()", "c.run()", "d()", "run()", "x.run()", "self.x.run()", "x[0].run()"]
    source = "\n    ".join(["import a.b\nc = a.b\nd = a.b.run\ndef f(x, self):", *calls])
    assert [is_of_import(shape) for shape in shapes(source)] == [True, True, True, True, False, False, False]


def test_a_function_that_goes_by_another_name_is_found_by_it(shipped):
    files = {
        "m.py": """
            import os
            import subprocess as system
            move = os.replace
            start = system.run
            def f():
                move("in/a.txt", "out/a.txt")
                start(["sh", "tools/go.sh"])
        """,
        "in/a.txt": "a",
        "tools/go.sh": "true",
    }
    assert shipped("m:f", files) >= {"in/a.txt", "tools/go.sh"}


def test_a_file_that_a_function_opens_ships_however_the_function_is_given_its_name(shipped):
    files = {
        "m.py": """
            from functools import partial
            from loaders import by_thread, called, handed, never, renamed
            from pool import run
            same = renamed
            def f():
                run(handed, ["data/handed.txt"])
                partial(by_thread, "data/partial.txt")()
                return called("data/called.txt") + same("data/renamed.txt")
        """,
        "pool.py": "def run(function, items):\n    return list(map(function, items))\n",
        "loaders.py": "\n".join(
            f"def {name}(path):\n    with open(path) as f:\n        return f.read()\n"
            for name in ("by_thread", "called", "handed", "never", "renamed")
        ),
        "data/handed.txt": "",
        "data/partial.txt": "",
        "data/called.txt": "",
        "data/renamed.txt": "",
        "data/other.txt": "",
    }
    assert {f"data/{name}.txt" for name in ("handed", "partial", "called", "renamed")} <= shipped("m:f", files)


def test_an_opener_that_a_local_module_hands_on_is_found_by_every_form_of_import(shipped):
    files = {
        "pkg/__init__.py": "",
        "pkg/compat.py": "import json\nfrom gzip import open as open_zipped\nfrom io import open\nload = json.load\ndef read(path): return path\n",
        "pkg/work.py": """
            import pkg.compat
            from pkg import compat as other
            from . import compat
            from .compat import open_zipped, read
            def f():
                read("data/local.bin")
                return open_zipped("data/a.gz"), compat.open("data/b.txt"), other.open_zipped("data/c.gz"), pkg.compat.open("data/d.txt")
        """,
        **{f"data/{name}": "" for name in ("a.gz", "b.txt", "c.gz", "d.txt")},
    }
    assert {"data/a.gz", "data/b.txt", "data/c.gz", "data/d.txt"} <= shipped("pkg.work:f", files)
