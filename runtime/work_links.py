"""Names of the work dir in the task's tree, as links: `open("data/" + n)` means the cluster's data.

Linked are the names that the manifest's ``work_dir_names`` allows and that the bundle does not hold. What Python would import
stays out: it would shadow what was shipped or installed. Where both sides have a folder, the shipped one is filled up with
links to what only the work dir has. Of a path that both have, the shipped one stands; for data, with a warning.
"""

import os

_MOST = 10000
"""Links made at the most; beyond, a warning says so."""


_SAMPLE = 1 << 18

_LOOKED_AT = 10000
"""Values among arguments; of more nobody says which names they mean."""


def names_in(arguments):
    """First parts of the relative paths that arguments, or what they hold, can be; None for any."""
    found: set = set()
    waiting = [arguments]
    for _ in range(_LOOKED_AT):
        if not waiting:
            return sorted(found)
        value = waiting.pop()
        if isinstance(value, (list, tuple, set, frozenset)):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, (str, bytes)) or hasattr(type(value), "__fspath__"):
            path = os.path.normpath(os.fsdecode(value))
            if path == ".":
                return None
            found.add(path.split("/")[0])
    return None


def link_work_dir(work_dir, folder, names):
    """Make the links in ``folder``, the function's working directory.

    Args:
        work_dir: Absolute path.
        folder: Where the links go.
        names: First parts of paths that may be linked; None for all.

    Returns:
        ``(made, warnings)``: paths of the links mapped to what they point to, and text.
    """
    linker = _Linker()
    try:
        present = os.listdir(work_dir)
    except OSError as error:
        return {}, ["the work dir %s cannot be listed: %s" % (work_dir, error.strerror)]
    allowed = None if names is None else set(names)
    state = ".clustrix-%d" % os.geteuid()
    for name in sorted(present):
        if (allowed is None or name in allowed) and name != state:
            linker.link(work_dir + "/" + name, folder + "/" + name, name)
    return linker.made, linker.warnings()


class _Linker(object):
    def __init__(self):
        self.made = {}
        self._left = 0
        self._both = []
        self._failed = []

    def link(self, there, here, name):
        if len(self.made) >= _MOST:
            self._left += 1
            return
        if not os.path.lexists(here):
            if not _importable(there, name):
                try:
                    os.symlink(there, here)
                    self.made[here] = there
                except OSError as error:
                    self._failed.append("%s (%s)" % (name, error.strerror))
        elif os.path.isdir(there) and os.path.isdir(here) and not os.path.islink(here):
            try:
                inner = sorted(os.listdir(there))
            except OSError as error:
                self._failed.append("%s (%s)" % (name, error.strerror))
                return
            for item in inner:
                self.link(there + "/" + item, here + "/" + item, name + "/" + item)
        elif not _importable(there, name) and not _equal(there, here):
            self._both.append(name)

    def warnings(self):
        text = "%s was shipped with the function and stands in the work dir too, with other content: the shipped one is used"
        found = [text % name for name in self._both]
        if self._failed:
            found.append("names of the work dir that could not be linked: " + ", ".join(self._failed))
        if self._left:
            found.append("only the first %d names of the work dir were linked into the function's folder" % _MOST)
        return found


def _importable(path, name):
    """Whether Python would import it: a module by any of this interpreter's suffixes, or a package."""
    from importlib.machinery import all_suffixes

    if os.path.isdir(path):
        return os.path.isfile(path + "/__init__.py")
    return any(name.endswith(suffix) for suffix in all_suffixes()) and not os.path.isdir(path)


def _equal(one, other):
    """Whether two files say the same; of large ones their beginnings, middles and ends."""
    try:
        size = os.path.getsize(one)
        if size != os.path.getsize(other) or os.path.isdir(one) or os.path.isdir(other):
            return False
        with open(one, "rb") as first, open(other, "rb") as second:
            if size <= 4 * _SAMPLE:
                return first.read() == second.read()
            for at in (0, size // 2, size - _SAMPLE):
                first.seek(at)
                second.seek(at)
                if first.read(_SAMPLE) != second.read(_SAMPLE):
                    return False
            return True
    except OSError:
        return False
