"""``--rehearse``: bundles of real projects, with and without holes."""

import pytest

from clustrix_bundle.build import BuildOptions, analyze_target, pack_graph, rehearse_bundle

OPTIONS = BuildOptions()


@pytest.fixture
def project(tmp_path, monkeypatch):
    root = tmp_path / "project"
    files = {
        "pyproject.toml": "",
        "pkg/__init__.py": "",
        "pkg/work.py": "from pkg import helper\nfrom pathlib import Path\n\ndef run():\n    import pkg.late\n    return helper.X\n",
        "pkg/helper.py": "import os\nX = open(os.path.join(os.path.dirname(__file__), 'x.txt')).read()\n",
        "pkg/late.py": "Y = 1\n",
        "pkg/x.txt": "x",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(root)
    return root


def packed(tmp_path, target="pkg.work:run", without=()):
    graph = analyze_target(target, OPTIONS)
    for member in without:
        del graph.nodes[member]
    return pack_graph(graph, str(tmp_path / "out.tar.zst"))


def test_a_whole_bundle_is_fine(project, tmp_path):
    rehearsal = rehearse_bundle(packed(tmp_path), OPTIONS)
    assert rehearsal.ok
    assert rehearsal.imported == ("pkg.work", "pkg", "pkg.helper", "pkg.late")


def test_a_missing_module_is_told_with_the_line_that_wants_it(project, tmp_path):
    rehearsal = rehearse_bundle(packed(tmp_path, without=["project/pkg/helper.py"]), OPTIONS)
    assert not rehearsal.ok
    (missing,) = [one for one in rehearsal.missing if one.entry]
    assert (missing.wanted_by, missing.line, missing.entry) == ("project/pkg/work.py", 1, True)
    assert "helper" in missing.error


def test_a_missing_data_file_is_told_with_its_place_in_the_project(project, tmp_path):
    rehearsal = rehearse_bundle(packed(tmp_path, without=["project/pkg/x.txt"]), OPTIONS)
    missing = rehearsal.missing[0]
    assert (missing.name, missing.wanted_by, missing.line, missing.path) == ("pkg/x.txt", "project/pkg/helper.py", 2, "pkg/x.txt")
    assert "--include" in str(missing)


def test_a_module_that_only_a_function_imports_is_rehearsed(project, tmp_path):
    (project / "pkg" / "late.py").write_text("import pkg.later\n")
    (project / "pkg" / "later.py").write_text("")
    rehearsal = rehearse_bundle(packed(tmp_path, without=["project/pkg/later.py"]), OPTIONS)
    assert {(one.name, one.wanted_by, one.path, one.entry) for one in rehearsal.missing} == {
        ("pkg.later", "project/pkg/late.py", "pkg/later.py", False)
    }


def test_the_project_is_out_of_reach(project, tmp_path):
    (project / "pkg" / "late.py").write_text(
        f"try:\n    open({str(project / 'pkg' / 'x.txt')!r})\nexcept FileNotFoundError:\n    pass\n"
    )
    rehearsal = rehearse_bundle(packed(tmp_path), OPTIONS)
    assert not rehearsal.ok
    assert rehearsal.refused == ("pkg/x.txt",)
    assert rehearsal.missing == ()


def test_a_script_is_rehearsed_as_main(project, tmp_path):
    (project / "script.py").write_text("from pkg.helper import X\n\ndef run():\n    return X, __name__\n\nprint(1 / 0)\n")
    rehearsal = rehearse_bundle(packed(tmp_path, "script.py:run"), OPTIONS)
    assert rehearsal.ok
    assert rehearsal.imported[0] == "__main__"


def test_a_project_s_own_environment_stays_in_reach(project, tmp_path, monkeypatch):
    import venv

    venv.create(project / ".venv", symlinks=True, with_pip=False)
    site = next((project / ".venv" / "lib").glob("python*/site-packages"))
    (site / "thirdparty.py").write_text("Z = 1\n")
    info = site / "thirdparty-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thirdparty\nVersion: 1.0\n")
    (info / "RECORD").write_text("thirdparty.py,,\n")
    (project / "pkg" / "late.py").write_text("import thirdparty\n")
    rehearsal = rehearse_bundle(packed(tmp_path), OPTIONS)
    assert rehearsal.ok, rehearsal


def test_code_that_fails_for_reasons_of_its_own_is_no_gap(project, tmp_path):
    (project / "pkg" / "late.py").write_text("raise ValueError('not today')\n")
    assert rehearse_bundle(packed(tmp_path), OPTIONS).ok
