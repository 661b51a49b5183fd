import hashlib
import html.parser
import os
from pathlib import Path

import pytest
from clustrix_bundle.bundler.graph import Edge, Excluded, FilesystemCall, Note, Requirement
from clustrix_bundle.bundler.package import FilePackager


@pytest.fixture
def rich(hand_graph, tmp_path):
    """A bundle with everything that can be shown, and names that would do harm if they were not escaped."""
    member = "project/data/<script>alert(1)</script>\x1b[31m.csv"
    graph = hand_graph(
        tmp_path / "p",
        data={member: b"x" * 1500, "project/\udcff": b""},
        links={"project/l": "data"},
        dirs=["project/empty"],
        edges=[Edge("project/pkg/mod.py", member, 2, "data", 'open("<b>")')],
        requirements=[Requirement("numpy", "1.26.4", ("numpy",), (), True, "vcs", "https://example.org/&")],
        filesystem_calls=[FilesystemCall("cluster_ls", "d", None, "project/pkg/mod.py", 3, 'cluster_ls("d")')],
        warnings=[Note("careful", "pkg/mod.py", 4)],
        excluded=[Excluded("data/.env", "secret")],
    )
    return FilePackager(tmp_path / "rich").package_dependencies(graph).package_path


def test_json_lists_every_file_with_digest_size_kind_and_reason(command, bundle):
    shown = command("inspect", bundle, "--json").json
    assert shown["ok"] is True
    assert (shown["path"], shown["size"]) == (bundle, os.path.getsize(bundle))
    files = {file["path"]: file for file in shown["files"]}
    source = (command.cwd / "thermo/units.py").read_bytes()
    units = files["project/thermo/units.py"]
    assert (units["sha256"], units["size"], units["kind"]) == (hashlib.sha256(source).hexdigest(), len(source), "module")
    assert (units["why"]["importer"], units["why"]["line"], units["why"]["evidence"]) == ("project/thermo/model.py", 1, "import")
    assert shown["entry"]["qualname"] == "run"


def test_people_see_sizes_reasons_and_lists(command, rich):
    answer = command("inspect", rich)
    assert answer.code == 0
    for text in (
        "pkg.mod:f",
        "1.5 kB",
        "numpy==1.26.4",
        "cluster_ls",
        "careful",
        "data/.env",
        "l -> data",
        'pkg/mod.py:2  data  open("<b>")',
    ):
        assert text in answer.out
    assert "\x1b" not in answer.out
    assert "\\x1b[31m" in answer.out
    assert "\\xff" in answer.out


def test_a_name_that_is_no_text_passes_through_json(command, rich):
    assert "project/\udcff" in [file["path"] for file in command("inspect", rich, "--json").json["files"]]


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.text = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "action")]

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_stands_alone_and_runs_nothing(command, rich, tmp_path):
    answer = command("inspect", rich, "--html", tmp_path / "page.html", "--json")
    assert answer.json["html"] == str(tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text())
    assert not {"script", "img", "iframe", "b", "link"} & page.tags
    assert page.links == []
    text = "".join(page.text)
    for words in ("<script>alert(1)</script>\\x1b[31m.csv", 'open("<b>")', "https://example.org/&", "1.5 kB", "Left out"):
        assert words in text


@pytest.mark.parametrize(("content", "says"), [(b"", "the file is empty"), (b"hello", "not a bundle"), (None, "cut short")])
def test_what_is_no_bundle_is_refused(command, bundle, content, says):
    path = Path(bundle)
    path.write_bytes(path.read_bytes()[:200] if content is None else content)
    answer = command("inspect", path, "--json")
    assert answer.code == 5
    assert answer.json["error"]["type"] == "BundleFormatError"
    assert says in answer.err
    verdict = command("verify", path)
    assert verdict.code == 5
    assert says in verdict.err
    assert f"{path}: {path}" not in verdict.err


def test_a_bundle_of_a_newer_schema_asks_for_an_upgrade(command, tmp_path):
    import zstandard
    from clustrix_bundle.bundler.archive import END_OF_ARCHIVE, file_header, padding

    text = b'{"schema":99}\n'
    blocks = file_header("manifest.json", len(text)) + text + padding(len(text)) + END_OF_ARCHIVE
    (tmp_path / "new.tar.zst").write_bytes(zstandard.ZstdCompressor().compress(blocks))
    answer = command("inspect", tmp_path / "new.tar.zst")
    assert answer.code == 5
    assert "upgrade" in answer.err


@pytest.mark.parametrize("options", [["inspect", "BUNDLE", "--html"], ["graph", "BUNDLE", "-o"]], ids=lambda words: words[0])
def test_a_place_that_cannot_be_written_is_named_and_a_missing_folder_made(command, bundle, project, options):
    command_line = [bundle if word == "BUNDLE" else word for word in options]
    refused = command(*command_line, "/proc/none/page")
    assert refused.code == 3
    assert "cannot write" in refused.err and "/proc/none/page" in refused.err
    assert "Traceback" not in refused.err
    assert command(*command_line, "new/page").code == 0
    assert (project / "new" / "page").read_text()


@pytest.mark.parametrize("words", [["run"], ["graph"], ["why", "thermo/units.py"], ["why-not", "thermo/units.py"], ["submit"]])
def test_options_of_an_analysis_are_refused_beside_a_bundle(command, bundle, words):
    answer = command(words[0], bundle, *words[1:], "--include", "thermo/*")
    assert answer.code == 2
    assert "--include" in answer.err


def test_what_is_unresolved_and_warned_of_is_shown_once(command, project):
    (project / "thermo" / "lazy.py").write_text("def run():\n    return 1\n\n\ndef rare():\n    import nowhere\n")
    built = command("build", "thermo.lazy:run")
    path = built.out.splitlines()[0]
    assert built.out.count("no module 'nowhere'") == 1
    assert command("inspect", path).out.count("no module 'nowhere'") == 1
    assert len(command("inspect", path, "--json").json["unresolved"]) == 1
