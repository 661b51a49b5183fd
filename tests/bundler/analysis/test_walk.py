"""Import statements, rule by rule (docs/analysis.md)."""

from __future__ import annotations

import zipfile

import pytest
from clustrix_bundle.bundler.errors import AnalysisError, SourceError


def test_every_package_on_the_way_to_a_module_ships(analyze, shipped):
    files = {
        "main.py": "import a.b.c\ndef f(): return a.b.c.X\n",
        "a/__init__.py": "import helper\n",
        "a/b/__init__.py": "",
        "a/b/c.py": "X = 1\n",
        "a/b/other.py": "",
        "helper.py": "",
        "unrelated.py": "",
    }
    assert shipped(analyze("main:f", files)) == {"main.py", "a/__init__.py", "a/b/__init__.py", "a/b/c.py", "helper.py"}


def test_the_parents_of_the_entry_module_ship_and_are_followed(analyze, shipped):
    files = {
        "pkg/__init__.py": "from . import setup_logging\n",
        "pkg/setup_logging.py": "",
        "pkg/mod.py": "def f(): pass\n",
        "pkg/x.py": "",
    }
    assert shipped(analyze("pkg.mod:f", files)) == {"pkg/__init__.py", "pkg/setup_logging.py", "pkg/mod.py"}


def test_a_name_taken_from_a_package_is_a_submodule_where_there_is_one(analyze, shipped):
    files = {
        "main.py": "from pkg import sub, VALUE\ndef f(): pass\n",
        "pkg/__init__.py": "VALUE = 1\n",
        "pkg/sub.py": "",
        "pkg/more.py": "",
    }
    assert shipped(analyze("main:f", files)) == {"main.py", "pkg/__init__.py", "pkg/sub.py"}


@pytest.mark.parametrize(
    "exported",
    [
        "__all__ = ['one', 'two']",
        "__all__ = ['one']\n__all__ += ('two',)",
        "__all__ = ['one']\n__all__.append('two')",
        "__all__ = list(['one'] + ['two'])",
    ],
)
def test_a_star_follows_what_the_package_exports(analyze, shipped, exported):
    files = {
        "main.py": "from pkg import *\ndef f(): pass\n",
        "pkg/__init__.py": exported,
        "pkg/one.py": "",
        "pkg/two.py": "",
        "pkg/three.py": "",
    }
    assert shipped(analyze("main:f", files)) == {"main.py", "pkg/__init__.py", "pkg/one.py", "pkg/two.py"}


def test_a_star_of_a_package_whose_exports_are_computed_takes_every_submodule(analyze, shipped):
    files = {
        "main.py": "from pkg import *\ndef f(): pass\n",
        "pkg/__init__.py": "__all__ = [n for n in names()]\n",
        "pkg/one.py": "",
        "pkg/two.py": "",
    }
    assert shipped(analyze("main:f", files)) == {"main.py", "pkg/__init__.py", "pkg/one.py", "pkg/two.py"}


def test_relative_imports_climb_as_python_climbs(analyze, shipped):
    files = {
        "a/__init__.py": "",
        "a/top.py": "",
        "a/b/__init__.py": "",
        "a/b/c.py": "from .. import top\nfrom . import d\nfrom .d import X\ndef f(): pass\n",
        "a/b/d.py": "X = 1\n",
        "top.py": "",
    }
    assert shipped(analyze("a.b.c:f", files)) == {"a/__init__.py", "a/top.py", "a/b/__init__.py", "a/b/c.py", "a/b/d.py"}


def test_imports_in_every_scope_are_followed(analyze, shipped):
    files = {
        "main.py": """
            def f():
                import one
                def inner():
                    import two
                class C:
                    import three
                    def method(self):
                        import four
                return lambda: __import__
            """,
        **{f"{name}.py": "" for name in ("one", "two", "three", "four", "five")},
    }
    assert shipped(analyze("main:f", files)) == {"main.py", "one.py", "two.py", "three.py", "four.py"}


def test_what_only_a_type_checker_imports_stays(analyze, shipped):
    files = {
        "main.py": """
            from typing import TYPE_CHECKING
            import typing as t
            if TYPE_CHECKING:
                import one
                from nowhere import X
            if t.TYPE_CHECKING:
                import one
            if not TYPE_CHECKING:
                import two
            def f(): pass
            """,
        "one.py": "",
        "two.py": "",
    }
    graph = analyze("main:f", files)
    assert shipped(graph) == {"main.py", "two.py"}
    assert graph.warnings == []


def test_the_main_guard_of_an_imported_module_is_not_followed(analyze, shipped):
    files = {
        "main.py": "import tool\ndef f(): pass\n",
        "tool.py": "if __name__ == '__main__':\n    import cli\n    def run():\n        import deep\nelse:\n    import lib\n",
        "cli.py": "",
        "deep.py": "",
        "lib.py": "",
    }
    assert shipped(analyze("main:f", files)) == {"main.py", "tool.py", "lib.py"}


def test_circular_imports_end(analyze, shipped):
    files = {"a.py": "import b\ndef f(): pass\n", "b.py": "import c\n", "c.py": "import a\n"}
    assert shipped(analyze("a:f", files)) == {"a.py", "b.py", "c.py"}


def test_a_local_module_shadows_the_standard_library(analyze, shipped):
    files = {
        "main.py": "import statistics, os\ndef f(): pass\n",
        "statistics.py": "import colorsys\n",
        "colorsys.py": "",
        "os.py": "",
    }
    assert shipped(analyze("main:f", files)) == {"main.py", "statistics.py", "colorsys.py"}


def test_a_namespace_package_spans_source_roots(analyze, shipped, tmp_path, write_tree):
    other = write_tree(tmp_path / "other", {"ns/two.py": "", "ns/three.py": ""})
    files = {"main.py": "import ns.one\nfrom ns import two\ndef f(): pass\n", "ns/one.py": ""}
    graph = analyze("main:f", files, python_path=(str(other),))
    assert shipped(graph) == {"main.py", "ns/one.py", "extra/1-other/ns/two.py"}
    assert graph.sys_path == ("project", "extra/1-other")


def test_an_empty_namespace_package_ships_as_a_folder(analyze):
    graph = analyze("main:f", {"main.py": "import ns\ndef f(): pass\n", "ns/data.txt": ""})
    assert graph.nodes["project/ns"].kind == "dir"


def test_a_src_layout_is_found_from_the_project_root(analyze, shipped):
    files = {
        "pyproject.toml": "",
        "src/pkg/__init__.py": "",
        "src/pkg/mod.py": "import pkg.other\ndef f(): pass\n",
        "src/pkg/other.py": "",
    }
    graph = analyze("pkg.mod:f", files)
    assert shipped(graph) == {"src/pkg/__init__.py", "src/pkg/mod.py", "src/pkg/other.py"}
    assert graph.sys_path == ("project/src",)


def test_a_missing_module_that_is_surely_imported_is_an_error_with_its_chain(analyze):
    files = {"main.py": "import a\ndef f(): pass\n", "a.py": "\nfrom b import x\n", "b.py": "x = 1\nimport nowhere.deep\n"}
    with pytest.raises(AnalysisError) as caught:
        analyze("main:f", files)
    assert caught.value.path.endswith("b.py")
    assert caught.value.line == 2
    text = str(caught.value)
    assert "nowhere" in text
    assert text.index("main.py (entry point)") < text.index("a.py (import a") < text.index("b.py (from b import x")


@pytest.mark.parametrize(
    "body",
    [
        "try:\n    import nowhere\nexcept KeyError:\n    nowhere = None\ndef f(): pass\n",
        "import sys\nif sys.platform == 'win32':\n    import nowhere\ndef f(): pass\n",
        "def helper():\n    import nowhere\ndef f(): pass\n",
        "def f(x=1):\n    if x:\n        import nowhere\n",
        "def f(x=1):\n    return x\n    import nowhere\n",
    ],
)
def test_elsewhere_a_missing_module_is_a_warning_with_file_and_line(analyze, body):
    graph = analyze("main:f", {"main.py": body})
    lines = [number for number, line in enumerate(body.splitlines(), 1) if "import nowhere" in line]
    assert [(note.path, note.line) for note in graph.warnings] == [("main.py", line) for line in lines]
    assert "nowhere" in graph.warnings[0].message


def test_an_import_that_the_code_does_without_is_reported_and_not_told(analyze):
    body = "try:\n    import nowhere\nexcept ImportError:\n    nowhere = None\ndef f(): pass\n"
    graph = analyze("main:f", {"main.py": body})
    assert graph.warnings == []
    assert [(note.path, note.line) for note in graph.unresolved] == [("main.py", 2)]


def test_a_missing_module_that_stands_in_an_archive_is_told_with_its_place(analyze, tmp_path):
    (tmp_path / "project").mkdir()
    with zipfile.ZipFile(tmp_path / "project" / "mods.zip", "w") as archive:
        archive.writestr("packed/__init__.py", "")
    files = {"main.py": "import sys\nimport packed\nPATHS = ['lib/none.zip', 'mods.zip']\ndef f(): pass\n"}
    with pytest.raises(AnalysisError, match=r"mods.zip, and modules do not travel from archives: unpack it"):
        analyze("main:f", files)


def test_a_missing_module_in_the_body_of_the_entry_function_is_an_error(analyze):
    with pytest.raises(AnalysisError, match="nowhere"):
        analyze("main:f", {"main.py": "def f():\n    import nowhere\n"})
    with pytest.raises(AnalysisError, match="nowhere"):
        analyze("main:C.f", {"main.py": "class C:\n    def f(self):\n        import nowhere\n    def g(self): pass\n"})
    assert analyze("main:C.g", {}).warnings


def test_a_missing_module_behind_an_optional_import_is_no_error(analyze):
    files = {
        "main.py": "try:\n    import fast\nexcept ImportError:\n    fast = None\ndef f(): pass\n",
        "fast.py": "import nowhere\n",
    }
    assert [note.path for note in analyze("main:f", files).warnings] == ["fast.py"]


def test_a_name_that_a_package_lacks_is_an_error(analyze):
    files = {"main.py": "from pkg import sub\ndef f(): pass\n", "pkg/__init__.py": "import os\n"}
    with pytest.raises(AnalysisError, match="sub"):
        analyze("main:f", files)


@pytest.mark.parametrize(
    "init",
    [
        "def __getattr__(name): return name\n",
        "globals()['sub'] = 1\n",
        "from os import *\n",
        "from ._inner import *\n",
        "def make():\n    global sub\n    sub = 1\nmake()\n",
        "import sys\nsys.modules[__name__] = object()\n",
        "for sub in (): pass\n",
        "with open('x') as sub: pass\n",
        "try:\n    pass\nexcept OSError as sub:\n    pass\n",
        "class sub: pass\n",
        "(sub := 1)\n",
    ],
)
def test_a_name_that_a_package_may_have_is_none(analyze, init):
    files = {"main.py": "from pkg import sub\ndef f(): pass\n", "pkg/__init__.py": init, "pkg/_inner.py": "sub = 1\n"}
    analyze("main:f", files)


def test_a_relative_import_in_a_script_is_an_error(analyze):
    with pytest.raises(AnalysisError, match="package"):
        analyze("main.py:f", {"main.py": "from . import x\ndef f(): return x\n", "x.py": ""})


def test_a_module_that_is_no_python_is_an_error_with_its_line(analyze):
    with pytest.raises(SourceError) as caught:
        analyze("main:f", {"main.py": "import bad\ndef f(): pass\n", "bad.py": "x = 1\ndef (:\n"})
    assert caught.value.path.endswith("bad.py")
    assert caught.value.line == 2


def test_a_module_that_is_no_python_and_may_never_be_imported_ships_with_a_warning(analyze, shipped):
    files = {"main.py": "def g():\n    import bad\ndef f(): pass\n", "bad.py": "print 1\n"}
    graph = analyze("main:f", files)
    assert shipped(graph) == {"main.py", "bad.py"}
    assert [note.path for note in graph.warnings] == ["bad.py"]


def test_a_stub_alone_is_no_module(analyze):
    with pytest.raises(AnalysisError, match=r"fast\.pyi"):
        analyze("main:f", {"main.py": "import fast\ndef f(): pass\n", "fast.pyi": "x: int\n"})


def test_a_compiled_module_ships(analyze, shipped, bare_interpreter):
    suffix = bare_interpreter.extension_suffixes[0]
    files = {"main.py": "import fast\ndef f(): pass\n", f"fast{suffix}": b"\x7fELF", "fast.py": "import nowhere\n"}
    assert shipped(analyze("main:f", files)) == {"main.py", f"fast{suffix}"}


def test_the_runtime_serves_our_own_package_unless_the_project_has_one(analyze, shipped):
    files = {"main.py": "import clustrix_bundle\nfrom clustrix import cluster\ndef f(): pass\n"}
    graph = analyze("main:f", files)
    assert shipped(graph) == {"main.py"}
    assert graph.requirements == []
    assert shipped(analyze("main:f", {"clustrix/__init__.py": "cluster = 1\n"})) == {"main.py", "clustrix/__init__.py"}


def test_what_an_ignore_comment_stands_beside_is_not_followed(analyze, shipped):
    files = {"main.py": "import gone  # clustrix: ignore\nimport kept\ndef f(): pass\n", "kept.py": ""}
    assert shipped(analyze("main:f", files)) == {"main.py", "kept.py"}


def test_an_include_comment_ships_what_it_names(analyze, shipped):
    files = {
        "pkg/__init__.py": "",
        "pkg/mod.py": "def f(): pass  # clustrix: include plugins/*.py notes.txt\n",
        "plugins/a.py": "import helper\n",
        "plugins/b.py": "",
        "helper.py": "",
        "pkg/notes.txt": "n",
    }
    graph = analyze("pkg.mod:f", files)
    assert shipped(graph) == {"pkg/__init__.py", "pkg/mod.py", "plugins/a.py", "plugins/b.py", "helper.py", "pkg/notes.txt"}
    assert {edge.evidence for edge in graph.edges if edge.imported == "project/plugins/a.py"} == {"included"}


def test_a_script_ships_as_main_with_its_folder_on_the_path(analyze, shipped):
    files = {"scripts/run.py": "import reader\ndef f(): return reader\n", "scripts/reader.py": "", "reader.py": ""}
    graph = analyze("scripts/run.py:f", files)
    assert shipped(graph) == {"scripts/run.py", "scripts/reader.py"}
    assert graph.sys_path == ("project/scripts",)
    assert (graph.entry.kind, graph.entry.module, graph.entry.member) == ("main", "__main__", "project/scripts/run.py")


def test_a_file_below_a_package_means_the_module(analyze, shipped):
    files = {"pkg/__init__.py": "", "pkg/mod.py": "from . import other\ndef f(): pass\n", "pkg/other.py": ""}
    graph = analyze("pkg/mod.py:f", files)
    assert shipped(graph) == {"pkg/__init__.py", "pkg/mod.py", "pkg/other.py"}
    assert (graph.entry.kind, graph.entry.module) == ("module", "pkg.mod")


def test_a_script_that_its_helper_imports_back_ships_whole_beside_its_slice(analyze, shipped):
    files = {
        "run.py": "import helper\nX = 1\ndef f(): return helper\n",
        "helper.py": "def g():\n    import run\n    return run.X\n",
    }
    graph = analyze("run.py:f", files)
    assert shipped(graph) == {"run.py", "helper.py"}
    assert b"X = 1" in graph.nodes["project/run.py"].content


def test_the_working_directory_is_a_member_folder(analyze):
    files = {"pyproject.toml": "", "pkg/__init__.py": "", "pkg/mod.py": "def f(): pass\n", "work": None}
    graph = analyze("../pkg/mod.py:f", files, cwd="work")
    assert graph.cwd == "project/work"
    assert graph.nodes["project/work"].kind == "dir"
