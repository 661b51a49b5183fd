"""AgentClient over a real agent in a child process: connections that drop, hang and lie; streams; many threads."""

import json
import os
import random
import subprocess
import sys
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clustrix_bundle.agent.place import RemotePlace
from clustrix_bundle.agent.remote_files import RemoteFilesystem
from clustrix_bundle.errors import AgentProtocolError, AnswerTimeout, ClusterConnectionError, ConnectionLost
from clustrix_bundle.runtime import frames


@pytest.fixture
def place(agent_client: Any, tmp_path: Path) -> RemotePlace:
    return RemotePlace(agent_client(), str(tmp_path))


@pytest.fixture(scope="module")
def many_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """50,000 files in one folder, whose names are long enough to fill every buffer."""
    folder = tmp_path_factory.mktemp("many")
    descriptor = os.open(folder, os.O_RDONLY)
    first = folder / ("x" * 100 + "-00000")
    first.touch()
    for n in range(1, 50_000):  # links, for they are made faster
        os.link(first.name, f"{'x' * 100}-{n:05}", src_dir_fd=descriptor, dst_dir_fd=descriptor) if n < 30_000 else os.symlink(
            first.name, f"{'x' * 100}-{n:05}", dir_fd=descriptor
        )
    os.close(descriptor)
    return folder


def test_it_says_who_it_is(place: RemotePlace) -> None:
    hello = place.client.hello
    assert hello["python"] == list(sys.version_info[:3])
    assert hello["uid"] == os.geteuid()
    assert hello["pid"] == place.client.channels[0].process.pid


def test_ten_thousand_operations_over_connections_that_drop(agent_client: Any, tmp_path: Path) -> None:
    """Each answer is compared with what is known; every 300th message or so kills the agent, before or after it is read."""
    for n in range(100):
        (tmp_path / f"f{n}").write_bytes(b"x" * n)
    chance = random.Random(7)
    lock = threading.Lock()

    class Dropping(agent_client.channel):
        def _maybe_drop(self) -> None:
            with lock:
                drop = chance.random() < 0.0015
            if drop:
                self.process.kill()

        def read(self, size: int) -> bytes:
            data = super().read(size)
            self._maybe_drop()
            return data[: len(data) // 2] if self.process.returncode is not None else data

        def write(self, data: bytes) -> None:
            self._maybe_drop()
            super().write(data)
            self._maybe_drop()

    client = agent_client(channel=Dropping)
    fs = RemoteFilesystem(RemotePlace(client, str(tmp_path)))
    names = sorted(f"f{n}" for n in range(100))

    def work(seed: int) -> int:
        mine = random.Random(seed)
        right = 0
        for _ in range(1240):
            n = mine.randrange(110)
            assert fs.isfile(f"f{n}") == (n < 100)
            right += 1
        for _ in range(5):
            assert fs.find("f*") == names
            outcomes = fs.run_batch([("stat", (f"f{n}",), {}) for n in range(101)])
            assert [outcome.size for done, outcome in outcomes if done] == list(range(100))
            assert isinstance(outcomes[100][1], FileNotFoundError)
            right += 2
        return right

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 10_000
    assert len(client.channels) > 5, "nothing dropped"


def test_an_agent_that_is_killed_while_it_works_is_started_again(place: RemotePlace, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    fs = RemoteFilesystem(place)
    assert fs.ls() == ["a"]
    for _ in range(3):
        place.client.channels[-1].process.kill()
        assert fs.exists("a")
    place.client.channels[-1].process.kill()
    assert fs.find("*") == ["a"]
    place.client.channels[-1].process.kill()
    assert list(fs.iter_find("*")) == ["a"]
    assert len(place.client.channels) == 6


def test_what_must_not_be_done_twice_is_not(place: RemotePlace, tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "import os; open('ran', 'a').write('x'); os.kill(os.getppid(), 9)"]
    with pytest.raises(ConnectionLost, match=r"process.execute may have been done or not") as caught:
        place.call("process.execute", argv=argv)
    assert caught.value.host == "testhost"
    assert (tmp_path / "ran").read_text() == "x"


def test_what_is_said_to_be_safe_is_asked_for_again_and_then_given_up(
    agent_client: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("clustrix_bundle.agent.client._FIRST_DELAY_S", 0.001)
    place = RemotePlace(agent_client(), str(tmp_path))
    argv = [sys.executable, "-c", "import os; open('ran', 'a').write('x'); os.kill(os.getppid(), 9)"]
    with pytest.raises(ConnectionLost, match=r"testhost ended.*was asked for 7 times; giving up"):
        place.call("process.execute", argv=argv, once=False)
    assert (tmp_path / "ran").read_text() == "x" * 7


def test_a_body_is_sent_to_its_end_though_the_stream_has_begun(place: RemotePlace) -> None:
    place.call("files.exists", path=".")

    def body() -> Iterator[bytes]:
        yield b"one "
        while not any(exchange._messages for exchange in place.client._connection._exchanges.values()):
            pass
        yield b"two"

    assert place.call("process.execute", argv=["cat"], body=body, timeout=10)["stdout"] == "one two"


def test_a_stream_that_breaks_off_says_so(place: RemotePlace, many_files: Path) -> None:
    place = RemotePlace(place.client, str(many_files))
    names = RemoteFilesystem(place).iter_find("*")
    next(names)
    place.client.channels[-1].process.kill()
    with pytest.raises(ConnectionLost):
        list(names)


def test_neither_side_holds_a_stream_that_nobody_reads(agent_client: Any, many_files: Path) -> None:
    """Six megabytes of names: what is on its way stays within the window, others are served meanwhile, and the rest comes when it is read."""
    client = agent_client()
    fs = RemoteFilesystem(RemotePlace(client, str(many_files)))
    fs.exists("warm")
    tracemalloc.start()
    try:
        streams = [fs.iter_find("*") for _ in range(40)]  # more than the agent has workers
        firsts = [next(stream) for stream in streams[:3]]
        for _ in range(50):
            assert not fs.exists("nothing")
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < 40 * (frames.WINDOW + (1 << 20))
    assert len(list(streams[0])) == 49_999
    with open(f"/proc/{client.hello['pid']}/statm") as status:
        resident = int(status.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    assert resident < 100 << 20
    for stream in streams:
        stream.close()
    assert sorted({first[:3] for first in firsts}) == ["xxx"]
    assert fs.count_files() == 50_000


def test_fifty_thousand_entries_come_whole(agent_client: Any, many_files: Path) -> None:
    fs = RemoteFilesystem(RemotePlace(agent_client(), str(many_files)))
    names = sorted(os.listdir(many_files))
    assert fs.ls() == names
    assert fs.find("*") == names
    assert fs.glob("*7") == [name for name in names if name.endswith("7")]
    assert fs.run_batch([("find", ("*",), {})])[0] == (True, names)


def test_a_place_is_part_of_each_request(agent_client: Any, tmp_path: Path) -> None:
    client = agent_client()
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    places = [RemoteFilesystem(RemotePlace(client, str(tmp_path / name))) for name in "ab"]
    assert [place.ls() for place in places] == [["a"], ["b"]]
    assert len(client.channels) == 1


def speaking(agent_client: Any, script: str, **settings: Any) -> Any:
    """A client of a program that is no agent, or one that comes late: shell commands, ``$AGENT`` the agent."""

    def channel(python: str, pyz: Path) -> Any:
        return agent_client.channel(
            python, pyz, args=["/bin/sh", "-c", script], env={"AGENT": f"exec {python} {pyz} agent", "PATH": "/usr/bin:/bin"}
        )

    return agent_client(channel=channel, **settings)


def test_what_a_login_shell_says_first_is_passed_over(agent_client: Any, tmp_path: Path) -> None:
    noise = "printf 'Welcome \\0 to clustrix-agent\\n'; head -c 60000 /dev/zero | tr '\\0' x; eval $AGENT"
    client = speaking(agent_client, noise)
    assert not RemoteFilesystem(RemotePlace(client, str(tmp_path))).exists("a")


@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        ("echo no such module; exit 3", ConnectionLost, "no such module"),
        ("echo 'python3: not found' >&2; exit 127", ConnectionLost, "python3: not found"),
        ("head -c 70000 /dev/zero | tr '\\0' x; cat", AgentProtocolError, "did not come within 65536 bytes"),
        ("printf '\\0clustrix-agent\\nthis is not a frame at all'; cat", AgentProtocolError, "no frame"),
        ("cat", AgentProtocolError, "said nothing of the agent's within 0.5 seconds"),
    ],
)
def test_what_is_no_agent_is_told(agent_client: Any, monkeypatch: Any, script: str, error: type, message: str) -> None:
    monkeypatch.setattr("clustrix_bundle.agent.client._FIRST_DELAY_S", 0.001)
    with pytest.raises(error, match=message) as caught:
        speaking(agent_client, script, greeting_timeout=0.5 if script == "cat" else 30).hello
    assert isinstance(caught.value, ClusterConnectionError)
    assert "testhost" in str(caught.value)


def test_another_version_of_the_protocol_is_refused(agent_client: Any, tmp_path: Path) -> None:
    hello = json.dumps({"protocol": 99}).encode()
    greeting = tmp_path / "greeting"
    greeting.write_bytes(frames.MAGIC + b"".join(frames.frames(frames.HELLO, 0, hello)))
    with pytest.raises(AgentProtocolError, match="protocol 99, this side 1"):
        speaking(agent_client, f"cat {greeting} -").hello


def test_a_connection_that_says_nothing_any_more_is_given_up(agent_client: Any, tmp_path: Path) -> None:
    """The agent is stopped, as if the network swallowed all it sends: noticed though no operation timeout is near."""
    client = agent_client(quiet_s=0.1, silence_s=0.5)
    fs = RemoteFilesystem(RemotePlace(client, str(tmp_path), timeout=1000))
    assert not fs.exists("a")
    os.kill(client.hello["pid"], 19)
    assert not fs.exists("a")
    assert len(client.channels) >= 2


def test_an_agent_that_is_busy_is_no_silent_one(agent_client: Any, tmp_path: Path) -> None:
    """It is asked whether it is there again and again, which happens only after it said yes."""
    asked = threading.Semaphore(0)
    ping = next(frames.frames(frames.PING, 0))

    class Counting(agent_client.channel):
        def write(self, data: bytes) -> None:
            super().write(data)
            if data == ping:
                asked.release()

    client = agent_client(channel=Counting, quiet_s=0.02)
    place = RemotePlace(client, str(tmp_path), timeout=1000)
    os.mkfifo(tmp_path / "fifo")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(place.call, "process.execute", argv=["cat", "fifo"])
        for _ in range(5):
            assert asked.acquire(timeout=60)
        (tmp_path / "fifo").write_text("done")
        assert waiting.result()["stdout"] == "done"
    assert len(client.channels) == 1


def test_an_answer_that_does_not_come_in_time_is_an_error(agent_client: Any, tmp_path: Path) -> None:
    place = RemotePlace(agent_client(), str(tmp_path), timeout=0.4)
    place.call("files.exists", path="a", timeout=60)
    with pytest.raises(AnswerTimeout, match="operation_timeout"):
        place.call("process.execute", argv=["sh", "-c", "echo $$ > pid; exec sleep 600"])
    assert place.call("files.exists", path=".", timeout=60)
    deadline = time.monotonic() + 30
    while (pid := (tmp_path / "pid").read_text().strip() if (tmp_path / "pid").exists() else "") and os.path.exists(
        f"/proc/{pid}"
    ):
        assert time.monotonic() < deadline, "what nobody waits for is ended"


def test_a_place_that_cannot_be_reached_is_tried_again_and_then_told(agent_client: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("clustrix_bundle.agent.client._FIRST_DELAY_S", 0.001)
    tried = []

    def channel(*_: Any) -> Any:
        tried.append(1)
        raise ConnectionRefusedError(111, "Connection refused")

    with pytest.raises(ClusterConnectionError, match="cannot connect to testhost: .*Connection refused; tried 3 times"):
        agent_client(channel=channel).hello
    assert len(tried) == 3


@pytest.mark.parametrize(("temporary", "seconds"), [(False, 30), (True, 0)])
def test_what_trying_again_cannot_mend_or_took_too_long_is_told_at_once(
    agent_client: Any, temporary: bool, seconds: float
) -> None:
    tried = []

    def channel(*_: Any) -> Any:
        tried.append(1)
        raise ClusterConnectionError("testhost does not know that key", "testhost", temporary=temporary)

    with pytest.raises(ClusterConnectionError, match="^testhost does not know that key$"):
        agent_client(channel=channel, greeting_timeout=seconds).hello
    assert len(tried) == 1


def test_a_forked_process_has_an_agent_of_its_own(agent_pyz: Path, tmp_path: Path) -> None:
    program = """if True:
        import os, subprocess, sys
        from clustrix_bundle.agent.client import AgentClient
        class Channel:
            def __init__(self):
                self.process = subprocess.Popen([sys.executable, sys.argv[1], "agent"], stdin=-1, stdout=-1)
            def read(self, size): return self.process.stdout.read1(size)
            def write(self, data): self.process.stdin.write(data); self.process.stdin.flush()
            def close(self): self.process.kill()
            def failure(self): return ""
        client = AgentClient(Channel)
        mine = client.hello["pid"]
        child = os.fork()
        if not child:
            os._exit(0 if client.call("files.exists", ["/", []], {"path": "/"}).value and client.hello["pid"] != mine else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert client.call("files.exists", ["/", []], {"path": "/"}).value and client.hello["pid"] == mine
    """
    environment = os.environ | {"PYTHONSAFEPATH": "1", "PYTHONWARNINGS": "ignore"}
    subprocess.run([sys.executable, "-c", program, agent_pyz], check=True, env=environment, cwd=tmp_path, timeout=60)
