"""Classes that travel by definition, made again: what values files call (``docs/values.md``)."""

import types

from .values import closure_of, locate, remembered, set_cell


def make_class(definition, module, name, bases, metaclass, keywords, cells, decorators, read):
    """A class from its source: the body runs again, with the captured cells around it.

    `keywords` are those of the class statement, `decorators` the installed ones, innermost first: ``(callable, None)`` for a bare
    one, ``(callable, (args, kwargs))`` for one that is called. `read` is what the body reads of its cells.
    """
    import builtins

    code, namespace = locate(definition, module)
    for variable, contents in read.items():
        set_cell(cells[variable], contents)
    body = types.FunctionType(code, namespace, name, None, closure_of(code, cells))
    options = dict(keywords)
    if metaclass is not None:
        options["metaclass"] = metaclass
    cls = builtins.__build_class__(body, name, *bases, **options)
    for decorator, call in decorators:
        if call is not None:
            args, given = call
            decorator = decorator(*args, **_known(decorator, given))
        cls = decorator(cls)
    return remembered(cls)


def _known(decorator, options):
    """Options without those of ``dataclass`` that are at their default, or that this Python lacks and nothing it makes shows."""
    import dataclasses
    import inspect

    if decorator is not dataclasses.dataclass:
        return options
    parameters = inspect.signature(decorator).parameters
    known = {name: value for name, value in options.items() if name not in parameters or value != parameters[name].default}
    return {name: value for name, value in known.items() if name in parameters or (value and name in ("slots", "kw_only"))}


def make_class_of_parts(metaclass, name, qualname, module, bases, items):
    """A class without its body: `items` are there from the start, attributes are filled in later."""
    namespace = metaclass.__prepare__(name, bases)
    namespace["__module__"] = module
    namespace["__qualname__"] = qualname
    for key, value in items.items():
        namespace[key] = value
    return remembered(metaclass(name, bases, namespace))


def make_namedtuple(name, fields, defaults, module):
    """A class that ``collections.namedtuple`` made inside a function."""
    import collections

    cls = collections.namedtuple(name, fields)  # type: ignore[misc]
    cls.__new__.__defaults__ = defaults
    cls.__module__ = module
    return remembered(cls)


def make_type_variable(kind, name):
    """A type variable of a function's own."""
    import typing

    return getattr(typing, kind, typing.TypeVar)(name)
