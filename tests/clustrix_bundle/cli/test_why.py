import pytest


@pytest.mark.parametrize("of_bundle", [False, True])
def test_each_step_from_the_entry_point_is_told(command, bundle, of_bundle):
    subject = bundle if of_bundle else "thermo.model:run"
    answer = command("why", subject, "thermo/units.py", "--json")
    assert answer.code == 0
    assert [(edge["importer"], edge["line"], edge["evidence"]) for edge in answer.json["chain"]] == [
        ("project/thermo/model.py", 1, "import")
    ]
    assert "thermo/model.py:1  import  from thermo import units" in command("why", subject, "thermo/units.py").out


@pytest.mark.parametrize("name", ["thermo/units.py", "./thermo/units.py", "project/thermo/units.py", "units.py"])
def test_a_file_may_be_named_as_here_or_as_in_the_bundle(command, name):
    assert command("why", "thermo.model:run", name, "--json").json["file"] == "project/thermo/units.py"


def test_the_entry_point_ships_because_it_is_that(command):
    answer = command("why", "thermo.model:run", "thermo/model.py")
    assert (answer.code, "the entry point" in answer.out) == (0, True)


@pytest.mark.parametrize("of_bundle", [False, True])
def test_a_file_that_does_not_ship_says_why_not(command, bundle, of_bundle):
    subject = bundle if of_bundle else "thermo.model:run"
    answer = command("why", subject, "thermo/unused.py", "--json")
    assert (answer.code, answer.json["ships"]) == (1, False)
    assert answer.json["reason"]
    other = command("why-not", subject, "thermo/unused.py", "--json")
    assert (other.code, other.json["reason"]) == (0, answer.json["reason"])
    assert command("why-not", subject, "thermo/units.py").code == 1


def test_a_file_that_is_nowhere_is_a_usage_error(command):
    answer = command("why", "thermo.model:run", "gone.txt", "--json")
    assert answer.code == 2
    assert "gone.txt" in answer.json["error"]["message"]


def test_the_users_own_wish_is_a_reason(command, project):
    (project / "n.txt").write_text("")
    answer = command("why", "thermo.model:run", "n.txt", "--include", "n.txt", "--json")
    assert [edge["evidence"] for edge in answer.json["chain"]] == ["included"]


def test_the_project_itself_is_not_outside_of_it(command):
    answer = command("why-not", "thermo.model:run", ".")
    assert (answer.code, "parts of it ship" in answer.out) == (0, True)
    assert command("why", "thermo.model:run", "").code == 2
