import hashlib
import subprocess
import sys


def test_the_runtime_is_written_and_runs_a_bundle_anywhere(command, bundle, tmp_path):
    answer = command("runtime", "-o", tmp_path / "there" / "runtime.pyz", "--json")
    assert answer.code == 0
    content = (tmp_path / "there" / "runtime.pyz").read_bytes()
    assert (answer.json["size"], answer.json["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    done = subprocess.run(
        [sys.executable, tmp_path / "there" / "runtime.pyz", "run", bundle, "--json"],
        cwd=tmp_path / "there",
        env=command.env,
        capture_output=True,
        check=True,
    )
    assert b'"result": 273.15' in done.stdout


def test_it_is_the_same_file_every_time(command, project):
    command("runtime", "-o", "a.pyz")
    command("runtime", "-o", "b.pyz")
    assert (project / "a.pyz").read_bytes() == (project / "b.pyz").read_bytes()


def test_a_place_that_refuses_is_named(command, project):
    (project / "file").write_text("")
    answer = command("runtime", "-o", "file/runtime.pyz", "--json")
    assert answer.code == 3
    assert "file/runtime.pyz" in answer.json["error"]["message"]


def test_a_stream_is_written_to_and_not_replaced(command, project):
    command("runtime", "-o", "a.pyz")
    words = f'"{sys.executable}" -m clustrix_bundle runtime -o /dev/stdout | head -c 2000'
    done = subprocess.run(["sh", "-c", words], cwd=project, env=command.env, capture_output=True)
    assert done.stdout == (project / "a.pyz").read_bytes()[:2000]
    (project / "folder").mkdir()
    answer = command("runtime", "-o", "folder", "--json")
    assert answer.code == 3
    assert "no file" in answer.json["error"]["message"]


def test_a_link_stays_a_link(command, project):
    (project / "elsewhere").mkdir()
    (project / "elsewhere/r.pyz").write_text("old")
    (project / "r.pyz").symlink_to("elsewhere/r.pyz")
    assert command("runtime", "-o", "r.pyz").code == 0
    assert (project / "r.pyz").is_symlink()
    assert (project / "elsewhere/r.pyz").read_bytes()[:2] == b"#!"
    assert [path.name for path in (project / "elsewhere").iterdir()] == ["r.pyz"]
