"""Pickling what leaves a process: what pickle by itself loses of instances, makes only half, or finds too deep.

Exceptions whose class has an ``__init__`` of its own rarely take their ``args`` again: they are made without it. Subclasses of
kinds whose ``__reduce__`` forgets attributes (``defaultdict``, ``Counter``, ``datetime``) keep them. What is nested deeper than C
allows is pickled by the pickler that is written in Python. All of it can be read by any ``pickle.load``.
"""

import copyreg
import sys

PROTOCOL = 4
"""The newest protocol that every Python from 3.6 reads."""

MOST_FRAMES = 300000
"""Recursion limit for deep values: some 60,000 levels of objects in each other."""
_STACK_BYTES = 768 << 20

_FILLED_BY_INIT = (OSError, ImportError, SyntaxError, UnicodeError, StopIteration, SystemExit, AttributeError, NameError)
_FORGETFUL = ("builtins", "collections", "datetime", "_pydatetime", "decimal", "_pydecimal", "fractions", "ipaddress", "numpy")


def _author(kind, names):
    """The class that says last what one of the names means for a class."""
    return next((base for base in kind.__mro__ if any(name in base.__dict__ for name in names)), object)


def _is_users(author):
    return author.__module__.partition(".")[0] not in _FORGETFUL


def is_made_bare(kind):
    """Whether it is an exception whose own ``__init__`` pickle would call with its ``args``, which it may not take."""
    if not issubclass(kind, BaseException) or issubclass(kind, _FILLED_BY_INIT):
        return False
    if _is_users(_author(kind, ("__reduce_ex__", "__reduce__"))) or _is_users(_author(kind, ("__new__",))):
        return False
    return _is_users(_author(kind, ("__init__",)))


def reduced_bare(error, reduced):
    """What ``__reduce_ex__`` gave, so that it calls ``__new__`` alone."""
    return (copyreg.__newobj__, (type(error),) + tuple(reduced[1])) + tuple(reduced[2:])  # type: ignore[attr-defined]


def lacks_attributes(obj, reduced):
    """Whether what the ``__reduce__`` of a forgetful kind gave leaves out attributes that the instance has."""
    own = getattr(obj, "__dict__", None)
    if not own or type(reduced) is not tuple:
        return False
    author = _author(type(obj), ("__reduce_ex__", "__reduce__"))
    if author is object or _is_users(author):
        return False
    state = reduced[2] if len(reduced) > 2 else None
    parts = state if type(state) is tuple else (state,)
    return not any(type(part) is dict and own.keys() <= part.keys() for part in parts)


def dump_whole(pickle, out, value, known):
    """Pickle a value into a file, where it is.

    Args:
        pickle: The module that pickles, as it was before the user's code ran.
        out: A file.
        value: What is to leave.
        known: References by id, of functions and classes that the reader has.
    """
    start = out.tell()
    try:
        _pickler(pickle.Pickler, out, known).dump(value)
    except RecursionError as error:
        out.seek(start)
        out.truncate()
        _dump_deep(out, value, known, error)


def _pickler(base, out, known):
    asked = {}

    class Pickler(base):  # type: ignore[misc,valid-type]
        def reducer_override(self, obj):
            kind = type(obj)
            if kind not in asked:
                asked[kind] = _is_asked(kind)
            if not asked[kind]:
                return NotImplemented
            reduced = obj.__reduce_ex__(PROTOCOL)
            if is_made_bare(kind):
                return reduced_bare(obj, reduced)
            if lacks_attributes(obj, reduced) and (len(reduced) < 3 or reduced[2] is None):
                return tuple(reduced[:2]) + (dict(obj.__dict__),) + tuple(reduced[3:])
            return reduced

    if known:
        Pickler.persistent_id = lambda _self, obj: known.get(id(obj))
    return Pickler(out, PROTOCOL)


def _is_asked(kind):
    if issubclass(kind, type) or kind in copyreg.dispatch_table or not kind.__flags__ & (1 << 9):
        return False
    author = _author(kind, ("__reduce_ex__", "__reduce__"))
    return author is not object and author is not kind and not _is_users(author)


def _dump_deep(out, value, known, error):
    """The same in Python, whose recursion has a limit that can be moved; `error` is raised where that does not help."""
    try:
        deeply(lambda: _pickler(deep_pickler(), out, known).dump(value))
    except BaseException:  # the first error says what it is
        raise error


def deep_pickler():
    """The pickler that is written in Python, without its one call from C code (``CALL_FUNCTION_EX`` of a method), which has limits of its own."""
    from pickle import _Pickler

    class Pickler(_Pickler):
        def __init__(self, *args, **options):
            _Pickler.__init__(self, *args, **options)
            save_reduce = _Pickler.save_reduce  # type: ignore[attr-defined]
            self.save_reduce = lambda *args, **options: save_reduce(self, *args, **options)

    return Pickler


def deeply(work):
    """What a call gives that recurs deep, in a thread with room for it; raises what it raises.

    Raises:
        RecursionError: There is no room for it.
    """
    import threading

    done = []

    def run():
        try:
            done.append((work(), None))
        except BaseException as error:
            done.append((None, error))  # type: ignore[arg-type]

    limit, stack = sys.getrecursionlimit(), threading.stack_size()
    try:
        threading.stack_size(_STACK_BYTES)
        sys.setrecursionlimit(max(limit, MOST_FRAMES))
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    except (RuntimeError, MemoryError):
        pass
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(stack)
    if not done:
        raise RecursionError("there is no room for what is nested so deep")
    if done[0][1] is not None:
        raise done[0][1]
    return done[0][0]
