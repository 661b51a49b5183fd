"""known_hosts files as sshd(8) describes them: who vouches for a server's key, and adding one.

paramiko's own reader knows no markers, no negation and no line numbers, and takes another type of key for an unknown host.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import fnmatch
import hashlib
import hmac
import os
from collections.abc import Iterable, Iterator

from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.ssh.errors import ChangedHostKeyError, HostKeyError, UnknownHostKeyError

REVOKED, AUTHORITY = "@revoked", "@cert-authority"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that names the host.

    Attributes:
        path: File.
        line: Its number, from 1.
        marker: ``@revoked``, ``@cert-authority`` or empty.
        kind: Type of key: ``ssh-ed25519``.
        blob: The key as it goes over the wire.
    """

    path: str
    line: int
    marker: str
    kind: str
    blob: bytes


def host_label(host: str, port: int) -> str:
    """The name under which a known_hosts file has it: ``host``, or ``[host]:port``."""
    return host if port == 22 else f"[{host}]:{port}"


def find_entries(files: Iterable[str], host: str, port: int) -> list[Entry]:
    """Lines that name the host; where none does, those that name it without its port, as ssh does it."""
    entries = list(_matching(files, host_label(host, port).lower()))
    return entries or (list(_matching(files, host.lower())) if port != 22 else [])


def fingerprint(blob: bytes) -> str:
    """As ``ssh-keygen -l`` shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def verify_host_key(files: tuple[str, ...], host: str, port: int, kind: str, blob: bytes, *, accept_new: bool) -> None:
    """Let a key pass that a file vouches for, or, if wanted, one of a host that no file names; that one is added to the first file.

    Raises:
        UnknownHostKeyError: No file names the host.
        ChangedHostKeyError: A file has another key for it, or has this one as revoked.
        HostKeyError: The key can't be added.
    """
    label = host_label(host, port)
    for entry in _matching(files, None):  # a revoked key is refused under any name
        if entry.marker == REVOKED and entry.blob == blob:
            raise ChangedHostKeyError(
                f"the server's {kind} key {fingerprint(blob)} is marked as revoked in {entry.path}:{entry.line}. "
                "Do not connect; ask the cluster's administrators",
                label,
            )
    entries = [entry for entry in find_entries(files, host, port) if not entry.marker]
    if any(entry.blob == blob for entry in entries):
        return
    if entries:
        first = next((entry for entry in entries if entry.kind == kind), entries[0])
        raise ChangedHostKeyError(
            f"the server's key is not the one that {first.path}:{first.line} has for {label}: it shows {kind} {fingerprint(blob)}, "
            f"known is {first.kind} {fingerprint(first.blob)}. Somebody may be listening in, or the server was set up anew: ask its "
            f"administrators for the fingerprint; if it is the new one, remove that line (ssh-keygen -R '{label}' -f {first.path}) and connect again",
            label,
        )
    if not accept_new:
        where = files[0] if files else "a known_hosts file"
        raise UnknownHostKeyError(
            f"no known_hosts file names {label} (looked in {', '.join(files) or 'none'}). It shows {kind} {fingerprint(blob)}. Compare that with "
            f"what the cluster's documentation says; then connect to it once with `ssh` and answer yes, or add its line to {where}, "
            'or set host_key_policy="accept-new" to take the keys of new hosts unseen',
            label,
        )
    add_host_key(files, host, port, kind, blob)


def add_host_key(files: tuple[str, ...], host: str, port: int, kind: str, blob: bytes) -> None:
    """Append a line to the first file, made if it is missing, unless somebody was faster with the same key.

    Raises:
        ChangedHostKeyError: Somebody was faster, with another key.
        HostKeyError: The file can't be written.
    """
    label = host_label(host, port)
    path = files[0]
    try:
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if find_entries(files, host, port):
                verify_host_key(files, host, port, kind, blob, accept_new=False)
                return
            content = file.read()
            ended = b"" if not content or content.endswith(b"\n") else b"\n"
            file.write(ended + f"{label} {kind} {base64.b64encode(blob).decode()}\n".encode())
    except OSError as error:
        raise HostKeyError(f"the key of {label} can't be added to {path}: {error.strerror or error}", label) from error


def _matching(files: Iterable[str], label: str | None) -> Iterator[Entry]:
    """Lines whose names match; all lines for None. What is no entry is passed over, as ssh does."""
    for path in files:
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                lines = file.read().splitlines()
        except OSError:  # missing is usual; ssh passes over what it can't read, too
            continue
        for number, line in enumerate(lines, 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            marker = words.pop(0) if words[0].startswith("@") else ""
            if len(words) < 3 or (label is not None and not _names(words[0], label)):
                continue
            try:
                yield Entry(path, number, marker, words[1], base64.b64decode(words[2], validate=True))
            except (binascii.Error, ValueError):
                continue


def _names(pattern_list: str, label: str) -> bool:
    if pattern_list.startswith("|1|"):
        try:
            salt, digest = (base64.b64decode(part) for part in pattern_list.split("|")[2:4])
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(hmac.new(salt, label.encode(), "sha1").digest(), digest)
    found = False
    for pattern in pattern_list.lower().split(","):
        negated, plain = pattern.startswith("!"), pattern.removeprefix("!")
        # Brackets are letters here, as are those of `[host]:port`.
        if fnmatch.fnmatchcase(label, plain.replace("[", "[[]")):
            if negated:
                return False
            found = True
    return found
