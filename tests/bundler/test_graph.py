"""What a graph answers when it is asked."""

from __future__ import annotations

import pytest
from clustrix_bundle.bundler.analysis.analyzer import DependencyAnalyzer
from clustrix_bundle.bundler.analysis.context import AnalysisContext
from clustrix_bundle.bundler.settings import Settings


@pytest.fixture
def graph(tmp_path, write_tree, bare_interpreter):
    root = write_tree(
        tmp_path / "project",
        {
            "main.py": "import pkg.a\ndef f(): return open('data/x.csv'), open('big.bin') if pkg else None\n",
            "pkg/__init__.py": "",
            "pkg/a.py": "\nimport pkg.b\n",
            "pkg/b.py": "",
            "pkg/c.py": "",
            "data/x.csv": "",
            "data/y.csv": "",
            "key.pem": "",
            "left.py": "",
            "huge.bin": b"x" * 5000,
            "big.bin": "",
        },
    )
    context = AnalysisContext(
        cwd=root, interpreter=bare_interpreter, settings=Settings(exclude=("left.py",), max_file_size=4000), home=tmp_path
    )
    return DependencyAnalyzer(context).analyze_target("main:f")


def test_modules_and_data_are_listed_apart(graph):
    assert [node.member for node in graph.modules()] == [
        "project/main.py",
        "project/pkg/__init__.py",
        "project/pkg/a.py",
        "project/pkg/b.py",
    ]
    assert [node.member for node in graph.data_files()] == ["project/big.bin", "project/data/x.csv"]


def test_why_is_the_chain_from_the_entry_point_on(graph):
    assert [(edge.importer, edge.imported, edge.line) for edge in graph.why("pkg/b.py")] == [
        ("project/main.py", "project/pkg/a.py", 1),
        ("project/pkg/a.py", "project/pkg/b.py", 2),
    ]
    assert graph.why("project/pkg/b.py") == graph.why(graph.root / "pkg" / "b.py") == graph.why("pkg/b.py")
    assert [edge.importer for edge in graph.why("data/x.csv")] == ["project/main.py"]
    assert graph.why("main.py") == []
    with pytest.raises(KeyError):
        graph.why("pkg/c.py")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("pkg/b.py", ""),
        ("pkg/c.py", "unreached"),
        ("project/pkg/c.py", "unreached"),
        ("key.pem", "key or certificate"),
        ("left.py", "excluded by left.py"),
        ("huge.bin", "max-file-size"),
        ("gone.py", "no such file"),
        ("/etc/hostname", "outside the project root"),
        ("pkg", "parts of it ship"),
    ],
)
def test_why_not_names_what_keeps_a_file_out(graph, path, said):
    answer = graph.why_not(path)
    assert said in answer if said else answer == ""
