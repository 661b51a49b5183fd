"""What a client asks of the job folders in a state dir: plain functions, called in process or by the agent.

Each takes an `operations.Session` first. ``docs/jobs.md`` is the protocol.
"""

import errno
import json
import os
import subprocess

from .job_folder import JobFolder, read_claim, read_head, write_whole
from .owner import identity, is_gone
from .private_folder import make_private_folder, remove_tree

_BATCH = b"""#!/bin/bash
# Runs tasks of a job; the same text for every one.
cd "${CLUSTRIX_FOLDER:-.}" || exit 1
case "$1" in
--first) t=$(( $2 + ${SLURM_ARRAY_TASK_ID:-${PBS_ARRAY_INDEX:-${SGE_TASK_ID:-0}}} )); set -- --task "$t" ;;
--task) t=$2 ;;
*) t=all ;;
esac
clustrix_at=start
trap 'c=$?; echo "$clustrix_at $c" > "failed.$t.part" && command -p mv "failed.$t.part" "failed.$t"' EXIT
. ./prelude.sh
[ "$CLUSTRIX_READY" = 1 ] || exit 2
clustrix_at=python
command -v "$CLUSTRIX_PYTHON" >/dev/null 2>&1 || exit 127
exec "$CLUSTRIX_PYTHON" "$CLUSTRIX_RUNTIME" job . "$@"
"""
_LETTERS = {"completed": "c", "failed": "f", "cancelled": "x", "timeout": "t"}
SETTLED = "cfxtb"
_MARK = "all"
_PIECE = 1 << 20
_PICKLES = ("result", "calls", "error")


def create(session, body, job, spec, prelude):
    """Make a job's folder.

    Args:
        session: See above.
        body: Pieces of the file ``arguments``.
        job: Its id.
        spec: What ``spec.json`` holds; ``work_dir`` and ``folder`` are added.
        prelude: Text of ``prelude.sh``.

    Returns:
        ``{"made", "folder"}``: whether it was made now (False: the same one was there already), and its path.

    Raises:
        FileExistsError: Another one is there.
    """
    target = _folder(session, job)
    session.make_state_dir("jobs")
    text = json.dumps(dict(spec, work_dir=session.work_dir, folder=target), sort_keys=True).encode("ascii")
    private = make_private_folder(os.path.dirname(target), ".new-")
    try:
        with open(private + "/arguments", "wb") as out:
            out.writelines(body)
        for name, content in (("prelude.sh", _bytes(prelude)), ("batch.sh", _BATCH), ("spec.json", text)):
            with open(private + "/" + name, "wb") as out:
                out.write(content)
        os.rename(private, target)
        return {"made": True, "folder": target}
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        with open(target + "/spec.json", "rb") as source:
            if source.read() != text:
                raise FileExistsError(errno.EEXIST, "there is another job of that id", target)
        return {"made": False, "folder": target}
    finally:
        remove_tree(private)


def start(session, job, workers):
    """Let a process of this machine run the job, ``workers`` tasks at a time, which outlives us. Its submission.

    Started twice, it runs once.
    """
    folder = _folder(session, job)
    there = _read_json(folder + "/submission.json")
    if there is not None:
        return there
    shell = "bash" if any(os.access(path + "/bash", os.X_OK) for path in os.environ.get("PATH", "").split(":")) else "sh"
    words = ["sh", "-c", '"$@" </dev/null >>log 2>&1 & echo $!', "sh", shell, "batch.sh", "--pool", str(workers)]
    environment = dict(os.environ, CLUSTRIX_FOLDER=folder)
    process = subprocess.Popen(
        words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
    )
    pid = int(process.communicate()[0])
    submission = {"engine": "process", "ids": [], "group": process.pid, "process": identity(pid)}
    note(session, job, submission)
    return submission


def note(session, job, submission):
    """Keep whom the job was given to."""
    write_whole(_folder(session, job) + "/submission.json", json.dumps(submission).encode("ascii"))


def look(session, jobs):
    """How jobs are.

    Args:
        session: See above.
        jobs: By id the letters that the client knows already, or ``""``.

    Returns:
        By id None, if there is no such job, or ``letters`` (one a task), ``beats`` of running tasks, ``submission``, ``cancelled``.
    """
    return {job: _look(_folder(session, job), known) for job, known in jobs.items()}


def outcomes(session, job, tasks):
    """Outcomes of tasks; for one that did not get to the runtime ``{"failed": what, "code": N}``, None where there is none."""
    folder = _folder(session, job)
    return [_read_json("%s/tasks/%d/outcome.json" % (folder, task)) or _read_mark(folder, task) for task in tasks]


def read(session, job, name, task=None, offset=0, size=None):
    """Pieces of a file of a job or task, from ``offset`` on (from its end, if that is negative); nothing where it is not there yet.

    Raises:
        PermissionError: It, or the job's folder, is not ours, or open to others. Of what is in a folder that is ours alone, modes count
            where it is read as pickles; files that the function wrote have the mode that it gave them.
        ValueError: The name leads out of the folder.
    """
    folder = _folder(session, job)
    path = folder if task is None else "%s/tasks/%d" % (folder, task)
    parts = name.split("/")
    if "" in parts or ".." in parts or "." in parts:
        raise ValueError("%r is no name of a file below a job's folder" % name)
    _check_own(folder, 0o040000, 0o077)
    for part in parts[:-1]:
        path += "/" + part
        _check_own(path, 0o040000, 0)
    path += "/" + parts[-1]
    try:
        _check_own(path, 0o100000, 0o022 if name in _PICKLES else 0)
    except FileNotFoundError:
        if parts[0] == "outputs":
            raise
        return
    with open(path, "rb") as source:
        source.seek(offset if offset >= 0 else max(0, os.fstat(source.fileno()).st_size + offset))
        left = size
        while left is None or left > 0:
            piece = source.read(_PIECE if left is None else min(left, _PIECE))
            if not piece:
                break
            left = None if left is None else left - len(piece)
            yield piece


def cancel(session, job, tasks=None):
    """Ask the job, or some tasks of it, to end, and end what of it runs on this machine.

    Returns:
        ``{"ids", "submission"}``: by task the scheduler's id under which it runs, as its claim has it; and whom the job was given to.
    """
    folder = _folder(session, job)
    for name in ["cancelled"] if tasks is None else ["cancelled.%d" % task for task in tasks]:
        with open(folder + "/" + name, "ab"):
            pass
    submission = _read_json(folder + "/submission.json") or {}
    process = submission.get("process")
    if tasks is None and process and process[:3] == identity()[:3]:
        _end(submission["group"], True)
    ids = {}
    for number in _claimed(folder) if tasks is None else tasks:
        claim = read_claim("%s/tasks/%d" % (folder, number))
        if claim is not None and claim.by:
            ids[number] = claim.by
        elif claim is not None and tasks is not None and claim.process[:3] == identity()[:3] and not is_gone(claim.process):
            _end(int(claim.process[3]), False)
    return {"ids": ids, "submission": submission}


def since(session, job, seen):
    """Seconds, by the clock of the file server, since each task was first seen as it is now seen.

    Args:
        session: See above.
        job: Its id.
        seen: By task a word for how it is; another word begins anew.
    """
    folder = _folder(session, job)
    probe = folder + "/.now"
    write_whole(probe, b"")
    now = os.stat(probe).st_mtime
    ages = {}
    for task, word in seen.items():
        path = "%s/seen.%d" % (folder, int(task))
        try:
            with open(path) as source:
                same = source.read() == word
        except OSError:
            same = False
        if not same:
            write_whole(path, word.encode("ascii"))
        ages[task] = max(0.0, now - os.stat(path).st_mtime) if same else 0.0
    return ages


def listing(session):
    """Rows of the jobs in the state dir, oldest first: ``id``, ``made`` (seconds, by this machine's clock), ``spec``, and what `look` tells."""
    rows = []
    jobs = session.state_dir + "/jobs"
    for job in os.listdir(jobs) if os.path.isdir(jobs) else ():
        try:
            spec = JobFolder(jobs + "/" + job).spec
            made = os.lstat(jobs + "/" + job + "/spec.json").st_mtime
        except (OSError, ValueError):
            continue
        spec.pop("arguments", None)
        rows.append(dict(_look(jobs + "/" + job, "") or {}, id=job, made=made, spec=spec))
    return sorted(rows, key=lambda row: (row["made"], row["id"]))


def read_spec(session, job):
    """What ``spec.json`` says; FileNotFoundError if there is no such job."""
    return JobFolder(_folder(session, job)).spec


def remove(session, job):
    """Remove the job's folder; whether there was one. What runs in it loses its ground: cancel first."""
    folder = _folder(session, job)
    try:
        aside = os.path.dirname(folder) + "/.gone-" + os.urandom(6).hex()
        os.rename(folder, aside)
    except FileNotFoundError:
        return False
    remove_tree(aside)
    return True


def _folder(session, job):
    if not job or not all(c in "0123456789abcdef" for c in job):
        raise ValueError("%r is no id of a job" % (job,))
    return session.state_dir + "/jobs/" + job


def _look(folder, known):
    try:
        spec = JobFolder(folder).spec
    except FileNotFoundError:
        return None
    claimed = set(_claimed(folder))
    letters = list(known or "p" * spec["tasks"])
    names = os.listdir(folder)
    marks = [name for name in names if name.startswith("failed.") and not name.endswith(".part")]
    submission = _read_json(folder + "/submission.json")
    process = (submission or {}).get("process")
    pool_gone = bool(process) and is_gone(process)
    until = (submission or {"until": 0}).get("until", spec["tasks"])
    beats = {}  # type: ignore[var-annotated]
    for number, letter in enumerate(letters):
        if letter in SETTLED:
            continue
        letter, begun = "p", number in claimed
        if begun:
            letter = _look_at_task("%s/tasks/%d" % (folder, number), number, beats)
        elif marks and _read_mark(folder, number):
            letter = "b"
        elif pool_gone:
            letter = "g"
        if letter == "g" or (letter == "p" and number >= until and not begun):  # nobody will tell of it any more, or begin it
            letter = "x" if "cancelled" in names or "cancelled.%d" % number in names else letter
        letters[number] = letter
    return {"letters": "".join(letters), "beats": beats, "submission": submission, "cancelled": "cancelled" in names}


def _look_at_task(path, number, beats):
    claim = read_claim(path)
    gone = claim is not None and is_gone(claim.process)
    head = read_head(path)
    if head is not None:
        return _LETTERS[head[0]] if head[1] else "e"
    if claim is None:
        return "p"
    try:
        with open(path + "/beat", "rb") as source:
            beats[str(number)] = int(source.read())
    except (OSError, ValueError):
        pass
    return "g" if gone else "r"


def _claimed(folder):
    """Numbers of tasks that have a folder."""
    try:
        return [int(name) for name in os.listdir(folder + "/tasks")]
    except OSError:
        return []


def _read_json(path):
    try:
        with open(path, "rb") as source:
            return json.loads(source.read().decode("utf-8"))
    except (OSError, ValueError):
        return None


def _read_mark(folder, task):
    for label in (str(task), _MARK):
        try:
            with open("%s/failed.%s" % (folder, label), "rb") as source:
                what, _, code = source.read().decode("utf-8", "replace").strip().rpartition(" ")
            return {"failed": what, "code": int(code)}
        except (OSError, ValueError):
            pass
    return None


def _check_own(path, kind, closed):
    status = os.lstat(path)
    if status.st_mode & 0o170000 != kind or status.st_uid != os.geteuid() or status.st_mode & closed:
        raise PermissionError(errno.EPERM, "not ours alone: somebody else may have written it", path)


def _end(pid, group):
    import signal

    try:
        (os.killpg if group else os.kill)(pid, signal.SIGTERM)
    except OSError:
        pass


def _bytes(text):
    return text.encode("utf-8", "surrogateescape")
