"""Where an expression stands, and which call of the function around it is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from clustrix_bundle.bundler.folding.names import Definition
    from clustrix_bundle.bundler.folding.value import Alternatives


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Parameters of a function that is folded for one of its calls."""

    module: str
    scope: int
    values: dict[str, Alternatives]
    outer: Frame | None = None
    final: bool = False

    def find(self, module: str, scope: int, name: str) -> Alternatives | None:
        """The parameter's value, in this call or one around it."""
        frame: Frame | None = self
        while frame is not None:
            if frame.module == module and frame.scope == scope and name in frame.values:
                return frame.values[name]
            frame = frame.outer
        return None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression stands.

    Attributes:
        module: Dotted name.
        scope: Index in the module's scopes.
        line: Line, 0 for "at any time".
        in_loop: Whether later statements may have run before.
        frame: Parameters, where one call is followed.
        excluded: The definition whose value is being folded: it does not see itself.
    """

    module: str
    scope: int = 0
    line: int = 0
    in_loop: bool = False
    frame: Frame | None = None
    excluded: Definition | None = None
