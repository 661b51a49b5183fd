import os
import shutil
from pathlib import Path

import pytest

NASTY = "it's $(touch x)\nand -rf"


@pytest.fixture
def data(sshd, tmp_path):
    """The same files on the server and here; options that lead to each, and the environment for them."""
    top = Path(sshd.work, f"cli-{tmp_path.name}")
    (top / "data" / "deep").mkdir(parents=True)
    (top / "data" / "a.csv").write_bytes(b"x" * 1500)
    (top / "data" / "deep" / "b.csv").write_bytes(b"y")
    (top / "data" / NASTY).touch()
    (top / "out").symlink_to("/etc")
    config = sshd.ssh_config(tmp_path)
    (tmp_path / "clustrix.toml").write_text(
        f'[profiles.there]\ncluster_type = "ssh"\ncluster_host = "testhost"\nremote_work_dir = "{top}"\n'
        f'[profiles.here]\ncluster_type = "local"\nlocal_work_dir = "{top}"\n'
    )
    return tmp_path, {"CLUSTRIX_SSH_CONFIG": config}, str(top)


@pytest.fixture
def fs(command, data):
    folder, environment, _ = data

    def run(*arguments):
        return command("fs", *arguments, cwd=folder, env=environment)

    return run


@pytest.mark.parametrize("profile", ["there", "here"])
def test_each_command_gives_one_object_for_programs(fs, profile):
    def ask(*arguments):
        answer = fs(*arguments, "--profile", profile, "--json")
        assert answer.json["ok"], answer
        return answer.json

    assert ask("ls", "data")["names"] == sorted(["a.csv", "deep", NASTY])
    assert ask("find", "*.csv")["paths"] == ["data/a.csv", "data/deep/b.csv"]
    assert ask("glob", "data/*.csv")["paths"] == ["data/a.csv"]
    assert ask("stat", "data/a.csv")["stat"]["size"] == 1500
    assert ask("du", "data")["usage"] == {"total_bytes": 1501, "file_count": 3}
    assert ask("count", "data", "*.csv")["count"] == 2
    assert ask("isdir", "data")["isdir"] is True


def test_people_see_lines_that_do_nothing_to_their_terminal(fs):
    answer = fs("ls", "data", "--profile", "there")
    assert (answer.code, answer.out.splitlines()) == (0, ["a.csv", "deep", "it's $(touch x)\\x0aand -rf"])
    assert "1.5 kB" in fs("ls", "-l", "data", "--profile", "there").out
    assert fs("du", "data", "--profile", "there").out == "1.5 kB in 3 files\n"


def test_a_question_with_the_answer_no_ends_with_1(fs):
    answer = fs("exists", "nothing", "--profile", "there", "--json")
    assert (answer.code, answer.json["exists"]) == (1, False)
    assert fs("isfile", "data/a.csv", "--profile", "there").code == 0


@pytest.mark.parametrize("profile", ["there", "here"])
def test_what_cannot_be_looked_at_is_an_error_in_words(fs, profile):
    missing = fs("ls", "nothing", "--profile", profile, "--json")
    assert (missing.code, missing.json["error"]["type"]) == (1, "FileNotFoundError")
    assert "nothing" in missing.err
    outside = fs("ls", "out", "--profile", profile, "--json")
    assert (outside.code, outside.json["error"]["type"]) == (1, "PathOutsideWorkDir")
    assert "allowed_paths" in outside.err
    assert "Traceback" not in missing.err + outside.err


def test_a_host_is_enough(fs, data, sshd):
    answer = fs("ls", "--host", f"{sshd.user}@testhost:{sshd.port}", "--work-dir", data[2], "--json")
    assert answer.json["names"] == ["data", "out"]


def test_a_cluster_that_cannot_be_reached_is_exit_code_4(fs):
    answer = fs("ls", "--host", "testhost:1", "--json")
    assert (answer.code, answer.json["error"]["type"]) == (4, "HostUnreachableError")
    assert "refuses connections" in answer.err


def test_a_profile_that_does_not_exist_is_exit_code_2(fs):
    answer = fs("ls", "--profile", "ther", "--json")
    assert answer.code == 2
    assert "did you mean 'there'" in answer.err


def test_a_healthy_cluster_passes_the_doctors_check(command, data):
    folder, environment, top = data
    answer = command("doctor", "--profile", "there", "--json", cwd=folder, env=environment)
    found = {one["check"]: one for one in answer.json["findings"]}
    assert (answer.code, answer.json["ok"]) == (0, True), answer.out
    assert {
        "extractor",
        "transport",
        "connection",
        "host_key",
        "remote_python",
        "zstd",
        "work_dir",
        "free_space",
        "clock",
    } <= set(found)
    assert found["links_out"]["level"] == "warning"
    assert found["links_out"]["remedy"] == 'allowed_paths = ["/etc"]'
    people = command("doctor", "--profile", "there", cwd=folder, env=environment)
    assert f"{top} can be written" in people.out


def test_the_doctor_names_what_is_wrong_and_how_to_mend_it(command, data):
    folder, environment, top = data
    missing = [kind for kind, tool in (("slurm", "sbatch"), ("pbs", "qsub")) if shutil.which(tool) is None]
    profile = Path(folder, "clustrix.toml")
    profile.write_text(profile.read_text().replace('"ssh"', f'"{(missing or ["ssh"])[0]}"'))
    state = Path(top, f".clustrix-{os.geteuid()}")
    state.mkdir()
    state.chmod(0o777)
    answer = command("doctor", "--profile", "there", "--json", cwd=folder, env=environment)
    failed = {one["check"]: one for one in answer.json["findings"] if one["level"] == "failed"}
    assert answer.code == 4
    assert "chmod 700" in failed["state_dir"]["remedy"]
    if missing:
        tool = next(one for name, one in failed.items() if name.startswith("tool:"))
        assert "module_loads" in tool["remedy"]
    nowhere = command("doctor", "--host", "testhost:1", "--json", cwd=folder, env=environment)
    assert (nowhere.code, nowhere.json["findings"][-1]["check"]) == (4, "connection")


def test_a_scheduler_without_a_host_is_one_of_this_machine(command, tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch" / "a.csv").write_text("")
    command.env.update(CLUSTRIX_CLUSTER_TYPE="slurm", CLUSTRIX_REMOTE_WORK_DIR=str(tmp_path / "scratch"))
    assert command("fs", "ls", "--json").json["names"] == ["a.csv"]
    findings = {one["check"]: one for one in command("doctor", "--json").json["findings"]}
    assert findings["work_dir"]["level"] == "ok" and "tool:sbatch" in findings
    assert not {"connection", "host_key", "configuration"} & set(findings)
