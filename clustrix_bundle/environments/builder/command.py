"""``begin``, ``follow``, ``node``: building an environment in its folder, and watching how it gets on. ``docs/environments.md`` is the protocol.

    python TOOL begin FOLDER REQUEST [OVER]          start a builder that outlives us; over an attempt that is given up
    python TOOL follow FOLDER ATTEMPT OFFSET WAIT_S  how it is, as soon as there is something new
    python TOOL node STATE_DIR REQUEST_FILE          build, or wait for who does; print the environment's path

``begin`` and ``follow`` answer as `examine` does.
"""

import hashlib
import json
import os
import shutil
import signal
import sys
import time

from clustrix_bundle.environments.builder.claim import Heart, read_beat, read_claim, release_claim, take_claim
from clustrix_bundle.environments.builder.examine import answer, identity
from clustrix_bundle.environments.builder.install import BuildError, Pip, Programs, Uv, install_all
from clustrix_bundle.runtime.job_folder import write_whole

MARKER = "environment.json"
"""Written last. Its bytes are the description, whose SHA-256 begins with the environment's key, which is its folder's name."""

STALE_S = 600
"""A builder on another machine whose heart has not beaten for so long is given up."""

_LIMIT_S = 7200
_LOG_PIECE = 1 << 18


def main(arguments):
    """Do one of the above; the exit code."""
    command, words = arguments[0], arguments[1:]
    if command == "begin":
        answer(begin(words[0], json.loads(words[1]), words[2] if len(words) > 2 else ""))
        return 0
    if command == "follow":
        answer(follow(words[0], words[1], int(words[2]), float(words[3])))
        return 0
    return _node(words[0], words[1])


def begin(folder, request, over=""):
    """Start a builder, unless one is at work or all is done: ``{"state": "ready" | "building" | "started", "attempt"}``."""
    check_key(request["description"], os.path.basename(folder))
    _make_private(os.path.dirname(os.path.dirname(folder)))
    _make_private(os.path.dirname(folder))
    _make_private(folder)
    if os.path.exists(folder + "/" + MARKER):
        return {"state": "ready", "attempt": ""}
    reading, writing = os.pipe()
    if os.fork() == 0:
        code = 1
        try:
            os.close(reading)
            os.setsid()
            if os.fork() == 0:
                code = _daemon(folder, request, over, writing)
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        attempt = said.read().decode("ascii")
    os.wait()
    if attempt:
        return {"state": "started", "attempt": attempt}
    claim = read_claim(folder)
    return {"state": "building", "attempt": claim.attempt if claim is not None else ""}


def _daemon(folder, request, over, writing):
    """The builder: tells its attempt's token once it has the claim."""
    attempt = os.urandom(6).hex()
    if not take_claim(folder, attempt, over):
        return 0
    log = os.open(folder + "/" + attempt + ".log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    empty = os.open(os.devnull, os.O_RDONLY)
    for stream, file in ((0, empty), (1, log), (2, log)):
        os.dup2(file, stream)
    os.write(writing, attempt.encode("ascii"))
    os.close(writing)
    return 0 if build(folder, request, attempt) else 1


def build(folder, request, attempt):
    """Build, with the claim taken; whether it worked. What went wrong stands in ``failed.json``.

    The environment is made in a folder named after the attempt, where it stays. The link ``built`` to it is made exclusively: of
    several builders one wins, and nobody sees half of anything.
    """
    own = folder + "/" + attempt
    with open(own + ".log", "ab") as log:
        programs = Programs(log)
        try:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
                signal.signal(number, _interrupted)
            signal.alarm(_LIMIT_S)
            with Heart(folder):
                notes = _fill(folder, own, request, programs)
                publish(folder, attempt, request["description"], notes)
                _remove_others(folder, attempt)
        except BaseException as error:
            programs.end()
            shutil.rmtree(own, ignore_errors=True)  # first: there may be no room for what is to be told
            _tell_failure(folder, attempt, error, programs)
            return False
        finally:
            signal.alarm(0)
            release_claim(folder, attempt)
    return True


def _fill(folder, own, request, programs):
    programs.say("building %s for %s" % (os.path.basename(folder), sys.executable))
    os.mkdir(own, 0o700)
    path = own + "/venv"
    tool = Uv(programs, path) if request["tool"] == "uv" else Pip(programs, path)
    tool.make()
    if not request["offline"]:
        tool.prepare()
    _link_wheels(own, request["wheels"])
    try:
        left_out, same = install_all(tool, request, own, programs.say)
    except BuildError as error:
        spare = request.get("spare")
        if spare is None or error.kind not in ("unreachable", "unknown", "package"):
            raise
        programs.say("once more, from the wheels that came along")
        request = dict(request, **spare)
        _link_wheels(own, request["wheels"])
        left_out, same = install_all(tool, request, own, programs.say)
    shutil.rmtree(own + "/venv/.pip", ignore_errors=True)
    code, tail = programs.run([own + "/venv/bin/python", "-c", "import sys"])
    if code != 0:
        raise BuildError("venv", "the Python of the environment does not start", tail)
    return {"left_out": left_out, "client_versions": same, "wheels": len(request["wheels"])}


def _link_wheels(own, wheels):
    for name, sha256 in wheels:
        os.makedirs(own + "/wheels", exist_ok=True)
        path = own + "/wheels/" + os.path.basename(name)
        if not os.path.islink(path):
            os.symlink("../../../../blobs/" + sha256, path)


def publish(folder, attempt, description, notes):
    """Let an attempt's environment be the one that counts; nothing, if another one does."""
    write_whole("%s/%s/notes.json" % (folder, attempt), json.dumps(notes).encode("ascii"))
    try:
        os.symlink(attempt, folder + "/built")
    except FileExistsError:
        pass
    write_whole(folder + "/" + MARKER, description.encode("ascii"))


def _tell_failure(folder, attempt, error, programs):
    if not isinstance(error, BuildError):
        kind = "interrupted" if isinstance(error, (KeyboardInterrupt, SystemExit)) else "venv"
        if isinstance(error, OSError) and error.errno in (28, 122):  # ENOSPC, EDQUOT
            kind = "disk"
        error = BuildError(kind, "%s: %s" % (type(error).__name__, error))
    told = {
        "attempt": attempt,
        "kind": error.kind,
        "text": error.text,
        "tail": error.tail,
        "log": folder + "/" + attempt + ".log",
    }
    try:
        programs.say("failed: " + error.text)
        write_whole(folder + "/failed.json", json.dumps(told).encode("ascii"))
    except OSError:  # no space for it: the client hears that nobody builds any more, and of the log
        pass


def _interrupted(number, _frame):
    if number == signal.SIGALRM:
        raise BuildError("package", "not done after %d s" % _LIMIT_S)
    raise SystemExit("ended by signal %d" % number)


def _remove_others(folder, attempt):
    """Attempts of builders that were given up or killed: whoever is still at work on one finds that it is late."""
    winner = os.readlink(folder + "/built")
    for name in os.listdir(folder):
        path = folder + "/" + name
        try:
            if os.path.isdir(path) and not os.path.islink(path) and name != winner:
                shutil.rmtree(path, ignore_errors=True)
            elif name == "failed.json" or (name.endswith(".log") and name not in (winner + ".log", attempt + ".log")):
                os.unlink(path)
        except OSError:
            pass


def follow(folder, attempt, offset, wait_s):
    """How a build is, once there is something new to say, or after ``wait_s`` seconds.

    Returns:
        ``state`` (ready, building, failed, or nobody: no builder is alive), ``attempt``, ``beat``, ``log`` (what was added to the
        attempt's log since ``offset``), ``offset`` (its end), ``failure`` (as in ``failed.json``), ``notes`` (of one that is ready).
    """
    end = time.monotonic() + wait_s
    while True:
        found = _look(folder, attempt, offset)
        if found["state"] != "building" or found["log"] or found["attempt"] != attempt or time.monotonic() > end:
            return found
        time.sleep(0.2)


def _look(folder, attempt, offset):
    claim = read_claim(folder)
    found = {"attempt": attempt, "beat": 0, "failure": None, "notes": None}
    if os.path.exists(folder + "/" + MARKER):
        found.update(state="ready", notes=_read_json(folder + "/built/notes.json"))
    elif claim is not None and not claim.is_gone:
        found.update(state="building", attempt=claim.attempt, beat=read_beat(folder))
    else:
        failure = _read_json(folder + "/failed.json")
        failed = failure is not None and failure["attempt"] == attempt
        found.update(state="failed" if failed else "nobody", failure=failure if failed else None)
    text, end = b"", offset if found["attempt"] == attempt else 0
    try:
        with open("%s/%s.log" % (folder, found["attempt"]), "rb") as log:
            log.seek(end)
            text = log.read(_LOG_PIECE)
    except OSError:
        pass
    found.update(log=text.decode("utf-8", "replace"), offset=end + len(text))
    return found


def _node(state, request_file):
    """Build in the job itself, or wait for another one that does."""
    with open(request_file, "rb") as source:
        request = json.loads(source.read().decode("ascii"))
    description = dict(request["description"], interpreter=identity())
    request["description"] = render_description(description)
    folder = "%s/environments/%s" % (os.path.abspath(state), key_of(request["description"]))
    for path in (os.path.dirname(folder), folder):
        _make_private(path)
    with open("environment", "w") as named:  # in the job's folder: so that nobody cleans it away
        named.write("environments/" + os.path.basename(folder))
    watched, since = None, time.monotonic()
    known = os.path.abspath(state) + "/requests/" + request["key"] + ".built"
    while not os.path.exists(folder + "/" + MARKER):
        claim = read_claim(folder)
        over = claim.attempt if claim is not None and watched is not None and time.monotonic() - since > STALE_S else ""
        attempt = os.urandom(6).hex()
        if take_claim(folder, attempt, over):
            if not os.path.exists(folder + "/" + MARKER) and not build(folder, request, attempt):
                failure = _read_json(folder + "/failed.json") or {"text": "see its log", "tail": ""}
                if os.path.exists(known):  # on another kind of node; the next request brings wheels
                    os.unlink(known)
                sys.stderr.write("the environment cannot be built: %s\n%s\n" % (failure["text"], failure["tail"]))
                return 1
            release_claim(folder, attempt)
            continue
        seen = claim.attempt if claim is not None else "", read_beat(folder)
        if seen != watched:
            watched, since = seen, time.monotonic()
        time.sleep(1)
    os.utime(folder + "/" + MARKER)
    write_whole(known, request["key"].encode("ascii"))
    sys.stdout.write(os.path.realpath(folder + "/built") + "/venv\n")
    return 0


def render_description(description):
    """Canonical text: its SHA-256 is the key."""
    return json.dumps(description, sort_keys=True, separators=(",", ":"))


def key_of(text):
    """The key of a description's text: 24 hex digits, since paths in an environment must stay short (execve(2): ``#!`` lines)."""
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:24]


def check_key(text, key):
    """Refuse a folder that is not named after what is to be built in it."""
    if key_of(text) != key:
        raise ValueError("the environment %s is not what its description says" % key)


def _make_private(path):
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    status = os.lstat(path)
    if status.st_mode & 0o170077 != 0o040000 or status.st_uid != os.geteuid():
        raise PermissionError(13, "not a folder of ours that others may not enter (mode 0700, no link)", path)


def _read_json(path):
    try:
        with open(path, "rb") as source:
            return json.loads(source.read().decode("ascii"))
    except (OSError, ValueError):
        return None
