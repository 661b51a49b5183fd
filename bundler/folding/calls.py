"""Calls: what a local function gives back for its arguments, what a known foreign one does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.folding import collection_methods, foreign_names, known, methods, modules
from clustrix_bundle.bundler.folding.arguments import Arguments, bind
from clustrix_bundle.bundler.folding.expressions import last_name
from clustrix_bundle.bundler.folding.place import Frame, Place
from clustrix_bundle.bundler.folding.value import (
    OPEN,
    UNKNOWN,
    Alternatives,
    Class,
    External,
    Function,
    Instance,
    Mapping,
    Method,
    Sequence,
    Text,
    Unknown,
    Value,
    as_text,
    distinct,
    generalise,
    is_none,
    items_of,
)
from clustrix_bundle.bundler.lazy_dataclass import replace

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Expr
    from clustrix_bundle.bundler.folding.fold import Folder
    from clustrix_bundle.bundler.folding.names import ModuleNames


MAX_INLINED = 8
"""Functions followed into functions."""
MAX_INLINED_VALUES = 512
"""Alternatives of all parameters of a call that is followed; beyond them groups of over `MAX_GROUP` are summed up."""
MAX_GROUP = 64
MAX_PRODUCT = 256
"""Owners times names of a ``getattr``."""
_WITH_ARGUMENTS = frozenset({"builtins.getattr", "functools.partial", "builtins.map", "builtins.filter"})
"""Foreign functions whose results are put together here."""


class Calls:
    """Calls of one program; functions are followed into functions to a bounded depth."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._inlined = 0

    def start(self) -> None:
        """A new question from outside: no function is being followed."""
        self._inlined = 0

    def arguments(
        self,
        args: tuple[Expr, ...],
        keywords: tuple[tuple[str | None, Expr], ...],
        place: Place,
        fold: Callable[[Expr, Place], Alternatives] | None = None,
    ) -> Arguments:
        """Folded arguments of a call."""
        fold = fold or self.folder.fold
        made = Arguments()
        for arg in args:
            if arg[0] == "star":
                spread = fold(arg[1], place)
                if len(spread) == 1 and isinstance(spread[0], Sequence) and not made.more:
                    made.positional.extend(spread[0].items)
                    made.more = spread[0].more
                else:
                    made.more = distinct([*made.more, *(one for value in spread for one in items_of(value))])
            elif made.more or (arg == ("?",) and len(made.positional) >= 2048):
                made.more = distinct([*made.more, *fold(arg, place)])
            else:
                made.positional.append(fold(arg, place))
        for name, value in keywords:
            folded = fold(value, place)
            if name is not None:
                made.keywords[name] = folded
                continue
            for mapping in folded:
                if isinstance(mapping, Mapping):
                    for keys, values in mapping.items:
                        for key in keys:
                            if isinstance(key, Text) and key.constant:
                                made.keywords[key.constant] = distinct([*made.keywords.get(key.constant, ()), *values])
                    made.open_keywords = distinct([*made.open_keywords, *mapping.more])
                else:
                    made.open_keywords = distinct([*made.open_keywords, UNKNOWN])
        return made

    def fold(self, expr: Expr, place: Place) -> Alternatives:
        _, func, args, keywords = expr
        callees = self.folder.fold(func, place)
        if any(isinstance(one, Unknown) for one in callees) and len(callees) == 1:
            return OPEN
        wanted = (args or keywords) and any(map(self._uses_arguments, callees))
        arguments = self.arguments(args, keywords, place) if wanted else Arguments()
        return distinct(value for callee in callees for value in self.call(callee, arguments, place)) or OPEN

    def _uses_arguments(self, callee: Value) -> bool:
        """Whether what calling the value gives depends on the arguments: most functions are foreign, and most classes nothing but that."""
        if isinstance(callee, External):
            name = callee.name
            return name in _WITH_ARGUMENTS or name in modules.CALLS or name in known.FIELDS or known.uses_arguments(name)
        if isinstance(callee, Function):
            names = self.folder.names(callee.module)
            return names is not None and self._inlined < MAX_INLINED and bool(names.gives(callee.scope))
        if isinstance(callee, Class):
            return any(isinstance(base, External) for base in self.folder.attributes.bases(callee))
        return isinstance(callee, (Instance, Method))

    def call(self, callee: Value, arguments: Arguments, place: Place) -> Alternatives:
        """What calling the value gives."""
        if isinstance(callee, External):
            return self._call_external(callee.name, arguments, place)
        if isinstance(callee, Method):
            return self._call_method(callee, arguments)
        if isinstance(callee, Function):
            names = self.folder.names(callee.module)
            return self.inline(names, callee.scope, arguments, bound=callee.bound) if names is not None else OPEN
        if isinstance(callee, Class):
            return self._construct(callee, arguments)
        if isinstance(callee, Instance):
            return distinct(
                value
                for one in self.folder.attributes.of_class(callee, "__call__")
                if isinstance(one, Function)
                for value in self.call(replace(one, bound=True), arguments, place)
            )
        return OPEN

    def _call_method(self, callee: Method, arguments: Arguments) -> Alternatives:
        receiver = callee.receiver
        if isinstance(receiver, Text):
            return methods.call_text(receiver, callee.name, arguments)
        if isinstance(receiver, Mapping):
            return collection_methods.call_mapping(receiver, callee.name, arguments)
        return collection_methods.call_sequence(receiver, callee.name, arguments)

    def _call_external(self, name: str, arguments: Arguments, place: Place) -> Alternatives:
        special = modules.call(
            name, arguments, self.folder.loaded(place.module), self.folder.world, place_names=self.folder.names
        )
        if special is not None:
            return special
        if name == "builtins.getattr":
            names = [as_text(one).constant for one in arguments.get(1) or OPEN]
            default = arguments.positional[2] if len(arguments.positional) > 2 else ()
            owners = arguments.get(0) or OPEN
            if len(owners) * len(names) > MAX_PRODUCT:
                return OPEN
            found = [
                one
                for value in owners
                for attribute in names
                if attribute
                for one in self.folder.attributes.of(value, attribute, place)
            ]
            return distinct([*found, *(one for one in default if not is_none(one)), *(OPEN if None in names else ())]) or OPEN
        if name == "builtins.super":
            owner = self._owner_instance(place)
            return tuple(base for one in owner for base in self.folder.attributes.bases(one)) if owner else OPEN
        if name == "functools.partial":
            alone = arguments.positional if len(arguments.positional) == 1 and not arguments.more else []
            return tuple(one for group in alone for one in group if isinstance(one, External)) or OPEN
        if name in known.FIELDS:
            return self._field_default(arguments, place)
        if name in ("builtins.map", "builtins.filter") and arguments.positional:
            mapped = self._mapped(name, arguments, place)
            if mapped is not None:
                return mapped
        result = known.call(name, arguments)
        return result if result is not None else (External(f"{name}()"),)

    def _field_default(self, arguments: Arguments, place: Place) -> Alternatives:
        """What ``field(default=…, default_factory=…)`` gives an instance that is not told otherwise."""
        names = self.folder.names(place.module)
        found = list(arguments.get(None, "default") or ())
        for factory in arguments.get(None, "default_factory", "factory") or ():
            if not isinstance(factory, Unknown):
                found.extend(self.call(factory, Arguments(), place))
                continue
            lambdas = [index for index in names.children(place.scope) if names.scope(index).kind == "lambda"] if names else []
            below = [index for index in lambdas if names is not None and names.scope(index).line >= place.line]
            for index in below[:1]:
                found.extend(self.call(Function(place.module, index), Arguments(), place))
        return distinct(found) or OPEN

    def _owner_instance(self, place: Place) -> tuple[Instance, ...]:
        names = self.folder.names(place.module)
        owner = names.owner(place.scope) if names is not None else None
        return (Instance(place.module, owner[1]),) if owner else ()

    def _mapped(self, name: str, arguments: Arguments, place: Place) -> Alternatives | None:
        functions = arguments.positional[0]
        if name == "builtins.filter" or not any(isinstance(one, (Function, Class, Method)) for one in functions):
            return None
        items = distinct(item for value in arguments.get(1) or OPEN for item in items_of(value))
        return (
            Sequence(
                (),
                distinct(
                    value for one in functions for item in items[:128] for value in self.call(one, Arguments([(item,)]), place)
                )
                or OPEN,
            ),
        )

    def _construct(self, callee: Class, arguments: Arguments) -> Alternatives:
        for base in self.folder.attributes.bases(callee):
            if isinstance(base, External) and (foreign_names.is_path_class(base.name) or base.name == "builtins.str"):
                return known.call(base.name, arguments) or OPEN
            if isinstance(base, External) and base.name in ("builtins.dict", "collections.UserDict", "collections.OrderedDict"):
                return known.call("builtins.dict", arguments) or OPEN
            if isinstance(base, External) and base.name.startswith("enum."):
                return self.folder.items(callee)
        return (Instance(callee.module, callee.scope),)

    def inline(self, names: ModuleNames, scope: int, arguments: Arguments, *, bound: bool) -> Alternatives:
        """What a local function gives back for these arguments."""
        gives = names.gives(scope)
        if not gives or self._inlined >= MAX_INLINED:
            return OPEN
        values = self._with_defaults(names, scope, bind(arguments, names.scope(scope).parameters, bound=bound))
        if sum(len(group) for group in values.values()) > MAX_INLINED_VALUES:
            values = {name: generalise(group) if len(group) > MAX_GROUP else group for name, group in values.items()}
        key = (names.module.name, scope, "inline", tuple(values.items()))
        return self.folder.memory.while_active(
            (names.module.name, scope, "inline"),
            lambda: self.folder.memory.once(key, names, lambda: self._returned(names, scope, values), OPEN),
            OPEN,
        )

    def _returned(self, names: ModuleNames, scope: int, values: dict[str, Alternatives]) -> Alternatives:
        definition = names.scope(scope)
        frame = Frame(names.module.name, scope, values)
        returned: list[Value] = []
        yielded: list[Value] = []
        self._inlined += 1
        try:
            for binding in names.gives(scope):
                place = Place(names.module.name, scope, binding.line, "loop" in binding.under, frame)
                (yielded if binding.kind == "yield" else returned).extend(self.folder.fold(binding.value, place))
        finally:
            self._inlined -= 1
        decorators = {last_name(one) for one in definition.decorators}
        if definition.generator or yielded:
            managed = decorators & {"contextmanager", "asynccontextmanager", "fixture"}
            return distinct(yielded) if managed else (Sequence((), distinct(yielded)),)
        return distinct(returned)

    def _with_defaults(self, names: ModuleNames, scope: int, values: dict[str, Alternatives]) -> dict[str, Alternatives]:
        definition = names.scope(scope)
        for parameter in definition.parameters:
            if parameter.name not in values and parameter.default is not None:
                values[parameter.name] = self.folder.fold(
                    parameter.default, Place(names.module.name, definition.parent, definition.line)
                )
        return values
