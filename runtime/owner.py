"""Whose a task's tree is, written in it, so that what a killed process left can be told from what a living one needs."""

import os

OWNER = "owner"
"""File in the tree: host, boot, process id's namespace and process id, a line each."""


def write_owner(root):
    """Mark a tree as this process's."""
    with open(root + "/" + OWNER, "wb") as out:
        out.write("\n".join(_here() + [str(os.getpid())]).encode("utf-8", "surrogateescape"))


def is_abandoned(root):
    """Whether the process that made the tree is surely gone. Of another host, or another container on this one, nothing is known."""
    try:
        with open(root + "/" + OWNER, "rb") as source:
            host, boot, namespace, pid = source.read().decode("utf-8", "surrogateescape").split("\n")
        here = _here()
        if host != here[0]:
            return False
        if boot != here[1]:
            return True
        if namespace != here[2]:
            return False
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError):
        return False
    return False


def _here():
    boot = namespace = ""
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as source:
            boot = source.read().decode("ascii").strip()
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:  # no Linux
        pass
    return [os.uname().nodename, boot, namespace]
