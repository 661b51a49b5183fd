"""The program that the login line gives to Python on the cluster: finds the runtime by its digest, or asks for it, and becomes it.

Its source travels; nothing here imports it. It reads on Python 2 too, in order to say that this one is too old. It says
``HAVE``, or ``NEED`` and then takes a length in ten digits and that many bytes, in a line of its own on standard output:
all before it is noise of the login shell. What keeps it from starting stands on standard error, after ``TROUBLE``.

Arguments: digest, work dir and Python as it was named, each in base64.
"""

import base64
import os
import sys

LINE = "\0clustrix-agent %s\n"
TROUBLE = "clustrix-trouble"


def trouble(kind, text):
    """Tell the client why not, and end."""
    sys.stderr.write("\n%s %s %s\n" % (TROUBLE, kind, base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")))
    sys.stderr.flush()
    os._exit(97)


def private(path):
    """Make a folder of ours alone, or take it if it is; otherwise OSError."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    status = os.lstat(path)
    if status.st_mode & 0o170077 != 0o040000 or status.st_uid != os.geteuid():
        raise OSError(1, "is no folder that you alone can use", path)
    return path


def places(work_dir):
    """Folders for the runtime, best first: in the state dir if there is a work dir, else on this node."""
    uid = os.geteuid()
    if os.path.isdir(work_dir):
        yield "%s/.clustrix-%d" % (work_dir.rstrip("/"), uid)
    for parent in (os.environ.get("TMPDIR"), "/tmp"):
        if parent and os.path.isdir(parent):
            yield "%s/clustrix-%d" % (parent.rstrip("/"), uid)


def known(path, digest):
    """Whether the runtime stands there, ours and whole."""
    from hashlib import sha256

    try:
        for folder in (os.path.dirname(os.path.dirname(path)), os.path.dirname(path)):
            status = os.lstat(folder)
            if status.st_mode & 0o170077 != 0o040000 or status.st_uid != os.geteuid():
                return False
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if status.st_mode & 0o170022 != 0o100000 or status.st_uid != os.geteuid():
            return False
        return sha256(file.read()).hexdigest() == digest


def receive(size):
    """That many bytes of standard input, and not one more."""
    data = b""
    while len(data) < size:
        piece = os.read(0, size - len(data))
        if not piece:
            os._exit(0)
        data += piece
    return data


def say(word):
    """One line to the client, after whatever else was printed; not again in a process that started anew for its locale."""
    if not os.environ.get("CLUSTRIX_LOCALE"):
        os.write(1, (LINE % word).encode("ascii"))


def keep(folders, digest, content):
    """Write the runtime beside its place and rename it; its path."""
    failures = []
    for folder in folders:
        part = ""
        try:
            path = "%s/%s.pyz" % (private(private(folder) + "/runtime"), digest)
            part = "%s.%s" % (path, os.urandom(6).hex())
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            os.rename(part, path)
            return path
        except OSError as error:
            failures.append("%s: %s" % (error.filename or part or folder, error.strerror))
            try:
                os.unlink(part)
            except OSError:
                pass
    trouble("disk", "\n".join(failures))


def main():
    """Find, or ask for, the runtime; then be it."""
    from hashlib import sha256

    digest, work_dir = [base64.b64decode(word).decode("utf-8", "surrogateescape") for word in sys.argv[1:3]]
    folders = list(places(os.path.abspath(os.path.expanduser(work_dir))))
    paths = ["%s/runtime/%s.pyz" % (folder, digest) for folder in folders]
    path = next((one for one in paths if known(one, digest)), "")
    if path:
        say("HAVE")
    else:
        say("NEED")
        content = receive(int(receive(10)))
        if sha256(content).hexdigest() != digest:
            trouble("damaged", "")
        path = keep(folders, digest, content)
        say("HAVE")
    from zipimport import zipimporter

    sys.argv = [path, "agent"]
    sys.path.insert(0, path)
    exec(zipimporter(path).get_code("__main__"), {"__name__": "__main__", "__builtins__": __builtins__})


if __name__ == "__main__":
    if sys.version_info < (3, 6):
        trouble("old", "%d.%d" % sys.version_info[:2])
    main()
