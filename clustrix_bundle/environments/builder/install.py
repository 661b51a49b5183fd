"""Making a virtual environment and filling it, with pip or uv; what they say goes to a log, without credentials."""

import os
import re
import signal
import subprocess
import sys
from collections import deque

from clustrix_bundle.environments.builder.examine import distributions
from clustrix_bundle.environments.builder.redaction import redact

_TAIL_LINES = 25
_DISK = ("No space left on device", "Disk quota exceeded", "os error 28", "os error 122")
_UNREACHABLE = (
    "NewConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "Temporary failure in name resolution",
    "Network is unreachable",
    "Connection refused",
    "Connection reset",
    "Could not fetch URL",
    "ProxyError",
    "SSLError",
    "Failed to fetch",
    "error sending request",
    "dns error",
    "Network connectivity is disabled",
    "Failed to download",
    "unable to access",
    "Could not resolve host",
)
_UNKNOWN = (
    "No matching distribution",
    "Could not find a version",
    "ResolutionImpossible",
    "No solution found",
    "not found in the package registry",
    "was not found in the provided package locations",
)


_GOOD_PIP = 20
"""The first pip that knows wheels as they are made today (manylinux2014)."""


class BuildError(Exception):
    """Building failed.

    Attributes:
        kind: ``venv`` (no environment can be made), ``unreachable`` (no package index answers), ``unknown`` (what is wanted is not to be had
            for this Python), ``disk``, ``package`` (a package failed to build), ``interrupted``.
        text: In one line.
        tail: The end of what was said.
    """

    def __init__(self, kind, text, tail=""):
        super().__init__(kind, text, tail)
        self.kind, self.text, self.tail = kind, text, tail


class Programs:
    """Runs programs; what they print goes to a log.

    Args:
        log: Open binary file.
    """

    def __init__(self, log):
        self._log = log
        self._running = None

    def say(self, text):
        """A line of our own."""
        self._log.write((redact(text) + "\n").encode("utf-8", "backslashreplace"))
        self._log.flush()

    def run(self, argv):
        """Run one: ``(code, end of its output)``."""
        self.say("$ " + " ".join(argv))
        tail = deque(maxlen=_TAIL_LINES)  # type: deque[str]
        self._running = process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_environment(),
            start_new_session=True,
        )
        try:
            assert process.stdout is not None
            with process.stdout as lines:
                for line in lines:
                    text = line.decode("utf-8", "backslashreplace").rstrip()
                    tail.append(redact(text))
                    self.say(text)
            return process.wait(), "\n".join(tail)
        finally:
            self.end()

    def end(self):
        """Kill what runs."""
        process, self._running = self._running, None
        if process is not None and process.poll() is None:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except OSError:
                pass
            process.wait()


def _environment():
    """Ours, without what would have packages installed, or found, somewhere else than in the environment."""
    environment = dict(os.environ, PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1", PYTHONUNBUFFERED="1", NO_COLOR="1")
    for name in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "VIRTUAL_ENV", "CONDA_PREFIX", "PIP_PYTHON"):
        environment.pop(name, None)
    return environment


class Pip:
    """The standard library's venv, and pip: the one that this Python has, if it is not too old, so that none has to be installed."""

    def __init__(self, programs, path):
        self._programs, self._path = programs, path
        self._start = [path + "/bin/python", "-m", "pip"]

    def make(self):
        """Make the environment.

        Raises:
            BuildError: This Python cannot.
        """
        own = distributions().get("pip", "")
        if _major(own) >= _GOOD_PIP and self._make_with_own_pip():
            return
        code, tail = self._programs.run([sys.executable, "-m", "venv", "--clear", self._path])
        if code != 0:
            _check_disk(tail)
            if not own or not self._make_with_own_pip():  # a distributor may have left ensurepip out (Debian's python3-venv)
                raise BuildError("venv", "%s cannot make a virtual environment" % sys.executable, tail)

    def _make_with_own_pip(self):
        code, tail = self._programs.run([sys.executable, "-m", "venv", "--clear", "--without-pip", self._path])
        if code != 0:
            _check_disk(tail)
            return False
        from importlib.util import find_spec

        spec = find_spec("pip")
        if spec is None or not spec.submodule_search_locations:
            return False
        borrowed = self._path + "/.pip"
        os.mkdir(borrowed)
        os.symlink(next(iter(spec.submodule_search_locations)), borrowed + "/pip")
        text = "import runpy, sys; sys.path.insert(0, %r); runpy.run_module('pip', run_name='__main__')" % borrowed
        self._start = [self._path + "/bin/python", "-c", text]
        return True

    def _pip(self, *words):
        return self._programs.run(self._start + list(words))

    def prepare(self):
        """A pip that knows today's wheels; where none is to be had the one that is there has to do."""
        if "-m" not in self._start:
            return
        code, said = self._pip("--version")
        version = re.match(r"pip ([0-9.]+)", said.rpartition("\n")[2])
        if code == 0 and version and _major(version.group(1)) < _GOOD_PIP:
            self._pip("install", "--retries", "0", "--no-input", "--progress-bar", "off", "--upgrade", "pip")

    def install(self, requirements, constraints, wheels, offline):
        """Install; ``(code, end of what was said)``. Arguments are files and a folder, or empty."""
        words = ["install", "--no-input", "--progress-bar", "off", "--retries", "1", "-r", requirements]
        words += ["-c", constraints] if constraints else []
        words += ["--find-links", wheels] if wheels else []
        return self._pip(*(words + (["--no-index"] if offline else [])))


def _major(version):
    head = version.partition(".")[0]
    return int(head) if head.isdigit() else 0


class Uv:
    """Uv, which is not part of the environment that it makes."""

    def __init__(self, programs, path):
        self._programs, self._path = programs, path

    def make(self):
        """As `Pip.make`."""
        code, tail = self._programs.run(["uv", "venv", "--no-project", "--python", sys.executable, self._path])
        if code != 0:
            _check_disk(tail)
            raise BuildError("venv", "uv cannot make a virtual environment for %s" % sys.executable, tail)

    def prepare(self):
        """Nothing."""

    def install(self, requirements, constraints, wheels, offline):
        """As `Pip.install`."""
        words = ["uv", "pip", "install", "--python", self._path + "/bin/python", "-r", requirements]
        words += ["-c", constraints] if constraints else []
        words += ["--find-links", wheels] if wheels else []
        return self._programs.run(words + (["--no-index"] if offline else []))


def _check_disk(tail):
    if any(sign in tail for sign in _DISK):
        raise BuildError("disk", "there is no room for the environment", tail)


def install_all(tool, request, folder, say):
    """Install what a request names, and what of it is optional as far as it can be had.

    Versions of what its packages need in turn are those that the client has, unless these are not to be had here.

    Args:
        tool: `Pip` or `Uv`, whose environment is there.
        request: ``requirements``, ``optional``, ``constraints``: lines; ``offline``: whether wheels that came along are all there is.
        folder: For files in passing; ``folder/wheels`` has the wheels.
        say: Tells people.

    Returns:
        The lines of ``optional`` that could not be installed, and whether the versions are the client's.

    Raises:
        BuildError: What is not optional cannot be installed.
    """
    needed, optional, constraints = request["requirements"], request["optional"], request["constraints"]
    wheels = folder + "/wheels" if os.path.isdir(folder + "/wheels") else ""

    def attempt(lines, constrained):
        names = []
        for name, text in (("requirements.txt", lines), ("constraints.txt", constraints if constrained else ())):
            path = folder + "/" + name
            with open(path, "w", encoding="utf-8") as out:
                out.write("".join(line + "\n" for line in text))
            names.append(path if text else "")
        if not names[0]:
            return None
        code, tail = tool.install(names[0], names[1], wheels, request["offline"])
        if code == 0:
            return None
        error = _judged(code, tail)
        if error.kind in ("disk", "unreachable"):
            raise error
        return error

    error = attempt(needed + optional, True)
    if error is None:
        return [], True
    if constraints:
        say("once more, without the client's versions of what these packages need in turn")
        error = attempt(needed + optional, False)
        if error is None:
            return [], False
    if not optional:
        raise error
    say("once more, without what is optional")
    error = attempt(needed, False)
    if error is not None:
        raise error
    return [line for line in optional if attempt(needed + [line], False) is not None], False


def _judged(code, tail):
    _check_disk(tail)
    lines = [line.strip() for line in tail.split("\n")]
    told = [line for line in lines if line.startswith("ERROR:")][-1:] or [line for line in lines if line[:1] == "×"]
    told = told or [line for line in lines if re.search(r"\berror\b", line, re.IGNORECASE) and not line.startswith("note:")]
    text = told[0] if told else "the installer ended with code %d" % code
    if any(sign in tail for sign in _UNREACHABLE):
        return BuildError("unreachable", "what is needed cannot be reached from there: " + text, tail)
    if any(sign in tail for sign in _UNKNOWN):
        return BuildError("unknown", text, tail)
    return BuildError("package", text, tail)
