"""Dataclasses that cost next to nothing to define: their methods are compiled when one is first used, or never.

The standard library's `dataclasses` writes six functions for a frozen class and compiles them while the module is imported, 0.4 ms for
each class: for the hundred classes of an analysis that is as long as the analysis of a small project takes. Here ``@dataclass(frozen=True,
slots=True)`` means the same, and `dataclasses.fields`, `replace` and `astuple` work as they do there. Left out is what no
class of ours has: inherited fields, ``order``, ``kw_only``, ``ClassVar`` and ``InitVar``.
"""

# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, ANN204, N807 (type checkers see the standard library's own)

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 (the re-export)
    from dataclasses import field as field  # noqa: PLC0414
    from dataclasses import replace as replace  # noqa: PLC0414
else:
    import dataclasses
    from dataclasses import MISSING, Field, FrozenInstanceError, field  # noqa: F401 (the re-export)
    from operator import attrgetter

    def replace(instance, /, **changes):
        """As `dataclasses.replace`, which looks at all fields first, and here would have to make them."""
        given = {name: changes[name] if name in changes else getattr(instance, name) for name in instance.__match_args__}
        return instance.__class__(**{**given, **changes})

    class _Factory:
        """The default of a parameter whose field makes its own."""

        def __repr__(self):
            return "<factory>"

    _FACTORY = _Factory()

    def dataclass(*, frozen=False, slots=False, eq=True):
        """The decorator, as in `dataclasses`."""

        def define(cls):
            values = {name: cls.__dict__.get(name, MISSING) for name in cls.__annotations__}
            specs = {name: value for name, value in values.items() if isinstance(value, Field)}
            for name, spec in specs.items():
                if spec.default is MISSING:
                    delattr(cls, name)
                else:
                    setattr(cls, name, spec.default)
            if slots:
                cls = _slotted(cls, tuple(values))
            for name, method in _methods(cls, values, specs, frozen=frozen, slots=slots, eq=eq).items():
                if name not in cls.__dict__:
                    setattr(cls, name, method)
            cls.__init__ = _compiled_when_called(cls, values, frozen=frozen, slots=slots)
            return cls

        return define

    def _slotted(cls, names):
        """The class anew, with room for its fields alone: slots cannot be added to a class that exists."""
        left = {*names, "__dict__", "__weakref__"}
        namespace = {name: value for name, value in cls.__dict__.items() if name not in left}
        made = type(cls)(cls.__name__, cls.__bases__, {**namespace, "__slots__": names})
        made.__qualname__ = cls.__qualname__
        return made

    def _methods(cls, values, specs, *, frozen, slots, eq):
        """What does not depend on the fields but by their names; a class' own methods come before these."""
        names = tuple(values)
        shown, compared, given = (
            tuple(name for name in names if name not in specs or getattr(specs[name], use)) for use in ("repr", "compare", "init")
        )
        methods = {
            "__match_args__": given,
            "__dataclass_fields__": _Fields(cls, values),
            "__signature__": _Signature(),
            "__repr__": _representing(shown),
        }
        if eq:
            value_of = attrgetter(*compared) if compared else lambda _: ()
            methods["__eq__"] = _comparing(value_of)
            methods["__hash__"] = _hashing(value_of) if frozen else None
        if frozen:
            methods["__setattr__"] = _refusing(cls, names, "cannot assign to field", object.__setattr__)
            methods["__delattr__"] = _refusing(cls, names, "cannot delete field", object.__delattr__)
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

    def _refusing(cls, names, words, otherwise):
        def refuse(self, name, *value):
            if type(self) is cls or name in names:
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
        """``__dataclass_fields__``, made when `dataclasses` first asks for it."""

        def __init__(self, cls, values):
            self._cls, self._values = cls, values

        def __get__(self, instance, owner):
            cls = self._cls
            namespace = {name: value for name, value in self._values.items() if value is not MISSING}
            # Of a class that says nothing of itself `dataclasses` looks up the signature, which takes ten times as long as all else.
            of_class = {"__annotations__": cls.__annotations__, "__module__": cls.__module__, "__doc__": cls.__name__}
            twin = type(cls.__name__, (), {**namespace, **of_class})
            cls.__dataclass_fields__ = dataclasses.dataclass(init=False, repr=False, eq=False)(twin).__dataclass_fields__
            return cls.__dataclass_fields__

    class _Signature:
        """``__signature__``, made when somebody looks a class up."""

        def __get__(self, instance, owner):
            import inspect  # noqa: PLC0415 - for people

            signature = inspect.signature(getattr(owner.__init__, "compiled", lambda: owner.__init__)())
            return signature.replace(parameters=list(signature.parameters.values())[1:])

    def _compiled_when_called(cls, values, *, frozen, slots):
        def compiled():
            cls.__init__ = _compiled(cls, values, frozen=frozen, slots=slots)
            return cls.__init__

        def __init__(self, *args, **kwargs):
            compiled()(self, *args, **kwargs)

        __init__.compiled = compiled
        return __init__

    def _compiled(cls, values, *, frozen, slots):
        """``__init__``; it fills a frozen class by its slots, which is faster than by name."""
        scope = {"_factory": _FACTORY, "_set": object.__setattr__}
        parameters, body, annotations = ["self"], [], {}
        for name, value in values.items():
            is_spec = isinstance(value, Field)
            factory = value.default_factory if is_spec else MISSING
            default = value.default if is_spec else value
            if factory is not MISSING:
                scope[f"_new_{name}"] = factory
            if default is not MISSING:
                scope[f"_default_{name}"] = default
            if not is_spec or value.init:
                parameters.append(
                    f"{name}=_factory" if factory is not MISSING else name if default is MISSING else f"{name}=_default_{name}"
                )
                annotations[name] = cls.__annotations__[name]
                source = name if factory is MISSING else f"_new_{name}() if {name} is _factory else {name}"
            else:
                source = f"_default_{name}" if factory is MISSING else f"_new_{name}()"
            if not frozen:
                body.append(f"self.{name} = {source}")
            elif slots:
                scope[f"_set_{name}"] = cls.__dict__[name].__set__
                body.append(f"_set_{name}(self, {source})")
            else:
                body.append(f"_set(self, {name!r}, {source})")
        if hasattr(cls, "__post_init__"):
            body.append("self.__post_init__()")
        made = {}
        exec(f"def __init__({', '.join(parameters)}):\n  {'; '.join(body) or 'pass'}", scope, made)  # noqa: S102 - as `dataclasses` does
        initialise = made["__init__"]
        initialise.__qualname__ = f"{cls.__qualname__}.__init__"
        initialise.__module__ = cls.__module__
        initialise.__annotations__ = {**annotations, "return": None}
        return initialise
