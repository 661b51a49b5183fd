"""What a Python is and has: the program of the pre-flight probe, whose text travels with the question, so that asking takes one round trip.

``python -c TEXT QUESTION``. The question is JSON: ``work_dir``, ``tools`` (programs to look for), ``modules`` (names to look for),
``bytes`` (how much is to be tried whether it fits). The answer is the line after `MARK` on standard output: all before it is noise of
the commands that ran first. It reads on Python 2 too, in order to say that this one is too old.
"""

import json
import os
import sys

MARK = "clustrix-answer "
_BLOCK = 1 << 20


def identity():
    """What makes two Pythons the same one as far as what is installed for them goes. No `sysconfig`: it takes long to load."""
    try:
        libc = os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, ValueError, OSError):
        libc = ""
    from _imp import extension_suffixes

    system = os.uname()
    return {
        "executable": os.path.realpath(sys.executable),
        "version": list(sys.version_info[:3]),
        "implementation": sys.implementation.name,
        "soabi": extension_suffixes()[0].strip(".").rpartition(".")[0],
        "platform": "%s-%s" % (system.sysname.lower(), system.machine),
        "libc": libc or "",
        "prefix": sys.base_prefix,
    }


def distributions():
    """Normal name to version of what ``sys.path`` holds; the first one found counts, as for imports."""
    found = {}  # type: dict[str, str]
    for folder in sys.path:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for entry in names:
            stem, ending = os.path.splitext(entry)
            if ending in (".dist-info", ".egg-info"):
                parts = stem.split("-")
                name = "-".join(part for part in parts[0].lower().replace("_", "-").replace(".", "-").split("-") if part)
                version = parts[1] if len(parts) > 1 else _told_version(os.path.join(folder, entry))
                found.setdefault(name, version)
    return found


def _told_version(path):
    try:
        with open(os.path.join(path, "PKG-INFO") if os.path.isdir(path) else path, "rb") as source:
            for line in source:
                if line.startswith(b"Version:"):
                    return line[8:].strip().decode("utf-8", "replace")
    except OSError:
        pass
    return ""


def missing_modules(names):
    """Those of the top-level modules that an import would not find."""
    from _frozen_importlib_external import PathFinder

    return [name for name in names if name not in sys.builtin_module_names and PathFinder.find_spec(name) is None]


def which(name):
    """Path of a program; None if there is none. `shutil` takes long to load."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def state_dir(work_dir):
    """Where we keep things; as `operations.Session` has it."""
    return "%s/.clustrix-%d" % (os.path.expanduser(work_dir).rstrip("/"), os.geteuid())


def room(work_dir, size):
    """What fits: ``folder``, ``free_bytes`` and ``free_inodes`` (None: no limit) of the disk, and what was said when ``size`` bytes were written.

    Disks tell what they have free, not what a quota leaves of it to us: that shows only when something is written.
    """
    folder = os.path.expanduser(work_dir)
    state = state_dir(work_dir)
    while not os.path.isdir(folder) and folder not in ("/", ""):
        folder = os.path.dirname(folder)
    disk = os.statvfs(folder)
    found = {
        "folder": folder,
        "exists": folder == os.path.expanduser(work_dir).rstrip("/") or folder == "/",
        "writable": os.access(folder, os.W_OK | os.X_OK),
        "free_bytes": disk.f_bavail * disk.f_frsize,
        "free_inodes": disk.f_favail if disk.f_files else None,
        "refused": "",
    }
    if os.path.isdir(state) and size and found["free_bytes"] > size:
        found["refused"] = _try_to_write(state, size)
    return found


def _try_to_write(folder, size):
    path = "%s/.room-%d-%d" % (folder, os.getpid(), int.from_bytes(os.urandom(4), "big"))
    try:
        out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        return error.strerror
    try:
        try:
            os.posix_fallocate(out, 0, size)
        except OSError as error:
            import errno

            if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", -1), errno.EFBIG):
                return error.strerror
            for _ in range(0, size, _BLOCK):  # a file system that cannot reserve
                os.write(out, b"\1" * _BLOCK)
        return ""
    except OSError as error:
        return error.strerror
    finally:
        os.close(out)
        os.unlink(path)


def examine(question):
    """The answer to a question, see above."""
    if sys.version_info < (3, 6):
        return {"identity": {"executable": sys.executable, "version": list(sys.version_info[:3])}}
    return {
        "identity": identity(),
        "executable": sys.executable,
        "distributions": distributions(),
        "missing_modules": missing_modules(question["modules"]),
        "state_dir": state_dir(question["work_dir"]),
        "room": room(question["work_dir"], question["bytes"]),
        "tools": {name: which(name) for name in question["tools"]},
    }


def answer(value):
    """Print a value for the client."""
    sys.stdout.write("\n%s%s\n" % (MARK, json.dumps(value)))
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.path and not sys.path[0]:
        del sys.path[0]  # the current folder
    answer(examine(json.loads(sys.argv[1])))
