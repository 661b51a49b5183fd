"""`Target`: which server, as whom and by which way, from a configuration and the user's ssh_config."""

from __future__ import annotations

import getpass
import glob
import os
import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.runtime.config import ClusterConfig, ConfigError

if TYPE_CHECKING:
    import paramiko

CONFIG_VARIABLE = "CLUSTRIX_SSH_CONFIG"
"""Environment variable that names another file than ``~/.ssh/config`` and the system's."""

_GLOBAL_KNOWN_HOSTS = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
_DEFAULT_IDENTITIES = ("~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")
_SSH_ONLY = {
    "gssapiauthentication": "GSSAPIAuthentication",
    "certificatefile": "CertificateFile",
    "pkcs11provider": "PKCS11Provider",
    "knownhostscommand": "KnownHostsCommand",
    "identityagent": "IdentityAgent",
    "verifyhostkeydns": "VerifyHostKeyDNS",
    "hostbasedauthentication": "HostbasedAuthentication",
    "canonicalizehostname": "CanonicalizeHostname",
    "bindaddress": "BindAddress",
    "bindinterface": "BindInterface",
    "proxyusefdpass": "ProxyUseFdpass",
}
_OFF = frozenset({"no", "none", "false", "ssh_auth_sock"})


@dataclass(frozen=True, slots=True)
class Target:
    """A server and how to reach it; holds no secret.

    Attributes:
        written: Host as the configuration has it: a name, or an alias of the ssh_config.
        host: Name or address to connect to.
        key_alias: Name under which its key is known (HostKeyAlias), else ``host``.
        identities: Private keys to offer, best first.
        identities_only: Whether other keys of the ssh agent stay unused.
        given_key: Whether ``identities`` were named by somebody; a missing one is an error then.
        known_hosts: Files that vouch for keys; the first takes new ones.
        accept_new: Whether keys of hosts that none of them names are taken.
        jumps: Servers to go through, the first one first.
        proxy_command: Command line whose standard streams lead to the server.
        ssh_reason: Why only the user's own ``ssh`` can go there; empty if it need not.
        config_file: ssh_config file in place of the usual ones; empty for those.
    """

    written: str
    host: str
    port: int
    user: str
    key_alias: str
    identities: tuple[str, ...] = ()
    identities_only: bool = False
    given_key: bool = False
    known_hosts: tuple[str, ...] = ()
    accept_new: bool = False
    jumps: tuple[Target, ...] = ()
    proxy_command: str = ""
    ssh_reason: str = ""
    config_file: str = ""

    @property
    def label(self) -> str:
        """For people: ``user@host:port``, the port where it is unusual."""
        return f"{self.user}@{self.host}" + (f":{self.port}" if self.port != 22 else "")


def resolve_target(config: ClusterConfig) -> Target:
    """Where a configuration leads.

    Raises:
        ConfigError: It names no host, a key file that is missing, or the ssh_config can't be read.
    """
    if not config.cluster_host:
        raise ConfigError(f"cluster_type is {config.cluster_type!r}, but cluster_host is not set: there is nothing to connect to")
    if config.key_file and not os.path.isfile(config.key_file):
        raise ConfigError(f"key_file={config.key_file!r}: there is no such file")
    files = _config_files()
    texts = {path: _read(path) for path in files}
    reason = _unreadable_reason(texts)
    options = {} if reason else _lookup(texts, config.cluster_host)
    return _target(config.cluster_host, config, options, texts, reason, depth=0)


def _target(
    written: str,
    config: ClusterConfig,
    options: paramiko.SSHConfigDict | dict[str, str],
    texts: dict[str, str],
    reason: str,
    *,
    depth: int,
) -> Target:
    own = depth == 0  # the configuration's fields are about the cluster, not about servers on the way
    user = (config.username if own else None) or options.get("user") or getpass.getuser()
    port = (config.cluster_port if own else None) or int(options.get("port", 22))
    host = options.get("hostname", written)
    named: Any = options.get("identityfile", [])
    given = [config.key_file] if own and config.key_file else [_user_path(path) for path in named]
    identities = tuple(given or (os.path.expanduser(path) for path in _DEFAULT_IDENTITIES))
    known = [config.known_hosts_file] if config.known_hosts_file else _known_hosts(options)
    reason = reason or _options_reason(options, identities) or _open_master(written, options)
    jump = options.get("proxyjump", "none")
    jumps: tuple[Target, ...] = ()
    if jump.lower() != "none" and not reason:
        if depth > 8:
            raise ConfigError(f"ProxyJump of {written}: servers lead to each other in a circle")
        for spec in jump.split(","):
            jump_user, jump_host, jump_port = _parse_jump(spec)
            found = dict(_lookup(texts, jump_host))
            found.update({key: value for key, value in (("user", jump_user), ("port", jump_port)) if value})
            if jumps:  # only the first of a chain goes by a way of its own
                found["proxyjump"] = "none"
            one = _target(jump_host, config, found, texts, "", depth=depth + 1)
            reason = reason or one.ssh_reason
            jumps += (*one.jumps, one)
    return Target(
        written=written,
        host=host,
        port=port,
        user=user,
        key_alias=options.get("hostkeyalias", host),
        identities=identities,
        identities_only=(own and bool(config.key_file)) or options.get("identitiesonly", "no").lower() == "yes",
        given_key=bool(given),
        known_hosts=tuple(known),
        accept_new=config.host_key_policy == "accept-new",
        jumps=jumps,
        proxy_command="" if jumps else (options.get("proxycommand") or ""),
        ssh_reason=reason,
        config_file=os.environ.get(CONFIG_VARIABLE, ""),
    )


def _config_files() -> list[str]:
    own = os.environ.get(CONFIG_VARIABLE)
    if own:
        return [own]
    return [os.path.expanduser("~/.ssh/config"), "/etc/ssh/ssh_config"]


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except FileNotFoundError:
        if os.environ.get(CONFIG_VARIABLE):
            raise ConfigError(f"{CONFIG_VARIABLE}={path!r}: there is no such file") from None
        return ""
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None


def _unreadable_reason(texts: dict[str, str]) -> str:
    """Why paramiko can't follow the files at all: ``Match``, or ``Include`` of something."""
    for path, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            words = re.split(r"[\s=]+", line.strip(), maxsplit=1)
            keyword = words[0].lower()
            if keyword == "match":
                return f"{path}:{number} has Match"
            if keyword == "include" and len(words) > 1 and _includes(path, words[1]):
                return f"{path}:{number} has Include"
    return ""


def _includes(path: str, patterns: str) -> bool:
    """Whether any of the files says something."""
    base = os.path.expanduser("~/.ssh") if not path.startswith("/etc/") else "/etc/ssh"
    for pattern in shlex.split(patterns, comments=True):
        for found in glob.glob(os.path.join(base, os.path.expanduser(pattern))):
            try:
                with open(found, encoding="utf-8", errors="replace") as file:
                    if any(line.strip() and not line.strip().startswith("#") for line in file):
                        return True
            except OSError:
                continue
    return False


def _lookup(texts: dict[str, str], host: str) -> paramiko.SSHConfigDict:
    import io  # noqa: PLC0415 - where a connection is made

    import paramiko  # noqa: PLC0415

    ssh_config = paramiko.SSHConfig()
    for path, text in texts.items():
        try:
            ssh_config.parse(io.StringIO(text))
        except paramiko.SSHException as error:
            raise ConfigError(f"{path}: {error}") from None
    return ssh_config.lookup(host)


def _options_reason(options: paramiko.SSHConfigDict | dict[str, str], identities: tuple[str, ...]) -> str:
    for key, name in _SSH_ONLY.items():
        value = options.get(key)
        if value is not None and value.lower() not in _OFF:
            if key == "gssapiauthentication" and not _has_ticket():  # Debian and Fedora switch it on for everybody
                continue
            return f"its ssh configuration has {name}"
    if "%" in options.get("userknownhostsfile", ""):
        return "its ssh configuration has a pattern in UserKnownHostsFile"
    for path in identities:
        if os.path.exists(path + "-cert.pub"):
            return f"{path}-cert.pub is a certificate"
        try:
            with open(path + ".pub", "rb") as file:
                if file.read(3) == b"sk-":
                    return f"{path} is held by a security key"
        except OSError:
            continue
    return ""


def _has_ticket() -> bool:
    """Whether Kerberos knows the user."""
    program = shutil.which("klist")
    return program is not None and subprocess.run([program, "-s"], check=False, timeout=10).returncode == 0  # noqa: S603


def _open_master(written: str, options: paramiko.SSHConfigDict | dict[str, str]) -> str:
    """Whether the user's ssh already holds a connection open: then no password or code is asked for again."""
    program = shutil.which("ssh")
    if program is None or options.get("controlpath", "none").lower() == "none":
        return ""
    own = os.environ.get(CONFIG_VARIABLE)
    argv = [program, *(["-F", own] if own else []), "-O", "check", "--", written]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=10)  # noqa: S603 - the user's own ssh
    return "a master connection of ssh is open" if done.returncode == 0 else ""


def _known_hosts(options: paramiko.SSHConfigDict | dict[str, str]) -> list[str]:
    own = shlex.split(options.get("userknownhostsfile", "~/.ssh/known_hosts ~/.ssh/known_hosts2"))
    shared = shlex.split(options["globalknownhostsfile"]) if "globalknownhostsfile" in options else _GLOBAL_KNOWN_HOSTS
    return [_user_path(path) for path in (*own, *shared) if path.lower() != "none"]


def _user_path(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))


def _parse_jump(spec: str) -> tuple[str, str, str]:
    """(user, host, port) of ``[user@]host[:port]``, also as an ssh:// URI; what is not said is empty."""
    text = spec.strip().removeprefix("ssh://")
    user, _, place = text.rpartition("@")
    found = re.fullmatch(r"\[(.+)\](?::(\d+))?|([^:]+)(?::(\d+))?", place)
    if not found:
        raise ConfigError(f"ProxyJump has {spec!r}, which is no [user@]host[:port]")
    return user, found[1] or found[3], found[2] or found[4] or ""
