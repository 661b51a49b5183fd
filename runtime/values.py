"""Captured state: what travels by value, and how it is made again. ``docs/values.md`` is the protocol.

A ``values/*.pkl`` file is a stream of pickles that share one memo: the root, then ``("fill", object, state)`` for every
function, class and cell that had to exist before its contents could, then None. What one file holds, others name by its
position in the memo, so that one object stays one.
"""

import sys
import types
from importlib import import_module as imported
from os.path import abspath, dirname, join
from pickle import Unpickler, UnpicklingError

from . import definitions

STREAM_END = None
REGISTERED = "register()"
"""Stands in a class's state for what was registered with it: `abc.ABCMeta.register`."""


class Gone(object):
    """Stands in a state for an attribute that is there no more."""


class _Unpickler(Unpickler):
    def __init__(self, stream, tree):
        Unpickler.__init__(self, stream)
        self._tree = tree

    def persistent_load(self, pid):
        """What other places hold: a path in the project, an object of another values file, a global of a module."""
        kind, relative = pid[:2]
        if kind == "shared":
            if relative not in _read:  # one that had to wait
                load_stream(self._tree, relative)
            return _read[relative][pid[2]]
        if kind == "global":
            return module_global(relative, pid[2])
        if kind != "project":
            raise UnpicklingError("unknown kind of reference: %r" % (kind,))
        return join(self._tree, "project", relative) if relative else join(self._tree, "project")

    def find_class(self, module, name):
        prefix = "clustrix_bundle.runtime."
        if module.startswith(prefix):
            module = __package__ + "." + module[len(prefix) :]
        if (module, name) == ("enum", "EnumType"):  # its name since Python 3.11
            name = "EnumMeta"
        return Unpickler.find_class(self, module, name)


_read = {}  # type: ignore[var-annotated]  # by values file: what others may name, by position in its memo
_made = {}  # type: ignore[var-annotated]  # functions and classes made by definition, by id
_instead = {}  # type: ignore[var-annotated]  # by id of a captured container: the one that took over its content, and itself


def load_stream(tree, member, name=None):
    """The root object of a values file of the bundle unpacked at `tree`, with all its parts filled in.

    `name` is what others call the file, if it is not `member`.
    """
    with open(join(tree, *member.split("/")), "rb") as stream:
        unpickler = _Unpickler(stream, abspath(tree))
        root = unpickler.load()
        while True:
            fill = unpickler.load()
            if fill is STREAM_END:
                break
            _fill(fill[1], fill[2])
    held = _read.setdefault(name or member, {})
    for number, item in unpickler.memo.copy().items():
        if type(item) not in _ATOMS:  # type: ignore[comparison-overlap]
            held[number] = _current(item)
    if type(root) is dict and _instead:
        for key in root:
            root[key] = _current(root[key])
    return root


def captured_definitions():
    """By id, values file and position of the functions and classes that were made by definition, and that no name in ``__main__``
    leads to, as it does at the client's: the client has these.
    """
    main = vars(sys.modules["__main__"])
    return {
        id(item): (name, number)
        for name in _read
        for number, item in _read[name].items()
        if id(item) in _made and (item.__module__ != "__main__" or main.get(item.__qualname__) is not item)
    }


def _current(item):
    return _instead[id(item)][0] if id(item) in _instead else item


_ATOMS = (type(None), bool, int, float, complex, str, bytes)


def _fill(target, state):
    if isinstance(target, types.FunctionType):
        _fill_function(target, state)
    elif isinstance(target, (type, types.ModuleType)):
        for name, value in state.items():
            if value is Gone:
                if name in vars(target):
                    delattr(target, name)
            elif name == REGISTERED:
                for item in value:
                    target.register(item)  # type: ignore[union-attr]
            elif not _took_over(vars(target).get(name), value):
                setattr(target, name, value)
    elif isinstance(target, _CELL):
        set_cell(target, state)
    elif type(target).__name__ == "ContextVar":
        target.set(state["context"])
    elif _took_over(target, state):  # a literal of the program that has changed since
        pass
    else:
        _update(vars(target), state["instance"])


def _update(attributes, captured):
    for name, value in captured.items():
        if value is Gone:
            attributes.pop(name, None)
        elif not _took_over(attributes.get(name), value):
            attributes[name] = value


def _fill_function(function, state):
    if "defaults" in state:
        function.__defaults__ = state["defaults"]
        function.__kwdefaults__ = state["kwdefaults"]
    if "changed_defaults" in state:
        defaults = list(function.__defaults__ or ())
        for position, value in state["changed_defaults"].items():
            defaults[position] = value
        function.__defaults__ = tuple(defaults)
    if "changed_kwdefaults" in state:
        function.__kwdefaults__ = dict(function.__kwdefaults__ or {}, **state["changed_kwdefaults"])
    for name, value in state.get("set", {}).items():
        setattr(function, name, value)
    _update(function.__dict__, state.get("dict", {}))
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    for name, value in state.get("cells", {}).items():
        if name in cells and not _took_over(_contents(cells[name]), value):
            set_cell(cells[name], value)
    for name, inner in state.get("inner", {}).items():
        if name in cells and isinstance(_contents(cells[name]), types.FunctionType):
            _fill_function(_contents(cells[name]), inner)


def _contents(cell):
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _took_over(old, new):
    """Put the content of a captured container into the one that is there, which other names may hold as well."""
    kind = type(old)
    if kind is not type(new) or (kind not in (list, dict, set) and (kind.__module__, kind.__name__) not in _COLLECTIONS):
        return False
    if old is not new:
        _instead[id(new)] = old, new
        old.clear()
        if hasattr(old, "extend"):
            old.extend(new)
        else:
            old.update(new)
    return True


_COLLECTIONS = [("collections", name) for name in ("deque", "defaultdict", "OrderedDict", "Counter")]


def load_entry(tree, manifest):
    """The callable of a bundle whose entry is a value."""
    return load_stream(tree, manifest["entry"]["member"])


def load_arguments(tree, manifest):
    """``(args, kwargs)`` as they were given to the build."""
    return load_stream(tree, manifest["arguments"]["member"], ARGUMENTS)


ARGUMENTS = "values/arguments.pkl"


def _restore(namespace, main_member, values_member):
    """Give the globals of a sliced ``__main__`` the values they had when it was bundled.

    The last line of the slice calls it; the tree is found from the slice's own ``__file__``, so that a child process of
    multiprocessing, which runs the file again, gets the same.
    """
    namespace.update(_load_in(namespace, main_member, values_member))


def _load_in(namespace, main_member, values_member):
    """Read values as what the running file, ``__mp_main__`` in such a child, defines so far: they call it ``__main__``."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = sys.modules[namespace["__name__"]]
    try:
        return load_stream(_tree_of(namespace, main_member), values_member)
    finally:
        sys.modules["__main__"] = main


def _restore_early(namespace, main_member, values_member):
    """The same where the statement stood that computed a value, for what reads it before the end.

    A value that leans on what the file defines only further down has to wait for the end.
    """
    try:
        found = _load_in(namespace, main_member, values_member)
    except (AttributeError, NameError, LookupError):
        return
    namespace.update(found)


def _tree_of(namespace, main_member):
    tree = abspath(namespace["__file__"])
    for _ in main_member.split("/"):
        tree = dirname(tree)
    return tree


# ---- what the pickles call


def main_global(name):
    """A global of ``__main__`` by the name it is bound to there (its own ``__qualname__`` may say something else)."""
    return getattr(sys.modules["__main__"], name)


def make_path(kind, text):
    """A path object of `pathlib`."""
    import pathlib

    return getattr(pathlib, kind)(text)


def held_in(name, path):
    """The function that a decorated one of ``__main__`` holds: `path` names the cells on the way."""
    function = main_global(name)
    for variable in path:
        function = function.__closure__[function.__code__.co_freevars.index(variable)].cell_contents
    return function


def module_global(module, name):
    """What a module holds under a name."""
    return getattr(imported(module), name)


def import_module(name):
    """A module that was captured as an object."""
    return imported(name)


def builtin_type(name):
    """A type that the builtins module has no name for."""
    return {
        "NoneType": type(None),
        "NotImplementedType": type(NotImplemented),
        "ellipsis": type(Ellipsis),
        "function": types.FunctionType,
        "module": types.ModuleType,
        "method": types.MethodType,
        "builtin_function_or_method": types.BuiltinFunctionType,
        "code": types.CodeType,
        "generator": types.GeneratorType,
        "cell": type(make_cell()),
        "mappingproxy": types.MappingProxyType,
    }[name]


def standard_stream(name):
    """``sys.stdout`` and its like: the job's own."""
    return getattr(sys, name)


def dict_keys(mapping):
    """A keys view, of a copy of the mapping it was a view of."""
    return mapping.keys()


def dict_values(items):
    """A values view, of a copy."""
    return dict(enumerate(items)).values()


def dict_items(mapping):
    """An items view, of a copy."""
    return mapping.items()


def mapping_proxy(mapping):
    """A read-only view of a copy."""
    return types.MappingProxyType(mapping)


def make_cell(*contents):
    """A closure cell, empty or with its contents."""
    cell = types.CellType() if hasattr(types, "CellType") else _cell_of(None)
    if contents:
        set_cell(cell, contents[0])
    return cell


def _cell_of(contents):
    return (lambda: contents).__closure__[0]  # type: ignore[index]


_CELL = type(_cell_of(None))


def set_cell(cell, contents):
    """Give a closure cell its contents."""
    try:
        cell.cell_contents = contents
    except AttributeError:  # read-only before Python 3.7
        import ctypes

        ctypes.pythonapi.PyCell_Set(ctypes.py_object(cell), ctypes.py_object(contents))


def locate(definition, module):
    """``(code, globals)`` of a definition that reads the globals of `module`."""
    namespace = sys.modules["__main__"].__dict__ if module == "__main__" else imported(module).__dict__
    filename = namespace.get("__file__") or definition["filename"]
    code = definitions.compile_definition(definition["text"], definition["line"], filename, definition["flags"])
    return definitions.follow(code, definition["path"]), namespace


def closure_of(code, cells):
    """The cells that code needs, in its order."""
    missing = [name for name in code.co_freevars if name not in cells]
    if missing:
        raise LookupError("%s needs %s, which was not captured" % (code.co_name, ", ".join(missing)))
    return tuple(cells[name] for name in code.co_freevars)


def make_function(definition, module, name, qualname, cells):
    """A function from its source; defaults and attributes are filled in later."""
    code, namespace = locate(definition, module)
    function = types.FunctionType(code, namespace, name, None, closure_of(code, cells))
    function.__qualname__ = qualname
    function.__module__ = module
    return remembered(function)


def remembered(made):
    """A function or class, now known as one that travelled by definition."""
    _made[id(made)] = made
    return made


def make_cached(function, maxsize, typed):
    """A function with an empty ``lru_cache`` around it."""
    import functools

    return functools.lru_cache(maxsize, typed)(function)
