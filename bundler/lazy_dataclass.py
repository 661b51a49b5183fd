"""Dataclasses that cost next to nothing to define: ``__init__`` is compiled when a class is first called, once for all classes of a shape.

The standard library's `dataclasses` writes six functions for a frozen class and compiles them while the module is imported, 0.4 ms for
each class: for the hundred classes of an analysis that is as long as the analysis of a small project takes. Here ``@dataclass(frozen=True,
slots=True)`` means the same, and `dataclasses.fields`, `replace` and `astuple` work as they do there. Left out is what no
class of ours has: inherited fields, ``order``, ``kw_only``, ``ClassVar`` and ``InitVar``.
"""

# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, ANN204, N807 (type checkers see the standard library's own)

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import astuple as astuple  # noqa: PLC0414 (the re-export)
    from dataclasses import dataclass as dataclass  # noqa: PLC0414
    from dataclasses import field as field  # noqa: PLC0414
    from dataclasses import replace as replace  # noqa: PLC0414
else:
    from operator import attrgetter
    from types import FunctionType

    # Not from `dataclasses`, which imports `inspect`, which imports `ast`, `dis` and `tokenize`: 5 ms.
    MISSING = object()

    class Spec:
        """What `field` says of one."""

        __slots__ = ("compare", "default", "default_factory", "init", "repr")

        def __init__(self, default, default_factory, init, repr, compare):  # noqa: A002
            self.default, self.default_factory = default, default_factory
            self.init, self.repr, self.compare = init, repr, compare

        def of_the_standard_library(self):
            import dataclasses  # noqa: PLC0415 - see above

            given = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) is not MISSING}
            return dataclasses.field(**given)

    def field(*, default=MISSING, default_factory=MISSING, init=True, repr=True, compare=True):  # noqa: A002
        """As `dataclasses.field`."""
        return Spec(default, default_factory, init, repr, compare)

    def replace(instance, /, **changes):
        """As `dataclasses.replace`, which looks at all fields first, and here would have to make them."""
        given = {name: changes[name] if name in changes else getattr(instance, name) for name in instance.__match_args__}
        return instance.__class__(**{**given, **changes})

    def astuple(instance, /):
        """As `dataclasses.astuple`, of fields that hold no dataclasses and are all for ``__init__``."""
        return tuple([getattr(instance, name) for name in instance.__match_args__])

    class _Factory:
        """The default of a parameter whose field makes its own."""

        def __repr__(self):
            return "<factory>"

    _FACTORY = _Factory()

    def dataclass(*, frozen=False, slots=False, eq=True):
        """The decorator, as in `dataclasses`."""

        def define(cls):
            values = {name: cls.__dict__.get(name, MISSING) for name in cls.__annotations__}
            specs = {name: value for name, value in values.items() if isinstance(value, Spec)}
            made = _Fields(values)
            methods = _methods(made, specs, frozen=frozen, slots=slots, eq=eq)
            namespace = {name: method for name, method in methods.items() if name not in cls.__dict__}
            defaults = {name: spec.default for name, spec in specs.items()}
            if slots:
                made.cls = _slotted(cls, values, namespace)
            else:
                made.cls = cls
                for name, value in {**namespace, **defaults}.items():
                    delattr(cls, name) if value is MISSING else setattr(cls, name, value)
            return made.cls

        return define

    def _slotted(cls, values, more):
        """The class anew, with room for its fields alone: slots cannot be added to a class that exists."""
        left = {*values, "__dict__", "__weakref__"}
        namespace = {name: value for name, value in cls.__dict__.items() if name not in left}
        made = type(cls)(cls.__name__, cls.__bases__, {**namespace, **more, "__slots__": tuple(values)})
        made.__qualname__ = cls.__qualname__
        return made

    def _methods(fields, specs, *, frozen, slots, eq):
        """What a class of these fields can do; methods of its own come before these."""
        names = tuple(fields.values)
        shown, compared, given = (
            tuple([name for name in names if name not in specs or getattr(specs[name], use)])
            for use in ("repr", "compare", "init")
        )
        methods = {
            "__init__": _compiled_when_called(fields, slots=slots),
            "__match_args__": given,
            "__dataclass_fields__": fields,
            "__signature__": _SIGNATURE,
            "__repr__": _representing(shown),
        }
        if eq:
            value_of = attrgetter(*compared) if compared else lambda _: ()
            methods["__eq__"] = _comparing(value_of)
            methods["__hash__"] = _hashing(value_of) if frozen else None
        if frozen:
            methods["__setattr__"] = _refusing(fields, "cannot assign to field", object.__setattr__)
            methods["__delattr__"] = _refusing(fields, "cannot delete field", object.__delattr__)
            if slots:
                methods["__getstate__"], methods["__setstate__"] = _pickling(names)
        return methods

    def _representing(names):
        def __repr__(self):
            return f"{type(self).__qualname__}({', '.join([f'{name}={getattr(self, name)!r}' for name in names])})"

        return __repr__

    def _comparing(value_of):
        def __eq__(self, other):
            return value_of(self) == value_of(other) if other.__class__ is self.__class__ else NotImplemented

        return __eq__

    def _hashing(value_of):
        def __hash__(self):
            return hash(value_of(self))

        return __hash__

    def _refusing(fields, words, otherwise):
        def refuse(self, name, *value):
            if type(self) is fields.cls or name in fields.values:
                from dataclasses import FrozenInstanceError  # noqa: PLC0415 - see above

                raise FrozenInstanceError(f"{words} {name!r}")
            otherwise(self, name, *value)

        return refuse

    def _pickling(names):
        def __getstate__(self):
            return [getattr(self, name) for name in names]

        def __setstate__(self, state):
            for name, value in zip(names, state, strict=True):
                object.__setattr__(self, name, value)

        return __getstate__, __setstate__

    class _Fields:
        """The fields of a class, and what its body gives them; as ``__dataclass_fields__``, those that `dataclasses` asks for."""

        def __init__(self, values):
            self.cls, self.values = None, values

        def __get__(self, instance, owner):
            import dataclasses  # noqa: PLC0415 - see above

            cls = self.cls
            given = {name: value for name, value in self.values.items() if value is not MISSING}
            specs = {name: value.of_the_standard_library() for name, value in given.items() if isinstance(value, Spec)}
            # Of a class that says nothing of itself `dataclasses` looks up the signature, which takes ten times as long as all else.
            of_class = {"__annotations__": cls.__annotations__, "__module__": cls.__module__, "__doc__": cls.__name__}
            twin = type(cls.__name__, (), {**given, **specs, **of_class})
            cls.__dataclass_fields__ = dataclasses.dataclass(init=False, repr=False, eq=False)(twin).__dataclass_fields__
            return cls.__dataclass_fields__

    class _Signature:
        """``__signature__``, made when somebody looks a class up."""

        def __get__(self, instance, owner):
            import inspect  # noqa: PLC0415 - for people

            signature = inspect.signature(getattr(owner.__init__, "compiled", lambda: owner.__init__)())
            return signature.replace(parameters=list(signature.parameters.values())[1:])

    _SIGNATURE = _Signature()

    def _compiled_when_called(fields, *, slots):
        def compiled():
            fields.cls.__init__ = _compiled(fields.cls, fields.values, slots=slots)
            return fields.cls.__init__

        def __init__(self, *args, **kwargs):
            compiled()(self, *args, **kwargs)

        __init__.compiled = compiled
        return __init__

    def _compiled(cls, values, *, slots):
        """``__init__``, of the code that all classes with as many fields of the same kinds share; it fills slots without looking for them."""
        scope = {"_factory": _FACTORY, "_set": object.__setattr__}
        parameters, defaults, kinds = ["self"], [], []
        for number, (name, value) in enumerate(values.items()):
            is_spec = isinstance(value, Spec)
            factory = value.default_factory if is_spec else MISSING
            default = value.default if is_spec else value
            scope[f"_name{number}"] = name
            scope[f"_default{number}"] = default
            scope[f"_make{number}"] = factory
            if slots:
                scope[f"_put{number}"] = cls.__dict__[name].__set__
            is_parameter = not is_spec or value.init
            kinds.append((is_parameter, factory is not MISSING))
            if is_parameter:
                parameters.append(name)
                if factory is not MISSING or default is not MISSING:
                    defaults.append(default if factory is MISSING else _FACTORY)
        code = _code(tuple(kinds), slots, hasattr(cls, "__post_init__"))
        names = {"co_varnames": tuple(parameters), "co_qualname": f"{cls.__qualname__}.__init__"}
        initialise = FunctionType(code.replace(**names), scope, "__init__", tuple(defaults) or None)
        initialise.__module__ = cls.__module__
        initialise.__annotations__ = {name: cls.__annotations__[name] for name in parameters[1:]} | {"return": None}
        return initialise

    _codes = {}

    def _code(kinds, slots, checks):
        """Code of an ``__init__`` for fields that are parameters or not, and made by factories or not."""
        known = _codes.get((kinds, slots, checks))
        if known is not None:
            return known
        parameters, body = ["self"], []
        for number, (is_parameter, is_made) in enumerate(kinds):
            given, made = f"value{number}", f"_make{number}()"
            if is_parameter:
                parameters.append(given)
                source = f"{made} if {given} is _factory else {given}" if is_made else given
            else:
                source = made if is_made else f"_default{number}"
            body.append(f"_put{number}(self, {source})" if slots else f"_set(self, _name{number}, {source})")
        if checks:
            body.append("self.__post_init__()")
        made = {}
        exec(f"def __init__({', '.join(parameters)}):\n  {'; '.join(body) or 'pass'}", made)  # noqa: S102 - as `dataclasses` does
        return _codes.setdefault((kinds, slots, checks), made["__init__"].__code__)
