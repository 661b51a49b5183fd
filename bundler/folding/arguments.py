"""Arguments of a call, and how they meet a function's parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.folding.value import OPEN, Alternatives, Mapping, Sequence, distinct, literal
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Parameter


@dataclass(slots=True)
class Arguments:
    """Folded arguments of one call.

    Attributes:
        positional: By position, as far as positions are certain.
        more: What further positional arguments can be (after a ``*args`` of unknown length); empty if there are none.
        keywords: By name.
        open_keywords: What keywords of unknown name can be (after a ``**kwargs`` that does not fold); empty if there are none.
    """

    positional: list[Alternatives] = field(default_factory=list)
    more: Alternatives = ()
    keywords: dict[str, Alternatives] = field(default_factory=dict)
    open_keywords: Alternatives = ()

    def get(self, position: int | None, *names: str) -> Alternatives | None:
        """The argument at a position or under one of the names; None if it is not given."""
        for name in names:
            if name in self.keywords:
                return self.keywords[name]
        if position is not None and position < len(self.positional):
            return self.positional[position]
        if position is not None and self.more:
            return self.more
        return self.open_keywords or None

    def rest(self, position: int) -> Alternatives:
        """All positional arguments from a position on, as alternatives of one."""
        return distinct([value for group in self.positional[position:] for value in group] + list(self.more))


def bind(arguments: Arguments, parameters: tuple[Parameter, ...], *, bound: bool) -> dict[str, Alternatives]:
    """Values of the parameters that the call gives; those left to defaults are missing.

    Args:
        arguments: Of the call.
        parameters: Of the function.
        bound: Whether the first parameter (``self``, ``cls``) is taken already.
    """
    values: dict[str, Alternatives] = {}
    taken = set(arguments.keywords)
    position = 0
    for index, parameter in enumerate(parameters):
        if bound and index == 0 and parameter.kind in ("positional", "either"):
            continue
        if parameter.kind in ("positional", "either"):
            if parameter.kind == "either" and parameter.name in arguments.keywords:
                values[parameter.name] = arguments.keywords[parameter.name]
                taken.discard(parameter.name)
            else:
                found = arguments.get(position)
                if found is not None:
                    values[parameter.name] = found
            position += 1
        elif parameter.kind == "star":
            values[parameter.name] = (Sequence(tuple(arguments.positional[position:]), arguments.more),)
        elif parameter.kind == "keyword":
            if parameter.name in arguments.keywords:
                values[parameter.name] = arguments.keywords[parameter.name]
                taken.discard(parameter.name)
            elif arguments.open_keywords:
                values[parameter.name] = arguments.open_keywords
        else:
            items = tuple(((literal(name),), arguments.keywords[name]) for name in arguments.keywords if name in taken)
            values[parameter.name] = (Mapping(items, arguments.open_keywords),)
    return values


def unknown_arguments() -> Arguments:
    """A call of which nothing is known."""
    return Arguments(more=OPEN, open_keywords=OPEN)
