"""What users see when the way to a cluster fails, and that work goes on where it can; against a real server."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from clustrix_bundle import ClusterFilesystem
from clustrix_bundle.agent.errors import AnswerTimeout, ClusterConnectionError, ConnectionLost
from clustrix_bundle.ssh.errors import (
    AgentStartError,
    AuthenticationRefusedError,
    ChangedHostKeyError,
    HostUnreachableError,
    NoPythonError,
    UnknownHostKeyError,
)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes accounts and mounts")


def place(sshd, name: str, **files: bytes) -> str:
    """A new work dir on the server."""
    folder = Path(sshd.work, name)
    folder.mkdir()
    for path, content in files.items():
        (folder / path).write_bytes(content)
    return str(folder)


def agent_pid(fs: ClusterFilesystem) -> int:
    return fs._files._place.client.hello["pid"]


def test_a_connection_that_is_refused_names_host_port_and_fields(sshd):
    config = sshd.config(cluster_port=1)
    with pytest.raises(HostUnreachableError, match=r"127\.0\.0\.1 port 1 refuses connections.*cluster_port") as caught:
        ClusterFilesystem(config).ls()
    assert isinstance(caught.value, ClusterConnectionError)


def test_a_host_that_does_not_exist_is_named_at_once(sshd):
    with pytest.raises(HostUnreachableError, match="no host 'nowhere.invalid'.*cluster_host"):
        ClusterFilesystem(sshd.config(cluster_host="nowhere.invalid")).ls()


def test_a_name_that_no_server_looks_up_for_a_moment_is_asked_for_again(own_sshd, monkeypatch):
    """As on a laptop that just woke up."""
    look_up, silent = socket.getaddrinfo, [True, True]

    def asked(*arguments, **options):
        if silent:
            silent.pop()
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return look_up(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    assert ClusterFilesystem(own_sshd.config()).ls() == []
    assert silent == []


def test_a_server_that_lets_nobody_in_lists_what_was_tried(sshd, tmp_path):
    key = tmp_path / "another key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    with pytest.raises(AuthenticationRefusedError, match="it takes publickey; tried: key .*another key.*key_file") as caught:
        ClusterFilesystem(sshd.config(key_file=str(key))).ls()
    assert not caught.value.temporary


def test_an_encrypted_key_opens_with_its_passphrase_and_says_so_without(sshd, tmp_path):
    key = tmp_path / "encrypted"
    key.write_bytes(Path(sshd.key).read_bytes())
    key.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "open sesame", "-f", key], check=True)
    with pytest.raises(AuthenticationRefusedError, match="encrypted .it needs a passphrase"):
        ClusterFilesystem(sshd.config(key_file=str(key))).ls()
    work = place(sshd, "encrypted-key", here=b"1")
    assert "here" in ClusterFilesystem(sshd.config(key_file=str(key), passphrase="open sesame", remote_work_dir=work)).ls()


def test_an_unknown_host_is_refused_with_its_fingerprint_and_the_ways_out(sshd, tmp_path):
    config = sshd.config(known_hosts_file=str(tmp_path / "known_hosts"))
    shown = subprocess.run(["ssh-keygen", "-lf", f"{sshd.state}/host_key.pub"], check=True, capture_output=True, text=True).stdout
    with pytest.raises(UnknownHostKeyError, match="host_key_policy") as caught:
        ClusterFilesystem(config).ls()
    assert shown.split()[1] in str(caught.value)
    assert not (tmp_path / "known_hosts").exists()


def test_accept_new_writes_the_entry_that_ssh_takes(sshd, tmp_path):
    known = tmp_path / "new folder" / "known_hosts"
    config = sshd.config(known_hosts_file=str(known), host_key_policy="accept-new", remote_work_dir=place(sshd, "accept-new"))
    assert ClusterFilesystem(config).ls() == []
    found = subprocess.run(["ssh-keygen", "-F", f"[127.0.0.1]:{sshd.port}", "-f", known], capture_output=True, check=True)
    assert b"ssh-ed25519" in found.stdout
    assert known.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("policy", ["strict", "accept-new"])
def test_a_changed_host_key_is_refused_whatever_the_policy_and_the_line_named(sshd, tmp_path, policy):
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    known = tmp_path / "known_hosts"
    before = f"# kept\n[127.0.0.1]:{sshd.port} " + " ".join(Path(f"{other}.pub").read_text().split()[:2]) + "\n"
    known.write_text(before)
    with pytest.raises(ChangedHostKeyError, match=r"known_hosts:2 has.*ssh-keygen -R"):
        ClusterFilesystem(sshd.config(known_hosts_file=str(known), host_key_policy=policy)).ls()
    assert known.read_text() == before


@pytest.fixture
def patient(monkeypatch):
    """Fields of a configuration with which a server is tried for long enough to start again on a slow machine."""
    monkeypatch.setattr("clustrix_bundle.agent.client._FIRST_DELAY_S", 1.0)
    return {"connect_timeout": 100}


def test_a_server_that_dies_between_two_calls_and_comes_back_is_connected_to_anew(own_sshd, patient):
    fs = ClusterFilesystem(own_sshd.config(**patient))
    Path(own_sshd.work, "a").write_bytes(b"12345")
    assert fs.stat("a").size == 5
    own_sshd.stop()
    starting = threading.Thread(target=own_sshd.start)
    starting.start()
    assert fs.stat("a").size == 5
    starting.join()


def test_calls_that_are_under_way_when_the_server_dies_are_answered_when_it_is_back(own_sshd, patient):
    work = place(own_sshd, "many", **{f"f{number}": b"" for number in range(300)})
    fs = ClusterFilesystem(own_sshd.config(remote_work_dir=work, **patient))
    fs.exists(".")
    done, failed = threading.Event(), []
    asked = [threading.Event() for _ in range(4)]

    def ask(begun: threading.Event) -> None:
        try:
            while not done.is_set():
                assert len(fs.find("f*")) == 300
                begun.set()
        except BaseException as error:
            failed.append(error)
        finally:
            begun.set()

    threads = [threading.Thread(target=ask, args=(begun,)) for begun in asked]
    for one in threads:
        one.start()
    for begun in asked:
        assert begun.wait(60)
    own_sshd.stop()
    own_sshd.start()
    for begun in asked:  # each has an answer from after the restart
        begun.clear()
    for begun in asked:
        assert begun.wait(60)
    done.set()
    for one in threads:
        one.join()
    assert failed == []


def test_a_server_that_stays_away_is_an_error_that_says_what_was_lost(own_sshd, monkeypatch):
    monkeypatch.setattr("clustrix_bundle.agent.client._FIRST_DELAY_S", 0.001)
    fs = ClusterFilesystem(own_sshd.config())
    assert not fs.exists("a")
    own_sshd.stop()
    with pytest.raises(ClusterConnectionError, match="refuses connections"):
        fs.exists("a")


def test_an_agent_that_is_killed_is_started_again(sshd):
    fs = ClusterFilesystem(sshd.config(remote_work_dir=place(sshd, "killed", a=b"1")))
    first = agent_pid(fs) if fs.exists("a") else 0
    os.kill(first, signal.SIGKILL)
    assert fs.exists("a")
    assert agent_pid(fs) != first


def test_a_half_open_connection_ends_in_an_error_and_works_when_the_network_is_back(sshd, proxy):
    between = proxy()
    config = sshd.config(between.port, remote_work_dir=place(sshd, "frozen", a=b"1"))
    fs = ClusterFilesystem(config)
    assert fs.exists("a")
    between.frozen = True
    with pytest.raises((AnswerTimeout, ConnectionLost, HostUnreachableError)):
        ClusterFilesystem(config.replace(operation_timeout=1)).exists("a")  # over the same connection
    between.frozen = False
    assert fs.exists("a")


def test_a_server_that_says_nothing_is_a_timeout_that_says_so(sshd, proxy):
    between = proxy()
    between.frozen = True
    with pytest.raises(HostUnreachableError, match="SSH handshake within 0.5 s"):
        ClusterFilesystem(sshd.config(between.port, connect_timeout=0.5)).ls()


def test_a_slow_server_answers_all_the_same(sshd, proxy):
    between = proxy(rtt_s=0.1, rate=200_000)
    fs = ClusterFilesystem(sshd.config(between.port, remote_work_dir=place(sshd, "slow", a=b"123")))
    with fs.batch() as batch:
        sizes = [batch.stat("a") for _ in range(50)]
    assert [one.result().size for one in sizes] == [3] * 50


def test_ten_thousand_operations_through_a_network_that_drops_connections_lose_none_and_mistake_none(sshd, proxy):
    between = proxy(drop=0.01, seed=7)
    work = place(sshd, "dropped", **{f"f{number}": b"x" * number for number in range(100)})
    fs = ClusterFilesystem(sshd.config(between.port, remote_work_dir=work))
    wrong = []

    def ask(first: int) -> None:
        for number in range(first, 10_000, 40):
            with fs.batch() as batch:
                answers = [batch.stat(f"f{(number + step) % 100}") for step in range(10)]
            wrong.extend(one for step, one in enumerate(answers) if one.result().size != (number + step) % 100)

    threads = [threading.Thread(target=ask, args=(10 * number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []
    assert between.cuts > 3


def test_eight_threads_share_one_filesystem_object_and_one_connection(sshd):
    work = place(sshd, "threads", **{f"f{number}": b"x" * number for number in range(50)})
    fs = ClusterFilesystem(sshd.config(remote_work_dir=work))
    pids, wrong = set(), []

    def ask() -> None:
        for number in range(50):
            if fs.stat(f"f{number}").size != number or len(fs.find("f?")) != 10:
                wrong.append(number)
        pids.add(agent_pid(fs))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []
    assert len(pids) == 1


def test_a_forked_child_gets_a_connection_of_its_own_and_leaves_the_parents(sshd):
    program = f"""
import os, sys
from clustrix_bundle import ClusterConfig, ClusterFilesystem
fs = ClusterFilesystem(ClusterConfig(**{{k: v for k, v in {sshd.config().to_dict()!r}.items() if v is not None}}, key_file={sshd.key!r}))
first = fs.ls()
child = os.fork()
if not child:
    fs = ClusterFilesystem(fs.config)
    os._exit(0 if fs.ls() == first else 1)
_, status = os.waitpid(child, 0)
assert fs.ls() == first
sys.exit(os.waitstatus_to_exitcode(status))
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_server_with_one_session_a_connection_and_a_banner_serves_two_work_dirs(sshd_kinds, tmp_path):
    banner = Path("/tmp") / f"banner-{os.getpid()}"
    banner.write_text("Authorised users only!\n" * 20)
    server = sshd_kinds(EXTRA=f"MaxSessions 1\nBanner {banner}")
    for name in ("one", "two"):
        work = place(server, name, **{name: b"1"})
        config = server.config(remote_work_dir=work, connect_timeout=29 if name == "one" else 30)  # two agents, so two sessions
        assert name in ClusterFilesystem(config).ls()
    banner.unlink()


@needs_root
@pytest.mark.parametrize(
    ("shell", "startup", "text"),
    [
        ("/usr/bin/tcsh", ".cshrc", "echo 'Welcome to the cluster'\nsetenv GREETED yes\n"),
        ("/usr/bin/fish", ".config/fish/config.fish", "echo 'Welcome to the cluster'\n"),
    ],
)
def test_a_login_shell_that_is_no_posix_shell_and_prints_is_no_obstacle(sshd_kinds, shell, startup, text):
    server = sshd_kinds(USER=f"clx{Path(shell).name}", SHELL=shell)
    path = Path(server.home, startup)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    nasty = Path(server.work, 'it\'s $(touch x) "quoted"\nand -rf')
    nasty.write_bytes(b"1234")
    fs = ClusterFilesystem(server.config())
    assert nasty.name in fs.ls()
    assert fs.stat(nasty.name).size == 4


def test_a_startup_file_that_prints_without_end_is_named_as_the_cause(sshd_kinds):
    server = sshd_kinds(EXTRA="ForceCommand head -c 200000 /dev/zero | tr '\\000' x; cat")
    with pytest.raises(AgentStartError, match="printed more than 64 KiB.*interactive"):
        ClusterFilesystem(server.config()).ls()


def test_a_python_whose_path_has_a_space_is_found(sshd, tmp_path_factory):
    folder = tmp_path_factory.mktemp("my own 'python'")
    os.symlink("/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable, folder / "py $x")
    work = place(sshd, "spaces", a=b"1")
    assert ClusterFilesystem(sshd.config(python_executable=str(folder / "py $x"), remote_work_dir=work)).ls() == ["a"]


def test_where_there_is_no_python_the_error_says_what_was_tried_and_how_to_set_it(sshd):
    with pytest.raises(NoPythonError, match="there is no /opt/my python/bin/python on .*set python_executable"):
        ClusterFilesystem(sshd.config(python_executable="/opt/my python/bin/python")).ls()


def test_a_python_that_is_too_old_is_told_with_its_version(sshd, tmp_path):
    old = tmp_path / "python2"
    old.write_text(
        '#!/bin/sh\nwhile [ "$1" != -c ]; do shift; done\nexec python3 -c \'import sys; sys.version_info = (2, 7, 18)\n\'"$2"\n'
    )
    old.chmod(0o755)
    with pytest.raises(NoPythonError, match="is Python 2.7 on .*3.6 or later"):
        ClusterFilesystem(sshd.config(python_executable=str(old))).ls()


def test_modules_that_cannot_be_loaded_are_named(sshd):
    # Whether the machine that runs the tests has Environment Modules is not ours to say; what its login shell knows is.
    has_modules = subprocess.run(["bash", "-lc", "command -v module"], capture_output=True).returncode == 0
    cause = "`module load` failed" if has_modules else "no command `module`"
    with pytest.raises(AgentStartError, match=f"module_loads has 'no such/3.11'.*{cause}"):
        ClusterFilesystem(sshd.config(module_loads=["no such/3.11"])).ls()


@needs_root
def test_a_full_disk_lets_files_be_read_and_uploads_fail_with_its_name(sshd, tmp_path):
    small = tmp_path / "small disk"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        (small / "full").write_bytes(b"x" * 60_000)
        fs = ClusterFilesystem(sshd.config(remote_work_dir=str(small), connect_timeout=28))
        assert fs.du().total_bytes == 60_000
        with pytest.raises(OSError, match="No space left on device"):
            fs._files._place.call("store.put", name="blobs/" + "0" * 64, sha256="0" * 64, size=200_000, body=b"y" * 200_000)
    finally:
        from clustrix_bundle.agent.pool import close_all

        close_all()
        subprocess.run(["umount", "-l", small], check=True)
