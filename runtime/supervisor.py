"""The function runs in a child that is forked before any of the user's code is loaded; the parent waits and tells.

So an honest exit code and the one line on standard output are there whatever the user's code does to its process: `os._exit`,
a signal, a crash, prints at exit. No second interpreter is started. Signals that somebody sends to the parent are passed on;
if the parent is killed, the kernel kills the child (Linux: the parent's end of a pipe closes, which is asked to raise SIGKILL).
"""

import os
import sys

from .errors import Terminated

_PASSED_ON = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGXCPU")
_SI_USER_MAX = 0
_F_SETSIG = 10  # linux: asm-generic/fcntl.h


class Ending(object):
    """How the child ended.

    Attributes:
        pid: Its process id.
        code: Exit code, None if a signal ended it.
        signal: That signal, else None.
        interrupted: Whether an interrupt (Ctrl-C, SIGINT from outside) came meanwhile.
        passed_on: Whether a signal from outside was passed on to it.
    """

    def __init__(self, pid, status, interrupted, passed_on=False):
        self.passed_on = passed_on
        self.pid = pid
        self.signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        self.code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        self.interrupted = interrupted


class termination(object):  # noqa: N801
    """A context in which SIGTERM unwinds the stack like an interrupt; after it, SIGTERM does what it did before."""

    def __enter__(self):
        import _signal  # type: ignore[import-not-found]  # signal itself imports enum

        self._signals = _signal
        self._before = _signal.getsignal(_signal.SIGTERM)
        if self._before == _signal.SIG_DFL:
            _signal.signal(_signal.SIGTERM, _terminate)

    def __exit__(self, *error):
        if self._before == self._signals.SIG_DFL:
            self._signals.signal(self._signals.SIGTERM, self._before)


def _terminate(number, frame):  # noqa: ARG001
    raise Terminated(number)


def fork():
    """Fork. None in the child; in the parent a function that waits for the child's `Ending`.

    That function may be given ``tick``, called with the child's process id about every ``every_s`` seconds, and when a signal came.
    """
    import _signal

    numbers = {getattr(_signal, name) for name in _PASSED_ON if hasattr(_signal, name)}
    waited = numbers | {_signal.SIGCHLD}
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)  # whoever started us may have ignored it, and children then vanish
    before = _signal.pthread_sigmask(_signal.SIG_BLOCK, waited)
    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(writer)
        _die_with_parent(reader, parent, _signal.SIGKILL)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, before)
        return None
    os.close(reader)
    return lambda tick=None, every_s=None: _wait(_signal, pid, waited, numbers, tick, every_s)


def _die_with_parent(reader, parent, kill):
    try:
        import fcntl

        fcntl.fcntl(reader, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(reader, _F_SETSIG, kill)
        fcntl.fcntl(reader, fcntl.F_SETFL, fcntl.fcntl(reader, fcntl.F_GETFL) | os.O_ASYNC)
    except (ImportError, AttributeError, OSError):  # not Linux: the child would go on
        return
    if os.getppid() != parent:
        os._exit(1)


def _wait(signals, pid, waited, numbers, tick, every_s):
    interrupted = passed_on = False
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            signals.pthread_sigmask(signals.SIG_UNBLOCK, {signals.SIGCHLD})
            return Ending(pid, status, interrupted, passed_on)
        number, by_kill = _next_signal(signals, waited, pid, every_s)
        if number == signals.SIGINT:
            interrupted = True
        if number in numbers and by_kill:  # a terminal's Ctrl-C reaches the child by itself
            passed_on = True
            send(pid, number)
        if tick is not None:
            tick(pid)


def send(pid, number):
    """Send a signal, given by number or name, to a process that may be gone."""
    import _signal

    try:
        os.kill(pid, getattr(_signal, number) if isinstance(number, str) else number)
    except OSError:
        pass


def _next_signal(signals, waited, pid, every_s):
    """``(number, whether a process sent it)``; number None when ``every_s`` seconds went by without one."""
    if hasattr(signals, "sigwaitinfo"):
        came = signals.sigwaitinfo(waited) if every_s is None else signals.sigtimedwait(waited, every_s)
        if came is None:
            return None, False
        return came.si_signo, came.si_code <= _SI_USER_MAX and came.si_pid != pid
    if every_s is not None and not signals.sigpending() & waited:  # macOS
        from time import sleep

        sleep(min(every_s, 0.1))
        if not signals.sigpending() & waited:
            return None, False
    return signals.sigwait(waited), True


def end_by_signal(number):
    """End this process as the child ended, without a core file of our own."""
    import _signal

    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    except (ImportError, OSError, ValueError):
        pass
    if number not in (_signal.SIGKILL, _signal.SIGSTOP):
        _signal.signal(number, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)
    os._exit(128 + number)
