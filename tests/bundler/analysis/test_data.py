"""From a finding to the files that ship; what ignore rules say is given by hand here."""

from __future__ import annotations

import errno
import os

import pytest
from clustrix_bundle.bundler.analysis.context import AnalysisContext
from clustrix_bundle.bundler.analysis.data import DataFiles
from clustrix_bundle.bundler.analysis.found import Found
from clustrix_bundle.bundler.analysis.wishes import Wishes
from clustrix_bundle.bundler.analysis.world import FileFinding
from clustrix_bundle.bundler.errors import AnalysisError
from clustrix_bundle.bundler.layout import Layout
from clustrix_bundle.bundler.settings import Settings


class ByName:
    """Secret and ignored by a word in the name."""

    def secret(self, path):
        return "holds a secret" if "secret" in os.path.basename(path) else None

    def ignored(self, path):
        return self.secret(path) or ("ignored by a rule" if "ignored" in os.path.basename(path) else None)


@pytest.fixture
def project(tmp_path, write_tree):
    return write_tree(
        tmp_path / "project",
        {
            "data/a.csv": "1",
            "data/deep/b.csv": "2",
            "data/ignored.csv": "3",
            "data/secret.key": "4",
            "data/ignored_folder/c.csv": "5",
            "Config.json": "{}",
            "empty": None,
            "big.bin": b"x" * 2000,
        },
    )


@pytest.fixture
def data(project, bare_interpreter):
    settings = Settings(max_file_size=1000, exclude=("data/deep/",))
    context = AnalysisContext(cwd=project, interpreter=bare_interpreter, settings=settings)
    return DataFiles(Found(), Layout(project, [], project, None), Wishes(project, (), settings.exclude), context, ByName())


def names(paths, project):
    return sorted(os.path.relpath(path, project) for path in paths)


def test_a_named_file_ships_even_if_ignored_with_a_note(data, project):
    assert names(data.add(FileFinding(project / "data/ignored.csv", 3, "open"), "m.py"), project) == ["data/ignored.csv"]
    assert "although it is ignored" in next(iter(data.found.warnings)).message


def test_a_folder_brings_what_the_rules_let_in_and_says_what_stays(data, project):
    added = data.add(FileFinding(project / "data", 1, "listdir", whole=True), "m.py")
    assert names(added, project) == ["data/a.csv"]
    assert names(data.found.excluded, project) == [
        "data/deep/b.csv",
        "data/ignored.csv",
        "data/ignored_folder",
        "data/secret.key",
    ]
    data.add(FileFinding(project / "data", 5, "walk", whole=True), "m.py")
    assert [(note.line, "--include data/secret.key" in note.message) for note in data.found.warnings] == [(1, True)]


def test_a_secret_ships_only_by_an_exact_wish(data, project):
    secret = project / "data/secret.key"
    assert data.add(FileFinding(secret, 1, "open"), "m.py") == []
    with pytest.raises(AnalysisError, match="--include data/secret.key"):
        data.add(FileFinding(secret, 7, "open(KEY)", required=True), "m.py")
    assert data.include(str(secret), "", 0, "include", exact=False) == []
    assert names(data.include(str(secret), "", 0, "include", exact=True), project) == ["data/secret.key"]


def test_a_file_over_the_limit_names_itself_and_the_setting(data, project):
    with pytest.raises(AnalysisError, match=r"big\.bin.*max-file-size"):
        data.add(FileFinding(project / "big.bin", 2, "open"), "m.py")


def test_another_spelling_than_on_disk_is_said(data, project):
    with pytest.raises(AnalysisError, match=r"Config\.json"):
        data.add(FileFinding(project / "config.json", 2, "open", required=True), "m.py")
    assert data.add(FileFinding(project / "config.json", 2, "exists"), "m.py") == []
    assert "Config.json" in next(iter(data.found.warnings)).message


def test_names_that_differ_by_unicode_form_only_are_said(data, project):
    (project / "caf\u00e9.txt").write_text("")
    with pytest.raises(AnalysisError, match="tell the two apart"):
        data.add(FileFinding(project / "cafe\u0301.txt", 2, "open", required=True), "m.py")


def test_folders_that_are_written_into_ship_empty(data, project):
    assert data.add(FileFinding(project / "empty/out.csv", 2, "open(w)", written=True), "m.py") == []
    assert data.found.files[str(project / "empty")].kind == "dir"
    data.add(FileFinding(project / "new/out.csv", 2, "open(w)", written=True), "m.py")
    assert str(project / "new") not in data.found.files


def test_files_outside_are_said_and_system_files_are_not(data, project, tmp_path):
    (tmp_path / "other.txt").write_text("")
    data.add(FileFinding(tmp_path / "other.txt", 2, "open"), "m.py")
    data.add(FileFinding(project.__class__("/etc/hostname"), 3, "open"), "m.py")
    notes = [note for note in data.found.warnings if note.line == 3]
    assert notes == []
    assert data.found.files == {}


def test_relative_paths_tell_what_of_the_work_dir_may_be_meant(data, project):
    data.add(FileFinding(project / "gone/x.csv", 2, "open"), "m.py")
    data.add(FileFinding(project / "anchored/x.csv", 2, "open", anchored=True), "m.py")
    assert list(data.found.relative_names) == ["gone"]


def test_why_a_file_stays_can_be_asked(data, project):
    assert data.reason(str(project / "data/a.csv")) is None
    assert "secret" in data.reason(str(project / "data/secret.key"))
    assert "max-file-size" in data.reason(str(project / "big.bin"))
    assert "data/deep/" in data.reason(str(project / "data/deep/b.csv"))


def test_sockets_and_dead_links_are_passed_over(data, project):
    os.mkfifo(project / "empty/pipe")
    os.symlink("nowhere", project / "empty/dead")
    assert data.add(FileFinding(project / "empty", 2, "listdir", whole=True), "m.py") == []
    assert names(data.found.excluded, project) == ["empty/dead", "empty/pipe"]


def test_a_folder_that_holds_a_link_to_itself_ends(data, project):
    os.symlink(".", project / "empty/again")
    (project / "empty/x.txt").write_text("")
    assert names(data.add(FileFinding(project / "empty", 2, "listdir", whole=True), "m.py"), project) == ["empty/x.txt"]


@pytest.mark.parametrize("ignored", ["made/", "*.py", "made/backends/__init__.py"])
def test_what_ignore_rules_keep_out_of_a_folder_ships_where_it_is_surely_imported(analyze, shipped, ignored):
    files = {
        ".gitignore": f"{ignored}\n",
        "pyproject.toml": "",
        "made/__init__.py": "import os\n\ndef names():\n    return [found for found in os.walk(os.path.dirname(__file__))]\n",
        "made/backends/__init__.py": "VALUE = 1\n",
        "made/backends/unused.py": "",
        "main.py": "from made import names\nfrom made.backends import VALUE\n\ndef run():\n    return names(), VALUE\n",
    }
    graph = analyze("main:run", files)
    assert {"made/__init__.py", "made/backends/__init__.py"} <= shipped(graph)
    assert ("made/backends/unused.py" in shipped(graph)) == (ignored == "made/backends/__init__.py")


def test_an_excluded_module_is_still_an_error_where_it_is_surely_imported(analyze):
    files = {"pyproject.toml": "", "part.py": "", "main.py": "import part\n\ndef run():\n    return part\n"}
    with pytest.raises(AnalysisError, match=r"excluded by part\.py"):
        analyze("main:run", files, settings=Settings(exclude=("part.py",)))


def test_modules_and_data_beside_links_that_lead_nowhere_ship(analyze, shipped, tmp_path, write_tree):
    dead_ends = {"itself": "itself", "through_a_file": "a.csv/inner", "nowhere": "none"}
    project = write_tree(tmp_path / "project", {"data": None})
    for name, target in dead_ends.items():
        (project / name).symlink_to(target)
        (project / "data" / name).symlink_to(target)
    source = "import os\nimport other\ndef f():\n    return other.z, [open('data/' + n) for n in os.listdir('data')]\n"
    graph = analyze("run.py:f", {"run.py": source, "other.py": "z = 3\n", "data/a.csv": "1"})
    assert shipped(graph) == {"run.py", "other.py", "data/a.csv"}
    assert {one.path: one.reason for one in graph.excluded} == {f"data/{name}": "a link that leads nowhere" for name in dead_ends}


def test_a_literal_that_names_a_dead_link_is_a_warning_where_the_code_can_do_without(analyze, tmp_path, write_tree):
    project = write_tree(tmp_path / "project", {"data": None})
    (project / "data" / "current.csv").symlink_to("none.csv")
    source = "import os\ndef f():\n    if os.path.exists('data/current.csv'):\n        return open('data/current.csv').read()\n"
    graph = analyze("run.py:f", {"run.py": source})
    assert any("data/current.csv does not ship: a link that leads nowhere" in str(note) for note in graph.warnings)


def test_what_may_not_be_read_stops_a_build_only_where_it_is_surely_opened(analyze, shipped, monkeypatch):
    closed = {"data/shut.csv", "data/shut"}  # whoever runs the tests may be allowed everything
    listed = os.scandir

    def scandir(path):
        if str(path).endswith("data/shut"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "access", lambda path, mode: not any(str(path).endswith(name) for name in closed))
    monkeypatch.setattr(os, "scandir", scandir)
    source = "import os\ndef walk():\n    return list(os.walk('data'))\ndef read():\n    return open('data/shut.csv').read()\n"
    files = {"a.csv": "", "shut.csv": "", "shut/b.csv": ""}
    files = {f"data/{name}": text for name, text in files.items()}
    graph = analyze("walk.py:walk", {"walk.py": source, **files})
    assert shipped(graph) == {"walk.py", "data/a.csv"}
    assert {one.path: one.reason for one in graph.excluded} == dict.fromkeys(closed, "you may not read it")
    assert len(graph.warnings) == 2
    with pytest.raises(AnalysisError, match=r"shut.csv cannot be read: permission denied.*--exclude data/shut.csv"):
        analyze("walk.py:read")


def test_a_line_that_tests_opens_and_names_a_file_is_told_once_of_it(analyze):
    source = "import os\ndef f():\n    if os.path.exists('.env'): return open('.env').read()\n"
    (note,) = analyze("run.py:f", {"run.py": source, ".env": "A=1"}).warnings
    assert str(note).startswith("run.py:3: ") and ".env does not ship: holds environment settings" in str(note)
