"""The interpreter as it was before the user's code ran: what the runtime needs to tell how that went.

Code may do to its process what it likes: put its own functions in place of the standard library's, clear ``sys.modules`` or
``sys.path``, lower limits, leave a timer or a trace function behind. So the modules that tell hold the functions that they need
since before, builtins included (`zip_loader`), and what they still have to import is imported as it was then.
"""

import importlib
import sys
from _signal import setitimer  # type: ignore[import-not-found]
from sys import getrecursionlimit, setprofile, setrecursionlimit, settrace

import_module = importlib.import_module
"""For what is imported after the user's code."""


class Interpreter(object):
    """What is needed of this interpreter, as it is now.

    Attributes:
        pickle: The module that pickles, if it was asked for.
        dump_whole: That of `whole_pickle`, likewise.
    """

    pickle = None
    dump_whole = None

    def __init__(self):
        self._modules = dict(sys.modules)
        self._path = list(sys.path)
        self._finders = list(sys.meta_path), list(sys.path_hooks)
        self._depth = getrecursionlimit()

    def load_pickle(self, folders, with_values):
        """Import what pickles (and what reads values), behind the back of code in ``folders`` that has modules of the names that this brings."""
        before = frozenset(sys.modules)
        try:
            import _pickle as pickle
        except ImportError:  # not CPython
            import pickle  # type: ignore[no-redef]
        self.pickle = pickle
        from .whole_pickle import dump_whole

        self.dump_whole = dump_whole
        if with_values:
            from . import restoring  # noqa: F401 - for those who ask for it later
        from os.path import exists

        for name in frozenset(sys.modules) - before:
            if any(exists("%s/%s%s" % (folder, name, end)) for folder in folders for end in (".py", "")):
                del sys.modules[name]

    def put_back(self):
        """Undo what keeps code of the standard library from running; what is only other than it was stays."""
        settrace(None)
        setprofile(None)
        if getrecursionlimit() < self._depth:
            setrecursionlimit(self._depth)
        for timer in range(3):
            setitimer(timer, 0)
        for name, was in (("modules", self._modules), ("path", self._path), ("meta_path", []), ("path_hooks", [])):
            if type(getattr(sys, name, None)) is not type(was):
                setattr(sys, name, was)
        for name, module in self._modules.items():
            sys.modules.setdefault(name, module)
        _let_files_grow()
        for now, was in zip((sys.meta_path, sys.path_hooks), self._finders):  # type: ignore[assignment]
            now.extend(item for item in was if item not in now)  # type: ignore[attr-defined,operator]

    def standard_module(self, name):
        """A module of the standard library, though the user's project may have one of that name, or of one that it imports."""
        before = sys.path
        sys.path = self._path
        try:
            return __import__(name)
        finally:
            sys.path = before


def _let_files_grow():
    """Lift a limit on the size of files, which nothing could be told under, as far as the process may."""
    resource = sys.modules.get("resource")
    try:
        now, most = resource.getrlimit(resource.RLIMIT_FSIZE)  # type: ignore[union-attr]
        if now != most:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))  # type: ignore[union-attr]
        resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))  # type: ignore[union-attr]  # a superuser's process alone
    except (AttributeError, ValueError, OSError, TypeError):  # never loaded: nothing can have set it
        pass
