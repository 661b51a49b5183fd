"""The ways to a server that ssh_config describes, by paramiko and by the user's own ssh; against a real server."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from clustrix_bundle import ClusterConfig, ClusterFilesystem, ConfigError
from clustrix_bundle.agent.pool import client_of
from clustrix_bundle.ssh.errors import AuthenticationRefusedError, HostUnreachableError, UnknownHostKeyError
from clustrix_bundle.ssh.openssh_transport import OpensshConnection
from clustrix_bundle.ssh.paramiko_transport import ParamikoConnection
from clustrix_bundle.ssh.pool import open_agent
from clustrix_bundle.ssh.target import resolve_target

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes accounts")


def by_alias(sshd, **fields):
    return ClusterConfig(**{"cluster_type": "ssh", "cluster_host": "testhost", "remote_work_dir": sshd.work, **fields})


@pytest.fixture
def written(sshd, tmp_path, monkeypatch):
    """Writes an ssh_config and makes it the one that counts."""

    def write(extra="", **options):
        path = sshd.ssh_config(tmp_path, extra, **options)
        monkeypatch.setenv("CLUSTRIX_SSH_CONFIG", path)
        return path

    return write


def names(config):
    """What the work dir holds, over a connection of its own."""
    found = ClusterFilesystem(config).ls()
    client_of(config).close()
    return found


def included(tmp_path) -> str:
    """An Include line, which paramiko doesn't read."""
    (tmp_path / "more").write_text("Host other\n    Port 1\n")
    (tmp_path / "more").chmod(0o600)  # ssh reads none that others can write
    return f"Include {tmp_path}/more"


def test_an_alias_of_ssh_config_gives_host_port_user_key_and_known_hosts(sshd, written):
    Path(sshd.work, "by alias").touch()
    written()
    config = by_alias(sshd)
    assert not resolve_target(config).ssh_reason
    assert "by alias" in names(config)


def test_fields_of_the_configuration_go_over_ssh_config(sshd, written):
    written(Port="1", User="nobody", UserKnownHostsFile="/dev/null")
    config = by_alias(sshd, cluster_port=sshd.port, username=sshd.user, known_hosts_file=sshd.known_hosts)
    assert isinstance(names(config), list)


def test_an_ssh_config_that_checks_no_host_keys_does_not_weaken_ours(sshd, written, tmp_path):
    written(StrictHostKeyChecking="no", UserKnownHostsFile=str(tmp_path / "none"))
    with pytest.raises(UnknownHostKeyError):
        names(by_alias(sshd))


def test_a_host_is_reached_through_a_jump_host(sshd, written):
    jump = f"Host gate\n    HostName 127.0.0.1\n    Port {sshd.port}\n    IdentityFile {sshd.key}\n    UserKnownHostsFile {sshd.known_hosts}"
    written(jump, ProxyJump=f"{sshd.user}@gate")
    config = by_alias(sshd)
    assert [one.written for one in resolve_target(config).jumps] == ["gate"]
    assert isinstance(names(config), list)


def test_a_jump_host_with_an_unknown_key_is_refused(sshd, written, tmp_path):
    jump = f"Host gate\n    HostName 127.0.0.1\n    Port {sshd.port}\n    IdentityFile {sshd.key}\n    UserKnownHostsFile {tmp_path}/none"
    written(jump, ProxyJump=f"{sshd.user}@gate")
    with pytest.raises(UnknownHostKeyError):
        names(by_alias(sshd))


def test_a_host_is_reached_through_a_proxy_command(sshd, written):
    copy = "import os,select,socket,sys; s=socket.create_connection((sys.argv[1],int(sys.argv[2])))\nwhile 1:\n for f in select.select([0,s],[],[])[0]:\n  d=f.recv(65536) if f else os.read(0,65536)\n  if not d: sys.exit()\n  s.sendall(d) if not f else os.write(1,d)"
    program = Path(sshd.state, "copy.py")
    program.write_text(copy)
    written(ProxyCommand=f"{sys.executable} {program} %h %p", HostName="127.0.0.1")
    assert isinstance(names(by_alias(sshd)), list)


def test_what_paramiko_cannot_follow_goes_through_the_users_own_ssh_with_one_connection(sshd, written, tmp_path):
    written(included(tmp_path))
    Path(sshd.work, "by ssh $(x)").touch()
    config = by_alias(sshd)
    assert "has Include" in resolve_target(config).ssh_reason
    first, second = open_agent(config), open_agent(config)
    assert first._channel._connection is second._channel._connection
    assert isinstance(first._channel._connection, OpensshConnection)
    first.close()  # its process is the master: the other one goes on
    assert second.read(16).startswith(b"\0clustrix-agent")
    second.close()
    assert "by ssh $(x)" in names(config)


def test_ssh_tells_what_is_wrong_in_our_words(sshd, written, tmp_path):
    extra = included(tmp_path)
    written(extra, UserKnownHostsFile=str(tmp_path / "none"))
    with pytest.raises(UnknownHostKeyError, match="host_key_policy"):
        names(by_alias(sshd))
    written(extra, IdentityFile="/dev/null")
    with pytest.raises(AuthenticationRefusedError, match="ssh-add"):
        names(by_alias(sshd))
    written(extra, Port="1")
    with pytest.raises(HostUnreachableError, match="refused"):
        names(by_alias(sshd))
    with pytest.raises(ConfigError, match="password is set, but .* has Include"):
        names(by_alias(sshd, password="canary-of-ssh"))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"CertificateFile": "/x/cert"}, "CertificateFile"),
        ({"PKCS11Provider": "/x/lib.so"}, "PKCS11Provider"),
        ({"IdentityAgent": "/x/agent"}, "IdentityAgent"),
    ],
)
def test_options_that_only_ssh_knows_are_told_as_the_reason(sshd, written, options, reason):
    written(**options)
    assert reason in resolve_target(by_alias(sshd)).ssh_reason


def test_a_security_key_and_a_certificate_are_left_to_ssh(sshd, written, tmp_path):
    key = tmp_path / "key"
    key.write_text("")
    written(IdentityFile=str(key))
    Path(f"{key}.pub").write_text("sk-ssh-ed25519@openssh.com AAAA")
    assert "security key" in resolve_target(by_alias(sshd)).ssh_reason
    Path(f"{key}-cert.pub").touch()
    assert "certificate" in resolve_target(by_alias(sshd)).ssh_reason


def test_a_master_that_is_open_is_used(sshd, written, tmp_path):
    socket_dir = Path(tempfile.mkdtemp(prefix="m", dir="/tmp"))  # short: it is to hold a socket
    path = written(ControlPath=f"{socket_dir}/%C")
    subprocess.run(
        ["ssh", "-F", path, "-f", "-N", "-M", "testhost"], check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        assert "master" in resolve_target(by_alias(sshd)).ssh_reason
        assert isinstance(names(by_alias(sshd)), list)
    finally:
        subprocess.run(["ssh", "-F", path, "-O", "exit", "testhost"], check=True, stderr=subprocess.DEVNULL)
        socket_dir.rmdir()


def test_keys_of_an_ssh_agent_are_used(sshd, tmp_path, monkeypatch):
    folder = tempfile.mkdtemp(prefix="a", dir="/tmp")
    address = f"{folder}/agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", address], stdout=subprocess.PIPE)
    agent.stdout.readline()
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", address)
        subprocess.run(["ssh-add", "-q", sshd.key], check=True)
        monkeypatch.setenv("HOME", str(tmp_path))
        config = sshd.config(key_file=None)
        assert isinstance(names(config), list)
    finally:
        agent.terminate()
        agent.wait()
        agent.stdout.close()
        shutil.rmtree(folder)


@needs_root
def test_a_password_lets_in_and_stands_nowhere(sshd_kinds, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("HOME", str(tmp_path))  # no keys there
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    server = sshd_kinds(USER="clxpassword", PASSWORD="canary 4711")
    config = server.config(key_file=None, password="canary 4711")
    with caplog.at_level("DEBUG"):
        assert names(config) == []
    with pytest.raises(AuthenticationRefusedError) as caught:
        names(server.config(key_file=None, password="canary 4712"))
    with pytest.raises(AuthenticationRefusedError, match="tried: nothing"):
        names(server.config(key_file=None))
    told = [
        repr(config),
        str(caught.value),
        repr(caught.value),
        caplog.text,
        repr(resolve_target(config)),
        repr(client_of(config)),
    ]
    assert not any("canary" in text for text in told)
    searched = subprocess.run(["grep", "-rlF", "canary 471", server.state, server.home], capture_output=True, text=True)
    assert searched.stdout == ""


@needs_root
def test_a_server_that_asks_after_the_key_gets_its_answer_or_the_question_is_told(sshd_kinds):
    extra = "UsePAM yes\nKbdInteractiveAuthentication yes\nAuthenticationMethods publickey,keyboard-interactive"
    server = sshd_kinds(USER="clxquestions", PASSWORD="canary 4711", EXTRA=extra)
    assert names(server.config(password="canary 4711")) == []
    with pytest.raises(AuthenticationRefusedError, match="asks for 'Password:', which only somebody at a terminal can answer"):
        names(server.config())


@needs_root
def test_a_password_is_asked_for_on_a_terminal(sshd_kinds, tmp_path):
    server = sshd_kinds(USER="clxpassword", PASSWORD="canary 4711")
    program = tmp_path / "ask.py"
    config = server.config(key_file=None)
    fields = {name: value for name, value in config.to_dict().items() if value is not None}
    program.write_text(
        f"from clustrix_bundle import ClusterConfig, ClusterFilesystem\nprint(ClusterFilesystem(ClusterConfig(**{fields!r})).ls(), 'listed')\n"
    )
    terminal, side = os.openpty()
    begin = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
    child = subprocess.Popen(
        [sys.executable, "-c", begin, sys.executable, str(program)],
        env={**os.environ, "HOME": str(tmp_path), "SSH_AUTH_SOCK": ""}, start_new_session=True,
        stdin=side, stdout=side, stderr=side,
    )  # fmt: skip
    os.close(side)
    seen = b""
    answered = False
    try:
        while piece := os.read(terminal, 4096):
            seen += piece
            if b"Password of" in seen and not answered:
                os.write(terminal, b"canary 4711\n")
                answered = True
    except OSError:  # so Linux tells the end of a terminal
        pass
    os.close(terminal)
    assert child.wait() == 0, seen
    assert b"listed" in seen
    assert b"canary" not in seen


def test_a_temporary_failure_says_so_and_a_lasting_one_does_not(sshd, tmp_path):
    with pytest.raises(HostUnreachableError) as refused:
        open_agent(sshd.config(cluster_port=1))
    with pytest.raises(UnknownHostKeyError) as unknown:
        open_agent(sshd.config(known_hosts_file=str(tmp_path / "none")))
    assert (refused.value.temporary, unknown.value.temporary) == (True, False)


def test_small_answers_do_not_wait_for_acknowledgements(sshd):
    import socket

    connection = ParamikoConnection(resolve_target(sshd.config()), sshd.config())
    try:
        assert connection._transports[-1].sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    finally:
        connection.close()
