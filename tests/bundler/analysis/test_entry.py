"""Entry points by name: what is found, and what is said where nothing is."""

from __future__ import annotations

import pytest
from clustrix_bundle.bundler.errors import SourceError, TargetError


@pytest.mark.parametrize(
    ("source", "qualname", "line"),
    [
        ("def f(): pass\n", "f", 1),
        ("\nasync def f(): pass\n", "f", 2),
        ("class C:\n    def m(self): pass\n", "C.m", 2),
        ("class C:\n    class D:\n        @staticmethod\n        def m(): pass\n", "C.D.m", 4),
        ("class C:\n    def __call__(self): pass\n", "C", 1),
        ("def g(): pass\nf = g\n", "f", 2),
        ("import functools\nf = functools.partial(print, 1)\n", "f", 2),
        ("if True:\n    def f(): pass\nelse:\n    f = None\n", "f", 2),
        ("def f(): pass\ndef f(): return 2\n", "f", 2),
        ("class B:\n    def m(self): pass\nclass C(B): pass\n", "C.m", 3),
        ("class C:\n    m = lambda self: 1\n", "C.m", 2),
        ("def make():\n    global f\n    def f(): pass\nmake()\n", "f", 0),
        ("def __getattr__(name): return print\n", "f", 0),
        ("from helper import g as f\n", "f", 0),
        ("from helper import *\n", "g", 0),
        ("for f in [print]: pass\n", "f", 1),
        ("with open('x') as f: pass\n", "f", 1),
    ],
)
def test_functions_are_found_however_they_are_bound(analyze, source, qualname, line):
    graph = analyze(f"main:{qualname}", {"main.py": source, "helper.py": "def g(): pass\n"})
    assert (graph.entry.qualname, graph.entry.line) == (qualname, line)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("main", "names no function"),
        ("main.py", r"main\.py:main"),
        (":f", "names no function"),
        ("main:", "names no function"),
        ("main:f()", "no function's name"),
        ("ma-in:f", "neither a module's name nor"),
        ("main:helpr", "helper"),
        ("main:C.nothing", "class C"),
        ("main:outer.inner", "is a function"),
        ("main:inner", r"inside outer\(\)"),
        ("main:X", "is a constant"),
        ("main:f.<locals>.g", "bundle"),
        ("nope:f", "no module 'nope'"),
        ("mian:f", "did you mean main"),
        ("scripts/nope.py:run", r"nope\.py"),
        ("scripts/yess.py:run", r"yes\.py"),
        ("nofolder/yes.py:run", "no folder"),
        ("scripts:run", "without __init__"),
        ("scripts/:run", "is a folder"),
        ("data.txt:run", "Python file|neither"),
        ("./data.txt:run", "no Python file"),
        ("math:sqrt", "standard library"),
        ("os.path:join", "standard library"),
        ("clustrix_bundle:cluster_ls", "runtime"),
        ("pkg.nope:f", "no module 'pkg.nope'"),
        ("pkg.modd:f", r"pkg\.mod"),
        ("typed:f", r"typed\.pyi"),
    ],
)
def test_what_is_not_there_is_said_with_what_is_like_it(analyze, target, said):
    files = {
        "main.py": "X = 3\ndef helper(): pass\ndef outer():\n    def inner(): pass\nclass C:\n    def m(self): pass\n",
        "scripts/yes.py": "def run(): pass\n",
        "pkg/__init__.py": "",
        "pkg/mod.py": "",
        "data.txt": "",
        "typed.pyi": "",
    }
    with pytest.raises(TargetError, match=said):
        analyze(target, files)


def test_a_compiled_module_has_no_source_to_ship(analyze, bare_interpreter):
    with pytest.raises(TargetError, match="compiled"):
        analyze("fast:f", {f"fast{bare_interpreter.extension_suffixes[0]}": b""})


def test_a_function_of_an_installed_package_is_not_the_projects_code(analyze, tmp_path, write_tree, bare_interpreter):
    from dataclasses import replace

    site = write_tree(tmp_path / "site-packages", {"lib/__init__.py": "def f(): pass\n"})
    with pytest.raises(TargetError, match="installed package"):
        analyze("lib:f", {}, interpreter=replace(bare_interpreter, site_folders=(str(site),)))


def test_a_target_in_a_file_that_is_no_python_names_the_line(analyze):
    with pytest.raises(SourceError) as caught:
        analyze("main:f", {"main.py": "x = 1\nx = (\n"})
    assert caught.value.path.endswith("main.py")
    assert caught.value.line >= 2


def test_a_file_outside_the_chosen_root_is_refused(analyze, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(TargetError, match="--root"):
        analyze("main.py:f", {"main.py": "def f(): pass\n"}, root=other)
