"""Cleaning a state dir: what has ended and is old, and what no job that is left names. What a live job uses stays."""

import os
import time

from .job_folder import JobFolder
from .job_operations import _look
from .private_folder import remove_tree

_LEAST_S = 3600
"""Whatever is asked for, files that were sent or asked for within this time stay: their job may be on its way."""
_KINDS = ("bundles", "blobs", "runtime", "environments", "tools", "requests")
_QUIET_S = 86400
_MARKER = "/environment.json"


def sweep(session, older_s, most_bytes=None, dry=True, unknown=()):
    """Remove ended jobs, and files that no other job names.

    Args:
        session: Whose state dir.
        older_s: Seconds since they were made or last needed.
        most_bytes: If what is left takes more, what is younger goes too, oldest first.
        dry: Whether to tell only.
        unknown: Ids of jobs that no scheduler knows, or none has; they count as ended after a day without a sign of life.

    Returns:
        ``{"removed": [[path, bytes], …], "kept_bytes", "live": ids of jobs that have not ended}``.
    """
    now = time.time()
    jobs, live = _jobs(session.state_dir, unknown)
    used = _used(job for job in jobs if job[3])
    rows: list = []
    rows += [(age_of(path, now), path, size, None) for path, size in _files(session.state_dir) if path not in used]
    rows += [(age_of(path + "/spec.json", now), path, size, spec) for path, size, spec, alive in jobs if not alive]
    rows.sort(key=lambda row: -row[0])
    total = sum(size for _, size in _files(session.state_dir)) + sum(job[1] for job in jobs)
    needed: dict = {}
    for _, path, _, spec in rows:
        for name in _names(session.state_dir, spec) if spec else ():
            needed.setdefault(name, set()).add(path)
    removed = []
    gone: set = set()
    for turn in (0, 1):  # jobs first: then what they alone named
        for age, path, size, spec in rows:
            if (spec is None) == (turn == 0) or needed.get(path, set()) - gone:
                continue
            if age > max(older_s, 0 if spec else _LEAST_S) or (
                most_bytes is not None and total > most_bytes and (spec or age > _LEAST_S)
            ):
                removed.append([path, size])
                gone.add(path)
                total -= size
    if not dry:
        ages = {path: age for age, path, _, spec in rows if spec is None}
        removed = [row for row in removed if _remove(row[0], lambda aside: age_of(aside, now), ages.get(row[0]))]
    return {"removed": removed, "kept_bytes": total, "live": live}


def _remove(path, measure, age):
    """Remove it, unless somebody asked for it meanwhile: a submission may be on its way that was told it is there. Whether it went.

    Args:
        path: Of a file or folder.
        measure: Its age, by the clock that ``age`` was taken by.
        age: None for what nobody asks for.
    """
    aside = "%s/.gone-%s" % (os.path.dirname(path), os.urandom(6).hex())
    try:
        os.rename(path, aside)
        if age is not None and measure(aside) < age and not os.path.lexists(path):
            os.rename(aside, path)
            return False
    except OSError:
        return False
    remove_tree(aside)
    return True


def age_of(path, now):
    """Seconds since it was written or needed."""
    ages = [now]
    for name in ("", _MARKER, "/beat"):
        try:
            ages.append(now - os.lstat(path + name).st_mtime)
        except OSError:
            pass
    return min(ages) if len(ages) > 1 else 0


def _jobs(state, unknown):
    """``(path, bytes, spec, whether it may be alive)`` of each job, and the ids of those that are."""
    rows: list = []
    live = []
    for path in _entries(state + "/jobs"):
        if os.path.basename(path).startswith("."):  # half made, or half removed
            rows.append((path, _size(path), {}, age_of(path, time.time()) < _LEAST_S))
            continue
        look, spec = None, {}
        try:
            spec = JobFolder(path).spec
            look = _look(path, "")
            with open(path + "/environment") as named:  # the one that was built on the node
                spec.setdefault("files", []).append(named.read())
        except (OSError, ValueError):
            pass
        alive = look is not None and any(letter in "pre" for letter in look["letters"])
        if alive and os.path.basename(path) in unknown and _quiet_s(path) > _QUIET_S:
            alive = False
        if alive:
            live.append(os.path.basename(path))
        rows.append((path, _size(path), spec, alive))
    return rows, sorted(live)


def _quiet_s(path):
    """Seconds since the last sign of life in a job's folder."""
    now = time.time()
    tasks = [path + "/tasks/" + name for name in _names_in(path + "/tasks")]
    files = [path + "/spec.json", path + "/submission.json"] + tasks
    return min(age_of(one, now) for one in files if os.path.exists(one))


def _used(jobs):
    used: set = set()
    for path, _, spec, _ in jobs:
        used.update(_names(os.path.dirname(os.path.dirname(path)), spec))
    return used


def _names(state, spec):
    """Paths of the files that a job needs."""
    if not spec:
        return []
    files = ["%s/runtime/%s.pyz" % (state, spec["runtime"]), "%s/bundles/%s.tar.zst" % (state, spec["bundle"])]
    files += ["%s/%s" % (state, name) for name in spec.get("files", ())]
    return files + ["%s/blobs/%s" % (state, sha256) for sha256 in spec.get("blobs", ())]


def _files(state):
    for kind in _KINDS:
        for path in _entries(state + "/" + kind):
            yield path, _size(path)


def _entries(folder):
    return [folder + "/" + name for name in _names_in(folder)]


def _names_in(folder):
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _size(path):
    if os.path.isdir(path) and not os.path.islink(path):
        return sum(_size(path + "/" + name) for name in os.listdir(path))
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0
