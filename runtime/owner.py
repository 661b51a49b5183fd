"""Whose something is, written beside it, so that what a killed process left can be told from what a living one needs.

A process is told by host, boot, process id's namespace, process id and the moment it started (in the kernel's ticks since boot).
"""

import os

OWNER = "owner"
"""File in a task's tree: a line for each part of the identity."""


def write_owner(root):
    """Mark a tree as this process's."""
    with open(root + "/" + OWNER, "wb") as out:
        out.write("\n".join(identity()).encode("utf-8", "surrogateescape"))


def is_abandoned(root):
    """Whether the process that made the tree is surely gone."""
    try:
        with open(root + "/" + OWNER, "rb") as source:
            return is_gone(source.read().decode("utf-8", "surrogateescape").split("\n"))
    except OSError:
        return False


def is_gone(process):
    """Whether a process, told by its `identity`, is surely gone. Of another host, or another container on this one, nothing is known."""
    try:
        host, boot, namespace, pid, started = process
        here = identity()
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
    state, now_started = _stat(pid)
    return state == "Z" or bool(started and now_started and started != now_started)


def identity(pid=None):
    """What a process of this machine, by default this one, is told by: five texts."""
    boot = namespace = ""
    pid = os.getpid() if pid is None else pid
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as source:
            boot = source.read().decode("ascii").strip()
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:  # no Linux
        pass
    return [os.uname().nodename, boot, namespace, str(pid), _stat(pid)[1]]


def _stat(pid):
    """State and start of a process, from Linux's ``/proc``; empty where that is not to be had."""
    try:
        with open("/proc/%s/stat" % pid, "rb") as source:
            fields = source.read().decode("ascii", "replace").rpartition(")")[2].split()
        return fields[0], fields[19]
    except (OSError, IndexError):
        return "", ""
