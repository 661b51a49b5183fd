"""Programs: run one and take what it says, or start one that stays. An argv is an argv; no shell reads it."""

import os
import selectors
import signal
import subprocess
import tempfile
import threading
import time

from .owner import identity

_running: set = set()
_starting = threading.Lock()


def execute(session, argv, env=None, cwd=None, time_s=60, limit=1 << 20, body=None):
    """Run a program to its end; a generator, whose return value is the result.

    Args:
        session: Where it runs, unless ``cwd`` says so.
        argv: The program and its arguments.
        env: Variables besides ours; None as a value takes one away.
        cwd: Absolute folder; by default the work dir, or the home folder if that is not there.
        time_s: Seconds after which its process group is killed.
        limit: Bytes of standard output, and of standard error, that are kept.
        body: Its standard input; nothing if None.

    Returns:
        ``code`` (negative: the signal), ``stdout`` and ``stderr`` (UTF-8 with surrogate escapes), ``timed_out``, ``truncated``.

    Raises:
        OSError: It cannot be started.
    """
    with tempfile.TemporaryFile() as stdin:
        for piece in body or ():
            stdin.write(piece)
        stdin.seek(0)
        with _starting:
            process = subprocess.Popen(
                argv,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                **_place(session, env, cwd),
            )
            _running.add(process)
    try:
        return (yield from _listen(process, time.monotonic() + time_s, limit))
    finally:
        _kill(process)
        process.wait()
        _running.discard(process)


def _listen(process, deadline, limit):
    kept = {process.stdout: bytearray(), process.stderr: bytearray()}
    timed_out = truncated = False
    with process.stdout, process.stderr, selectors.DefaultSelector() as ready:
        for pipe in kept:
            ready.register(pipe, selectors.EVENT_READ)
        while ready.get_map() and not timed_out:
            yield b""
            ended = process.poll() is not None
            events = ready.select(0.1 if ended else min(0.5, max(0, deadline - time.monotonic())))
            if ended and not events:  # what it left running holds the pipes
                break
            for key, _ in events:
                data = os.read(key.fd, 1 << 16)
                room = limit - len(kept[key.fileobj])
                kept[key.fileobj] += data[:room]
                truncated = truncated or len(data) > room
                if not data:
                    ready.unregister(key.fileobj)
            timed_out = time.monotonic() > deadline
        try:
            process.wait(0 if timed_out else max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            timed_out = True
            _kill(process)
        stdout, stderr = (bytes(data).decode("utf-8", "surrogateescape") for data in kept.values())
        code = process.wait()
    return {"code": code, "stdout": stdout, "stderr": stderr, "timed_out": timed_out, "truncated": truncated}


def start(session, argv, env=None, cwd=None, log=None):
    """Start a program that outlives the connection, in a session of its own.

    Args:
        session: As in `execute`.
        argv: As in `execute`.
        env: As in `execute`.
        cwd: As in `execute`.
        log: Absolute path of a file that standard output and error are appended to; nowhere if None.

    Returns:
        Its identity (`owner.identity`): host, boot, namespace, pid, start.
    """
    out = os.open(log or os.devnull, os.O_WRONLY | os.O_APPEND | (os.O_CREAT if log else 0), 0o600)
    try:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, **_place(session, env, cwd)
        )
    finally:
        os.close(out)
    threading.Thread(target=process.wait, daemon=True).start()  # so that no zombie stays while we do
    return identity(process.pid)


def _place(session, env, cwd):
    environment = dict(os.environ)
    for name, value in (env or {}).items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    if cwd is None:
        cwd = session.work_dir if os.path.isdir(session.work_dir) else os.path.expanduser("~")
    return {"env": environment, "cwd": cwd}


def _kill(process):
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except OSError:
            pass


def end_all():
    """Kill what `execute` still runs; from now on it starts nothing more."""
    _starting.acquire(timeout=5)
    for process in list(_running):
        _kill(process)
