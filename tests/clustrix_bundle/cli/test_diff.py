import shutil


def test_bundles_of_the_same_inputs_are_the_same(command, bundle, tmp_path):
    shutil.copy(bundle, tmp_path / "copy.tar.zst")
    answer = command("diff", bundle, tmp_path / "copy.tar.zst", "--json")
    assert (answer.code, answer.json["same"], answer.json["differences"]) == (0, True, [])


def test_the_input_that_moved_the_id_is_named(command, bundle, project):
    with open(project / "thermo/units.py", "a") as file:
        file.write("# more\n")
    other = command("build", "thermo.model:run", "-o", "out/", "--json").json["path"]
    answer = command("diff", bundle, other, "--json")
    assert answer.code == 1
    assert [(d["section"], d["name"], d["change"]) for d in answer.json["differences"]] == [
        ("members", "project/thermo/units.py", "changed")
    ]
    people = command("diff", bundle, other)
    assert people.code == 1
    assert "~ project/thermo/units.py  content, " in people.out


def test_what_is_no_bundle_is_refused(command, bundle, project):
    assert command("diff", bundle, project / "pyproject.toml").code == 5
    assert command("diff", bundle, "gone.tar.zst").code == 2
