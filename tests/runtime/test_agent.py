"""``runtime.pyz agent`` and its operations, over pipes: one end of it on every Python there is, and on this one in depth."""

import hashlib
import os
import re
import signal
import stat
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from clustrix_bundle.agent.place import LocalPlace, RemotePlace
from clustrix_bundle.agent.remote_files import RemoteFilesystem
from clustrix_bundle.errors import RemoteError
from clustrix_bundle.runtime import frames
from clustrix_bundle.runtime.batch import Batch
from clustrix_bundle.runtime.confinement import PathOutsideWorkDir
from clustrix_bundle.runtime.local_files import LocalFilesystem
from clustrix_bundle.runtime.operations import FAMILIES, ONCE
from clustrix_bundle.runtime.store_operations import DigestMismatch
from clustrix_bundle.runtime.walking import UnreadableFolderWarning


@pytest.fixture(scope="module")
def client(agent_client: Any) -> Any:
    return agent_client()


@pytest.fixture(params=["in-process", "over an agent"])
def place(request: pytest.FixtureRequest, client: Any, tmp_path: Path) -> Any:
    work = tmp_path / "work"
    work.mkdir()
    return LocalPlace(str(work)) if request.param == "in-process" else RemotePlace(client, str(work))


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "work" / f".clustrix-{os.geteuid()}"


def test_on_every_python(interpreter: str, agent_client: Any, tmp_path: Path) -> None:
    """Files, streams, errors, uploads and programs; then it ends at the end of its input, and says nothing on standard error."""
    client = agent_client(interpreter, options={"env": {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}})
    place = RemotePlace(client, "~/work")
    fs = RemoteFilesystem(place)
    with pytest.raises(FileNotFoundError, match="the work dir does not exist"):
        fs.ls()
    content = bytes(range(256)) * 1000
    digest = hashlib.sha256(content).hexdigest()
    assert place.call("store.put", body=content, name="blobs/" + digest, size=len(content), sha256=digest) == len(content)
    assert place.fetch("store.get", name="blobs/" + digest, offset=255, length=3) == b"\xff\x00\x01"
    assert fs.ls() == []
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/work/\xff\xc3\xa9\n")).write_bytes(b"12")
    assert fs.find("*") == ["\udcffé\n"]
    assert fs.stat("\udcffé\n").size == 2
    with pytest.raises(FileNotFoundError) as caught:
        fs.stat("\udcfe")
    assert (caught.value.errno, caught.value.filename) == (2, "\udcfe")
    told = place.call("process.execute", argv=["cat"], body=b"\xff\0x")
    assert (told["code"], told["stdout"]) == (0, "\udcff\0x")
    probe = place.call("probe.probe", tools=["sh", "no such tool"])
    assert probe["tools"] == {"sh": "/usr/bin/sh", "no such tool": None} or probe["tools"]["sh"] == "/bin/sh"
    assert (probe["python"], probe["exists"], probe["writable"], probe["state_dir"]) == (client.hello["python"], True, True, "")
    assert abs(probe["time"] - time.time()) < 300
    process = client.channels[0].process
    process.stdin.close()
    assert process.wait(60) == 0
    assert client.channels[0].failure() == ""


def test_what_it_does_not_understand_ends_it(agent_client: Any, agent_pyz: Path) -> None:
    done = subprocess.run(
        [sys.executable, agent_pyz, "agent"], input=b"no frames at all", capture_output=True, timeout=60, check=False
    )
    assert done.stdout.startswith(frames.MAGIC)
    assert b"FrameError: no frame" in done.stderr


def test_errors_are_the_same_on_both_sides(client: Any, tmp_path: Path) -> None:
    (tmp_path / "work/sub").mkdir(parents=True)
    (tmp_path / "work/file").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "work/out").symlink_to("../elsewhere")
    here = LocalFilesystem(str(tmp_path / "work"))
    there = RemoteFilesystem(RemotePlace(client, str(tmp_path / "work")))
    calls: list[tuple[str, tuple[Any, ...]]] = [
        ("stat", ("missing",)),
        ("stat", ("file/x",)),
        ("ls", ("missing",)),
        ("ls", ("file",)),
        ("find", ("*", "file")),
        ("glob", ("*", "file")),
        ("iter_find", ("*", "file")),
        ("count_files", ("file",)),
        ("du", ("missing",)),
        ("exists", ("out/x",)),
        ("stat", ("/etc/passwd",)),
        ("ls", ("out",)),
        ("glob", ("out/*",)),
        ("glob", ("/etc/*",)),
        ("exists", ("a\0b",)),
        ("find", ("a\0b",)),
        ("exists", (b"bytes",)),
        ("exists", (7,)),
        ("stat", ("\ud800",)),
        ("stat", ("x" * 300,)),
        ("find", ()),
    ]
    outcomes = there.run_batch([(name, args, {}) for name, args in calls if name != "iter_find"])
    for name, args in calls:
        with pytest.raises(Exception) as expected:  # noqa: PT011 - compared with the other
            getattr(here, name)(*args)
        with pytest.raises(type(expected.value)) as caught:
            getattr(there, name)(*args)
        for error in [caught.value] if name == "iter_find" else [caught.value, outcomes.pop(0)[1]]:
            assert type(error) is type(expected.value)
            if args:
                assert str(error) == str(expected.value)
            for field in ("errno", "strerror", "filename"):
                assert getattr(error, field, None) == getattr(expected.value, field, None)
            if isinstance(error, PathOutsideWorkDir):
                assert "allowed_paths=[" in str(error)


def test_allowed_paths_and_warnings_cross(client: Any, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/x").touch()
    (tmp_path / "work").mkdir()
    (tmp_path / "work/out").symlink_to("../elsewhere")
    with pytest.warns(UnreadableFolderWarning, match=r"left out.*'out'") as caught:
        assert RemoteFilesystem(RemotePlace(client, str(tmp_path / "work"))).glob("*/*") == []
    assert [warning.filename for warning in caught] == [__file__], "it points at who asked"
    with (
        pytest.warns(UnreadableFolderWarning),
        Batch(RemoteFilesystem(RemotePlace(client, str(tmp_path / "work"))).run_batch) as batch,
    ):
        batch.glob("*/*")
    allowed = RemotePlace(client, str(tmp_path / "work"), [str(tmp_path / "elsewhere")])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert RemoteFilesystem(allowed).glob("*/*") == ["out/x"]


def put(place: Any, name: str, content: bytes, offset: int = 0, claimed: bytes | None = None) -> Any:
    whole = content if claimed is None else claimed
    digest = hashlib.sha256(whole).hexdigest()
    return place.call("store.put", body=content[offset:], name=name, size=len(whole), sha256=digest, offset=offset)


def asked(place: Any, *files: tuple[str, bytes]) -> Any:
    return place.call(
        "store.missing", files=[[name, len(content), hashlib.sha256(content).hexdigest()] for name, content in files]
    )


def test_the_store_keeps_what_it_verified(place: Any, state: Path) -> None:
    content = os.urandom(300_000)
    assert asked(place, ("blobs/a", content), ("bundles/b", b"")) == [["blobs/a", 0], ["bundles/b", 0]]
    assert put(place, "blobs/a", content) == 300_000
    assert put(place, "bundles/b", b"") == 0
    assert asked(place, ("blobs/a", content), ("bundles/b", b"")) == []
    assert place.fetch("store.get", name="blobs/a") == content
    assert place.fetch("store.get", name="blobs/a", offset=299_990, length=100) == content[-10:]
    with pytest.raises(DigestMismatch, match=r"blobs/c: 3 bytes .* arrived, not 4"):
        put(place, "blobs/c", b"abc", claimed=b"abcd")
    with pytest.raises(DigestMismatch):
        put(place, "blobs/c", b"abcx", claimed=b"abcd")
    assert sorted(os.listdir(state / "blobs")) == ["a"]
    for path in (state, state / "blobs"):
        assert stat.S_IMODE(os.lstat(path).st_mode) == 0o700


def test_a_broken_upload_goes_on_where_it_broke_off(agent_client: Any, tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    client = agent_client()
    place = RemotePlace(client, str(tmp_path))

    def breaking() -> Any:
        yield content[:1_000_000]
        yield content[1_000_000:2_900_000]
        while asked(RemotePlace(client, str(tmp_path)), ("blobs/a", content))[0][1] < 500_000:
            pass
        client.channels[-1].process.kill()
        yield content[2_900_000:]

    digest = hashlib.sha256(content).hexdigest()
    with pytest.raises(Exception, match="asked for again"):
        place.call("store.put", body=breaking, name="blobs/a", size=len(content), sha256=digest, once=True)
    [[name, there]] = asked(place, ("blobs/a", content))
    assert name == "blobs/a"
    assert 500_000 <= there < len(content)
    assert put(place, "blobs/a", content, there) == len(content)
    assert place.fetch("store.get", name="blobs/a") == content
    assert os.listdir(tmp_path / f".clustrix-{os.geteuid()}/blobs") == ["a"]
    with pytest.raises(BlockingIOError, match="gone or in use"):
        put(place, "blobs/b", content, 10)


def test_many_may_put_the_same_file(client: Any, tmp_path: Path) -> None:
    content = os.urandom(400_000)
    place = RemotePlace(client, str(tmp_path))
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: put(place, "blobs/a", content), range(16))) == [400_000] * 16
    assert os.listdir(tmp_path / f".clustrix-{os.geteuid()}/blobs") == ["a"]
    assert place.fetch("store.get", name="blobs/a") == content


@pytest.mark.parametrize("name", ["a", "../a", "blobs/../../a", "/etc/passwd", "blobs/.part-x", "blobs//a", "blobs/\0", ""])
def test_names_stay_in_the_state_dir(place: Any, name: str) -> None:
    for operation in (
        lambda: put(place, name, b"x"),
        lambda: place.fetch("store.get", name=name),
        lambda: asked(place, (name, b"x")),
    ):
        with pytest.raises(ValueError, match="no name of a file in the state dir"):
            operation()


@pytest.mark.parametrize("trap", ["link", "open", "file", "link below", "link as file", "fifo"])
def test_a_state_dir_that_is_not_ours_alone_is_refused(place: Any, state: Path, tmp_path: Path, trap: str) -> None:
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    (other / "a").write_bytes(b"x")
    if trap == "link":
        state.symlink_to(other)
    elif trap == "open":
        state.mkdir()
        os.chmod(state, 0o750)
    elif trap == "file":
        state.touch()
    else:
        state.mkdir(mode=0o700)
        if trap == "link below":
            (state / "blobs").symlink_to(other)
        else:
            (state / "blobs").mkdir(mode=0o700)
            os.mkfifo(state / "blobs/a") if trap == "fifo" else (state / "blobs/a").symlink_to(other / "a")
    if trap not in ("link as file", "fifo"):
        with pytest.raises(PermissionError, match="not a folder of ours"):
            put(place, "blobs/b", b"x")
    if trap != "open":
        with pytest.raises(OSError, match=r"no regular file|Not a directory|Too many"):
            place.fetch("store.get", name="blobs/a")
    assert os.listdir(other) == ["a"]


def test_a_full_disk_is_told_and_left_as_it_was(place: Any, state: Path, monkeypatch: Any) -> None:
    state.mkdir(mode=0o700)
    full = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", state], check=False, capture_output=True)
    if full.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        with pytest.raises(OSError, match="No space left on device"):
            put(place, "blobs/a", bytes(1 << 20))
        assert os.listdir(state / "blobs") == []
        assert put(place, "blobs/b", b"small") == 5
    finally:
        subprocess.run(["umount", state], check=True)


def test_programs_get_arguments_as_they_are(place: Any, tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "import sys, os; print(sys.argv[1:], os.getcwd(), os.environ.get('A'), os.environ.get('HOME'))"]
    told = place.call("process.execute", argv=[*argv, "$(x) `y`", "a\nb", "-rf", ""], env={"A": "b c", "HOME": None})
    assert told["stdout"] == f"{['$(x) `y`', 'a' + chr(10) + 'b', '-rf', '']!r} {tmp_path / 'work'} b c None\n"
    assert (told["code"], told["timed_out"], told["truncated"]) == (0, False, False)
    with pytest.raises(FileNotFoundError) as caught:
        place.call("process.execute", argv=["no such program"])
    assert caught.value.filename == "no such program"
    told = place.call("process.execute", argv=["sh", "-c", "echo out; echo err >&2; exit 3"], cwd="/")
    assert (told["code"], told["stdout"], told["stderr"]) == (3, "out\n", "err\n")
    assert place.call("process.execute", argv=["sh", "-c", "kill -9 $$"])["code"] == -9


def test_programs_are_bounded_in_time_and_output(place: Any) -> None:
    told = place.call("process.execute", argv=["sh", "-c", "echo begun; sleep 600 & sleep 600"], time_s=1)
    assert told["timed_out"]
    assert told["stdout"] == "begun\n"
    assert told["code"] == -signal.SIGKILL
    told = place.call("process.execute", argv=["head", "-c", "3000000", "/dev/zero"], limit=1000)
    assert (told["code"], told["truncated"], len(told["stdout"])) == (0, True, 1000)
    told = place.call("process.execute", argv=["sh", "-c", "sleep 600 & echo done $!"], time_s=60)
    assert told["code"] == 0, "what it left running does not hold us up"
    os.kill(int(told["stdout"].split()[1]), signal.SIGKILL)


def is_there(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as status:
            return status.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline


@pytest.mark.parametrize("how", ["end of input", "killed"])
def test_what_was_started_outlives_the_agent_and_what_was_executed_does_not(agent_client: Any, tmp_path: Path, how: str) -> None:
    client = agent_client()
    place = RemotePlace(client, str(tmp_path))
    host, boot, _namespace, pid, started = place.call("process.start", argv=["sleep", "600"])
    assert host == os.uname().nodename
    assert boot
    assert started
    ended = place.call("process.start", argv=["sh", "-c", "echo said"], log=str(tmp_path / "log"))[3]
    wait_until(lambda: not os.path.exists(f"/proc/{ended}"))  # not even a zombie
    assert (tmp_path / "log").read_text() == "said\n"
    process = client.channels[0].process
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(place.call, "process.execute", argv=["sh", "-c", "echo $$ > pid; exec sleep 600"])
        wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().endswith("\n"))
        executed = int((tmp_path / "pid").read_text())
        if how == "killed":
            process.kill()
        else:
            process.stdin.close()
        with pytest.raises(Exception, match="may have been done or not"):
            waiting.result()
    process.wait(60)
    try:
        assert is_there(int(pid))
        if how == "end of input":
            wait_until(lambda: not is_there(executed))
        else:
            os.kill(executed, signal.SIGKILL)
    finally:
        os.kill(int(pid), signal.SIGKILL)


def test_links_that_lead_out_are_listed(place: Any, tmp_path: Path) -> None:
    (tmp_path / "big").mkdir()
    (tmp_path / "work/sub").mkdir()
    (tmp_path / "work/sub/data").symlink_to("../../big")
    (tmp_path / "work/inside").symlink_to("sub")
    probe = place.call("probe.probe")
    assert (probe["links_out"], probe["complete"]) == ([["sub/data", str(tmp_path / "big")]], True)
    assert probe["free_bytes"] > 0


def test_only_what_is_in_the_table_can_be_asked(place: Any) -> None:
    for name in ("files.os", "store.make_private", "nothing", "files._plain", "..ls"):
        with pytest.raises(ValueError, match="unknown operation"):
            place.call(name)
    with pytest.raises(TypeError):
        place.call("files.ls", nonsense=1)
    with pytest.raises(ValueError, match="no absolute path"):
        RemotePlace(place.client, "relative").call("files.ls", path=".") if hasattr(place, "client") else LocalPlace("relative")


def test_every_operation_that_is_named_is_there() -> None:
    from importlib import import_module

    for family, (module, names) in FAMILIES.items():
        for name in names.split():
            assert callable(getattr(import_module("clustrix_bundle.runtime." + module), name)), f"{family}.{name}"
    assert all(name.partition(".")[2] in FAMILIES[name.partition(".")[0]][1].split() for name in ONCE)


def test_an_error_of_an_unknown_class_keeps_its_text(client: Any, tmp_path: Path) -> None:
    from clustrix_bundle.agent.failures import failure

    error = failure({"type": "Strange", "message": "what it said", "traceback": "where"})
    assert isinstance(error, RemoteError)
    assert re.search("Strange: what it said", str(error))


def test_a_run_loads_nothing_of_the_agent(site: Any, bundle_of: Any) -> None:
    bundle = bundle_of("import sys\ndef f():\n    return sorted(sys.modules)\n")
    loaded = [name for name in site.run(bundle).result if name.startswith("_clustrix_runtime.")]
    assert "_clustrix_runtime.run" in loaded
    assert not [name for name in loaded if name.endswith(("agent", "frames", "operations"))]
