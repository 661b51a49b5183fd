"""A project's root moves up for what the code opens around it, not for a folder that merely holds it."""

from __future__ import annotations

PATHS = {"home/proj/pyproject.toml": "", "home/other/x.csv": "1\n", "home/shared/y.csv": "2\n"}


def test_naming_the_folder_above_moves_no_root(analyze):
    code = "from pathlib import Path\n\nABOVE = Path(__file__).resolve().parents[1]\n\n\ndef f():\n    return ABOVE.exists()\n"
    graph = analyze("m:f", {**PATHS, "home/proj/m.py": code}, cwd="home/proj")
    assert set(graph.nodes) == {"project/m.py"}


def test_a_file_beside_the_project_moves_it(analyze):
    code = "def f():\n    return open('../shared/y.csv').read()\n"
    graph = analyze("m:f", {**PATHS, "home/proj/m.py": code}, cwd="home/proj")
    assert set(graph.nodes) == {"project/proj/m.py", "project/shared/y.csv"}
