"""How modules are found inside ``runtime.pyz``, where this file is the package's ``__init__``.

All sources stand in one member (`SOURCES`), which compresses better and is read once; `zipimport` would open the file anew for
every module. It would never cache byte code either: here the code of what one run needed is kept beside the node's copies, in a
folder that only its owner can write, for the tasks that follow. Python's own ``.pyc`` files are the same thing.
"""

import builtins
import marshal
import os
import sys

SOURCES = "sources"
"""Member beside this file: names and sources of all modules in turn, each ended by a NUL."""

_ENDED = b"\0"

BUILTINS = dict(vars(builtins))
"""What the modules of this package have for builtins, whatever the user's code puts in the place of the process's own."""
globals()["__builtins__"] = BUILTINS


class Modules(object):
    """Finder and loader of the package's modules.

    Args:
        spec: The package's own, whose loader reads the zip file.
        version: Digest of all sources.
    """

    def __init__(self, spec, version):
        self._package = spec.name
        self._folder = os.path.dirname(spec.origin)
        self._read = spec.loader.get_data
        self._spec = type(spec)
        self._label = "%s-%x.code" % (version, sys.hexversion)
        self._found = None
        self._codes = {}
        self._fresh = False
        for base in bases():
            if self._load(base):
                break

    def install(self, package):
        """Let imports of the package's modules come here."""
        sys.modules[package + ".zip_loader"] = sys.modules[package]
        sys.meta_path.insert(0, self)

    def find_spec(self, fullname, path=None, target=None):  # noqa: ARG002
        package, _, name = fullname.rpartition(".")
        if package != self._package or (name not in self._codes and name not in self._sources()):
            return None
        spec = self._spec(fullname, self, origin=self._file(name))
        spec.has_location = True
        return spec

    def create_module(self, spec):
        """Python's own."""

    def exec_module(self, module):
        module.__dict__["__builtins__"] = BUILTINS
        exec(self.get_code(module.__name__), module.__dict__)

    def get_code(self, fullname):
        """The module's code object."""
        name = fullname.rpartition(".")[2]
        if name not in self._codes:
            self._codes[name] = compile(self._sources()[name], self._file(name), "exec", 0, True)
            self._fresh = True
        return self._codes[name]

    def get_source(self, fullname):
        """The module's text, for tracebacks."""
        return self._sources()[fullname.rpartition(".")[2]].decode("utf-8")

    def is_package(self, fullname):  # noqa: ARG002
        return False

    def _file(self, name):
        return "%s/%s.py" % (self._folder, name)

    def _sources(self):
        if self._found is None:
            parts = self._read(self._folder + "/" + SOURCES).split(_ENDED)
            self._found = dict(zip([name.decode("ascii") for name in parts[:-1:2]], parts[1::2]))
        return self._found

    def _load(self, base):
        try:
            if not is_own(base):
                return False
            with open("%s/code/%s" % (base, self._label), "rb") as kept:
                self._codes = marshal.loads(kept.read())[self._folder]
            return True
        except (OSError, ValueError, EOFError, TypeError, KeyError):
            return False

    def keep(self, base):
        """Leave the code compiled so far for later runs; a convenience, whose failure is no one's business."""
        if not self._fresh or base not in bases():
            return
        try:
            os.makedirs(base + "/code", 0o700, exist_ok=True)
            path = "%s/code/%s" % (base, self._label)
            part = "%s.%d" % (path, os.getpid())
            with open(part, "wb") as out:
                out.write(marshal.dumps({self._folder: self._codes}))
            os.rename(part, path)
        except OSError:
            pass


def bases():
    """Folders of ours on the node's own disk, best first; whether they exist is another question."""
    parents = [os.environ.get("SLURM_TMPDIR"), os.environ.get("TMPDIR"), "/tmp"]
    return ["%s/clustrix-%d" % (parent.rstrip("/"), os.geteuid()) for parent in parents if parent and parent[0] == "/"]


def is_own(folder):
    """Whether it is a folder, no link, owned by us and closed to others."""
    status = os.lstat(folder)
    return status.st_mode & 0o170077 == 0o040000 and status.st_uid == os.geteuid()
