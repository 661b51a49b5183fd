"""known_hosts files are read as ssh reads them (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"); ssh-keygen is the oracle for hashed names."""

import base64
import subprocess

import pytest

from clustrix_bundle.ssh.errors import ChangedHostKeyError, HostKeyError, UnknownHostKeyError
from clustrix_bundle.ssh.known_hosts import find_entries, verify_host_key

BLOB, OTHER = b"\0\0\0\x0bssh-ed25519 one", b"\0\0\0\x0bssh-ed25519 two"
KIND = "ssh-ed25519"


def line(names: str, blob: bytes = BLOB, kind: str = KIND, marker: str = "") -> str:
    return f"{marker} {names} {kind} {base64.b64encode(blob).decode()} comment\n".lstrip()


def verify(path, host="login.example.org", port=22, blob=BLOB, kind=KIND, *, accept_new=False):
    verify_host_key((str(path),), host, port, kind, blob, accept_new=accept_new)


@pytest.mark.parametrize(
    ("names", "host", "port"),
    [
        ("login.example.org", "login.example.org", 22),
        ("Login.Example.org", "LOGIN.example.ORG", 22),
        ("a,login.example.org,b", "login.example.org", 22),
        ("*.example.org", "login.example.org", 22),
        ("login?.example.org", "login2.example.org", 22),
        ("[login.example.org]:2222", "login.example.org", 2222),
        ("login.example.org", "login.example.org", 2222),
        ("::1", "::1", 22),
    ],
)
def test_a_name_that_matches_vouches_for_the_key(tmp_path, names, host, port):
    path = tmp_path / "known_hosts"
    path.write_text("# a comment\n\nnonsense\n" + line(names))
    verify(path, host, port)
    assert find_entries([str(path)], host, port)[0].line == 4


@pytest.mark.parametrize(
    "names", ["other", "*.example.org,!login.example.org", "[login.example.org]:2222", "[l]ogin.example.org"]
)
def test_a_name_that_does_not_match_leaves_the_host_unknown(tmp_path, names):
    path = tmp_path / "known_hosts"
    path.write_text(line(names))
    with pytest.raises(UnknownHostKeyError):
        verify(path)


@pytest.mark.parametrize("port", [22, 2222])
def test_hashed_names_are_found_as_ssh_keygen_hashes_them(tmp_path, port):
    path = tmp_path / "known_hosts"
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    kind, text = (tmp_path / "key.pub").read_text().split()[:2]
    path.write_text(f"{'login.example.org' if port == 22 else '[login.example.org]:2222'} {kind} {text}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", path], check=True, stderr=subprocess.DEVNULL)
    assert path.read_text().startswith("|1|")
    verify(path, port=port, blob=base64.b64decode(text))


def test_another_key_is_refused_even_of_another_type_and_even_if_new_ones_are_taken(tmp_path):
    path = tmp_path / "known_hosts"
    path.write_text(line("login.example.org", OTHER, "ssh-rsa"))
    for accept_new in (False, True):
        with pytest.raises(ChangedHostKeyError, match="known_hosts:1"):
            verify(path, accept_new=accept_new)


def test_a_revoked_key_is_refused_under_any_name(tmp_path):
    path = tmp_path / "known_hosts"
    path.write_text(line("login.example.org") + line("elsewhere", marker="@revoked"))
    with pytest.raises(ChangedHostKeyError, match="revoked in .*known_hosts:2"):
        verify(path)


def test_an_authority_does_not_vouch_for_a_plain_key(tmp_path):
    path = tmp_path / "known_hosts"
    path.write_text(line("login.example.org", marker="@cert-authority"))
    with pytest.raises(UnknownHostKeyError):
        verify(path)


def test_a_new_key_goes_on_a_line_of_its_own_once(tmp_path):
    path = tmp_path / "known_hosts"
    path.write_text(line("other").rstrip("\n"))
    for _ in range(2):
        verify(path, port=2222, accept_new=True)
    lines = path.read_text().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("[login.example.org]:2222 ssh-ed25519 ")
    verify(path, port=2222)


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "known_hosts").mkdir()
    with pytest.raises(HostKeyError, match="can't be added to .*known_hosts"):
        verify(tmp_path / "known_hosts", accept_new=True)
