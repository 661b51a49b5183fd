import json
import re

import pytest


def test_the_tree_has_every_file_once_below_what_brings_it(command):
    answer = command("graph", "thermo.model:run")
    assert answer.code == 0
    assert answer.out.splitlines()[0] == "thermo.model:run  thermo/model.py"
    for name in ("thermo/__init__.py", "thermo/units.py"):
        assert len(re.findall(re.escape(name), answer.out)) == 1
    assert "line 1, import: from thermo import units" in answer.out


@pytest.mark.parametrize("arguments", [["--json"], ["--format", "json"], ["--json", "--format", "json"]])
def test_json_lists_files_with_kind_and_evidence(command, arguments):
    graph = command("graph", "thermo.model:run", *arguments).json
    assert {(f["path"], f["kind"], f["evidence"]) for f in graph["files"]} == {
        ("project/thermo/__init__.py", "module", "import"),
        ("project/thermo/model.py", "entry", None),
        ("project/thermo/units.py", "module", "import"),
    }
    assert {edge["imported"] for edge in graph["edges"]} >= {"project/thermo/units.py"}


def test_dot_is_one_digraph(command, bundle):
    text = command("graph", bundle, "--format", "dot").out
    assert text.startswith("digraph bundle {\n")
    assert text.endswith("}\n")
    assert '"project/thermo/model.py" -> "project/thermo/units.py" [style=solid' in text


def test_mermaid_is_a_flowchart(command, project):
    text = command("graph", "thermo.model:run", "--format", "mermaid").out
    lines = text.splitlines()
    assert lines[0] == "flowchart LR"
    assert '  n1(["thermo/model.py"])' in lines
    assert "  n1 --> n2" in lines


def test_quotes_and_brackets_in_names_do_no_harm(command, project):
    name = 'a"];b\\ <x>.txt'
    (project / name).write_text("")
    dot = command("graph", "thermo.model:run", "--include", "a*.txt", "--format", "dot").out
    assert '"project/a\\"];b\\\\ <x>.txt" [label=' in dot
    mermaid = command("graph", "thermo.model:run", "--include", "a*.txt", "--format", "mermaid").out
    assert '["a#34;#93;#59;b#92; #60;x#62;.txt"]' in mermaid


def test_it_can_be_written_to_a_file(command, project):
    answer = command("graph", "thermo.model:run", "--format", "dot", "-o", "g.dot", "--json")
    assert answer.json == {"ok": True, "path": "g.dot", "format": "dot"}
    assert (project / "g.dot").read_text().startswith("digraph")
    assert command("graph", "thermo.model:run", "-o", "g.json", "--format", "json").out == ""
    assert json.loads((project / "g.json").read_text())["ok"] is True
