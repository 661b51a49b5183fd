"""From a login shell to a running agent: skips noise, sends the runtime where it is missing, tells why it can't start."""

from __future__ import annotations

import base64
import re
import threading
from typing import TYPE_CHECKING

from clustrix_bundle.ssh.errors import AgentStartError, HostUnreachableError, NoPythonError

if TYPE_CHECKING:
    from clustrix_bundle.agent.errors import ClusterConnectionError
    from clustrix_bundle.runtime.config import ClusterConfig
    from clustrix_bundle.ssh.openssh_transport import SshChannel
    from clustrix_bundle.ssh.paramiko_transport import ParamikoChannel
    from clustrix_bundle.ssh.target import Target

NOISE_MAX = 64 << 10
"""Bytes that a login shell may print before the agent speaks."""

_MARK = b"\0clustrix-agent "
_LONGEST = len(_MARK) + 5
_TROUBLE = re.compile(r"^clustrix-trouble ([a-z-]+) ?([A-Za-z0-9+/=]*)$", re.MULTILINE)


class StartedChannel:
    """A channel whose agent runs (`clustrix_bundle.agent.channel.Channel`); what came after the start's last line is read first."""

    def __init__(self, channel: ParamikoChannel | SshChannel, first: bytes) -> None:
        self._first = first
        self._channel = channel
        self.write = channel.write
        self.close = channel.close
        self.failure = channel.failure

    def read(self, size: int) -> bytes:
        if self._first:
            piece, self._first = self._first[:size], self._first[size:]
            return piece
        return self._channel.read(size)


def start_agent(channel: ParamikoChannel | SshChannel, target: Target, config: ClusterConfig, program: bytes) -> StartedChannel:
    """Wait until the login line has become an agent.

    Args:
        channel: The session in which the line runs.
        target: For messages.
        config: Its Python, work dir and timeouts count.
        program: ``runtime.pyz``, sent if it is missing there.

    Raises:
        NoPythonError, AgentStartError, HostUnreachableError, and what ``ssh`` reports.
    """
    late = threading.Event()

    def give_up() -> None:
        late.set()
        channel.close()

    # A module or a home folder on a slow disk takes its time, and so does somebody who types a code for ssh.
    timer = threading.Timer(config.connect_timeout + config.operation_timeout, give_up)
    timer.daemon = True
    timer.start()
    try:
        word, rest = _next_word(channel, b"", target)
        if word == b"NEED":
            channel.write(b"%010d" % len(program) + program)
            word, rest = _next_word(channel, rest, target)
        if word != b"HAVE":
            raise AgentStartError(f"{target.label} answers {word!r}, which is no agent of ours", target.written)
    except OSError as error:
        if late.is_set():
            raise _late(target, config) from None
        raise _why(channel, target, config, str(error)) from None
    except _Ended as ended:
        if late.is_set():
            raise _late(target, config) from None
        raise _why(channel, target, config, ended.noise) from None
    finally:
        timer.cancel()
    if late.is_set():
        raise _late(target, config)
    return StartedChannel(channel, rest)


class _Ended(Exception):  # noqa: N818 - control flow
    """The stream ended before the agent spoke."""

    def __init__(self, noise: str) -> None:
        super().__init__(noise)
        self.noise = noise


def _next_word(channel: ParamikoChannel | SshChannel, data: bytes, target: Target) -> tuple[bytes, bytes]:
    """(the next word for us, what came after it)."""
    while True:
        at = data.find(_MARK)
        end = data.find(b"\n", at + len(_MARK)) if at >= 0 else -1
        if end >= 0:
            return data[at + len(_MARK) : end], data[end + 1 :]
        if at > NOISE_MAX or (at < 0 and len(data) > NOISE_MAX + _LONGEST):
            raise AgentStartError(
                f"the login shell of {target.label} printed more than {NOISE_MAX >> 10} KiB before our program started: "
                f"{_shown(data[:200])} …; let its startup files print in interactive sessions only",
                target.written,
            )
        piece = channel.read(65536)
        if not piece:
            raise _Ended(_shown(data[-500:]))
        data += piece


def _shown(noise: bytes) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in noise.decode("utf-8", "replace")).strip()


def _late(target: Target, config: ClusterConfig) -> ClusterConnectionError:
    return HostUnreachableError(
        f"{target.label} let us in, but no agent answered within {config.connect_timeout + config.operation_timeout:g} s; "
        "its startup files, module_loads or home folder may hang (connect_timeout and operation_timeout set the time)",
        target.written,
        temporary=True,
    )


def _why(channel: ParamikoChannel | SshChannel, target: Target, config: ClusterConfig, noise: str) -> ClusterConnectionError:
    """The error for a stream that ended too early."""
    own = getattr(channel, "ssh_error", lambda _target: None)(target)
    if own is not None:
        return own  # type: ignore[no-any-return]
    said = channel.failure()
    found = _TROUBLE.search(said)
    if found is None:
        told = "; ".join(part for part in (noise, " ".join(said.split())) if part)
        return AgentStartError(
            f"the login shell of {target.label} ended before our program started: {told[-1500:] or 'it said nothing'}",
            target.written,
            temporary=not told,
        )
    kind, text = found[1], base64.b64decode(found[2]).decode("utf-8", "replace")
    host = target.written
    if kind in ("no-python", "old"):
        python = config.python_executable
        what = f"{python} is Python {text}" if kind == "old" else f"there is no {python}"
        tried = (
            "; also tried: python3.6 to python3.14, /usr/libexec/platform-python, python"
            if kind != "old" and python == "python3"
            else ""
        )
        return NoPythonError(
            f"{what} on {target.label}, and Python 3.6 or later is needed (PATH of a login shell was searched{tried}); set python_executable "
            "to one, such as '/usr/bin/python3.9', or module_loads to the module that brings it",
            host,
        )
    if kind in ("module", "no-module"):
        what = "`module load` failed for it" if kind == "module" else "there is no command `module` in its login shell"
        return AgentStartError(
            f"module_loads has {text.removesuffix('x')!r}, and on {target.label} {what}: {_before(said, found)}", host
        )
    if kind == "disk":
        return AgentStartError(
            f"our program finds no place on {target.label}: {'; '.join(text.splitlines())}. Make room there, or set remote_work_dir "
            "to a folder of yours that can be written",
            host,
        )
    return AgentStartError(f"our program arrived damaged on {target.label}", host, temporary=True)


def _before(said: str, found: re.Match[str]) -> str:
    return " ".join(said[: found.start()].split())[-500:] or "it said no more"
