"""What pickled values need of the place that reads them: distributions of the major version they were made with, and a Python that has their names.

Installed distributions are told by the names of their metadata folders; ``importlib.metadata`` is not there before Python 3.8,
and its import costs more than a small run.
"""

import os
import sys

from .errors import UnmetRequirementError


def check_requirements(data):
    """Refuse a manifest whose values need a distribution that is missing here, or is of another major version."""
    wanted = {}  # type: ignore[var-annotated]
    for row in data.get("values") or []:
        for text in row.get("requirements") or []:
            wanted.setdefault(text, []).append("%s (%s)" % (row.get("name"), row.get("type")))
    if not wanted:
        return
    installed = _installed()
    for text in sorted(wanted):
        name, _, version = text.partition("==")
        found = installed.get(_normal(name))
        if found is None:
            if _is_importable(name, data):
                continue
            there = "is not installed"
        elif major(found) == major(version):
            continue
        else:
            there = "is version %s" % found
        raise UnmetRequirementError(
            "%s was pickled with %s, and here, for %s, %s %s: install %s==%s.* there, or pass what the value is made from"
            % (" and ".join(wanted[text]), text, sys.executable, name, there, name, major(version))
        )


def explain(error, made_by, data):
    """Why reading a value failed: what it names is not installed here, or this Python lacks it; empty where neither is the reason."""
    if not isinstance(error, _UNREADABLE) or not _is_of_reading(error):
        return ""
    why = "%s: %s" % (type(error).__name__, error)
    name = _module_of(error).partition(".")[0]
    needed = ["%s==%s" % (row["name"], row["version"]) for row in data.get("requirements") or [] if name in row["modules"]]
    if name and name not in _NEW_IN_PYTHON and (needed or (isinstance(error, ImportError) and name not in sys.modules)):
        return "a value needs the module %s, %s for %s (%s): install %s there" % (
            name,
            "and what it names of it is missing" if name in sys.modules else "which is not installed",
            sys.executable,
            why,
            needed[0] if needed else "the distribution that holds it",
        )
    if tuple(made_by) == sys.version_info[:2]:
        return ""
    return (
        "a value that was pickled by Python %d.%d cannot be read by Python %d.%d, which lacks what it names (%s): run it with Python %d.%d"
        % (tuple(made_by) + sys.version_info[:2] + (why,) + tuple(made_by))
    )


def _module_of(error):
    """The module that is missing, or lacks what it is asked for; empty where the error does not say."""
    if isinstance(error, ImportError):
        return error.name or ""
    return str(error).partition("<module '")[2].partition("'")[0]


def _is_of_reading(error):
    """Whether the reading of a value raised it, and not code of the user's that reading called."""
    reading = False
    frames = error.__traceback__
    name = ""
    while frames is not None:
        name = str(frames.tb_frame.f_globals.get("__name__", ""))
        reading = reading or name == __package__ + ".values"
        frames = frames.tb_next
    return reading and (name in _READERS or name.partition(".")[0] == "importlib")


_NEW_IN_PYTHON = ("contextvars", "dataclasses", "zoneinfo", "graphlib", "tomllib", "annotationlib", "compression")
_UNREADABLE = (AttributeError, ImportError, LookupError, TypeError, ValueError, NameError)
_READERS = (
    __package__ + ".values",
    __package__ + ".definitions",
    "pickle",
    "copyreg",
    "_frozen_importlib",
    "enum",
    "dataclasses",
)


def _installed():
    """Normal name to version of what ``sys.path`` holds; the first one found counts, as for imports."""
    found = {}  # type: ignore[var-annotated]
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for entry in names:
            stem, ending = os.path.splitext(entry)
            if ending in (".dist-info", ".egg-info"):
                parts = stem.split("-")
                version = parts[1] if len(parts) > 1 else _told_version(os.path.join(folder, entry))
                found.setdefault(_normal(parts[0]), version)
    return found


def _told_version(path):
    try:
        with open(path + "/PKG-INFO" if os.path.isdir(path) else path, "rb") as source:
            for line in source:
                if line.startswith(b"Version:"):
                    return line[8:].strip().decode("utf-8", "replace")
    except OSError:
        pass
    return ""


def _is_importable(name, data):
    """Whether its modules are here all the same, without any word of their version."""
    from importlib.util import find_spec

    modules = [module for row in data.get("requirements") or [] if row.get("name") == name for module in row.get("modules") or []]
    try:
        return any(find_spec(module.partition(".")[0]) is not None for module in modules)
    except (ImportError, ValueError):
        return False


def _normal(name):
    return "-".join(part for part in name.lower().replace("_", "-").replace(".", "-").split("-") if part)


def major(version):
    """The first part of a version, without epoch: what must agree between both ends."""
    return version.rpartition("!")[2].lstrip("v").partition(".")[0].partition("+")[0]
