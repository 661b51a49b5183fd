import json
import os
import sys
from pathlib import Path

import pytest


def test_a_build_tells_where_what_and_how_big(command, project):
    answer = command("build", "thermo.model:run", "-o", "out", "--json")
    built = answer.json
    assert (answer.code, answer.err) == (0, "")
    assert built["ok"] is True
    assert Path(built["path"]) == project / "out" / f"run-{built['id'][:16]}.tar.zst"
    assert built["size"] == os.path.getsize(built["path"])
    assert [file["path"] for file in built["files"]] == [
        "project/thermo/__init__.py",
        "project/thermo/model.py",
        "project/thermo/units.py",
    ]
    assert {"warnings", "excluded", "unresolved", "requirements"} <= built.keys()


def test_people_get_the_path_first(command, project):
    answer = command("build", "thermo.model:run", "-o", "b.tar.zst")
    assert answer.out.splitlines()[0] == str(project / "b.tar.zst")
    assert answer.err == ""


def test_the_current_folder_is_the_default(command, project):
    assert Path(command("build", "thermo.model:run", "--json").json["path"]).parent == project


def test_a_file_that_is_included_ships_and_an_excluded_one_does_not(command, project):
    (project / "notes").mkdir()
    (project / "notes" / "a.txt").write_text("a")
    (project / "notes" / "b.txt").write_text("b")
    built = command("build", "thermo.model:run", "--include", "notes/*.txt", "--exclude", "notes/b.txt", "--json").json
    paths = [file["path"] for file in built["files"]]
    assert "project/notes/a.txt" in paths
    assert "project/notes/b.txt" not in paths


def test_settings_of_the_project_count(command, project):
    (project / "note.txt").write_text("a")
    (project / "pyproject.toml").write_text('[tool.clustrix-bundle]\ninclude = ["note.txt"]\n')
    assert "project/note.txt" in [file["path"] for file in command("build", "thermo.model:run", "--json").json["files"]]


def test_an_unknown_setting_is_named_with_its_neighbour(command, project):
    (project / "pyproject.toml").write_text('[tool.clustrix-bundle]\nincluded = ["x"]\n')
    answer = command("build", "thermo.model:run", "--json")
    assert answer.code == 2
    assert answer.json["error"]["type"] == "SettingsError"
    assert "did you mean 'include'" in answer.err


def test_nothing_of_the_users_is_imported(command, project):
    (project / "thermo" / "units.py").write_text("open('ran', 'w')\n\n\ndef kelvin(celsius):\n    return 1\n")
    assert command("build", "thermo.model:run").code == 0
    assert not (project / "ran").exists()


BAD = {
    "an unknown module": ("nowhere.mod:f", {}, ["nowhere.mod"]),
    "an unknown function": ("thermo.model:runn", {}, ["runn", "thermo/model.py"]),
    "no function at all": ("thermo.model", {}, ["thermo.model", "pkg.mod:func"]),
    "an unknown script": ("gone.py:f", {}, ["gone.py"]),
    "a folder": ("thermo:", {}, ["thermo"]),
    "a builtin": ("math:sqrt", {}, ["math"]),
    "a module of the standard library": ("json:dumps", {}, ["json"]),
    "a module that is no Python": ("thermo.bad:f", {"thermo/bad.py": "def f(:\n    pass\n"}, ["thermo/bad.py:1"]),
    "bytes that are no text": ("thermo.bad:f", {"thermo/bad.py": b"x = 1\ny = '\xff'\n\n\ndef f(): pass\n"}, ["thermo/bad.py"]),
    "a missing local import": (
        "thermo.top:f",
        {
            "thermo/top.py": "from thermo import mid\n\n\ndef f(): return mid\n",
            "thermo/mid.py": "import os\nfrom thermo.gone import x\n",
        },
        ["thermo/mid.py:2", "thermo.gone", "thermo/top.py"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named_with_what_to_do(command, project, write, case):
    target, files, says = BAD[case]
    write(project, files)
    answer = command("build", target, "-o", "out", "--json")
    assert answer.code == 3, answer.err
    assert answer.json["ok"] is False
    assert "Traceback" not in answer.err
    assert answer.err.startswith("clustrix-bundle: ")
    for text in says:
        assert text in answer.err
        assert text in json.dumps(answer.json["error"])
    assert not (project / "out").exists()


def test_a_target_outside_any_project_is_fine_if_it_can_be_found(command, tmp_path):
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "solo.py").write_text("def f():\n    return 1\n")
    answer = command("build", "solo.py:f", "-o", "out/", "--json", cwd=tmp_path / "alone")
    assert answer.code == 0, answer.err
    assert [file["path"] for file in answer.json["files"]] == ["project/solo.py"]


def test_a_folder_that_cannot_be_made_is_named(command, project):
    (project / "file").write_text("")
    answer = command("build", "thermo.model:run", "-o", "file/out/", "--json")
    assert answer.code == 3
    assert answer.json["error"]["type"] == "PackagingError"
    assert "-o" in answer.err


def test_a_read_only_file_system_is_named(command, project):
    answer = command("build", "thermo.model:run", "-o", "/proc/out/", "--json")
    assert answer.code == 3
    assert "/proc/out" in answer.err


def test_a_full_disk_leaves_no_half_written_bundle(command, project):
    import resource

    (project / "noise.bin").write_bytes(os.urandom(3 << 20))
    limit = 1 << 20
    answer = command(
        "build", "thermo.model:run", "--include", "noise.bin", "-o", "out/", "--json",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    assert answer.code == 3, answer.err
    assert "free some space" in answer.err
    assert not (project / "out").exists()


def test_a_file_over_the_limit_is_named_with_the_setting(command, project):
    (project / "big.bin").write_bytes(b"\0" * 2_000_000)
    answer = command("build", "thermo.model:run", "--include", "big.bin", "--max-file-size", "1 MB", "--json")
    assert answer.code == 3
    assert "big.bin" in answer.err
    assert "max-file-size" in answer.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_named(command, project):
    (project / "thermo" / "units.py").chmod(0)
    answer = command("build", "thermo.model:run", "--json")
    assert answer.code == 3
    assert "thermo/units.py" in answer.err


@pytest.mark.parametrize("size", ["many", "-1", "0"])
def test_an_impossible_size_is_a_usage_error(command, size):
    answer = command("build", "thermo.model:run", f"--max-file-size={size}", "--json")
    assert answer.code == 2
    assert answer.json["error"]["type"] == "SettingsError"


def test_an_interpreter_that_is_not_there_is_a_usage_error(command):
    answer = command("build", "thermo.model:run", "--python", "/no/such/python")
    assert (answer.code, answer.out) == (2, "")
    assert "/no/such/python" in answer.err


def test_another_interpreter_is_asked_for_its_packages(command):
    assert command("build", "thermo.model:run", "--python", sys.executable).code == 0


SCRIPT = """import math
SCALE = 3
UNUSED = 4


def area(r):
    return SCALE * math.pi * r


print(area(2))
"""


def test_what_of_a_script_travels_is_explained(command, project):
    (project / "script.py").write_text(SCRIPT)
    told = command("build", "script.py:area", "--explain", "--json").json["explanation"]
    assert [(row["line"], row["kept"], row["source"]) for row in told] == [
        (1, True, "import math"),
        (2, True, "SCALE = 3"),
        (3, False, "UNUSED = 4"),
        (6, True, "def area(r):"),
        (10, False, "print(area(2))"),
    ]
    assert all(row["reason"] for row in told)
    people = command("build", "script.py:area", "--explain").out
    assert "dropped  UNUSED = 4" in people
    assert "travels whole" in command("build", "thermo.model:run", "--explain").out


def test_what_of_a_notebook_travels_is_explained_by_cells(command, project):
    texts = [
        "# Title",
        "import math\nUNUSED = 4",
        "SCALE = 3\n\n\ndef area(r):\n    return math.pi * r * SCALE",
        "SCALE += 1\nprint(area(2))",
    ]
    cells = [{"cell_type": "code" if number else "markdown", "source": text} for number, text in enumerate(texts)]
    (project / "n.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    told = command("build", "n.ipynb:area", "--explain", "--json").json["explanation"]
    assert [(row["cell"], row["line"], row["kept"], row["source"]) for row in told] == [
        (2, 1, True, "import math"),
        (2, 2, False, "UNUSED = 4"),
        (3, 1, True, "SCALE = 3"),
        (3, 4, True, "def area(r):"),
        (4, 1, True, "SCALE += 1"),
        (4, 2, False, "print(area(2))"),
    ]
    assert told[2]["reason"] == "binds `SCALE` for cell 4, line 1"
    assert "cell 3, line 4" in command("build", "n.ipynb:area", "--explain").out
