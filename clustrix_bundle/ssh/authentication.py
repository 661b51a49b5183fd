"""Logging in over paramiko: keys of the ssh agent and of files, password, questions of the server; several in turn where it wants more than one."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.runtime.config import ClusterConfig, ConfigError
from clustrix_bundle.ssh import prompts
from clustrix_bundle.ssh.errors import AuthenticationRefusedError, HostUnreachableError

if TYPE_CHECKING:
    import paramiko

    from clustrix_bundle.ssh.target import Target

_KEY, _PASSWORD, _QUESTIONS = "publickey", "password", "keyboard-interactive"
_KEYS_MAX = 5  # sshd ends a connection at the sixth failed attempt (MaxAuthTries)
_PASSWORDS_MAX = 3
_AT_A_TERMINAL_S = 300


class Login:
    """One attempt to authenticate a transport.

    Args:
        transport: Its key exchange is done and its host key verified.
        target: As whom, and with which keys.
        password: None where there is none.
        passphrase: Of the key files; None where there is none.
    """

    def __init__(self, transport: paramiko.Transport, target: Target, password: str | None, passphrase: str | None) -> None:
        self._transport = transport
        self._target = target
        self._password = password
        self._passphrase = passphrase
        self._tried: list[str] = []
        self._unanswered: list[str] = []
        self._agent: paramiko.Agent | None = None

    def __repr__(self) -> str:
        return f"Login({self._target.label})"

    def run(self) -> None:
        """Try what the server allows, until it lets us in.

        Raises:
            AuthenticationRefusedError: It does not; the message lists what was tried.
            ConfigError: A key that was named can't be read.
        """
        import paramiko  # noqa: PLC0415 - where a connection is made

        if prompts.has_terminal():  # people need longer than programs
            self._transport.auth_timeout = _AT_A_TERMINAL_S
        ways: dict[str, Iterator[tuple[str, Callable[[], list[str]]]]] = {
            _KEY: self._keys(),
            _PASSWORD: self._passwords(),
            _QUESTIONS: self._questions(),
        }
        allowed = [_KEY, _PASSWORD, _QUESTIONS]
        attempt: tuple[str, Callable[[], list[str]]] | None = ("none", lambda: self._transport.auth_none(self._target.user))
        while attempt is not None:
            name, act = attempt
            try:
                rest = act()
            except paramiko.BadAuthenticationType as error:
                allowed = list(error.allowed_types)
            except paramiko.AuthenticationException:
                if not self._transport.is_active():
                    if len(self._tried) < _KEYS_MAX - 2:  # so early that is no limit of attempts but a network that dropped it
                        raise
                    raise self._refused([*allowed], "; then it ended the connection") from None
            else:
                if not rest:
                    return
                allowed = list(rest)  # right so far, and it wants another proof
            if name != "none":
                self._tried.append(name)
            attempt = next((found for way in allowed if way in ways and (found := next(ways[way], None)) is not None), None)
        raise self._refused(allowed)

    def close(self) -> None:
        """Let go of the ssh agent."""
        if self._agent is not None:
            self._agent.close()

    def _agent_keys(self) -> tuple[paramiko.PKey, ...]:
        import paramiko  # noqa: PLC0415

        try:
            self._agent = paramiko.Agent()
            return tuple(self._agent.get_keys())
        except (paramiko.SSHException, OSError):
            return ()

    def _refused(self, allowed: Iterable[str], more: str = "") -> AuthenticationRefusedError:
        tried = ", ".join(self._tried) or "nothing, there is neither a key nor a password"
        hints = []
        if self._unanswered:
            hints.append(f"it asks for {', '.join(map(repr, self._unanswered))}, which only somebody at a terminal can answer")
        hints.append(
            "name a key with key_file (its passphrase with passphrase, or load it with ssh-add), or set username if that is wrong"
        )
        return AuthenticationRefusedError(
            f"{self._target.label} refused to let us in{more}; it takes {', '.join(allowed)}; tried: {tried}. "
            + "; ".join(hints),
            self._target.written,
        )

    def _keys(self) -> Iterator[tuple[str, Callable[[], list[str]]]]:
        user, transport = self._target.user, self._transport
        for name, key in itertools.islice(self._candidates(), _KEYS_MAX):
            yield name, lambda key=key: transport.auth_publickey(user, key)  # type: ignore[misc]

    def _candidates(self) -> Iterator[tuple[str, paramiko.PKey]]:
        """Keys with their names, each read when its turn comes, since reading one may mean asking for a passphrase.

        First those that somebody named and the ssh agent holds, as ssh does it. Then files that were named, else the agent's other
        keys; then what is left of both.
        """
        held = {key.asbytes(): key for key in self._agent_keys()}
        named = {path: _public_blob(path) for path in self._target.identities}
        used = {blob for blob in named.values() if blob in held}
        for path, blob in named.items():
            if blob in held:
                yield f"key {path} of the ssh agent", held[blob]
        others = [(blob, key) for blob, key in held.items() if blob not in used and not self._target.identities_only]
        files = (path for path, blob in named.items() if blob not in held)
        if self._target.given_key:
            yield from self._of_files(files)
        for _, key in others:
            yield f"key {getattr(key, 'comment', '') or 'without a name'} of the ssh agent", key
        yield from self._of_files(files)

    def _of_files(self, paths: Iterator[str]) -> Iterator[tuple[str, paramiko.PKey]]:
        for path in paths:
            if os.path.exists(path):
                key = self._load(path)
                if key is not None:
                    yield f"key {path}", key
            elif self._target.given_key:
                self._tried.append(f"key {path} (there is no such file)")

    def _load(self, path: str) -> paramiko.PKey | None:
        import paramiko  # noqa: PLC0415

        try:
            return _read_key(path, self._passphrase)
        except paramiko.PasswordRequiredException:
            pass
        except OSError as error:
            self._tried.append(f"key {path} ({error.strerror})")
            return None
        except (paramiko.SSHException, ValueError):
            if self._target.given_key:
                why = "is no private key that can be read" + (", or passphrase is wrong" if self._passphrase else "")
                raise ConfigError(f"key_file={path!r}: {why}") from None
            return None
        for _ in range(_PASSWORDS_MAX):
            answer = prompts.ask(f"Passphrase of {path}:")
            if answer is None:
                break
            try:
                return _read_key(path, answer)
            except (paramiko.SSHException, ValueError):
                continue
        self._tried.append(f"key {path} (it needs a passphrase)")
        return None

    def _passwords(self) -> Iterator[tuple[str, Callable[[], list[str]]]]:
        user, transport = self._target.user, self._transport
        if self._password is not None:
            known = self._password
            yield "password", lambda: transport.auth_password(user, known, fallback=False)
            return
        for _ in range(_PASSWORDS_MAX):
            answer = prompts.ask(f"Password of {self._target.label}:")
            if answer is None:
                return
            yield "password", lambda answer=answer: transport.auth_password(user, answer, fallback=False)  # type: ignore[misc]

    def _questions(self) -> Iterator[tuple[str, Callable[[], list[str]]]]:
        for number in range(_PASSWORDS_MAX):
            if number and (self._unanswered or not prompts.has_terminal()):
                return
            yield "keyboard-interactive", lambda: self._transport.auth_interactive(self._target.user, self._answer)

    def _answer(self, title: str, instructions: str, questions: list[tuple[str, bool]]) -> list[str]:
        """What the server asks. Runs in paramiko's thread, which an exception would end."""
        answers = []
        for question, echo in questions:
            if self._password is not None and not echo and "password" in question.lower():
                answers.append(self._password)
                continue
            about = " ".join(part for part in (title, instructions, question) if part)
            answer = prompts.ask(about, echo=echo)
            if answer is None:
                self._unanswered.append(question.strip())
            answers.append(answer or "")
        return answers


def log_in(transport: paramiko.Transport, target: Target, config: ClusterConfig, *, final: bool) -> None:
    """Authenticate; password and passphrase of the configuration are for the cluster, not for servers on the way (``final`` false).

    Raises:
        AuthenticationRefusedError: The server refuses.
        ConfigError: A key that was named can't be read.
        HostUnreachableError: The connection broke meanwhile.
    """
    import paramiko  # noqa: PLC0415

    login = Login(transport, target, config.password if final else None, config.passphrase if final else None)
    try:
        login.run()
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise HostUnreachableError(
            f"the connection to {target.label} broke while it was to let us in: {type(error).__name__}",
            target.written,
            temporary=True,
        ) from None
    finally:
        login.close()


def _public_blob(path: str) -> bytes | None:
    import base64  # noqa: PLC0415

    try:
        with open(path + ".pub", "rb") as file:
            return base64.b64decode(file.read().split()[1])
    except (OSError, IndexError, ValueError):
        return None


def _read_key(path: str, passphrase: str | None) -> paramiko.PKey:
    """The private key in a file.

    Raises:
        paramiko.PasswordRequiredException: It is encrypted.
        paramiko.SSHException, ValueError: It is none, or the passphrase is wrong.
    """
    import paramiko  # noqa: PLC0415

    failure: Exception = paramiko.SSHException("no private key")
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key_file(path, passphrase)
        except paramiko.PasswordRequiredException:
            raise
        except (paramiko.SSHException, ValueError) as error:
            failure = error
    raise failure
