"""Ending the child without tearing the whole interpreter down, where nobody could tell the difference.

After a fork, tearing down copies every page that it touches, which takes longer than a small function. What the user's code can
notice is done here in Python's own order: exit handlers, the ends of its modules' objects (open files are flushed), standard streams.
Where more was loaded than Python source (extension modules have ends of their own) or threads remain, Python ends as always.
"""

import _thread
import sys
from os import _exit


def before_fork():
    """Note what is loaded, and keep the collector from touching (and so copying) it."""
    import gc

    if hasattr(gc, "freeze"):
        gc.freeze()
    return frozenset(sys.modules)


def leave(known):
    """End the process with code 0 if that can be done quickly; else return."""
    loaded = [sys.modules[name] for name in list(sys.modules) if name not in known]
    if _thread._count() or "threading" in sys.modules or not all(map(_is_source, loaded)):
        return
    if sys.version_info < (3, 7):
        return  # no gc.freeze
    import atexit
    import gc

    try:
        atexit._run_exitfuncs()
    except BaseException:  # before Python 3.10 the last handler's error comes out, after it was shown
        pass
    loaded.append(sys.modules["__main__"])
    for module in loaded:
        module.__dict__.clear()
    del loaded, module
    gc.collect()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # closed, or None
            pass
    _exit(0)


_QUIET = frozenset(("_json", "_sha2", "_sha256", "fcntl", "gc", "atexit"))


def _is_source(module):
    """Whether nothing but names and Python objects goes when the module does."""
    name = getattr(module, "__name__", None)
    path = getattr(module, "__file__", None)
    return name in _QUIET or (isinstance(path, str) and path.endswith(".py")) or (path is None and name == "__main__")
