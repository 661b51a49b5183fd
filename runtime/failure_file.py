"""``--error FILE``: an exception of the user's code as a pickle, from which it can be made again without its class's help.

The file is one pickle (protocol 4) of a dict: ``format`` (1), ``phase`` (import, arguments or call), ``traceback`` (text), ``problem``
(why there are no nodes, else empty) and ``nodes``: the exception first, then every other one that it leads to as cause, context, member,
argument or attribute. In a node, each a pickle of its own, stand ``class``, ``made`` (function and arguments, where its
``__reduce__`` is the author's) and ``content``: two pickles that share one memo, ``(call, args)`` and the state. What is made of
``call`` is the built-in base: the class's own ``__init__``, which rarely takes ``args``, is not called.
``cause`` and ``context`` are numbers of nodes or None, ``suppress`` is ``__suppress_context__``. A persistent id in a
pickle is the number of a node, or a pair: values file and position of a captured function or class.
"""

from io import BytesIO

from .outcome import message_of, traceback_of

_HEAP_TYPE = 1 << 9  # CPython: Py_TPFLAGS_HEAPTYPE


def render_failure(error, phase, interpreter, root, captured):
    """The file's content. What cannot be pickled is told in it, not raised.

    `captured` names, by id, the functions and classes that the client has.
    """
    pickle = interpreter.pickle
    failure = {"format": 1, "phase": phase, "traceback": traceback_of(error, interpreter, root), "problem": "", "nodes": []}
    try:
        failure["nodes"] = _Nodes(pickle, error, captured).rows
    except BaseException as second:
        failure["problem"] = "%s: %s" % (type(second).__name__, message_of(second))
    return pickle.dumps(failure, 4)


class _Nodes(object):
    def __init__(self, pickle, error, captured):
        self._numbers = {}
        self._errors = []  # type: ignore[var-annotated]
        self.rows = []  # type: ignore[var-annotated]
        number = self._number

        class Pickler(pickle.Pickler):  # type: ignore[misc,name-defined]
            def persistent_id(self, obj):
                return number(obj) if isinstance(obj, BaseException) else captured.get(id(obj))

        def dump(*values):
            buffer = BytesIO()
            pickler = Pickler(buffer, 4)
            for value in values:
                pickler.dump(value)
            return buffer.getvalue()

        self._dump = dump
        self._number(error)
        while len(self.rows) < len(self._errors):
            self.rows.append(self._row(self._errors[len(self.rows)]))

    def _number(self, error):
        if error is None:
            return None
        if id(error) not in self._numbers:
            self._numbers[id(error)] = len(self._errors)
            self._errors.append(error)
        return self._numbers[id(error)]

    def _row(self, error):
        reduced = error.__reduce_ex__(4)
        custom = _is_custom(type(error))
        call = error.args if custom or type(reduced) is not tuple else reduced[1]
        state = reduced[2] if type(reduced) is tuple and len(reduced) > 2 else None
        if not custom:
            state = dict(state or {}, **_slots(error))
        return {
            "class": self._dump(type(error)),
            "made": self._dump(reduced[:2]) if custom and type(reduced) is tuple else None,
            "content": self._content((call, error.args), state),
            "cause": self._number(error.__cause__),
            "context": self._number(error.__context__),
            "suppress": error.__suppress_context__,
        }

    def _content(self, call, state):
        try:
            return self._dump(call, state)
        except Exception:
            if type(state) is not dict:
                raise
        lost = [name for name in state if not self._can_be_dumped(state[name])]
        kept = {name: state[name] for name in state if name not in lost}
        note = "what cannot be pickled stayed there: " + ", ".join(lost)
        kept["__notes__"] = list(kept.get("__notes__", ())) + [note]
        return self._dump(call, kept)

    def _can_be_dumped(self, value):
        try:
            self._dump(value)
            return True
        except Exception:
            return False


def _is_custom(kind):
    """Whether the class's author says how it pickles."""
    for name in ("__reduce_ex__", "__reduce__"):
        for base in kind.__mro__:
            if name in base.__dict__:
                if base.__flags__ & _HEAP_TYPE:
                    return True
                break
    return False


def _slots(error):
    values = {}
    for base in type(error).__mro__:
        names = base.__dict__.get("__slots__", ()) if base.__flags__ & _HEAP_TYPE else ()
        for name in (names,) if isinstance(names, str) else names:
            if name.startswith("__") and not name.endswith("__"):
                name = "_%s%s" % (base.__name__.lstrip("_"), name)
            if name not in ("__dict__", "__weakref__") and hasattr(error, name):
                values[name] = getattr(error, name)
    return values
