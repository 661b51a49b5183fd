import importlib.resources
import json
from pathlib import Path

import jsonschema
import pytest
from clustrix_bundle.bundler.errors import BundleFormatError
from clustrix_bundle.bundler.graph import DependencyGraph, Edge, EntryPoint, Excluded, Note, PythonRange
from clustrix_bundle.bundler.report import BuiltWith, Report, parse_report, report_of

SCHEMA = json.loads(importlib.resources.files("clustrix_bundle.bundler").joinpath("schemas/report-1.json").read_text())


def graph():
    return DependencyGraph(
        EntryPoint("module", "project/m.py", "m", "f", 7),
        Path("/somewhere"),
        edges=[
            Edge("project/m.py", "project/b.py", 2, "import", "import b"),
            Edge("", "project/a", 0, "included", "*\udcff"),
            Edge("", "project/a", 0, "included", "*\udcff"),
        ],
        warnings=[Note("w2", "m.py", 9), Note("w1", "m.py", 3)],
        unresolved=[Note("u")],
        excluded=[Excluded("b", "secret"), Excluded("a", "ignored")],
        python=PythonRange((3, 8), None, (Note("walrus", "m.py", 1),)),
    )


def test_a_report_survives_its_text_and_fits_the_schema():
    report = report_of(graph(), BuiltWith("0.1.0", "3.11.7", "core"))
    assert parse_report(report.render()) == report
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(report.render()))
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(Report().render()))


def test_lists_are_sorted_and_without_duplicates():
    report = report_of(graph(), BuiltWith())
    assert [edge.imported for edge in report.edges] == ["project/a", "project/b.py"]
    assert [note.message for note in report.warnings] == ["w1", "w2"]
    assert [one.path for one in report.excluded] == ["a", "b"]
    assert report.entry_line == 7


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"schema":2}', b'{"schema":1}'])
def test_what_is_no_report_is_refused(text):
    with pytest.raises(BundleFormatError):
        parse_report(text)
