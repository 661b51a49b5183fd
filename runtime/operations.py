"""What a cluster can be asked: a table of operations, and the `Session` they act in.

An operation is a function ``f(session, **arguments)`` with arguments and result of JSON, texts with surrogate escapes
included. It may also give bytes, or be a generator that yields bytes: a stream, sent as it comes, whose return value is the result; an
empty chunk says "still at work". If the caller sends bytes along, they come as ``body``, an iterator of chunks.
The same function serves in process, where the cluster is this machine, and in the agent.
"""

import os

FAMILIES = {
    "files": ("file_operations", "ls find stat exists isdir isfile glob du count_files batch"),
    "store": ("store_operations", "missing put get"),
    "process": ("process_operations", "execute start"),
    "jobs": ("job_operations", "create start note look outcomes read cancel since listing read_spec remove"),
    "watching": ("watch_operations", "watch wake"),
    "cleaning": ("sweep_operations", "sweep"),
    "probe": ("probe_operations", "probe"),
}
"""Module and functions of each family: ``store.put`` is `store_operations.put`. A module is loaded when it is first asked for."""
ONCE = frozenset(("process.execute", "process.start"))
"""Operations that must not be done twice: if the connection drops, they are not asked for again, unless the caller says so."""


class Session(object):
    """Where operations act.

    Args:
        work_dir: Folder that paths are relative to; ``~`` is the home folder.
        allowed_paths: Folders besides it that paths and links may lead to.

    Raises:
        ValueError: It is not absolute, or begins with ``~`` and a name that nobody has.

    Attributes:
        state_dir: Where bundles, environments and jobs are kept; `make_state_dir` makes it.
    """

    def __init__(self, work_dir, allowed_paths=()):
        self.work_dir = os.path.expanduser(work_dir)
        if not self.work_dir.startswith("/"):
            raise ValueError("the work dir is no absolute path: %s" % self.work_dir)
        self.allowed_paths = allowed_paths
        self.state_dir = "%s/.clustrix-%d" % (self.work_dir.rstrip("/"), os.geteuid())

    def make_state_dir(self, below=""):
        """Path of the state dir, or of a folder in it; made if it is not there: 0700, ours, no link.

        Raises:
            PermissionError: Something else stands there.
        """
        from .store_operations import make_private

        os.makedirs(self.work_dir, exist_ok=True)
        path = self.state_dir
        make_private(path)
        for name in below.split("/") if below else ():
            path += "/" + name
            make_private(path)
        return path


def perform(session, name, arguments, body=None):
    """Do an operation: its result, or the generator of its stream.

    Raises:
        ValueError: There is no such operation.
    """
    family, _, function = name.partition(".")
    module, functions = FAMILIES.get(family, ("", ""))
    if function not in functions.split():
        raise ValueError("unknown operation %r" % (name,))
    from importlib import import_module

    if body is not None:
        arguments = dict(arguments, body=body)
    return getattr(import_module("." + module, __package__), function)(session, **arguments)
