"""What the kept imports bring: the local modules below them, and the top-level names of what is installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.slicing.known_calls import is_standard

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Import
    from clustrix_bundle.bundler.slicing.things import Things


@dataclass(frozen=True, slots=True)
class Closure:
    """Modules that code of the slice can see.

    Attributes:
        local: Dotted names of local modules, their packages included.
        foreign: Top-level import names of everything else.
    """

    local: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()

    @property
    def installs(self) -> bool:
        """Whether anything outside the standard library is among them."""
        return not all(is_standard(name) for name in self.foreign)


def closure_of(things: Things, module: str, imports: Iterable[Import], *, sure: bool = False) -> Closure:
    """Follows imports in every scope, through local modules; ``if TYPE_CHECKING`` is not followed.

    With ``sure`` only those that run whenever their module does: none in functions, none under a condition.
    """
    local: set[str] = set()
    foreign: set[str] = set()
    pending = [name for item in imports if not sure or _is_sure(item) for name in _named(things, module, item)]
    while pending:
        name = pending.pop()
        if name in local:
            continue
        if not things.is_local_module(name):
            foreign.add(name.partition(".")[0])
            continue
        local.add(name)
        names = things.names(name)
        if names is not None:
            items = [item for item in names.facts.imports if not sure or _is_sure(item)]
            pending += [found for item in items for found in _named(things, name, item)]
    return Closure(frozenset(local), frozenset(foreign))


def _is_sure(item: Import) -> bool:
    return item.scope == 0 and not set(item.under) - {"try", "try-import"}


def _named(things: Things, module: str, item: Import) -> list[str]:
    """The modules that an import loads: the named one, the packages around it, a submodule taken from it."""
    if "type-checking" in item.under:
        return []
    source = things.absolute(module, item)
    if not source:
        return []
    parts = source.split(".")
    found = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
    if item.name not in (None, "*") and things.is_local_module(f"{source}.{item.name}"):
        found.append(f"{source}.{item.name}")
    return found
