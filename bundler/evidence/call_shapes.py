"""What the look of a call says before anything is folded: what its callee begins with, how many arguments it has, whether one can be a text.

Most calls that share their last name with a function which rules know (`text.replace(a, b)`, `parser.compile(x)`, `items.copy()`) cannot
mean it, and to find out what their receiver is costs more than all else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.folding.expressions import last_name, root_name
from clustrix_bundle.bundler.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Call, Expr
    from clustrix_bundle.bundler.folding.names import ModuleNames

_NO_TEXT = frozenset({"int", "const", "neg", "bytes", "?"})


@dataclass(frozen=True, slots=True)
class CallShape:
    """The look of a call.

    Attributes:
        name: Last name of the callee.
        is_method: The callee is an attribute.
        of_import: The callee begins with a name that an import binds, or that stands for another one (``read = loader.read``).
        positional: Number of positional arguments.
        keywords: Whether there are others.
        starred: Whether there is ``*args`` or ``**kwargs`` among them.
        textual: Whether one of them can be a text, or hold one.
    """

    name: str
    is_method: bool
    of_import: bool
    positional: int
    keywords: bool
    starred: bool
    textual: bool

    @property
    def given(self) -> bool:
        """Whether there are arguments at all."""
        return self.positional > 0 or self.keywords

    @property
    def of_unknown(self) -> bool:
        """Whether it is a method of something that is no import: hardly a module."""
        return self.is_method and not self.of_import


def shape_of(call: Call, names: ModuleNames | None) -> CallShape:
    """The look of a call in a module."""
    root = root_name(call.func)
    return CallShape(
        last_name(call.func),
        call.func[0] == "attr",
        names is None or bool(names.stars) or root in names.imported or names.is_renamed(root),
        len(call.args),
        bool(call.keywords),
        any(one[0] == "star" for one in call.args) or any(name is None for name, _ in call.keywords),
        any(map(_may_be_text, call.args)) or any(_may_be_text(value) for _, value in call.keywords),
    )


def _may_be_text(expr: Expr) -> bool:
    return expr[0] not in _NO_TEXT


def is_of_import(shape: CallShape) -> bool:
    """For functions of modules, whose names methods of other things often bear."""
    return not shape.of_unknown
